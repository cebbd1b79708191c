/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/expr.h"

#include <arpa/inet.h>
#include <stdio.h> /* libnftnl/expr.h wants FILE */

#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/x_tables.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/interface.h"
#include "common/packet.h"
#include "rules/memory.h"
#include "rules/names.h"

#define TCP_SOURCE_PORT 0
#define TCP_DESTINATION_PORT 2 /* offsets: RFC 9293 3.1 */
#define TCP_SEQUENCE 4
#define TCP_FLAGS_WORD 12 /* their word, and where in it they are */
#define TCP_FLAGS 13
#define TCP_FLAGS_SHIFT 16
#define FRAGMENT_OFFSET 2 /* RFC 8200 4.5 */
#define FRAGMENT_OFFSET_BITS 0xfff8
#define IPV4_PROTOCOL 9 /* RFC 791 3.1 */
#define IPV4_SOURCE 12
#define IPV4_DESTINATION 16
#define IPV6_SOURCE 8 /* RFC 8200 3 */
#define IPV6_DESTINATION 24
#define OPENING_FLAGS (PACKET_TCP_FIN | PACKET_TCP_SYN | PACKET_TCP_RST | PACKET_TCP_ACK)

struct nftnl_rule *rule_new(const char *chain, const char *comment)
{
	struct nftnl_rule *rule = memory_needed(nftnl_rule_alloc());
	struct nftnl_udata_buf *data;

	nftnl_rule_set_u32(rule, NFTNL_RULE_FAMILY, NFPROTO_INET);
	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, RULES_TABLE);
	nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, chain);
	data = comment ? nftnl_udata_buf_alloc(NFT_USERDATA_MAXLEN) : NULL;
	if (data) {
		nftnl_udata_put_strz(data, NFTNL_UDATA_RULE_COMMENT, comment);
		nftnl_rule_set_data(rule, NFTNL_RULE_USERDATA, nftnl_udata_buf_data(data),
				    nftnl_udata_buf_len(data));
		nftnl_udata_buf_free(data);
	}
	return rule;
}

static struct nftnl_expr *expr_add(struct nftnl_rule *rule, const char *name)
{
	struct nftnl_expr *expr = memory_needed(nftnl_expr_alloc(name));

	nftnl_rule_add_expr(rule, expr);
	return expr;
}

static void put_payload(struct nftnl_rule *rule, uint32_t base, uint32_t offset, uint32_t length,
			uint32_t reg)
{
	struct nftnl_expr *expr = expr_add(rule, "payload");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_BASE, base);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_LEN, length);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_DREG, reg);
}

static void put_meta(struct nftnl_rule *rule, uint32_t key)
{
	struct nftnl_expr *expr = expr_add(rule, "meta");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_META_KEY, key);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_META_DREG, NFT_REG_1);
}

static void put_meta_set(struct nftnl_rule *rule, uint32_t key)
{
	struct nftnl_expr *expr = expr_add(rule, "meta");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_META_KEY, key);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_META_SREG, NFT_REG_1);
}

static void put_compare(struct nftnl_rule *rule, uint32_t operation, const void *data,
			uint32_t length)
{
	struct nftnl_expr *expr = expr_add(rule, "cmp");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_OP, operation);
	nftnl_expr_set(expr, NFTNL_EXPR_CMP_DATA, data, length);
}

static void put_bitwise(struct nftnl_rule *rule, const void *mask, const void * xor,
			uint32_t length)
{
	struct nftnl_expr *expr = expr_add(rule, "bitwise");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_OP, NFT_BITWISE_BOOL);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_LEN, length);
	nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_MASK, mask, length);
	nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_XOR, xor, length);
}

static void put_verdict(struct nftnl_rule *rule, int verdict, const char *chain)
{
	struct nftnl_expr *expr = expr_add(rule, "immediate");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_VERDICT, (uint32_t)verdict);
	if (chain)
		nftnl_expr_set_str(expr, NFTNL_EXPR_IMM_CHAIN, chain);
}

