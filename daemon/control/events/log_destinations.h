/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much of the mail servers that a host tried is written down, shown and kept. edge25.conf(5). */
#ifndef EDGE25_CONTROL_LOG_DESTINATIONS_H
#define EDGE25_CONTROL_LOG_DESTINATIONS_H

#include <stdbool.h>

#include "common/addr.h"

enum log_destinations {
	LOG_DESTINATIONS_FULL,
	LOG_DESTINATIONS_PREFIX, /* the network: /24 of IPv4, /48 of IPv6 */
	LOG_DESTINATIONS_NONE,
	LOG_DESTINATIONS
};

/* "full", "prefix", "none"; NULL out of range. */
const char *log_destinations_word(unsigned setting);
/* What may be told of @addr: an address whose host part may be 0, or none (family 0). */
struct addr log_destinations_of(unsigned setting, const struct addr *addr);

#endif
