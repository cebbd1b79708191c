/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <stdlib.h>
#include <string.h>

#include "engine/question.h"

#define ID 0x01020304u
#define OTHER_BITS 0x00abcdefu /* of the mark: not ours */
#define TIME UINT64_C(1700000000123456789)

/* 100.64.3.7:40000 -> 203.0.113.25:25, SYN */
static const uint8_t syn[40] = {
	0x45, 0,    0, 40, 0, 1, 0, 0, 61, 6, 0, 0, 100,  64,   3,    7,    203, 0, 113, 25,
	0x9c, 0x40, 0, 25, 0, 0, 0, 1, 0,  0, 0, 0, 0x50, 0x02, 0xff, 0xff, 0,   0, 0,   0,
};

static const struct policy_snapshot snapshot = {
	.mask = MARK_MASK_DEFAULT,
	.policies = {[3] = {.name = "home", .number = 3, .mode = MODE_BLOCK},
		     [5] = {.name = "look", .number = 5, .mode = MODE_MONITOR},
		     [6] = {.name = "work",
			    .number = 6,
			    .mode = MODE_GUARD,
			    .host_prefix6 = 64,
			    .burst = 3,
			    .burst_time = 60}},
};

/* A message as the kernel sends it, without the attribute @without, that attribute @cut bytes short. */
static struct nlmsghdr *build(char buffer[QUESTION_SIZE], unsigned without, uint16_t cut)
{
	const struct nfqnl_msg_packet_hdr header = {.packet_id = htonl(ID), .hook = 0};
	const struct nfqnl_msg_packet_hw hardware = {.hw_addrlen = htons(6),
						     .hw_addr = {2, 0xe2, 5, 0, 1, 2}};
	const uint32_t mark = htonl(0x43000000u | OTHER_BITS), interface = htonl(7);
	const struct {
		uint16_t type, length;
		const void *data;
	} attributes[] = {
		{NFQA_PACKET_HDR, sizeof(header), &header},
		{NFQA_MARK, sizeof(mark), &mark},
		{NFQA_IFINDEX_INDEV, sizeof(interface), &interface},
		{NFQA_HWADDR, sizeof(hardware), &hardware},
		{NFQA_PAYLOAD, sizeof(syn), syn},
	};
	struct nlmsghdr *message;

	memset(buffer, 0, QUESTION_SIZE);
	message = mnl_nlmsg_put_header(buffer);
	message->nlmsg_type = NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET;
	mnl_nlmsg_put_extra_header(message, sizeof(struct nfgenmsg));
	for (size_t i = 0; i < COUNT(attributes); i++) {
		uint16_t length = attributes[i].length;

		if (attributes[i].type == without && !cut)
			continue;
		if (attributes[i].type == without)
			length = (uint16_t)(length - cut);
		mnl_attr_put(message, attributes[i].type, length, attributes[i].data);
	}
	return message;
}

static int parse(const struct nlmsghdr *message, struct question *question)
{
	return question_parse(message, message->nlmsg_len, question);
}

static void test_whole_message(void **state)
{
	char buffer[QUESTION_SIZE];
	struct question question;

	(void)state;
	assert_int_equal(parse(build(buffer, 0, 0), &question), 0);
	assert_int_equal(question.id, ID);
	assert_int_equal(question.mark, 0x43000000u | OTHER_BITS);
	assert_int_equal(question.interface, 7);
	assert_int_equal(question.mac_length, 6);
	assert_memory_equal(question.mac, "\x02\xe2\x05\x00\x01\x02\x00\x00", 8);
	assert_int_equal(question.packet_length, sizeof(syn));
	assert_memory_equal(question.packet, syn, sizeof(syn));
}

static void test_without_each_attribute(void **state)
{
	char buffer[QUESTION_SIZE];
	struct question question;

	(void)state;
	assert_int_equal(parse(build(buffer, NFQA_PACKET_HDR, 0), &question), -EINVAL);
	assert_int_equal(parse(build(buffer, NFQA_MARK, 0), &question), 0);
	assert_int_equal(question.mark, 0);
	assert_int_equal(parse(build(buffer, NFQA_IFINDEX_INDEV, 0), &question), 0);
	assert_int_equal(question.interface, 0);
	assert_int_equal(parse(build(buffer, NFQA_HWADDR, 0), &question), 0);
	assert_int_equal(question.mac_length, 0);
	assert_int_equal(parse(build(buffer, NFQA_PAYLOAD, 0), &question), 0);
	assert_null(question.packet);
	assert_int_equal(question.packet_length, 0);
}

