/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the elements and chains that a packet met mean, by their names. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/chains.h"
#include "rules/lookup_internal.h"
#include "rules/sets.h"

enum ends { END_NONE, END_SOURCE, END_DESTINATION, END_PAIR };

/* By how the name begins; what is not here decides nothing. */
static const struct {
	const char *begin;
	enum message_met met;
	enum allow_way way;
	enum ends ends;
	enum message_way decides; /* 0: what follows does */
} sets[] = {
	{"range", MESSAGE_MET_RANGE, 0, END_SOURCE, 0},
	{"place", MESSAGE_MET_RANGE, 0, END_SOURCE, 0},
	{"interface_", MESSAGE_MET_RANGE, 0, END_NONE, 0},
	{"allow_src", MESSAGE_MET_ENTRY, ALLOW_FREE, END_SOURCE, 0},
	{"allow_dst", MESSAGE_MET_ENTRY, ALLOW_FREE, END_DESTINATION, 0},
	{"allow_pair", MESSAGE_MET_ENTRY, ALLOW_FREE, END_PAIR, 0},
	{"always_src", MESSAGE_MET_ENTRY, ALLOW_ALWAYS, END_SOURCE, 0},
	{"always_dst", MESSAGE_MET_ENTRY, ALLOW_ALWAYS, END_DESTINATION, 0},
	{"always_pair", MESSAGE_MET_ENTRY, ALLOW_ALWAYS, END_PAIR, 0},
	{"watched_src", MESSAGE_MET_ENTRY, ALLOW_WATCHED, END_SOURCE, 0},
	{"watched_pair", MESSAGE_MET_ENTRY, ALLOW_WATCHED, END_PAIR, 0},
	{"contained", MESSAGE_MET_CONTAINED, 0, END_SOURCE, 0},
	{"refused", MESSAGE_MET_REFUSED, 0, END_PAIR, MESSAGE_BY_MEMORY},
	{"passed", MESSAGE_MET_PASSED, 0, END_PAIR, MESSAGE_BY_MEMORY},
	{"emergency", MESSAGE_MET_EMERGENCY, 0, END_SOURCE, MESSAGE_BY_EMERGENCY},
	{"pace", MESSAGE_MET_PACE, 0, END_SOURCE, 0},
};

/* Chains after which it is clear what decides; of those that are entered the last counts. */
static const struct {
	const char *begin;
	enum message_way decides;
} chains[] = {
	{CHAIN_OWN, MESSAGE_BY_LOCAL},          {CHAIN_LET_THROUGH, MESSAGE_BY_ENTRY},
	{"contained_", MESSAGE_BY_CONTAINMENT}, {"doubt_", MESSAGE_BY_UNTRUE},
	{"untrue_", MESSAGE_BY_UNTRUE},
};

#define POLICY_CHAIN "policy_"

static bool begins(const char *name, const char *begin)
{
	return !strncmp(name, begin, strlen(begin));
}

static struct message_finding *add(struct findings *findings, enum message_met met)
{
	struct message_finding *finding;

	if (findings->count == LOOKUP_FINDINGS_MAX - 1) /* the last is for the outcome */
		return NULL;
	finding = &findings->records[findings->count++];
	*finding = (struct message_finding){
		.kind = MESSAGE_MET, .met = (uint8_t)met, .policy = MESSAGE_NO_POLICY};
	return finding;
}

/* The beginning of a key is cut to a prefix where the set is of such: its last address. */
static void widen(const char *set, enum message_met met, struct addr *last)
{
	static const uint8_t none[8];
	unsigned length = 64;
	struct prefix prefix;

	if (last->family != FAMILY_IPV6)
		return;
	if (met == MESSAGE_MET_CONTAINED) {
		const char *number = strrchr(set, '_');

		length = number ? (unsigned)strtoul(number + 1, NULL, 10) : 0;
	} else if ((met != MESSAGE_MET_REFUSED && met != MESSAGE_MET_PASSED &&
		    met != MESSAGE_MET_PACE) ||
		   memcmp(last->bytes + sizeof(none), none, sizeof(none)) != 0) {
		return;
	}
	if (length > addr_bits(FAMILY_IPV6))
		return;
	prefix = prefix_of(last, length);
	*last = prefix_last(&prefix);
}

