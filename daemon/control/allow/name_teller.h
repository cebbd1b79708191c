/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Has the engine know what destinations that are names stand for now: single elements where that will do,
 * else a whole plan. At most once a second, and whole plans take no more than a tenth of the time,
 * whatever DNS says and however often.
 */
#ifndef EDGE25_CONTROL_NAME_TELLER_H
#define EDGE25_CONTROL_NAME_TELLER_H

#include <ev.h>

#include "control/allow/destination_names.h"

struct control;

struct name_teller {
	struct control *control;
	ev_timer timer;
	bool whole;    /* what changed is more than single elements */
	bool telling;  /* the engine has not answered yet */
	bool planning; /* it was a whole plan */
	ev_tstamp told, sent;
	ev_tstamp plan_next; /* no whole plan for the sake of names before */
};

/* @teller is all 0. */
void name_teller_init(struct name_teller *teller, struct control *control);
void name_teller_stop(struct name_teller *teller);
void name_teller_change(struct name_teller *teller, struct destination_name *name,
			const struct name_change *change);

#endif
