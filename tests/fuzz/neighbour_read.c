/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/names/neighbour.h"

#include <string.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t none[6];
	void *message = malloc(size ? size : 1); /* aligned, and exactly that long */
	struct neighbour neighbour;

	if (!message)
		return 0;
	if (size)
		memcpy(message, data, size);
	if (neighbour_read(message, size, &neighbour) == 0) {
		require(addr_size(neighbour.addr.family) != 0);
		require(neighbour.gone || memcmp(neighbour.mac, none, sizeof(none)) != 0);
	}
	free(message);
	return 0;
}
