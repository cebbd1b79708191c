/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Incidents from the class of a host to the database and to those who watch. What was opened or closed,
 * or changed its class, is written with the next turn of the loop and told of when it is on the disk;
 * counts, times and evidence follow in a pass every write-interval, with the summaries of hosts. What
 * happened since the last pass is all that kill -9 costs.
 *
 * Each step of the writing is bounded (KEEPER_ROWS), and after it the loop serves others for as long as
 * the step took. A database that cannot be written delays nothing: incidents are told of all the same,
 * wait in memory (incidents.h says how many) and are written when it is there again.
 */
#ifndef EDGE25_CONTROL_KEEPER_H
#define EDGE25_CONTROL_KEEPER_H

#include "control/control.h"

#define KEEPER_ROWS \
	64 /* incidents in one transaction: some milliseconds, and what the disk takes */

struct keeper;

/* control->tracker and the parts before it are there. NULL: no memory. */
struct keeper *keeper_new(struct control *control);
/* What the database is owed is written first, for KEEPER_END_SECONDS at most. */
#define KEEPER_END_SECONDS 2
void keeper_free(struct keeper *keeper);

/* The tracker's observer; its context is the keeper. */
void keeper_class(void *ctx, const struct host *host, enum host_class before);
/* Something of @incident is to be told at once. */
void keeper_urgent(struct keeper *keeper, struct incident *incident);
/* The database is owed something. */
void keeper_soon(struct keeper *keeper);
/* Ends an incident that is open. */
void keeper_close(struct keeper *keeper, struct incident *incident);
/* The database is there again, or can be written again. */
void keeper_database(struct keeper *keeper);
/* The configuration is another one. */
void keeper_configure(struct keeper *keeper);

#endif
