/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A list of allow entries as people keep it: CSV with a header, or JSON as edge25ctl writes it. It becomes the
 * parameters of allow.import, part by part.
 */
#ifndef EDGE25CTL_ALLOW_FILE_H
#define EDGE25CTL_ALLOW_FILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define ALLOW_FILE_MAX (256u << 20)  /* bytes */
#define ALLOW_FILE_PART (640u << 10) /* of a request, which holds 1 MiB */

struct allow_file;

/*
 * @name: a path, or "-" for standard input. NULL: what is wrong was said, of every line (the first 20, and how
 * many others).
 */
struct allow_file *allow_file_open(const char *name);
void allow_file_close(struct allow_file *file);
/* The next entries, an array of at most ALLOW_FILE_PART bytes; *more: others follow. NULL: no memory. */
json_t *allow_file_part(struct allow_file *file, bool *more);
/* "list.csv:7", or "list.json: entry 7". */
const char *allow_file_place(const struct allow_file *file, json_int_t line, char *text,
			     size_t size);

#endif
