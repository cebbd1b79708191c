// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/replay/replay.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "control/hosts/tracker_config.h"
#include "control/replay/memory.h"

#define SECOND UINT64_C(1000000000)
#define BEGIN (UINT64_C(946684800) * SECOND) /* 2000-01-01: when traces begin */
#define SWEEPS 10                            /* a reading: as many a second as the daemon does */
#define FIRST_SIZE 1024

/* What is told of a host at the end. */
struct result {
	struct prefix prefix;
	enum host_class class;
	uint64_t suspect, infected; /* ns since the trace began; UINT64_MAX: never */
	uint64_t attempts;
	uint32_t destinations;
	size_t reason_count; /* of the last change of its class */
	char (*reasons)[HOST_REASON_MAX];
};

struct replay {
	const struct config *config;
	struct tracker *tracker;
	struct memory *memory;
	struct hash_key key;
	uint64_t now, read; /* ns since the trace began: this row, the reading to come */
	struct result *results;
	size_t *places; /* by hash: index + 1 */
	size_t size, count;
	uint64_t left_alone;
	bool failed;
};

/* --- results --- */

static size_t *place_of(const struct replay *replay, const size_t *places, size_t size,
			const struct prefix *prefix)
{
	size_t at = hash_bytes(&replay->key, prefix, sizeof(*prefix)) & (size - 1);

	while (places[at] && !prefix_equal(&replay->results[places[at] - 1].prefix, prefix))
		at = (at + 1) & (size - 1);
	return (size_t *)&places[at];
}

static int grow(struct replay *replay)
{
	size_t size = replay->size ? 2 * replay->size : FIRST_SIZE;
	size_t *places = calloc(size, sizeof(*places));
	struct result *results = reallocarray(replay->results, size / 2, sizeof(*results));

	if (results)
		replay->results = results;
	if (!places || !results) {
		free(places);
		return -ENOMEM;
	}
	for (size_t i = 0; i < replay->count; i++)
		*place_of(replay, places, size, &results[i].prefix) = i + 1;
	free(replay->places);
	replay->places = places;
	replay->size = size;
	return 0;
}

static struct result *result_of(struct replay *replay, const struct prefix *prefix)
{
	size_t *place;

	if (replay->count >= replay->size / 2 && grow(replay))
		return NULL;
	place = place_of(replay, replay->places, replay->size, prefix);
	if (!*place) {
		replay->results[replay->count] = (struct result){
			.prefix = *prefix, .suspect = UINT64_MAX, .infected = UINT64_MAX};
		*place = ++replay->count;
	}
	return &replay->results[*place - 1];
}

static void keep_reasons(struct replay *replay, const struct host *host, struct result *result)
{
	if (!result->reasons)
		result->reasons = calloc(HOST_REASONS_MAX, sizeof(*result->reasons));
	if (!result->reasons) {
		replay->failed = true;
		return;
	}
	result->reason_count = host_reasons(replay->tracker, host, result->reasons);
}

/* An infected host stays so, as it does while its incident is open. */
static void on_class(void *ctx, const struct host *host, enum host_class before)
{
	struct replay *replay = ctx;
	const struct prefix prefix = host_prefix(host);
	struct result *result = result_of(replay, &prefix);

	(void)before;
	if (!result) {
		replay->failed = true;
		return;
	}
	result->class = host->class;
	if (host->class >= CLASS_SUSPECT && result->suspect == UINT64_MAX)
		result->suspect = replay->now;
	if (host->class == CLASS_INFECTED) {
		if (result->infected == UINT64_MAX)
			result->infected = replay->now;
		tracker_pin(replay->tracker, tracker_find_prefix(replay->tracker, &prefix), true);
	}
	keep_reasons(replay, host, result);
}

/* --- time --- */

static struct tracker_source source_of(const struct config *config, const struct policy *policy,
				       const struct addr *addr)
{
	const struct config_trust trust = config_trust(config, addr, NULL);

	return (struct tracker_source){
		.policy = policy ? policy->number : TRACKER_NO_POLICY,
		.length6 = policy ? policy->host_prefix6 : POLICY_HOST_PREFIX6_MAX,
		.verified = trust.verified,
		.shared = trust.shared,
		.watched = policy && policy == config->watched,
	};
}

