// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/allow/allow_entry.h"

static int copy_text(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

int allow_entry_copy(struct allow_entry *to, const struct allow_entry *from)
{
	*to = *from;
	to->user = to->comment = to->name = to->file = to->to_name = NULL;
	if (copy_text(&to->user, from->user) || copy_text(&to->comment, from->comment) ||
	    copy_text(&to->name, from->name) || copy_text(&to->file, from->file) ||
	    copy_text(&to->to_name, from->to_name)) {
		allow_entry_release(to);
		return -ENOMEM;
	}
	return 0;
}

void allow_entry_release(struct allow_entry *entry)
{
	free(entry->user);
	free(entry->comment);
	free(entry->name);
	free(entry->file);
	free(entry->to_name);
	entry->user = entry->comment = entry->name = entry->file = entry->to_name = NULL;
}

bool allow_side_same(const struct prefix *a, const struct prefix *b)
{
	if (!a->addr.family || !b->addr.family)
		return a->addr.family == b->addr.family;
	return prefix_equal(a, b);
}

bool allow_entry_same(const struct allow_entry *a, const struct allow_entry *b)
{
	return allow_side_same(&a->from, &b->from) && allow_side_same(&a->to, &b->to) &&
	       strcmp(a->to_name ? a->to_name : "", b->to_name ? b->to_name : "") == 0;
}

const char *allow_entry_text(const struct allow_entry *entry, char text[ALLOW_ENTRY_TEXT_MAX])
{
	char from[PREFIX_TEXT_MAX], to[PREFIX_TEXT_MAX];

	snprintf(text, ALLOW_ENTRY_TEXT_MAX, "from %s to %s",
		 entry->from.addr.family ? prefix_format(&entry->from, from) : "any",
		 entry->to_name        ? entry->to_name :
		 entry->to.addr.family ? prefix_format(&entry->to, to) :
					 "any");
	return text;
}
