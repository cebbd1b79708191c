// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/socket/refusal.h"
#include "control/socket/rpc.h"

#define READ_CHUNK 16384
#define CLOSE_READS 64 /* of unread chunks before a close: what a socket buffer holds */

int refusal_add(struct buffer *out, const char *why)
{
	json_t *error = rpc_error(RPC_BUSY, why);
	char *text = error ? json_dumps(error, JSON_COMPACT) : NULL;
	int result = -ENOMEM;

	if (text && buffer_add(out, text, strlen(text)) == 0)
		result = buffer_add(out, "\n", 1);
	free(text);
	json_decref(error);
	return result;
}

/*
 * A socket that is closed while something unread is in it resets the connection, and the other side
 * never sees the last words that were sent to it.
 */
void refusal_close(int fd)
{
	char sink[READ_CHUNK];

	shutdown(fd, SHUT_RDWR);
	for (int i = 0; i < CLOSE_READS; i++)
		if (recv(fd, sink, sizeof(sink), MSG_DONTWAIT) <= 0)
			break;
	close(fd);
}

void refusal_send(int fd, const char *why)
{
	struct buffer out = {0};

	/* A new connection has room for a line; if it has not, it goes without. */
	if (refusal_add(&out, why) == 0)
		(void)!send(fd, out.data, out.size, MSG_DONTWAIT | MSG_NOSIGNAL);
	buffer_release(&out);
	refusal_close(fd);
}
