/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/message.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct message_header header;
	uint8_t record[512];

	if (message_check(data, size, &header) != 0)
		return 0;
	require(size <= MESSAGE_SIZE_MAX);
	require(message_record_size(header.type) <= sizeof(record));
	for (size_t i = 0; i < header.count; i++)
		message_record(data, &header, i, record);
	return 0;
}
