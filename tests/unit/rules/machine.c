/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What rules do with a packet, with sets and routes that are made up; and that the machine can follow
 * every rule that is ever written for a plan.
 */
#include "../unit.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "rules/chains.h"
#include "rules/expr.h"
#include "rules/machine.h"

#define RULES 512

/* Rules by their chain; all sets have all keys, or none. */
struct world {
	struct nftnl_rule *rules[RULES];
	size_t count;
	struct nftnl_rule *chain[RULES]; /* of the chain that was asked for last, and those before */
	size_t chain_count;
	bool everything;   /* sets have every key, or none */
	const char *leads; /* where a map to verdicts leads */
	uint32_t data;     /* what a map to values has */
	uint8_t key[16];   /* that was looked up last */
	bool local, routed;
	char path[1024];
};

static int chain_of(void *arg, const char *name, struct machine_chain *chain)
{
	struct world *world = arg;
	size_t first = world->chain_count;

	for (size_t i = 0; i < world->count; i++)
		if (!strcmp(nftnl_rule_get_str(world->rules[i], NFTNL_RULE_CHAIN), name))
			world->chain[world->chain_count++] = world->rules[i];
	*chain = (struct machine_chain){&world->chain[first], world->chain_count - first};
	return 0;
}

static int find(void *arg, const char *set, const void *key, size_t length,
		struct machine_element *element)
{
	struct world *world = arg;

	(void)set;
	assert_true(length >= sizeof(world->key));
	memcpy(world->key, key, sizeof(world->key));
	if (!world->everything)
		return -ENOENT;
	element->verdict = NFT_GOTO;
	snprintf(element->chain, sizeof(element->chain), "%s", world->leads ? world->leads : "");
	memcpy(element->data, &world->data, sizeof(world->data));
	element->data_length = sizeof(world->data);
	return 0;
}

static bool local(void *arg, const struct addr *address)
{
	assert_int_not_equal(address->family, 0);
	return ((struct world *)arg)->local;
}

static bool routed(void *arg, const struct machine_packet *packet)
{
	(void)packet;
	return ((struct world *)arg)->routed;
}

static void entered(void *arg, const char *chain)
{
	struct world *world = arg;
	size_t length = strlen(world->path);

	snprintf(world->path + length, sizeof(world->path) - length, "%s%s", length ? " " : "",
		 chain);
}

static struct machine_packet packet_of(const char *source, const char *destination,
				       const char *interface)
{
	struct machine_packet packet = {0};

	assert_int_equal(addr_parse(source, &packet.source), 0);
	if (destination)
		assert_int_equal(addr_parse(destination, &packet.destination), 0);
	snprintf(packet.interface, sizeof(packet.interface), "%s", interface ? interface : "");
	return packet;
}

static int run(struct world *world, struct machine_packet *packet, const char *chain,
	       struct machine_result *result)
{
	const struct machine_world ways = {.chain = chain_of,
					   .find = find,
					   .local = local,
					   .routed = routed,
					   .entered = entered,
					   .arg = world};

	world->chain_count = 0;
	world->path[0] = '\0';
	return machine_run(&ways, packet, chain, true, result);
}

static void add(struct world *world, struct nftnl_rule *rule)
{
	assert_true(world->count < RULES);
	world->rules[world->count++] = rule;
}

static void release(struct world *world)
{
	for (size_t i = 0; i < world->count; i++)
		nftnl_rule_free(world->rules[i]);
}

/* --- one rule at a time --- */

static bool matches(struct nftnl_rule *rule, struct machine_packet packet, bool everything)
{
	struct world world = {.everything = everything, .local = true};
	struct machine_result result;

	rule_drop(rule);
	add(&world, rule);
	assert_int_equal(run(&world, &packet, "a", &result), 0);
	assert_int_equal(result.rule, result.end == MACHINE_DROPPED);
	release(&world);
	return result.end == MACHINE_DROPPED;
}

