// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "control/config/config_settings.h"
#include "control/names/names_sources.h"
#include "control/work.h"

#define LOOK_REST 2000000 /* ns between looks at the files, however many ask: each costs some us */
#define LOOK_INTERVAL 5.  /* seconds, when nobody asks */
#define SMALL (256 << 10) /* bytes that are read on the spot: some milliseconds */
#define READ_REST 10      /* times as long as a reading took, until the next of the same file */

struct names_sources {
	struct ev_loop *loop;
	ev_timer timer;
	struct work *work;
	struct names_source *all;
	size_t count;
	size_t max;     /* entries of a file */
	int64_t looked; /* ns, CLOCK_MONOTONIC */
	/* The reading in hand, whose source may have gone meanwhile. */
	struct names_source job;
	size_t job_max;
	int64_t job_began;
	bool busy;
};

static void release(struct names_source *source)
{
	name_table_free(source->last.table);
	free(source->path);
}

static void release_all(struct names_source *all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		release(&all[i]);
	free(all);
}

static bool same(const struct names_source *source, enum names_kind kind, const char *path)
{
	return source->kind == kind && strcmp(source->path, path) == 0;
}

/* --- reading --- */

static void say(const struct names_source *source, const char *before)
{
	const char *now = source->last.problem;

	if (now[0] && strcmp(before, now) != 0)
		log_warning("names: %s%s", now,
			    !source->last.table ? ": it names nobody until it can be read" :
			    source->kept        ? ": what it said before counts" :
						  "");
	else if (before[0] && !now[0])
		log_notice("names: %s can be read again", source->path);
}

/* A file that cannot be read takes nothing away: leases end by themselves. */
static void take_in(struct names_source *source, struct names_reading *reading, int64_t began)
{
	const int64_t end = (int64_t)clock_ns(CLOCK_MONOTONIC);
	char before[NAMES_PROBLEM_MAX];

	memcpy(before, source->last.problem, sizeof(before));
	source->kept = !reading->table;
	if (source->kept)
		reading->table = source->last.table;
	else
		name_table_free(source->last.table);
	source->last = *reading;
	source->fresh = names_stamp_fresh(&reading->stamp, (int64_t)clock_ns(CLOCK_REALTIME));
	source->rest = end + READ_REST * (end - began);
	say(source, before);
}

static void read_job(void *ctx)
{
	struct names_sources *sources = ctx;

	names_file_read(sources->job.kind, sources->job.path, sources->job_max, &sources->job.last);
}

/* Of no use where the bound is another one now: the next look reads it again. */
static void on_read(void *ctx)
{
	struct names_sources *sources = ctx;
	struct names_source *job = &sources->job;

	sources->busy = false;
	for (size_t i = 0; i < sources->count && sources->job_max == sources->max; i++) {
		if (!same(&sources->all[i], job->kind, job->path))
			continue;
		take_in(&sources->all[i], &job->last, sources->job_began);
		job->last.table = NULL;
		break;
	}
	release(job);
	*job = (struct names_source){0};
}

static void read_in_thread(struct names_sources *sources, const struct names_source *source)
{
	if (sources->busy)
		return;
	sources->job = (struct names_source){.kind = source->kind, .path = strdup(source->path)};
	if (!sources->job.path)
		return;
	sources->job_max = sources->max;
	sources->job_began = (int64_t)clock_ns(CLOCK_MONOTONIC);
	sources->busy = true;
	work_start(sources->work, read_job, on_read, sources);
}

static void look_at(struct names_sources *sources, struct names_source *source)
{
	const int64_t now = (int64_t)clock_ns(CLOCK_MONOTONIC);
	struct names_reading reading;
	bool aged;

	names_stamp_take(source->kind, source->path, &reading.stamp);
	aged = source->fresh &&
	       !names_stamp_fresh(&reading.stamp, (int64_t)clock_ns(CLOCK_REALTIME));
	if ((names_stamp_equal(&reading.stamp, &source->last.stamp) && !aged) || now < source->rest)
		return;
	if (names_stamp_size(&reading.stamp) > SMALL) {
		read_in_thread(sources, source);
		return;
	}
	names_file_read(source->kind, source->path, sources->max, &reading);
	take_in(source, &reading, now);
}

