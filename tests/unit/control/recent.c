// SPDX-License-Identifier: GPL-2.0-or-later
/* What is known of the last hour: hour, recent, lag; and of the room on a disk. */
#include <errno.h>

#include "../unit.h"

#include "control/health/disk.h"
#include "control/health/lag.h"
#include "control/health/recent.h"
#include "temporary.h"

#define NOW 1000000
#define HOUR 3600

static void test_hour(void **state)
{
	struct hour hour = {0};

	(void)state;
	assert_int_equal(hour_sum(&hour, NOW), 0);
	hour_add(&hour, NOW, 5);
	hour_add(&hour, NOW + 1800, 7);
	assert_int_equal(hour_sum(&hour, NOW + 1800), 12);
	assert_int_equal(hour_sum(&hour, NOW + HOUR - HOUR_PART), 12);
	assert_int_equal(hour_sum(&hour, NOW + HOUR), 7);
	assert_int_equal(hour_sum(&hour, NOW + 1800 + HOUR), 0);
	hour_add(&hour, NOW + HOUR + 600, 1); /* the first part is used again */
	assert_int_equal(hour_sum(&hour, NOW + HOUR + 600), 8);
	hour_add(&hour, NOW + 100 * HOUR, 2);
	assert_int_equal(hour_sum(&hour, NOW + 100 * HOUR), 2);

	hour = (struct hour){0};
	hour_most(&hour, NOW, 50);
	hour_most(&hour, NOW + 1, 20);
	hour_most(&hour, NOW + 900, 30);
	assert_int_equal(hour_worst(&hour, NOW + 900), 50);
	assert_int_equal(hour_worst(&hour, NOW + HOUR), 30);
	assert_int_equal(hour_worst(&hour, NOW + 2 * HOUR), 0);
	/* right after the machine was started */
	hour = (struct hour){0};
	hour_add(&hour, 3, 4);
	assert_int_equal(hour_sum(&hour, 4), 4);
}

static void test_recent(void **state)
{
	struct recent *recent = recent_new();
	char name[RECENT_NAME_MAX];

	(void)state;
	recent_note(recent, "old", 100, NOW); /* counted before we came */
	assert_false(recent_is_settled(recent));
	recent_settled(recent);
	recent_note(recent, "new", 3, NOW);
	recent_note(recent, "old", 102, NOW);
	assert_int_equal(recent_of(recent, "old", NOW), 2);
	assert_int_equal(recent_of(recent, "new", NOW), 3);
	assert_int_equal(recent_of(recent, "none", NOW), 0);
	recent_note(recent, "old", 5, NOW + 10); /* it began anew */
	assert_int_equal(recent_of(recent, "old", NOW + 10), 7);
	assert_int_equal(recent_of(recent, "old", NOW + 2 * HOUR), 0);
	for (unsigned i = 0; i < 2 * RECENT_MAX; i++) {
		snprintf(name, sizeof(name), "loss %u", i);
		recent_note(recent, name, 1, NOW);
	}
	assert_int_equal(recent_of(recent, "loss 1", NOW), 1);
	assert_int_equal(recent_of(recent, name, NOW), 0);
	recent_free(recent);
}

static void test_lag(void **state)
{
	struct lag lag = {0};

	(void)state;
	lag_tick(&lag, 5000000);
	lag_tick(&lag, 5001000);
	assert_int_equal(lag.loop_ms, 0);
	lag_tick(&lag, 5004500);
	assert_int_equal(lag.loop_ms, 2500);
	lag_tick(&lag, 5004501); /* libev makes up for it */
	lag_tick(&lag, 5005500);
	assert_int_equal(lag.loop_ms, 0);
	assert_int_equal(hour_worst(&lag.loop, 5005), 2500);
	lag_event(&lag, 5005500, 1000000000, 1030000000);
	assert_int_equal(lag.event_ms, 30);
	lag_event(&lag, 5005500, 2000000000, 1030000000); /* the clock was set back */
	assert_int_equal(lag.event_ms, 0);
	assert_int_equal(hour_worst(&lag.event, 5005), 30);
}

static void test_disk(void **state)
{
	struct disk disk = disk_look(*state);
	char path[TEMPORARY_PATH_MAX];

	assert_int_equal(disk.error, 0);
	assert_true(disk.size >= disk.free);
	assert_int_equal(disk_look("/no/such/directory").error, -ENOENT);
	temporary_write(state, "file", "12345");
	assert_int_equal(disk_file_size(temporary_path(state, "file", path)), 5);
	assert_int_equal(disk_file_size(temporary_path(state, "none", path)), 0);
	/* little by both measures, by one of them, by none */
	disk = (struct disk){.size = UINT64_C(4) << 30, .free = UINT64_C(49) << 20};
	assert_true(disk_low(&disk));
	disk = (struct disk){.size = UINT64_C(4) << 20, .free = UINT64_C(1) << 20};
	assert_false(disk_low(&disk));
	disk = (struct disk){.size = UINT64_C(4) << 40, .free = UINT64_C(51) << 20};
	assert_false(disk_low(&disk));
	disk.error = -EIO;
	disk.free = 0;
	assert_false(disk_low(&disk));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hour),
		cmocka_unit_test(test_recent),
		cmocka_unit_test(test_lag),
		cmocka_unit_test_setup_teardown(test_disk, temporary_setup, temporary_teardown),
	};

	return cmocka_run_group_tests_name("control/recent", tests, NULL, NULL);
}
