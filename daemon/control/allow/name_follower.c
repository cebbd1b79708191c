// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "control/allow/name_clock.h"
#include "control/allow/name_follower.h"
#include "control/allow/name_saver.h"
#include "control/allow/name_teller.h"
#include "control/config/times.h"
#include "control/control.h"

#define LOOK_MAX 60. /* seconds between two looks at what is due */
/* Names that are asked for at a time: the rest is for those who wait, should servers be slow. */
#define ASK_MAX (RESOLVER_ACTIVE_MAX - 2)
#define PROBLEMS_MAX 5 /* names that status tells of by themselves */

struct name_follower {
	struct control *control;
	struct resolver *resolver;
	struct name_teller teller;
	struct name_saver saver;
	struct name_terms terms;
	unsigned asking;
	ev_timer ask;
	bool silent; /* it was said that DNS does not answer */
	struct wait *waits;
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
	const int64_t now = name_now();
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
		if (tell)
			name_teller_change(&follower->teller, name, &change);
	}
	if (change.added_count || change.removed_count ||
	    (!name->problem && name->count && name->saved < now - follower->terms.keep / 2))
		name_saver_soon(&follower->saver, name);
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

static void start(struct name_follower *follower, double after)
{
	ev_timer_stop(follower->control->loop, &follower->ask);
	ev_timer_set(&follower->ask, after > 0. ? after : 0., 0.);
	ev_timer_start(follower->control->loop, &follower->ask);
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
	const int64_t now = name_now();
	struct destination_name *name;
	double after = LOOK_MAX;

	(void)loop;
	(void)events;
	name_saver_sweep(&follower->saver);
	while (follower->asking < ASK_MAX && (name = destination_names_next(names_of(follower)))) {
		if (name->due > now) {
			after = (double)(name->due - now);
			break;
		}
		if (!ask(follower, name))
			break;
	}
	start(follower, after < LOOK_MAX ? after : LOOK_MAX);
}

void name_follower_look(struct name_follower *follower)
{
	const struct config_settings *settings = &follower->control->config->settings;

	follower->terms = (struct name_terms){
		.min = (int64_t)settings->resolve_min,
		.max = (int64_t)settings->resolve_max,
		.keep = (int64_t)settings->resolve_keep,
	};
	start(follower, 0.);
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
	const int64_t silent = name_now() - name->silent_since;
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
			 name->text, time_format(name_time(name->since), time));
	else if (name->problem && silent > follower->terms.keep)
		snprintf(text, NAME_PROBLEM_MAX,
			 "%s was not answered since %s, and stands for what it did then: %s",
			 name->text, time_format(name_time(name->silent_since), time),
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
	follower->ask.data = follower;
	name_teller_init(&follower->teller, control);
	name_saver_init(&follower->saver, control);
	name_follower_database(follower);
	return follower;
}

void name_follower_free(struct name_follower *follower)
{
	if (!follower)
		return;
	resolver_free(follower->resolver);
	ev_timer_stop(follower->control->loop, &follower->ask);
	name_teller_stop(&follower->teller);
	name_saver_end(&follower->saver);
	free(follower);
}

void name_follower_database(struct name_follower *follower)
{
	name_saver_read(&follower->saver);
	name_follower_look(follower);
}
