// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/difference_internal.h"
#include "control/config/times.h"

/* An allow block stands in the configuration as an entry for each of its pairs, one after the other. */
static size_t block_end(const struct config *config, size_t first)
{
	size_t end = first + 1;

	while (end < config->allow_count &&
	       strcmp(config->allows[end].name, config->allows[first].name) == 0)
		end++;
	return end;
}

static struct named *block_names(const struct config *config, size_t *count)
{
	struct named *names = calloc(config->allow_count + 1, sizeof(*names));

	*count = 0;
	for (size_t i = 0; names && i < config->allow_count; i = block_end(config, i))
		names[(*count)++] = (struct named){config->allows[i].name, i};
	return names;
}

static const char *name_text(const struct config_allow *allow)
{
	return allow->to_name ? allow->to_name : "";
}

static int compare_sides(const void *a, const void *b)
{
	const struct config_allow *p = *(const struct config_allow *const *)a;
	const struct config_allow *q = *(const struct config_allow *const *)b;
	int order = prefix_compare(&p->from, &q->from);

	if (!order)
		order = prefix_compare(&p->to, &q->to);
	return order ? order : strcmp(name_text(p), name_text(q));
}

static const struct config_allow **sorted_block(const struct config *config, size_t first,
						size_t *count)
{
	const struct config_allow **all;

	*count = block_end(config, first) - first;
	all = calloc(*count, sizeof(*all));
	for (size_t i = 0; all && i < *count; i++)
		all[i] = &config->allows[first + i];
	if (all)
		qsort(all, *count, sizeof(*all), compare_sides);
	return all;
}

struct merge {
	const struct config *old, *new;
	json_t *sections;
};

static void count_entries(const struct merge *merge, const struct named *old,
			  const struct named *new, size_t *added, size_t *removed)
{
	size_t olds, news, i = 0, j = 0;
	const struct config_allow **before = sorted_block(merge->old, old->index, &olds);
	const struct config_allow **after = sorted_block(merge->new, new->index, &news);

	*added = *removed = 0;
	while (before && after && (i < olds || j < news)) {
		int order = i == olds ? 1 : j == news ? -1 : compare_sides(&before[i], &after[j]);

		*removed += order < 0;
		*added += order > 0;
		i += order <= 0;
		j += order >= 0;
	}
	free(after);
	free(before);
}

static const char *expiry_text(int64_t expires, char text[TIME_TEXT_MAX])
{
	return expires ? time_format(expires, text) : "never";
}

static const char *way_text(unsigned way)
{
	return allow_way_word(way) ? allow_way_word(way) : "free";
}

static void pair_allows(void *ctx, const struct named *old, const struct named *new)
{
	const struct merge *merge = ctx;
	const struct config_allow *before, *after;
	char text_old[TIME_TEXT_MAX], text_new[TIME_TEXT_MAX];
	json_t *changed = NULL;
	size_t added, removed;

	if (!old || !new) {
		sections_put(merge->sections, old ? "removed" : "added", (old ? old : new)->name);
		return;
	}
	before = &merge->old->allows[old->index];
	after = &merge->new->allows[new->index];
	if (before->expires != after->expires)
		sections_key(merge->sections, &changed, new->name, "expires",
			     expiry_text(before->expires, text_old),
			     expiry_text(after->expires, text_new));
	if (strcmp(before->comment, after->comment) != 0)
		sections_key(merge->sections, &changed, new->name, "comment", before->comment,
			     after->comment);
	if (before->way != after->way)
		sections_key(merge->sections, &changed, new->name, "kind", way_text(before->way),
			     way_text(after->way));
	count_entries(merge, old, new, &added, &removed);
	if (!changed && !added && !removed)
		return;
	if (!changed) {
		changed = sections_put(merge->sections, "changed", new->name);
		json_object_set_new(changed, "keys", json_array());
	}
	json_object_set_new(changed, "entries_added", json_integer((json_int_t)added));
	json_object_set_new(changed, "entries_removed", json_integer((json_int_t)removed));
}

json_t *difference_allows(const struct config *old, const struct config *new)
{
	struct merge merge = {.old = old, .new = new};
	size_t before_count, after_count;
	struct named *before = block_names(old, &before_count);
	struct named *after = block_names(new, &after_count);

	if (before && after) {
		merge.sections = sections_new();
		named_merge(before, before_count, after, after_count, pair_allows, &merge);
	}
	free(after);
	free(before);
	return merge.sections;
}
