/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/queue.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/thread.h"
#include "engine/question.h"

#define SLOT_COST 1280 /* of the receive buffer, for one question: sk_buff, its data and ours */

#define LINGER 100000         /* ns that a first packet waits at most, where many come */
#define LINGER_SPACING 50000  /* ns between them, on average: more is not many */
#define LINGER_WINDOW 1000000 /* ns that the average is taken over */

struct rate {
	uint64_t since; /* CLOCK_MONOTONIC, ns */
	uint64_t received;
	bool high;
};

struct counts {
	_Atomic bool busy;       /* from when it has received until the answers are sent */
	_Atomic uint32_t passed; /* the last mark behind which everything is answered */
	_Atomic uint64_t answered, malformed, unsent, errors, unexpected;
	_Atomic uint64_t unparsed[PACKET_REASONS];
};

struct queue {
	struct queue_settings settings;
	struct mnl_socket *socket;
	struct ring *events;
	struct counts counts;
	uint32_t marks; /* the owner's: given so far */
	_Atomic bool stopping;
	pthread_t thread;
	/* the thread's own */
	struct mmsghdr messages[QUESTION_BATCH];
	struct iovec vectors[QUESTION_BATCH];
	char buffers[QUESTION_BATCH][QUESTION_SIZE];
	struct answers answers;
};

static void count(_Atomic uint64_t *counter, uint64_t more)
{
	/* one writer: no need for an atomic addition */
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + more,
			      memory_order_relaxed);
}

/*
 * Everything in one message, so that no packet meets a queue that is half set up, and without an
 * acknowledgement, because packets may come before it: what went wrong waits when send returns.
 */
static int queue_bind(struct queue *queue)
{
	const struct queue_settings *settings = &queue->settings;
	char buffer[512];
	struct nlmsghdr *request = nfq_nlmsg_put(buffer, NFQNL_MSG_CONFIG, settings->number);
	const struct nlmsghdr *message = (const void *)buffer;
	const struct nlmsgerr *error;
	ssize_t length;

	nfq_nlmsg_cfg_put_cmd(request, AF_INET, NFQNL_CFG_CMD_BIND);
	nfq_nlmsg_cfg_put_params(request, NFQNL_COPY_PACKET, QUESTION_PACKET);
	nfq_nlmsg_cfg_put_qmaxlen(request, settings->length);
	mnl_attr_put_u32(request, NFQA_CFG_FLAGS, htonl(NFQA_CFG_F_FAIL_OPEN | NFQA_CFG_F_GSO));
	mnl_attr_put_u32(request, NFQA_CFG_MASK, htonl(NFQA_CFG_F_FAIL_OPEN | NFQA_CFG_F_GSO));
	if (mnl_socket_sendto(queue->socket, request, request->nlmsg_len) < 0)
		return -errno;
	length = recv(mnl_socket_get_fd(queue->socket), buffer, sizeof(buffer),
		      MSG_DONTWAIT | MSG_PEEK);
	if (length < 0)
		return errno == EAGAIN ? 0 : -errno;
	if (!mnl_nlmsg_ok(message, (int)length) || message->nlmsg_type != NLMSG_ERROR ||
	    mnl_nlmsg_get_payload_len(message) < sizeof(*error))
		return 0; /* a packet: the thread will answer it */
	error = mnl_nlmsg_get_payload(message);
	return error->error;
}

static int queue_socket(struct queue *queue)
{
	int room = (int)queue->settings.length * SLOT_COST;
	int on = 1, fd;

	queue->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!queue->socket || mnl_socket_bind(queue->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	fd = mnl_socket_get_fd(queue->socket);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0)
		return -errno;
	/* a full buffer is the kernel's fail-open, counted there: no error to the receiver */
	setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof(on));
	return queue_bind(queue);
}

static void queue_send(struct queue *queue)
{
	const struct answers *answers = &queue->answers;

	if (answers->any && mnl_socket_sendto(queue->socket, answers->buffer, answers->length) < 0)
		count(&queue->counts.unsent, 1);
}

