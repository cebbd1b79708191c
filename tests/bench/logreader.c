// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads what nft's `log group N` tells, as a log daemon does, and does nothing with it: the baseline
 * for a rule that drops and tells. At SIGTERM it says how many packets it was told of.
 *
 * Source: include/uapi/linux/netfilter/nfnetlink_log.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define COPY 128 /* bytes of each packet: addresses, ports and the name of a server */
#define ROOM (1 << 20)

static volatile sig_atomic_t ended;

static void end(int number)
{
	(void)number;
	ended = 1;
}

static void fail(const char *what)
{
	fprintf(stderr, "logreader: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static struct nlmsghdr *request(char *buffer, int group)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *generic = mnl_nlmsg_put_extra_header(message, sizeof(*generic));

	message->nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG;
	message->nlmsg_flags = NLM_F_REQUEST;
	*generic = (struct nfgenmsg){AF_UNSPEC, NFNETLINK_V0, htons((uint16_t)group)};
	return message;
}

static struct mnl_socket *listen_to(int group)
{
	struct nfulnl_msg_config_cmd bind = {NFULNL_CFG_CMD_BIND};
	struct nfulnl_msg_config_mode mode = {htonl(COPY), NFULNL_COPY_PACKET, 0};
	struct mnl_socket *socket = mnl_socket_open(NETLINK_NETFILTER);
	char buffer[256];
	struct nlmsghdr *message;
	int room = ROOM;

	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0)
		fail("netlink");
	setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	message = request(buffer, group);
	mnl_attr_put(message, NFULA_CFG_CMD, sizeof(bind), &bind);
	if (mnl_socket_sendto(socket, message, message->nlmsg_len) < 0)
		fail("bind");
	message = request(buffer, group);
	mnl_attr_put(message, NFULA_CFG_MODE, sizeof(mode), &mode);
	if (mnl_socket_sendto(socket, message, message->nlmsg_len) < 0)
		fail("mode");
	return socket;
}

static unsigned long count(const char *buffer, ssize_t length)
{
	const struct nlmsghdr *message = (const void *)buffer;
	unsigned long packets = 0;
	int left = (int)length;

	for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
		packets += message->nlmsg_type == (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET);
	return packets;
}

int main(int argc, char **argv)
{
	static char buffer[65536] __attribute__((aligned));
	struct sigaction action = {.sa_handler = end};
	unsigned long told = 0;
	struct mnl_socket *socket;

	if (argc != 2) {
		fputs("usage: logreader GROUP\n", stderr);
		return 2;
	}
	sigaction(SIGTERM, &action, NULL); /* without SA_RESTART: it ends recv() */
	socket = listen_to(atoi(argv[1]));
	while (!ended) {
		ssize_t length = recv(mnl_socket_get_fd(socket), buffer, sizeof(buffer), 0);

		if (length > 0)
			told += count(buffer, length);
		else if (length < 0 && errno != ENOBUFS && errno != EINTR)
			fail("recv");
	}
	printf("%lu\n", told);
	return EXIT_SUCCESS;
}
