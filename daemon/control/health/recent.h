/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much counters that do not fall have grown within the last hour. What they show when they are
 * noted for the first time is from before, until recent_settled(); names that come later began at 0.
 */
#ifndef EDGE25_CONTROL_RECENT_H
#define EDGE25_CONTROL_RECENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECENT_NAME_MAX 80
#define RECENT_MAX 512 /* names; those beyond count as not recent */

struct recent;

/* NULL: no memory. */
struct recent *recent_new(void);
void recent_free(struct recent *recent);
/* @now: seconds of a clock that does not go back. One that fell began anew. */
void recent_note(struct recent *recent, const char *name, uint64_t total, int64_t now);
void recent_settled(struct recent *recent);
bool recent_is_settled(const struct recent *recent);
/* Within the hour before @now; 0 for a name that was never noted. */
uint64_t recent_of(const struct recent *recent, const char *name, int64_t now);

#endif
