/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/question.h"

#include <libmnl/libmnl.h>
#include <string.h>

#include "fuzz.h"

static const struct policy_snapshot snapshot = {
	.mask = MARK_MASK_DEFAULT,
	.policies = {{.name = "home", .mode = MODE_BLOCK},
		     {.name = "look", .number = 1, .mode = MODE_MONITOR},
		     {.name = "work",
		      .number = 2,
		      .mode = MODE_GUARD,
		      .host_prefix6 = 56,
		      .burst = 2,
		      .burst_time = 1}},
};

static struct burst *burst;

/* As the queue thread does it, from parsing to the answer. */
static void ask(const void *data, size_t size)
{
	struct message_event event;
	struct answers answers;
	struct question question;
	const struct judge judge = {.snapshot = &snapshot, .burst = burst};
	uint32_t mark;

	if (question_parse(data, size, &question))
		return;
	if (!question_answer(&question, &judge, &mark, &event))
		require(mark == question.mark);
	require((mark & ~MARK_MASK_DEFAULT) == (question.mark & ~MARK_MASK_DEFAULT));
	require(event.reason < PACKET_REASONS);
	require(event.reason == PACKET_OK || event.kind == MESSAGE_UNTRUE ||
		mark_decode(mark, MARK_MASK_DEFAULT).action == MARK_QUESTION || event.policy == 2);
	answers_begin(&answers, 0);
	answers_add(&answers, question.id, mark);
	require(answers.length <= sizeof(answers.buffer));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *message;

	if (!burst)
		burst = burst_new((struct hash_key){1, 2});
	if (size > QUESTION_SIZE || !burst)
		return 0;
	message = calloc(1, size ? MNL_ALIGN(size) : 1);
	if (!message)
		return 0;
	if (size)
		memcpy(message, data, size);
	ask(message, size);
	free(message);
	return 0;
}
