// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/names/lease_parse.h"
#include "control/names/names_file.h"

#define RACES_MAX 3 /* readings of a file that changes meanwhile; the next look is for the rest */
#define FRESH 1000000000 /* ns: file systems note changes in steps of up to a second */

static const struct {
	const char *word;
	lease_parser *parse;
	const char *expected; /* in a line, where a person writes the file; else NULL */
} kinds[NAMES_KINDS] = {
	[NAMES_LABEL] = {"label", label_file, "an address or a prefix, and a label"},
	[NAMES_DNSMASQ] = {"dnsmasq", lease_dnsmasq, NULL},
	[NAMES_ODHCPD] = {"odhcpd", lease_odhcpd, NULL},
	[NAMES_ISC] = {"isc", lease_isc, NULL},
	[NAMES_KEA] = {"kea", lease_kea, NULL},
};

const char *names_kind_word(enum names_kind kind)
{
	return kinds[kind].word;
}

/* --- parts --- */

/*
 * Kea's cleanup (kea-lfc) moves the file to .1, joins .2 and .1 to .output, renames that to
 * .completed, takes .1 and .2 away and renames .completed to .2. So .completed has what .2 and .1
 * had, as long as it is there, and the file itself comes last. Kea loads them likewise.
 */
enum { PART_FILE, PART_COMPLETED, PART_PREVIOUS, PART_INPUT };

static const char *const suffixes[NAMES_PARTS_MAX] = {"", ".completed", ".2", ".1"};

static size_t part_count(enum names_kind kind)
{
	return kind == NAMES_KEA ? NAMES_PARTS_MAX : 1;
}

static int part_path(const char *path, size_t part, char out[PATH_MAX])
{
	int length = snprintf(out, PATH_MAX, "%s%s", path, suffixes[part]);

	return length < PATH_MAX ? 0 : -ENAMETOOLONG;
}

void names_stamp_take(enum names_kind kind, const char *path, struct names_stamp *stamp)
{
	memset(stamp, 0, sizeof(*stamp));
	for (size_t i = 0; i < part_count(kind); i++) {
		char name[PATH_MAX];
		struct stat st;
		int error = part_path(path, i, name);

		if (!error && stat(name, &st))
			error = -errno;
		stamp->parts[i].error = -error;
		if (error)
			continue;
		stamp->parts[i].device = st.st_dev;
		stamp->parts[i].inode = st.st_ino;
		stamp->parts[i].size = (uint64_t)st.st_size;
		stamp->parts[i].changed =
			(int64_t)st.st_ctim.tv_sec * 1000000000 + st.st_ctim.tv_nsec;
	}
}

bool names_stamp_equal(const struct names_stamp *a, const struct names_stamp *b)
{
	for (size_t i = 0; i < NAMES_PARTS_MAX; i++)
		if (a->parts[i].error != b->parts[i].error ||
		    a->parts[i].device != b->parts[i].device ||
		    a->parts[i].inode != b->parts[i].inode ||
		    a->parts[i].size != b->parts[i].size ||
		    a->parts[i].changed != b->parts[i].changed)
			return false;
	return true;
}

uint64_t names_stamp_size(const struct names_stamp *stamp)
{
	uint64_t size = 0;

	for (size_t i = 0; i < NAMES_PARTS_MAX; i++)
		size += stamp->parts[i].size;
	return size;
}

bool names_stamp_fresh(const struct names_stamp *stamp, int64_t now)
{
	for (size_t i = 0; i < NAMES_PARTS_MAX; i++) {
		int64_t age = now - stamp->parts[i].changed;

		if (stamp->parts[i].changed && age < FRESH && age > -FRESH)
			return true;
	}
	return false;
}

/* --- reading --- */

