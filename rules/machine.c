/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/machine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h> /* libnftnl/expr.h wants FILE */

#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>

#include "common/packet.h"
#include "rules/chains.h"

#define DEPTH_MAX 16      /* NFT_JUMP_STACK_SIZE */
#define RULES_MAX 100000  /* passed by one packet; the kernel lets no chain lead back to itself */
#define REGISTER_WORDS 20 /* NFT_REG32_COUNT: the verdict, then 16 words */
#define WORD 4
#define SOURCE_PORT 49152 /* the first of those that are nobody's: RFC 6335 6 */

/* What becomes of a rule after one of its expressions: enum nft_verdicts, or enum nf_verdicts. */
struct verdict {
	int32_t code;
	char chain[RULES_NAME_MAX];
	enum machine_end end; /* of NF_DROP */
};

struct machine {
	const struct machine_world *world;
	struct machine_packet *packet;
	struct machine_result *result;
	struct verdict verdict;
	uint32_t registers[REGISTER_WORDS];
};

struct place {
	struct machine_chain chain;
	char name[RULES_NAME_MAX];
	size_t next;
};

/* The bytes of a register as it is written in messages, if @length of them are there. */
static uint8_t *reg(struct machine *machine, uint32_t number, size_t length)
{
	size_t word = number <= NFT_REG_4 ? number * (NFT_REG_SIZE / WORD) :
					    number - NFT_REG32_00 + NFT_REG_SIZE / WORD;

	if (number == NFT_REG_VERDICT || (number > NFT_REG_4 && number < NFT_REG32_00) ||
	    word >= REGISTER_WORDS || length > (REGISTER_WORDS - word) * WORD)
		return NULL;
	return (uint8_t *)&machine->registers[word];
}

/* The kernel leaves the rest of the last word 0. */
static int store(struct machine *machine, uint32_t number, const void *data, size_t length)
{
	uint8_t *to = reg(machine, number, (length + WORD - 1) / WORD * WORD);

	if (!to)
		return -EOPNOTSUPP;
	memset(to, 0, (length + WORD - 1) / WORD * WORD);
	memcpy(to, data, length);
	return 0;
}

static int no_match(struct machine *machine)
{
	machine->verdict.code = NFT_BREAK;
	return 0;
}

static int drop(struct machine *machine, enum machine_end end)
{
	machine->verdict.code = NF_DROP;
	machine->verdict.end = end;
	return 0;
}

static int queue(struct machine *machine)
{
	machine->verdict.code = NF_QUEUE;
	return 0;
}

static int store_or_break(struct machine *machine, uint32_t number, bool there, const void *data,
			  size_t length)
{
	return there ? store(machine, number, data, length) : no_match(machine);
}

/* --- what the packet has --- */

static int run_meta_set(struct machine *machine, const struct nftnl_expr *expr)
{
	const uint8_t *from =
		reg(machine, nftnl_expr_get_u32(expr, NFTNL_EXPR_META_SREG), sizeof(uint32_t));

	if (!from || nftnl_expr_get_u32(expr, NFTNL_EXPR_META_KEY) != NFT_META_MARK)
		return -EOPNOTSUPP;
	memcpy(&machine->packet->mark, from, sizeof(uint32_t));
	return 0;
}

static int run_meta(struct machine *machine, const struct nftnl_expr *expr)
{
	const struct machine_packet *packet = machine->packet;
	const uint32_t number = nftnl_expr_get_u32(expr, NFTNL_EXPR_META_DREG);
	const uint8_t family = packet->source.family == FAMILY_IPV6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
	const uint8_t protocol = IPPROTO_TCP;
	const uint32_t birth = 1;

	if (nftnl_expr_is_set(expr, NFTNL_EXPR_META_SREG))
		return run_meta_set(machine, expr);
	switch (nftnl_expr_get_u32(expr, NFTNL_EXPR_META_KEY)) {
	case NFT_META_NFPROTO:
		return store(machine, number, &family, sizeof(family));
	case NFT_META_L4PROTO:
		return store(machine, number, &protocol, sizeof(protocol));
	case NFT_META_MARK:
		return store(machine, number, &packet->mark, sizeof(packet->mark));
	case NFT_META_PRANDOM:
		return store(machine, number, &birth, sizeof(birth));
	case NFT_META_IIFNAME:
		return store_or_break(machine, number, packet->interface[0], packet->interface,
				      sizeof(packet->interface));
	case NFT_META_IIFKIND: /* its first way through the hooks is by no VRF */
		return no_match(machine);
	}
	return -EOPNOTSUPP;
}

