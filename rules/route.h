/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel's routes say of an address, as the `fib` expression asks them
 * (net/ipv4/netfilter/nft_fib_ipv4.c, net/ipv6/netfilter/nft_fib_ipv6.c), by rtnetlink.
 */
#ifndef EDGE25_RULES_ROUTE_H
#define EDGE25_RULES_ROUTE_H

#include <stdbool.h>

#include "common/addr.h"

struct route;

/* 0 or -errno. */
int route_open(struct route **route);
void route_close(struct route *route);

/* Is it an address of this machine? */
bool route_local(struct route *route, const struct addr *address);
/*
 * Does a route lead to @address by @interface? "": by any. A name that no interface has: true, for
 * nothing is known of it.
 */
bool route_leads(struct route *route, const struct addr *address, const char *interface);

#endif