static void test_matches(void **state)
{
	const struct machine_packet four = packet_of("10.0.0.1", "10.0.0.2", "ppp0");
	const struct machine_packet six = packet_of("2001:db8::1", "2001:db8::2", "");
	struct machine_packet marked = four;
	struct nftnl_rule *rule;

	(void)state;
	marked.mark = 0x41000025;
#define MATCHES(packet, call) (rule = rule_new("a", NULL), call, matches(rule, packet, false))
	assert_true(MATCHES(four, rule_family(rule, FAMILY_IPV4)));
	assert_false(MATCHES(six, rule_family(rule, FAMILY_IPV4)));
	assert_true(MATCHES(six, rule_family(rule, FAMILY_IPV6)));
	assert_true(MATCHES(four, rule_tcp_port(rule, 25)));
	assert_false(MATCHES(four, rule_tcp_port(rule, 26)));
	assert_true(MATCHES(four, rule_family_tcp_port(rule, FAMILY_IPV4, 25)));
	assert_false(MATCHES(four, rule_family_tcp_port(rule, FAMILY_IPV4, 26)));
	assert_false(MATCHES(four, rule_family_tcp_port(rule, FAMILY_IPV6, 25)));
	assert_true(MATCHES(six, rule_family_tcp_port(rule, FAMILY_IPV6, 25)));
	assert_false(MATCHES(six, rule_family_tcp_port(rule, FAMILY_IPV4, 25)));
	assert_true(MATCHES(four, rule_port(rule, PORT_DESTINATION, 25, true)));
	assert_false(MATCHES(six, rule_port(rule, PORT_DESTINATION, 25, false)));
	assert_false(MATCHES(four, rule_port(rule, PORT_SOURCE, 25, true)));
	assert_true(MATCHES(four, rule_port(rule, PORT_SOURCE, 25, false)));
	assert_false(MATCHES(four, rule_port_not(rule, 0xfc25, 1)));
	assert_true(MATCHES(six, rule_port_not(rule, 0xfc25, 5)));
	assert_true(MATCHES(four, rule_opening(rule, true)));
	assert_false(MATCHES(four, rule_opening(rule, false)));
	assert_true(MATCHES(four, rule_opens(rule)));
	assert_true(MATCHES(six, rule_opens(rule)));
	assert_true(MATCHES(four, rule_not_reset(rule)));
	assert_false(MATCHES(four, rule_talks(rule)));
	assert_true(MATCHES(marked, rule_mark(rule, 0xff000000, 0x41000000, true)));
	assert_false(MATCHES(marked, rule_mark(rule, 0xff000000, 0x41000000, false)));
	assert_false(MATCHES(marked, rule_mark(rule, 0xff000000, 0x42000000, true)));
	assert_true(MATCHES(four, rule_interface(rule, "ppp0")));
	assert_true(MATCHES(four, rule_interface(rule, "ppp*")));
	assert_false(MATCHES(four, rule_interface(rule, "ppp1")));
	assert_false(MATCHES(four, rule_interface(rule, "ppp0x*")));
	assert_false(MATCHES(six, rule_interface(rule, "ppp*")));
	assert_true(MATCHES(four, rule_local(rule)));
	assert_false(MATCHES(four, rule_vrf(rule)));
	assert_false(MATCHES(four, rule_chosen_route(rule, ROUTE_LOOSE)));
	assert_false(MATCHES(six, rule_chosen_route(rule, ROUTE_HEADER)));
	assert_false(MATCHES(six, rule_first_fragment(rule)));
	assert_true(MATCHES(four, rule_source_routed(rule, false)));
	assert_false(MATCHES(four, rule_source_routed(rule, true)));
	assert_true(MATCHES(four, rule_limit(rule, "any")));
}

