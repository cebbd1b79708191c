/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#define RECEIVE_SIZE 65536

struct netlink {
	struct mnl_socket *socket;
	uint32_t sequence;
	char buffer[RECEIVE_SIZE];
};

int netlink_open(struct netlink **out)
{
	struct netlink *netlink = calloc(1, sizeof(*netlink));
	int receive = 4 << 20;
	int error;

	*out = NULL;
	if (!netlink)
		return -ENOMEM;
	netlink->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!netlink->socket || mnl_socket_bind(netlink->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		error = -errno;
		netlink_close(netlink);
		return error;
	}
	/* a batch of many bad messages answers with an error each */
	setsockopt(mnl_socket_get_fd(netlink->socket), SOL_SOCKET, SO_RCVBUFFORCE, &receive,
		   sizeof(receive));
	netlink->sequence = (uint32_t)time(NULL);
	*out = netlink;
	return 0;
}

void netlink_close(struct netlink *netlink)
{
	if (!netlink)
		return;
	if (netlink->socket)
		mnl_socket_close(netlink->socket);
	free(netlink);
}

uint32_t netlink_portid(const struct netlink *netlink)
{
	return mnl_socket_get_portid(netlink->socket);
}

uint32_t netlink_sequence(struct netlink *netlink)
{
	return ++netlink->sequence;
}

int netlink_send(struct netlink *netlink, const void *data, size_t length)
{
	int fd = mnl_socket_get_fd(netlink->socket);
	int room = 0;
	socklen_t size = sizeof(room);

	/* the kernel doubles what it is given and counts its own overhead against it */
	if (!getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, &size) && (size_t)room < length + 65536) {
		int wanted = length < (1u << 30) ? (int)length + 65536 : 1 << 30;

		if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &wanted, sizeof(wanted)) < 0)
			return -errno;
	}
	if (mnl_socket_sendto(netlink->socket, data, length) < 0)
		return -errno;
	return 0;
}

int netlink_errors(struct netlink *netlink, netlink_error_fn *error, void *arg)
{
	int fd = mnl_socket_get_fd(netlink->socket);

	for (;;) {
		ssize_t length = recv(fd, netlink->buffer, sizeof(netlink->buffer), MSG_DONTWAIT);
		const struct nlmsghdr *message = (const void *)netlink->buffer;
		int left;

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return errno == EAGAIN ? 0 : -errno;
		left = (int)length;
		for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
			const struct nlmsgerr *answer;

			if (message->nlmsg_type != NLMSG_ERROR ||
			    mnl_nlmsg_get_payload_len(message) < sizeof(*answer))
				continue;
			answer = mnl_nlmsg_get_payload(message);
			error(message->nlmsg_seq, -answer->error, arg);
		}
	}
}

struct dump {
	netlink_message_fn *message;
	void *arg;
	int result;
};

static int dump_message(const struct nlmsghdr *message, void *arg)
{
	struct dump *dump = arg;

	dump->result = dump->message(message, dump->arg);
	return dump->result < 0 ? MNL_CB_ERROR : MNL_CB_OK;
}

static bool dump_done(const char *buffer, ssize_t length)
{
	const struct nlmsghdr *message = (const void *)buffer;
	int left = (int)length;

	for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
		if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR)
			return true;
	return false;
}

/* A dump that was interrupted still has to end: the socket runs one at a time. */
static int dump_drain(struct netlink *netlink, ssize_t length)
{
	while (!dump_done(netlink->buffer, length)) {
		length = mnl_socket_recvfrom(netlink->socket, netlink->buffer,
					     sizeof(netlink->buffer));
		if (length < 0 && errno != EINTR)
			return -errno;
	}
	return -EINTR;
}

/* As if nothing had changed. */
static void dump_overlook(char *buffer, ssize_t length)
{
	struct nlmsghdr *message = (void *)buffer;
	int left = (int)length;

	for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
		message->nlmsg_flags &= (uint16_t)~NLM_F_DUMP_INTR;
}

static int dump_run(struct netlink *netlink, struct nlmsghdr *request, netlink_message_fn *message,
		    void *arg, bool anyway)
{
	struct dump dump = {.message = message, .arg = arg};

	request->nlmsg_seq = netlink_sequence(netlink);
	if (mnl_socket_sendto(netlink->socket, request, request->nlmsg_len) < 0)
		return -errno;
	for (;;) {
		ssize_t length = mnl_socket_recvfrom(netlink->socket, netlink->buffer,
						     sizeof(netlink->buffer));
		int run;

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return -errno;
		if (anyway)
			dump_overlook(netlink->buffer, length);
		run = mnl_cb_run(netlink->buffer, (size_t)length, request->nlmsg_seq,
				 netlink_portid(netlink), dump_message, &dump);
		if (run < 0 && dump.result >= 0 && errno == EINTR)
			return dump_drain(netlink, length);
		if (run < 0 && dump.result < 0) {
			dump_drain(netlink, length);
			return dump.result;
		}
		if (run < 0)
			return -errno;
		if (run == MNL_CB_STOP)
			return 0;
	}
}

int netlink_dump_once(struct netlink *netlink, struct nlmsghdr *request,
		      netlink_message_fn *message, void *arg)
{
	return dump_run(netlink, request, message, arg, false);
}

int netlink_dump_anyway(struct netlink *netlink, struct nlmsghdr *request,
			netlink_message_fn *message, void *arg)
{
	return dump_run(netlink, request, message, arg, true);
}

int netlink_dump(struct netlink *netlink, struct nlmsghdr *request, netlink_message_fn *message,
		 netlink_restart_fn *restart, void *arg)
{
	int result = -EINTR;

	for (int tries = 0; result == -EINTR && tries < NETLINK_DUMP_TRIES; tries++) {
		if (tries && restart)
			restart(arg);
		result = netlink_dump_once(netlink, request, message, arg);
	}
	return result;
}