/* Header bytes, and which of them are the destination's (from..to), which may not be known. */
struct header {
	uint8_t bytes[40];
	size_t length, from, to;
};

static struct header network_header(const struct machine_packet *packet)
{
	const size_t size = addr_size(packet->source.family);
	const bool six = size == sizeof(packet->source.bytes);
	const size_t source = six ? 8 : 12; /* RFC 8200 3, RFC 791 3.1 */
	struct header header = {.length = source + 2 * size};

	header.bytes[0] = six ? 0x60 : 0x45;
	header.bytes[six ? 6 : 9] = IPPROTO_TCP;
	memcpy(header.bytes + source, packet->source.bytes, size);
	memcpy(header.bytes + source + size, packet->destination.bytes, size);
	if (!packet->destination.family) {
		header.from = source + size;
		header.to = header.length;
	}
	return header;
}

static struct header transport_header(void)
{
	struct header header = {.length = 20}; /* RFC 9293 3.1 */
	const uint16_t ports[] = {htons(SOURCE_PORT), htons(PORT_SMTP)};

	memcpy(header.bytes, ports, sizeof(ports));
	header.bytes[12] = 5 << 4;
	header.bytes[13] = PACKET_TCP_SYN;
	return header;
}

static int run_payload(struct machine *machine, const struct nftnl_expr *expr)
{
	const uint32_t base = nftnl_expr_get_u32(expr, NFTNL_EXPR_PAYLOAD_BASE);
	const size_t offset = nftnl_expr_get_u32(expr, NFTNL_EXPR_PAYLOAD_OFFSET);
	const size_t length = nftnl_expr_get_u32(expr, NFTNL_EXPR_PAYLOAD_LEN);
	struct header header;

	if (nftnl_expr_is_set(expr, NFTNL_EXPR_PAYLOAD_SREG) ||
	    (base != NFT_PAYLOAD_NETWORK_HEADER && base != NFT_PAYLOAD_TRANSPORT_HEADER))
		return -EOPNOTSUPP;
	header = base == NFT_PAYLOAD_NETWORK_HEADER ? network_header(machine->packet) :
						      transport_header();
	if (offset > header.length || length > header.length - offset ||
	    (offset < header.to && offset + length > header.from))
		return no_match(machine);
	return store(machine, nftnl_expr_get_u32(expr, NFTNL_EXPR_PAYLOAD_DREG),
		     header.bytes + offset, length);
}

/* It has none but the usual headers. */
static int run_exthdr(struct machine *machine, const struct nftnl_expr *expr)
{
	const uint8_t absent = 0;

	if (!nftnl_expr_is_set(expr, NFTNL_EXPR_EXTHDR_DREG))
		return -EOPNOTSUPP;
	return store_or_break(machine, nftnl_expr_get_u32(expr, NFTNL_EXPR_EXTHDR_DREG),
			      nftnl_expr_get_u32(expr, NFTNL_EXPR_EXTHDR_FLAGS) &
				      NFT_EXTHDR_F_PRESENT,
			      &absent, sizeof(absent));
}

static int run_fib(struct machine *machine, const struct nftnl_expr *expr)
{
	const struct machine_world *world = machine->world;
	const struct machine_packet *packet = machine->packet;
	const uint32_t number = nftnl_expr_get_u32(expr, NFTNL_EXPR_FIB_DREG);
	const uint32_t flags = nftnl_expr_get_u32(expr, NFTNL_EXPR_FIB_FLAGS);
	uint32_t value;

	switch (nftnl_expr_get_u32(expr, NFTNL_EXPR_FIB_RESULT)) {
	case NFT_FIB_RESULT_ADDRTYPE:
		if (flags != NFTA_FIB_F_DADDR)
			return -EOPNOTSUPP;
		value = packet->destination.family &&
					world->local(world->arg, &packet->destination) ?
				RTN_LOCAL :
				RTN_UNICAST;
		return store(machine, number, &value, sizeof(value));
	case NFT_FIB_RESULT_OIF:
		if (flags != (NFTA_FIB_F_SADDR | NFTA_FIB_F_IIF | NFTA_FIB_F_PRESENT))
			return -EOPNOTSUPP;
		value = world->routed(world->arg, packet);
		return store(machine, number, &value, sizeof(value));
	}
	return -EOPNOTSUPP;
}

