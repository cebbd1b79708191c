// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "control/allow/name_follower.h"
#include "control/config/times.h"
#include "control/control.h"
#include "control/store/store_names.h"

#define LOOK_MAX 60. /* seconds: names that no entry has any more are forgotten then */
#define TELL_REST 1. /* between two changes that the engine is told */
#define PLAN_SHARE \
	10. /* after a whole plan, times what it took: with a million ranges that is seconds */
#define ASK_MAX \
	(RESOLVER_ACTIVE_MAX - 2) /* the rest is for those who wait, should servers be slow */
#define SAVE_DELAY 1.             /* so that an import is one write */
#define PROBLEMS_MAX 5            /* names that status tells of by themselves */

struct name_follower {
	struct control *control;
	struct resolver *resolver;
	struct name_terms terms;
	unsigned asking;
	ev_timer ask, tell, save;
	bool whole;    /* what changed is more than single elements */
	bool telling;  /* the engine has not answered yet */
	bool planning; /* it was a whole plan */
	ev_tstamp told, sent, swept;
	ev_tstamp plan_next; /* no whole plan for the sake of names before */
	bool silent;         /* it was said that DNS does not answer */
	struct wait *waits;
	struct store_waiter turn; /* to save */
};

/* One who wants to know. */
struct wait {
	struct wait *next;
	struct name_follower *follower;
	struct resolver_question *question;
	ev_timer patience;
	name_done *done;
	void *arg;
};

/* A name that is asked for; it stays while it is. */
struct asked {
	struct name_follower *follower;
	struct destination_name *name;
};

static struct destination_names *names_of(const struct name_follower *follower)
{
	return allowlist_names(follower->control->allowlist);
}

static int64_t boot_seconds(void)
{
	return (int64_t)(intent_clock().boot_ms / 1000);
}

int64_t name_follower_time(int64_t time)
{
	const struct allow_clock clock = intent_clock();

	return clock.real - ((int64_t)(clock.boot_ms / 1000) - time);
}

static void start(struct name_follower *follower, ev_timer *timer, double after)
{
	ev_timer_stop(follower->control->loop, timer);
	ev_timer_set(timer, after > 0. ? after : 0., 0.);
	ev_timer_start(follower->control->loop, timer);
}

/* --- what the engine is told --- */

static void tell_later(struct name_follower *follower)
{
	double when = follower->told + TELL_REST;

	if (follower->whole && follower->plan_next > when)
		when = follower->plan_next;
	if (!follower->telling)
		start(follower, &follower->tell, when - ev_now(follower->control->loop));
}

static bool any_untold(const struct name_follower *follower)
{
	const struct destination_name *name;

	for (size_t i = 0; (name = destination_names_at(names_of(follower), i)); i++)
		if (name->untold_count)
			return true;
	return follower->whole;
}

static void on_engine(void *arg, int error, const struct message_ack *ack)
{
	struct name_follower *follower = arg;

	follower->telling = false;
	if (follower->planning)
		follower->plan_next = ev_time() + PLAN_SHARE * (ev_time() - follower->sent);
	if (error == -ETIMEDOUT || error == -ENOBUFS) {
		intent_unsure(follower->control->intent);
	} else if (!error && ack->error && !follower->planning) {
		log_error("names: the engine could not do it: %s",
			  ack->text[0] ? ack->text : strerror(-ack->error));
		follower->whole = true;
	}
	if (any_untold(follower))
		tell_later(follower);
}

static int send_plan(struct name_follower *follower)
{
	struct control *control = follower->control;

	follower->whole = false;
	return intent_configure(control->intent, control->config, on_engine, follower);
}

static void on_tell(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct name_follower *follower = timer->data;
	struct allow_entry *parts = calloc(INTENT_CHANGES_MAX, sizeof(*parts));
	bool whole = follower->whole;
	size_t count = 0;
	int error;

	(void)events;
	if (!whole && (!parts || !allowlist_untold(follower->control->allowlist, parts,
						   INTENT_CHANGES_MAX, &count)))
		whole = true;
	for (size_t i = 0; i < count && !whole; i++)
		whole = !allow_entry_exact(&parts[i]);
	if (whole && follower->plan_next > ev_now(loop)) {
		follower->whole = true;
		tell_later(follower);
		free(parts);
		return;
	}
	follower->told = ev_now(loop);
	follower->sent = ev_time();
	follower->telling = true;
	follower->planning = whole;
	error = whole ? send_plan(follower) :
			intent_changed_all(follower->control->intent, parts, count, on_engine,
					   follower);
	destination_names_told(names_of(follower));
	free(parts);
	/* without an engine nothing is lost: the next one gets a plan; nor where no entry has the name */
	if (error)
		on_engine(follower, error, NULL);
}

