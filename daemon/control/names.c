// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/log.h"
#include "config_settings.h"
#include "names.h"
#include "names_file.h"
#include "neighbour.h"
#include "work.h"

#define LOOK_REST 2000000 /* ns between looks at the files, however many ask: each costs some us */
#define LOOK_INTERVAL 5.  /* seconds, when nobody asks */
#define SMALL (256 << 10) /* bytes that are read on the spot: some milliseconds */
#define READ_REST 10      /* times as long as a reading took, until the next of the same file */

struct source {
	enum names_kind kind;
	char *path;
	struct names_reading last; /* what counts: its table may be older than its stamp */
	bool fresh;                /* the stamp may hide another change */
	int64_t rest;              /* ns, CLOCK_MONOTONIC: not before then */
};

struct names {
	struct ev_loop *loop;
	ev_timer timer;
	struct work *work;
	struct neighbours *neighbours; /* NULL: not asked for */
	struct source *sources;
	size_t count;
	size_t max;     /* entries of a file */
	int64_t looked; /* ns, CLOCK_MONOTONIC */
	/* The reading in hand, whose source may have gone meanwhile. */
	struct source job;
	size_t job_max;
	int64_t job_began;
	bool busy;
};

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* --- reading --- */

/* A label file may have a problem and be read all the same. */
static bool cannot_read(const struct source *source)
{
	size_t line;

	return source->last.problem[0] && !name_table_misreads(source->last.table, &line);
}

static void say(const struct source *source, const char *before)
{
	const char *now = source->last.problem;

	if (now[0] && strcmp(before, now) != 0)
		log_warning("names: %s%s", now,
			    !source->last.table ? ": it names nobody until it can be read" :
			    cannot_read(source) ? ": what it said before counts" :
						  "");
	else if (before[0] && !now[0])
		log_notice("names: %s can be read again", source->path);
}

/* A file that cannot be read takes nothing away: leases end by themselves. */
static void accept(struct source *source, struct names_reading *reading, int64_t began)
{
	const int64_t end = clock_ns(CLOCK_MONOTONIC);
	char before[NAMES_PROBLEM_MAX];

	memcpy(before, source->last.problem, sizeof(before));
	if (reading->table)
		name_table_free(source->last.table);
	else
		reading->table = source->last.table;
	source->last = *reading;
	source->fresh = names_stamp_fresh(&reading->stamp, clock_ns(CLOCK_REALTIME));
	source->rest = end + READ_REST * (end - began);
	say(source, before);
}

static bool same(const struct source *a, const struct source *b)
{
	return a->kind == b->kind && strcmp(a->path, b->path) == 0;
}

static void read_job(void *ctx)
{
	struct names *names = ctx;

	names_file_read(names->job.kind, names->job.path, names->job_max, &names->job.last);
}

static void release(struct source *source)
{
	name_table_free(source->last.table);
	free(source->path);
}

static void on_read(void *ctx)
{
	struct names *names = ctx;

	names->busy = false;
	for (size_t i = 0; i < names->count; i++) {
		if (!same(&names->sources[i], &names->job))
			continue;
		accept(&names->sources[i], &names->job.last, names->job_began);
		names->job.last.table = NULL;
		break;
	}
	release(&names->job);
	names->job = (struct source){0};
}

static void read_in_thread(struct names *names, const struct source *source)
{
	if (names->busy)
		return;
	names->job = (struct source){.kind = source->kind, .path = strdup(source->path)};
	if (!names->job.path)
		return;
	names->job_max = names->max;
	names->job_began = clock_ns(CLOCK_MONOTONIC);
	names->busy = true;
	work_start(names->work, read_job, on_read, names);
}

static void look_at(struct names *names, struct source *source)
{
	const int64_t now = clock_ns(CLOCK_MONOTONIC);
	struct names_reading reading;
	bool aged;

	names_stamp_take(source->kind, source->path, &reading.stamp);
	aged = source->fresh && !names_stamp_fresh(&reading.stamp, clock_ns(CLOCK_REALTIME));
	if ((names_stamp_equal(&reading.stamp, &source->last.stamp) && !aged) || now < source->rest)
		return;
	if (names_stamp_size(&reading.stamp) > SMALL) {
		read_in_thread(names, source);
		return;
	}
	names_file_read(source->kind, source->path, names->max, &reading);
	accept(source, &reading, now);
}

static void look(struct names *names)
{
	names->looked = clock_ns(CLOCK_MONOTONIC);
	for (size_t i = 0; i < names->count; i++)
		look_at(names, &names->sources[i]);
}

void names_look(struct names *names)
{
	if (names->count && clock_ns(CLOCK_MONOTONIC) - names->looked >= LOOK_REST)
		look(names);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	look(timer->data);
}

