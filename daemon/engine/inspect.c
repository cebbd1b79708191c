/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/inspect.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/thread.h"

#define OVERTAKEN_MAX \
	20 /* changes of ours, one after the other; then it has to be asked for anew */
#define NICENESS 10

struct inspect {
	struct ev_loop *loop;
	ev_async ended;
	inspect_done *done;
	void *arg;
	const struct table *table;
	struct verification *verification; /* NULL: none runs */
	pthread_t thread;
	atomic_bool cancel;
	bool overtaken;
	unsigned tries;
	struct mapping retired; /* the plan that a comparison began with */
};

static uint64_t boottime(void)
{
	return clock_ms(CLOCK_BOOTTIME);
}

static void *run(void *arg)
{
	struct inspect *inspect = arg;

	setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS); /* Linux: of this thread alone */
	verification_run(inspect->verification, boottime, &inspect->cancel);
	ev_async_send(inspect->loop, &inspect->ended);
	return NULL;
}

static bool begin(struct inspect *inspect)
{
	inspect->verification = verification_new(inspect->table);
	if (!inspect->verification)
		return false;
	inspect->overtaken = false;
	atomic_store(&inspect->cancel, false);
	if (!thread_start(&inspect->thread, "verify", run, inspect))
		return true;
	verification_free(inspect->verification);
	inspect->verification = NULL;
	return false;
}

static struct verification *join(struct inspect *inspect)
{
	struct verification *verification = inspect->verification;

	pthread_join(inspect->thread, NULL);
	inspect->verification = NULL;
	return verification;
}

static void on_ended(struct ev_loop *loop, ev_async *watcher, int revents)
{
	struct inspect *inspect = watcher->data;
	struct verification *verification;
	bool overtaken;

	(void)loop;
	(void)revents;
	if (!inspect->verification)
		return;
	verification = join(inspect);
	overtaken = inspect->overtaken;
	mapping_close(&inspect->retired);
	if (overtaken && ++inspect->tries < OVERTAKEN_MAX && begin(inspect)) {
		verification_free(verification);
		return;
	}
	inspect->done(overtaken ? NULL : verification, inspect->arg);
	verification_free(verification);
}

int inspect_open(struct inspect **out, struct ev_loop *loop, inspect_done *done, void *arg)
{
	struct inspect *inspect = calloc(1, sizeof(*inspect));

	*out = inspect;
	if (!inspect)
		return -ENOMEM;
	inspect->loop = loop;
	inspect->done = done;
	inspect->arg = arg;
	ev_async_init(&inspect->ended, on_ended);
	inspect->ended.data = inspect;
	ev_async_start(loop, &inspect->ended);
	return 0;
}

void inspect_close(struct inspect *inspect)
{
	if (!inspect)
		return;
	if (inspect->verification) {
		atomic_store(&inspect->cancel, true);
		verification_free(join(inspect));
	}
	mapping_close(&inspect->retired);
	ev_async_stop(inspect->loop, &inspect->ended);
	free(inspect);
}

bool inspect_running(const struct inspect *inspect)
{
	return inspect->verification;
}

bool inspect_start(struct inspect *inspect, const struct table *table)
{
	if (inspect->verification)
		return true;
	inspect->table = table;
	inspect->tries = 0;
	return begin(inspect);
}

void inspect_changed(struct inspect *inspect)
{
	inspect->overtaken = true;
}

/* Only the first plan that goes while a comparison runs can be the one that it reads. */
void inspect_retire(struct inspect *inspect, struct mapping *mapping)
{
	if (inspect->verification && !inspect->retired.block && mapping->block) {
		inspect->retired = *mapping;
		*mapping = (struct mapping){0};
	}
	mapping_close(mapping);
}