void rule_family(struct nftnl_rule *rule, enum family family)
{
	uint8_t protocol = family == FAMILY_IPV4 ? NFPROTO_IPV4 : NFPROTO_IPV6;

	put_meta(rule, NFT_META_NFPROTO);
	put_compare(rule, NFT_CMP_EQ, &protocol, sizeof(protocol));
}

void rule_tcp(struct nftnl_rule *rule)
{
	uint8_t protocol = IPPROTO_TCP;

	put_meta(rule, NFT_META_L4PROTO);
	put_compare(rule, NFT_CMP_EQ, &protocol, sizeof(protocol));
}

void rule_key_protocol(struct nftnl_rule *rule)
{
	put_meta(rule, NFT_META_L4PROTO);
}

void rule_port(struct nftnl_rule *rule, enum rule_port which, uint16_t port, bool equal)
{
	uint16_t wire = htons(port);

	put_payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER,
		    which == PORT_SOURCE ? TCP_SOURCE_PORT : TCP_DESTINATION_PORT, 2, NFT_REG_1);
	put_compare(rule, equal ? NFT_CMP_EQ : NFT_CMP_NEQ, &wire, sizeof(wire));
}

void rule_tcp_port(struct nftnl_rule *rule, uint16_t port)
{
	rule_tcp(rule);
	rule_port(rule, PORT_DESTINATION, port, true);
}

/* IPv4 has the protocol in its header, which is read without a call. */
void rule_family_tcp_port(struct nftnl_rule *rule, enum family family, uint16_t port)
{
	const uint8_t protocol = IPPROTO_TCP;

	rule_family(rule, family);
	if (family == FAMILY_IPV4) {
		put_payload(rule, NFT_PAYLOAD_NETWORK_HEADER, IPV4_PROTOCOL, 1, NFT_REG_1);
		put_compare(rule, NFT_CMP_EQ, &protocol, sizeof(protocol));
	} else {
		rule_tcp(rule);
	}
	rule_port(rule, PORT_DESTINATION, port, true);
}

void rule_port_not(struct nftnl_rule *rule, uint16_t mask, uint16_t value)
{
	const uint32_t wire_mask = htonl(mask), wire_value = htonl(value), zero = 0;

	put_payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, TCP_SOURCE_PORT, 4, NFT_REG_1);
	put_bitwise(rule, &wire_mask, &zero, sizeof(wire_mask));
	put_compare(rule, NFT_CMP_NEQ, &wire_value, sizeof(wire_value));
}

static void put_tcp_flags(struct nftnl_rule *rule, uint8_t mask, uint32_t operation, uint8_t value)
{
	uint8_t xor = 0;

	rule_tcp(rule);
	put_payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, TCP_FLAGS, 1, NFT_REG_1);
	put_bitwise(rule, &mask, &xor, sizeof(mask));
	put_compare(rule, operation, &value, sizeof(value));
}

void rule_opening(struct nftnl_rule *rule, bool opening)
{
	put_tcp_flags(rule, OPENING_FLAGS, opening ? NFT_CMP_EQ : NFT_CMP_NEQ, PACKET_TCP_SYN);
}

void rule_not_reset(struct nftnl_rule *rule)
{
	put_tcp_flags(rule, PACKET_TCP_RST, NFT_CMP_EQ, 0);
}

/* The kernel masks four bytes without a call, and asking for TCP is one. */
static void put_flags_first(struct nftnl_rule *rule, uint8_t mask, uint8_t value)
{
	const uint32_t wire_mask = htonl((uint32_t)mask << TCP_FLAGS_SHIFT);
	const uint32_t wire_value = htonl((uint32_t)value << TCP_FLAGS_SHIFT), zero = 0;

	put_payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, TCP_FLAGS_WORD, 4, NFT_REG_1);
	put_bitwise(rule, &wire_mask, &zero, sizeof(wire_mask));
	put_compare(rule, NFT_CMP_EQ, &wire_value, sizeof(wire_value));
	rule_tcp(rule);
}

