/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../unit.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <string.h>

#include "engine/question.h"

struct verdict {
	unsigned type;
	uint32_t id, verdict, mark;
};

/* Takes apart what would be sent; returns how many messages. */
static size_t read_back(const struct answers *answers, struct verdict *verdicts, size_t room)
{
	const struct nlmsghdr *message = (const void *)answers->buffer;
	int left = (int)answers->length;
	size_t count = 0;

	for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
		const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);
		struct nfqnl_msg_verdict_hdr verdict;
		struct nlattr *attribute;

		assert_true(count < room);
		assert_int_equal(ntohs(header->res_id), 2501);
		verdicts[count].type = message->nlmsg_type & 0xff;
		mnl_attr_for_each(attribute, message, sizeof(*header))
		{
			if (mnl_attr_get_type(attribute) == NFQA_MARK)
				verdicts[count].mark = ntohl(mnl_attr_get_u32(attribute));
			if (mnl_attr_get_type(attribute) != NFQA_VERDICT_HDR)
				continue;
			memcpy(&verdict, mnl_attr_get_payload(attribute), sizeof(verdict));
			verdicts[count].id = ntohl(verdict.id);
			verdicts[count].verdict = ntohl(verdict.verdict);
		}
		count++;
	}
	assert_int_equal(left, 0);
	return count;
}

/* Runs of one mark are one message; the kernel is always told to accept, and the mark decides. */
static void test_runs(void **state)
{
	static const uint32_t marks[] = {9, 9, 9, 4, 9, 4, 4};
	static const struct verdict expected[] = {
		{NFQNL_MSG_VERDICT_BATCH, 102, NF_ACCEPT, 9},
		{NFQNL_MSG_VERDICT, 103, NF_ACCEPT, 4},
		{NFQNL_MSG_VERDICT, 104, NF_ACCEPT, 9},
		{NFQNL_MSG_VERDICT_BATCH, 106, NF_ACCEPT, 4},
	};
	struct verdict verdicts[COUNT(marks)];
	struct answers answers = {0};

	(void)state;
	for (int again = 0; again < 2; again++) {
		answers_begin(&answers, 2501);
		assert_int_equal(read_back(&answers, verdicts, COUNT(verdicts)), 0);
		for (uint32_t i = 0; i < COUNT(marks); i++)
			answers_add(&answers, 100 + i, marks[i]);
		assert_int_equal(read_back(&answers, verdicts, COUNT(verdicts)), COUNT(expected));
		assert_memory_equal(verdicts, expected, sizeof(expected));
	}
}

static void test_a_whole_batch_fits(void **state)
{
	struct verdict verdicts[QUESTION_BATCH];
	struct answers answers = {0};

	(void)state;
	answers_begin(&answers, 2501);
	for (uint32_t i = 0; i < QUESTION_BATCH; i++)
		answers_add(&answers, i, i & 1);
	assert_true(answers.length <= sizeof(answers.buffer));
	assert_int_equal(read_back(&answers, verdicts, COUNT(verdicts)), QUESTION_BATCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_a_whole_batch_fits),
	};

	return cmocka_run_group_tests_name("engine/answers", tests, NULL, NULL);
}
