/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/sets.h"

#include <libmnl/libmnl.h>
#include <libnftnl/expr.h>
#include <libnftnl/set.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/elements.h"
#include "rules/memory.h"

/* nft's numbers for types, which the kernel only keeps: nftables src, include/datatype.h */
enum {
	TYPE_IPADDR = 7,
	TYPE_IP6ADDR = 8,
	TYPE_INET_PROTOCOL = 12,
	TYPE_MARK = 19,
	TYPE_IFNAME = 41
};
#define TYPE_BITS 6
#define TYPE_PAIR(type) ((uint32_t)((type) << TYPE_BITS | (type)))
#define TYPE_VERDICT 0xffffff00u /* NFT_DATA_VERDICT */

#define BYTEORDER_HOST 1 /* nft: enum byteorder */
#define BYTEORDER_NETWORK 2

enum size { SIZE_NONE, SIZE_MARKS, SIZE_REFUSED, SIZE_PASSED, SIZE_PACE, SIZE_TALLY };

/*
 * Of marks that say what and whose: more than there are. With a size, the kernel takes a hash of
 * fixed keys, which it looks up in half the time of one that can grow.
 */
#define MARKS 64

struct key {
	uint32_t type;
	uint32_t length;
	uint8_t parts[2]; /* of a concatenation, each padded to four bytes */
	uint32_t byteorder;
};

static const struct key addr4 = {TYPE_IPADDR, 4, {0}, BYTEORDER_NETWORK};
static const struct key addr6 = {TYPE_IP6ADDR, 16, {0}, BYTEORDER_NETWORK};
static const struct key pair4 = {TYPE_PAIR(TYPE_IPADDR), 8, {4, 4}, BYTEORDER_NETWORK};
static const struct key pair6 = {TYPE_PAIR(TYPE_IP6ADDR), 32, {16, 16}, BYTEORDER_NETWORK};
static const struct key ifname = {TYPE_IFNAME, IFNAMSIZ, {0}, BYTEORDER_HOST};
static const struct key protocol = {TYPE_INET_PROTOCOL, 1, {0}, BYTEORDER_HOST};
static const struct key mark = {TYPE_MARK, 4, {0}, BYTEORDER_HOST};

struct definition {
	const char *name;
	const struct key *key;
	uint32_t flags; /* NFT_SET_* */
	uint32_t data_type;
	enum size size;
	bool counter;
	const char *comment;
};

#define DYNAMIC (NFT_SET_EVAL | NFT_SET_TIMEOUT)
#define NET (NFT_SET_INTERVAL | NFT_SET_TIMEOUT)