void rule_opens(struct nftnl_rule *rule)
{
	put_flags_first(rule, OPENING_FLAGS, PACKET_TCP_SYN);
}

void rule_talks(struct nftnl_rule *rule)
{
	put_flags_first(rule, PACKET_TCP_SYN | PACKET_TCP_RST | PACKET_TCP_PSH | PACKET_TCP_ACK,
			PACKET_TCP_PSH | PACKET_TCP_ACK);
}

void rule_key_mark(struct nftnl_rule *rule, uint32_t mask)
{
	uint32_t xor = 0;

	put_meta(rule, NFT_META_MARK);
	put_bitwise(rule, &mask, &xor, sizeof(mask));
}

void rule_mark(struct nftnl_rule *rule, uint32_t mask, uint32_t value, bool equal)
{
	rule_key_mark(rule, mask);
	put_compare(rule, equal ? NFT_CMP_EQ : NFT_CMP_NEQ, &value, sizeof(value));
}

void rule_local(struct nftnl_rule *rule)
{
	struct nftnl_expr *expr = expr_add(rule, "fib");
	uint32_t type = RTN_LOCAL;

	nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_DREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_FLAGS, NFTA_FIB_F_DADDR);
	put_compare(rule, NFT_CMP_EQ, &type, sizeof(type));
}

void rule_chosen_route(struct nftnl_rule *rule, enum chosen_route kind)
{
	static const struct {
		enum family family;
		uint32_t operation;
		uint8_t type;
	} kinds[] = {
		[ROUTE_LOOSE] = {FAMILY_IPV4, NFT_EXTHDR_OP_IPV4, IPOPT_LSRR},
		[ROUTE_STRICT] = {FAMILY_IPV4, NFT_EXTHDR_OP_IPV4, IPOPT_SSRR},
		[ROUTE_HEADER] = {FAMILY_IPV6, NFT_EXTHDR_OP_IPV6, IPPROTO_ROUTING},
	};
	struct nftnl_expr *expr;
	uint8_t found = 1;

	rule_family(rule, kinds[kind].family);
	expr = expr_add(rule, "exthdr");
	nftnl_expr_set_u32(expr, NFTNL_EXPR_EXTHDR_OP, kinds[kind].operation);
	nftnl_expr_set_u8(expr, NFTNL_EXPR_EXTHDR_TYPE, kinds[kind].type);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_EXTHDR_OFFSET, 0);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_EXTHDR_LEN, 1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_EXTHDR_FLAGS, NFT_EXTHDR_F_PRESENT);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_EXTHDR_DREG, NFT_REG_1);
	put_compare(rule, NFT_CMP_EQ, &found, sizeof(found));
}

void rule_vrf(struct nftnl_rule *rule)
{
	static const char kind[IFNAMSIZ] = "vrf";

	put_meta(rule, NFT_META_IIFKIND);
	put_compare(rule, NFT_CMP_EQ, kind, sizeof(kind));
}

void rule_source_routed(struct nftnl_rule *rule, bool routed)
{
	struct nftnl_expr *expr = expr_add(rule, "fib");
	uint32_t none = 0;

	nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_DREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_RESULT, NFT_FIB_RESULT_OIF);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_FLAGS,
			   NFTA_FIB_F_SADDR | NFTA_FIB_F_IIF | NFTA_FIB_F_PRESENT);
	put_compare(rule, routed ? NFT_CMP_NEQ : NFT_CMP_EQ, &none, sizeof(none));
}

