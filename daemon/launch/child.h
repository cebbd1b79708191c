/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One program that edge25d keeps running. */
#ifndef EDGE25_CHILD_H
#define EDGE25_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define CHILD_DELAY_FIRST 100 /* ms until it is started again; doubles with each try */
#define CHILD_DELAY_MAX 5000  /* ms: soon enough for people, seldom enough for a log */
#define CHILD_SETTLED 10000   /* ms of life after which the next death counts as a first one */
#define CHILD_EXIT_CONFIG 78  /* EX_CONFIG of sysexits.h: starting again would not mend it */

/* In the new process, as root: become the program, or return -errno, or leave having said why. */
typedef int child_become(const void *context);

struct child {
	const char *name;
	child_become *become;
	const void *context;
	pid_t pid;        /* 0: not running */
	unsigned runs;    /* how often it was started */
	unsigned delay;   /* ms, before the next start */
	uint64_t started; /* ms */
	uint64_t due;     /* ms: when to start it */
};

/* Forks and becomes it, or sets a later time to try again. Times are CLOCK_MONOTONIC ms. */
void child_start(struct child *child, uint64_t now);

/*
 * It ended with @status (of waitpid): says why, and when it will be started again if @again.
 * True when there is no use in that: it left with CHILD_EXIT_CONFIG in its first run, unsettled.
 */
bool child_ended(struct child *child, int status, bool again, uint64_t now);

/* Sends it a signal, if it runs. */
void child_signal(const struct child *child, int signal);

#endif
