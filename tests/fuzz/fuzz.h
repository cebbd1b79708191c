/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libFuzzer calls, and replay.c with the seeds of tests/data/fuzz. */
#ifndef EDGE25_FUZZ_H
#define EDGE25_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that must hold whatever the input; not assert(3), which NDEBUG removes. */
static inline void require(int holds)
{
	if (!holds)
		abort();
}

#endif