/* Looks up what there is, and not what needs a destination that nobody has said. */
static void test_keys(void **state)
{
	const struct machine_packet whole = packet_of("2001:db8::1", "2001:db8::2", NULL);
	const struct machine_packet half = packet_of("2001:db8::1", NULL, NULL);
	static const struct {
		enum rule_key key;
		bool half;
	} keys[] = {{KEY_SOURCE, true},
		    {KEY_SOURCE_SUBSCRIBER, true},
		    {KEY_DESTINATION, false},
		    {KEY_PAIR, false},
		    {KEY_PAIR_SUBSCRIBER, false}};

	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++)
		for (int inverse = 0; inverse < 2; inverse++)
			for (int known = 0; known < 2; known++) {
				struct nftnl_rule *rule = rule_new("a", NULL);

				rule_key(rule, FAMILY_IPV6, keys[i].key);
				if (inverse)
					rule_lookup_not(rule, "set");
				else
					rule_lookup(rule, "set");
				assert_int_equal(matches(rule, known ? whole : half, true),
						 !inverse && (known || keys[i].half));
			}
}

/* The source cut to its prefix. */
static void test_cut_key(void **state)
{
	struct machine_packet packet = packet_of("2001:db8:1:2:3:4:5:6", NULL, NULL);
	struct nftnl_rule *rule = rule_new("a", NULL);
	struct machine_result result;
	struct world world = {0};
	struct addr expected;

	(void)state;
	rule_key_host6(rule, 48);
	rule_lookup(rule, "set");
	add(&world, rule);
	assert_int_equal(run(&world, &packet, "a", &result), 0);
	assert_int_equal(addr_parse("2001:db8:1::", &expected), 0);
	assert_memory_equal(world.key, expected.bytes, sizeof(world.key));
	release(&world);
}

/* --- from chain to chain --- */

static void put(struct world *world, const char *chain,
		void (*what)(struct nftnl_rule *, const char *), const char *target)
{
	struct nftnl_rule *rule = rule_new(chain, NULL);

	what(rule, target);
	add(world, rule);
}

static void put_end(struct world *world, const char *chain, void (*what)(struct nftnl_rule *))
{
	struct nftnl_rule *rule = rule_new(chain, NULL);

	what(rule);
	add(world, rule);
}

static void test_chains(void **state)
{
	struct machine_packet packet = packet_of("10.0.0.1", "10.0.0.2", NULL);
	struct machine_result result;
	struct world world = {0};

	(void)state;
	put(&world, "base", rule_jump, "jumped");
	put(&world, "base", rule_goto, "gone");
	put_end(&world, "base", rule_drop); /* nothing comes back here */
	put(&world, "jumped", rule_jump, "deeper");
	put_end(&world, "jumped", rule_return);
	put_end(&world, "jumped", rule_drop);
	put(&world, "gone", rule_jump, "deeper");
	assert_int_equal(run(&world, &packet, "base", &result), 0);
	assert_string_equal(world.path, "base jumped deeper gone deeper");
	assert_int_equal(result.end, MACHINE_ACCEPTED);
	assert_int_equal(result.rule, 0);
	put_end(&world, "deeper", rule_reset);
	assert_int_equal(run(&world, &packet, "base", &result), 0);
	assert_int_equal(result.end, MACHINE_RESET);
	assert_string_equal(result.chain, "deeper");
	assert_int_equal(result.rule, 1);
	release(&world);
}

static void test_no_end(void **state)
{
	struct machine_packet packet = packet_of("10.0.0.1", "10.0.0.2", NULL);
	struct machine_result result;
	struct world world = {0};

	(void)state;
	put(&world, "base", rule_jump, "base");
	assert_int_equal(run(&world, &packet, "base", &result), -ELOOP);
	release(&world);
}

/* What it does not know it says, with the rule's place. */
static void test_unknown(void **state)
{
	struct machine_packet packet = packet_of("10.0.0.1", "10.0.0.2", NULL);
	struct nftnl_rule *rule = rule_new("base", NULL);
	struct machine_result result;
	struct world world = {0};

	(void)state;
	nftnl_rule_add_expr(rule, nftnl_expr_alloc("ct"));
	add(&world, rule);
	assert_int_equal(run(&world, &packet, "base", &result), -EOPNOTSUPP);
	assert_string_equal(result.why, "rule 1 of chain base has \"ct\"");
	release(&world);
}

