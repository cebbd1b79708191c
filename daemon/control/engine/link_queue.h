/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages that wait until the engine's socket takes them, each with the descriptor it carries. */
#ifndef EDGE25_CONTROL_LINK_QUEUE_H
#define EDGE25_CONTROL_LINK_QUEUE_H

#include <stddef.h>

#include "common/message.h"

struct link_queue;

struct link_queue *link_queue_new(unsigned room);
void link_queue_free(struct link_queue *queue);
/* Copies the message and takes over @fd (-1: none). -ENOBUFS: full, -ENOMEM; then @fd is not taken. */
int link_queue_add(struct link_queue *queue, const struct message_header *header,
		   const void *records, size_t size, int fd);
/* Sends what the socket takes. 0: all of it; -EAGAIN: some is left; another error. */
int link_queue_send(struct link_queue *queue, int socket);
void link_queue_clear(struct link_queue *queue);

#endif
