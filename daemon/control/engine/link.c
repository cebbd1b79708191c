// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/log.h"
#include "control/engine/link.h"
#include "control/engine/link_queue.h"
#include "control/engine/link_waits.h"

#define RECEIVE_BURST 64 /* messages before others have their turn */

struct link {
	struct ev_loop *loop;
	const struct link_ops *ops;
	void *ctx;
	struct sockaddr_un address;
	int fd;
	ev_io readable, writable;
	ev_timer retry;
	double pause;
	bool said; /* that the engine is away */
	bool greeted;
	struct message_hello hello;
	struct message_seen seen; /* events taken, of which the engine was not told; 0: none */
	uint64_t sequence;
	struct link_queue *queue;
	struct link_waits *waits;
	uint8_t buffer[MESSAGE_SIZE_MAX];
};

/* --- the connection --- */

static void retry_later(struct link *link)
{
	ev_timer_set(&link->retry, link->pause, 0.);
	ev_timer_start(link->loop, &link->retry);
	link->pause = link->pause * 2 < LINK_RETRY_MAX ? link->pause * 2 : LINK_RETRY_MAX;
}

static void disconnect(struct link *link, const char *why)
{
	bool was_up = link->greeted;

	if (link->fd < 0)
		return;
	ev_io_stop(link->loop, &link->readable);
	ev_io_stop(link->loop, &link->writable);
	close(link->fd);
	link->fd = -1;
	link->greeted = false;
	link->seen.sequence = 0;
	link_queue_clear(link->queue);
	if (!why)
		link->said = true; /* we are leaving */
	else if (was_up)
		log_warning("link: lost the engine: %s", why);
	else if (!link->said)
		log_warning("link: the engine does not talk to us: %s", why);
	link->said = true;
	if (was_up)
		link->ops->down(link->ctx);
	link_waits_fail(link->waits, -ENOTCONN);
	retry_later(link);
}

static void flush(struct link *link)
{
	int result = link_queue_send(link->queue, link->fd);

	if (result == -EAGAIN)
		ev_io_start(link->loop, &link->writable);
	else
		ev_io_stop(link->loop, &link->writable);
	if (result < 0 && result != -EAGAIN)
		disconnect(link, strerror(-result));
}

static void on_writable(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	flush(io->data);
}

uint64_t link_send(struct link *link, enum message_type type, const void *records, uint32_t count,
		   int fd)
{
	struct message_header header = {.version = MESSAGE_VERSION,
					.type = (uint16_t)type,
					.count = count,
					.sequence = ++link->sequence};

	if (!link->greeted ||
	    link_queue_add(link->queue, &header, records, count * message_record_size(type), fd)) {
		if (fd >= 0)
			close(fd);
		if (link->greeted)
			disconnect(link, "it takes no messages");
		return 0;
	}
	flush(link);
	return link->greeted ? header.sequence : 0;
}

/* --- what the engine says --- */

static void greet(struct link *link, const struct message_hello *hello)
{
	link->hello = *hello;
	link->hello.version[sizeof(hello->version) - 1] = '\0';
	link->hello.kernel[sizeof(hello->kernel) - 1] = '\0';
	link->greeted = true;
	link->said = false;
	link->pause = LINK_RETRY_MIN;
	log_notice("link: engine %s is there, pid %u", link->hello.version, link->hello.pid);
	link->ops->up(link->ctx, &link->hello);
}

static void hand_over(struct link *link, const struct message_header *header, size_t index)
{
	union {
		struct message_hello hello;
		struct message_ack ack;
		struct message_event event;
		struct message_counter counter;
		struct message_tally tally;
		struct message_queue queue;
		struct message_loss loss;
		struct message_item item;
		struct message_verdict verdict;
		struct message_use use;
		struct message_finding finding;
	} record;
	const struct link_ops *ops = link->ops;

	message_record(link->buffer, header, index, &record);
	switch (header->type) {
	case MESSAGE_ACK:
		record.ack.text[sizeof(record.ack.text) - 1] = '\0';
		ops->ack(link->ctx, header->sequence, &record.ack);
		link_waits_end(link->waits, header->sequence, &record.ack);
		break;
	case MESSAGE_EVENT:
		ops->event(link->ctx, &record.event);
		break;
	case MESSAGE_COUNTER:
		record.counter.name[sizeof(record.counter.name) - 1] = '\0';
		ops->counter(link->ctx, &record.counter);
		break;
	case MESSAGE_TALLY:
		ops->tally(link->ctx, &record.tally);
		break;
	case MESSAGE_QUEUE:
		ops->queue(link->ctx, &record.queue);
		break;
	case MESSAGE_LOSS:
		record.loss.name[sizeof(record.loss.name) - 1] = '\0';
		ops->loss(link->ctx, &record.loss);
		break;
	case MESSAGE_USE:
		ops->use(link->ctx, &record.use);
		break;
	case MESSAGE_ITEM:
		record.item.name[sizeof(record.item.name) - 1] = '\0';
		record.item.expected[sizeof(record.item.expected) - 1] = '\0';
		record.item.found[sizeof(record.item.found) - 1] = '\0';
		ops->item(link->ctx, header->sequence, &record.item);
		break;
	case MESSAGE_VERDICT:
		record.verdict.text[sizeof(record.verdict.text) - 1] = '\0';
		ops->verdict(link->ctx, header->sequence, &record.verdict);
		link_waits_end(link->waits, header->sequence, NULL);
		break;
	case MESSAGE_FINDING:
		record.finding.place[sizeof(record.finding.place) - 1] = '\0';
		record.finding.text[sizeof(record.finding.text) - 1] = '\0';
		ops->finding(link->ctx, header->sequence, &record.finding);
		if (record.finding.last)
			link_waits_end(link->waits, header->sequence, NULL);
		break;
	}
}

