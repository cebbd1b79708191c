/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of difference.h. */
#ifndef EDGE25_CONTROL_DIFFERENCE_INTERNAL_H
#define EDGE25_CONTROL_DIFFERENCE_INTERNAL_H

#include "control/config/difference.h"

/* A section of the configuration: its name and where it stands. */
struct named {
	const char *name;
	size_t index;
};

/* Two sections of one name; NULL: there is none. */
typedef void named_pair(void *ctx, const struct named *old, const struct named *new);

/* Sorts both lists by name and calls @pair for each name. */
void named_merge(struct named *old, size_t old_count, struct named *new, size_t new_count,
		 named_pair *pair, void *ctx);

/* What one kind of section differs in: {"added": [], "removed": [], "changed": []}. */
json_t *sections_new(void);
/* "home" is put under @list ("added"); the object, borrowed. */
json_t *sections_put(json_t *sections, const char *list, const char *name);
/* One key of a changed section; creates the section's object in *@changed when it is the first. */
void sections_key(json_t *sections, json_t **changed, const char *name, const char *key,
		  const char *before, const char *after);

json_t *difference_ranges(const struct config *old, const struct config *new);
json_t *difference_allows(const struct config *old, const struct config *new);
json_t *difference_summary(const json_t *difference);

#endif
