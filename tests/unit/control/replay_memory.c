// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include "control/replay/memory.h"

#define SECOND UINT64_C(1000000000)

static const struct hash_key key = {25, 465};

static struct addr addr_of(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

static bool ask(struct memory *memory, const char *from, const char *to, uint64_t seconds)
{
	const struct addr source = addr_of(from), destination = addr_of(to);

	return memory_ask(memory, &source, &destination, seconds * SECOND);
}

static bool answer(struct memory *memory, const char *from, const char *to)
{
	const struct addr source = addr_of(from), destination = addr_of(to);

	return memory_answer(memory, &source, &destination);
}

/* For remember-for after the question, however often it is met; IPv6 by the source's /64. */
static void test_pairs(void **state)
{
	struct memory *memory = memory_new(key, 600 * SECOND);

	(void)state;
	assert_true(ask(memory, "100.64.3.7", "198.51.100.1", 0));
	assert_false(ask(memory, "100.64.3.7", "198.51.100.1", 599));
	assert_true(ask(memory, "100.64.3.7", "198.51.100.1", 600));
	assert_true(ask(memory, "100.64.3.8", "198.51.100.1", 600));
	assert_true(ask(memory, "2001:db8::1", "2001:db9::25", 600));
	assert_false(ask(memory, "2001:db8::2", "2001:db9::25", 600));
	assert_true(ask(memory, "2001:db8:0:1::2", "2001:db9::25", 600));
	memory_free(memory);
}

static void test_answers(void **state)
{
	struct memory *memory = memory_new(key, 600 * SECOND);

	(void)state;
	assert_false(answer(memory, "100.64.3.7", "198.51.100.1"));
	ask(memory, "100.64.3.7", "198.51.100.1", 0);
	assert_true(answer(memory, "100.64.3.7", "198.51.100.1"));
	assert_false(answer(memory, "100.64.3.7", "198.51.100.1"));
	ask(memory, "100.64.3.7", "198.51.100.1", 600);
	assert_true(answer(memory, "100.64.3.7", "198.51.100.1"));
	memory_free(memory);
}

/* As many as there are, while the table grows and what has ended makes room. */
static void test_many(void **state)
{
	struct memory *memory = memory_new(key, 600 * SECOND);
	struct addr source = addr_of("100.64.3.7"), destination = addr_of("198.18.0.0");

	(void)state;
	for (unsigned round = 0; round < 3; round++)
		for (unsigned i = 0; i < 60000; i++) {
			uint64_t now = (round * 700 + i / 1000) * SECOND;

			destination.bytes[2] = (uint8_t)(i >> 8);
			destination.bytes[3] = (uint8_t)i;
			assert_true(memory_ask(memory, &source, &destination, now));
			assert_false(memory_ask(memory, &source, &destination, now));
		}
	memory_free(memory);
}

/* What is counted is read once, and a source stays known. */
static void test_counts(void **state)
{
	struct memory *memory = memory_new(key, 600 * SECOND);
	struct addr source = addr_of("100.64.0.0");
	struct memory_count read;
	uint64_t sum = 0;

	(void)state;
	assert_null(memory_counted(memory, &source));
	for (unsigned i = 0; i < 5000; i++) {
		struct memory_count *count;

		source.bytes[2] = (uint8_t)(i % 3000 >> 8);
		source.bytes[3] = (uint8_t)(i % 3000);
		count = memory_count(memory, &source);
		assert_non_null(count);
		count->refused++;
		assert_int_equal(memory_wait(memory, count), 0);
	}
	while (memory_read(memory, &read)) {
		assert_in_range(read.refused, 1, 2);
		sum += read.refused;
	}
	assert_int_equal(sum, 5000);
	assert_false(memory_read(memory, &read));
	assert_non_null(memory_counted(memory, &source));
	assert_int_equal(memory_counted(memory, &source)->refused, 0);
	memory_free(memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_counts),
	};

	return cmocka_run_group_tests_name("control/replay/memory", tests, NULL, NULL);
}
