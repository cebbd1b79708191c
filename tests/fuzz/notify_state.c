/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A state of edge25-notify: what is believed is what would have been written. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "tools/edge25-notify/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("state", MFD_CLOEXEC);
	struct told told = {0};
	struct state state;
	unsigned line = 0;
	char path[32];

	if (fd < 0 || write(fd, data, size) != (ssize_t)size) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (state_load(path, &state, &told, &line) == 0) {
		require(state.change >= 0 && state.runs_left >= 0);
		for (size_t i = 0; i < told.count; i++) {
			require(incident_word(told.entry[i].class));
			require(incident_word(told.entry[i].action));
			require(i == 0 || told.entry[i - 1].id < told.entry[i].id);
		}
	} else {
		require(line > 0);
	}
	told_free(&told);
	close(fd);
	return 0;
}
