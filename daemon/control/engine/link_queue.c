// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/engine/link_queue.h"

struct outgoing {
	uint8_t *data;
	size_t size;
	int fd;
};

struct link_queue {
	unsigned room, first, count;
	struct outgoing packets[];
};

struct link_queue *link_queue_new(unsigned room)
{
	struct link_queue *queue = calloc(1, sizeof(*queue) + room * sizeof(queue->packets[0]));

	if (queue)
		queue->room = room;
	return queue;
}

static void drop_first(struct link_queue *queue)
{
	struct outgoing *packet = &queue->packets[queue->first];

	free(packet->data);
	if (packet->fd >= 0)
		close(packet->fd);
	queue->first = (queue->first + 1) % queue->room;
	queue->count--;
}

void link_queue_clear(struct link_queue *queue)
{
	while (queue->count)
		drop_first(queue);
}

void link_queue_free(struct link_queue *queue)
{
	if (queue)
		link_queue_clear(queue);
	free(queue);
}

int link_queue_add(struct link_queue *queue, const struct message_header *header,
		   const void *records, size_t size, int fd)
{
	struct outgoing packet = {.size = sizeof(*header) + size, .fd = fd};

	if (queue->count == queue->room)
		return -ENOBUFS;
	packet.data = malloc(packet.size);
	if (!packet.data)
		return -ENOMEM;
	memcpy(packet.data, header, sizeof(*header));
	if (size)
		memcpy(packet.data + sizeof(*header), records, size);
	queue->packets[(queue->first + queue->count++) % queue->room] = packet;
	return 0;
}

static int send_one(const struct outgoing *packet, int socket)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec part = {.iov_base = packet->data, .iov_len = packet->size};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (packet->fd >= 0) {
		struct cmsghdr *cmsg;

		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		cmsg = CMSG_FIRSTHDR(&message);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &packet->fd, sizeof(int));
	}
	return sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int link_queue_send(struct link_queue *queue, int socket)
{
	while (queue->count) {
		int error = send_one(&queue->packets[queue->first], socket);

		if (error == -EINTR)
			continue;
		if (error)
			return error;
		drop_first(queue);
	}
	return 0;
}