static void put_ends(struct message_finding *finding, const char *set, enum ends ends,
		     size_t length, const struct found *found)
{
	const size_t size = ends == END_PAIR ? length / 2 : length;
	const uint8_t family = size == addr_size(FAMILY_IPV4) ? FAMILY_IPV4 : FAMILY_IPV6;
	const size_t to = ends == END_PAIR ? size : 0;

	if (ends == END_NONE || size != addr_size(family))
		return;
	if (ends != END_DESTINATION) {
		finding->from[0] = addr_from_wire(family, found->first);
		finding->from[1] = addr_from_wire(family, found->last);
		widen(set, finding->met, &finding->from[1]);
	}
	if (ends != END_SOURCE) {
		finding->to[0] = addr_from_wire(family, found->first + to);
		finding->to[1] = addr_from_wire(family, found->last + to);
	}
}

/* Which entry it is stands in the element's comment, as rules/fill.c has written it. */
static uint32_t entry_of(const char *comment)
{
	unsigned long id;
	char *end;

	if (!strcmp(comment, "configuration"))
		return 0;
	if (!begins(comment, "allow "))
		return MESSAGE_NO_ENTRY;
	errno = 0;
	id = strtoul(comment + strlen("allow "), &end, 10);
	return errno || *end || !id || id >= MESSAGE_NO_ENTRY ? MESSAGE_NO_ENTRY : (uint32_t)id;
}

static bool same(const struct message_finding *finding, const struct message_finding *other)
{
	return !strcmp(finding->place, other->place) &&
	       !memcmp(finding->from, other->from, sizeof(finding->from)) &&
	       !memcmp(finding->to, other->to, sizeof(finding->to)) &&
	       !strcmp(finding->text, other->text);
}

/* The rules ask some sets more than once. */
static void drop_double(struct findings *findings)
{
	const struct message_finding *last = &findings->records[findings->count - 1];

	for (size_t i = 0; i + 1 < findings->count; i++)
		if (same(&findings->records[i], last)) {
			findings->count--;
			return;
		}
}

void findings_element(struct findings *findings, const char *set, size_t length,
		      const struct found *found)
{
	struct message_finding *finding;
	uint32_t mark = 0;
	size_t i = 0;

	while (i < sizeof(sets) / sizeof(sets[0]) && !begins(set, sets[i].begin))
		i++;
	if (i == sizeof(sets) / sizeof(sets[0]) ||
	    (sets[i].met == MESSAGE_MET_PACE && found->left <= SETS_PACE_WHOLE))
		return;
	if (sets[i].decides)
		findings->way = sets[i].decides;
	finding = add(findings, sets[i].met);
	if (!finding)
		return;
	finding->way = (uint8_t)sets[i].way;
	finding->remaining = found->left;
	if (sets[i].met == MESSAGE_MET_PACE)
		finding->remaining -= SETS_PACE_WHOLE;
	if (sets[i].met == MESSAGE_MET_ENTRY)
		finding->entry = entry_of(found->comment);
	if (sets[i].met == MESSAGE_MET_REFUSED && found->data_length == sizeof(mark)) {
		memcpy(&mark, found->data, sizeof(mark));
		finding->policy = (uint8_t)mark_decode(mark, findings->mask).policy;
	} else if (sets[i].met == MESSAGE_MET_REFUSED) {
		finding->policy = findings->blocking;
	}
	if (sets[i].met == MESSAGE_MET_RANGE && begins(found->chain, POLICY_CHAIN))
		snprintf(finding->text, sizeof(finding->text), "%s",
			 found->chain + strlen(POLICY_CHAIN));
	snprintf(finding->place, sizeof(finding->place), "%.43s", set);
	put_ends(finding, set, sets[i].ends, length, found);
	drop_double(findings);
}

/* A pattern for interfaces is a rule of its own, and so no element tells its policy. */
static void note_policy(struct findings *findings, const char *policy)
{
	struct message_finding *finding;

	if (findings->count && findings->records[findings->count - 1].met == MESSAGE_MET_RANGE)
		return;
	finding = add(findings, MESSAGE_MET_RANGE);
	if (finding)
		snprintf(finding->text, sizeof(finding->text), "%s", policy);
}

void findings_chain(struct findings *findings, const char *chain)
{
	for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++)
		if (begins(chain, chains[i].begin))
			findings->way = chains[i].decides;
	if (begins(chain, POLICY_CHAIN))
		note_policy(findings, chain + strlen(POLICY_CHAIN));
}
