/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/question.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <string.h>

#define SMTP 25

/* The attribute if it has at least @length bytes. */
static const struct nlattr *present(struct nlattr *const *attrs, unsigned type, size_t length)
{
	return attrs[type] && mnl_attr_get_payload_len(attrs[type]) >= length ? attrs[type] : NULL;
}

static uint32_t read_u32(const struct nlattr *attr)
{
	uint32_t value;

	memcpy(&value, mnl_attr_get_payload(attr), sizeof(value));
	return ntohl(value);
}

static void read_mac(struct nlattr *const *attrs, struct question *question)
{
	struct nfqnl_msg_packet_hw hardware;

	if (!present(attrs, NFQA_HWADDR, sizeof(hardware)))
		return;
	memcpy(&hardware, mnl_attr_get_payload(attrs[NFQA_HWADDR]), sizeof(hardware));
	if (ntohs(hardware.hw_addrlen) != 6) /* Ethernet; other link layers have no use for it */
		return;
	question->mac_length = 6;
	memcpy(question->mac, hardware.hw_addr, 6);
}

/* mnl_nlmsg_ok() alone takes a length above INT_MAX for a negative one. */
static bool complete(const struct nlmsghdr *message, size_t length)
{
	return mnl_nlmsg_ok(message, (int)length) && message->nlmsg_len <= length;
}

static bool whole(const struct nlmsghdr *message, size_t length)
{
	return complete(message, length) &&
	       message->nlmsg_len >= mnl_nlmsg_size(sizeof(struct nfgenmsg)) &&
	       message->nlmsg_type == (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET);
}

int question_parse(const void *data, size_t length, struct question *question)
{
	const struct nlmsghdr *message = data;
	struct nlattr *attrs[NFQA_MAX + 1] = {0};
	struct nfqnl_msg_packet_hdr header;

	memset(question, 0, sizeof(*question));
	if (!whole(message, length) || nfq_nlmsg_parse(message, attrs) < 0)
		return -EINVAL;
	if (!present(attrs, NFQA_PACKET_HDR, sizeof(header)))
		return -EINVAL;
	memcpy(&header, mnl_attr_get_payload(attrs[NFQA_PACKET_HDR]), sizeof(header));
	question->id = ntohl(header.packet_id);
	if (present(attrs, NFQA_MARK, sizeof(uint32_t)))
		question->mark = read_u32(attrs[NFQA_MARK]);
	if (present(attrs, NFQA_IFINDEX_INDEV, sizeof(uint32_t)))
		question->interface = read_u32(attrs[NFQA_IFINDEX_INDEV]);
	read_mac(attrs, question);
	if (attrs[NFQA_PAYLOAD]) {
		question->packet = mnl_attr_get_payload(attrs[NFQA_PAYLOAD]);
		question->packet_length = mnl_attr_get_payload_len(attrs[NFQA_PAYLOAD]);
	}
	return 0;
}

bool question_is_reply(const void *data, size_t length, uint32_t *sequence, int *error)
{
	const struct nlmsghdr *message = data;
	struct nlmsgerr reply;

	if (!complete(message, length) || message->nlmsg_type != NLMSG_ERROR ||
	    message->nlmsg_len < mnl_nlmsg_size(sizeof(reply.error)))
		return false;
	memcpy(&reply.error, mnl_nlmsg_get_payload(message), sizeof(reply.error));
	*sequence = message->nlmsg_seq;
	*error = reply.error;
	return true;
}

static void describe(const struct question *question, const struct judge *judge,
		     const struct packet *packet, struct message_event *event)
{
	memset(event, 0, sizeof(*event));
	event->time = judge->time;
	event->source = packet->source;
	event->destination = packet->destination;
	event->source_port = packet->source_port;
	event->destination_port = packet->destination_port;
	event->tcp_flags = packet->tcp_flags;
	event->ttl = packet->ttl;
	event->interface = question->interface;
	event->mac_length = question->mac_length;
	memcpy(event->mac, question->mac, sizeof(event->mac));
}

/* No question is in its mark: nothing but a server that talks comes so. It goes on as it is. */
static bool answer_aside(const struct packet *packet, enum packet_reason reason,
			 struct message_event *event)
{
	const uint8_t flags = PACKET_TCP_PSH | PACKET_TCP_ACK;
	const uint8_t others = PACKET_TCP_SYN | PACKET_TCP_RST;

	if (reason != PACKET_OK || packet->source_port != SMTP ||
	    (packet->tcp_flags & (flags | others)) != flags)
		return false;
	/* told as the subscriber's: the server's own neighbour says nothing about him */
	event->kind = MESSAGE_HANDSHAKE;
	event->source = packet->destination;
	event->destination = packet->source;
	event->source_port = packet->destination_port;
	event->destination_port = packet->source_port;
	event->mac_length = 0;
	memset(event->mac, 0, sizeof(event->mac));
	event->interface = 0;
	return true;
}

/* A packet that hides its flags meets a destination, too: the safe answer would let it pass. */
static bool is_beyond_burst(const struct judge *judge, struct mark mark,
			    const struct packet *packet)
{
	return mark.action == MARK_QUESTION && packet->destination.family &&
	       judge->snapshot->policies[mark.policy].mode == MODE_GUARD &&
	       !burst_admit(judge->burst, judge->snapshot, mark.policy, &packet->source,
			    &packet->destination, judge->now);
}

bool question_answer(const struct question *question, const struct judge *judge, uint32_t *value,
		     struct message_event *event)
{
	struct packet packet;
	enum packet_reason reason =
		packet_parse(question->packet, question->packet_length, &packet);
	uint32_t mask = judge->snapshot ? judge->snapshot->mask : MARK_MASK_DEFAULT;
	struct mark mark = mark_decode(question->mark, mask);

	describe(question, judge, &packet, event);
	*value = question->mark;
	if (mark.action == MARK_NONE && !mark.epoch)
		return answer_aside(&packet, reason, event);
	event->policy = (uint8_t)mark.policy;
	event->reason = (uint8_t)reason;
	/* a source that cannot be true is only told of: the kernel has decided */
	if (judge->snapshot && mark.action == MARK_NONE && mark.epoch == MARK_UNTRUE)
		event->kind = MESSAGE_UNTRUE;
	else if (judge->snapshot)
		mark.action = is_beyond_burst(judge, mark, &packet) ?
				      MARK_REFUSE :
				      policy_decide(judge->snapshot, mark, reason);
	event->action = (uint8_t)mark.action;
	*value = (question->mark & ~mask) | mark_encode(mark, mask);
	return true;
}

void answers_begin(struct answers *answers, uint16_t queue)
{
	answers->length = 0;
	answers->any = false;
	answers->queue = queue;
}

static void answers_put(struct answers *answers, int type, uint32_t id, uint32_t mark)
{
	struct nlmsghdr *message;

	message = nfq_nlmsg_put(answers->buffer + answers->last, type, answers->queue);
	nfq_nlmsg_verdict_put(message, (int)id, NF_ACCEPT);
	nfq_nlmsg_verdict_put_mark(message, mark);
	answers->length = answers->last + MNL_ALIGN(message->nlmsg_len);
	answers->mark = mark;
	answers->last_id = id;
	answers->any = true;
}

void answers_add(struct answers *answers, uint32_t id, uint32_t mark)
{
	/* a batch verdict covers every id up to its own that still waits: all before were answered */
	if (answers->any && answers->mark == mark) {
		answers_put(answers, NFQNL_MSG_VERDICT_BATCH, id, mark);
		return;
	}
	answers->last = answers->length;
	answers_put(answers, NFQNL_MSG_VERDICT, id, mark);
}
