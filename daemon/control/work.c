// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdatomic.h>
#include <stdlib.h>

#include "common/thread.h"
#include "control/work.h"

struct work {
	struct ev_loop *loop;
	ev_async done;
	pthread_t thread;
	bool threaded, busy;
	atomic_bool finished; /* what the thread was to do */
	void (*run)(void *ctx);
	void (*then)(void *ctx);
	void *ctx;
};

static void *run(void *arg)
{
	struct work *work = arg;

	work->run(work->ctx);
	atomic_store(&work->finished, true);
	ev_async_send(work->loop, &work->done);
	return NULL;
}

static void join(struct work *work)
{
	if (work->threaded)
		pthread_join(work->thread, NULL);
	work->threaded = false;
}

static void on_done(struct ev_loop *loop, ev_async *async, int events)
{
	struct work *work = async->data;

	(void)loop;
	(void)events;
	/* it was waited for, and this is the word of what came before */
	if (work->busy && atomic_load(&work->finished))
		work_wait(work);
}

bool work_busy(const struct work *work)
{
	return work->busy;
}

void work_wait(struct work *work)
{
	if (!work->busy)
		return;
	join(work);
	work->busy = false;
	work->then(work->ctx);
}

void work_start(struct work *work, void (*what)(void *ctx), void (*then)(void *ctx), void *ctx)
{
	work->run = what;
	work->then = then;
	work->ctx = ctx;
	work->busy = true;
	atomic_store(&work->finished, false);
	work->threaded = !thread_start(&work->thread, "work", run, work);
	if (!work->threaded)
		run(work);
}

struct work *work_new(struct ev_loop *loop)
{
	struct work *work = calloc(1, sizeof(*work));

	if (!work)
		return NULL;
	work->loop = loop;
	ev_async_init(&work->done, on_done);
	work->done.data = work;
	ev_async_start(loop, &work->done);
	return work;
}

void work_stop(struct work *work)
{
	ev_async_stop(work->loop, &work->done);
}

void work_free(struct work *work)
{
	if (!work)
		return;
	work_stop(work);
	join(work);
	free(work);
}
