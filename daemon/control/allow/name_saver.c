// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/allow/name_saver.h"

#include "control/allow/name_clock.h"
#include "control/control.h"
#include "control/store/store_names.h"

#define SAVE_DELAY 1.   /* seconds, so that an import is one write */
#define SWEEP_EVERY 60. /* names that no entry has any more are forgotten then */

static struct destination_names *names_of(const struct name_saver *saver)
{
	return allowlist_names(saver->control->allowlist);
}

static int save_name(struct name_saver *saver, const struct destination_name *name)
{
	struct stored_address addresses[NAME_ADDRESSES_MAX];

	for (size_t i = 0; i < name->count; i++)
		addresses[i] = (struct stored_address){
			.addr = name->addresses[i].addr,
			.since = name_time(name->addresses[i].since),
			.seen = name_time(name->addresses[i].seen),
		};
	return store_names_write(saver->control->store, name->text, addresses, name->count);
}

/* What is not written now is when something changes again, or the database comes back. */
static void on_saved(void *ctx, int result)
{
	struct name_saver *saver = ctx;
	struct destination_name *name;

	for (size_t i = 0; (name = destination_names_at(names_of(saver), i)); i++) {
		if (!name->saving)
			continue;
		name->saving = false;
		if (result)
			name->unsaved = true;
		else
			name->saved = name_now();
	}
}

static void save(struct name_saver *saver)
{
	const struct store_then then = {.done = on_saved, .ctx = saver};
	struct store *store = saver->control->store;
	struct destination_name *name;
	int result;

	if (!store_ready(store))
		return;
	if (store_busy(store)) {
		store_wait(store, &saver->turn);
		return;
	}
	result = store_names_begin(store);
	for (size_t i = 0; !result && (name = destination_names_at(names_of(saver), i)); i++) {
		if (!name->unsaved)
			continue;
		name->unsaved = false;
		name->saving = true;
		result = save_name(saver, name);
	}
	store_names_end(store, result, &then);
}

static void on_turn(void *ctx)
{
	save(ctx);
}

static void on_save(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	save(timer->data);
}

void name_saver_soon(struct name_saver *saver, struct destination_name *name)
{
	const bool known = name->saved != INT64_MIN;
	const double after = known ? (double)saver->control->config->settings.write_interval :
				     SAVE_DELAY;

	name->unsaved = true;
	if (ev_is_active(&saver->timer) &&
	    ev_timer_remaining(saver->control->loop, &saver->timer) <= after)
		return;
	ev_timer_stop(saver->control->loop, &saver->timer);
	ev_timer_set(&saver->timer, after, 0.);
	ev_timer_start(saver->control->loop, &saver->timer);
}

static bool recall(void *ctx, const char *text, const struct stored_address *stored)
{
	struct name_saver *saver = ctx;
	const struct allow_clock clock = intent_clock();
	struct destination_name *name = destination_names_find(names_of(saver), text);
	/* a clock that was wrong then or is now makes nothing older or newer than it can be */
	const int64_t age = stored->seen < clock.real ? clock.real - stored->seen : 0;
	const int64_t more = stored->since < stored->seen ? stored->seen - stored->since : 0;
	struct name_address address = {.addr = stored->addr};

	if (!name)
		return false;
	address.seen = name_now() - age;
	address.since = address.seen - more;
	destination_name_recall(name, &address);
	name->saved = name_now();
	return true;
}

void name_saver_read(struct name_saver *saver)
{
	struct destination_name *name;

	if (store_ready(saver->control->store))
		store_names_read(saver->control->store, recall, saver);
	for (size_t i = 0; (name = destination_names_at(names_of(saver), i)); i++)
		if (name->unsaved)
			name_saver_soon(saver, name);
}

struct forgotten {
	struct store *store;
	bool begun;
	int result;
};

/* What the database does not take is deleted when it is read again. */
static void forget(void *ctx, const char *text)
{
	struct forgotten *forgotten = ctx;

	if (!store_ready(forgotten->store) || forgotten->result)
		return;
	if (!forgotten->begun)
		forgotten->result = store_names_begin(forgotten->store);
	forgotten->begun = true;
	if (!forgotten->result)
		forgotten->result = store_names_write(forgotten->store, text, NULL, 0);
}

static void on_forgotten(void *ctx, int result)
{
	(void)ctx;
	(void)result;
}

static const struct store_then then_forgotten = {.done = on_forgotten};

/* Not at once: an entry that was removed may be put back. */
void name_saver_sweep(struct name_saver *saver)
{
	struct forgotten forgotten = {.store = saver->control->store};

	if (saver->swept + SWEEP_EVERY > ev_now(saver->control->loop) ||
	    store_busy(forgotten.store))
		return;
	saver->swept = ev_now(saver->control->loop);
	destination_names_sweep(names_of(saver), forget, &forgotten);
	if (forgotten.begun)
		store_names_end(forgotten.store, forgotten.result, &then_forgotten);
}

void name_saver_init(struct name_saver *saver, struct control *control)
{
	saver->control = control;
	ev_init(&saver->timer, on_save);
	saver->timer.data = saver;
	saver->turn.turn = on_turn;
	saver->turn.ctx = saver;
}

void name_saver_end(struct name_saver *saver)
{
	struct store *store = saver->control->store;

	store_settle(store);
	if (ev_is_active(&saver->timer) || saver->turn.waiting)
		save(saver);
	ev_timer_stop(saver->control->loop, &saver->timer);
	store_wait_no_more(store, &saver->turn);
	store_settle(store);
}