static void test_attributes_too_short(void **state)
{
	static const unsigned needed[] = {NFQA_PACKET_HDR, NFQA_MARK, NFQA_IFINDEX_INDEV};
	char buffer[QUESTION_SIZE];
	struct question question;

	(void)state;
	for (size_t i = 0; i < COUNT(needed); i++)
		assert_int_equal(parse(build(buffer, needed[i], 1), &question), -EINVAL);
}

static void test_other_link_layers(void **state)
{
	char buffer[QUESTION_SIZE];
	struct nlmsghdr *message = build(buffer, NFQA_HWADDR, 0);
	const struct nfqnl_msg_packet_hw infiniband = {.hw_addrlen = htons(20)};
	struct question question;

	(void)state;
	mnl_attr_put(message, NFQA_HWADDR, sizeof(infiniband), &infiniband);
	assert_int_equal(parse(message, &question), 0);
	assert_int_equal(question.mac_length, 0);
}

/* libmnl rounds a message's end up to four bytes; nothing behind that is read (ASan would see it). */
static void test_every_length(void **state)
{
	char buffer[QUESTION_SIZE];
	uint32_t whole = build(buffer, 0, 0)->nlmsg_len;

	(void)state;
	for (uint32_t length = 0; length < whole; length++) {
		uint8_t *copy = malloc(MNL_ALIGN(length + 1));
		struct question question;

		assert_non_null(copy);
		memcpy(copy, buffer, length);
		/* cut off by the receive buffer */
		assert_int_equal(question_parse(copy, length, &question), -EINVAL);
		if (length >= sizeof(struct nlmsghdr)) {
			memcpy(copy, &length, sizeof(length));
			if (question_parse(copy, length, &question) == 0 && question.packet_length)
				assert_true(question.packet + question.packet_length <=
					    copy + MNL_ALIGN(length));
		}
		free(copy);
	}
}

static void test_not_a_packet(void **state)
{
	char buffer[QUESTION_SIZE];
	struct nlmsghdr *message = build(buffer, 0, 0);
	struct question question;

	(void)state;
	message->nlmsg_type = NLMSG_ERROR;
	assert_int_equal(parse(message, &question), -EINVAL);
	message = build(buffer, 0, 0);
	message->nlmsg_len = 0x80000000u; /* negative as an int */
	assert_int_equal(question_parse(buffer, sizeof(buffer), &question), -EINVAL);
}

static void test_reply(void **state)
{
	_Alignas(struct nlmsghdr) char buffer[64];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	int *error = mnl_nlmsg_put_extra_header(message, sizeof(*error));
	uint32_t sequence = 0;
	int found = 1;

	(void)state;
	message->nlmsg_type = NLMSG_ERROR;
	message->nlmsg_seq = 7;
	assert_true(question_is_reply(buffer, message->nlmsg_len, &sequence, &found));
	assert_int_equal(sequence, 7);
	assert_int_equal(found, 0);
	*error = -ENOENT;
	assert_true(question_is_reply(buffer, message->nlmsg_len, &sequence, &found));
	assert_int_equal(found, -ENOENT);
	assert_false(question_is_reply(buffer, message->nlmsg_len - 1, &sequence, &found));
	message->nlmsg_len = sizeof(*message);
	assert_false(question_is_reply(buffer, sizeof(buffer), &sequence, &found));
	message->nlmsg_len = sizeof(*message) + sizeof(*error);
	message->nlmsg_type = NLMSG_DONE;
	assert_false(question_is_reply(buffer, sizeof(buffer), &sequence, &found));
}

/* --- answers --- */

static struct burst *burst;

static int setup(void **state)
{
	(void)state;
	burst = burst_new((struct hash_key){1, 2});
	return burst ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	burst_free(burst);
	return 0;
}

static uint32_t answer(const struct policy_snapshot *policies, enum mark_action action,
		       unsigned policy, size_t length, struct message_event *event)
{
	const struct judge judge = {.snapshot = policies, .burst = burst, .time = TIME, .now = 1};
	uint32_t value;
	const struct mark mark = {.action = action, .epoch = 2, .policy = policy};
	const struct question question = {
		.id = ID,
		.mark = mark_encode(mark, MARK_MASK_DEFAULT) | OTHER_BITS,
		.interface = 7,
		.mac_length = 6,
		.mac = {1, 2, 3, 4, 5, 6},
		.packet = syn,
		.packet_length = length,
	};

	assert_true(question_answer(&question, &judge, &value, event));
	return value;
}

/* Our bits say @action; epoch, policy and everybody else's bits are as they were. */
static void assert_answer(uint32_t value, enum mark_action action, unsigned policy)
{
	struct mark mark = mark_decode(value, MARK_MASK_DEFAULT);

	assert_int_equal(mark.action, action);
	assert_int_equal(mark.epoch, 2);
	assert_int_equal(mark.policy, policy);
	assert_int_equal(value & ~MARK_MASK_DEFAULT, OTHER_BITS);
}