void rule_first_fragment(struct nftnl_rule *rule)
{
	struct nftnl_expr *expr;
	uint16_t mask = htons(FRAGMENT_OFFSET_BITS), zero = 0;

	rule_family(rule, FAMILY_IPV6);
	expr = expr_add(rule, "exthdr");
	nftnl_expr_set_u32(expr, NFTNL_EXPR_EXTHDR_OP, NFT_EXTHDR_OP_IPV6);
	nftnl_expr_set_u8(expr, NFTNL_EXPR_EXTHDR_TYPE, IPPROTO_FRAGMENT);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_EXTHDR_OFFSET, FRAGMENT_OFFSET);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_EXTHDR_LEN, sizeof(mask));
	nftnl_expr_set_u32(expr, NFTNL_EXPR_EXTHDR_DREG, NFT_REG_1);
	put_bitwise(rule, &mask, &zero, sizeof(mask));
	put_compare(rule, NFT_CMP_EQ, &zero, sizeof(zero));
}

/* Every port is at least 0: what fails is reading it. */
void rule_has_port(struct nftnl_rule *rule)
{
	uint16_t zero = 0;

	put_payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, TCP_DESTINATION_PORT, 2, NFT_REG_1);
	put_compare(rule, NFT_CMP_GTE, &zero, sizeof(zero));
}

static void put_object(struct nftnl_rule *rule, uint32_t type, const char *name)
{
	struct nftnl_expr *expr = expr_add(rule, "objref");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_OBJREF_IMM_TYPE, type);
	nftnl_expr_set_str(expr, NFTNL_EXPR_OBJREF_IMM_NAME, name);
}

void rule_limit(struct nftnl_rule *rule, const char *name)
{
	put_object(rule, NFT_OBJECT_LIMIT, name);
}

void rule_counter(struct nftnl_rule *rule, const char *name)
{
	put_object(rule, NFT_OBJECT_COUNTER, name);
}

static void put_address(struct nftnl_rule *rule, enum family family, bool source, uint32_t reg)
{
	if (family == FAMILY_IPV4)
		put_payload(rule, NFT_PAYLOAD_NETWORK_HEADER,
			    source ? IPV4_SOURCE : IPV4_DESTINATION, 4, reg);
	else
		put_payload(rule, NFT_PAYLOAD_NETWORK_HEADER,
			    source ? IPV6_SOURCE : IPV6_DESTINATION, 16, reg);
}

void rule_key(struct nftnl_rule *rule, enum family family, enum rule_key key)
{
	rule_family(rule, family);
	rule_key_again(rule, family, key);
}

void rule_key_again(struct nftnl_rule *rule, enum family family, enum rule_key key)
{
	static const uint8_t upper64[16] = {255, 255, 255, 255, 255, 255, 255, 255};
	static const uint8_t zero[16];
	bool back = key == KEY_PAIR_BACK;
	bool cut = key == KEY_SOURCE_SUBSCRIBER || key == KEY_PAIR_SUBSCRIBER || back;

	put_address(rule, family, key != KEY_DESTINATION && !back, NFT_REG_1);
	if (cut && family == FAMILY_IPV6)
		put_bitwise(rule, upper64, zero, sizeof(zero));
	if (key == KEY_PAIR || key == KEY_PAIR_SUBSCRIBER || back)
		put_address(rule, family, back, family == FAMILY_IPV4 ? NFT_REG32_01 : NFT_REG_2);
}

void rule_key_host6(struct nftnl_rule *rule, unsigned length)
{
	rule_family(rule, FAMILY_IPV6);
	rule_key_host6_again(rule, length);
}

