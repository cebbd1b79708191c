// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/log.h"
#include "control/hosts/slots.h"
#include "control/names/neighbour.h"

#define RECEIVE_MAX 32768 /* what a dump comes in at most (rtnetlink's skbs) */
#define TURN_MAX 64       /* datagrams before others have their turn */
#define AGAIN 1.          /* second, between readings of the whole table */

struct record {
	struct neighbour neighbour; /* family 0: not in use */
	uint32_t reading;           /* that told of it last */
};

struct neighbours {
	struct ev_loop *loop;
	struct mnl_socket *socket;
	ev_io io;
	ev_timer again;
	struct hash_key key;
	struct slots slots;
	struct record *records;
	uint32_t reading; /* number of the present one */
	unsigned sequence;
	bool interrupted; /* the table changed under the reading */
	uint64_t lost;
	char problem[128];
};

/* --- records --- */

static uint64_t hash(const struct neighbours *neighbours, const struct addr *addr)
{
	return hash_bytes(&neighbours->key, addr, sizeof(*addr));
}

static uint32_t slot_of(const struct neighbours *neighbours, const struct addr *addr)
{
	uint32_t slot = slots_first(&neighbours->slots, hash(neighbours, addr));

	while (slot != SLOT_NONE && !addr_equal(&neighbours->records[slot].neighbour.addr, addr))
		slot = slots_next(&neighbours->slots, slot);
	return slot;
}

static void forget(struct neighbours *neighbours, uint32_t slot)
{
	struct record *record = &neighbours->records[slot];

	slots_remove(&neighbours->slots, hash(neighbours, &record->neighbour.addr), slot);
	record->neighbour.addr.family = 0;
}

static void note(struct neighbours *neighbours, const struct neighbour *neighbour)
{
	uint32_t slot = slot_of(neighbours, &neighbour->addr);

	if (neighbour->gone) {
		if (slot != SLOT_NONE)
			forget(neighbours, slot);
		return;
	}
	if (slot == SLOT_NONE)
		slot = slots_add(&neighbours->slots, hash(neighbours, &neighbour->addr));
	if (slot == SLOT_NONE)
		neighbours->lost++;
	else
		neighbours->records[slot] = (struct record){*neighbour, neighbours->reading};
}

/* What the whole reading did not tell of is gone. */
static void sweep(struct neighbours *neighbours)
{
	for (uint32_t slot = 0; slot < neighbours->slots.fresh; slot++)
		if (neighbours->records[slot].neighbour.addr.family &&
		    neighbours->records[slot].reading != neighbours->reading)
			forget(neighbours, slot);
}

/* --- the kernel --- */

static void fail(struct neighbours *neighbours, const char *what, int error)
{
	if (!neighbours->problem[0])
		log_warning("neighbours: %s: %s", what, strerror(error));
	snprintf(neighbours->problem, sizeof(neighbours->problem),
		 "the kernel's neighbour table: %s: %s", what, strerror(error));
}

static void later(struct neighbours *neighbours)
{
	if (ev_is_active(&neighbours->again))
		return;
	ev_timer_set(&neighbours->again, AGAIN, 0.);
	ev_timer_start(neighbours->loop, &neighbours->again);
}

static void ask(struct neighbours *neighbours)
{
	char buffer[MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(struct ndmsg))];
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);

	neighbours->reading++;
	neighbours->interrupted = false;
	header->nlmsg_type = RTM_GETNEIGH;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	header->nlmsg_seq = ++neighbours->sequence;
	mnl_nlmsg_put_extra_header(header, sizeof(struct ndmsg)); /* zeroed: of every family */
	if (mnl_socket_sendto(neighbours->socket, header, header->nlmsg_len) < 0) {
		fail(neighbours, "it cannot be asked for", errno);
		later(neighbours);
	}
}

static void finish(struct neighbours *neighbours)
{
	if (neighbours->interrupted) {
		later(neighbours);
		return;
	}
	sweep(neighbours);
	if (neighbours->problem[0])
		log_notice("neighbours: the kernel's table can be read again");
	neighbours->problem[0] = '\0';
}

