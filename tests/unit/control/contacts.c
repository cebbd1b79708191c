// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "control/contacts.h"
#include "control/slots.h"

#define DAY CONTACTS_KEEP
#define NOW (1000 * DAY)

static struct addr addr_of(uint32_t number)
{
	struct addr addr = {.family = FAMILY_IPV4};

	for (int i = 0; i < 4; i++)
		addr.bytes[i] = (uint8_t)(number >> (24 - 8 * i));
	return addr;
}

static struct contact_hash hash_of(uint64_t seed, uint32_t number)
{
	const struct hash_key key = {seed, 25};
	const struct addr addr = addr_of(number), network = addr_mask(&addr, 24);

	return (struct contact_hash){hash_bytes(&key, &addr, sizeof(addr)),
				     hash_bytes(&key, &network, sizeof(network))};
}

static unsigned meet(struct contacts *contacts, uint64_t seed, uint32_t number, uint32_t now)
{
	const struct addr addr = addr_of(number);

	return contacts_meet(contacts, &addr, 40000, hash_of(seed, number), now);
}

static unsigned answer(struct contacts *contacts, uint64_t seed, uint32_t number, uint32_t now)
{
	const struct addr addr = addr_of(number);

	return contacts_answer(contacts, &addr, hash_of(seed, number), now);
}

static void test_exact_while_few(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct contacts contacts = {0};

		for (uint32_t i = 0; i < CONTACTS_EXACT; i++) {
			assert_int_equal(meet(&contacts, seed, i, NOW + 10 * i), 1);
			assert_int_equal(meet(&contacts, seed, i / 2, NOW + 10 * i), 0);
			assert_int_equal(contacts_servers(&contacts, NOW + 10 * i, DAY), i + 1);
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
	assert_in_range(contacts_servers(&contacts, NOW + 3000, 300), 5, 6);
	assert_in_range(contacts_servers(&contacts, NOW + 3000, 1800), 30, 31);
	assert_int_equal(contacts_servers(&contacts, NOW + 3000, DAY), 50);
	assert_int_equal(contacts_servers(&contacts, NOW + 2940 + DAY, DAY), 1);
	assert_int_equal(contacts_servers(&contacts, NOW + 3008 + DAY, DAY), 0);
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
		off = (double)contacts_servers(&contacts, NOW + error->count / 10, DAY) /
			      error->count -
		      1;
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
	static const struct error errors[] = {{100, 3.5}, {300, 3.8}, {1000, 5.4}, {2000, 12.0}};

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
	assert_in_range(contacts_servers(&contacts, NOW, DAY), CONTACTS_MOST - 10,
			CONTACTS_MOST + 10);
}

static void test_back_to_exact(void **state)
{
	struct contacts contacts = {0};

	(void)state;
	for (uint32_t i = 0; i < 500; i++)
		meet(&contacts, 1, i, NOW);
	assert_true(contacts.sketched);
	contacts_expire(&contacts, NOW + DAY + 8);
	assert_false(contacts.sketched);
	assert_int_equal(meet(&contacts, 1, 1, NOW + DAY + 8), 1);
	assert_int_equal(contacts_servers(&contacts, NOW + DAY + 8, DAY), 1);
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
		assert_true(fabs(contacts_answered(&contacts, NOW, DAY) - count / 2.0) <=
			    0.15 * count / 2);
		assert_true(fabs(more - count / 2.0) <= 0.15 * count / 2);
		assert_true(contacts.sample[0].answered);
		assert_false(contacts.sample[1].answered);
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

/* The first ones stay; one that was not met for a day makes room. */
static void test_sample(void **state)
{
	struct contacts contacts = {0};

	(void)state;
	for (uint32_t i = 0; i < 40; i++)
		meet(&contacts, 1, i, NOW + i);
	meet(&contacts, 1, 0, NOW + 1000);
	assert_int_equal(contacts.samples, CONTACTS_SAMPLE);
	assert_int_equal(contacts.sample[0].tries, 2);
	assert_int_equal(contacts.sample[0].first, NOW);
	assert_int_equal(contacts.sample[0].last, NOW + 1000);
	assert_int_equal(contacts.sample[0].port, 40000);
	meet(&contacts, 1, 99, NOW + DAY + 100);
	assert_int_equal(contacts.sample[1].addr.bytes[3], 99);
	assert_int_equal(contacts.sample[0].addr.bytes[3], 0);
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
		assert_in_range(contacts_servers(&contacts, now, DAY), hours < 24 ? hours + 1 : 24,
				26);
		assert_in_range(contacts_servers(&contacts, now, 3600), 2, 3);
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
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_for_a_month),
	};

	return cmocka_run_group_tests_name("control/contacts", tests, NULL, NULL);
}
