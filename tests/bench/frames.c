// SPDX-License-Identifier: GPL-2.0-or-later
#include "frames.h"

#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#define PAYLOAD (FRAME_SIZE - FRAME_IP_AT)

// clang-format off
/* From this address, IPv4 or IPv6. */
static const uint8_t ethernet4[] = {0, 0, 0, 0, 0, 0, 0x02, 0xe2, 0x05, 0, 0, 1, 0x08, 0x00};
static const uint8_t ethernet6[] = {0, 0, 0, 0, 0, 0, 0x02, 0xe2, 0x05, 0, 0, 1, 0x86, 0xdd};

/* Do not fragment; the protocol is filled in. */
static const uint8_t ipv4[] = {
	0x45, 0, 0, PAYLOAD, 0, 1, 0x40, 0, FRAME_HOPS, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};

/* 2001:db8:1:: to 2001:2:: (RFC 5180); the protocol is filled in. */
static const uint8_t ipv6[] = {
	0x60, 0, 0, 0, 0, PAYLOAD - 40, 0, FRAME_HOPS,
	0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0x20, 0x01, 0, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};

/* As Linux sends it: 40000 to 25, SYN, window 64240; MSS 1460, SACK, timestamps, scale 7. */
static const uint8_t syn[] = {
	0x9c, 0x40, 0, 25, 0, 0, 0, 1, 0, 0, 0, 0, 0xa0, 0x02, 0xfa, 0xf0, 0, 0, 0, 0,
	2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7,
};

/* The same to 587. */
static const uint8_t submission[] = {
	0x9c, 0x40, 0x02, 0x4b, 0, 0, 0, 1, 0, 0, 0, 0, 0xa0, 0x02, 0xfa, 0xf0, 0, 0, 0, 0,
	2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7,
};

/* 25 to 40000, PSH and ACK; what is left of the frame is data. */
static const uint8_t greeting[] = {
	0, 25, 0x9c, 0x40, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 0xfa, 0xf0, 0, 0, 0, 0,
};

/* 40000 to 443, ACK; what is left of the frame is data. */
static const uint8_t ack[] = {
	0x9c, 0x40, 0x01, 0xbb, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 0xfa, 0xf0, 0, 0, 0, 0,
};

/* 40000 to 443; the length is filled in. */
static const uint8_t udp[] = {0x9c, 0x40, 0x01, 0xbb, 0, 0, 0, 0};
// clang-format on

struct version {
	const uint8_t *ethernet, *header;
	uint8_t size;
	uint8_t hops, protocol, checksum; /* where in the header; no checksum: 0 */
	uint8_t addresses, address;       /* where, and how long one is */
};

static const struct version version4 = {ethernet4, ipv4, sizeof(ipv4), 8, 9, 10, 12, 4};
static const struct version version6 = {ethernet6, ipv6, sizeof(ipv6), 7, 6, 0, 8, 16};

static const struct traffic {
	const char *name;
	const struct version *version;
	uint8_t protocol;
	const uint8_t *header;
	uint8_t size, checksum;
} traffics[] = {
	{"smtp", &version4, IPPROTO_TCP, syn, sizeof(syn), 16},
	{"submission", &version4, IPPROTO_TCP, submission, sizeof(submission), 16},
	{"greeting", &version4, IPPROTO_TCP, greeting, sizeof(greeting), 16},
	{"tcp4", &version4, IPPROTO_TCP, ack, sizeof(ack), 16},
	{"tcp6", &version6, IPPROTO_TCP, ack, sizeof(ack), 16},
	{"udp4", &version4, IPPROTO_UDP, udp, sizeof(udp), 6},
	{"udp6", &version6, IPPROTO_UDP, udp, sizeof(udp), 6},
};

static void fill(struct frame *frame, const struct traffic *traffic)
{
	const struct version *version = traffic->version;
	uint8_t *ip = frame->bytes + FRAME_IP_AT, *transport = ip + version->size;

	*frame = (struct frame){
		.hops_at = FRAME_IP_AT + version->hops,
		.addresses_at = FRAME_IP_AT + version->addresses,
		.transport_at = FRAME_IP_AT + version->size,
		.protocol = traffic->protocol,
	};
	frame->ip_checksum_at = version->checksum ? FRAME_IP_AT + version->checksum : 0;
	frame->source_at = frame->addresses_at + version->address - 4;
	frame->destination_at = frame->source_at + version->address;
	frame->checksum_at = frame->transport_at + traffic->checksum;

	memcpy(frame->bytes, version->ethernet, FRAME_IP_AT);
	memcpy(ip, version->header, version->size);
	ip[version->protocol] = traffic->protocol;
	memcpy(transport, traffic->header, traffic->size);
	if (traffic->protocol == IPPROTO_UDP)
		transport[5] = FRAME_SIZE - frame->transport_at;
}

int frame_make(struct frame *frame, const char *traffic)
{
	for (size_t i = 0; i < sizeof(traffics) / sizeof(traffics[0]); i++)
		if (!strcmp(traffics[i].name, traffic)) {
			fill(frame, &traffics[i]);
			return 0;
		}
	return -EINVAL;
}