/* No question: a mark has come by, or the kernel did not take an answer. */
static void queue_other(struct queue *queue, const void *data, size_t length, uint32_t *mark)
{
	uint32_t sequence;
	int error;

	if (!question_is_reply(data, length, &sequence, &error))
		count(&queue->counts.malformed, 1);
	else if (error)
		count(&queue->counts.unsent, 1);
	else
		*mark = sequence;
}

/* Answers @received messages; the events follow when the answers are on their way. */
static void queue_batch(struct queue *queue, unsigned received)
{
	struct message_event events[QUESTION_BATCH];
	struct judge judge = {.burst = queue->settings.burst,
			      .time = clock_ns(CLOCK_REALTIME),
			      .now = clock_ms(CLOCK_MONOTONIC)};
	uint32_t passed = atomic_load_explicit(&queue->counts.passed, memory_order_relaxed);
	unsigned answered = 0, told = 0;

	judge.snapshot = snapshots_acquire(queue->settings.snapshots, queue->settings.reader);
	answers_begin(&queue->answers, queue->settings.number);
	for (unsigned i = 0; i < received; i++) {
		struct question question;
		uint32_t mark;

		if (question_parse(queue->buffers[i], queue->messages[i].msg_len, &question)) {
			queue_other(queue, queue->buffers[i], queue->messages[i].msg_len, &passed);
			continue;
		}
		told += question_answer(&question, &judge, &mark, &events[told]);
		answers_add(&queue->answers, question.id, mark);
		answered++;
	}
	queue_send(queue); /* the packets have gone on when it returns */
	atomic_store(&queue->counts.passed, passed);
	snapshots_release(queue->settings.snapshots, queue->settings.reader);
	count(&queue->counts.answered, answered);
	count(&queue->counts.unexpected, answered - told);
	for (unsigned i = 0; i < told; i++) {
		if (events[i].reason)
			count(&queue->counts.unparsed[events[i].reason], 1);
		ring_put(queue->events, &events[i]);
	}
	if (answered)
		queue->settings.wake(queue->settings.wake_arg);
}

/*
 * Where many come, to be woken for each costs as much as to answer it, and costs whoever brings them,
 * too: the thread then sleeps, and answers those of a while together.
 */
static bool lingers(struct rate *rate, unsigned received)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	rate->received += received;
	if (now - rate->since < LINGER_WINDOW)
		return rate->high;
	rate->high = rate->received > (now - rate->since) / LINGER_SPACING;
	rate->received = 0;
	rate->since = now;
	return rate->high;
}

/*
 * Where few come it waits inside the receiving call, which costs them less than to wait before it.
 * Asked to end, it still answers what waits, for what is left when the socket closes is dropped.
 */
static void *queue_run(void *arg)
{
	struct queue *queue = arg;
	int fd = mnl_socket_get_fd(queue->socket);
	const struct timespec linger = {.tv_nsec = LINGER};
	unsigned last = queue->settings.length / QUESTION_BATCH + 1, since = 0;
	struct rate rate = {0};

	for (;;) {
		bool stopping = atomic_load(&queue->stopping);
		int received = recvmmsg(fd, queue->messages, QUESTION_BATCH,
					rate.high || stopping ? MSG_DONTWAIT : MSG_WAITFORONE,
					NULL);

		if (received > 0) {
			atomic_store(&queue->counts.busy, true);
			queue_batch(queue, (unsigned)received);
			atomic_store(&queue->counts.busy, false);
			since += (unsigned)received;
			if (stopping && !--last)
				return NULL;
			if (rate.high)
				continue;
		} else if (errno != EAGAIN && errno != EINTR) {
			count(&queue->counts.errors, 1);
		} else if (stopping) {
			return NULL;
		}
		if (lingers(&rate, since))
			nanosleep(&linger, NULL);
		since = 0;
	}
}

