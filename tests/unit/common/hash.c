/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../unit.h"

#include "common/hash.h"

static const struct hash_key key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};

static void test_siphash(void **state)
{
	uint8_t bytes[15];

	(void)state;
	for (uint8_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i;
	/* The test vector of the paper, appendix A. */
	assert_true(hash_bytes(&key, bytes, sizeof(bytes)) == 0xa129ca6149be45e5);
}

static void test_key(void **state)
{
	const struct hash_key other = {key.k0, key.k1 + 1};

	(void)state;
	assert_true(hash_bytes(&key, "25", 2) != hash_bytes(&other, "25", 2));
	assert_true(hash_bytes(&key, "25", 2) != hash_bytes(&key, "25", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_siphash),
		cmocka_unit_test(test_key),
	};

	return cmocka_run_group_tests_name("common/hash", tests, NULL, NULL);
}
