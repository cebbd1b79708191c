// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/socket/buffer.h"

/* Room for @size more bytes behind those that are there, which move to the front if need be. */
static int make_room(struct buffer *buffer, size_t size)
{
	size_t front = buffer->memory ? (size_t)(buffer->data - buffer->memory) : 0;
	size_t room = buffer->room ? buffer->room : 1024;
	char *memory;

	if (front + buffer->size + size <= buffer->room)
		return 0;
	if (front && buffer->size + size <= buffer->room / 2) {
		memmove(buffer->memory, buffer->data, buffer->size);
		buffer->data = buffer->memory;
		return 0;
	}
	while (room < buffer->size + size)
		room *= 2;
	memory = front ? malloc(room) : realloc(buffer->memory, room); /* which may copy nothing */
	if (!memory)
		return -ENOMEM;
	if (front) {
		memcpy(memory, buffer->data, buffer->size);
		free(buffer->memory);
	}
	buffer->memory = buffer->data = memory;
	buffer->room = room;
	return 0;
}

int buffer_add(struct buffer *buffer, const void *bytes, size_t size)
{
	if (make_room(buffer, size))
		return -ENOMEM;
	memcpy(buffer->data + buffer->size, bytes, size);
	buffer->size += size;
	return 0;
}

void buffer_take(struct buffer *buffer, size_t size)
{
	buffer->data += size;
	buffer->size -= size;
	if (buffer->size == 0)
		buffer_release(buffer);
}

int buffer_cut(struct buffer *buffer, size_t size, struct buffer *head)
{
	struct buffer rest = {0};

	if (buffer->size > size && buffer_add(&rest, buffer->data + size, buffer->size - size))
		return -ENOMEM;
	*head = *buffer;
	head->size = size;
	*buffer = rest;
	return 0;
}

void buffer_release(struct buffer *buffer)
{
	free(buffer->memory);
	*buffer = (struct buffer){0};
}