/* Of allow entries: a hash set of single addresses and an interval set, each for both families. */
#define ENTRIES(set, name, key, concat, comment)                                            \
	[SET_##set##4] = {name "4", &key##4, NFT_SET_TIMEOUT, 0, SIZE_NONE, true, comment}, \
	[SET_##set##6] = {name "6", &key##6, NFT_SET_TIMEOUT, 0, SIZE_NONE, true, comment}, \
	[SET_##set##4_NET] = {name "4_net", &key##4, NET | (concat),       0,               \
			      SIZE_NONE,    true,    comment ", by prefix"},                \
	[SET_##set##6_NET] = {name "6_net", &key##6, NET | (concat),       0,               \
			      SIZE_NONE,    true,    comment ", by prefix"}

static const struct definition definitions[SETS_EVER] = {
	[SET_REFUSED4] = {"refused4", &pair4, DYNAMIC | NFT_SET_MAP, TYPE_MARK, SIZE_REFUSED, false,
			  "refusals remembered: source . destination"},
	[SET_REFUSED6] = {"refused6", &pair6, DYNAMIC | NFT_SET_MAP, TYPE_MARK, SIZE_REFUSED, false,
			  "refusals remembered: source /64 . destination"},
	[SET_PASSED4] = {"passed4", &pair4, DYNAMIC, 0, SIZE_PASSED, true,
			 "let through and remembered: source . destination"},
	[SET_PASSED6] = {"passed6", &pair6, DYNAMIC, 0, SIZE_PASSED, true,
			 "let through and remembered: source /64 . destination"},
	[SET_TALKED4] = {"talked4", &pair4, DYNAMIC, 0, SIZE_PASSED, false,
			 "told that the destination talks: source . destination"},
	[SET_TALKED6] = {"talked6", &pair6, DYNAMIC, 0, SIZE_PASSED, false,
			 "told that the destination talks: source /64 . destination"},
	[SET_PACE4] = {"pace4", &addr4, DYNAMIC, 0, SIZE_PACE, false, "questions, by source"},
	[SET_PACE6] = {"pace6", &addr6, DYNAMIC, 0, SIZE_PACE, false, "questions, by source /64"},
	[SET_ANSWERS] = {"answers", &mark, NFT_SET_MAP, TYPE_VERDICT, SIZE_MARKS, false,
			 "where a packet that was asked goes on"},
	[SET_REFUSALS] = {"refusals", &mark, NFT_SET_MAP, TYPE_VERDICT, SIZE_MARKS, false,
			  "where a remembered refusal goes on"},
	[SET_SETTLED] = {"settled", &mark, 0, 0, SIZE_MARKS, false,
			 "answers that no change of entries has overtaken"},
	[SET_PROTOCOLS] = {"protocols", &protocol, NFT_SET_MAP, TYPE_VERDICT, SIZE_NONE, false,
			   "tunnels that refuse-tunnels looks at"},
	[SET_RANGE4] = {"range4", &addr4, NFT_SET_INTERVAL | NFT_SET_MAP, TYPE_VERDICT, SIZE_NONE,
			false, "subscriber prefixes"},
	[SET_RANGE6] = {"range6", &addr6, NFT_SET_INTERVAL | NFT_SET_MAP, TYPE_VERDICT, SIZE_NONE,
			false, "subscriber prefixes"},
	[SET_FINE6] = {"fine6", &addr6, 0, 0, SIZE_NONE, false,
		       "/64 in which a range begins or ends"},
	[SET_INTERFACE] = {"interface", &ifname, NFT_SET_MAP, TYPE_VERDICT, SIZE_NONE, false,
			   "subscriber interfaces"},
	[SET_TALLY_REFUSED4] = {"tally_refused4", &addr4, DYNAMIC | NFT_SET_MAP, TYPE_MARK,
				SIZE_TALLY, true, "packets refused, by source"},
	[SET_TALLY_REFUSED6] = {"tally_refused6", &addr6, DYNAMIC | NFT_SET_MAP, TYPE_MARK,
				SIZE_TALLY, true, "packets refused, by source /64"},
	[SET_TALLY_PASSED4] = {"tally_passed4", &addr4, DYNAMIC | NFT_SET_MAP, TYPE_MARK,
			       SIZE_TALLY, true, "openings let through, by source"},
	[SET_TALLY_PASSED6] = {"tally_passed6", &addr6, DYNAMIC | NFT_SET_MAP, TYPE_MARK,
			       SIZE_TALLY, true, "openings let through, by source /64"},
	[SET_TRIED4] = {"tried4", &addr4, DYNAMIC, 0, SIZE_TALLY, false,
			"sources that were asked about"},
	[SET_TRIED6] = {"tried6", &addr6, DYNAMIC, 0, SIZE_TALLY, false,
			"sources that were asked about, by /64"},
	[SET_TALLY_SUBMISSION4] = {"tally_submission4", &addr4, DYNAMIC | NFT_SET_MAP, TYPE_MARK,
				   SIZE_TALLY, true, "submissions of those that were asked about"},
	[SET_TALLY_SUBMISSION6] = {"tally_submission6", &addr6, DYNAMIC | NFT_SET_MAP, TYPE_MARK,
				   SIZE_TALLY, true,
				   "submissions of those that were asked about, by /64"},
	[SET_CONTAINED4] = {"contained4", &addr4, NFT_SET_TIMEOUT, 0, SIZE_NONE, true,
			    "hosts cut off"},
	[SET_CONTAINED6] = {"contained6", &addr6, NFT_SET_TIMEOUT, 0, SIZE_NONE, true, NULL},
	ENTRIES(ALLOW_SRC, "allow_src", addr, 0, "allowed sources"),
	ENTRIES(ALLOW_DST, "allow_dst", addr, 0, "allowed destinations"),
	ENTRIES(ALLOW_PAIR, "allow_pair", pair, NFT_SET_CONCAT, "allowed pairs"),
	ENTRIES(ALWAYS_SRC, "always_src", addr, 0, "sources allowed also when contained"),
	ENTRIES(ALWAYS_DST, "always_dst", addr, 0, "destinations allowed also to contained hosts"),
	ENTRIES(ALWAYS_PAIR, "always_pair", pair, NFT_SET_CONCAT,
		"pairs allowed also when contained"),
	ENTRIES(WATCHED_SRC, "watched_src", addr, 0, "watched sources"),
	ENTRIES(WATCHED_PAIR, "watched_pair", pair, NFT_SET_CONCAT, "watched pairs"),
	[SET_EMERGENCY4] = {"emergency4", &addr4, NFT_SET_INTERVAL, 0, SIZE_NONE, false,
			    "refused while the table is put back"},
	[SET_EMERGENCY6] = {"emergency6", &addr6, NFT_SET_INTERVAL, 0, SIZE_NONE, false,
			    "refused while the table is put back"},
	[SET_EMERGENCY_INTERFACE] = {"emergency_interface", &ifname, 0, 0, SIZE_NONE, false,
				     "refused while the table is put back"},
};

const char *set_name(enum set set, const struct generations *generations, char name[RULES_NAME_MAX])
{
	if (SET_IS_ANSWERS(set))
		snprintf(name, RULES_NAME_MAX, "%s_%u", definitions[set].name,
			 generations->answers);
	else if (SET_IS_RANGES(set))
		snprintf(name, RULES_NAME_MAX, "%s_%u", definitions[set].name, generations->ranges);
	else
		snprintf(name, RULES_NAME_MAX, "%s", definitions[set].name);
	return name;
}

const char *set_place_name(enum family family, uint32_t index,
			   const struct generations *generations, char name[RULES_NAME_MAX])
{
	snprintf(name, RULES_NAME_MAX, "place%u_%u_%u", (unsigned)family, (unsigned)index,
		 generations->ranges);
	return name;
}

void set_places_each(const struct plan *plan, set_place_fn *each, void *arg)
{
	for (uint32_t i = 0; i < plan->header->places; i++) {
		if (plan->places[i].intervals4)
			each(FAMILY_IPV4, i, &plan->places[i], arg);
		if (plan->places[i].intervals6)
			each(FAMILY_IPV6, i, &plan->places[i], arg);
	}
}

bool set_is_dynamic(const char *name, const struct generations *generations)
{
	char other[RULES_NAME_MAX];

	for (enum set set = 0; set < SETS_EVER; set++)
		if (!strcmp(name, set_name(set, generations, other)))
			return definitions[set].flags & NFT_SET_EVAL;
	return false;
}

bool set_needed(enum set set, uint32_t ways)
{
	if (set >= SET_WATCHED_SRC4)
		return ways >> ALLOW_WATCHED & 1;
	return set < SET_ALWAYS_SRC4 || ways >> ALLOW_ALWAYS & 1;
}

enum set set_of_allow(const struct allow_element *element)
{
	static const enum set sets[ALLOW_CONTAINED][ALLOW_PAIR + 1][2] = {
		[ALLOW_FREE] = {[ALLOW_SOURCE] = {SET_ALLOW_SRC4, SET_ALLOW_SRC4_NET},
				[ALLOW_DESTINATION] = {SET_ALLOW_DST4, SET_ALLOW_DST4_NET},
				[ALLOW_PAIR] = {SET_ALLOW_PAIR4, SET_ALLOW_PAIR4_NET}},
		[ALLOW_ALWAYS] = {[ALLOW_SOURCE] = {SET_ALWAYS_SRC4, SET_ALWAYS_SRC4_NET},
				  [ALLOW_DESTINATION] = {SET_ALWAYS_DST4, SET_ALWAYS_DST4_NET},
				  [ALLOW_PAIR] = {SET_ALWAYS_PAIR4, SET_ALWAYS_PAIR4_NET}},
		[ALLOW_WATCHED] = {[ALLOW_SOURCE] = {SET_WATCHED_SRC4, SET_WATCHED_SRC4_NET},
				   [ALLOW_PAIR] = {SET_WATCHED_PAIR4, SET_WATCHED_PAIR4_NET}},
	};
	bool six = element->family == FAMILY_IPV6;

	if (element->way == ALLOW_CONTAINED)
		return six ? SET_CONTAINED6 : SET_CONTAINED4;
	/* the IPv6 twin follows each IPv4 set */
	return sets[element->way][element->kind][!element->exact] + six;
}

uint32_t contained_lengths(const struct plan *plan)
{
	uint32_t lengths = 0;

	for (uint32_t i = 0; i < plan->header->policies; i++)
		lengths |= 1u << (plan->policies[i].host_prefix6 - POLICY_HOST_PREFIX6_MIN);
	for (uint32_t i = 0; i < plan->header->allows; i++)
		if (set_of_allow(&plan->allows[i]) == SET_CONTAINED6)
			lengths |= 1u << (allow_contained_length(&plan->allows[i]) -
					  POLICY_HOST_PREFIX6_MIN);
	return lengths;
}

bool contained_length_has(uint32_t lengths, unsigned length)
{
	return length >= POLICY_HOST_PREFIX6_MIN && length <= POLICY_HOST_PREFIX6_MAX &&
	       lengths >> (length - POLICY_HOST_PREFIX6_MIN) & 1;
}

const char *set_contained_name(unsigned length, char name[RULES_NAME_MAX])
{
	snprintf(name, RULES_NAME_MAX, "%s_%u", definitions[SET_CONTAINED6].name, length);
	return name;
}

static uint32_t set_size(enum size size, const struct plan_settings *settings)
{
	switch (size) {
	case SIZE_REFUSED:
		return settings->refused_size;
	case SIZE_PASSED:
		return settings->passed_size;
	case SIZE_PACE:
	case SIZE_TALLY:
		return settings->tally_size;
	case SIZE_MARKS:
		return MARKS;
	case SIZE_NONE:
		break;
	}
	return 0;
}

static uint64_t set_timeout(enum size size, const struct plan_settings *settings)
{
	switch (size) {
	case SIZE_REFUSED:
		return settings->refused_timeout * UINT64_C(1000);
	case SIZE_PASSED:
		return settings->passed_timeout * UINT64_C(1000);
	case SIZE_PACE:
		return SETS_PACE_TIMEOUT;
	case SIZE_TALLY:
		return settings->tally_timeout * UINT64_C(1000);
	case SIZE_NONE:
	case SIZE_MARKS:
		break;
	}
	return 0;
}

static void set_put_comment(struct nftnl_set *set, const struct definition *definition)
{
	struct nftnl_udata_buf *data = nftnl_udata_buf_alloc(NFT_USERDATA_MAXLEN);

	if (!data)
		return; /* without a comment the table works as well */
	nftnl_udata_put_u32(data, NFTNL_UDATA_SET_KEYBYTEORDER, definition->key->byteorder);
	if (definition->data_type == TYPE_MARK)
		nftnl_udata_put_u32(data, NFTNL_UDATA_SET_DATABYTEORDER, BYTEORDER_HOST);
	nftnl_udata_put_strz(data, NFTNL_UDATA_SET_COMMENT, definition->comment);
	nftnl_set_set_data(set, NFTNL_SET_USERDATA, nftnl_udata_buf_data(data),
			   nftnl_udata_buf_len(data));
	nftnl_udata_buf_free(data);
}

static struct nftnl_set *set_new(const char *name, uint32_t id, uint32_t flags,
				 const struct key *key)
{
	struct nftnl_set *set = memory_needed(nftnl_set_alloc());

	nftnl_set_set_str(set, NFTNL_SET_TABLE, RULES_TABLE);
	nftnl_set_set_str(set, NFTNL_SET_NAME, name);
	nftnl_set_set_u32(set, NFTNL_SET_FAMILY, NFPROTO_INET);
	nftnl_set_set_u32(set, NFTNL_SET_ID, id);
	nftnl_set_set_u32(set, NFTNL_SET_FLAGS, flags);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_TYPE, key->type);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_LEN, key->length);
	if (flags & NFT_SET_CONCAT)
		nftnl_set_set_data(set, NFTNL_SET_DESC_CONCAT, key->parts, 2);
	return set;
}

