// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include "control/socket/buffer.h"

static void holds(const struct buffer *buffer, const char *text)
{
	assert_int_equal(buffer->size, strlen(text));
	if (buffer->size)
		assert_memory_equal(buffer->data, text, buffer->size);
}

static void test_add_and_take(void **state)
{
	struct buffer buffer = {0};

	(void)state;
	assert_int_equal(buffer_add(&buffer, "one two", 7), 0);
	buffer_take(&buffer, 4);
	holds(&buffer, "two");
	assert_int_equal(buffer_add(&buffer, " three", 6), 0);
	holds(&buffer, "two three");
	buffer_take(&buffer, 9);
	holds(&buffer, "");
	assert_null(buffer.memory);
}

/* It grows from its start, and after some was taken: what is there stays. */
static void test_growth(void **state)
{
	static char text[100000];
	struct buffer buffer = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i % 251);
	for (size_t taken = 0; taken <= 900; taken += 900) {
		assert_int_equal(buffer_add(&buffer, text, 1000), 0);
		buffer_take(&buffer, taken);
		assert_int_equal(buffer_add(&buffer, text + 1000, sizeof(text) - 1000), 0);
		assert_int_equal(buffer.size, sizeof(text) - taken);
		assert_memory_equal(buffer.data, text + taken, buffer.size);
		assert_in_range(buffer.room, buffer.size, 2 * sizeof(text));
		buffer_release(&buffer);
	}
}

static void test_cut(void **state)
{
	struct buffer buffer = {0}, head = {0};

	(void)state;
	assert_int_equal(buffer_add(&buffer, "..line\nrest", 11), 0);
	buffer_take(&buffer, 2);
	assert_int_equal(buffer_cut(&buffer, 5, &head), 0);
	holds(&head, "line\n");
	holds(&buffer, "rest");
	buffer_release(&head);
	assert_int_equal(buffer_cut(&buffer, 4, &head), 0);
	holds(&head, "rest");
	holds(&buffer, "");
	assert_null(buffer.memory);
	buffer_release(&head);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_and_take),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