/* The policy that judges @source, or NULL: no range has it, or it is allowed to reach @destination. */
static const struct policy *policy_of(const struct config *config, const struct addr *source,
				      const struct addr *destination)
{
	const struct policy *policy = config_policy_of(config, source);
	bool watched = false, free_way = false;

	for (size_t i = 0; policy && i < config->allow_count; i++) {
		const struct config_allow *allow = &config->allows[i];

		if ((allow->from.addr.family && !prefix_contains(&allow->from, source)) ||
		    (allow->to.addr.family && !prefix_contains(&allow->to, destination)))
			continue;
		if (allow->way == ALLOW_WATCHED)
			watched = true;
		else
			free_way = true;
	}
	if (free_way)
		return NULL;
	return watched && policy->mode == MODE_BLOCK ? config->watched : policy;
}

static void take_reading(struct replay *replay)
{
	uint64_t now = BEGIN + replay->now;
	struct memory_count count;

	while (memory_read(replay->memory, &count)) {
		const struct policy *policy = config_policy_of(replay->config, &count.source);
		const struct tracker_source source =
			source_of(replay->config, policy, &count.source);
		const struct {
			unsigned kind;
			uint32_t packets;
		} kinds[] = {{MESSAGE_REFUSED, count.refused},
			     {MESSAGE_PASSED, count.passed},
			     {MESSAGE_SUBMISSION, count.submissions}};

		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
			if (kinds[i].packets)
				tracker_counted(replay->tracker, &count.source, kinds[i].kind,
						kinds[i].packets, &source, now);
	}
	for (int i = 0; i < SWEEPS; i++)
		tracker_sweep(replay->tracker, now);
}

/* All readings until @now. */
static void pass_time(struct replay *replay, uint64_t now)
{
	uint64_t interval = replay->config->settings.read_interval * SECOND;

	while (replay->read <= now) {
		replay->now = replay->read;
		take_reading(replay);
		replay->read += interval;
		/* nobody is there: nothing happens until the next row */
		if (!tracker_active_count(replay->tracker) && replay->read < now)
			replay->read += (now - replay->read) / interval * interval;
	}
	replay->now = now;
}

/* --- rows --- */

struct replay *replay_new(const struct config *config)
{
	struct replay *replay = calloc(1, sizeof(*replay));
	const struct config_settings *settings = &config->settings;

	if (!replay)
		return NULL;
	replay->config = config;
	replay->key = (struct hash_key){25, 465587}; /* the same each time, so that runs repeat */
	replay->read = settings->read_interval * SECOND;
	replay->tracker = tracker_new((uint32_t)settings->max_hosts, (uint32_t)settings->max_active,
				      16, replay->key);
	replay->memory = memory_new(replay->key, settings->remember_for * SECOND);
	if (!replay->tracker || !replay->memory) {
		replay_free(replay);
		return NULL;
	}
	tracker_configure(replay->tracker, config);
	tracker_observe(replay->tracker, on_class, replay);
	return replay;
}

void replay_free(struct replay *replay)
{
	if (!replay)
		return;
	for (size_t i = 0; i < replay->count; i++)
		free(replay->results[i].reasons);
	free(replay->results);
	free(replay->places);
	memory_free(replay->memory);
	tracker_free(replay->tracker);
	free(replay);
}

static int submission(struct replay *replay, const struct trace_row *row)
{
	struct memory_count *count = memory_counted(replay->memory, &row->source);

	if (!count)
		return 0; /* nothing is kept about hosts that never tried port 25 */
	count->submissions++;
	return memory_wait(replay->memory, count);
}

