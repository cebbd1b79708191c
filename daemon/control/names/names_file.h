/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files that names come from: which kinds there are, whether one has changed, reading it. */
#ifndef EDGE25_CONTROL_NAMES_FILE_H
#define EDGE25_CONTROL_NAMES_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/names/name_table.h"

/* Leases in the order in which they are asked. */
enum names_kind { NAMES_LABEL, NAMES_DNSMASQ, NAMES_ODHCPD, NAMES_ISC, NAMES_KEA, NAMES_KINDS };

#define NAMES_PARTS_MAX 4 /* a file of Kea's, and what its cleanup makes of it */
#define NAMES_PROBLEM_MAX 512
/* A million leases of Kea's with an hour of its journal; it is in memory while it is read. */
#define NAMES_FILE_MAX (256 << 20)

/* As it stands in events: "label", "dnsmasq", "odhcpd", "isc", "kea". */
const char *names_kind_word(enum names_kind kind);

/* What tells that a file has changed. */
struct names_stamp {
	struct {
		int error; /* errno; 0: it is there */
		uint64_t device, inode, size;
		int64_t changed; /* its contents, its name or who may read it; CLOCK_REALTIME, ns */
	} parts[NAMES_PARTS_MAX];
};

void names_stamp_take(enum names_kind kind, const char *path, struct names_stamp *stamp);
bool names_stamp_equal(const struct names_stamp *a, const struct names_stamp *b);
/* Bytes in all. */
uint64_t names_stamp_size(const struct names_stamp *stamp);
/* Changed so lately before @now (ns) that another change might leave the same stamp. */
bool names_stamp_fresh(const struct names_stamp *stamp, int64_t now);

struct names_reading {
	struct names_stamp stamp;        /* of what was read */
	struct name_table *table;        /* NULL: it could not be read; else the caller's to free */
	char problem[NAMES_PROBLEM_MAX]; /* with the path; not escaped; "": none */
};

/* At most @max entries. Nothing but the file system is used: a thread may do this. */
void names_file_read(enum names_kind kind, const char *path, size_t max,
		     struct names_reading *reading);

#endif
