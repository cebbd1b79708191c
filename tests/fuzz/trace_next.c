/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/replay/trace.h"
#include "fuzz.h"

/* Rows are in the order of time, of one family, of the three ports; each error names its line. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trace trace = {.path = "trace"};
	struct trace_row row;
	uint64_t before = 0;
	int result;

	if (!size)
		return 0;
	trace.file = fmemopen((void *)data, size, "r");
	require(trace.file != NULL);
	while ((result = trace_next(&trace, &row)) > 0) {
		require(row.time >= before && row.source.family == row.destination.family);
		require(row.destination_port == 25 || row.destination_port == 465 ||
			row.destination_port == 587);
		before = row.time;
	}
	require(result == 0 || trace.error[0] != '\0');
	fclose(trace.file);
	return 0;
}
