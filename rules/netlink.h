/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one nf_tables socket of this process: it owns the table, so it stays open for life. */
#ifndef EDGE25_RULES_NETLINK_H
#define EDGE25_RULES_NETLINK_H

#include <stddef.h>
#include <stdint.h>

struct nlmsghdr;
struct netlink;

/* 0 or -errno. */
int netlink_open(struct netlink **netlink);
void netlink_close(struct netlink *netlink);

uint32_t netlink_portid(const struct netlink *netlink);
uint32_t netlink_sequence(struct netlink *netlink);

/* Sends @length bytes whatever their number: the send buffer grows to fit (CAP_NET_ADMIN). */
int netlink_send(struct netlink *netlink, const void *data, size_t length);

/* Calls @error for each NLMSG_ERROR that waits (error 0 is an acknowledgement). Never blocks. */
typedef void netlink_error_fn(uint32_t sequence, int error, void *arg);
int netlink_errors(struct netlink *netlink, netlink_error_fn *error, void *arg);

/*
 * Sends the dump request @request and calls @message for each reply, in dump_once a single time:
 * -EINTR says that the tables changed meanwhile. netlink_dump() then starts anew, up to
 * NETLINK_DUMP_TRIES times, after calling @restart (may be NULL).
 */
#define NETLINK_DUMP_TRIES 20 /* a table that changes twenty times while it is read */
typedef int netlink_message_fn(const struct nlmsghdr *message, void *arg);
typedef void netlink_restart_fn(void *arg);
int netlink_dump_once(struct netlink *netlink, struct nlmsghdr *request,
		      netlink_message_fn *message, void *arg);
int netlink_dump(struct netlink *netlink, struct nlmsghdr *request, netlink_message_fn *message,
		 netlink_restart_fn *restart, void *arg);
/*
 * Once through, whatever changes meanwhile: what is there all the time comes once or twice, or, where
 * the kernel lost its place, not at all. For counts, which are read again.
 */
int netlink_dump_anyway(struct netlink *netlink, struct nlmsghdr *request,
			netlink_message_fn *message, void *arg);

#endif