static void test_answers_by_policy(void **state)
{
	struct message_event event;

	(void)state;
	assert_answer(answer(&snapshot, MARK_QUESTION, 3, 40, &event), MARK_REFUSE, 3);
	assert_int_equal(event.action, MARK_REFUSE);
	assert_answer(answer(&snapshot, MARK_QUESTION, 5, 40, &event), MARK_PASS, 5);
	assert_int_equal(event.action, MARK_PASS);
}

static uint32_t guarded(uint8_t server, uint64_t now, struct message_event *event)
{
	const struct mark mark = {.action = MARK_QUESTION, .epoch = 2, .policy = 6};
	const struct judge judge = {
		.snapshot = &snapshot, .burst = burst, .time = TIME, .now = now};
	uint8_t packet[sizeof(syn)];
	const struct question question = {
		.mark = mark_encode(mark, MARK_MASK_DEFAULT) | OTHER_BITS,
		.packet = packet,
		.packet_length = sizeof(packet),
	};
	uint32_t value;

	memcpy(packet, syn, sizeof(packet));
	packet[19] = server;
	assert_true(question_answer(&question, &judge, &value, event));
	assert_int_equal(event->kind, MESSAGE_ATTEMPT);
	return value;
}

static void test_guard_refuses_beyond_the_burst(void **state)
{
	struct message_event event;

	(void)state;
	for (uint8_t server = 0; server < 10; server++) {
		assert_answer(guarded(server, 1000, &event), server < 3 ? MARK_PASS : MARK_REFUSE,
			      6);
		assert_int_equal(event.action, server < 3 ? MARK_PASS : MARK_REFUSE);
		assert_int_equal(event.policy, 6);
	}
	assert_answer(guarded(1, 2000, &event), MARK_PASS, 6);
	assert_answer(guarded(8, 2000, &event), MARK_REFUSE, 6);
	assert_answer(guarded(8, 62000, &event), MARK_PASS, 6);
}

/* What hides its flags is not passed for that by the safe answer; what hides its destination is. */
static void test_guard_counts_what_it_cannot_parse(void **state)
{
	struct message_event event;

	(void)state;
	assert_answer(answer(&snapshot, MARK_QUESTION, 6, 28, &event), MARK_QUESTION, 6);
	for (uint8_t server = 0; server < 2; server++)
		assert_answer(guarded(server, 1000, &event), MARK_PASS, 6);
	assert_answer(guarded(2, 1000, &event), MARK_REFUSE, 6);
	assert_answer(answer(&snapshot, MARK_QUESTION, 6, 28, &event), MARK_QUESTION, 6);
	burst_sweep(burst, BURST_SWEEP_MS); /* a new window */
	for (uint8_t server = 0; server < 3; server++)
		assert_answer(guarded(server, 1000, &event), MARK_PASS, 6);
	assert_answer(answer(&snapshot, MARK_QUESTION, 6, 28, &event), MARK_REFUSE, 6);
	assert_int_equal(event.reason, PACKET_SHORT_TCP);
	assert_answer(answer(&snapshot, MARK_QUESTION, 6, 0, &event), MARK_QUESTION, 6);
}

/* What it cannot judge it leaves as it is, for the kernel's safe answer, and says why. */
static void test_questions_left_open(void **state)
{
	struct message_event event;

	(void)state;
	assert_answer(answer(&snapshot, MARK_QUESTION, 4, 40, &event), MARK_QUESTION, 4);
	assert_int_equal(event.reason, PACKET_OK);
	assert_answer(answer(NULL, MARK_QUESTION, 3, 40, &event), MARK_QUESTION, 3);
	assert_answer(answer(&snapshot, MARK_QUESTION, 3, 28, &event), MARK_QUESTION, 3);
	assert_int_equal(event.reason, PACKET_SHORT_TCP);
	assert_int_equal(event.destination_port, 25);
	assert_answer(answer(&snapshot, MARK_QUESTION, 5, 0, &event), MARK_QUESTION, 5);
	assert_int_equal(event.reason, PACKET_SHORT_IP);
	assert_int_equal(event.action, MARK_QUESTION);
}

static void test_event(void **state)
{
	struct message_event event;

	(void)state;
	memset(&event, 0xff, sizeof(event));
	answer(&snapshot, MARK_QUESTION, 3, 40, &event);
	assert_int_equal(event.time, TIME);
	assert_int_equal(event.source.family, FAMILY_IPV4);
	assert_int_equal(event.source_port, 40000);
	assert_int_equal(event.destination_port, 25);
	assert_int_equal(event.policy, 3);
	assert_int_equal(event.reason, PACKET_OK);
	assert_int_equal(event.tcp_flags, PACKET_TCP_SYN);
	assert_int_equal(event.ttl, 61);
	assert_int_equal(event.interface, 7);
	assert_int_equal(event.mac_length, 6);
	assert_memory_equal(event.mac, "\1\2\3\4\5\6\0\0", 8);
}

