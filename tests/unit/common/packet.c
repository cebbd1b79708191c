/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include "common/packet.h"

#define ROOM 512

/* A packet under construction. */
struct buffer {
	uint8_t bytes[ROOM];
	size_t length;
};

static void append(struct buffer *buffer, const void *bytes, size_t length)
{
	assert_true(buffer->length + length <= ROOM);
	memcpy(buffer->bytes + buffer->length, bytes, length);
	buffer->length += length;
}

/* 40000 -> 25, SYN, 20 bytes. */
static void append_tcp(struct buffer *buffer)
{
	static const uint8_t tcp[20] = {0x9c, 0x40, 0, 25, 1,    2,    3,   4,
					0,    0,    0, 0,  0x50, 0x02, 0xff};

	append(buffer, tcp, sizeof(tcp));
}

/* 192.0.2.7 -> 203.0.113.25 with @words 32-bit words of header. */
static struct buffer make_ipv4(unsigned words)
{
	static const uint8_t header[20] = {0x40, 0, 0,   0, 0, 1, 0x40, 0, 63,  6,
					   0,    0, 192, 0, 2, 7, 203,  0, 113, 25};
	static const uint8_t options[40] = {1, 1, 1, 1};
	struct buffer buffer = {.length = 0};

	append(&buffer, header, sizeof(header));
	append(&buffer, options, (words - 5) * 4);
	buffer.bytes[0] |= (uint8_t)words;
	append_tcp(&buffer);
	buffer.bytes[3] = (uint8_t)buffer.length;
	return buffer;
}

/* 2001:db8::7 -> 2001:db8:25::19, nothing behind the header yet. */
static struct buffer make_ipv6(uint8_t next)
{
	static const uint8_t header[40] = {
		0x60, 0,    0, 0, 0, 0, 0, 62, 0x20, 0x01, 0x0d, 0xb8, 0,    0,
		0,    0,    0, 0, 0, 0, 0, 0,  0,    7,    0x20, 0x01, 0x0d, 0xb8,
		0,    0x25, 0, 0, 0, 0, 0, 0,  0,    0,    0,    0x19,
	};
	struct buffer buffer = {.length = 0};

	append(&buffer, header, sizeof(header));
	buffer.bytes[6] = next;
	return buffer;
}

static void finish_ipv6(struct buffer *buffer)
{
	size_t payload = buffer->length - 40;

	buffer->bytes[4] = (uint8_t)(payload >> 8);
	buffer->bytes[5] = (uint8_t)payload;
}

/* Eight bytes of an extension header whose own length byte is @length. */
static void append_extension(struct buffer *buffer, uint8_t next, uint8_t length)
{
	const uint8_t header[8] = {next, length};

	append(buffer, header, sizeof(header));
}

/* Parses a copy of exactly @length bytes, so that a read behind them is seen by ASan. */
static enum packet_reason parse(const struct buffer *buffer, size_t length, struct packet *packet)
{
	uint8_t *copy = malloc(length ? length : 1);
	enum packet_reason reason;

	assert_non_null(copy);
	memcpy(copy, buffer->bytes, length);
	reason = packet_parse(copy, length, packet);
	free(copy);
	return reason;
}

static void assert_syn(const struct packet *packet, const char *source, const char *destination)
{
	char text[ADDR_TEXT_MAX];

	assert_string_equal(addr_format(&packet->source, text), source);
	assert_string_equal(addr_format(&packet->destination, text), destination);
	assert_int_equal(packet->source_port, 40000);
	assert_int_equal(packet->destination_port, 25);
	assert_int_equal(packet->tcp_flags, PACKET_TCP_SYN);
	assert_int_equal(packet->protocol, 6);
}

static void test_ipv4(void **state)
{
	(void)state;
	for (unsigned words = 5; words <= 15; words++) {
		struct buffer buffer = make_ipv4(words);
		struct packet packet;

		assert_int_equal(parse(&buffer, buffer.length, &packet), PACKET_OK);
		assert_syn(&packet, "192.0.2.7", "203.0.113.25");
		assert_int_equal(packet.ttl, 63);
	}
}