/* --- the configuration --- */

static int make_sources(const struct config_settings *settings, struct source **sources,
			size_t *count)
{
	*count = 0;
	for (enum names_kind kind = 0; kind < NAMES_KINDS; kind++)
		*count += settings_path_count(settings->name_files[kind]);
	*sources = calloc(*count + 1, sizeof(**sources));
	*count = 0;
	if (!*sources)
		return -ENOMEM;
	for (enum names_kind kind = 0; kind < NAMES_KINDS; kind++) {
		const char *list = settings->name_files[kind];

		for (size_t i = 0; i < settings_path_count(list); i++) {
			struct source *source = &(*sources)[*count];

			source->kind = kind;
			source->path = settings_path(list, i);
			if (!source->path)
				return -ENOMEM;
			source->last.stamp.parts[0].error = -1; /* like no file's: it is new */
			++*count;
		}
	}
	return 0;
}

static void release_all(struct source *sources, size_t count)
{
	for (size_t i = 0; i < count; i++)
		release(&sources[i]);
	free(sources);
}

/* What was read is kept where it may be the same again. */
static void inherit(struct names *names, struct source *sources, size_t count, bool all)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < names->count; j++) {
			if (!same(&sources[i], &names->sources[j]))
				continue;
			sources[i].last = names->sources[j].last;
			sources[i].fresh = names->sources[j].fresh;
			if (!all) /* another bound: read it again */
				sources[i].last.stamp.parts[0].error = -1;
			names->sources[j].last.table = NULL;
		}
	}
}

int names_configure(struct names *names, const struct config_settings *settings)
{
	struct neighbours *neighbours = names->neighbours;
	struct source *sources;
	size_t count;
	int error = make_sources(settings, &sources, &count);

	if (!error && settings->neighbours && !neighbours) {
		neighbours = neighbours_new(names->loop);
		error = neighbours ? 0 : -ENOMEM;
	}
	if (error) {
		release_all(sources, count);
		return error;
	}
	if (!settings->neighbours) {
		neighbours_free(neighbours);
		neighbours = NULL;
	}
	inherit(names, sources, count, names->max == settings->max_names);
	release_all(names->sources, names->count);
	names->neighbours = neighbours;
	names->sources = sources;
	names->count = count;
	names->max = settings->max_names;
	ev_timer_stop(names->loop, &names->timer);
	if (count) {
		ev_timer_set(&names->timer, LOOK_INTERVAL, LOOK_INTERVAL);
		ev_timer_start(names->loop, &names->timer);
	}
	look(names);
	return 0;
}

struct names *names_new(struct ev_loop *loop, const struct config_settings *settings)
{
	struct names *names = calloc(1, sizeof(*names));

	if (!names)
		return NULL;
	names->loop = loop;
	ev_init(&names->timer, on_timer);
	names->timer.data = names;
	names->work = work_new(loop);
	if (!names->work || names_configure(names, settings)) {
		names_free(names);
		return NULL;
	}
	return names;
}

void names_free(struct names *names)
{
	if (!names)
		return;
	ev_timer_stop(names->loop, &names->timer);
	work_free(names->work);
	if (names->busy)
		release(&names->job);
	release_all(names->sources, names->count);
	neighbours_free(names->neighbours);
	free(names);
}

/* --- looking up --- */

/* Of the files of one kind or of all leases: the entry that says most of @addr. */
static const struct name_entry *find_entry(const struct names *names, bool labels,
					   const struct addr *addr, int64_t now, const char **name,
					   enum names_kind *kind)
{
	const struct name_entry *best = NULL;

	for (size_t i = 0; i < names->count; i++) {
		const struct source *source = &names->sources[i];
		const struct name_entry *entry;
		const char *text;

		if (!source->last.table || (source->kind == NAMES_LABEL) != labels)
			continue;
		entry = name_table_find(source->last.table, addr, now, &text);
		if (!entry || (best && best->prefix.length >= entry->prefix.length))
			continue;
		best = entry;
		*name = text;
		*kind = source->kind;
	}
	return best;
}

/* A machine's other address: what leases say of its MAC address. */
static bool find_by_mac(const struct names *names, const uint8_t *mac, int64_t now,
			const char **name, enum names_kind *kind)
{
	for (size_t i = 0; i < names->count; i++) {
		const struct source *source = &names->sources[i];

		if (source->last.table && source->kind != NAMES_LABEL &&
		    name_table_by_mac(source->last.table, mac, now, name)) {
			*kind = source->kind;
			return true;
		}
	}
	return false;
}