void rule_key_host6_again(struct nftnl_rule *rule, unsigned length)
{
	static const uint8_t zero[16];
	uint8_t mask[16] = {0};

	for (unsigned bit = 0; bit < length; bit++)
		mask[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	put_address(rule, FAMILY_IPV6, true, NFT_REG_1);
	put_bitwise(rule, mask, zero, sizeof(mask));
}

void rule_key_interface(struct nftnl_rule *rule)
{
	put_meta(rule, NFT_META_IIFNAME);
}

void rule_interface(struct nftnl_rule *rule, const char *pattern)
{
	char name[INTERFACE_MAX] = "";

	snprintf(name, sizeof(name), "%s", pattern);
	rule_key_interface(rule);
	/* a beginning is compared as far as it goes; a whole name with the zeros behind it */
	put_compare(rule, NFT_CMP_EQ, name,
		    interface_wildcard(pattern) ? (uint32_t)strlen(name) - 1 : INTERFACE_MAX);
}

void rule_lookup(struct nftnl_rule *rule, const char *set)
{
	struct nftnl_expr *expr = expr_add(rule, "lookup");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	nftnl_expr_set_str(expr, NFTNL_EXPR_LOOKUP_SET, set);
}

void rule_lookup_not(struct nftnl_rule *rule, const char *set)
{
	struct nftnl_expr *expr = expr_add(rule, "lookup");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	nftnl_expr_set_str(expr, NFTNL_EXPR_LOOKUP_SET, set);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
}

void rule_verdict_map(struct nftnl_rule *rule, const char *map)
{
	struct nftnl_expr *expr = expr_add(rule, "lookup");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_str(expr, NFTNL_EXPR_LOOKUP_SET, map);
}

void rule_mark_map(struct nftnl_rule *rule, const char *map)
{
	struct nftnl_expr *expr = expr_add(rule, "lookup");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_DREG, NFT_REG_1);
	nftnl_expr_set_str(expr, NFTNL_EXPR_LOOKUP_SET, map);
	put_meta_set(rule, NFT_META_MARK);
}

static struct nftnl_expr *put_dynset(struct nftnl_rule *rule, const char *set, uint32_t operation)
{
	struct nftnl_expr *expr = expr_add(rule, "dynset");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_DYNSET_SREG_KEY, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_DYNSET_OP, operation);
	nftnl_expr_set_str(expr, NFTNL_EXPR_DYNSET_SET_NAME, set);
	return expr;
}

/* The value lies behind the key, which fills the first register at most. */
static void put_update(struct nftnl_rule *rule, const char *map)
{
	struct nftnl_expr *expr = put_dynset(rule, map, NFT_DYNSET_OP_UPDATE);

	nftnl_expr_set_u32(expr, NFTNL_EXPR_DYNSET_SREG_DATA, NFT_REG_2);
}

void rule_update_born(struct nftnl_rule *rule, const char *map)
{
	struct nftnl_expr *expr = expr_add(rule, "meta");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_META_KEY, NFT_META_PRANDOM);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_META_DREG, NFT_REG_2);
	put_update(rule, map);
}

void rule_update_known(struct nftnl_rule *rule, const char *map)
{
	put_payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, TCP_SEQUENCE, 4, NFT_REG_2);
	put_update(rule, map);
}

void rule_update_limit(struct nftnl_rule *rule, const char *set, uint32_t rate)
{
	struct nftnl_expr *expr = put_dynset(rule, set, NFT_DYNSET_OP_UPDATE);
	struct nftnl_expr *limit = nftnl_expr_alloc("limit");

	nftnl_expr_set_u64(limit, NFTNL_EXPR_LIMIT_RATE, rate);
	nftnl_expr_set_u64(limit, NFTNL_EXPR_LIMIT_UNIT, 1); /* second */
	nftnl_expr_set_u32(limit, NFTNL_EXPR_LIMIT_BURST, rate);
	nftnl_expr_set_u32(limit, NFTNL_EXPR_LIMIT_TYPE, NFT_LIMIT_PKTS);
	nftnl_expr_set_u32(limit, NFTNL_EXPR_LIMIT_FLAGS, 0);
	nftnl_expr_set(expr, NFTNL_EXPR_DYNSET_EXPR, limit, 0);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_DYNSET_FLAGS, NFT_DYNSET_F_EXPR);
}

void rule_add(struct nftnl_rule *rule, const char *set)
{
	put_dynset(rule, set, NFT_DYNSET_OP_ADD);
}

