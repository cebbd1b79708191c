/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What takes too long for the loop, done by a thread of its own; one at a time. */
#ifndef EDGE25_CONTROL_WORK_H
#define EDGE25_CONTROL_WORK_H

#include <ev.h>
#include <stdbool.h>

struct work;

/* NULL: no memory. */
struct work *work_new(struct ev_loop *loop);
/*
 * @run is called in a thread, which gets no signals; then @then, by the loop. What @run uses nobody
 * else touches meanwhile. Without a thread it is done here, and others wait.
 */
void work_start(struct work *work, void (*run)(void *ctx), void (*then)(void *ctx), void *ctx);
/* Is there something that was started and whose @then was not called yet? */
bool work_busy(const struct work *work);
/* Waits for it, and calls its @then here. */
void work_wait(struct work *work);
/* No @then is called any more. */
void work_stop(struct work *work);
/* Waits for the thread. */
void work_free(struct work *work);

#endif
