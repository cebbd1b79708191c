// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tracker at full speed: tracker_speed HOSTS MAX_ACTIVE EVENTS. Each host tries once, then EVENTS
 * more come, four of five from a few thousand busy hosts, each to one of 5000 servers; 20,000 events are
 * a second of the trace, after which the tracker looks round as it does in the daemon. Prints a JSON
 * object: events a second, and what resident memory grew by, for each host.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "control/config/config_thresholds.h"
#include "control/hosts/tracker.h"

#define SECOND UINT64_C(1000000000)
#define START (UINT64_C(946684800) * SECOND)
#define RATE 20000 /* events in a second of the trace */
#define BUSY 2000
#define SERVERS 5000

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static long resident(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long size, pages = 0;

	if (!file || fscanf(file, "%ld %ld", &size, &pages) != 2)
		pages = 0;
	if (file)
		fclose(file);
	return pages * sysconf(_SC_PAGESIZE);
}

static struct addr addr4(uint32_t value)
{
	struct addr addr = {.family = FAMILY_IPV4};

	for (int i = 0; i < 4; i++)
		addr.bytes[i] = (uint8_t)(value >> (24 - 8 * i));
	return addr;
}

static void attempt(struct tracker *tracker, uint32_t host, uint32_t server, uint64_t number)
{
	static const struct tracker_source source = {.policy = 0, .length6 = 64};
	const struct message_event event = {
		.time = START + number * (SECOND / RATE),
		.source = addr4(UINT32_C(0x64400000) + host),
		.destination = addr4(UINT32_C(0x08000000) + server * 256 + server % 200 + 1),
		.source_port = 40000,
		.destination_port = 25,
		.action = MARK_REFUSE,
	};
	bool fresh;

	tracker_event(tracker, &event, &source, &fresh);
	if (number % RATE == RATE - 1)
		tracker_sweep(tracker, event.time);
}

static uint64_t number_of(const char *text, uint64_t most)
{
	char *end;
	uint64_t number;

	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno || *end || !number || number > most) {
		fprintf(stderr, "tracker_speed: %s: expected a number from 1 to %" PRIu64 "\n",
			text, most);
		exit(2);
	}
	return number;
}

int main(int argc, char **argv)
{
	const struct hash_key key = {25, 465587};
	struct tracker_terms terms = {.mode = MODE_BLOCK};
	uint64_t hosts, max_active, events, state = 25;
	struct tracker *tracker;
	long before, after;
	double begin, middle, end;

	if (argc != 4) {
		fputs("usage: tracker_speed HOSTS MAX_ACTIVE EVENTS\n", stderr);
		return 2;
	}
	hosts = number_of(argv[1], 4000000);
	max_active = number_of(argv[2], 1048576);
	events = number_of(argv[3], UINT32_MAX);
	before = resident();
	tracker = tracker_new((uint32_t)hosts, (uint32_t)max_active, 16, key);
	if (!tracker) {
		fputs("tracker_speed: no memory\n", stderr);
		return 1;
	}
	thresholds_preset(&terms.thresholds);
	tracker_terms(tracker, 0, &terms);
	tracker_remember_for(tracker, 600);
	begin = seconds_now();
	for (uint64_t i = 0; i < hosts; i++)
		attempt(tracker, (uint32_t)i, (uint32_t)(next_random(&state) % SERVERS), i);
	middle = seconds_now();
	for (uint64_t i = 0; i < events; i++) {
		uint64_t draw = next_random(&state), from = draw % 5 ? BUSY : hosts;

		attempt(tracker, (uint32_t)((draw >> 8) % (from < hosts ? from : hosts)),
			(uint32_t)((draw >> 40) % SERVERS), hosts + i);
	}
	end = seconds_now();
	after = resident();
	printf("{\"hosts\": %zu, \"active\": %zu, \"first_events_per_second\": %.0f, "
	       "\"events_per_second\": %.0f, \"bytes_per_host\": %.0f, \"idle_bytes\": %d, "
	       "\"active_bytes\": %d}\n",
	       tracker_count(tracker), tracker_active_count(tracker),
	       (double)hosts / (middle - begin), (double)events / (end - middle),
	       (double)(after - before) / (double)hosts, TRACKER_HOST_BYTES, TRACKER_ACTIVE_BYTES);
	tracker_free(tracker);
	return 0;
}
