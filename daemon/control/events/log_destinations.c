// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/events/log_destinations.h"

#define NETWORK4 24
#define NETWORK6 48

static const char *const words[LOG_DESTINATIONS] = {
	[LOG_DESTINATIONS_FULL] = "full",
	[LOG_DESTINATIONS_PREFIX] = "prefix",
	[LOG_DESTINATIONS_NONE] = "none",
};

const char *log_destinations_word(unsigned setting)
{
	return setting < LOG_DESTINATIONS ? words[setting] : NULL;
}

struct addr log_destinations_of(unsigned setting, const struct addr *addr)
{
	if (setting == LOG_DESTINATIONS_FULL || !addr->family)
		return *addr;
	if (setting == LOG_DESTINATIONS_PREFIX)
		return addr_mask(addr, addr->family == FAMILY_IPV4 ? NETWORK4 : NETWORK6);
	return (struct addr){0};
}
