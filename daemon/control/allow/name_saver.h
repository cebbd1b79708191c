/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What destinations that are names stand for, to the database and back: an address that is new soon, one
 * that was seen again with write-interval.
 */
#ifndef EDGE25_CONTROL_NAME_SAVER_H
#define EDGE25_CONTROL_NAME_SAVER_H

#include <ev.h>

#include "control/allow/destination_names.h"
#include "control/store/store.h"

struct control;

struct name_saver {
	struct control *control;
	ev_timer timer;
	struct store_waiter turn;
	ev_tstamp swept;
};

/* @saver is all 0. */
void name_saver_init(struct name_saver *saver, struct control *control);
/* What waits is written first. */
void name_saver_end(struct name_saver *saver);

/* The database is there (again): what it says of names is read, and what it lacks is written. */
void name_saver_read(struct name_saver *saver);
/* @name is to be written. */
void name_saver_soon(struct name_saver *saver, struct destination_name *name);
/* Now and then: names that no entry has any more are forgotten. */
void name_saver_sweep(struct name_saver *saver);

#endif
