// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel itself needs for a map of prefixes: a bare sender, which has the whole batch in
 * memory before the clock starts. Table, map and elements are those of edge25 (gateways.py,
 * make_prefixes()): every other /29 of 10.0.0.0/8, each with a verdict, in one transaction.
 * Prints seconds; the table stays, for the namespace goes with it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define TABLE "kernel_load"
#define MAP "range4"
#define CHAIN "policy_looked"
#define FIRST 0x0a000000u /* 10.0.0.0 */
#define SIZE 8u           /* addresses of a /29 */
#define COUNT_MAX 1000000u
#define LIST_MAX 60000     /* a netlink attribute holds 65535 bytes */
#define PREFIX_BYTES 80u   /* both elements of an interval, with their share of a message */
#define OTHER_BYTES 131072 /* the other messages */
#define TYPE_IPADDR 7u     /* nft's number */

struct batch {
	char *data;
	size_t length;
	uint32_t sequence;
	struct nlmsghdr *message;
};

static struct nlmsghdr *begin(struct batch *batch, uint16_t type, uint16_t flags, uint8_t family,
			      uint16_t resource)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(batch->data + batch->length);
	struct nfgenmsg *netfilter = mnl_nlmsg_put_extra_header(message, sizeof(*netfilter));

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	message->nlmsg_seq = ++batch->sequence;
	netfilter->nfgen_family = family;
	netfilter->version = NFNETLINK_V0;
	netfilter->res_id = htons(resource);
	batch->message = message;
	return message;
}

static struct nlmsghdr *begin_new(struct batch *batch, uint16_t type)
{
	return begin(batch, NFNL_SUBSYS_NFTABLES << 8 | type, NLM_F_CREATE, NFPROTO_INET, 0);
}

static void end(struct batch *batch)
{
	batch->length += MNL_ALIGN(batch->message->nlmsg_len);
}

static void put_objects(struct batch *batch)
{
	struct nlmsghdr *message;

	mnl_attr_put_strz(begin_new(batch, NFT_MSG_NEWTABLE), NFTA_TABLE_NAME, TABLE);
	end(batch);
	message = begin_new(batch, NFT_MSG_NEWCHAIN);
	mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, TABLE);
	mnl_attr_put_strz(message, NFTA_CHAIN_NAME, CHAIN);
	end(batch);
	message = begin_new(batch, NFT_MSG_NEWSET);
	mnl_attr_put_strz(message, NFTA_SET_TABLE, TABLE);
	mnl_attr_put_strz(message, NFTA_SET_NAME, MAP);
	mnl_attr_put_u32(message, NFTA_SET_FLAGS, htonl(NFT_SET_INTERVAL | NFT_SET_MAP));
	mnl_attr_put_u32(message, NFTA_SET_KEY_TYPE, htonl(TYPE_IPADDR));
	mnl_attr_put_u32(message, NFTA_SET_KEY_LEN, htonl(sizeof(uint32_t)));
	mnl_attr_put_u32(message, NFTA_SET_DATA_TYPE, htonl(NFT_DATA_VERDICT));
	mnl_attr_put_u32(message, NFTA_SET_ID, htonl(1));
	end(batch);
}

static void put_key(struct nlmsghdr *message, uint32_t address)
{
	struct nlattr *key = mnl_attr_nest_start(message, NFTA_SET_ELEM_KEY);

	mnl_attr_put_u32(message, NFTA_DATA_VALUE, htonl(address));
	mnl_attr_nest_end(message, key);
}

static void put_interval(struct nlmsghdr *message, uint32_t first, uint32_t behind)
{
	struct nlattr *element = mnl_attr_nest_start(message, NFTA_LIST_ELEM), *data, *verdict;

	put_key(message, first);
	data = mnl_attr_nest_start(message, NFTA_SET_ELEM_DATA);
	verdict = mnl_attr_nest_start(message, NFTA_DATA_VERDICT);
	mnl_attr_put_u32(message, NFTA_VERDICT_CODE, htonl((uint32_t)NFT_GOTO));
	mnl_attr_put_strz(message, NFTA_VERDICT_CHAIN, CHAIN);
	mnl_attr_nest_end(message, verdict);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, element);
	element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
	mnl_attr_put_u32(message, NFTA_SET_ELEM_FLAGS, htonl(NFT_SET_ELEM_INTERVAL_END));
	put_key(message, behind);
	mnl_attr_nest_end(message, element);
}

static void put_elements(struct batch *batch, uint32_t count)
{
	for (uint32_t i = 0; i < count;) {
		struct nlmsghdr *message = begin_new(batch, NFT_MSG_NEWSETELEM);
		struct nlattr *list;

		mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, TABLE);
		mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, MAP);
		list = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
		for (; i < count && message->nlmsg_len < LIST_MAX; i++)
			put_interval(message, FIRST + i * 2 * SIZE, FIRST + i * 2 * SIZE + SIZE);
		mnl_attr_nest_end(message, list);
		end(batch);
	}
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The kernel has worked a batch when send(2) returns; what waits then are errors. */
static int send_batch(struct mnl_socket *socket, const struct batch *batch)
{
	int fd = mnl_socket_get_fd(socket), room = (int)batch->length + OTHER_BYTES;
	char buffer[8192] __attribute__((aligned(8)));
	const struct nlmsghdr *answer = (const void *)buffer;
	double started;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) < 0)
		return -errno;
	started = seconds();
	if (mnl_socket_sendto(socket, batch->data, batch->length) < 0)
		return -errno;
	printf("%.6f\n", seconds() - started);
	if (recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT) > 0 && answer->nlmsg_type == NLMSG_ERROR)
		return ((const struct nlmsgerr *)mnl_nlmsg_get_payload(answer))->error;
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long count = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
	struct mnl_socket *socket = mnl_socket_open(NETLINK_NETFILTER);
	struct batch batch = {.data = calloc(1, count * PREFIX_BYTES + OTHER_BYTES)};
	int error;

	if (!count || count > COUNT_MAX) {
		fprintf(stderr, "usage: kernel_load COUNT (1 to %u prefixes)\n", COUNT_MAX);
		return 2;
	}
	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 || !batch.data) {
		fprintf(stderr, "kernel_load: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	begin(&batch, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	end(&batch);
	put_objects(&batch);
	put_elements(&batch, (uint32_t)count);
	begin(&batch, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	end(&batch);
	error = send_batch(socket, &batch);
	if (error)
		fprintf(stderr, "kernel_load: %s\n", strerror(-error));
	mnl_socket_close(socket);
	free(batch.data);
	return error ? EXIT_FAILURE : EXIT_SUCCESS;
}
