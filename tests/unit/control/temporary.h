/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory of its own for each test, and files in it. */
#ifndef EDGE25_UNIT_TEMPORARY_H
#define EDGE25_UNIT_TEMPORARY_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit.h"

#define TEMPORARY_PATH_MAX 256

static inline int temporary_setup(void **state)
{
	char *path = strdup("/tmp/edge25-unit-XXXXXX");

	*state = path ? mkdtemp(path) : NULL;
	return *state ? 0 : -1;
}

static inline int temporary_remove(const char *path, const struct stat *st, int type,
				   struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline int temporary_teardown(void **state)
{
	int result = nftw(*state, temporary_remove, 8, FTW_DEPTH | FTW_PHYS);

	free(*state);
	return result;
}

static inline const char *temporary_path(void *const *state, const char *name,
					 char path[TEMPORARY_PATH_MAX])
{
	snprintf(path, TEMPORARY_PATH_MAX, "%s/%s", (const char *)*state, name);
	return path;
}

static inline void temporary_write(void *const *state, const char *name, const char *text)
{
	char path[TEMPORARY_PATH_MAX];
	FILE *file = fopen(temporary_path(state, name, path), "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* The whole file, cut to @size with its NUL. */
static inline const char *temporary_read(void *const *state, const char *name, char *text,
					 size_t size)
{
	char path[TEMPORARY_PATH_MAX];
	FILE *file = fopen(temporary_path(state, name, path), "r");
	size_t n = file ? fread(text, 1, size - 1, file) : 0;

	text[n] = '\0';
	if (file)
		fclose(file);
	return text;
}

#endif
