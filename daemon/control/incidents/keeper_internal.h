/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between keeper.c and its parts, keeper_*.c. Nobody else includes it. */
#ifndef EDGE25_CONTROL_KEEPER_INTERNAL_H
#define EDGE25_CONTROL_KEEPER_INTERNAL_H

#include "control/incidents/keeper.h"
#include "control/store/store_hosts.h"

/* Of a pass, in this order. */
enum stage {
	STAGE_REST,
	STAGE_OPEN,
	STAGE_TOLD,
	STAGE_HOSTS,
	STAGE_DAYS,
	STAGE_USAGE,
	STAGE_OLD,
	STAGE_OLD_HOSTS,
	STAGE_OLD_DAYS,
	STAGE_OLD_AUDIT
};

struct keeper {
	struct control *control;
	struct incidents *incidents;
	ev_timer pass, step;
	enum stage stage;
	const struct incident *at; /* of the pass: the last that was looked at */
	const struct host *host;   /* likewise */
	uint32_t written,
		latest; /* last_seen of the hosts that are written, and of those in this pass */
	bool read;      /* what the database has is known */
	bool restored;  /* hosts were read: once, whatever follows */
	unsigned rows;  /* of hosts, in this transaction */
	struct store_waiter turn; /* while others have the database */
	/* Incidents that are being written; @numbered: and told of then. */
	struct incident *writing[KEEPER_ROWS];
	size_t writing_count;
	bool numbered;
};

void keeper_pin(struct keeper *keeper, const struct prefix *prefix, bool pinned);
/* Closes an incident and lets go of its host. */
void keeper_end(struct keeper *keeper, struct incident *incident, int64_t now);

/* --- keeper_write.c: what is written and told --- */

bool keeper_writable(const struct keeper *keeper);
void keeper_summarize(const struct control *control, const struct host *host,
		      struct host_summary *summary);
/* The first @count of keeper->writing; @number: what they owe is new, and they are told of. */
void keeper_write(struct keeper *keeper, size_t count, bool number);
/* Those that wait for nothing. True: there is, or may be, more. */
bool keeper_write_urgent(struct keeper *keeper);

/* --- keeper_pass.c: what a pass does --- */

/* One bounded piece of keeper->stage. True: there is more of it. */
bool keeper_stage(struct keeper *keeper);

/* --- keeper_read.c: what the database had --- */

/* What is not known yet and can be read. */
void keeper_read(struct keeper *keeper);
/*
 * Without the database nobody knows which numbers there were: from then on they are beyond any that
 * are counted.
 */
void keeper_number_anew(struct keeper *keeper);

#endif
