/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first bytes of an IPv4 or IPv6 packet, from the network header on, as NFQUEUE hands them over.
 * RFC 791, RFC 8200 (extension headers), RFC 9293; reads bytes only, never through a cast.
 */
#ifndef EDGE25_PACKET_H
#define EDGE25_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include "addr.h"

/* Why a packet could not be parsed to the end; each is a counter. */
enum packet_reason {
	PACKET_OK = 0,
	PACKET_SHORT_IP,       /* ends inside the IP header */
	PACKET_BAD_VERSION,    /* neither 4 nor 6 */
	PACKET_BAD_IP_LENGTH,  /* IHL < 5, or a total length shorter than the header */
	PACKET_HEADER_CHAIN,   /* IPv6 headers end early or exceed PACKET_HEADERS_MAX */
	PACKET_LATER_FRAGMENT, /* fragment offset is not 0: no ports in it */
	PACKET_NOT_TCP,
	PACKET_SHORT_TCP,      /* ports may be there, flags are not (a fragment of 8 bytes, say) */
	PACKET_BAD_TCP_OFFSET, /* data offset < 5 */
	PACKET_REASONS
};

#define PACKET_HEADERS_MAX 16 /* extension headers; hosts send at most a few, a loop must end */

#define PACKET_TCP_FIN 0x01
#define PACKET_TCP_SYN 0x02
#define PACKET_TCP_RST 0x04
#define PACKET_TCP_PSH 0x08
#define PACKET_TCP_ACK 0x10

/* What could be read is filled in whatever the reason; the rest is 0. */
struct packet {
	struct addr source;
	struct addr destination;
	uint16_t source_port; /* host order */
	uint16_t destination_port;
	uint8_t tcp_flags; /* low byte: FIN SYN RST PSH ACK URG ECE CWR */
	uint8_t ttl;       /* or hop limit */
	uint8_t protocol;  /* last header reached */
};

enum packet_reason packet_parse(const uint8_t *data, size_t length, struct packet *packet);
/* "short-tcp" ... ; NULL out of range. */
const char *packet_reason_word(unsigned reason);

#endif
