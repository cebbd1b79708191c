// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "control/engine/reading.h"

#define READ_GIVE_UP 60. /* a million tallies take a second; then something is wrong */

struct waiter {
	struct reading *reading;
	struct waiter *next;
	ev_timer timer;
	reading_done *done;
	void *arg;
	bool asked; /* the reading under way began after this one asked */
};

struct reading {
	struct ev_loop *loop;
	struct link *link;
	struct waiter *waiters;
	unsigned count;
	bool under_way;
	uint64_t round;
};

static void begin(struct reading *reading);

static void waiter_end(struct waiter *waiter, bool fresh)
{
	struct waiter **at = &waiter->reading->waiters;

	while (*at != waiter)
		at = &(*at)->next;
	*at = waiter->next;
	waiter->reading->count--;
	ev_timer_stop(waiter->reading->loop, &waiter->timer);
	waiter->done(waiter->arg, fresh);
	free(waiter);
}

/* From the start again each time: whoever is told may ask anew. */
static void end_all(struct reading *reading, bool asked_only, bool fresh)
{
	struct waiter *waiter = reading->waiters;

	reading->round++;
	while (waiter) {
		if (waiter->asked || !asked_only) {
			waiter_end(waiter, fresh);
			waiter = reading->waiters;
		} else {
			waiter = waiter->next;
		}
	}
}

static void on_read(void *arg, int error, const struct message_ack *ack)
{
	struct reading *reading = arg;

	reading->under_way = false;
	if (error || ack) { /* a reading ends with an END; with an ACK, when it failed */
		end_all(reading, false, false);
		return;
	}
	end_all(reading, true, true);
	if (reading->waiters && !reading->under_way)
		begin(reading);
}

static void begin(struct reading *reading)
{
	uint64_t sequence = link_send(reading->link, MESSAGE_READ, NULL, 0, -1);

	if (!sequence || link_wait(reading->link, sequence, READ_GIVE_UP, on_read, reading)) {
		end_all(reading, false, false);
		return;
	}
	reading->under_way = true;
	for (struct waiter *waiter = reading->waiters; waiter; waiter = waiter->next)
		waiter->asked = true;
}

static void on_deadline(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct waiter *waiter = timer->data;

	(void)loop;
	(void)events;
	waiter->reading->round++;
	waiter_end(waiter, false);
}

void reading_ask(struct reading *reading, reading_done *done, void *arg)
{
	struct waiter *waiter = NULL;

	if (link_connected(reading->link) && reading->count < READING_WAITS_MAX)
		waiter = calloc(1, sizeof(*waiter));
	if (!waiter) {
		reading->round++;
		done(arg, false);
		return;
	}
	*waiter = (struct waiter){
		.reading = reading, .next = reading->waiters, .done = done, .arg = arg};
	ev_timer_init(&waiter->timer, on_deadline, READING_DEADLINE, 0.);
	waiter->timer.data = waiter;
	ev_timer_start(reading->loop, &waiter->timer);
	reading->waiters = waiter;
	reading->count++;
	if (!reading->under_way)
		begin(reading);
}

uint64_t reading_round(const struct reading *reading)
{
	return reading->round;
}

struct reading *reading_new(struct ev_loop *loop, struct link *link)
{
	struct reading *reading = calloc(1, sizeof(*reading));

	if (reading) {
		reading->loop = loop;
		reading->link = link;
	}
	return reading;
}

void reading_free(struct reading *reading)
{
	if (!reading)
		return;
	end_all(reading, false, false);
	free(reading);
}
