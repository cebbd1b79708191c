/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/watch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "rules/names.h"

#define RECEIVE_ROOM (1 << 20)

struct watch {
	struct mnl_socket *socket;
	uint32_t own;
	bool touched; /* within the transaction whose end was not told yet */
	/* aligned for the messages in it */
	_Alignas(8) char buffer[32768];
};

int watch_open(struct watch **out, uint32_t own)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	int room = RECEIVE_ROOM, error;

	*out = NULL;
	if (!watch)
		return -ENOMEM;
	watch->own = own;
	watch->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!watch->socket || mnl_socket_bind(watch->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		error = -errno;
		watch_close(watch);
		return error;
	}
	setsockopt(watch_fd(watch), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	watch_resume(watch);
	*out = watch;
	return 0;
}

void watch_close(struct watch *watch)
{
	if (!watch)
		return;
	if (watch->socket)
		mnl_socket_close(watch->socket);
	free(watch);
}

int watch_fd(const struct watch *watch)
{
	return mnl_socket_get_fd(watch->socket);
}

static void membership(struct watch *watch, int option)
{
	int group = NFNLGRP_NFTABLES;

	mnl_socket_setsockopt(watch->socket, option, &group, sizeof(group));
}

void watch_pause(struct watch *watch)
{
	membership(watch, NETLINK_DROP_MEMBERSHIP);
}

void watch_resume(struct watch *watch)
{
	membership(watch, NETLINK_ADD_MEMBERSHIP);
}

/* The attribute of @type if it has at least @length bytes. */
static const struct nlattr *find(const struct nlmsghdr *message, uint16_t type, uint16_t length)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message,
			  sizeof(struct nfgenmsg)) if (mnl_attr_get_type(attr) == type &&
						       mnl_attr_get_payload_len(attr) >=
							       length) return attr;
	return NULL;
}

/* Every message but NEWGEN names its table in attribute 1 (NFTA_TABLE_NAME, NFTA_RULE_TABLE ...). */
static bool names_ours(const struct nlmsghdr *message)
{
	const struct nfgenmsg *netfilter;
	const struct nlattr *table;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*netfilter))
		return false;
	netfilter = mnl_nlmsg_get_payload(message);
	if (netfilter->nfgen_family != NFPROTO_INET)
		return false;
	table = find(message, NFTA_TABLE_NAME, sizeof(RULES_TABLE));
	return table && !memcmp(mnl_attr_get_payload(table), RULES_TABLE, sizeof(RULES_TABLE));
}

/* The end of a transaction, and who made it. */
static void read_process(const struct nlmsghdr *message, struct table_intruder *intruder)
{
	const struct nlattr *pid = find(message, NFTA_GEN_PROC_PID, sizeof(uint32_t));
	const struct nlattr *name = find(message, NFTA_GEN_PROC_NAME, 1);
	uint32_t value;

	if (pid) {
		memcpy(&value, mnl_attr_get_payload(pid), sizeof(value));
		intruder->pid = ntohl(value);
	}
	if (name)
		snprintf(intruder->name, sizeof(intruder->name), "%.*s",
			 (int)mnl_attr_get_payload_len(name),
			 (const char *)mnl_attr_get_payload(name));
}

static bool read_message(struct watch *watch, const struct nlmsghdr *message,
			 struct table_intruder *intruder)
{
	bool end = message->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWGEN);

	if (message->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES || message->nlmsg_pid == watch->own)
		return false;
	if (!end) {
		watch->touched |= names_ours(message);
		return false;
	}
	if (!watch->touched)
		return false;
	watch->touched = false;
	read_process(message, intruder);
	return true;
}

bool watch_read(struct watch *watch, struct table_intruder *intruder)
{
	bool changed = false;

	memset(intruder, 0, sizeof(*intruder));
	for (;;) {
		ssize_t length = recv(watch_fd(watch), watch->buffer, sizeof(watch->buffer), 0);
		const struct nlmsghdr *message = (const void *)watch->buffer;
		int left;

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0 && errno == ENOBUFS) {
			changed = true; /* not known, so taken for the worst */
			continue;
		}
		if (length <= 0)
			return changed;
		left = (int)length;
		for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
			changed |= read_message(watch, message, intruder);
	}
}