static int queue_start(struct queue *queue)
{
	char name[16];

	for (unsigned i = 0; i < QUESTION_BATCH; i++) {
		queue->vectors[i] = (struct iovec){queue->buffers[i], QUESTION_SIZE};
		queue->messages[i].msg_hdr =
			(struct msghdr){.msg_iov = &queue->vectors[i], .msg_iovlen = 1};
	}
	snprintf(name, sizeof(name), "queue %u", queue->settings.number);
	return thread_start(&queue->thread, name, queue_run, queue);
}

static void queue_free(struct queue *queue)
{
	if (queue->socket)
		mnl_socket_close(queue->socket);
	ring_free(queue->events);
	free(queue);
}

int queue_open(struct queue **out, const struct queue_settings *settings)
{
	struct queue *queue = calloc(1, sizeof(*queue));
	int result;

	*out = NULL;
	if (!queue)
		return -ENOMEM;
	queue->settings = *settings;
	queue->events = ring_new();
	result = queue->events ? queue_socket(queue) : -ENOMEM;
	if (!result)
		result = queue_start(queue);
	if (result)
		queue_free(queue);
	else
		*out = queue;
	return result;
}

static bool ended_soon(pthread_t thread)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec++;
	return pthread_timedjoin_np(thread, NULL, &until) != ETIMEDOUT;
}

size_t queue_close(struct queue *queue)
{
	size_t unsent;

	if (!queue)
		return 0;
	atomic_store(&queue->stopping, true);
	/* it may wait inside the receiving call, and the kernel may have no memory for a mark */
	do
		queue_mark(queue);
	while (!ended_soon(queue->thread));
	unsent = ring_unsent(queue->events);
	queue_free(queue);
	return unsent;
}

bool queue_busy(const struct queue *queue)
{
	char byte;

	if (recv(mnl_socket_get_fd(queue->socket), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0)
		return true;
	return atomic_load(&queue->counts.busy);
}

/*
 * A request that asks for nothing: its acknowledgement waits in the socket behind all questions of
 * before (net/netlink/af_netlink.c, netlink_rcv_skb()). It is lost where the socket is full.
 */
uint32_t queue_mark(struct queue *queue)
{
	struct nlmsghdr request = {.nlmsg_len = sizeof(request),
				   .nlmsg_type = NLMSG_NOOP,
				   .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
				   .nlmsg_seq = ++queue->marks};

	if (mnl_socket_sendto(queue->socket, &request, sizeof(request)) < 0)
		log_warning("queue: %u: mark: %s", queue->settings.number, strerror(errno));
	return queue->marks;
}

bool queue_passed(const struct queue *queue, uint32_t mark)
{
	return (int32_t)(atomic_load(&queue->counts.passed) - mark) >= 0;
}

pthread_t queue_thread(const struct queue *queue)
{
	return queue->thread;
}

uint16_t queue_number(const struct queue *queue)
{
	return queue->settings.number;
}

unsigned queue_reader(const struct queue *queue)
{
	return queue->settings.reader;
}

struct ring *queue_events(struct queue *queue)
{
	return queue->events;
}

void queue_read(const struct queue *queue, struct queue_counts *counts)
{
	counts->answered = atomic_load_explicit(&queue->counts.answered, memory_order_relaxed);
	counts->malformed = atomic_load_explicit(&queue->counts.malformed, memory_order_relaxed);
	counts->unsent = atomic_load_explicit(&queue->counts.unsent, memory_order_relaxed);
	counts->errors = atomic_load_explicit(&queue->counts.errors, memory_order_relaxed);
	counts->unexpected = atomic_load_explicit(&queue->counts.unexpected, memory_order_relaxed);
	for (unsigned i = 0; i < PACKET_REASONS; i++)
		counts->unparsed[i] =
			atomic_load_explicit(&queue->counts.unparsed[i], memory_order_relaxed);
}
