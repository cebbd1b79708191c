/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where edge25-engine and edge25-control are, and how edge25d becomes one of them. */
#ifndef EDGE25_PROGRAM_H
#define EDGE25_PROGRAM_H

#include <limits.h>

struct program {
	char path[PATH_MAX];
	int fd; /* opened while still root, close-on-exec; -1: none */
};

/*
 * Finds @name beside edge25d's own binary, else in ../libexec/edge25/ of it, else in
 * EDGE25_LIBEXECDIR, and opens it. 0 or -errno, logged with the places that were tried.
 */
int program_find(const char *name, struct program *program);
void program_close(struct program *program);

/*
 * Executes it. By path, or by descriptor where its user may not search a directory on the way (a
 * build under somebody's private home). Returns -errno only when it did not work.
 */
int program_execute(const struct program *program, char *const argv[]);

#endif
