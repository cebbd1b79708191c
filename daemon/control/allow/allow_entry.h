/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One entry of the allowlist as an operator knows it. */
#ifndef EDGE25_CONTROL_ALLOW_ENTRY_H
#define EDGE25_CONTROL_ALLOW_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/allow.h"
#include "control/config/domain_name.h"

struct allow_entry {
	int64_t id;             /* 0: it stands in the configuration */
	struct prefix from, to; /* family 0: any */
	int64_t expires;        /* seconds since 1970, UTC; 0 = never */
	int64_t added;          /* the same; 0 for the configuration */
	uint8_t way;            /* enum allow_way */
	uint32_t uid;           /* who added it */
	char *user;             /* the name of that user at that time */
	char *comment;
	char *name;    /* of the configuration's block; else NULL */
	char *file;    /* that it stands in; else NULL */
	char *to_name; /* the destination where it is a name; else NULL */
	uint64_t hits; /* packets that it was found for */
	int64_t used;  /* when it last was, seconds since 1970; 0 = never */
};

/* A deep copy; 0 or -ENOMEM. */
int allow_entry_copy(struct allow_entry *to, const struct allow_entry *from);
void allow_entry_release(struct allow_entry *entry);
/* Are both this source, or destination, or both any? */
bool allow_side_same(const struct prefix *a, const struct prefix *b);
/* Do both say the same source and destination? */
bool allow_entry_same(const struct allow_entry *a, const struct allow_entry *b);
/* "from 100.64.3.7 to 203.0.113.25". */
#define ALLOW_ENTRY_TEXT_MAX (PREFIX_TEXT_MAX + DOMAIN_NAME_MAX + 16)
const char *allow_entry_text(const struct allow_entry *entry, char text[ALLOW_ENTRY_TEXT_MAX]);

#endif