static void find_mac(const struct names *names, const struct addr *addr, const uint8_t *mac,
		     struct names_found *found)
{
	if (mac)
		memcpy(found->mac, mac, sizeof(found->mac));
	found->mac_known = mac || (names && names->neighbours &&
				   neighbours_find(names->neighbours, addr, found->mac));
}

/* The host name that a machine gave itself, "" for none. */
static const char *find_host(const struct names *names, const struct addr *addr, int64_t now,
			     struct names_found *found, enum names_kind *kind)
{
	const char *name = "";
	const struct name_entry *lease = find_entry(names, false, addr, now, &name, kind);

	if (*name)
		goto out;
	if (found->mac_known && find_by_mac(names, found->mac, now, &name, kind))
		goto out;
	if (lease && lease->mac_known)
		find_by_mac(names, lease->mac, now, &name, kind);
out:
	if (lease && lease->mac_known && !found->mac_known) {
		memcpy(found->mac, lease->mac, sizeof(found->mac));
		found->mac_known = true;
	}
	return name;
}

bool names_find(struct names *names, const struct addr *addr, const uint8_t *mac, uint64_t now,
		struct names_found *found)
{
	const int64_t seconds = (int64_t)(now / 1000000000);
	enum names_kind kind = NAMES_LABEL, lease_kind = NAMES_LABEL;
	const char *label = NULL, *host;

	memset(found, 0, sizeof(*found));
	find_mac(names, addr, mac, found);
	if (!names)
		return false;
	names_look(names);
	host = find_host(names, addr, seconds, found, &lease_kind);
	if (find_entry(names, true, addr, seconds, &label, &kind)) {
		snprintf(found->name, sizeof(found->name), "%s", label);
		snprintf(found->host, sizeof(found->host), "%s", host);
		found->source = names_kind_word(kind);
	} else if (*host) {
		snprintf(found->name, sizeof(found->name), "%s", host);
		found->source = names_kind_word(lease_kind);
	}
	return found->source != NULL;
}

const char *names_mac_text(const struct names_found *found, char text[NAMES_MAC_TEXT_MAX])
{
	const uint8_t *m = found->mac;

	if (!found->mac_known)
		return NULL;
	snprintf(text, NAMES_MAC_TEXT_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3],
		 m[4], m[5]);
	return text;
}

void names_json(const struct names_found *found, json_t *object)
{
	json_object_set_new(object, "name", found->source ? json_string(found->name) : json_null());
	json_object_set_new(object, "name_source",
			    found->source ? json_string(found->source) : json_null());
	if (found->host[0])
		json_object_set_new(object, "host_name", json_string(found->host));
}

/* --- what is wrong --- */

const char *names_problem(const struct names *names, size_t index)
{
	if (index < names->count)
		return names->sources[index].last.problem;
	if (index > names->count || !names->neighbours)
		return NULL;
	return neighbours_problem(names->neighbours) ? neighbours_problem(names->neighbours) : "";
}

struct names_losses names_losses(const struct names *names)
{
	struct names_losses losses = {0};
	size_t line;

	for (size_t i = 0; i < names->count; i++) {
		const struct name_table *table = names->sources[i].last.table;

		if (!table)
			continue;
		losses.entries += name_table_left_out(table);
		if (names->sources[i].kind != NAMES_LABEL)
			losses.lines += name_table_misreads(table, &line);
	}
	losses.neighbours = names->neighbours ? neighbours_lost(names->neighbours) : 0;
	return losses;
}

json_t *names_status(const struct names *names)
{
	size_t neighbours = names->neighbours ? neighbours_count(names->neighbours) : 0;
	json_t *files = json_array();

	for (size_t i = 0; i < names->count; i++) {
		const struct source *source = &names->sources[i];
		size_t entries = source->last.table ? name_table_count(source->last.table) : 0;
		char path[LOG_LINE_MAX]; /* need not be UTF-8 */

		json_array_append_new(files, json_pack("{s:s, s:s, s:I, s:b}", "path",
						       log_escape(source->path, path, sizeof(path)),
						       "source", names_kind_word(source->kind),
						       "entries", (json_int_t)entries, "readable",
						       !source->last.problem[0]));
	}
	return json_pack("{s:o, s:o}", "files", files, "neighbours",
			 names->neighbours ? json_integer((json_int_t)neighbours) : json_null());
}

void names_check(const struct config_settings *settings,
		 void (*tell)(void *ctx, const char *problem), void *ctx)
{
	struct source *sources;
	size_t count;

	if (make_sources(settings, &sources, &count) == 0) {
		for (size_t i = 0; i < count; i++) {
			names_file_read(sources[i].kind, sources[i].path, settings->max_names,
					&sources[i].last);
			if (sources[i].last.problem[0])
				tell(ctx, sources[i].last.problem);
		}
	}
	release_all(sources, count);
}
