// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "control/hosts/contacts.h"
#include "control/hosts/slots.h"

#define DAY CONTACTS_KEEP
#define NOW (1000 * DAY)
#define SLOT 1500 /* half of the coarsest of ages.h */

static struct addr addr_of(uint32_t number)
{
	struct addr addr = {.family = FAMILY_IPV4};

	for (int i = 0; i < 4; i++)
		addr.bytes[i] = (uint8_t)(number >> (24 - 8 * i));
	return addr;
}

static unsigned meet(struct contacts *contacts, uint64_t seed, uint32_t number, uint32_t now)
{
	const struct hash_key key = {seed, 25};
	const struct addr addr = addr_of(number);

	return contacts_meet(contacts, &key, &addr, 40000, now);
}

static unsigned answer(struct contacts *contacts, uint64_t seed, uint32_t number, uint32_t now)
{
	const struct hash_key key = {seed, 25};
	const struct addr addr = addr_of(number);

	return contacts_answer(contacts, &key, &addr, now);
}

static struct contact_counts counted(const struct contacts *contacts, uint32_t now,
				     uint32_t seconds)
{
	struct contact_counts counts = {.seconds = seconds};

	contacts_count(contacts, now, &counts, 1);
	return counts;
}

static unsigned servers(const struct contacts *contacts, uint32_t now, uint32_t seconds)
{
	return counted(contacts, now, seconds).servers;
}

static void test_exact_while_few(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct contacts contacts = {0};

		for (uint32_t i = 0; i < CONTACTS_EXACT; i++) {
			assert_int_equal(meet(&contacts, seed, i, NOW + 10 * i), 1);
			assert_int_equal(meet(&contacts, seed, i / 2, NOW + 10 * i), 0);
			assert_int_equal(servers(&contacts, NOW + 10 * i, DAY), i + 1);
		}
		assert_false(contacts.sketched);
	}
}

/* A destination is in a window while the last time it was met is. */
static void test_windows(void **state)
{
	struct contacts contacts = {0};

	(void)state;
	for (uint32_t i = 0; i < 50; i++)
		meet(&contacts, 1, i, NOW + 60 * i);
	meet(&contacts, 1, 0, NOW + 3000);
	assert_in_range(servers(&contacts, NOW + 3000, 300), 5, 6);
	assert_in_range(servers(&contacts, NOW + 3000, 1800), 30, 31);
	assert_int_equal(servers(&contacts, NOW + 3000, DAY), 50);
	assert_int_equal(servers(&contacts, NOW + 2940 + DAY, DAY), 1);
	assert_int_equal(servers(&contacts, NOW + 3008 + DAY, DAY), 0);
	/* what was not met for a day is new again */
	assert_int_equal(meet(&contacts, 1, 7, NOW + 3008 + DAY), 1);
}

struct error {
	uint32_t count;
	double stated; /* the standard error in the header, in percent */
};

/*
 * The error of count and of the sum of new ones over 400 keys, against the truth: no more than the
 * header says by a fifth, and without a bias.
 */
static void check_error(const struct error *error)
{
	const unsigned keys = 400;
	double squares = 0, bias = 0, new_bias = 0, stated = error->stated / 100;

	for (uint64_t seed = 1; seed <= keys; seed++) {
		struct contacts contacts = {0};
		unsigned fresh = 0;
		double off;

		for (uint32_t i = 0; i < error->count; i++) {
			fresh += meet(&contacts, seed, i * 7919, NOW + i / 10);
			fresh += meet(&contacts, seed, (i / 3) * 7919, NOW + i / 10);
		}
		off = (double)servers(&contacts, NOW + error->count / 10, DAY) / error->count - 1;
		squares += off * off;
		bias += off;
		new_bias += (double)fresh / error->count - 1;
	}
	assert_true(sqrt(squares / keys) < 1.2 * stated);
	assert_true(sqrt(squares / keys) > 0.5 * stated); /* the measure is one */
	assert_true(fabs(bias / keys) < stated / 2);
	assert_true(fabs(new_bias / keys) < stated / 2);
}

static void test_error_of_the_sketch(void **state)
{
	static const struct error errors[] = {{200, 3.6}, {300, 3.8}, {1000, 5.2}, {2000, 11.0}};

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		check_error(&errors[i]);
}

/* More than it can tell stays at the most, and does no harm. */
static void test_beyond_the_sketch(void **state)
{
	struct contacts contacts = {0};

	(void)state;
	for (uint32_t i = 0; i < 100000; i++)
		meet(&contacts, 1, i, NOW);
	assert_in_range(servers(&contacts, NOW, DAY), CONTACTS_MOST - 10, CONTACTS_MOST + 10);
}

