/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run of the operator's command at a time: a document on its standard input, no shell, a
 * session of its own, a time limit. What it says goes to the log.
 */
#ifndef EDGE25_NOTIFY_RUN_H
#define EDGE25_NOTIFY_RUN_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

#define RUN_KILL_AFTER 5. /* seconds between SIGTERM and SIGKILL */

struct run;

/* @why it failed, NULL if it did not. Another run may be started from here. */
typedef void run_ended(void *ctx, const char *why);

/* Not the default loop of libev, which reaps every child. NULL: no memory. */
struct run *run_new(struct ev_loop *loop, run_ended *ended, void *ctx);
/* Kills what still runs. */
void run_free(struct run *run);
/* 0 or -errno. @environment as for execve(2); @limit in seconds. */
int run_start(struct run *run, char *const argv[], char *const environment[], const char *text,
	      size_t length, double limit);
bool run_busy(const struct run *run);
/* Ends it as the time limit does; @why is for ended(). */
void run_stop(struct run *run, const char *why);

#endif