static void tell(struct replay *replay, const struct trace_row *row, const struct policy *policy,
		 enum message_event_kind kind)
{
	const struct tracker_source source = source_of(replay->config, policy, &row->source);
	const struct message_event event = {
		.time = BEGIN + row->time,
		.source = row->source,
		.destination = row->destination,
		.source_port = row->source_port,
		.destination_port = row->destination_port,
		.kind = (uint8_t)kind,
		.action = kind == MESSAGE_HANDSHAKE  ? MARK_NONE :
			  policy->mode == MODE_BLOCK ? MARK_REFUSE :
						       MARK_PASS,
		.policy = policy->number,
	};
	bool fresh;

	tracker_event(replay->tracker, &event, &source, &fresh);
}

int replay_row(struct replay *replay, const struct trace_row *row)
{
	const struct policy *policy = policy_of(replay->config, &row->source, &row->destination);
	struct memory_count *count;
	struct result *result;
	struct prefix prefix;

	pass_time(replay, row->time);
	if (!policy) {
		replay->left_alone++;
		return 0;
	}
	if (row->destination_port != 25)
		return submission(replay, row);
	memset(&prefix, 0, sizeof(prefix));
	prefix = prefix_of(&row->source,
			   row->source.family == FAMILY_IPV4 ? 32 : policy->host_prefix6);
	result = result_of(replay, &prefix);
	count = memory_count(replay->memory, &row->source);
	if (!result || !count || memory_wait(replay->memory, count))
		return -ENOMEM;
	result->attempts++;
	(*(policy->mode == MODE_BLOCK ? &count->refused : &count->passed))++;
	if (memory_ask(replay->memory, &row->source, &row->destination, row->time))
		tell(replay, row, policy, MESSAGE_ATTEMPT);
	if (row->answered && policy->mode != MODE_BLOCK &&
	    memory_answer(replay->memory, &row->source, &row->destination))
		tell(replay, row, policy, MESSAGE_HANDSHAKE);
	return replay->failed ? -ENOMEM : 0;
}

/* --- the end --- */

static json_t *seconds_or_null(uint64_t time)
{
	return time == UINT64_MAX ? json_null() : json_real((double)(time / 1000000) / 1000.0);
}

static json_t *reasons_json(const struct result *result)
{
	json_t *list = json_array();

	for (size_t i = 0; i < result->reason_count; i++)
		json_array_append_new(list, json_string(result->reasons[i]));
	return list;
}

/* As it is now, unless its windows have moved on from what made it infected. */
static void bring_up_to_date(struct replay *replay, struct result *result)
{
	struct host *host = tracker_find_prefix(replay->tracker, &result->prefix);

	if (!host)
		return;
	result->class = host->class;
	result->destinations = host_destinations(replay->tracker, host);
	if (host->class != CLASS_INFECTED || !result->reason_count)
		keep_reasons(replay, host, result);
}

static int print_result(const struct result *result, FILE *out)
{
	char text[PREFIX_TEXT_MAX];
	json_t *line = json_pack("{s:s, s:s, s:o, s:o, s:o, s:I, s:I}", "host",
				 prefix_format(&result->prefix, text), "class",
				 host_class_word(result->class), "reasons", reasons_json(result),
				 "t_first_suspect", seconds_or_null(result->suspect),
				 "t_first_infected", seconds_or_null(result->infected), "attempts",
				 (json_int_t)result->attempts, "destinations",
				 (json_int_t)result->destinations);
	int error = !line || json_dumpf(line, out, JSON_COMPACT | JSON_REAL_PRECISION(12)) ||
		    fputc('\n', out) == EOF;

	json_decref(line);
	return error ? -EIO : 0;
}

int replay_print(struct replay *replay, FILE *out)
{
	int error = 0;

	pass_time(replay, replay->read); /* the last packets are read, too */
	for (size_t i = 0; i < replay->count && !error; i++) {
		bring_up_to_date(replay, &replay->results[i]);
		error = print_result(&replay->results[i], out);
	}
	return replay->failed ? -ENOMEM : error;
}

const struct tracker *replay_tracker(const struct replay *replay)
{
	return replay->tracker;
}

uint64_t replay_left_alone(const struct replay *replay)
{
	return replay->left_alone;
}