/* --- what is done with it --- */

static bool holds(uint32_t operation, int order)
{
	switch (operation) {
	case NFT_CMP_EQ:
		return order == 0;
	case NFT_CMP_NEQ:
		return order != 0;
	case NFT_CMP_LT:
		return order < 0;
	case NFT_CMP_LTE:
		return order <= 0;
	case NFT_CMP_GT:
		return order > 0;
	}
	return order >= 0;
}

static int run_cmp(struct machine *machine, const struct nftnl_expr *expr)
{
	uint32_t length = 0;
	const void *data = nftnl_expr_get(expr, NFTNL_EXPR_CMP_DATA, &length);
	const uint8_t *from = reg(machine, nftnl_expr_get_u32(expr, NFTNL_EXPR_CMP_SREG), length);

	if (!data || !from)
		return -EOPNOTSUPP;
	if (!holds(nftnl_expr_get_u32(expr, NFTNL_EXPR_CMP_OP), memcmp(from, data, length)))
		return no_match(machine);
	return 0;
}

static int run_bitwise(struct machine *machine, const struct nftnl_expr *expr)
{
	const uint32_t length = nftnl_expr_get_u32(expr, NFTNL_EXPR_BITWISE_LEN);
	uint32_t mask_length = 0, xor_length = 0;
	const uint8_t *mask = nftnl_expr_get(expr, NFTNL_EXPR_BITWISE_MASK, &mask_length);
	const uint8_t * xor = nftnl_expr_get(expr, NFTNL_EXPR_BITWISE_XOR, &xor_length);
	const uint8_t *from =
		reg(machine, nftnl_expr_get_u32(expr, NFTNL_EXPR_BITWISE_SREG), length);
	uint8_t value[REGISTER_WORDS * WORD];

	if (!mask || !xor || !from || mask_length < length || xor_length < length ||
	    (nftnl_expr_is_set(expr, NFTNL_EXPR_BITWISE_OP) &&
	     nftnl_expr_get_u32(expr, NFTNL_EXPR_BITWISE_OP) != NFT_BITWISE_BOOL))
		return -EOPNOTSUPP;
	for (uint32_t i = 0; i < length; i++)
		value[i] = (from[i] & mask[i]) ^ xor[i];
	return store(machine, nftnl_expr_get_u32(expr, NFTNL_EXPR_BITWISE_DREG), value, length);
}

static void set_verdict(struct machine *machine, int32_t code, const char *chain)
{
	machine->verdict.code = code;
	machine->verdict.end = MACHINE_DROPPED;
	snprintf(machine->verdict.chain, RULES_NAME_MAX, "%s", chain ? chain : "");
}

static int run_immediate(struct machine *machine, const struct nftnl_expr *expr)
{
	const uint32_t number = nftnl_expr_get_u32(expr, NFTNL_EXPR_IMM_DREG);
	uint32_t length = 0;
	const void *data;

	if (number == NFT_REG_VERDICT) {
		set_verdict(machine, (int32_t)nftnl_expr_get_u32(expr, NFTNL_EXPR_IMM_VERDICT),
			    nftnl_expr_get_str(expr, NFTNL_EXPR_IMM_CHAIN));
		return 0;
	}
	data = nftnl_expr_get(expr, NFTNL_EXPR_IMM_DATA, &length);
	return data ? store(machine, number, data, length) : -EOPNOTSUPP;
}

/* What a map has for its key. */
static int take(struct machine *machine, const struct nftnl_expr *expr,
		const struct machine_element *element)
{
	const uint32_t number = nftnl_expr_get_u32(expr, NFTNL_EXPR_LOOKUP_DREG);

	if (number != NFT_REG_VERDICT)
		return store(machine, number, element->data, element->data_length);
	if (!element->verdict)
		return -EOPNOTSUPP;
	set_verdict(machine, element->verdict, element->chain);
	return 0;
}