/* The whole file, to be freed; -errno. A pipe that nobody writes to must not hold us up. */
static int read_whole(const char *path, char **text, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), error = 0;
	struct stat st;
	size_t room;

	*text = NULL;
	*size = 0;
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		error = -errno;
	else if (!S_ISREG(st.st_mode))
		error = S_ISDIR(st.st_mode) ? -EISDIR : -ENOTSUP;
	else if (st.st_size > NAMES_FILE_MAX)
		error = -EFBIG;
	room = error ? 0 : (size_t)st.st_size;
	if (room && !(*text = malloc(room)))
		error = -ENOMEM;
	/* What is added meanwhile is for the next reading. */
	while (!error && *size < room) {
		ssize_t n = read(fd, *text + *size, room - *size);

		if (n < 0 && errno != EINTR)
			error = -errno;
		if (n == 0)
			break;
		*size += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	if (error) {
		free(*text);
		*text = NULL;
	}
	return error;
}

static const char *reason(int error, char text[64])
{
	if (error == ENOTSUP)
		return "it is no regular file";
	if (error != EFBIG)
		return strerror(error);
	snprintf(text, 64, "it is larger than %d MiB", NAMES_FILE_MAX >> 20);
	return text;
}

/* 0, or -errno with the problem said. A part that may be missing is not missed. */
static int read_part(enum names_kind kind, const char *path, size_t part,
		     struct names_reading *reading)
{
	char name[PATH_MAX], words[64], *text = NULL;
	size_t size = 0;
	int error = part_path(path, part, name);

	if (!error)
		error = read_whole(name, &text, &size);
	if (!error)
		kinds[kind].parse(reading->table, text ? text : "", size);
	else if (error != -ENOENT || part == PART_FILE)
		snprintf(reading->problem, sizeof(reading->problem), "%.300s: %s", name,
			 reason(-error, words));
	free(text);
	return error;
}

/* True: something could be read. */
static bool read_parts(enum names_kind kind, const char *path, struct names_reading *reading)
{
	bool any = false;

	if (kind == NAMES_KEA) {
		any = read_part(kind, path, PART_COMPLETED, reading) == 0;
		if (!any) {
			any = read_part(kind, path, PART_PREVIOUS, reading) == 0;
			any |= read_part(kind, path, PART_INPUT, reading) == 0;
		}
	}
	if (read_part(kind, path, PART_FILE, reading) == 0)
		return true;
	/* For a moment, while Kea moves it, the file itself is not there. */
	if (any && access(path, F_OK) && errno == ENOENT)
		reading->problem[0] = '\0';
	return any;
}

/* Leases are written by programs; what a person wrote, a person wants to hear of. */
static void say_misreads(enum names_kind kind, const char *path, struct names_reading *reading)
{
	size_t line;
	uint64_t count = name_table_misreads(reading->table, &line);

	if (!count || !kinds[kind].expected)
		return;
	snprintf(reading->problem, sizeof(reading->problem), "%.300s:%zu: expected %s", path, line,
		 kinds[kind].expected);
	if (count > 1) {
		size_t n = strlen(reading->problem);

		snprintf(reading->problem + n, sizeof(reading->problem) - n,
			 "; so in %" PRIu64 " lines", count);
	}
}

static void read_once(enum names_kind kind, const char *path, size_t max,
		      struct names_reading *reading)
{
	reading->problem[0] = '\0';
	names_stamp_take(kind, path, &reading->stamp);
	reading->table = name_table_new(max);
	if (reading->table && !read_parts(kind, path, reading)) {
		name_table_free(reading->table);
		reading->table = NULL;
		return;
	}
	if (reading->table && name_table_close(reading->table)) {
		name_table_free(reading->table);
		reading->table = NULL;
	}
	if (reading->table)
		say_misreads(kind, path, reading);
	else
		snprintf(reading->problem, sizeof(reading->problem), "%.300s: no memory", path);
}

void names_file_read(enum names_kind kind, const char *path, size_t max,
		     struct names_reading *reading)
{
	for (unsigned i = 1;; i++) {
		struct names_stamp after;

		read_once(kind, path, max, reading);
		names_stamp_take(kind, path, &after);
		if (i == RACES_MAX || names_stamp_equal(&reading->stamp, &after))
			return;
		name_table_free(reading->table);
	}
}
