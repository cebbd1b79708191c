/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/packet.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct packet packet;
	enum packet_reason reason = packet_parse(data, size, &packet);

	require(packet_reason_word(reason) != NULL);
	if (reason == PACKET_OK) {
		require(packet.source.family == packet.destination.family);
		require(packet.protocol == 6);
		require(size >= 34);
	}
	return 0;
}
