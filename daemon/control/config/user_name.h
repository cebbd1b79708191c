/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The name of a user, for those who come often: it is read again when /etc/passwd has changed. */
#ifndef EDGE25_CONTROL_USER_NAME_H
#define EDGE25_CONTROL_USER_NAME_H

#include <stdint.h>
#include <time.h>

#define USER_NAME_MAX 33

struct user_name {
	struct timespec from; /* the file's time */
	char text[USER_NAME_MAX];
};

/* @name: all 0 at first. Who has none is called by his number. */
const char *user_name(struct user_name *name, uint32_t uid);

#endif
