/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes that are added at the end and taken from the front. */
#ifndef EDGE25_CONTROL_BUFFER_H
#define EDGE25_CONTROL_BUFFER_H

#include <stddef.h>

struct buffer {
	char *data; /* the first byte; NULL before anything was added */
	size_t size;
	char *memory;
	size_t room;
};

/* 0 or -ENOMEM, and nothing was added. */
int buffer_add(struct buffer *buffer, const void *bytes, size_t size);
/* Takes @size bytes (at most those that are there); what is empty gives its memory back. */
void buffer_take(struct buffer *buffer, size_t size);
/*
 * The first @size bytes (at most those that are there) with their memory to @head, which is empty; only what
 * follows them is copied. 0 or -ENOMEM, and nothing happened.
 */
int buffer_cut(struct buffer *buffer, size_t size, struct buffer *head);
void buffer_release(struct buffer *buffer);

#endif
