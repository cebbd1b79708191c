/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From when on a host of a policy is called what, and how long it is contained. edge25.conf(5). */
#ifndef EDGE25_CONTROL_THRESHOLDS_H
#define EDGE25_CONTROL_THRESHOLDS_H

#include <stdint.h>

struct thresholds {
	uint64_t suspect_servers;      /* different destinations in 5 minutes */
	uint64_t suspect_servers_hour; /* ... in an hour */
	uint64_t suspect_tries;        /* attempts in 5 minutes */
	uint64_t infected_servers;     /* networks with destinations not met before, an hour */
	uint64_t infected_tries;       /* attempts in each of three 5-minute parts in a row */
	uint64_t infected_parts;       /* 5-minute parts of an hour in which new ones came */
	uint64_t answered_weight;      /* so many that answered count as one that did not */
	uint64_t contain_for; /* seconds, the first time; doubled each time it comes back */
	uint64_t contain_max; /* seconds, at most */
};

#endif
