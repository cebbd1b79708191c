/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "rules/picture.h"

/* Where the last word before the first difference of two texts begins. */
static size_t common_words(const char *a, const char *b)
{
	size_t word = 0;

	for (size_t i = 0; a[i] && a[i] == b[i]; i++)
		if (a[i] == ';' || a[i] == ',')
			word = i + 1;
	return word;
}

static void put_text(char out[], size_t size, const char *text, size_t from)
{
	int n;

	if (!text)
		return;
	n = snprintf(out, size, "%s%s", from ? "..." : "", text + from);
	if (n >= (int)size)
		memcpy(out + size - 4, "...", 4);
}

void differences_add(struct differences *differences, const struct message_item *item,
		     const char *expected, const char *found)
{
	struct message_item *place = &differences->items[differences->count];
	size_t from = expected && found ? common_words(expected, found) : 0;

	differences->total++;
	if (differences->count == MESSAGE_ITEMS_MAX)
		return;
	differences->count++;
	*place = *item;
	put_text(place->expected, sizeof(place->expected), expected, from);
	put_text(place->found, sizeof(place->found), found, from);
}

static void differ(struct differences *differences, const struct part *expected,
		   const struct part *found, uint32_t number)
{
	const struct part *part = expected ? expected : found;
	struct message_item item = {
		.kind = (uint8_t)part->kind,
		.problem = !found    ? MESSAGE_MISSING :
			   !expected ? MESSAGE_UNEXPECTED :
				       MESSAGE_DIFFERENT,
		.number = number,
	};

	snprintf(item.name, sizeof(item.name), "%s", part->name);
	differences_add(differences, &item, expected ? expected->text : NULL,
			found ? found->text : NULL);
}

/* All but rules: each has a name of its own. */
static void compare_named(const struct picture *expected, const struct picture *found,
			  struct differences *differences)
{
	for (size_t i = 0; i < expected->count; i++) {
		const struct part *part = &expected->parts[i], *there;

		if (part->kind == MESSAGE_RULE ||
		    picture_find(expected, part->kind, part->name) != part)
			continue;
		there = picture_find(found, part->kind, part->name);
		if (!there || strcmp(part->text, there->text) != 0)
			differ(differences, part, there, 0);
	}
	for (size_t i = 0; i < found->count; i++) {
		const struct part *part = &found->parts[i];

		if (part->kind != MESSAGE_RULE && !picture_find(expected, part->kind, part->name))
			differ(differences, NULL, part, 0);
	}
}

/* The next rule of @chain from @at on; the count where there is none. */
static size_t next_rule(const struct picture *picture, const char *chain, size_t at)
{
	while (at < picture->count && (picture->parts[at].kind != MESSAGE_RULE ||
				       strcmp(picture->parts[at].name, chain) != 0))
		at++;
	return at;
}

/* Is there a rule with this text in the chain from @at on? */
static bool comes(const struct picture *picture, const char *chain, size_t at, const char *text)
{
	for (at = next_rule(picture, chain, at); at < picture->count;
	     at = next_rule(picture, chain, at + 1))
		if (!strcmp(picture->parts[at].text, text))
			return true;
	return false;
}

/*
 * Rules have no name but their place. One that is found further on means that those before it are
 * missing, or too many; one that is not was changed.
 */
static void compare_chain(const struct picture *expected, const struct picture *found,
			  const char *chain, struct differences *differences)
{
	size_t want = next_rule(expected, chain, 0), have = next_rule(found, chain, 0);
	uint32_t wanted = 1, had = 1;

	while (want < expected->count || have < found->count) {
		const struct part *a = want < expected->count ? &expected->parts[want] : NULL;
		const struct part *b = have < found->count ? &found->parts[have] : NULL;
		bool same = a && b && !strcmp(a->text, b->text);
		bool later = a && b && comes(found, chain, have + 1, a->text);
		bool missing =
			a && (!b || (!same && !later && comes(expected, chain, want + 1, b->text)));
		bool extra = b && (!a || (!same && !missing && later));

		if (missing)
			differ(differences, a, NULL, wanted);
		else if (extra)
			differ(differences, NULL, b, had);
		else if (!same)
			differ(differences, a, b, had);
		if (!extra) {
			want = next_rule(expected, chain, want + 1);
			wanted++;
		}
		if (!missing) {
			have = next_rule(found, chain, have + 1);
			had++;
		}
	}
}

void picture_compare(const struct picture *expected, const struct picture *found,
		     struct differences *differences)
{
	const struct part *table = picture_find(expected, MESSAGE_TABLE, RULES_TABLE);

	if (table && !picture_find(found, MESSAGE_TABLE, RULES_TABLE)) {
		differ(differences, table, NULL, 0); /* all else goes without saying */
		return;
	}
	compare_named(expected, found, differences);
	/* a chain that is not there lacks its rules too, and one too many is enough to say */
	for (size_t i = 0; i < expected->count; i++) {
		const struct part *chain = &expected->parts[i];

		if (chain->kind == MESSAGE_CHAIN && picture_find(found, MESSAGE_CHAIN, chain->name))
			compare_chain(expected, found, chain->name, differences);
	}
}
