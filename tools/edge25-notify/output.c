// SPDX-License-Identifier: GPL-2.0-or-later
#include "output.h"

#include <string.h>

#include "common/log.h"

static void flush(struct output *output)
{
	if (output->used) {
		log_notice("command: %.*s", (int)output->used, output->line);
		output->lines++;
	}
	output->used = 0;
}

void output_add(struct output *output, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (output->lines >= OUTPUT_LINES_MAX) {
			output->left_out += length - i;
			return;
		}
		if (bytes[i] == '\n') {
			flush(output);
			continue;
		}
		output->line[output->used++] = bytes[i] ? bytes[i] : ' '; /* %s would end there */
		if (output->used == sizeof(output->line))
			flush(output);
	}
}

void output_end(struct output *output)
{
	flush(output);
	if (output->left_out)
		log_notice("command: %zu bytes more that it said are left out", output->left_out);
	memset(output, 0, sizeof(*output));
}
