// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/hosts/levels.h"

#include <string.h>

static struct level_links *at(const struct levels *levels, uint32_t link)
{
	return (struct level_links *)(void *)(levels->links + (link - 1) * levels->stride);
}

void levels_init(struct levels *levels, void *first_links, size_t stride)
{
	memset(levels, 0, sizeof(*levels));
	levels->links = first_links;
	levels->stride = stride;
}

void levels_put_newest(struct levels *levels, uint32_t link, unsigned level)
{
	uint32_t second = levels->newest[level];

	*at(levels, link) = (struct level_links){.older = second};
	*(second ? &at(levels, second)->newer : &levels->oldest[level]) = link;
	levels->newest[level] = link;
}

void levels_put_oldest(struct levels *levels, uint32_t link, unsigned level)
{
	uint32_t second = levels->oldest[level];

	*at(levels, link) = (struct level_links){.newer = second};
	*(second ? &at(levels, second)->older : &levels->newest[level]) = link;
	levels->oldest[level] = link;
}

void levels_remove(struct levels *levels, uint32_t link, unsigned level)
{
	struct level_links own = *at(levels, link);

	*(own.newer ? &at(levels, own.newer)->older : &levels->newest[level]) = own.older;
	*(own.older ? &at(levels, own.older)->newer : &levels->oldest[level]) = own.newer;
}
