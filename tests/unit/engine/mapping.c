/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/mapping.h"

#define SEALS (F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK)

static int memfd(const void *block, size_t size, int seals)
{
	int fd = memfd_create("plan", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, block, size), size);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static void *good_plan(size_t *size)
{
	static const struct policy home = {.name = "home",
					   .mode = MODE_BLOCK,
					   .deny = DENY_DROP,
					   .unanswered = SAFE_REFUSE,
					   .host_prefix6 = 64};
	const struct plan_parts parts = {
		.settings = {.mark_mask = MARK_MASK_DEFAULT,
			     .queue_count = 1,
			     .queue_length = 16,
			     .refused_size = 16,
			     .passed_size = 16,
			     .tally_size = 16,
			     .refused_timeout = 1,
			     .passed_timeout = 1,
			     .tally_timeout = 100,
			     .read_interval = 10,
			     .reject_rate = 1,
			     .queue_rate = 1,
			     .router_policy = PLAN_NO_POLICY},
		.policies = &home,
		.policy_count = 1,
	};
	void *block = plan_build(&parts, size);

	assert_non_null(block);
	return block;
}

static void assert_refused(int fd, uint64_t size, int error, const char *expected)
{
	struct mapping mapping;
	const char *why = NULL;

	assert_int_equal(mapping_open(&mapping, fd, size, &why), error);
	assert_null(mapping.block);
	assert_null(mapping.plan.header);
	assert_string_equal(why, expected);
	mapping_close(&mapping);
	close(fd);
}

static void test_sealed_plan(void **state)
{
	struct mapping mapping;
	const char *why;
	size_t size;
	void *block = good_plan(&size);
	int fd = memfd(block, size, SEALS | F_SEAL_SEAL);

	(void)state;
	assert_int_equal(mapping_open(&mapping, fd, size, &why), 0);
	close(fd); /* the mapping does without */
	assert_memory_equal(mapping.block, block, size);
	assert_int_equal(mapping.size, size);
	assert_string_equal(mapping.plan.policies[0].name, "home");
	mapping_close(&mapping);
	assert_null(mapping.block);
	mapping_close(&mapping);
	free(block);
}

/* Any seal that is missing lets another process change what was checked. */
static void test_each_seal_is_needed(void **state)
{
	static const int seals[] = {F_SEAL_WRITE, F_SEAL_GROW, F_SEAL_SHRINK, SEALS};
	size_t size;
	void *block = good_plan(&size);

	(void)state;
	for (size_t i = 0; i < COUNT(seals); i++)
		assert_refused(memfd(block, size, SEALS & ~seals[i]), size, -EPERM,
			       "its memory is not sealed");
	free(block);
}

static void test_what_cannot_be_sealed(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	close(ends[1]);
	assert_refused(ends[0], 100, -EPERM, "its memory is not sealed");
}

static void test_size(void **state)
{
	size_t size;
	void *block = good_plan(&size);

	(void)state;
	assert_refused(memfd(block, size, SEALS), size + 1, -EINVAL,
		       "its size is not what was announced");
	assert_refused(memfd(block, size, SEALS), size - 1, -EINVAL,
		       "its size is not what was announced");
	assert_refused(memfd(block, size, SEALS), UINT64_MAX, -EINVAL,
		       "its size is not what was announced");
	assert_refused(memfd("", 0, SEALS), 0, -EINVAL, "its size is not what was announced");
	free(block);
}

static void test_content(void **state)
{
	size_t size;
	uint8_t *block = good_plan(&size);

	(void)state;
	block[0] ^= 1;
	assert_refused(memfd(block, size, SEALS), size, -EINVAL, "not a plan of this version");
	assert_refused(memfd("x", 1, SEALS), 1, -EINVAL, "shorter than its header");
	free(block);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sealed_plan),
		cmocka_unit_test(test_each_seal_is_needed),
		cmocka_unit_test(test_what_cannot_be_sealed),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_content),
	};

	return cmocka_run_group_tests_name("engine/mapping", tests, NULL, NULL);
}