void rule_update(struct nftnl_rule *rule, const char *set)
{
	put_dynset(rule, set, NFT_DYNSET_OP_UPDATE);
}

void rule_add_mark(struct nftnl_rule *rule, enum family family, const char *map, uint32_t mark)
{
	/* behind the key, which fills one register (IPv4) or two */
	uint32_t reg = family == FAMILY_IPV4 ? NFT_REG_2 : NFT_REG_3;
	struct nftnl_expr *expr = expr_add(rule, "immediate");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_DREG, reg);
	nftnl_expr_set(expr, NFTNL_EXPR_IMM_DATA, &mark, sizeof(mark));
	expr = put_dynset(rule, map, NFT_DYNSET_OP_ADD);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_DYNSET_SREG_DATA, reg);
}

void rule_set_mark(struct nftnl_rule *rule, uint32_t keep, uint32_t set)
{
	put_meta(rule, NFT_META_MARK);
	put_bitwise(rule, &keep, &set, sizeof(keep));
	put_meta_set(rule, NFT_META_MARK);
}

void rule_accept(struct nftnl_rule *rule)
{
	put_verdict(rule, NF_ACCEPT, NULL);
}

void rule_drop(struct nftnl_rule *rule)
{
	put_verdict(rule, NF_DROP, NULL);
}

void rule_goto(struct nftnl_rule *rule, const char *chain)
{
	put_verdict(rule, NFT_GOTO, chain);
}

void rule_jump(struct nftnl_rule *rule, const char *chain)
{
	put_verdict(rule, NFT_JUMP, chain);
}

void rule_return(struct nftnl_rule *rule)
{
	put_verdict(rule, NFT_RETURN, NULL);
}

static void put_reject(struct nftnl_rule *rule, uint32_t type, uint8_t code)
{
	struct nftnl_expr *expr = expr_add(rule, "reject");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_REJECT_TYPE, type);
	nftnl_expr_set_u8(expr, NFTNL_EXPR_REJECT_CODE, code);
}

void rule_reset(struct nftnl_rule *rule)
{
	put_reject(rule, NFT_REJECT_TCP_RST, 0);
}

void rule_unreachable(struct nftnl_rule *rule)
{
	put_reject(rule, NFT_REJECT_ICMPX_UNREACH, NFT_REJECT_ICMPX_ADMIN_PROHIBITED);
}

static void put_queue(struct nftnl_rule *rule, uint16_t first, uint16_t count)
{
	struct nftnl_expr *expr = expr_add(rule, "queue");

	nftnl_expr_set_u16(expr, NFTNL_EXPR_QUEUE_NUM, first);
	nftnl_expr_set_u16(expr, NFTNL_EXPR_QUEUE_TOTAL, count);
	nftnl_expr_set_u16(expr, NFTNL_EXPR_QUEUE_FLAGS, NFT_QUEUE_FLAG_BYPASS);
}

static void put_queue_target(struct nftnl_rule *rule, uint16_t first, uint16_t count)
{
	struct nftnl_expr *expr = expr_add(rule, "target");
	const struct xt_NFQ_info_v3 wanted = {
		.queuenum = first,
		.queues_total = count,
		.flags = NFQ_FLAG_BYPASS,
	};
	/* libnftnl frees it */
	void *info = memory_needed(calloc(1, XT_ALIGN(sizeof(wanted))));

	memcpy(info, &wanted, sizeof(wanted));
	nftnl_expr_set_str(expr, NFTNL_EXPR_TG_NAME, "NFQUEUE");
	nftnl_expr_set_u32(expr, NFTNL_EXPR_TG_REV, 3);
	nftnl_expr_set(expr, NFTNL_EXPR_TG_INFO, info, XT_ALIGN(sizeof(wanted)));
}

void rule_queue(struct nftnl_rule *rule, uint16_t first, uint16_t count, bool native)
{
	if (native)
		put_queue(rule, first, count);
	else
		put_queue_target(rule, first, count);
}
