/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between rules/lookup.c and its parts. Nobody else includes it. */
#ifndef EDGE25_RULES_LOOKUP_INTERNAL_H
#define EDGE25_RULES_LOOKUP_INTERNAL_H

#include "rules/find.h"
#include "rules/lookup.h"
#include "rules/machine.h"

/* --- rules/lookup_view.c: the table as it is in the kernel, read as far as it is asked for --- */

struct view_base {
	char name[RULES_NAME_MAX];
	uint32_t hook;
	int32_t priority;
	bool accepts;
};

struct view_set {
	char name[RULES_NAME_MAX];
	uint32_t flags;  /* NFT_SET_* */
	uint32_t length; /* of a key */
};

struct view;

/* 0, -EINTR (the table changed while it was read) or another error. */
int view_open(struct view **view, struct netlink *netlink);
void view_close(struct view *view);
/* Is it there, and does it see packets? */
bool view_in_force(const struct view *view);
/* Base chains in the order in which packets pass them. */
size_t view_bases(const struct view *view, const struct view_base **bases);
const struct view_set *view_set(const struct view *view, const char *name);
/* Reads them the first time. */
int view_chain(struct view *view, const char *name, struct machine_chain *chain);
/* Has anybody changed the table, elements apart that packets make, since it was opened? */
bool view_stale(const struct view *view);

/* --- rules/lookup_finding.c: what a packet met, in records --- */

struct findings {
	struct message_finding *records; /* LOOKUP_FINDINGS_MAX */
	size_t count;
	enum message_way way; /* what decides, as far as the packet came */
	uint32_t mask;        /* our bits of the mark */
	uint8_t blocking;     /* whose refusals are that do not say it, or MESSAGE_NO_POLICY */
};

void findings_element(struct findings *findings, const char *set, size_t key_length,
		      const struct found *found);
void findings_chain(struct findings *findings, const char *chain);

#endif
