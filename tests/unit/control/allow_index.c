// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include "control/allow/allow_index.h"

#define NODES 600

/* Few addresses and lengths, so that much is equal and much covers. */
static struct prefix any_side(uint8_t family)
{
	static const uint8_t lengths[] = {0, 8, 30, 31, 32, 64, 127, 128};
	struct addr addr = {.family = family};
	unsigned bits = addr_bits(family), length = lengths[rand() % 8];

	if (rand() % 4 == 0)
		return (struct prefix){0};
	addr.bytes[addr_size(family) - 1] = (uint8_t)(rand() % 4);
	addr.bytes[0] = 10;
	return prefix_of(&addr, length > bits ? bits : length);
}

static void fill(struct allow_node *node)
{
	uint8_t family = rand() % 2 ? FAMILY_IPV4 : FAMILY_IPV6;

	memset(node, 0, sizeof(*node));
	node->entry.from = any_side(family);
	node->entry.to = any_side(family);
	if (rand() % 10 == 0)
		node->entry.to_name = (char *)"mx.example.net";
}

static bool holds(const struct prefix *outer, const struct prefix *inner)
{
	if (!outer->addr.family)
		return true;
	return inner->addr.family && prefix_covers(outer, inner);
}

static bool equal(const struct prefix *a, const struct prefix *b)
{
	return holds(a, b) && holds(b, a);
}

static int count_entry(void *ctx, const struct allow_entry *entry)
{
	assert_null(entry->to_name);
	++*(size_t *)ctx;
	return 0;
}

/* Against a look at every one. */
static void compare(const struct allow_index *index, const struct allow_node *nodes,
		    const bool *there)
{
	struct allow_node like;
	size_t same = 0, covering = 0, found = 0, covered = 0;

	fill(&like);
	for (size_t i = 0; i < NODES; i++) {
		const struct allow_entry *entry = &nodes[i].entry;

		if (!there[i])
			continue;
		same += equal(&entry->from, &like.entry.from) && equal(&entry->to, &like.entry.to);
		covering += !entry->to_name && holds(&entry->from, &like.entry.from) &&
			    holds(&entry->to, &like.entry.to);
	}
	for (const struct allow_node *node =
		     allow_index_first(index, &like.entry.from, &like.entry.to);
	     node; node = allow_index_next(node))
		found++;
	assert_int_equal(allow_index_covering(index, &like.entry.from, &like.entry.to, count_entry,
					      &covered),
			 0);
	assert_int_equal(found, same);
	assert_int_equal(covered, covering);
}

static void test_like_a_look_at_all(void **state)
{
	static struct allow_node nodes[NODES];
	static bool there[NODES];
	struct allow_index *index = allow_index_new();

	(void)state;
	srand(25);
	for (size_t i = 0; i < NODES; i++) {
		fill(&nodes[i]);
		assert_int_equal(allow_index_reserve(index, 1), 0);
		allow_index_add(index, &nodes[i]);
		there[i] = true;
	}
	for (unsigned round = 0; round < 4000; round++) {
		size_t i = (size_t)rand() % NODES;

		compare(index, nodes, there);
		if (there[i])
			allow_index_remove(index, &nodes[i]);
		else
			allow_index_add(index, &nodes[i]);
		there[i] = !there[i];
	}
	allow_index_free(index);
}

static int stop(void *ctx, const struct allow_entry *entry)
{
	(void)entry;
	++*(size_t *)ctx;
	return -25;
}

static void test_an_error_ends_it(void **state)
{
	struct allow_node nodes[3];
	struct allow_index *index = allow_index_new();
	size_t calls = 0;

	(void)state;
	memset(nodes, 0, sizeof(nodes));
	assert_int_equal(allow_index_reserve(index, 3), 0);
	for (size_t i = 0; i < 3; i++) {
		prefix_parse(i ? "10.0.0.0/8" : "10.0.0.1", &nodes[i].entry.from);
		allow_index_add(index, &nodes[i]);
	}
	assert_int_equal(allow_index_covering(index, &nodes[0].entry.from, &nodes[0].entry.to, stop,
					      &calls),
			 -25);
	assert_int_equal(calls, 1);
	allow_index_free(index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_like_a_look_at_all),
		cmocka_unit_test(test_an_error_ends_it),
	};

	return cmocka_run_group_tests_name("control/allow_index", tests, NULL, NULL);
}
