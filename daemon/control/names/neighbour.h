/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The MAC addresses of neighbours, as the kernel has them: read once (RTM_GETNEIGH, rtnetlink(7))
 * and then followed (RTNLGRP_NEIGH), for which no privilege is needed. Link-local addresses and
 * multicast are left out. Of an address that is on two interfaces, the one told of last counts.
 */
#ifndef EDGE25_CONTROL_NEIGHBOUR_H
#define EDGE25_CONTROL_NEIGHBOUR_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"

/* The kernel keeps 1024 of each family unless told otherwise (gc_thresh3); this is for 2 MB. */
#define NEIGHBOURS_MAX 65536

struct neighbour {
	struct addr addr;
	uint8_t mac[6];
	bool gone; /* or has no MAC address (any more) */
};

/*
 * One message of rtnetlink, of @size bytes. 0; -ENOENT: nothing about a neighbour that is of
 * interest; -EINVAL: not well-formed. Pure. @message is aligned as struct nlmsghdr is.
 */
int neighbour_read(const void *message, size_t size, struct neighbour *neighbour);

struct neighbours;

/* NULL: no memory. */
struct neighbours *neighbours_new(struct ev_loop *loop);
void neighbours_free(struct neighbours *neighbours);
bool neighbours_find(const struct neighbours *neighbours, const struct addr *addr, uint8_t mac[6]);
size_t neighbours_count(const struct neighbours *neighbours);
/* That had no room, since the start. */
uint64_t neighbours_lost(const struct neighbours *neighbours);
/* Why the kernel's table cannot be read, or NULL. */
const char *neighbours_problem(const struct neighbours *neighbours);

#endif