/* --- what the database keeps --- */

static void save_later(struct name_follower *follower, const struct destination_name *name)
{
	const bool known = name->saved != INT64_MIN;
	const double after = known ? (double)follower->control->config->settings.write_interval :
				     SAVE_DELAY;

	if (!ev_is_active(&follower->save) ||
	    ev_timer_remaining(follower->control->loop, &follower->save) > after)
		start(follower, &follower->save, after);
}

static int save_name(struct name_follower *follower, const struct destination_name *name)
{
	struct stored_address addresses[NAME_ADDRESSES_MAX];

	for (size_t i = 0; i < name->count; i++)
		addresses[i] = (struct stored_address){
			.addr = name->addresses[i].addr,
			.since = name_follower_time(name->addresses[i].since),
			.seen = name_follower_time(name->addresses[i].seen),
		};
	return store_names_write(follower->control->store, name->text, addresses, name->count);
}

/* What is not written now is when something changes again, or the database comes back. */
static void on_saved(void *ctx, int result)
{
	struct name_follower *follower = ctx;
	struct destination_name *name;

	for (size_t i = 0; (name = destination_names_at(names_of(follower), i)); i++) {
		if (!name->saving)
			continue;
		name->saving = false;
		if (result)
			name->unsaved = true;
		else
			name->saved = boot_seconds();
	}
}

