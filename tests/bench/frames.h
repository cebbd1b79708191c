/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frames that are sent, all of one size, before pairs.h fills in addresses and checksums.
 */
#ifndef EDGE25_BENCH_FRAMES_H
#define EDGE25_BENCH_FRAMES_H

#include <stdint.h>

#define FRAME_SIZE 74
#define FRAME_IP_AT 14
#define FRAME_HOPS 64

/* Where something is, is said in bytes from the beginning. */
struct frame {
	uint8_t bytes[FRAME_SIZE]; /* what is filled in is zero */
	uint8_t ip_checksum_at;    /* 0: IPv6 has none */
	uint8_t hops_at;           /* TTL or hop limit */
	uint8_t addresses_at;
	uint8_t source_at; /* of both addresses the last 32 bits */
	uint8_t destination_at;
	uint8_t transport_at;
	uint8_t checksum_at; /* of TCP or UDP */
	uint8_t protocol;
};

#define FRAME_TRAFFIC "smtp, submission, greeting, tcp4, tcp6, udp4, udp6"

/*
 * smtp, submission: SYNs to port 25 and 587, IPv4. greeting: what a mail server says, from port 25,
 * IPv4. The others go to port 443, and are in the middle of a conversation.
 * 0, or -EINVAL if it is none of these. The Ethernet address it is for is left zero.
 */
int frame_make(struct frame *frame, const char *traffic);

#endif
