/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A batch of questions from the kernel to the batch of its answers: pure, no socket. Formats:
 * include/uapi/linux/netfilter/nfnetlink_queue.h.
 */
#ifndef EDGE25_ENGINE_QUESTION_H
#define EDGE25_ENGINE_QUESTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/message.h"
#include "common/packet.h"
#include "common/policy.h"
#include "engine/burst.h"

#define QUESTION_BATCH 64
#define QUESTION_SIZE 512   /* a message with 128 bytes of packet takes some 280 */
#define QUESTION_PACKET 128 /* headers are what we read: NFQA_CFG copy range */

/* One packet as the kernel asks about it. */
struct question {
	uint32_t id;
	uint32_t mark;
	uint32_t interface;
	uint8_t mac_length;
	uint8_t mac[8];
	const uint8_t *packet; /* into the message */
	size_t packet_length;
};

/*
 * The message of @length bytes at @data, aligned for a struct nlmsghdr, with room for @length rounded
 * up to four (libmnl reads that far). Checks presence and length of everything it reads. 0 or -EINVAL.
 */
int question_parse(const void *data, size_t length, struct question *question);

/*
 * Did a reply to a request of ours come instead of a question? Then *sequence is the request's, and
 * *error 0 or the negative errno for which the kernel refused it. Aligned like a question.
 */
bool question_is_reply(const void *data, size_t length, uint32_t *sequence, int *error);

/* What decides. */
struct judge {
	const struct policy_snapshot *snapshot; /* NULL: there is none yet */
	struct burst *burst;
	uint64_t time; /* CLOCK_REALTIME, ns: for events */
	uint64_t now;  /* CLOCK_MONOTONIC, ms: for bursts */
};

/*
 * Decides: the mark to answer with, in *mark. Is there something to tell, in *event? Not of a packet
 * that carries no question and is no handshake.
 */
bool question_answer(const struct question *question, const struct judge *judge, uint32_t *mark,
		     struct message_event *event);

/* Answers to send, in order; runs of one mark become one VERDICT_BATCH. */
struct answers {
	char buffer[QUESTION_BATCH * 64];
	size_t length;
	size_t last; /* where the last message begins */
	bool any;
	uint32_t mark; /* of the last message */
	uint32_t last_id;
	uint16_t queue;
};

void answers_begin(struct answers *answers, uint16_t queue);
void answers_add(struct answers *answers, uint32_t id, uint32_t mark);

#endif
