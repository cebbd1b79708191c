/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/usage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "common/thread.h"
#include "rules/usage.h"

#define NICENESS 10

struct usage_reader {
	struct ev_loop *loop;
	ev_timer timer;
	ev_async ended;
	const struct table *table;
	struct peer *peer;
	struct netlink *netlink; /* the thread's own; NULL: not open yet */
	double every;
	bool running;
	bool fails; /* and that was said */
	pthread_t thread;
	atomic_bool cancel;
	ev_tstamp began, took;
	/* the thread's while it runs */
	struct usage fresh;
	int result;
	/* what was read last, sorted */
	struct usage known;
	uint32_t birth; /* of what is being read */
	bool tell_all;
	struct usage gone;                   /* elements that went while it ran */
	uint64_t asked[2 * USAGE_ASKED_MAX]; /* first those whom this reading answers */
	size_t answered, waiting;
};

static int64_t wall_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec;
}

/* --- the thread --- */

static void *run(void *arg)
{
	struct usage_reader *reader = arg;

	setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS); /* Linux: of this thread alone */
	reader->result = reader->netlink ? 0 : netlink_open(&reader->netlink);
	if (!reader->result)
		reader->result = usage_read(reader->netlink, &reader->fresh, &reader->cancel);
	if (!reader->result)
		usage_sort(&reader->fresh);
	ev_async_send(reader->loop, &reader->ended);
	return NULL;
}

/* --- in the loop --- */

static void end_asked(struct usage_reader *reader)
{
	for (size_t i = 0; i < reader->answered; i++)
		peer_send(reader->peer, MESSAGE_USE, reader->asked[i], NULL, 0);
	memmove(reader->asked, reader->asked + reader->answered,
		reader->waiting * sizeof(*reader->asked));
	reader->answered = 0;
}

static void schedule(struct usage_reader *reader, double after)
{
	ev_timer_stop(reader->loop, &reader->timer);
	ev_timer_set(&reader->timer, after > 0 ? after : 0., 0.);
	ev_timer_start(reader->loop, &reader->timer);
}

/* The next one by itself, or the one that is waited for. */
static void schedule_next(struct usage_reader *reader)
{
	const double rest = reader->took * USAGE_REST;

	if (reader->waiting)
		schedule(reader, reader->took);
	else if (reader->every)
		schedule(reader, rest > reader->every ? rest : reader->every);
}

static void begin(struct usage_reader *reader)
{
	if (reader->running)
		return;
	ev_timer_stop(reader->loop, &reader->timer);
	reader->answered = reader->waiting;
	reader->waiting = 0;
	reader->birth = table_birth(reader->table);
	reader->began = ev_time();
	atomic_store(&reader->cancel, false);
	reader->running = !thread_start(&reader->thread, "usage", run, reader);
	if (reader->running)
		return;
	end_asked(reader);
	schedule_next(reader);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)loop;
	(void)revents;
	begin(timer->data);
}

/* What is not known yet, or has counted on, goes into @news. Both are sorted. */
static int compare_known(struct usage_reader *reader, struct usage *news)
{
	const struct usage *known = &reader->known;
	const int64_t now = wall_clock();
	int result = 0;
	size_t old = 0;

	for (size_t i = 0; !result && i < reader->fresh.count; i++) {
		struct message_use *use = &reader->fresh.records[i];
		bool same = false;

		use->birth = reader->birth;
		use->time = now;
		while (old < known->count && usage_compare(&known->records[old], use) < 0)
			old++;
		if (old < known->count && !usage_compare(&known->records[old], use)) {
			same = known->records[old].packets == use->packets &&
			       known->records[old].birth == use->birth;
			if (same)
				use->time = known->records[old].time;
		}
		if (!same || reader->tell_all)
			result = usage_add(news, use);
	}
	return result;
}

/* Their last counts have been told already. */
static void drop_gone(struct usage_reader *reader)
{
	size_t kept = 0;

	if (!reader->gone.count)
		return;
	usage_sort(&reader->gone);
	for (size_t i = 0; i < reader->fresh.count; i++)
		if (!usage_find(&reader->gone, &reader->fresh.records[i]))
			reader->fresh.records[kept++] = reader->fresh.records[i];
	reader->fresh.count = kept;
}

