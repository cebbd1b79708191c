/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records of an array in lists by level, each list in the order in which they were put in; so the one
 * to go next is found at once. The records hold the links: a link is an index + 1, 0 is none.
 */
#ifndef EDGE25_CONTROL_LEVELS_H
#define EDGE25_CONTROL_LEVELS_H

#include <stddef.h>
#include <stdint.h>

#define LEVELS 8

struct level_links {
	uint32_t newer, older;
};

struct levels {
	char *links; /* of the first record */
	size_t stride;
	uint32_t newest[LEVELS], oldest[LEVELS];
};

void levels_init(struct levels *levels, void *first_links, size_t stride);
void levels_put_newest(struct levels *levels, uint32_t link, unsigned level);
/* As if it had been there before all others. */
void levels_put_oldest(struct levels *levels, uint32_t link, unsigned level);
/* @level: the one it is in. */
void levels_remove(struct levels *levels, uint32_t link, unsigned level);

#endif
