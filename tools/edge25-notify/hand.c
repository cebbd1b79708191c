// SPDX-License-Identifier: GPL-2.0-or-later
#include "hand.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "environment.h"
#include "run.h"

#define RETRY_MAX 600. /* seconds between two tries at most */
#define STOP_GRACE 5.  /* seconds that a run has to end by itself when we are to end */
#define TEXT_MAX 192

struct hand {
	struct ev_loop *loop;
	const struct options *options;
	hand_done *done;
	void *ctx;
	struct run *run;
	const struct notice *notice;
	unsigned try;
	bool stopping;
	ev_timer retry, grace;
};

static void wait_for(struct hand *hand, ev_timer *timer, double delay)
{
	ev_timer_stop(hand->loop, timer);
	ev_timer_set(timer, delay, 0.);
	ev_timer_start(hand->loop, timer);
}

/* "incident 12 (100.64.3.7, infected): opened" */
static const char *describe(const struct notice *notice, char text[TEXT_MAX])
{
	const struct item *item = &notice->item;
	char words[CHANGES_WORDS_MAX];

	if (notice->digest)
		snprintf(text, TEXT_MAX, "digest of %u incidents", notice->count);
	else
		snprintf(text, TEXT_MAX, "incident %" PRId64 " (%s, %s): %s", item->incident.id,
			 item->host, item->incident.class,
			 incident_changes_words(item->changes, words));
	return text;
}

static void finish(struct hand *hand, enum hand_outcome outcome)
{
	hand->notice = NULL;
	hand->done(hand->ctx, outcome);
}

/* Before the next try. */
static double retry_delay(const struct hand *hand)
{
	double delay = hand->options->retry;

	for (unsigned i = 1; i < hand->try && delay < RETRY_MAX; i++)
		delay *= 2;
	return delay < RETRY_MAX || delay == hand->options->retry ? delay : RETRY_MAX;
}

static void failed(struct hand *hand, const char *why)
{
	double delay = retry_delay(hand);
	char text[TEXT_MAX];

	describe(hand->notice, text);
	if (hand->stopping) {
		log_notice("command: %s: %s; it comes again after the next start", text, why);
		finish(hand, HAND_KEPT);
	} else if (hand->try < hand->options->tries) {
		log_warning("command: %s: %s (try %u of %u, the next in %g s)", text, why,
			    hand->try, hand->options->tries, delay);
		wait_for(hand, &hand->retry, delay);
	} else {
		log_error(
			"command: %s: %s: given up after %u tries; edge25ctl incidents shows what it "
			"would have said",
			text, why, hand->try);
		finish(hand, HAND_GIVEN_UP);
	}
}

static void on_ended(void *ctx, const char *why)
{
	struct hand *hand = ctx;
	char text[TEXT_MAX];

	ev_timer_stop(hand->loop, &hand->grace);
	if (why) {
		failed(hand, why);
	} else {
		log_info("handed over: %s", describe(hand->notice, text));
		finish(hand, HAND_TAKEN);
	}
}

static void try_once(struct hand *hand)
{
	const struct options *options = hand->options;
	struct environment environment;
	int error;

	hand->try++;
	error = environment_make(&environment, hand->notice, options->socket, hand->try);
	if (!error)
		error = run_start(hand->run, options->command, environment.entry,
				  hand->notice->text, hand->notice->length, options->limit);
	environment_free(&environment);
	if (error)
		failed(hand, strerror(-error));
}

static void on_retry(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	try_once(timer->data);
}

static void on_grace(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct hand *hand = timer->data;

	(void)loop;
	(void)events;
	run_stop(hand->run, "ended, because edge25-notify is to end");
}

void hand_give(struct hand *hand, const struct notice *notice)
{
	hand->notice = notice;
	hand->try = 0;
	try_once(hand);
}

void hand_hurry(struct hand *hand)
{
	if (!ev_is_active(&hand->retry))
		return;
	ev_timer_stop(hand->loop, &hand->retry);
	try_once(hand);
}

bool hand_stop(struct hand *hand)
{
	bool again = hand->stopping;

	hand->stopping = true;
	ev_timer_stop(hand->loop, &hand->retry);
	if (run_busy(hand->run))
		wait_for(hand, &hand->grace, again ? 0. : STOP_GRACE);
	return run_busy(hand->run);
}

struct hand *hand_new(struct ev_loop *loop, const struct options *options, hand_done *done,
		      void *ctx)
{
	struct hand *hand = calloc(1, sizeof(*hand));

	if (!hand)
		return NULL;
	hand->loop = loop;
	hand->options = options;
	hand->done = done;
	hand->ctx = ctx;
	ev_init(&hand->retry, on_retry);
	ev_init(&hand->grace, on_grace);
	hand->retry.data = hand->grace.data = hand;
	hand->run = run_new(loop, on_ended, hand);
	if (hand->run)
		return hand;
	free(hand);
	return NULL;
}

void hand_free(struct hand *hand)
{
	if (!hand)
		return;
	ev_timer_stop(hand->loop, &hand->retry);
	ev_timer_stop(hand->loop, &hand->grace);
	run_free(hand->run);
	free(hand);
}