static void save(struct name_follower *follower)
{
	const struct store_then then = {.done = on_saved, .ctx = follower};
	struct store *store = follower->control->store;
	struct destination_name *name;
	int result;

	if (!store_ready(store))
		return;
	if (store_busy(store)) {
		store_wait(store, &follower->turn);
		return;
	}
	result = store_names_begin(store);
	for (size_t i = 0; !result && (name = destination_names_at(names_of(follower), i)); i++) {
		if (!name->unsaved)
			continue;
		name->unsaved = false;
		name->saving = true;
		result = save_name(follower, name);
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

static bool recall(void *ctx, const char *text, const struct stored_address *stored)
{
	struct name_follower *follower = ctx;
	const struct allow_clock clock = intent_clock();
	struct destination_name *name = destination_names_find(names_of(follower), text);
	/* a clock that was wrong then or is now makes nothing older or newer than it can be */
	const int64_t age = stored->seen < clock.real ? clock.real - stored->seen : 0;
	const int64_t more = stored->since < stored->seen ? stored->seen - stored->since : 0;
	struct name_address address = {.addr = stored->addr};

	if (!name)
		return false;
	address.seen = boot_seconds() - age;
	address.since = address.seen - more;
	destination_name_recall(name, &address);
	name->saved = boot_seconds();
	return true;
}

void name_follower_database(struct name_follower *follower)
{
	struct destination_name *name;

	if (store_ready(follower->control->store))
		store_names_read(follower->control->store, recall, follower);
	for (size_t i = 0; (name = destination_names_at(names_of(follower), i)); i++)
		if (name->unsaved)
			save_later(follower, name);
	name_follower_look(follower);
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
static void sweep(struct name_follower *follower)
{
	struct forgotten forgotten = {.store = follower->control->store};

	if (follower->swept + LOOK_MAX > ev_now(follower->control->loop) ||
	    store_busy(forgotten.store))
		return;
	follower->swept = ev_now(follower->control->loop);
	destination_names_sweep(names_of(follower), forget, &forgotten);
	if (forgotten.begun)
		store_names_end(forgotten.store, forgotten.result, &then_forgotten);
}

/* --- what an answer says --- */

static void list_addresses(const char *what, const struct addr *addrs, size_t count, char *text,
			   size_t size)
{
	size_t n = strlen(text), shown = count < 3 ? count : 3;
	char addr[ADDR_TEXT_MAX];

	for (size_t i = 0; i < shown && n < size; i++)
		n += (size_t)snprintf(text + n, size - n, "%s%s", i ? ", " : what,
				      addr_format(&addrs[i], addr));
	if (count > shown && n < size)
		snprintf(text + n, size - n, " and %zu more", count - shown);
}

static void log_change(const struct destination_name *name, const struct name_change *change)
{
	const bool first = change->added_count == name->count && !change->removed_count;
	char text[LOG_LINE_MAX / 2] = "";

	list_addresses(first ? " is " : " is now also ", change->added, change->added_count, text,
		       sizeof(text));
	list_addresses(change->added_count ? "; no longer " : " is no longer ", change->removed,
		       change->removed_count, text, sizeof(text));
	log_info("names: %s%s", name->text, text);
	if (!name->count)
		log_warning("names: %s has no address: its entries let nothing through",
			    name->text);
}

static bool any_silent(const struct name_follower *follower)
{
	const struct destination_name *name;

	for (size_t i = 0; (name = destination_names_at(names_of(follower), i)); i++)
		if (name->problem && destination_name_held(name))
			return true;
	return false;
}

/* Once, for there may be a thousand names. */
static void log_silence(struct name_follower *follower, const struct destination_name *name)
{
	if (name->problem && !follower->silent) {
		log_warning("names: no answer for %s: %s; what names stood for last still counts",
			    name->text, name->problem);
		follower->silent = true;
	} else if (!name->problem && follower->silent && !any_silent(follower)) {
		log_notice("names: all are answered again");
		follower->silent = false;
	}
}

/* @tell: the kernel is to be told by us. */
static void learn(struct name_follower *follower, struct destination_name *name,
		  const struct resolver_answer *answer, bool tell)
{
	const bool unfit = name->unfit, full = name->full;
	const int64_t now = boot_seconds();
	struct name_change change;

	if (destination_name_answer(name, answer, &follower->terms, now, &change))
		log_error("names: no memory for the addresses of %s", name->text);
	log_silence(follower, name);
	if (name->unfit && !unfit)
		log_warning("names: %s has addresses that are no mail server's (loopback, "
			    "link-local, multicast): they do not count",
			    name->text);
	if (name->full && !full)
		log_warning("names: %s has more than %d addresses: only those count", name->text,
			    NAME_ADDRESSES_MAX);
	if (change.added_count || change.removed_count) {
		log_change(name, &change);
		if (tell && !destination_name_untold(name, &change))
			follower->whole = true;
		if (tell)
			tell_later(follower);
	}
	if (change.added_count || change.removed_count ||
	    (!name->problem && name->count && name->saved < now - follower->terms.keep / 2)) {
		name->unsaved = true;
		save_later(follower, name);
	}
}

void name_follower_learn(struct name_follower *follower, const char *text,
			 const struct resolver_answer *answer)
{
	struct destination_name *name = destination_names_find(names_of(follower), text);

	/* where there is but one entry, whoever added it tells the engine of all that it is */
	if (name)
		learn(follower, name, answer,
		      name->holders[NAME_CONFIGURED] + name->holders[NAME_STORED] > 1);
	name_follower_look(follower);
}

/* --- asking --- */

static void on_answer(void *arg, const struct resolver_answer *answer)
{
	struct asked *asked = arg;
	struct name_follower *follower = asked->follower;
	struct destination_name *name = asked->name;

	free(asked);
	name->asking = false;
	follower->asking--;
	if (!answer)
		return;
	if (destination_name_held(name))
		learn(follower, name, answer, true);
	name_follower_look(follower);
}

static bool ask(struct name_follower *follower, struct destination_name *name)
{
	struct asked *asked = calloc(1, sizeof(*asked));

	if (!asked)
		return false;
	*asked = (struct asked){follower, name};
	if (!resolver_ask(follower->resolver, name->text, false, on_answer, asked)) {
		free(asked);
		return false;
	}
	name->asking = true;
	follower->asking++;
	return true;
}

static void on_ask(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct name_follower *follower = timer->data;
	const int64_t now = boot_seconds();
	struct destination_name *name;
	double after = LOOK_MAX;

	(void)loop;
	(void)events;
	sweep(follower);
	while (follower->asking < ASK_MAX && (name = destination_names_next(names_of(follower)))) {
		if (name->due > now) {
			after = (double)(name->due - now);
			break;
		}
		if (!ask(follower, name))
			break;
	}
	start(follower, timer, after < LOOK_MAX ? after : LOOK_MAX);
}

void name_follower_look(struct name_follower *follower)
{
	const struct config_settings *settings = &follower->control->config->settings;

	follower->terms = (struct name_terms){
		.min = (int64_t)settings->resolve_min,
		.max = (int64_t)settings->resolve_max,
		.keep = (int64_t)settings->resolve_keep,
	};
	start(follower, &follower->ask, 0.);
}

/* --- those who wait --- */

static void end_wait(struct wait *wait, int error, const struct resolver_answer *answer)
{
	struct wait **at = &wait->follower->waits;

	while (*at != wait)
		at = &(*at)->next;
	*at = wait->next;
	ev_timer_stop(wait->follower->control->loop, &wait->patience);
	wait->done(wait->arg, error, answer);
	free(wait);
}

static void on_waited(void *arg, const struct resolver_answer *answer)
{
	end_wait(arg, answer ? 0 : -ECANCELED, answer);
}

static void on_patience(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct wait *wait = timer->data;

	(void)loop;
	(void)events;
	resolver_cancel(wait->question);
	end_wait(wait, -ETIMEDOUT, NULL);
}

int name_follower_ask(struct name_follower *follower, const char *name, name_done *done, void *arg)
{
	struct wait *wait = calloc(1, sizeof(*wait));

	if (!wait)
		return -ENOMEM;
	wait->question = resolver_ask(follower->resolver, name, true, on_waited, wait);
	if (!wait->question) {
		free(wait);
		return -EBUSY;
	}
	wait->follower = follower;
	wait->done = done;
	wait->arg = arg;
	wait->next = follower->waits;
	follower->waits = wait;
	ev_timer_init(&wait->patience, on_patience, NAME_PATIENCE, 0.);
	wait->patience.data = wait;
	ev_timer_start(follower->control->loop, &wait->patience);
	return 0;
}

/* --- for status --- */

static bool describe(const struct name_follower *follower, const struct destination_name *name,
		     char text[NAME_PROBLEM_MAX])
{
	const int64_t silent = boot_seconds() - name->silent_since;
	char time[TIME_TEXT_MAX];

	if (!destination_name_held(name))
		return false;
	if (!name->count && !name->answered && name->problem)
		snprintf(text, NAME_PROBLEM_MAX,
			 "%s has no address, its entries let nothing through: %s", name->text,
			 name->problem);
	else if (!name->count && name->answered)
		snprintf(text, NAME_PROBLEM_MAX,
			 "%s has had no address since %s: its entries let nothing through",
			 name->text, time_format(name_follower_time(name->since), time));
	else if (name->problem && silent > follower->terms.keep)
		snprintf(text, NAME_PROBLEM_MAX,
			 "%s was not answered since %s, and stands for what it did then: %s",
			 name->text, time_format(name_follower_time(name->silent_since), time),
			 name->problem);
	else
		return false;
	return true;
}

bool name_follower_problem(const struct name_follower *follower, size_t index,
			   char text[NAME_PROBLEM_MAX])
{
	const struct destination_name *name;
	char other[NAME_PROBLEM_MAX];
	size_t found = 0;

	if (index > PROBLEMS_MAX)
		return false;
	for (size_t i = 0; (name = destination_names_at(names_of(follower), i)); i++) {
		found += describe(follower, name, found == index ? text : other);
		if (found > index && index < PROBLEMS_MAX)
			return true;
	}
	if (found <= PROBLEMS_MAX)
		return false;
	snprintf(text, NAME_PROBLEM_MAX, "%zu more names have no address, or are not answered",
		 found - PROBLEMS_MAX);
	return true;
}

/* --- from start to end --- */

struct name_follower *name_follower_new(struct control *control)
{
	struct name_follower *follower = calloc(1, sizeof(*follower));

	if (!follower)
		return NULL;
	follower->control = control;
	follower->resolver = resolver_new(control->loop);
	if (!follower->resolver) {
		free(follower);
		return NULL;
	}
	ev_init(&follower->ask, on_ask);
	ev_init(&follower->tell, on_tell);
	ev_init(&follower->save, on_save);
	follower->turn.turn = on_turn;
	follower->turn.ctx = follower;
	follower->ask.data = follower->tell.data = follower->save.data = follower;
	name_follower_database(follower);
	return follower;
}

void name_follower_free(struct name_follower *follower)
{
	if (!follower)
		return;
	resolver_free(follower->resolver);
	ev_timer_stop(follower->control->loop, &follower->ask);
	ev_timer_stop(follower->control->loop, &follower->tell);
	store_settle(follower->control->store);
	if (ev_is_active(&follower->save) || follower->turn.waiting)
		save(follower);
	ev_timer_stop(follower->control->loop, &follower->save);
	store_wait_no_more(follower->control->store, &follower->turn);
	store_settle(follower->control->store);
	free(follower);
}
