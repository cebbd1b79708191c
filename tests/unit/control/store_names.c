// SPDX-License-Identifier: GPL-2.0-or-later
#include "../unit.h"

#include <errno.h>
#include <string.h>

#include "control/store/store_names.h"
#include "temporary.h"

static struct store *open_store(void **state)
{
	char path[TEMPORARY_PATH_MAX];

	return store_new(temporary_path(state, "edge25.db", path));
}

static struct stored_address stored(const char *text, int64_t since, int64_t seen)
{
	struct stored_address address = {.since = since, .seen = seen};

	assert_int_equal(addr_parse(text, &address.addr), 0);
	return address;
}

struct seen {
	char text[512];
	const char *unwanted;
};

static bool note(void *ctx, const char *name, const struct stored_address *address)
{
	struct seen *seen = ctx;
	size_t n = strlen(seen->text);
	char text[ADDR_TEXT_MAX];

	snprintf(seen->text + n, sizeof(seen->text) - n, "%s %s %d %d\n", name,
		 addr_format(&address->addr, text), (int)address->since, (int)address->seen);
	return !seen->unwanted || strcmp(seen->unwanted, name) != 0;
}

static void check(struct store *store, const char *unwanted, const char *expected)
{
	struct seen seen = {.unwanted = unwanted};

	assert_int_equal(store_names_read(store, note, &seen), 0);
	assert_string_equal(seen.text, expected);
}

static int put(struct store *store, const char *name, const struct stored_address *addresses,
	       size_t count)
{
	int result = store_names_begin(store);

	if (!result)
		result = store_names_write(store, name, addresses, count);
	return store_names_end(store, result, NULL);
}

static void test_survives(void **state)
{
	struct store *store = open_store(state);
	const struct stored_address smtp[] = {stored("2001:db8::25", 20, 30),
					      stored("203.0.113.25", 10, 30)};
	const struct stored_address mx = stored("203.0.113.26", 5, 6);

	assert_int_equal(put(store, "smtp.example.net", smtp, 2), 0);
	assert_int_equal(put(store, "mx.example.net", &mx, 1), 0);
	store_free(store);
	store = open_store(state);
	check(store, NULL,
	      "mx.example.net 203.0.113.26 5 6\n"
	      "smtp.example.net 203.0.113.25 10 30\n"
	      "smtp.example.net 2001:db8::25 20 30\n");
	/* what is written is all that there is */
	assert_int_equal(put(store, "smtp.example.net", smtp, 1), 0);
	check(store, "mx.example.net",
	      "mx.example.net 203.0.113.26 5 6\n"
	      "smtp.example.net 2001:db8::25 20 30\n");
	check(store, NULL, "smtp.example.net 2001:db8::25 20 30\n");
	assert_int_equal(put(store, "smtp.example.net", NULL, 0), 0);
	check(store, NULL, "");
	store_free(store);
}

static void test_unwritable(void **state)
{
	struct store *store = store_new("/proc/edge25.db");
	struct seen seen = {.text = ""};

	(void)state;
	assert_int_equal(put(store, "smtp.example.net", NULL, 0), -EIO);
	assert_int_equal(store_names_read(store, note, &seen), -EIO);
	store_free(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_survives, temporary_setup, temporary_teardown),
		cmocka_unit_test(test_unwritable),
	};

	return cmocka_run_group_tests_name("control/store_names", tests, NULL, NULL);
}
