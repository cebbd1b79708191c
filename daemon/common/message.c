/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "message.h"

#include <errno.h>
#include <string.h>

/* No padding: every byte that is sent was written. */
_Static_assert(sizeof(struct message_header) == 16, "wire");
_Static_assert(sizeof(struct message_hello) == 88, "wire");
_Static_assert(sizeof(struct message_plan) == 8, "wire");
_Static_assert(sizeof(struct message_change) == 88, "wire");
_Static_assert(sizeof(struct message_ack) == 256, "wire");
_Static_assert(sizeof(struct message_event) == 64, "wire");
_Static_assert(sizeof(struct message_counter) == 80, "wire");
_Static_assert(sizeof(struct message_tally) == 32, "wire");
_Static_assert(sizeof(struct message_queue) == 32, "wire");
_Static_assert(sizeof(struct message_loss) == 56, "wire");
_Static_assert(sizeof(struct message_verify) == 8, "wire");
_Static_assert(sizeof(struct message_item) == 408, "wire");
_Static_assert(sizeof(struct message_verdict) == 192, "wire");
_Static_assert(sizeof(struct message_use) == 64, "wire");
_Static_assert(sizeof(struct message_forget) == 24, "wire");
_Static_assert(sizeof(struct message_lookup) == 50, "wire");
_Static_assert(sizeof(struct message_finding) == 240, "wire");

static const struct {
	const char *word;
	size_t record;
	bool single; /* exactly one record */
} types[MESSAGE_TYPES] = {
	[MESSAGE_HELLO] = {"hello", sizeof(struct message_hello), true},
	[MESSAGE_PLAN] = {"plan", sizeof(struct message_plan), true},
	[MESSAGE_CHANGE] = {"change", sizeof(struct message_change), false},
	[MESSAGE_READ] = {"read", 0, false},
	[MESSAGE_ACK] = {"ack", sizeof(struct message_ack), true},
	[MESSAGE_EVENT] = {"event", sizeof(struct message_event), false},
	[MESSAGE_COUNTER] = {"counter", sizeof(struct message_counter), false},
	[MESSAGE_TALLY] = {"tally", sizeof(struct message_tally), false},
	[MESSAGE_QUEUE] = {"queue", sizeof(struct message_queue), false},
	[MESSAGE_LOSS] = {"loss", sizeof(struct message_loss), false},
	[MESSAGE_END] = {"end", 0, false},
	[MESSAGE_SEEN] = {"seen", sizeof(struct message_seen), true},
	[MESSAGE_VERIFY] = {"verify", sizeof(struct message_verify), true},
	[MESSAGE_ITEM] = {"item", sizeof(struct message_item), false},
	[MESSAGE_VERDICT] = {"verdict", sizeof(struct message_verdict), true},
	[MESSAGE_USE] = {"use", sizeof(struct message_use), false},
	[MESSAGE_FORGET] = {"forget", sizeof(struct message_forget), true},
	[MESSAGE_LOOKUP] = {"lookup", sizeof(struct message_lookup), false},
	[MESSAGE_FINDING] = {"finding", sizeof(struct message_finding), false},
};

size_t message_record_size(unsigned type)
{
	return type < MESSAGE_TYPES ? types[type].record : 0;
}

size_t message_records_max(unsigned type)
{
	size_t record = message_record_size(type);

	return record ? (MESSAGE_SIZE_MAX - sizeof(struct message_header)) / record : 0;
}

int message_check(const void *data, size_t length, struct message_header *header)
{
	struct message_header copy;

	if (length < sizeof(copy))
		return -EINVAL;
	memcpy(&copy, data, sizeof(copy));
	if (copy.version != MESSAGE_VERSION || !message_type_word(copy.type))
		return -EINVAL;
	if (copy.count > message_records_max(copy.type))
		return -EINVAL;
	if (types[copy.type].single && copy.count != 1)
		return -EINVAL;
	if (length != sizeof(copy) + copy.count * message_record_size(copy.type))
		return -EINVAL;
	*header = copy;
	return 0;
}

void message_record(const void *data, const struct message_header *header, size_t index,
		    void *record)
{
	size_t size = message_record_size(header->type);

	memcpy(record, (const uint8_t *)data + sizeof(*header) + index * size, size);
}

const char *message_type_word(unsigned type)
{
	return type < MESSAGE_TYPES ? types[type].word : NULL;
}