/* --- the rules that there are --- */

static int take_rule(const struct nlmsghdr *message, void *arg)
{
	struct nftnl_rule *rule;

	if (message->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE))
		return 0;
	rule = nftnl_rule_alloc();
	assert_non_null(rule);
	assert_int_equal(nftnl_rule_nlmsg_parse(message, rule), 0);
	add(arg, rule);
	return 0;
}

/* Every rule of every chain can be followed: each is run alone, whether sets have the key or not. */
static void test_all_rules(void **state)
{
	struct policy policies[] = {
		{.name = "home",
		 .number = 0,
		 .mode = MODE_BLOCK,
		 .deny = DENY_TCP_RESET,
		 .unanswered = SAFE_REFUSE,
		 .host_prefix6 = 64,
		 .pace = 5},
		{.name = "line",
		 .number = 1,
		 .mode = MODE_GUARD,
		 .deny = DENY_ADMIN_PROHIBITED,
		 .unanswered = SAFE_PASS,
		 .host_prefix6 = 56,
		 .pace = 5,
		 .burst = 9,
		 .burst_time = 9},
		{.name = PLAN_WATCHED,
		 .number = 2,
		 .mode = MODE_GUARD,
		 .deny = DENY_DROP,
		 .unanswered = SAFE_PASS,
		 .host_prefix6 = 64},
		{.name = "trial",
		 .number = 3,
		 .mode = MODE_MONITOR,
		 .unanswered = SAFE_PASS,
		 .host_prefix6 = 64},
	};
	const struct interval6 fine = {.first = {0x20, 1, [15] = 1}, .last = {0x20, 1, [15] = 9}};
	struct plan_header header = {
		.policies = COUNT(policies),
		.intervals6 = 1,
		.ways = 1u << ALLOW_WATCHED | 1u << ALLOW_ALWAYS,
		.settings = {.mark_mask = MARK_MASK_DEFAULT,
			     .queue_count = 1,
			     .check_sources = 1,
			     .refuse_headless = 1,
			     .refuse_tunnels = 1,
			     .router_policy = 0},
	};
	const struct plan plan = {.header = &header, .policies = policies, .intervals6 = &fine};
	const char *const sources[] = {"10.0.0.1", "2001:db8::1"};
	const char *const servers[] = {"10.0.0.2", "2001:db8::2"};
	struct machine_result result;

	(void)state;
	/* one policy that remembers refusals, or two; and one kind of queue or the other */
	for (int turn = 0; turn < 4; turn++) {
		const bool native = turn % 2;
		const struct chains_input input = {.plan = &plan,
						   .native_queue = native,
						   .allow_fine = true,
						   .contained_lengths = 0x10101};
		struct batch *batch = batch_new();
		struct world all = {0};

		policies[3].mode = turn < 2 ? MODE_MONITOR : MODE_BLOCK;
		chains_write_ranges(batch, &input);
		chains_write(batch, &input);
		assert_int_equal(batch_each(batch, take_rule, &all), 0);
		batch_free(batch);
		assert_true(all.count > 100);
		for (size_t i = 0; i < all.count; i++)
			for (size_t version = 0; version < 2; version++) {
				struct machine_packet packet =
					packet_of(sources[version], servers[version], "ppp0");
				struct world one = {.rules = {all.rules[i]},
						    .count = 1,
						    .everything = native,
						    .leads = "elsewhere"};
				const char *chain =
					nftnl_rule_get_str(all.rules[i], NFTNL_RULE_CHAIN);
				int error = run(&one, &packet, chain, &result);

				if (error)
					print_message("%s\n", result.why);
				assert_int_equal(error, 0);
			}
		release(&all);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matches),   cmocka_unit_test(test_keys),
		cmocka_unit_test(test_cut_key),   cmocka_unit_test(test_chains),
		cmocka_unit_test(test_no_end),    cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_all_rules),
	};

	return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
