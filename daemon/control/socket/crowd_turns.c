// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>

#include "common/clock.h"
#include "control/socket/crowd_turns.h"

#define FADE_STEP 0.005 /* seconds between looks at how old what was used is */

void crowd_charge(struct crowd *crowd, struct seat *seat, double took)
{
	seat->used += took;
	seat->user->used += took;
	crowd->used += took;
}

static void fade(struct crowd *crowd, double now)
{
	const double factor = exp((crowd->faded - now) / CROWD_FADE_SECONDS);

	if (now - crowd->faded < FADE_STEP)
		return;
	crowd->faded = now;
	crowd->used *= factor;
	for (unsigned i = 0; i < crowd->user_count; i++)
		crowd->users[i].used *= factor;
	for (unsigned i = 0; i < crowd->count; i++)
		crowd->seats[i].used *= factor;
}

/* Others need not wait until many are answered at once. */
static void count_calls(struct crowd *crowd)
{
	for (unsigned i = 0; i < crowd->user_count; i++)
		crowd->users[i].calls = 0;
	for (unsigned i = 0; i < crowd->count; i++)
		crowd->seats[i].user->calls += client_busy(crowd->seats[i].client);
}

static struct seat *whose_turn(struct crowd *crowd)
{
	struct seat *found = NULL;

	count_calls(crowd);
	for (unsigned i = 0; i < crowd->count; i++) {
		struct seat *seat = &crowd->seats[i];

		if ((!found || seat->user->used < found->user->used ||
		     (seat->user == found->user && seat->used < found->used)) &&
		    seat->user->calls < CROWD_CALLS_USER_MAX && client_ready(seat->client))
			found = seat;
	}
	return found;
}

static bool asks_for_few(const struct crowd *crowd, const struct user *user)
{
	unsigned count = 0;

	for (unsigned i = 0; i < crowd->count && count <= CROWD_FEW; i++)
		count += crowd->seats[i].user == user && client_ready(crowd->seats[i].client);
	return count <= CROWD_FEW;
}

static bool may_have_it(const struct crowd *crowd, const struct seat *seat, double now)
{
	if (asks_for_few(crowd, seat->user))
		return true;
	return now >= crowd->pause_ends &&
	       (crowd->used < CROWD_SHARE || seat->user->used < CROWD_SHARE_LIGHT);
}

/* When the loop comes back to them at the latest: there is nobody, at once, or in a while. */
static void come_back(struct crowd *crowd, bool somebody, bool now)
{
	struct ev_loop *loop = crowd->world.loop;

	if (now)
		ev_idle_start(loop, &crowd->idle);
	else
		ev_idle_stop(loop, &crowd->idle);
	if (somebody)
		ev_timer_again(loop, &crowd->rest);
	else
		ev_timer_stop(loop, &crowd->rest);
}

void crowd_take_turns(struct crowd *crowd)
{
	const double began = clock_seconds(CLOCK_MONOTONIC);
	double before, used = clock_seconds(CLOCK_THREAD_CPUTIME_ID);
	const double end = used + CROWD_TURNS_SECONDS;
	struct seat *seat;

	fade(crowd, began);
	while ((seat = whose_turn(crowd)) && used < end && may_have_it(crowd, seat, began)) {
		before = used;
		client_turn(seat->client);
		used = clock_seconds(CLOCK_THREAD_CPUTIME_ID);
		crowd_charge(crowd, seat, used - before);
		crowd_reap(crowd);
	}
	if (used >= end && crowd->used >= CROWD_SHARE_LIGHT)
		crowd->pause_ends = clock_seconds(CLOCK_MONOTONIC) + CROWD_PAUSE_SECONDS;
	come_back(crowd, seat, seat && may_have_it(crowd, seat, clock_seconds(CLOCK_MONOTONIC)));
}

/* What is to be done is done before the loop sleeps. */
static void on_rest(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)timer;
	(void)events;
}

static void on_idle(struct ev_loop *loop, ev_idle *idle, int events)
{
	(void)loop;
	(void)idle;
	(void)events;
}

void crowd_turns_init(struct crowd *crowd)
{
	ev_idle_init(&crowd->idle, on_idle);
	ev_timer_init(&crowd->rest, on_rest, 0., CROWD_PAUSE_SECONDS);
}

void crowd_turns_stop(struct crowd *crowd)
{
	ev_idle_stop(crowd->world.loop, &crowd->idle);
	ev_timer_stop(crowd->world.loop, &crowd->rest);
}