static void look(struct names_sources *sources)
{
	sources->looked = (int64_t)clock_ns(CLOCK_MONOTONIC);
	for (size_t i = 0; i < sources->count; i++)
		look_at(sources, &sources->all[i]);
}

void names_sources_look(struct names_sources *sources)
{
	if (sources->count && (int64_t)clock_ns(CLOCK_MONOTONIC) - sources->looked >= LOOK_REST)
		look(sources);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	look(timer->data);
}

/* --- the configuration --- */

/* Like no file's: it is read at the next look. */
static void mark_unread(struct names_source *source)
{
	source->last.stamp.parts[0].error = -1;
	source->rest = 0;
}

/* A file that is named twice is there once. */
static int add(struct names_source *all, size_t *count, enum names_kind kind, char *path)
{
	if (!path)
		return -ENOMEM;
	for (size_t i = 0; i < *count; i++) {
		if (same(&all[i], kind, path)) {
			free(path);
			return 0;
		}
	}
	all[*count] = (struct names_source){.kind = kind, .path = path};
	mark_unread(&all[(*count)++]);
	return 0;
}

static int list(const struct config_settings *settings, struct names_source **all, size_t *count)
{
	size_t most = 1;
	int error = 0;

	*count = 0;
	for (enum names_kind kind = 0; kind < NAMES_KINDS; kind++)
		most += settings_path_count(settings->name_files[kind]);
	*all = calloc(most, sizeof(**all));
	if (!*all)
		return -ENOMEM;
	for (enum names_kind kind = 0; kind < NAMES_KINDS; kind++) {
		const char *paths = settings->name_files[kind];

		for (size_t i = 0; !error && i < settings_path_count(paths); i++)
			error = add(*all, count, kind, settings_path(paths, i));
	}
	return error;
}

/* What was read is kept; where the bound is another one, until it is read again. */
static void inherit(struct names_sources *sources, struct names_source *all, size_t count,
		    size_t max)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < sources->count; j++) {
			char *path = all[i].path;

			if (!same(&sources->all[j], all[i].kind, path))
				continue;
			all[i] = sources->all[j];
			all[i].path = path;
			sources->all[j].last.table = NULL;
			if (max != sources->max)
				mark_unread(&all[i]);
		}
	}
}

int names_sources_configure(struct names_sources *sources, const struct config_settings *settings)
{
	struct names_source *all;
	size_t count;

	if (list(settings, &all, &count)) {
		release_all(all, count);
		return -ENOMEM;
	}
	inherit(sources, all, count, settings->max_names);
	release_all(sources->all, sources->count);
	sources->all = all;
	sources->count = count;
	sources->max = settings->max_names;
	ev_timer_stop(sources->loop, &sources->timer);
	if (count) {
		ev_timer_set(&sources->timer, LOOK_INTERVAL, LOOK_INTERVAL);
		ev_timer_start(sources->loop, &sources->timer);
	}
	look(sources);
	return 0;
}

struct names_sources *names_sources_new(struct ev_loop *loop)
{
	struct names_sources *sources = calloc(1, sizeof(*sources));

	if (!sources)
		return NULL;
	sources->loop = loop;
	ev_init(&sources->timer, on_timer);
	sources->timer.data = sources;
	sources->work = work_new(loop);
	if (sources->work)
		return sources;
	free(sources);
	return NULL;
}

void names_sources_free(struct names_sources *sources)
{
	if (!sources)
		return;
	ev_timer_stop(sources->loop, &sources->timer);
	work_free(sources->work);
	if (sources->busy)
		release(&sources->job);
	release_all(sources->all, sources->count);
	free(sources);
}

const struct names_source *names_sources_at(const struct names_sources *sources, size_t index)
{
	return index < sources->count ? &sources->all[index] : NULL;
}

void names_sources_check(const struct config_settings *settings,
			 void (*tell)(void *ctx, const char *problem), void *ctx)
{
	struct names_source *all;
	size_t count;

	if (list(settings, &all, &count) == 0) {
		for (size_t i = 0; i < count; i++) {
			names_file_read(all[i].kind, all[i].path, settings->max_names,
					&all[i].last);
			if (all[i].last.problem[0])
				tell(ctx, all[i].last.problem);
		}
	}
	release_all(all, count);
}
