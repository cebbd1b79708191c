/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a command finds in its environment: little of ours, and what the notice is about. No text
 * that a subscriber could have chosen is in it.
 */
#ifndef EDGE25_NOTIFY_ENVIRONMENT_H
#define EDGE25_NOTIFY_ENVIRONMENT_H

#include "gather.h"

#define ENVIRONMENT_MAX 24

struct environment {
	char *entry[ENVIRONMENT_MAX + 1]; /* for execve(2) */
	unsigned count;
};

/* 0 or -ENOMEM; environment_free() in any case. */
int environment_make(struct environment *environment, const struct notice *notice,
		     const char *socket, unsigned try);
void environment_free(struct environment *environment);

#endif
