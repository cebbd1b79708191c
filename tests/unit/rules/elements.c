/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Intervals as they are written: from the one before where they are alike, and one by one. */
#include "../unit.h"

#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "rules/element_read.h"
#include "rules/elements.h"

#define MANY 3000 /* more than a message holds */
#define LENGTH_MAX 16

static const char *const chains[] = {"policy_home", "policy_looked", NULL};

struct interval {
	uint8_t first[LENGTH_MAX], last[LENGTH_MAX];
	const char *chain, *comment;
};

struct reading {
	const struct interval *intervals;
	size_t length; /* of a key */
	size_t at;     /* elements so far, two an interval */
	bool open;     /* a start was the last element of its message */
};

static void number(uint8_t *key, size_t length, uint32_t value)
{
	memset(key, 0, LENGTH_MAX);
	for (size_t i = 0; i < 4; i++)
		key[length - 1 - i] = (uint8_t)(value >> 8 * i);
}

/* Runs of a chain, others in between, and the last one ends where all addresses do. */
static void make(struct interval *intervals, size_t length)
{
	for (uint32_t i = 0; i < MANY; i++) {
		number(intervals[i].first, length, 256 * i);
		number(intervals[i].last, length, 256 * i + 254);
		intervals[i].chain = chains[i / 100 % COUNT(chains)];
		intervals[i].comment = i % 1000 == 7 ? "a comment" : NULL;
	}
	memset(intervals[MANY - 1].last, 0xff, LENGTH_MAX);
}

static int see_element(const struct nlattr *attribute, void *arg)
{
	struct reading *reading = arg;
	const struct element_view view = element_read(attribute);
	const struct interval *interval = &reading->intervals[reading->at / 2];
	bool end = reading->at++ % 2;
	char comment[16] = "";
	uint8_t key[LENGTH_MAX];

	reading->open = !end && reading->at < 2 * MANY - 1;
	element_comment(attribute, comment, sizeof(comment));
	assert_int_equal(view.flags, end ? NFT_SET_ELEM_INTERVAL_END : 0);
	assert_int_equal(view.key_length, reading->length);
	memcpy(key, end ? interval->last : interval->first, reading->length);
	key[reading->length - 1] += end; /* 254 and 1: no carry */
	assert_memory_equal(view.key, key, reading->length);
	if (end || !interval->chain) {
		assert_null(view.chain);
	} else {
		assert_int_equal(view.chain_length, strlen(interval->chain));
		assert_memory_equal(view.chain, interval->chain, view.chain_length);
	}
	assert_string_equal(comment, !end && interval->comment ? interval->comment : "");
	return 0;
}

static int see_message(const struct nlmsghdr *message, void *arg)
{
	struct reading *reading = arg;
	int result;

	if (!elements_set(message))
		return 0;
	result = elements_each(message, see_element, arg);
	assert_false(reading->open); /* an interval is in one message */
	return result;
}

static void check(size_t length)
{
	static struct interval intervals[MANY];
	struct reading reading = {.intervals = intervals, .length = length};
	struct batch *batch = batch_new();
	struct elements elements;

	make(intervals, length);
	elements_open(&elements, batch, NFT_MSG_NEWSETELEM, 0, "range");
	for (size_t i = 0; i < MANY; i++)
		elements_add_interval(&elements,
				      (struct element){
					      .key = intervals[i].first,
					      .key_length = length,
					      .chain = intervals[i].chain,
					      .comment = intervals[i].comment,
				      },
				      intervals[i].last);
	elements_close(&elements);
	assert_true(batch_count(batch) > 3);
	assert_int_equal(batch_each(batch, see_message, &reading), 0);
	assert_int_equal(reading.at, 2 * MANY - 1); /* what ends with all addresses has no end */
	batch_free(batch);
}

static void test_ipv4(void **state)
{
	(void)state;
	check(4);
}

static void test_ipv6(void **state)
{
	(void)state;
	check(16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv4),
		cmocka_unit_test(test_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