static void take(struct neighbours *neighbours, const struct nlmsghdr *header)
{
	struct neighbour neighbour;
	/* A change bears the number of who asked for it, and his sequence. */
	bool mine = header->nlmsg_seq == neighbours->sequence &&
		    header->nlmsg_pid == mnl_socket_get_portid(neighbours->socket);

	if (mine && (header->nlmsg_flags & NLM_F_DUMP_INTR))
		neighbours->interrupted = true;
	if (mine && header->nlmsg_type == NLMSG_DONE) {
		finish(neighbours);
	} else if (mine && header->nlmsg_type == NLMSG_ERROR) {
		const struct nlmsgerr *error = mnl_nlmsg_get_payload(header);

		/* Busy: with what was asked for before and is not wanted any more. */
		if (mnl_nlmsg_get_payload_len(header) >= sizeof(*error) && error->error != -EBUSY)
			fail(neighbours, "it was refused", -error->error);
		later(neighbours);
	} else if (neighbour_read(header, header->nlmsg_len, &neighbour) == 0) {
		note(neighbours, &neighbour);
	}
}

/* True: there may be more. */
static bool receive(struct neighbours *neighbours)
{
	static _Alignas(struct nlmsghdr) char buffer[RECEIVE_MAX];
	ssize_t size = mnl_socket_recvfrom(neighbours->socket, buffer, sizeof(buffer));
	const struct nlmsghdr *header = (const void *)buffer;
	int left = (int)size;

	if (size < 0 && errno == EINTR)
		return true;
	if (size < 0 && errno == ENOBUFS) { /* some were lost: the whole table tells */
		later(neighbours);
		return true;
	}
	if (size < 0 && errno == ENOSPC) /* longer than any that the kernel sends */
		return true;
	if (size < 0 && errno != EAGAIN)
		fail(neighbours, "it cannot be read", errno);
	if (size <= 0)
		return false;
	for (; mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left))
		take(neighbours, header);
	return true;
}

static void on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	struct neighbours *neighbours = io->data;

	(void)loop;
	(void)events;
	for (unsigned i = 0; i < TURN_MAX && receive(neighbours); i++)
		;
}

static int open_socket(struct neighbours *neighbours)
{
	neighbours->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!neighbours->socket)
		return -errno;
	if (mnl_socket_bind(neighbours->socket, RTMGRP_NEIGH, MNL_SOCKET_AUTOPID) == 0)
		return 0;
	mnl_socket_close(neighbours->socket);
	neighbours->socket = NULL;
	return -errno;
}

static void on_again(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	ask(timer->data);
}

/* --- from start to end --- */

struct neighbours *neighbours_new(struct ev_loop *loop)
{
	struct neighbours *neighbours = calloc(1, sizeof(*neighbours));
	int error;

	if (!neighbours)
		return NULL;
	neighbours->loop = loop;
	neighbours->records = calloc(NEIGHBOURS_MAX, sizeof(*neighbours->records));
	if (!neighbours->records || slots_init(&neighbours->slots, NEIGHBOURS_MAX) ||
	    getrandom(&neighbours->key, sizeof(neighbours->key), 0) != sizeof(neighbours->key)) {
		neighbours_free(neighbours);
		return NULL;
	}
	ev_init(&neighbours->again, on_again);
	neighbours->again.data = neighbours;
	error = open_socket(neighbours);
	if (error) {
		fail(neighbours, "no socket for it", -error);
		return neighbours;
	}
	ev_io_init(&neighbours->io, on_readable, mnl_socket_get_fd(neighbours->socket), EV_READ);
	neighbours->io.data = neighbours;
	ev_io_start(loop, &neighbours->io);
	ask(neighbours);
	return neighbours;
}

void neighbours_free(struct neighbours *neighbours)
{
	if (!neighbours)
		return;
	if (neighbours->socket) {
		ev_io_stop(neighbours->loop, &neighbours->io);
		ev_timer_stop(neighbours->loop, &neighbours->again);
		mnl_socket_close(neighbours->socket);
	}
	slots_release(&neighbours->slots);
	free(neighbours->records);
	free(neighbours);
}

bool neighbours_find(const struct neighbours *neighbours, const struct addr *addr, uint8_t mac[6])
{
	uint32_t slot = slot_of(neighbours, addr);

	if (slot == SLOT_NONE)
		return false;
	memcpy(mac, neighbours->records[slot].neighbour.mac, 6);
	return true;
}

size_t neighbours_count(const struct neighbours *neighbours)
{
	return neighbours->slots.count;
}

uint64_t neighbours_lost(const struct neighbours *neighbours)
{
	return neighbours->lost;
}

const char *neighbours_problem(const struct neighbours *neighbours)
{
	return neighbours->problem[0] ? neighbours->problem : NULL;
}
