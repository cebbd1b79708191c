/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An incident that waits to be handed over, in the words in which it will be. */
#ifndef EDGE25_NOTIFY_ITEM_H
#define EDGE25_NOTIFY_ITEM_H

#include <stddef.h>

#include "incident.h"

#define ITEM_TEXT_MAX 65536 /* bytes of an incident; longer ones lose their evidence, then more */
#define ITEM_HOST_MAX 64    /* an IPv6 address and a prefix's length are 50 */

struct item {
	struct incident incident;
	unsigned changes;
	char *text;               /* NULL: one of those that are only counted */
	char host[ITEM_HOST_MAX]; /* "": not an address */
};

/* NULL: not there. */
struct item *item_find(struct item *items, size_t count, int64_t id);
/* Where @id is, or belongs, among items that are sorted by it. */
size_t item_place(const struct item *sorted, size_t count, int64_t id);
/* From the incident as it came. 0 or -ENOMEM; item_free() its text. */
int item_write(struct item *item, const json_t *document);
void item_free(struct item *item);

/*
 * A digest of @items, whose texts are in it, and of @left, which are only counted. @figures are
 * what else it says; taken over, NULL allowed. NULL: no memory.
 */
char *item_digest(const struct item *items, size_t count, const struct item *left,
		  size_t left_count, json_t *figures, size_t *length);

#endif
