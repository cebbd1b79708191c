/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/apart.h"

static void bind(struct apart *apart, pthread_t thread, const cpu_set_t *before,
		 const cpu_set_t *meanwhile)
{
	if (pthread_setaffinity_np(thread, sizeof(*meanwhile), meanwhile))
		return;
	apart->threads[apart->count++] = (struct apart_thread){
		.thread = thread,
		.before = *before,
		.meanwhile = *meanwhile,
	};
}

static void keep_off(struct apart *apart, const struct queues *queues, int cpu)
{
	for (size_t i = 0; i < queues_count(queues); i++) {
		pthread_t thread = queue_thread(queues_at(queues, i));
		cpu_set_t before, meanwhile;

		if (pthread_getaffinity_np(thread, sizeof(before), &before))
			continue;
		meanwhile = before;
		CPU_CLR((size_t)cpu, &meanwhile);
		if (CPU_COUNT(&meanwhile) && !CPU_EQUAL(&meanwhile, &before))
			bind(apart, thread, &before, &meanwhile);
	}
}

void apart_begin(struct apart *apart, const struct queues *queues, const struct queues *next)
{
	int cpu = sched_getcpu();
	cpu_set_t before, here;

	apart->count = 0;
	if (cpu < 0 || cpu >= CPU_SETSIZE ||
	    pthread_getaffinity_np(pthread_self(), sizeof(before), &before) ||
	    CPU_COUNT(&before) < 2)
		return;
	CPU_ZERO(&here);
	CPU_SET((size_t)cpu, &here);
	bind(apart, pthread_self(), &before, &here);
	keep_off(apart, queues, cpu);
	keep_off(apart, next, cpu);
}

void apart_end(struct apart *apart)
{
	for (size_t i = 0; i < apart->count; i++) {
		const struct apart_thread *thread = &apart->threads[i];
		cpu_set_t now;

		if (!pthread_getaffinity_np(thread->thread, sizeof(now), &now) &&
		    CPU_EQUAL(&now, &thread->meanwhile))
			pthread_setaffinity_np(thread->thread, sizeof(thread->before),
					       &thread->before);
	}
	apart->count = 0;
}
