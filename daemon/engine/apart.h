/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a large change of the kernel's table is worked, and where packets are answered meanwhile. A
 * kernel that is not preempted (PREEMPT_NONE) goes through a million elements for half a second without
 * letting another thread have the processor, and the scheduler leaves an answering thread to wait
 * there while other processors are not idle. So the thread that changes the table keeps to one
 * processor, and those that answer keep off it.
 */
#ifndef EDGE25_ENGINE_APART_H
#define EDGE25_ENGINE_APART_H

#include <pthread.h>
#include <sched.h>
#include <stddef.h>

#include "engine/queues.h"

/* Fewer elements are no more than some ms. */
#define APART_INTERVALS 10000

#define APART_THREADS (1 + 2 * PLAN_QUEUES_MAX) /* with the queues that come in place of others */

struct apart {
	struct apart_thread {
		pthread_t thread;
		cpu_set_t before, meanwhile;
	} threads[APART_THREADS];
	size_t count;
};

/*
 * Nothing is done to a thread that has no other processor: there is only one, or somebody bound it.
 * @next may be NULL, and so may @queues. The queues must be there until apart_end().
 */
void apart_begin(struct apart *apart, const struct queues *queues, const struct queues *next);
/* As before, but for threads that somebody else bound meanwhile. */
void apart_end(struct apart *apart);

#endif
