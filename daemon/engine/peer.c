/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"

#define READS_A_TURN 64 /* then other watchers have theirs */

struct outgoing {
	STAILQ_ENTRY(outgoing) link;
	size_t length;
	char data[];
};

struct peer {
	struct ev_loop *loop;
	ev_io accept;
	ev_io read;
	ev_io write;
	int fd; /* -1: nobody */
	uid_t user;
	struct peer_handlers handlers;
	STAILQ_HEAD(, outgoing) queue;
	size_t queued;
	/* aligned for the header that stands at the beginning */
	_Alignas(8) char buffer[MESSAGE_SIZE_MAX];
};

static void peer_disconnect(struct peer *peer)
{
	if (peer->fd < 0)
		return;
	ev_io_stop(peer->loop, &peer->read);
	ev_io_stop(peer->loop, &peer->write);
	close(peer->fd);
	peer->fd = -1;
	while (!STAILQ_EMPTY(&peer->queue)) {
		struct outgoing *outgoing = STAILQ_FIRST(&peer->queue);

		STAILQ_REMOVE_HEAD(&peer->queue, link);
		free(outgoing);
	}
	peer->queued = 0;
	peer->handlers.disconnected(peer->handlers.arg);
}

/* The descriptor that came along, if exactly one did; others are closed. */
static int peer_descriptor(struct msghdr *message)
{
	int found = -1;

	for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control;
	     control = CMSG_NXTHDR(message, control)) {
		size_t count;

		if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS)
			continue;
		count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(control) + i * sizeof(fd), sizeof(fd));
			if (found < 0)
				found = fd;
			else
				close(fd);
		}
	}
	return found;
}

