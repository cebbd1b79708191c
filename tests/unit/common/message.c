/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/message.h"

/* The contract: the word and the record of each type, and whether there is exactly one. */
static const struct {
	unsigned type;
	const char *word;
	size_t record;
	bool single;
} types[] = {
	{MESSAGE_HELLO, "hello", sizeof(struct message_hello), true},
	{MESSAGE_PLAN, "plan", sizeof(struct message_plan), true},
	{MESSAGE_CHANGE, "change", sizeof(struct message_change), false},
	{MESSAGE_READ, "read", 0, false},
	{MESSAGE_ACK, "ack", sizeof(struct message_ack), true},
	{MESSAGE_EVENT, "event", sizeof(struct message_event), false},
	{MESSAGE_COUNTER, "counter", sizeof(struct message_counter), false},
	{MESSAGE_TALLY, "tally", sizeof(struct message_tally), false},
	{MESSAGE_QUEUE, "queue", sizeof(struct message_queue), false},
	{MESSAGE_LOSS, "loss", sizeof(struct message_loss), false},
	{MESSAGE_END, "end", 0, false},
	{MESSAGE_SEEN, "seen", sizeof(struct message_seen), true},
	{MESSAGE_VERIFY, "verify", sizeof(struct message_verify), true},
	{MESSAGE_ITEM, "item", sizeof(struct message_item), false},
	{MESSAGE_VERDICT, "verdict", sizeof(struct message_verdict), true},
	{MESSAGE_USE, "use", sizeof(struct message_use), false},
	{MESSAGE_FORGET, "forget", sizeof(struct message_forget), true},
	{MESSAGE_LOOKUP, "lookup", sizeof(struct message_lookup), false},
	{MESSAGE_FINDING, "finding", sizeof(struct message_finding), false},
};

static void test_types(void **state)
{
	(void)state;
	assert_int_equal(COUNT(types) + 1, MESSAGE_TYPES);
	for (size_t i = 0; i < COUNT(types); i++) {
		size_t most = message_records_max(types[i].type);

		assert_string_equal(message_type_word(types[i].type), types[i].word);
		assert_int_equal(message_record_size(types[i].type), types[i].record);
		if (types[i].record) {
			assert_true(sizeof(struct message_header) + most * types[i].record <=
				    MESSAGE_SIZE_MAX);
			assert_true(sizeof(struct message_header) + (most + 1) * types[i].record >
				    MESSAGE_SIZE_MAX);
		} else {
			assert_int_equal(most, 0);
		}
	}
	assert_null(message_type_word(0));
	assert_null(message_type_word(MESSAGE_TYPES));
	assert_null(message_type_word(UINT32_MAX));
	assert_int_equal(message_record_size(0), 0);
	assert_int_equal(message_record_size(MESSAGE_TYPES), 0);
	assert_int_equal(message_records_max(UINT32_MAX), 0);
}

/* @length bytes that begin with @header, checked where nothing stands behind them. */
static int check(const struct message_header *header, size_t length, struct message_header *out)
{
	uint8_t *data = calloc(1, length ? length : 1);
	int err;

	assert_non_null(data);
	memcpy(data, header, length < sizeof(*header) ? length : sizeof(*header));
	err = message_check(data, length, out);
	free(data);
	return err;
}

static void test_every_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		for (uint32_t count = 0; count <= 3; count++) {
			struct message_header header = {MESSAGE_VERSION, (uint16_t)types[i].type,
							count, 99};
			size_t whole = sizeof(header) + count * types[i].record;
			bool allowed = types[i].single ? count == 1 : types[i].record || count == 0;

			for (size_t length = 0; length <= whole + 300; length++) {
				struct message_header out = {.sequence = 1};
				int err = check(&header, length, &out);

				assert_int_equal(err, allowed && length == whole ? 0 : -EINVAL);
				assert_int_equal(out.sequence, err ? 1 : 99);
			}
		}
	}
}

static void test_count_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		size_t most = message_records_max(types[i].type);
		struct message_header header = {MESSAGE_VERSION, (uint16_t)types[i].type,
						(uint32_t)most, 1};
		struct message_header out;
		size_t length = sizeof(header) + most * types[i].record;

		if (types[i].single)
			continue;
		assert_int_equal(check(&header, length, &out), 0);
		header.count++;
		assert_int_equal(check(&header, length + types[i].record, &out), -EINVAL);
		header.count = UINT32_MAX;
		assert_int_equal(check(&header, length, &out), -EINVAL);
	}
}

static void test_header_fields(void **state)
{
	struct message_header header = {MESSAGE_VERSION, MESSAGE_READ, 0, 7}, out;

	(void)state;
	assert_int_equal(check(&header, sizeof(header), &out), 0);
	for (unsigned value = 0; value <= UINT16_MAX; value++) {
		header = (struct message_header){(uint16_t)value, MESSAGE_READ, 0, 7};
		assert_int_equal(check(&header, sizeof(header), &out),
				 value == MESSAGE_VERSION ? 0 : -EINVAL);
		header = (struct message_header){MESSAGE_VERSION, (uint16_t)value, 0, 7};
		if (value == 0 || value >= MESSAGE_TYPES)
			assert_int_equal(check(&header, sizeof(header), &out), -EINVAL);
	}
}

/* From an odd address, as nothing says that a message is aligned. */
static void test_records(void **state)
{
	const struct message_header header = {MESSAGE_VERSION, MESSAGE_LOSS, 3, 5};
	uint8_t data[1 + sizeof(header) + 3 * sizeof(struct message_loss)];
	struct message_header out;

	(void)state;
	memcpy(data + 1, &header, sizeof(header));
	for (size_t i = 0; i < 3; i++) {
		struct message_loss loss = {.name = "events-unsent", .count = 100 + i};

		memcpy(data + 1 + sizeof(header) + i * sizeof(loss), &loss, sizeof(loss));
	}
	assert_int_equal(message_check(data + 1, sizeof(data) - 1, &out), 0);
	assert_memory_equal(&out, &header, sizeof(out));
	for (size_t i = 0; i < 3; i++) {
		struct message_loss loss;

		message_record(data + 1, &out, i, &loss);
		assert_string_equal(loss.name, "events-unsent");
		assert_int_equal(loss.count, 100 + i);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),        cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_count_bounds), cmocka_unit_test(test_header_fields),
		cmocka_unit_test(test_records),
	};

	return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
