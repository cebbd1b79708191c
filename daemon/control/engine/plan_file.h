/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plan as a sealed memfd, ready to be sent. */
#ifndef EDGE25_CONTROL_PLAN_FILE_H
#define EDGE25_CONTROL_PLAN_FILE_H

#include "control/allow/allowlist.h"
#include "control/config/config.h"
#include "control/incidents/containment.h"

/* The parts in one block that free() releases, or NULL; -errno in *error. For tests and for -t. */
void *plan_make(const struct config *config, const struct allowlist *list,
		const struct containment *containment, struct allow_clock clock, size_t *size,
		int *error);
/* A descriptor that nobody can change any more, its size in *size; or -errno. */
int plan_file(const struct config *config, const struct allowlist *list,
	      const struct containment *containment, struct allow_clock clock, size_t *size);

#endif