static int run_lookup(struct machine *machine, const struct nftnl_expr *expr)
{
	const struct machine_world *world = machine->world;
	const bool not = nftnl_expr_is_set(expr, NFTNL_EXPR_LOOKUP_FLAGS) &&
			 nftnl_expr_get_u32(expr, NFTNL_EXPR_LOOKUP_FLAGS) & NFT_LOOKUP_F_INV;
	const uint32_t number = nftnl_expr_get_u32(expr, NFTNL_EXPR_LOOKUP_SREG);
	const char *set = nftnl_expr_get_str(expr, NFTNL_EXPR_LOOKUP_SET);
	struct machine_element element = {0};
	const uint8_t *key = reg(machine, number, 0);
	size_t room;
	int result;

	if (!key || !set)
		return -EOPNOTSUPP;
	room = (size_t)((const uint8_t *)(machine->registers + REGISTER_WORDS) - key);
	result = world->find(world->arg, set, key, room, &element);
	if (result && result != -ENOENT)
		return result;
	if ((result == 0) == not )
		return no_match(machine);
	return !not &&nftnl_expr_is_set(expr, NFTNL_EXPR_LOOKUP_DREG) ?
		       take(machine, expr, &element) :
		       0;
}

static int run_reject(struct machine *machine, const struct nftnl_expr *expr)
{
	return drop(machine,
		    nftnl_expr_get_u32(expr, NFTNL_EXPR_REJECT_TYPE) == NFT_REJECT_TCP_RST ?
			    MACHINE_RESET :
			    MACHINE_UNREACHABLE);
}

static int run_target(struct machine *machine, const struct nftnl_expr *expr)
{
	const char *name = nftnl_expr_get_str(expr, NFTNL_EXPR_TG_NAME);

	return name && !strcmp(name, "NFQUEUE") ? queue(machine) : -EOPNOTSUPP;
}

static int run_queue(struct machine *machine, const struct nftnl_expr *expr)
{
	(void)expr;
	return queue(machine);
}

/*
 * Sets have room, and limits in elements have tokens left: the kernel tells no tokens. That there is an
 * element with such a limit is to be known all the same.
 */
static int run_dynset(struct machine *machine, const struct nftnl_expr *expr)
{
	const struct machine_world *world = machine->world;
	const char *set = nftnl_expr_get_str(expr, NFTNL_EXPR_DYNSET_SET_NAME);
	const uint8_t *key = reg(machine, nftnl_expr_get_u32(expr, NFTNL_EXPR_DYNSET_SREG_KEY), 0);
	struct machine_element element = {0};
	int result;

	if (!nftnl_expr_is_set(expr, NFTNL_EXPR_DYNSET_EXPR))
		return 0;
	if (!key || !set)
		return -EOPNOTSUPP;
	result = world->find(world->arg, set, key,
			     (size_t)((const uint8_t *)(machine->registers + REGISTER_WORDS) - key),
			     &element);
	return result == -ENOENT ? 0 : result;
}

/* Counters, limits that have tokens left. */
static int go_on(struct machine *machine, const struct nftnl_expr *expr)
{
	(void)machine;
	(void)expr;
	return 0;
}

static const struct {
	const char *name;
	int (*run)(struct machine *machine, const struct nftnl_expr *expr);
} expressions[] = {
	{"meta", run_meta},     {"payload", run_payload}, {"cmp", run_cmp},
	{"lookup", run_lookup}, {"bitwise", run_bitwise}, {"immediate", run_immediate},
	{"objref", go_on},      {"counter", go_on},       {"dynset", run_dynset},
	{"fib", run_fib},       {"exthdr", run_exthdr},   {"reject", run_reject},
	{"queue", run_queue},   {"target", run_target},
};