/* --- without a question --- */

#define PSH_ACK (PACKET_TCP_PSH | PACKET_TCP_ACK)

/* 203.0.113.25:25 -> 100.64.3.7:40000, with none of our bits but the policy's. */
static bool aside(uint8_t flags, uint16_t port, size_t length, uint32_t bits,
		  struct message_event *event)
{
	const struct judge judge = {.snapshot = &snapshot, .burst = burst, .time = TIME};
	uint8_t packet[sizeof(syn)];
	const struct question question = {
		.mark = bits | OTHER_BITS,
		.interface = 7,
		.mac_length = 6,
		.packet = packet,
		.packet_length = length,
	};
	uint32_t value;
	bool told;

	memcpy(packet, syn, sizeof(packet));
	memcpy(packet + 12, syn + 16, 4);
	memcpy(packet + 16, syn + 12, 4);
	packet[20] = (uint8_t)(port >> 8);
	packet[21] = (uint8_t)port;
	packet[22] = 0x9c;
	packet[23] = 0x40;
	packet[33] = flags;
	told = question_answer(&question, &judge, &value, event);
	assert_int_equal(value, question.mark); /* it goes on as it came */
	return told;
}

static void test_handshakes_are_told_as_the_subscribers(void **state)
{
	struct message_event event;
	char text[ADDR_TEXT_MAX];

	(void)state;
	assert_true(aside(PSH_ACK, 25, sizeof(syn), 0, &event));
	assert_int_equal(event.kind, MESSAGE_HANDSHAKE);
	assert_string_equal(addr_format(&event.source, text), "100.64.3.7");
	assert_string_equal(addr_format(&event.destination, text), "203.0.113.25");
	assert_int_equal(event.source_port, 40000);
	assert_int_equal(event.destination_port, 25);
	assert_int_equal(event.action, MARK_NONE);
	assert_int_equal(event.time, TIME);
	/* the uplink says nothing about the subscriber */
	assert_int_equal(event.interface, 0);
	assert_int_equal(event.mac_length, 0);
	assert_true(aside(PSH_ACK | PACKET_TCP_FIN, 25, sizeof(syn), 0, &event));
	assert_true(aside(PSH_ACK, 25, sizeof(syn), 0x05000000, &event)); /* whatever the policy */
}

static void test_no_handshake_is_told_as_nothing(void **state)
{
	static const struct {
		uint8_t flags;
		uint16_t port;
		uint16_t length;
	} cases[] = {
		{PSH_ACK, 26, sizeof(syn)},
		{PSH_ACK, 0, sizeof(syn)},
		{PACKET_TCP_ACK, 25, sizeof(syn)},
		{PACKET_TCP_PSH, 25, sizeof(syn)},
		{PSH_ACK | PACKET_TCP_SYN, 25, sizeof(syn)},
		{PSH_ACK | PACKET_TCP_RST, 25, sizeof(syn)},
		{PACKET_TCP_SYN, 25, sizeof(syn)},
		{0, 25, sizeof(syn)},
		{PSH_ACK, 25, 33},
		{PSH_ACK, 25, 20},
		{PSH_ACK, 25, 0},
	};
	struct message_event event;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (aside(cases[i].flags, cases[i].port, cases[i].length, 0, &event))
			fail_msg("case %zu", i);
}

/* What carries an epoch is told of as before, also from port 25. */
static void test_no_question_is_taken_for_a_handshake(void **state)
{
	struct message_event event;

	(void)state;
	assert_true(aside(PSH_ACK, 25, sizeof(syn), 0x13000000, &event));
	assert_int_equal(event.kind, MESSAGE_UNTRUE);
	assert_answer(guarded(25, 1, &event), MARK_PASS, 6);
	assert_int_equal(event.kind, MESSAGE_ATTEMPT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_message),
		cmocka_unit_test(test_without_each_attribute),
		cmocka_unit_test(test_attributes_too_short),
		cmocka_unit_test(test_other_link_layers),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_not_a_packet),
		cmocka_unit_test(test_reply),
		TEST(test_answers_by_policy),
		TEST(test_questions_left_open),
		TEST(test_event),
		TEST(test_guard_refuses_beyond_the_burst),
		TEST(test_guard_counts_what_it_cannot_parse),
		TEST(test_handshakes_are_told_as_the_subscribers),
		TEST(test_no_handshake_is_told_as_nothing),
		TEST(test_no_question_is_taken_for_a_handshake),
	};
#undef TEST

	return cmocka_run_group_tests_name("engine/question", tests, NULL, NULL);
}
