// SPDX-License-Identifier: GPL-2.0-or-later
#include "fuzz.h"

#include <string.h>

#include "tools/edge25ctl/csv_in.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Each record is another line, and its fields are no more than the text. Bytes that end where they end, so that a look behind them is seen. */
	char *text = malloc(size ? size : 1);
	struct csv_in csv;
	uint64_t line = 0;
	int got;

	if (!text)
		return 0;
	memcpy(text, data, size);
	csv_in_start(&csv, text, size);
	while ((got = csv_in_next(&csv))) {
		size_t bytes = 0;

		require(csv.line > line);
		line = csv.line;
		for (size_t i = 0; got == 1 && i < csv.count; i++)
			bytes += strlen(csv.field[i]) + 1;
		require((got == 1) == (csv.error == NULL) && bytes <= size + 1);
	}
	csv_in_end(&csv);
	free(text);
	return 0;
}