/* One byte of a good IPv4 SYN (20 + 20 bytes) changed. */
static void test_ipv4_fields(void **state)
{
	static const struct {
		const char *what;
		size_t offset;
		uint8_t value;
		enum packet_reason reason;
	} cases[] = {
		{"version 5", 0, 0x55, PACKET_BAD_VERSION},
		{"version 0", 0, 0x05, PACKET_BAD_VERSION},
		{"IHL 4", 0, 0x44, PACKET_BAD_IP_LENGTH},
		{"IHL 0", 0, 0x40, PACKET_BAD_IP_LENGTH},
		{"IHL longer than the packet", 0, 0x4f, PACKET_BAD_IP_LENGTH},
		{"total length 0", 3, 0, PACKET_BAD_IP_LENGTH},
		{"total length 19", 3, 19, PACKET_BAD_IP_LENGTH},
		{"total length 20", 3, 20, PACKET_SHORT_TCP},
		{"total length 23, ports cut", 3, 23, PACKET_SHORT_TCP},
		{"total length 28, a tiny fragment", 3, 28, PACKET_SHORT_TCP},
		{"total length 33, flags cut", 3, 33, PACKET_SHORT_TCP},
		{"total length 34, flags there", 3, 34, PACKET_OK},
		{"longer than what was captured", 2, 0x05, PACKET_OK},
		{"first fragment", 6, 0x20, PACKET_OK},
		{"reserved flag", 6, 0x80, PACKET_OK},
		{"fragment offset 1", 7, 1, PACKET_LATER_FRAGMENT},
		{"fragment offset 4096", 6, 0x10, PACKET_LATER_FRAGMENT},
		{"UDP", 9, 17, PACKET_NOT_TCP},
		{"hop-by-hop is nothing in IPv4", 9, 0, PACKET_NOT_TCP},
		{"data offset 4", 32, 0x4f, PACKET_BAD_TCP_OFFSET},
		{"data offset 15", 32, 0xf0, PACKET_OK},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buffer buffer = make_ipv4(5);
		struct packet packet;
		enum packet_reason reason;

		buffer.bytes[cases[i].offset] = cases[i].value;
		reason = parse(&buffer, buffer.length, &packet);
		if (reason != cases[i].reason)
			fail_msg("%s: %s", cases[i].what, packet_reason_word(reason));
	}
}

/* What can be read of a broken packet is there, the rest is 0. */
static void test_partial(void **state)
{
	struct buffer buffer = make_ipv4(5);
	struct packet packet;
	char text[ADDR_TEXT_MAX];

	(void)state;
	buffer.bytes[3] = 28; /* eight bytes of TCP */
	assert_int_equal(parse(&buffer, buffer.length, &packet), PACKET_SHORT_TCP);
	assert_int_equal(packet.destination_port, 25);
	assert_int_equal(packet.tcp_flags, 0);

	buffer.bytes[3] = 23;
	assert_int_equal(parse(&buffer, buffer.length, &packet), PACKET_SHORT_TCP);
	assert_int_equal(packet.destination_port, 0);
	assert_string_equal(addr_format(&packet.source, text), "192.0.2.7");

	memset(&packet, 0xff, sizeof(packet));
	assert_int_equal(parse(&buffer, 19, &packet), PACKET_SHORT_IP);
	assert_int_equal(packet.source.family, 0);
	assert_int_equal(packet.source_port, 0);
}

/* Every prefix of a good packet, as a short copy range leaves it. */
static void check_truncations(const struct buffer *buffer, size_t header, size_t tcp,
			      enum packet_reason inside)
{
	for (size_t length = 0; length <= buffer->length; length++) {
		enum packet_reason expected = PACKET_OK;
		struct packet packet;

		if (length < header)
			expected = PACKET_SHORT_IP;
		else if (length < tcp)
			expected = inside;
		else if (length < tcp + 14)
			expected = PACKET_SHORT_TCP;
		assert_int_equal(parse(buffer, length, &packet), expected);
		assert_int_equal(packet.destination_port, length < tcp + 4 ? 0 : 25);
	}
}