static void tell(struct usage_reader *reader)
{
	struct usage news = {0};

	drop_gone(reader);
	if (compare_known(reader, &news)) {
		usage_release(&news);
		return;
	}
	if (news.count)
		peer_send(reader->peer, MESSAGE_USE, 0, news.records, news.count);
	usage_release(&news);
	usage_release(&reader->known);
	reader->known = reader->fresh;
	reader->fresh = (struct usage){0};
	if (peer_connected(reader->peer))
		reader->tell_all = false;
}

static void say_failure(struct usage_reader *reader)
{
	if (reader->result && !reader->fails)
		log_warning("engine: the use of allow entries cannot be read: %s",
			    strerror(-reader->result));
	reader->fails = reader->result;
}

static void on_ended(struct ev_loop *loop, ev_async *watcher, int revents)
{
	struct usage_reader *reader = watcher->data;

	(void)loop;
	(void)revents;
	if (!reader->running)
		return;
	pthread_join(reader->thread, NULL);
	reader->running = false;
	reader->took = ev_time() - reader->began;
	say_failure(reader);
	/* where the sets were filled anew meanwhile nobody knows what was read before and what after */
	if (!reader->result && reader->birth == table_birth(reader->table))
		tell(reader);
	end_asked(reader);
	usage_release(&reader->fresh);
	usage_release(&reader->gone);
	schedule_next(reader);
}

int usage_open(struct usage_reader **out, struct ev_loop *loop, const struct table *table,
	       struct peer *peer)
{
	struct usage_reader *reader = calloc(1, sizeof(*reader));

	*out = reader;
	if (!reader)
		return -ENOMEM;
	reader->loop = loop;
	reader->table = table;
	reader->peer = peer;
	reader->tell_all = true;
	ev_timer_init(&reader->timer, on_timer, 0, 0);
	ev_async_init(&reader->ended, on_ended);
	reader->timer.data = reader->ended.data = reader;
	ev_async_start(loop, &reader->ended);
	return 0;
}

void usage_close(struct usage_reader *reader)
{
	if (!reader)
		return;
	if (reader->running) {
		atomic_store(&reader->cancel, true);
		pthread_join(reader->thread, NULL);
	}
	ev_timer_stop(reader->loop, &reader->timer);
	ev_async_stop(reader->loop, &reader->ended);
	netlink_close(reader->netlink);
	usage_release(&reader->fresh);
	usage_release(&reader->known);
	usage_release(&reader->gone);
	free(reader);
}

void usage_every(struct usage_reader *reader, uint32_t seconds)
{
	reader->every = seconds;
	if (!reader->running && !reader->waiting)
		schedule_next(reader);
}

void usage_asked(struct usage_reader *reader, uint64_t sequence)
{
	const double since = ev_time() - reader->began;

	if (reader->waiting == USAGE_ASKED_MAX) {
		peer_send(reader->peer, MESSAGE_USE, sequence, NULL, 0);
		return;
	}
	reader->asked[reader->answered + reader->waiting++] = sequence;
	if (!reader->running)
		schedule(reader, 2 * reader->took - since);
}

void usage_connected(struct usage_reader *reader)
{
	reader->tell_all = true;
	reader->answered = reader->waiting = 0;
}

void usage_changed(struct usage_reader *reader, struct table *table)
{
	struct message_use *ended;
	size_t count;

	table_ended(table, &ended, &count);
	for (size_t i = 0; i < count; i++) {
		struct message_use *known = usage_find(&reader->known, &ended[i]);

		ended[i].time = known && known->packets == ended[i].packets ? known->time :
									      wall_clock();
		if (known)
			known->packets = 0; /* what comes in its place is news */
		if (reader->running && usage_add(&reader->gone, &ended[i]))
			reader->birth = 0; /* of no use any more */
	}
	if (count)
		peer_send(reader->peer, MESSAGE_USE, 0, ended, count);
	free(ended);
}
