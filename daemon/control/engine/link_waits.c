// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "control/engine/link_waits.h"

struct wait {
	ev_timer timer;
	struct link_waits *waits;
	struct wait *next;
	uint64_t sequence;
	link_done *done;
	void *arg;
};

struct link_waits {
	struct ev_loop *loop;
	struct wait *first;
	unsigned count;
};

struct link_waits *link_waits_new(struct ev_loop *loop)
{
	struct link_waits *waits = calloc(1, sizeof(*waits));

	if (waits)
		waits->loop = loop;
	return waits;
}

static void end(struct wait *wait, int error, const struct message_ack *ack)
{
	struct wait **at = &wait->waits->first;

	while (*at != wait)
		at = &(*at)->next;
	*at = wait->next;
	wait->waits->count--;
	ev_timer_stop(wait->waits->loop, &wait->timer);
	wait->done(wait->arg, error, ack);
	free(wait);
}

static void on_deadline(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	end(timer->data, -ETIMEDOUT, NULL);
}

int link_waits_add(struct link_waits *waits, uint64_t sequence, double seconds, link_done *done,
		   void *arg)
{
	struct wait *wait = waits->count < LINK_WAITS_MAX ? calloc(1, sizeof(*wait)) : NULL;

	if (!wait)
		return -ENOBUFS;
	wait->waits = waits;
	wait->sequence = sequence;
	wait->done = done;
	wait->arg = arg;
	wait->next = waits->first;
	waits->first = wait;
	waits->count++;
	ev_timer_init(&wait->timer, on_deadline, seconds, 0.);
	wait->timer.data = wait;
	ev_timer_start(waits->loop, &wait->timer);
	return 0;
}

void link_waits_end(struct link_waits *waits, uint64_t sequence, const struct message_ack *ack)
{
	for (struct wait *wait = waits->first; wait; wait = wait->next) {
		if (wait->sequence == sequence) {
			end(wait, 0, ack);
			return;
		}
	}
}

void link_waits_fail(struct link_waits *waits, int error)
{
	while (waits->first)
		end(waits->first, error, NULL);
}

void link_waits_free(struct link_waits *waits)
{
	if (!waits)
		return;
	link_waits_fail(waits, -ENOTCONN);
	free(waits);
}
