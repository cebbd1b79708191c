/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One process with sockets in two network namespaces, which ip-netns(8) has names for: a client on one
 * side of a gateway, a server on the other.
 */
#ifndef EDGE25_BENCH_ACROSS_H
#define EDGE25_BENCH_ACROSS_H

#include <netinet/in.h>
#include <stdint.h>

/* Every failure ends the program, with a line on stderr. */
_Noreturn void across_fail(const char *what);
/* The calling thread enters a namespace. */
void across_enter(const char *name);
/* An IPv4 listener on all addresses of the namespace it is called in. */
int across_listen(uint16_t port, int backlog);
struct sockaddr_in across_address(const char *address, uint16_t port);
uint64_t across_now(void); /* ns, CLOCK_MONOTONIC */

#endif
