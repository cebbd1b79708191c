/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log-dir/events.json: a JSON object a line. When a line would make it longer than its bound it
 * becomes events.json.1 (replacing the one before) and a new one begins, so a bot never fills a
 * disk. A line is there whole or not at all.
 */
#ifndef EDGE25_CONTROL_EVENT_FILE_H
#define EDGE25_CONTROL_EVENT_FILE_H

#include <jansson.h>
#include <stdint.h>

struct event_file;

struct event_file_losses {
	uint64_t unwritten; /* lines */
	uint64_t discarded; /* files: an events.json.1 that was replaced */
};

/* NULL: no memory. A file that cannot be opened is tried again with the next line. */
struct event_file *event_file_new(const char *directory, uint64_t max);
void event_file_free(struct event_file *file);
void event_file_bound(struct event_file *file, uint64_t max);
/* After somebody else has moved the file away. 0 or -errno: event_file_problem(). */
int event_file_reopen(struct event_file *file);
const char *event_file_path(const struct event_file *file);
/* 0 or -errno; a failure is counted and logged once. */
int event_file_write(struct event_file *file, const json_t *event);
/* Why lines cannot be written now, or NULL. */
const char *event_file_problem(const struct event_file *file);
/* Bytes that it has now. */
uint64_t event_file_size(const struct event_file *file);
struct event_file_losses event_file_losses(const struct event_file *file);

#endif
