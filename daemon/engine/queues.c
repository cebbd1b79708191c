/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/queues.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/question.h"

/* Readable by root only: elsewhere what is dropped in the kernel stays unknown, and 0. */
#define KERNEL_QUEUES "/proc/net/netfilter/nfnetlink_queue"

struct queues {
	struct queues_settings settings;
	size_t count;
	struct queue *queues[PLAN_QUEUES_MAX];
	struct {
		uint64_t answered; /* then */
		uint32_t mark;
		bool passed; /* all that was asked then is answered */
	} marks[PLAN_QUEUES_MAX];
};

/* Two sets of places: the next set of queues starts before the last one ends. */
static unsigned first_reader(const struct queues *before)
{
	return before && queue_reader(before->queues[0]) < PLAN_QUEUES_MAX ? PLAN_QUEUES_MAX : 0;
}

int queues_open(struct queues **out, const struct queues_settings *settings, uint16_t *failed)
{
	struct queues *queues = calloc(1, sizeof(*queues));
	unsigned reader = first_reader(settings->before);

	*out = NULL;
	*failed = settings->first;
	if (!queues)
		return -ENOMEM;
	queues->settings = *settings;
	queues->settings.before = NULL;
	while (queues->count < settings->count) {
		struct queue_settings one = {
			.number = (uint16_t)(settings->first + queues->count),
			.length = settings->length,
			.reader = reader + (unsigned)queues->count,
			.snapshots = settings->snapshots,
			.burst = settings->burst,
			.wake = settings->wake,
			.wake_arg = settings->wake_arg,
		};
		int result = queue_open(&queues->queues[queues->count], &one);

		if (result) {
			*failed = one.number;
			queues_close(queues);
			return result;
		}
		queues->count++;
	}
	*out = queues;
	return 0;
}

uint64_t queues_close(struct queues *queues)
{
	uint64_t unsent = 0;

	if (!queues)
		return 0;
	for (size_t i = 0; i < queues->count; i++)
		unsent += queue_close(queues->queues[i]);
	free(queues);
	return unsent;
}

size_t queues_count(const struct queues *queues)
{
	return queues ? queues->count : 0;
}

struct queue *queues_at(const struct queues *queues, size_t index)
{
	return queues->queues[index];
}

bool queues_same(const struct queues *queues, const struct plan_settings *settings)
{
	return queues && queues->settings.first == settings->queue_first &&
	       queues->settings.count == settings->queue_count &&
	       queues->settings.length == settings->queue_length;
}

void queues_mark(struct queues *queues)
{
	for (size_t i = 0; i < queues->count; i++) {
		struct queue_counts counts;

		queue_read(queues->queues[i], &counts);
		queues->marks[i].answered = counts.answered;
		queues->marks[i].mark = queue_mark(queues->queues[i]);
		queues->marks[i].passed = false;
	}
}

/*
 * A mark is lost where the socket is full. When that is empty and no mark came by, another one follows;
 * in a flood it never is, but who has answered more than a queue holds has answered all of before, for
 * it keeps their order.
 */
bool queues_answered(struct queues *queues)
{
	bool all = true;

	for (size_t i = 0; i < queues->count; i++) {
		struct queue *queue = queues->queues[i];
		struct queue_counts counts;

		if (queues->marks[i].passed)
			continue;
		queue_read(queue, &counts);
		queues->marks[i].passed = queue_passed(queue, queues->marks[i].mark) ||
					  counts.answered - queues->marks[i].answered >
						  queues->settings.length + QUESTION_BATCH;
		if (!queues->marks[i].passed && !queue_busy(queue))
			queue_mark(queue);
		all &= queues->marks[i].passed;
	}
	return all;
}

/* Columns: number, portid, held, copy mode, copy range, dropped, user dropped, last id, 1. */
static void read_kernel(const struct queues *queues, struct message_queue *records)
{
	FILE *file = fopen(KERNEL_QUEUES, "re");
	char line[256];

	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		unsigned number, held;
		unsigned long dropped, user_dropped;

		if (sscanf(line, "%u %*d %u %*u %*u %lu %lu", &number, &held, &dropped,
			   &user_dropped) != 4)
			continue;
		for (size_t i = 0; i < queues->count; i++)
			if (records[i].number == number) {
				records[i].held = held;
				records[i].kernel_dropped = dropped;
				records[i].user_dropped = user_dropped;
			}
	}
	fclose(file);
}

void queues_read(const struct queues *queues, struct message_queue *records)
{
	for (size_t i = 0; i < queues->count; i++) {
		struct queue_counts counts;

		queue_read(queues->queues[i], &counts);
		memset(&records[i], 0, sizeof(records[i]));
		records[i].number = queue_number(queues->queues[i]);
		records[i].answered = counts.answered;
	}
	read_kernel(queues, records);
	for (size_t i = 0; i < queues->count; i++)
		if (!records[i].held && queue_busy(queues->queues[i]))
			records[i].held = 1;
}

void queues_lost(const struct queues *queues, struct queues_losses *losses)
{
	for (size_t i = 0; i < queues_count(queues); i++) {
		struct queue_counts counts;

		queue_read(queues->queues[i], &counts);
		losses->events_unsent += ring_lost(queue_events(queues->queues[i]));
		losses->counts.answered += counts.answered;
		losses->counts.malformed += counts.malformed;
		losses->counts.unsent += counts.unsent;
		losses->counts.errors += counts.errors;
		losses->counts.unexpected += counts.unexpected;
		for (unsigned reason = 0; reason < PACKET_REASONS; reason++)
			losses->counts.unparsed[reason] += counts.unparsed[reason];
	}
}

static size_t put_loss(struct message_loss *record, const char *prefix, const char *name,
		       uint64_t count)
{
	memset(record, 0, sizeof(*record));
	snprintf(record->name, sizeof(record->name), "%s%s", prefix, name);
	record->count = count;
	return 1;
}

size_t queues_losses(const struct queues_losses *losses, struct message_loss *records)
{
	const struct queue_counts *counts = &losses->counts;
	size_t count = 0;

	count += put_loss(&records[count], "", "events-unsent", losses->events_unsent);
	count += put_loss(&records[count], "", "answers-unsent", counts->unsent);
	count += put_loss(&records[count], "", "receive-errors", counts->errors);
	count += put_loss(&records[count], "", "malformed-messages", counts->malformed);
	count += put_loss(&records[count], "", "packets-unexpected", counts->unexpected);
	for (unsigned reason = PACKET_OK + 1; reason < PACKET_REASONS; reason++)
		count += put_loss(&records[count], "unparsed-", packet_reason_word(reason),
				  counts->unparsed[reason]);
	return count;
}