static void create(struct batch *batch, const char *name, const struct definition *definition,
		   const struct plan_settings *settings)
{
	uint64_t timeout = set_timeout(definition->size, settings);
	uint32_t size = set_size(definition->size, settings);
	struct nftnl_set *set =
		set_new(name, batch_set_id(batch), definition->flags, definition->key);

	if (definition->data_type) {
		nftnl_set_set_u32(set, NFTNL_SET_DATA_TYPE, definition->data_type);
		nftnl_set_set_u32(set, NFTNL_SET_DATA_LEN,
				  definition->data_type == TYPE_VERDICT ? 0 : 4);
	}
	if (size)
		nftnl_set_set_u32(set, NFTNL_SET_DESC_SIZE, size);
	if (timeout)
		nftnl_set_set_u64(set, NFTNL_SET_TIMEOUT, timeout);
	if (definition->counter)
		nftnl_set_add_expr(set, memory_needed(nftnl_expr_alloc("counter")));
	set_put_comment(set, definition);
	batch_set(batch, NFT_MSG_NEWSET, NLM_F_CREATE, set);
}

void set_create(struct batch *batch, enum set which, const struct generations *generations,
		const struct plan *plan)
{
	struct definition definition = definitions[which];
	char name[RULES_NAME_MAX];

	/* whose refusal it is need not be said */
	if ((which == SET_REFUSED4 || which == SET_REFUSED6) && plan_only_blocking(plan)) {
		definition.flags &= ~(uint32_t)NFT_SET_MAP;
		definition.data_type = 0;
	}
	create(batch, set_name(which, generations, name), &definition, &plan->header->settings);
}

