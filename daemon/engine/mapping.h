/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan as it came from control: a sealed memfd, mapped, checked and kept. */
#ifndef EDGE25_ENGINE_MAPPING_H
#define EDGE25_ENGINE_MAPPING_H

#include <stddef.h>
#include <stdint.h>

#include "common/plan.h"

struct mapping {
	void *block; /* NULL: none */
	size_t size;
	struct plan plan; /* a view into the block */
};

/*
 * -EPERM: not sealed against writing, growing and shrinking, so another process could change it
 * under us; -EINVAL: not a plan of @size bytes. *why says more.
 */
int mapping_open(struct mapping *mapping, int fd, uint64_t size, const char **why);
void mapping_close(struct mapping *mapping);

#endif