static void test_back_to_exact(void **state)
{
	struct contacts contacts = {0};

	(void)state;
	for (uint32_t i = 0; i < 500; i++)
		meet(&contacts, 1, i, NOW);
	assert_true(contacts.sketched);
	contacts_expire(&contacts, NOW + DAY - SLOT);
	assert_true(contacts.sketched);
	contacts_expire(&contacts, NOW + DAY + SLOT);
	assert_false(contacts.sketched);
	assert_int_equal(meet(&contacts, 1, 1, NOW + DAY + SLOT), 1);
	assert_int_equal(servers(&contacts, NOW + DAY + SLOT, DAY), 1);
}

static void test_answered(void **state)
{
	(void)state;
	for (uint32_t count = 50; count <= 300; count += 250) {
		struct contacts contacts = {0};
		unsigned more = 0;

		for (uint32_t i = 0; i < count; i++)
			meet(&contacts, 1, i, NOW);
		for (uint32_t i = 0; i < count; i += 2) {
			more += answer(&contacts, 1, i, NOW);
			assert_int_equal(answer(&contacts, 1, i, NOW), 0);
		}
		assert_true(fabs(counted(&contacts, NOW, DAY).answered - count / 2.0) <=
			    0.15 * count / 2);
		assert_true(fabs(more - count / 2.0) <= 0.15 * count / 2);
		assert_true(contacts.sample.kept[0].answered);
		assert_false(contacts.sample.kept[1].answered);
	}
}

static void test_returns(void **state)
{
	struct contacts contacts = {0};
	struct contact_returns returns;

	(void)state;
	for (uint32_t i = 0; i < 10; i++)
		meet(&contacts, 1, i, NOW);
	for (uint32_t i = 0; i < 4; i++)
		meet(&contacts, 1, i, NOW + 700);
	meet(&contacts, 1, 5, NOW + 400); /* too soon to be a return */
	meet(&contacts, 1, 50, NOW + 1000);
	returns = contacts_returns(&contacts, NOW + 1300, 1200);
	assert_int_equal(returns.mature, 10);
	assert_int_equal(returns.returned, 4);
	/* mail that was taken is no reason to come back, and no sign of a queue */
	answer(&contacts, 1, 0, NOW + 1300);
	answer(&contacts, 1, 9, NOW + 1300);
	returns = contacts_returns(&contacts, NOW + 1300, 1200);
	assert_int_equal(returns.mature, 8);
	assert_int_equal(returns.returned, 3);
}

/* Those first met long ago have been met again, or not, however long it was. */
static void test_returns_after_days(void **state)
{
	struct contacts contacts = {0};
	struct contact_returns returns;
	uint32_t now = NOW;

	(void)state;
	for (unsigned hours = 0; hours <= 240; hours += 20, now += 20 * 3600) {
		meet(&contacts, 1, 1, now);
		meet(&contacts, 1, 2 + hours, now);
		contacts_expire(&contacts, now);
		returns = contacts_returns(&contacts, now + 19 * 3600, 1200);
		assert_int_equal(returns.mature, 2);
		assert_int_equal(returns.returned, hours ? 1 : 0);
	}
	/* nor when it is about to be forgotten */
	now += 4 * 3600 - 200;
	contacts_expire(&contacts, now);
	returns = contacts_returns(&contacts, now, 1200);
	assert_int_equal(returns.mature, 2);
	assert_int_equal(returns.returned, 1);
}

static struct network_list networks_of(const struct contacts *contacts, uint32_t now)
{
	struct network_list list;

	contacts_networks(contacts, now, &list);
	return list;
}

/* A network is what its servers are together, whichever of them was met. */
static void test_networks_of_few(void **state)
{
	struct contacts contacts = {0};
	struct network_list list;

	(void)state;
	meet(&contacts, 1, 0x08000001, NOW);
	meet(&contacts, 1, 0x08000002, NOW + 800);
	meet(&contacts, 1, 0x09000001, NOW + 800);
	meet(&contacts, 1, 0x09000002, NOW + 1000);
	answer(&contacts, 1, 0x09000001, NOW + 1000);
	list = networks_of(&contacts, NOW + 1600);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.weight, 1);
	for (unsigned i = 0; i < list.count; i++) {
		const bool first = list.of[i].age == 1600;

		assert_int_equal(list.of[i].age, first ? 1600 : 800);
		assert_int_equal(list.of[i].quiet, first ? 800 : 600);
		assert_int_equal(list.of[i].returned, first);
		assert_int_equal(list.of[i].answered, !first);
	}
	/* and of those met within a day */
	list = networks_of(&contacts, NOW + DAY + 900);
	assert_int_equal(list.count, 1);
	assert_int_equal(networks_of(&contacts, NOW + DAY + 1008).count, 0);
}

