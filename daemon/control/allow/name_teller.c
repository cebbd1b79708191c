// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "control/allow/name_teller.h"
#include "control/control.h"

#define TELL_REST 1. /* seconds between two changes */
/* After a whole plan, times what it took: with a million ranges that is seconds. */
#define PLAN_SHARE 10.

static struct destination_names *names_of(const struct name_teller *teller)
{
	return allowlist_names(teller->control->allowlist);
}

static void tell_later(struct name_teller *teller)
{
	double when = teller->told + TELL_REST;

	if (teller->telling)
		return;
	if (teller->whole && teller->plan_next > when)
		when = teller->plan_next;
	when -= ev_now(teller->control->loop);
	ev_timer_stop(teller->control->loop, &teller->timer);
	ev_timer_set(&teller->timer, when > 0. ? when : 0., 0.);
	ev_timer_start(teller->control->loop, &teller->timer);
}

static bool any_untold(const struct name_teller *teller)
{
	const struct destination_name *name;

	for (size_t i = 0; (name = destination_names_at(names_of(teller), i)); i++)
		if (name->untold_count)
			return true;
	return teller->whole;
}

static void on_engine(void *arg, int error, const struct message_ack *ack)
{
	struct name_teller *teller = arg;

	teller->telling = false;
	if (teller->planning)
		teller->plan_next = ev_time() + PLAN_SHARE * (ev_time() - teller->sent);
	if (error == -ETIMEDOUT || error == -ENOBUFS) {
		intent_unsure(teller->control->intent);
	} else if (!error && ack->error && !teller->planning) {
		log_error("names: the engine could not do it: %s",
			  ack->text[0] ? ack->text : strerror(-ack->error));
		teller->whole = true;
	}
	if (any_untold(teller))
		tell_later(teller);
}

static int send_plan(struct name_teller *teller)
{
	struct control *control = teller->control;

	teller->whole = false;
	return intent_configure(control->intent, control->config, on_engine, teller);
}

static void on_tell(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct name_teller *teller = timer->data;
	struct allow_entry *parts = calloc(INTENT_CHANGES_MAX, sizeof(*parts));
	bool whole = teller->whole;
	size_t count = 0;
	int error;

	(void)events;
	if (!whole && (!parts || !allowlist_untold(teller->control->allowlist, parts,
						   INTENT_CHANGES_MAX, &count)))
		whole = true;
	for (size_t i = 0; i < count && !whole; i++)
		whole = !allow_entry_exact(&parts[i]);
	if (whole && teller->plan_next > ev_now(loop)) {
		teller->whole = true;
		tell_later(teller);
		free(parts);
		return;
	}
	teller->told = ev_now(loop);
	teller->sent = ev_time();
	teller->telling = true;
	teller->planning = whole;
	error = whole ? send_plan(teller) :
			intent_changed_all(teller->control->intent, parts, count, on_engine,
					   teller);
	destination_names_told(names_of(teller));
	free(parts);
	/* without an engine nothing is lost: the next one gets a plan; nor where no entry has the name */
	if (error)
		on_engine(teller, error, NULL);
}

void name_teller_change(struct name_teller *teller, struct destination_name *name,
			const struct name_change *change)
{
	if (!destination_name_untold(name, change))
		teller->whole = true;
	tell_later(teller);
}

void name_teller_init(struct name_teller *teller, struct control *control)
{
	teller->control = control;
	ev_init(&teller->timer, on_tell);
	teller->timer.data = teller;
}

void name_teller_stop(struct name_teller *teller)
{
	ev_timer_stop(teller->control->loop, &teller->timer);
}