/* -EPROTO: the engine does not speak as message.h says. */
static int handle(struct link *link, size_t length)
{
	struct message_header header;
	struct message_hello hello;

	if (message_check(link->buffer, length, &header))
		return -EPROTO;
	if (!link->greeted) {
		if (header.type != MESSAGE_HELLO || header.count != 1)
			return -EPROTO;
		message_record(link->buffer, &header, 0, &hello);
		greet(link, &hello);
		return 0;
	}
	if (header.type == MESSAGE_END) {
		link->ops->end(link->ctx);
		link_waits_end(link->waits, header.sequence, NULL);
		return 0;
	}
	if (header.type == MESSAGE_USE && !header.count) {
		link->ops->use(link->ctx, NULL);
		link_waits_end(link->waits, header.sequence, NULL);
		return 0;
	}
	if (header.type < MESSAGE_ACK || header.type == MESSAGE_SEEN ||
	    header.type == MESSAGE_VERIFY || header.type == MESSAGE_LOOKUP)
		return -EPROTO;
	for (size_t i = 0; i < header.count && link->greeted; i++)
		hand_over(link, &header, i);
	if (header.type == MESSAGE_EVENT)
		link->seen.sequence = header.sequence;
	return 0;
}

/* The engine keeps events until it hears that they were taken. */
static void tell_seen(struct link *link)
{
	const struct message_seen seen = link->seen;

	link->seen.sequence = 0;
	if (seen.sequence)
		link_send(link, MESSAGE_SEEN, &seen, 1, -1);
}

static void receive(struct link *link)
{
	for (int i = 0; i < RECEIVE_BURST && link->fd >= 0; i++) {
		ssize_t n = recv(link->fd, link->buffer, sizeof(link->buffer),
				 MSG_DONTWAIT | MSG_TRUNC);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			disconnect(link, n ? strerror(errno) : "it closed the connection");
			return;
		}
		if ((size_t)n > sizeof(link->buffer) || handle(link, (size_t)n))
			disconnect(link, "it sent a message of another version");
	}
}

static void on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	receive(io->data);
	tell_seen(io->data);
}

static void on_retry(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct link *link = timer->data;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	(void)loop;
	(void)events;
	if (fd < 0 || connect(fd, (struct sockaddr *)&link->address, sizeof(link->address))) {
		if (!link->said)
			log_notice("link: waiting for the engine: %s: %s", link->address.sun_path,
				   strerror(errno));
		link->said = true;
		if (fd >= 0)
			close(fd);
		retry_later(link);
		return;
	}
	link->fd = fd;
	ev_io_set(&link->readable, fd, EV_READ);
	ev_io_set(&link->writable, fd, EV_WRITE);
	ev_io_start(link->loop, &link->readable);
}

struct link *link_new(struct ev_loop *loop, const char *path, const struct link_ops *ops, void *ctx)
{
	struct link *link = calloc(1, sizeof(*link));

	if (link)
		link->queue = link_queue_new(LINK_QUEUE_MAX);
	if (link)
		link->waits = link_waits_new(loop);
	if (!link || !link->queue || !link->waits) {
		if (link)
			link_queue_free(link->queue);
		free(link);
		return NULL;
	}
	link->loop = loop;
	link->ops = ops;
	link->ctx = ctx;
	link->fd = -1;
	link->pause = LINK_RETRY_MIN;
	link->address.sun_family = AF_UNIX;
	snprintf(link->address.sun_path, sizeof(link->address.sun_path), "%s", path);
	ev_init(&link->readable, on_readable);
	ev_init(&link->writable, on_writable);
	ev_timer_init(&link->retry, on_retry, 0., 0.);
	link->readable.data = link->writable.data = link->retry.data = link;
	ev_timer_start(loop, &link->retry);
	return link;
}

void link_free(struct link *link)
{
	if (!link)
		return;
	disconnect(link, NULL);
	link_waits_fail(link->waits, -ENOTCONN);
	ev_timer_stop(link->loop, &link->retry);
	link_queue_free(link->queue);
	link_waits_free(link->waits);
	free(link);
}

int link_wait(struct link *link, uint64_t sequence, double seconds, link_done *done, void *arg)
{
	return link_waits_add(link->waits, sequence, seconds, done, arg);
}

bool link_connected(const struct link *link)
{
	return link->greeted;
}

const struct message_hello *link_hello(const struct link *link)
{
	return link->greeted ? &link->hello : NULL;
}
