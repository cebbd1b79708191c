/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Comparisons of the kernel's table with the plan, one at a time, each in a thread of its own with
 * a low priority: for a million prefixes one takes seconds, in which packets, messages and changes
 * go on. A comparison that a change of ours overtook begins anew.
 */
#ifndef EDGE25_ENGINE_INSPECT_H
#define EDGE25_ENGINE_INSPECT_H

#include <ev.h>
#include <stdbool.h>

#include "engine/mapping.h"
#include "rules/verify.h"

struct inspect;

/* In the loop, when one ended. NULL: it could not be made, or was overtaken each time. */
typedef void inspect_done(const struct verification *verification, void *arg);

/* 0 or -ENOMEM. */
int inspect_open(struct inspect **inspect, struct ev_loop *loop, inspect_done *done, void *arg);
/* Waits for the thread, which is told to stop. */
void inspect_close(struct inspect *inspect);

bool inspect_running(const struct inspect *inspect);
/* Begins one, unless one runs. False: it cannot. @table lives on. */
bool inspect_start(struct inspect *inspect, const struct table *table);

/* The table was changed by us, or is about to be. */
void inspect_changed(struct inspect *inspect);
/* Takes @mapping over, and closes it when no comparison reads it any more. */
void inspect_retire(struct inspect *inspect, struct mapping *mapping);

#endif
