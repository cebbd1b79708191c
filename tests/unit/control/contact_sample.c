// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include "control/hosts/contact_sample.h"

#define DAY CONTACTS_KEEP
#define NOW (1000 * DAY)

static struct addr addr_of(uint8_t family, uint8_t number)
{
	struct addr addr = {.family = family, .bytes = {198, 51, 100, number}};

	return addr;
}

static void meet(struct contact_sample *sample, uint8_t number, uint32_t now)
{
	const struct addr addr = addr_of(FAMILY_IPV4, number);

	contact_sample_meet(sample, &addr, (uint16_t)(40000 + number), now);
}

static struct contact get(const struct contact_sample *sample, unsigned index, uint32_t now)
{
	struct contact contact;

	assert_true(contact_sample_get(sample, index, now, &contact));
	return contact;
}

/* The first ones stay; one that was not met for a day makes room. */
static void test_the_first_stay(void **state)
{
	struct contact_sample sample = {0};
	struct contact contact;

	(void)state;
	for (uint8_t i = 0; i < 40; i++)
		meet(&sample, i, NOW + i);
	meet(&sample, 0, NOW + 1000);
	assert_int_equal(sample.count, CONTACTS_SAMPLE);
	contact = get(&sample, 0, NOW + 1000);
	assert_int_equal(contact.addr.family, FAMILY_IPV4);
	assert_int_equal(contact.addr.bytes[3], 0);
	assert_int_equal(contact.tries, 2);
	assert_int_equal(contact.first, NOW);
	assert_int_equal(contact.last, NOW + 1000);
	assert_int_equal(contact.port, 40000);
	assert_false(contact.answered);
	meet(&sample, 99, NOW + DAY + 100);
	assert_int_equal(get(&sample, 1, NOW + DAY + 100).addr.bytes[3], 99);
	assert_int_equal(get(&sample, 0, NOW + DAY + 100).addr.bytes[3], 0);
	assert_false(contact_sample_get(&sample, 2, NOW + DAY + 100, &contact));
}

static void test_answered(void **state)
{
	const struct addr first = addr_of(FAMILY_IPV4, 0), other = addr_of(FAMILY_IPV4, 9);
	struct contact_sample sample = {0};

	(void)state;
	meet(&sample, 0, NOW);
	meet(&sample, 1, NOW);
	contact_sample_answer(&sample, &first);
	contact_sample_answer(&sample, &other);
	assert_int_equal(sample.count, 2);
	assert_true(get(&sample, 0, NOW).answered);
	assert_false(get(&sample, 1, NOW).answered);
	/* not of an earlier day */
	meet(&sample, 0, NOW + DAY);
	assert_false(get(&sample, 0, NOW + DAY).answered);
	assert_int_equal(get(&sample, 0, NOW + DAY).first, NOW + DAY);
}

/* Tries share their bytes with another field. */
static void test_tries_end_somewhere(void **state)
{
	const struct addr addr = addr_of(FAMILY_IPV4, 0);
	struct contact_sample sample = {0};

	(void)state;
	meet(&sample, 0, NOW);
	contact_sample_answer(&sample, &addr);
	for (unsigned i = 0; i < 2 * CONTACT_TRIES_MAX; i++)
		meet(&sample, 0, NOW);
	assert_int_equal(get(&sample, 0, NOW).tries, CONTACT_TRIES_MAX);
	assert_true(get(&sample, 0, NOW).answered);
}

static void test_ipv6(void **state)
{
	struct contact_sample sample = {0};
	struct addr addr = addr_of(FAMILY_IPV6, 0);
	struct contact contact;

	(void)state;
	for (unsigned i = 0; i < CONTACTS_SAMPLE; i++) {
		addr.bytes[15] = (uint8_t)i;
		contact_sample_meet(&sample, &addr, 25, NOW);
	}
	for (unsigned i = 0; i < CONTACTS_SAMPLE; i++) {
		addr.bytes[15] = (uint8_t)i;
		contact = get(&sample, i, NOW);
		assert_memory_equal(&contact.addr, &addr, sizeof(addr));
	}
}

static void test_returns(void **state)
{
	const struct addr addr = addr_of(FAMILY_IPV4, 0);
	struct contact_sample sample = {0};
	struct contact_returns returns;

	(void)state;
	for (uint8_t i = 0; i < 10; i++)
		meet(&sample, i, NOW);
	for (uint8_t i = 0; i < 4; i++)
		meet(&sample, i, NOW + CONTACTS_RETURN);
	meet(&sample, 5, NOW + CONTACTS_RETURN - 1);
	meet(&sample, 50, NOW + 1000);
	returns = contact_sample_returns(&sample, NOW + 1300, 1200);
	assert_int_equal(returns.mature, 10);
	assert_int_equal(returns.returned, 4);
	contact_sample_answer(&sample, &addr);
	returns = contact_sample_returns(&sample, NOW + 1300, 1200);
	assert_int_equal(returns.mature, 9);
	assert_int_equal(returns.returned, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_first_stay),
		cmocka_unit_test(test_answered),
		cmocka_unit_test(test_tries_end_somewhere),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_returns),
	};

	return cmocka_run_group_tests_name("control/contact_sample", tests, NULL, NULL);
}