void set_create_like(struct batch *batch, enum set set, const char *name, const char *comment)
{
	struct definition definition = definitions[set];

	definition.comment = comment;
	create(batch, name, &definition, NULL);
}

void set_create_contained(struct batch *batch, unsigned length)
{
	char name[RULES_NAME_MAX], comment[32];

	snprintf(comment, sizeof(comment), "hosts cut off, by /%u", length);
	set_create_like(batch, SET_CONTAINED6, set_contained_name(length, name), comment);
}

static void set_by_name(struct batch *batch, uint16_t type, const char *name)
{
	struct nftnl_set *set = memory_needed(nftnl_set_alloc());

	nftnl_set_set_str(set, NFTNL_SET_TABLE, RULES_TABLE);
	nftnl_set_set_str(set, NFTNL_SET_NAME, name);
	batch_set(batch, type, 0, set);
}

void set_delete(struct batch *batch, const char *name)
{
	set_by_name(batch, NFT_MSG_DELSET, name);
}

void set_flush(struct batch *batch, const char *name)
{
	char label[RULES_NAME_MAX + 16];
	struct nlmsghdr *message;

	snprintf(label, sizeof(label), "flush of %s", name);
	message = batch_message(batch, NFT_MSG_DELSETELEM, 0, label);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, RULES_TABLE);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, name);
}