static void test_truncated_ipv4(void **state)
{
	struct buffer plain = make_ipv4(5), options = make_ipv4(15);

	(void)state;
	check_truncations(&plain, 20, 20, PACKET_SHORT_IP);
	check_truncations(&options, 60, 60, PACKET_SHORT_IP);
}

static void test_truncated_ipv6(void **state)
{
	struct buffer buffer = make_ipv6(0);

	(void)state;
	append_extension(&buffer, 60, 1);
	append(&buffer, "12345678", 8);
	append_extension(&buffer, 6, 0);
	append_tcp(&buffer);
	finish_ipv6(&buffer);
	check_truncations(&buffer, 40, 64, PACKET_HEADER_CHAIN);
}

static void test_ipv6(void **state)
{
	struct buffer buffer = make_ipv6(6);
	struct packet packet;

	(void)state;
	append_tcp(&buffer);
	finish_ipv6(&buffer);
	assert_int_equal(parse(&buffer, buffer.length, &packet), PACKET_OK);
	assert_syn(&packet, "2001:db8::7", "2001:db8:25::19");
	assert_int_equal(packet.ttl, 62);

	buffer.bytes[5] = 13; /* ends before the flags, though bytes follow */
	assert_int_equal(parse(&buffer, buffer.length, &packet), PACKET_SHORT_TCP);
	buffer.bytes[5] = 0;
	assert_int_equal(parse(&buffer, buffer.length, &packet), PACKET_SHORT_TCP);
	assert_int_equal(packet.destination_port, 0);
}

static void test_ipv6_each_extension(void **state)
{
	static const struct {
		uint8_t header;
		uint8_t length; /* its own length byte, such that it is eight or 24 bytes long */
		size_t more;    /* bytes behind the first eight */
		bool known;
	} cases[] = {
		{0, 0, 0, true},    {0, 2, 16, true},   {43, 2, 16, true},  {44, 0, 0, true},
		{44, 255, 0, true}, {60, 0, 0, true},   {60, 2, 16, true},  {51, 0, 0, true},
		{51, 4, 16, true},  {51, 1, 4, true},   {135, 2, 16, true}, {139, 2, 16, true},
		{140, 0, 0, true},  {253, 0, 0, true},  {254, 2, 16, true}, {50, 0, 0, false},
		{59, 0, 0, false},  {17, 0, 0, false},  {58, 0, 0, false},  {4, 0, 0, false},
		{41, 0, 0, false},  {132, 0, 0, false}, {255, 0, 0, false},
	};
	static const uint8_t zeros[16];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buffer buffer = make_ipv6(cases[i].header);
		struct packet packet;
		enum packet_reason reason;

		append_extension(&buffer, 6, cases[i].length);
		append(&buffer, zeros, cases[i].more);
		append_tcp(&buffer);
		finish_ipv6(&buffer);
		reason = parse(&buffer, buffer.length, &packet);
		if (reason != (cases[i].known ? PACKET_OK : PACKET_NOT_TCP))
			fail_msg("header %u: %s", cases[i].header, packet_reason_word(reason));
		if (cases[i].known)
			assert_syn(&packet, "2001:db8::7", "2001:db8:25::19");
		else
			assert_int_equal(packet.protocol, cases[i].header);
	}
}

static void test_ipv6_fragments(void **state)
{
	/* Offset and flags of the fragment header. */
	static const struct {
		uint8_t high, low;
		enum packet_reason reason;
	} cases[] = {
		{0, 0, PACKET_OK}, /* atomic, RFC 6946 */
		{0, 1, PACKET_OK}, /* first of several */
		{0, 6, PACKET_OK}, /* reserved bits */
		{0, 8, PACKET_LATER_FRAGMENT},
		{0, 9, PACKET_LATER_FRAGMENT},
		{0x80, 0, PACKET_LATER_FRAGMENT},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buffer buffer = make_ipv6(44);
		struct packet packet;

		append_extension(&buffer, 6, 0);
		buffer.bytes[42] = cases[i].high;
		buffer.bytes[43] = cases[i].low;
		append_tcp(&buffer);
		finish_ipv6(&buffer);
		assert_int_equal(parse(&buffer, buffer.length, &packet), cases[i].reason);
		assert_int_equal(packet.protocol, 6);
		assert_int_equal(packet.destination_port, cases[i].reason == PACKET_OK ? 25 : 0);
	}
}

