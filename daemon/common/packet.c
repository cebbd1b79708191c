/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet.h"

#include <stdbool.h>

#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define TCP_PORTS 4  /* bytes up to and with both ports */
#define TCP_FLAGS 14 /* bytes up to and with the flags */
#define TCP_OFFSET_MIN 5

#define PROTOCOL_TCP 6

/* Next-header values that have a header of the usual form behind them (IANA, RFC 7045). */
enum extension {
	EXTENSION_HOP_BY_HOP = 0,
	EXTENSION_ROUTING = 43,
	EXTENSION_FRAGMENT = 44,
	EXTENSION_AH = 51,
	EXTENSION_DESTINATION = 60,
	EXTENSION_MOBILITY = 135,
	EXTENSION_HIP = 139,
	EXTENSION_SHIM6 = 140,
	EXTENSION_EXPERIMENT_1 = 253,
	EXTENSION_EXPERIMENT_2 = 254,
};

/* What may still be read: bytes that were captured and belong to the packet. */
struct cursor {
	const uint8_t *data;
	size_t left;
};

static uint16_t read_be16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void skip(struct cursor *cursor, size_t bytes)
{
	cursor->data += bytes;
	cursor->left -= bytes;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static enum packet_reason parse_tcp(const struct cursor *tcp, struct packet *packet)
{
	if (tcp->left >= TCP_PORTS) {
		packet->source_port = read_be16(tcp->data);
		packet->destination_port = read_be16(tcp->data + 2);
	}
	if (tcp->left < TCP_FLAGS)
		return PACKET_SHORT_TCP;
	packet->tcp_flags = tcp->data[13];
	if (tcp->data[12] >> 4 < TCP_OFFSET_MIN)
		return PACKET_BAD_TCP_OFFSET;
	return PACKET_OK;
}

static enum packet_reason parse_ipv4(struct cursor ip, struct packet *packet)
{
	size_t header, total;

	if (ip.left < IPV4_HEADER)
		return PACKET_SHORT_IP;
	packet->ttl = ip.data[8];
	packet->protocol = ip.data[9];
	packet->source = addr_from_wire(FAMILY_IPV4, ip.data + 12);
	packet->destination = addr_from_wire(FAMILY_IPV4, ip.data + 16);

	header = (size_t)(ip.data[0] & 0x0f) * 4;
	total = read_be16(ip.data + 2);
	if (header < IPV4_HEADER || total < header)
		return PACKET_BAD_IP_LENGTH;
	ip.left = smaller(ip.left, total);
	if (ip.left < header)
		return PACKET_SHORT_IP;
	if (read_be16(ip.data + 6) & 0x1fff)
		return PACKET_LATER_FRAGMENT;
	if (packet->protocol != PROTOCOL_TCP)
		return PACKET_NOT_TCP;
	skip(&ip, header);
	return parse_tcp(&ip, packet);
}

static bool is_extension(uint8_t protocol)
{
	switch (protocol) {
	case EXTENSION_HOP_BY_HOP:
	case EXTENSION_ROUTING:
	case EXTENSION_FRAGMENT:
	case EXTENSION_AH:
	case EXTENSION_DESTINATION:
	case EXTENSION_MOBILITY:
	case EXTENSION_HIP:
	case EXTENSION_SHIM6:
	case EXTENSION_EXPERIMENT_1:
	case EXTENSION_EXPERIMENT_2:
		return true;
	default:
		return false;
	}
}

/* Bytes of the extension header of type @protocol whose second byte is @length. */
static size_t extension_size(uint8_t protocol, uint8_t length)
{
	switch (protocol) {
	case EXTENSION_FRAGMENT:
		return 8; /* RFC 8200 4.5: the second byte is reserved */
	case EXTENSION_AH:
		return ((size_t)length + 2) * 4; /* RFC 4302 2.2 */
	default:
		return ((size_t)length + 1) * 8;
	}
}

/* Leaves @ip at the first header that is no extension; its type is packet->protocol. */
static enum packet_reason skip_extensions(struct cursor *ip, struct packet *packet)
{
	for (unsigned headers = 0; is_extension(packet->protocol); headers++) {
		uint8_t protocol = packet->protocol;
		size_t size;

		if (headers == PACKET_HEADERS_MAX || ip->left < 8)
			return PACKET_HEADER_CHAIN;
		size = extension_size(protocol, ip->data[1]);
		if (ip->left < size)
			return PACKET_HEADER_CHAIN;
		packet->protocol = ip->data[0];
		if (protocol == EXTENSION_FRAGMENT && read_be16(ip->data + 2) & 0xfff8)
			return PACKET_LATER_FRAGMENT;
		skip(ip, size);
	}
	return PACKET_OK;
}

static enum packet_reason parse_ipv6(struct cursor ip, struct packet *packet)
{
	enum packet_reason reason;

	if (ip.left < IPV6_HEADER)
		return PACKET_SHORT_IP;
	packet->protocol = ip.data[6];
	packet->ttl = ip.data[7];
	packet->source = addr_from_wire(FAMILY_IPV6, ip.data + 8);
	packet->destination = addr_from_wire(FAMILY_IPV6, ip.data + 24);

	ip.left = smaller(ip.left, IPV6_HEADER + (size_t)read_be16(ip.data + 4));
	skip(&ip, IPV6_HEADER);
	reason = skip_extensions(&ip, packet);
	if (reason != PACKET_OK)
		return reason;
	if (packet->protocol != PROTOCOL_TCP)
		return PACKET_NOT_TCP;
	return parse_tcp(&ip, packet);
}

enum packet_reason packet_parse(const uint8_t *data, size_t length, struct packet *packet)
{
	struct cursor ip = {.data = data, .left = length};

	*packet = (struct packet){0};
	if (length == 0)
		return PACKET_SHORT_IP;
	switch (data[0] >> 4) {
	case 4:
		return parse_ipv4(ip, packet);
	case 6:
		return parse_ipv6(ip, packet);
	default:
		return PACKET_BAD_VERSION;
	}
}

const char *packet_reason_word(unsigned reason)
{
	static const char *const words[PACKET_REASONS] = {
		[PACKET_OK] = "ok",
		[PACKET_SHORT_IP] = "short-ip",
		[PACKET_BAD_VERSION] = "bad-version",
		[PACKET_BAD_IP_LENGTH] = "bad-ip-length",
		[PACKET_HEADER_CHAIN] = "header-chain",
		[PACKET_LATER_FRAGMENT] = "later-fragment",
		[PACKET_NOT_TCP] = "not-tcp",
		[PACKET_SHORT_TCP] = "short-tcp",
		[PACKET_BAD_TCP_OFFSET] = "bad-tcp-offset",
	};

	return reason < PACKET_REASONS ? words[reason] : NULL;
}