static int run_expression(struct machine *machine, const struct nftnl_expr *expr)
{
	const char *name = nftnl_expr_get_str(expr, NFTNL_EXPR_NAME);
	int result = -EOPNOTSUPP;

	for (size_t i = 0; name && i < sizeof(expressions) / sizeof(expressions[0]); i++)
		if (!strcmp(expressions[i].name, name)) {
			result = expressions[i].run(machine, expr);
			break;
		}
	if (result == -EOPNOTSUPP)
		snprintf(machine->result->why, sizeof(machine->result->why),
			 "rule %u of chain %.32s has \"%.20s\"", machine->result->rule,
			 machine->result->chain, name ? name : "");
	return result;
}

static int run_rule(struct machine *machine, const struct nftnl_rule *rule)
{
	struct nftnl_expr_iter *iter = nftnl_expr_iter_create(rule);
	const struct nftnl_expr *expr;
	int result = 0;

	if (!iter)
		return -ENOMEM;
	machine->verdict.code = NFT_CONTINUE;
	while (!result && machine->verdict.code == NFT_CONTINUE &&
	       (expr = nftnl_expr_iter_next(iter)))
		result = run_expression(machine, expr);
	nftnl_expr_iter_destroy(iter);
	return result;
}

/* --- chains --- */

static int enter(struct machine *machine, struct place *place, const char *chain)
{
	const struct machine_world *world = machine->world;
	int result;

	snprintf(place->name, sizeof(place->name), "%s", chain);
	place->next = 0;
	world->entered(world->arg, chain);
	result = world->chain(world->arg, chain, &place->chain);
	if (result)
		snprintf(machine->result->why, sizeof(machine->result->why),
			 "chain %.32s cannot be read", chain);
	return result;
}

/* One base chain: the places where jumps go back to, the present one last. */
struct walk {
	struct place stack[DEPTH_MAX];
	size_t depth;
	bool accepts; /* the chain's policy */
	bool over;
};

static int end_walk(struct walk *walk, struct machine_result *result, enum machine_end end)
{
	result->end = end;
	walk->over = true;
	return 0;
}

static int jump(struct machine *machine, struct walk *walk)
{
	if (walk->depth + 1 == DEPTH_MAX)
		return -ELOOP;
	walk->depth++;
	return enter(machine, &walk->stack[walk->depth], machine->verdict.chain);
}

static int go_back(struct machine *machine, struct walk *walk)
{
	if (!walk->depth)
		return end_walk(walk, machine->result,
				walk->accepts ? MACHINE_ACCEPTED : MACHINE_DROPPED);
	walk->depth--;
	return 0;
}

static int follow(struct machine *machine, struct walk *walk)
{
	switch (machine->verdict.code) {
	case NFT_CONTINUE:
	case NFT_BREAK:
		return 0;
	case NFT_RETURN:
		return go_back(machine, walk);
	case NFT_JUMP:
		return jump(machine, walk);
	case NFT_GOTO:
		return enter(machine, &walk->stack[walk->depth], machine->verdict.chain);
	case NF_ACCEPT:
		return end_walk(walk, machine->result, MACHINE_ACCEPTED);
	case NF_DROP:
		return end_walk(walk, machine->result, machine->verdict.end);
	case NF_QUEUE:
		return end_walk(walk, machine->result, MACHINE_QUEUED);
	}
	return -EOPNOTSUPP;
}

/* The next rule of the present chain, or what is behind its last. */
static int run_next(struct machine *machine, struct walk *walk)
{
	struct machine_result *result = machine->result;
	struct place *place = &walk->stack[walk->depth];

	memcpy(result->chain, place->name, sizeof(result->chain));
	if (place->next == place->chain.count) {
		result->rule = 0;
		machine->verdict.code = NFT_RETURN;
		return 0;
	}
	result->rule = (uint32_t)++place->next;
	return run_rule(machine, place->chain.rules[place->next - 1]);
}

int machine_run(const struct machine_world *world, struct machine_packet *packet, const char *chain,
		bool accepts, struct machine_result *result)
{
	struct machine machine = {.world = world, .packet = packet, .result = result};
	struct walk walk = {.accepts = accepts};
	int error;

	memset(result, 0, sizeof(*result));
	error = enter(&machine, &walk.stack[0], chain);
	for (unsigned passed = 0; !error && !walk.over; passed++) {
		error = passed < RULES_MAX ? run_next(&machine, &walk) : -ELOOP;
		if (!error)
			error = follow(&machine, &walk);
	}
	return error;
}