static void test_ipv6_chain_bounds(void **state)
{
	(void)state;
	for (unsigned headers = 1; headers <= PACKET_HEADERS_MAX + 1; headers++) {
		struct buffer buffer = make_ipv6(60);
		struct packet packet;

		for (unsigned i = 1; i <= headers; i++)
			append_extension(&buffer, i == headers ? 6 : 60, 0);
		append_tcp(&buffer);
		finish_ipv6(&buffer);
		assert_int_equal(parse(&buffer, buffer.length, &packet),
				 headers > PACKET_HEADERS_MAX ? PACKET_HEADER_CHAIN : PACKET_OK);
	}
}

/* A header that says it is longer than the packet; one that ends exactly with it. */
static void test_ipv6_chain_ends(void **state)
{
	struct buffer buffer = make_ipv6(0);
	struct packet packet;

	(void)state;
	append_extension(&buffer, 6, 255);
	append_tcp(&buffer);
	finish_ipv6(&buffer);
	assert_int_equal(parse(&buffer, buffer.length, &packet), PACKET_HEADER_CHAIN);

	buffer = make_ipv6(0);
	append_extension(&buffer, 6, 0);
	finish_ipv6(&buffer);
	assert_int_equal(parse(&buffer, buffer.length, &packet), PACKET_SHORT_TCP);

	buffer = make_ipv6(0);
	finish_ipv6(&buffer);
	append_extension(&buffer, 6, 0); /* behind the packet's end */
	append_tcp(&buffer);
	assert_int_equal(parse(&buffer, buffer.length, &packet), PACKET_HEADER_CHAIN);
}

static void test_random_bytes(void **state)
{
	uint64_t seed = 2525;
	unsigned seen[PACKET_REASONS] = {0};

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		static const uint8_t headers[] = {0, 6, 43, 44, 51, 60, 17};
		struct buffer buffer;
		struct packet packet;
		enum packet_reason reason;
		size_t length = random_below(&seed, 129);

		for (size_t j = 0; j < 129; j++)
			buffer.bytes[j] = (uint8_t)(next_random(&seed) & next_random(&seed));
		buffer.bytes[0] = (uint8_t)(random_below(&seed, 2) ? 0x60 : 0x45);
		buffer.bytes[6] = headers[random_below(&seed, COUNT(headers))];
		buffer.bytes[9] = 6;
		reason = parse(&buffer, length, &packet);
		assert_in_range(reason, 0, PACKET_REASONS - 1);
		if (reason == PACKET_OK)
			assert_int_equal(packet.protocol, 6);
		seen[reason]++;
	}
	assert_true(seen[PACKET_OK] && seen[PACKET_HEADER_CHAIN] && seen[PACKET_LATER_FRAGMENT]);
}

static void test_words(void **state)
{
	(void)state;
	for (unsigned reason = 0; reason < PACKET_REASONS; reason++)
		assert_non_null(packet_reason_word(reason));
	assert_null(packet_reason_word(PACKET_REASONS));
	assert_string_equal(packet_reason_word(PACKET_SHORT_TCP), "short-tcp");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv4),
		cmocka_unit_test(test_ipv4_fields),
		cmocka_unit_test(test_partial),
		cmocka_unit_test(test_truncated_ipv4),
		cmocka_unit_test(test_truncated_ipv6),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_ipv6_each_extension),
		cmocka_unit_test(test_ipv6_fragments),
		cmocka_unit_test(test_ipv6_chain_bounds),
		cmocka_unit_test(test_ipv6_chain_ends),
		cmocka_unit_test(test_random_bytes),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests_name("packet", tests, NULL, NULL);
}
