/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between method_explain.c and its parts, explain_*.c. Nobody else includes it. */
#ifndef EDGE25_CONTROL_EXPLAIN_INTERNAL_H
#define EDGE25_CONTROL_EXPLAIN_INTERNAL_H

#include "control/control.h"
#include "control/socket/rpc.h"
#include "control/socket/rpc_schema.h"

#define EXPLAIN_TEXT_MAX 1024

/* --- explain_view.c: what configuration, allowlist and containments come to --- */

struct explain_view {
	const struct control *control;
	struct addr source, destination;   /* destination family 0: none was said */
	const char *interface;             /* NULL: not said */
	const struct allow_entry *allow;   /* that lets it through, as it looks */
	const struct contained *contained; /* NULL: it is not */
	struct config_match *others;       /* no interface was said: what holds by some */
	size_t other_count;
	struct config_match match; /* range NULL: none */
	int64_t now;               /* CLOCK_REALTIME, s */
};

/* 0 or -ENOMEM. What it points to holds until anything else is done. */
int explain_view_open(struct explain_view *view, const struct control *control,
		      const struct addr *source, const struct addr *destination,
		      const char *interface);
void explain_view_close(struct explain_view *view);

/* NULL: the match is none. */
const struct policy *explain_policy(const struct explain_view *view,
				    const struct config_match *match);
/* MESSAGE_ACCEPT or MESSAGE_REFUSE. */
enum message_outcome explain_expected(const struct explain_view *view,
				      const struct config_match *match);
/* In words. */
void explain_describe(const struct explain_view *view, char text[EXPLAIN_TEXT_MAX]);
/*
 * The name of an interface by which the packets meet this one of the others: where it is a pattern, a
 * name that no other has. False: there is none.
 */
bool explain_interface(const struct explain_view *view, size_t other, char name[INTERFACE_MAX]);

/* --- explain_kernel.c: what the engine found --- */

struct explain_found {
	struct message_finding met[MESSAGE_FINDINGS_MAX];
	size_t count;
	struct message_finding outcome; /* outcome MESSAGE_UNKNOWN: not found out */
};

void explain_found_add(struct explain_found *found, const struct message_finding *finding);
/* The first of a kind that it met; NULL: none. */
const struct message_finding *explain_met(const struct explain_found *found, enum message_met met);
/* What becomes of it in the end: of a question, what comes of its answer. */
enum message_outcome explain_end(const struct explain_found *found);
/* "accept", "refuse", "ask"; NULL: not known. */
const char *explain_outcome_word(unsigned outcome);
/* What decides, in words; @mode: of the policy that was asked, or MODE_NONE. */
void explain_found_describe(const struct explain_found *found, unsigned mode,
			    char text[EXPLAIN_TEXT_MAX]);
/* Null where nothing was found out. */
json_t *explain_found_json(const struct explain_found *found);
json_t *explain_remembered_json(const struct explain_found *found);
extern const struct rpc_field explain_found_fields[], explain_remembered_fields[];

/* --- explain_reply.c --- */

/* The way that was said, or none, and then those by which another range decides: what was found of each. */
struct explain_asked {
	struct message_lookup lookups[MESSAGE_LOOKUPS_MAX];
	uint32_t count;
	struct explain_found found[MESSAGE_LOOKUPS_MAX];
};

/* All that is replied; @error: why the kernel was not asked, or "". */
json_t *explain_answer(const struct explain_asked *asked, const struct explain_view *view,
		       const char *error);

/* --- explain_compare.c --- */

/* Adds a text for each thing that is not in the kernel as it is in the view. */
void explain_compare(const struct explain_view *view, const struct config_match *match,
		     const struct explain_found *found, json_t *differences);

#endif
