/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What somebody who watches wants to be told of. Pure. */
#ifndef EDGE25_CONTROL_WATCH_FILTER_H
#define EDGE25_CONTROL_WATCH_FILTER_H

#include <jansson.h>
#include <stdbool.h>

#include "common/addr.h"
#include "common/policy.h"

enum watch_kind { WATCH_EVENT, WATCH_INCIDENT, WATCH_CHANGE, WATCH_KINDS };
enum watch_verdict { WATCH_ANY_VERDICT, WATCH_REFUSED, WATCH_PASSED };

struct watch_filter {
	unsigned kinds;               /* 1 << enum watch_kind each; 0: nobody watches */
	struct prefix host;           /* family 0: any */
	char policy[POLICY_NAME_MAX]; /* "": any */
	const char *class;            /* a word that lives on; NULL: any */
	enum watch_verdict verdict;
};

/* What a notification says of these; points into it. */
struct watch_facts {
	enum watch_kind kind;
	struct prefix host; /* family 0: none */
	const char *policy, *class;
	enum watch_verdict verdict;
};

/* The names of the notifications, by kind; ends with NULL. */
extern const char *const watch_kind_words[];

/* @params are those of the notification. */
struct watch_facts watch_facts(enum watch_kind kind, const json_t *params);
/* What has no host (policy, class, verdict) is not wanted by those who filter by it. */
bool watch_wants(const struct watch_filter *filter, const struct watch_facts *facts);

#endif
