/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What survives a restart: up to which change everything was handed over, and what was told of the
 * incidents that were open then. A text file, a fact a line, written anew as a whole: temporary
 * file, fsync, rename.
 */
#ifndef EDGE25_NOTIFY_STATE_H
#define EDGE25_NOTIFY_STATE_H

#include <stdint.h>

#include "told.h"

struct state {
	int64_t change;
	double runs_left;  /* of the rate */
	int64_t time;      /* when it was written, seconds since 1970 */
	uint64_t given_up; /* notices since the last one that was handed over */
};

/*
 * 0, -ENOENT (the first start), -EBADMSG (it is not what state_save() wrote, from *line on) or
 * another -errno. @told must be empty.
 */
int state_load(const char *path, struct state *state, struct told *told, unsigned *line);
int state_save(const char *path, const struct state *state, const struct told *told);
/*
 * One process a state: takes PATH.lock until the process ends. A descriptor or -errno,
 * -EWOULDBLOCK: another has it.
 */
int state_lock(const char *path);

#endif