/* Which are too many to be known each have the same networks, and times, as before. */
static void test_networks_of_many(void **state)
{
	struct contacts contacts = {0};
	struct network_list before, after;
	unsigned answered = 0, returned = 0, old = 0;

	(void)state;
	for (uint32_t i = 0; i < CONTACTS_EXACT; i++)
		meet(&contacts, 1, i % 100 << 8 | i / 100, NOW + 8 * i);
	for (uint32_t i = 0; i < 20; i++)
		answer(&contacts, 1, i << 8, NOW + 2000);
	before = networks_of(&contacts, NOW + 2000);
	assert_int_equal(before.count, 100);
	assert_false(contacts.sketched);
	meet(&contacts, 1, 0xffff00, NOW + 2000);
	assert_true(contacts.sketched);
	after = networks_of(&contacts, NOW + 2000);
	assert_int_equal(after.weight, 1);
	assert_int_equal(after.count, 101);
	for (unsigned i = 0; i < 101; i++) {
		answered += after.of[i].answered;
		returned += after.of[i].returned;
		old += after.of[i].age >= 2000 - 8 * 50;
	}
	assert_int_equal(answered, 20);
	assert_int_equal(returned, CONTACTS_EXACT - 100);
	assert_int_equal(old, 51);
	/* 500 and more are a sample */
	for (uint32_t i = 0; i < 1000; i++)
		meet(&contacts, 1, i << 8, NOW + 2008);
	after = networks_of(&contacts, NOW + 2008);
	assert_in_range(network_list_met(&after, NETWORKS_ALL, DAY), 660, 1330);
}

/* What is met in the moment in which they become too many is not counted twice. */
static void test_becoming_many(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 50; seed++) {
		struct contacts contacts = {0};
		unsigned fresh = 0;

		for (uint32_t round = 0; round < 3; round++)
			for (uint32_t i = 0; i < CONTACTS_EXACT + 8; i++)
				fresh += meet(&contacts, seed, i * 7919, NOW + 60 * round);
		assert_true(contacts.sketched);
		assert_in_range(fresh, CONTACTS_EXACT, CONTACTS_EXACT + 16);
		assert_in_range(servers(&contacts, NOW + 120, 60), (CONTACTS_EXACT + 8) * 4 / 5,
				(CONTACTS_EXACT + 8) * 6 / 5);
		assert_int_equal(servers(&contacts, NOW + 120, DAY),
				 servers(&contacts, NOW + 120, 60));
	}
}

static struct addr addr6(unsigned network, unsigned host)
{
	struct addr addr = {.family = FAMILY_IPV6, .bytes = {0x20, 1, 0xd, 0xb8}};

	addr.bytes[4] = (uint8_t)(network >> 8);
	addr.bytes[5] = (uint8_t)network;
	addr.bytes[15] = (uint8_t)host;
	return addr;
}

/* Of IPv6 a /48 is a network; of 90 servers in one, one is missing in 4000 hosts. */
static void test_ipv6(void **state)
{
	unsigned missing = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 1000; seed++) {
		const struct hash_key key = {seed, 25};
		struct contacts contacts = {0};

		for (unsigned i = 0; i < 90; i++) {
			const struct addr addr = addr6(1, i);

			contacts_meet(&contacts, &key, &addr, 40000, NOW);
		}
		assert_int_equal(networks_of(&contacts, NOW).count, 1);
		missing += 90 - servers(&contacts, NOW, DAY);
	}
	assert_in_range(missing, 0, 2);
	for (uint64_t seed = 1; seed <= 50; seed++) {
		const struct hash_key key = {seed, 25};
		struct contacts contacts = {0};

		for (unsigned network = 0; network < 40; network++)
			for (unsigned i = 0; i < 3; i++) {
				const struct addr addr = addr6(network, i);

				contacts_meet(&contacts, &key, &addr, 40000, NOW);
			}
		assert_false(contacts.sketched);
		assert_int_equal(networks_of(&contacts, NOW).count, 40);
	}
}

/* Times of 15 bits begin anew every three days. */
static void test_for_a_month(void **state)
{
	struct contacts contacts = {0};
	struct contact_returns returns;
	uint32_t now = NOW;

	(void)state;
	for (unsigned hours = 0; hours < 31 * 24; hours++, now += 3600) {
		meet(&contacts, 1, 1, now);
		meet(&contacts, 1, 1000 + hours, now);
		if (hours % 24 == 0)
			contacts_expire(&contacts, now);
		assert_in_range(servers(&contacts, now, DAY), hours < 24 ? hours + 1 : 24, 26);
		assert_in_range(servers(&contacts, now, 3600), 2, 3);
		if (hours < 2)
			continue;
		returns = contacts_returns(&contacts, now, 3600);
		assert_int_equal(returns.returned, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact_while_few),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_error_of_the_sketch),
		cmocka_unit_test(test_beyond_the_sketch),
		cmocka_unit_test(test_back_to_exact),
		cmocka_unit_test(test_answered),
		cmocka_unit_test(test_returns),
		cmocka_unit_test(test_returns_after_days),
		cmocka_unit_test(test_networks_of_few),
		cmocka_unit_test(test_networks_of_many),
		cmocka_unit_test(test_becoming_many),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_for_a_month),
	};

	return cmocka_run_group_tests_name("control/contacts", tests, NULL, NULL);
}