/* False: nothing more to read for now, or no peer any more. */
static bool peer_receive(struct peer *peer)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(4 * sizeof(int))];
	} control;
	struct iovec vector = {peer->buffer, sizeof(peer->buffer)};
	struct msghdr message = {.msg_iov = &vector,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	ssize_t length = recvmsg(peer->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct message_header header;
	int fd;

	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (length <= 0) {
		peer_disconnect(peer);
		return false;
	}
	fd = peer_descriptor(&message);
	if ((message.msg_flags & MSG_TRUNC) ||
	    message_check(peer->buffer, (size_t)length, &header)) {
		log_error("peer: a message of %zd bytes that is none of ours: cut off", length);
		peer_disconnect(peer);
	} else {
		peer->handlers.message(peer->buffer, &header, fd, peer->handlers.arg);
	}
	if (fd >= 0)
		close(fd);
	return peer->fd >= 0;
}

static void peer_readable(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct peer *peer = watcher->data;

	(void)loop;
	(void)events;
	for (int i = 0; i < READS_A_TURN && peer_receive(peer); i++)
		continue;
}

/* 1: sent; 0: no room now; negative: the peer is gone. */
static int peer_write(struct peer *peer, const struct outgoing *outgoing)
{
	if (send(peer->fd, outgoing->data, outgoing->length, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return 1;
	return errno == EAGAIN || errno == EINTR || errno == ENOBUFS ? 0 : -errno;
}

static void peer_flush(struct peer *peer)
{
	while (!STAILQ_EMPTY(&peer->queue)) {
		struct outgoing *outgoing = STAILQ_FIRST(&peer->queue);
		int result = peer_write(peer, outgoing);

		if (!result) {
			ev_io_start(peer->loop, &peer->write);
			return;
		}
		if (result < 0) {
			peer_disconnect(peer);
			return;
		}
		STAILQ_REMOVE_HEAD(&peer->queue, link);
		peer->queued--;
		free(outgoing);
	}
	ev_io_stop(peer->loop, &peer->write);
}

static void peer_writable(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct peer *peer = watcher->data;

	(void)loop;
	(void)events;
	peer_flush(peer);
	if (peer->fd >= 0 && peer_idle(peer))
		peer->handlers.drained(peer->handlers.arg);
}

/* Has the one that is connected gone, though we did not read that yet? */
static bool peer_gone(const struct peer *peer)
{
	char byte;

	return recv(peer->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static bool peer_permitted(const struct peer *peer, int fd)
{
	struct ucred credentials;
	socklen_t size = sizeof(credentials);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0)
		return false;
	if (credentials.uid == 0 || credentials.uid == peer->user)
		return true;
	log_warning("peer: uid %u is neither root nor control's user: refused",
		    (unsigned)credentials.uid);
	return false;
}

static void peer_accept(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct peer *peer = watcher->data;
	int fd = accept4(watcher->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0)
		return;
	if (peer->fd >= 0 && peer_gone(peer))
		peer_disconnect(peer);
	if (peer->fd >= 0 || !peer_permitted(peer, fd)) {
		if (peer->fd >= 0)
			log_warning("peer: there is one already: a second one is refused");
		close(fd);
		return;
	}
	peer->fd = fd;
	ev_io_set(&peer->read, fd, EV_READ);
	ev_io_set(&peer->write, fd, EV_WRITE);
	ev_io_start(loop, &peer->read);
	peer->handlers.connected(peer->handlers.arg);
}

int peer_open(struct peer **out, struct ev_loop *loop, int listener, uid_t user,
	      const struct peer_handlers *handlers)
{
	struct peer *peer = calloc(1, sizeof(*peer));
	int flags = fcntl(listener, F_GETFL);

	*out = NULL;
	if (!peer)
		return -ENOMEM;
	if (flags < 0 || fcntl(listener, F_SETFL, flags | O_NONBLOCK) < 0) {
		free(peer);
		return -errno;
	}
	peer->loop = loop;
	peer->fd = -1;
	peer->user = user;
	peer->handlers = *handlers;
	STAILQ_INIT(&peer->queue);
	ev_io_init(&peer->accept, peer_accept, listener, EV_READ);
	ev_io_init(&peer->read, peer_readable, -1, EV_READ);
	ev_io_init(&peer->write, peer_writable, -1, EV_WRITE);
	peer->accept.data = peer;
	peer->read.data = peer;
	peer->write.data = peer;
	ev_io_start(loop, &peer->accept);
	*out = peer;
	return 0;
}

void peer_close(struct peer *peer)
{
	if (!peer)
		return;
	ev_io_stop(peer->loop, &peer->accept);
	peer_disconnect(peer);
	free(peer);
}

bool peer_connected(const struct peer *peer)
{
	return peer->fd >= 0;
}

bool peer_idle(const struct peer *peer)
{
	return STAILQ_EMPTY(&peer->queue);
}

static struct outgoing *outgoing_new(enum message_type type, uint64_t sequence, const void *records,
				     size_t count)
{
	const struct message_header header = {.version = MESSAGE_VERSION,
					      .type = (uint16_t)type,
					      .count = (uint32_t)count,
					      .sequence = sequence};
	size_t size = count * message_record_size(type);
	struct outgoing *outgoing = malloc(sizeof(*outgoing) + sizeof(header) + size);

	if (!outgoing)
		return NULL;
	outgoing->length = sizeof(header) + size;
	memcpy(outgoing->data, &header, sizeof(header));
	if (size)
		memcpy(outgoing->data + sizeof(header), records, size);
	return outgoing;
}

bool peer_send(struct peer *peer, enum message_type type, uint64_t sequence, const void *records,
	       size_t count)
{
	size_t most = message_records_max(type), size = message_record_size(type), done = 0;

	do {
		size_t part = count - done < most ? count - done : most;
		struct outgoing *outgoing;

		if (peer->fd < 0)
			return false;
		outgoing = outgoing_new(type, sequence, (const char *)records + done * size, part);
		if (!outgoing || peer->queued == PEER_QUEUE_MAX) {
			log_error("peer: %zu messages wait and are not read: cut off",
				  peer->queued);
			free(outgoing);
			peer_disconnect(peer);
			return false;
		}
		STAILQ_INSERT_TAIL(&peer->queue, outgoing, link);
		peer->queued++;
		done += part;
	} while (done < count);
	peer_flush(peer);
	return peer->fd >= 0;
}

bool peer_try(struct peer *peer, enum message_type type, uint64_t sequence, const void *records,
	      size_t count)
{
	struct outgoing *outgoing;
	int result;

	if (peer->fd < 0 || !peer_idle(peer))
		return false;
	outgoing = outgoing_new(type, sequence, records, count);
	if (!outgoing)
		return false;
	result = peer_write(peer, outgoing);
	free(outgoing);
	if (result < 0)
		peer_disconnect(peer);
	if (!result)
		ev_io_start(peer->loop, &peer->write); /* drained() tells when to try again */
	return result > 0;
}
