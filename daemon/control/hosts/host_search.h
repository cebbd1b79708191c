/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of the hosts that are known, and in which order. Every host is looked at once, some at a time,
 * and memory is kept for those alone that are asked for.
 */
#ifndef EDGE25_CONTROL_HOST_SEARCH_H
#define EDGE25_CONTROL_HOST_SEARCH_H

#include "control/control.h"

enum host_order {
	HOSTS_WORST,        /* class, then attempts */
	HOSTS_NEWEST,       /* seen last */
	HOSTS_ATTEMPTS,     /* most */
	HOSTS_DESTINATIONS, /* most */
	HOSTS_FIRST_SEEN,   /* those that appeared last */
	HOSTS_BY_HOST       /* by address, IPv4 first */
};

struct host_search {
	enum host_order order;
	int class;                        /* -1: any */
	const struct policy *policy;      /* NULL: any */
	const struct config_range *range; /* NULL: any */
	const char *name;     /* a part of its name, in any case of letters; NULL: any */
	struct prefix prefix; /* it is in there, or this in it; family 0: any */
	struct prefix after;  /* with HOSTS_BY_HOST, those behind it; family 0: all */
	unsigned interface;   /* ifindex; 0: any */
	bool contained;       /* only those */
	int64_t since;        /* seen then or later; seconds since 1970 */
};

struct host_found {
	uint64_t keys[3]; /* greater ones first, but for HOSTS_BY_HOST */
	struct prefix prefix;
	const struct host *host;
};

/* A search that is under way: the first two are the caller's, and room for @limit; the rest begins as 0. */
struct host_page {
	struct host_search search;
	struct host_found *found;
	size_t limit;
	size_t count; /* of found[] */
	size_t total; /* how many there are in all */
	const struct host *at;
};

/*
 * Looks at @hosts more; true: all were looked at, and found[] is in order. Hosts may come and go
 * meanwhile: host_found_now() says whether one is still there.
 */
bool host_page_step(const struct control *control, struct host_page *page, size_t hosts);
bool host_found_now(const struct host_found *found);

/* By enum host_order. */
extern const char *const host_order_words[];

#endif
