/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Last words to a client that has to go. */
#ifndef EDGE25_CONTROL_REFUSAL_H
#define EDGE25_CONTROL_REFUSAL_H

#include "control/socket/buffer.h"

/* Adds an error line with no id that says why. 0 or -ENOMEM. */
int refusal_add(struct buffer *out, const char *why);
/* To a connection that there is no room for; closes it. */
void refusal_send(int fd, const char *why);
/* Closes so that the other side can still read what was sent to it. */
void refusal_close(int fd);

#endif
