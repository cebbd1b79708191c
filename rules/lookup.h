/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel's table does with an opening to port 25 now, as the rules and elements that are
 * there say, whoever made them. Nothing is changed or counted by it. One takes about a millisecond.
 */
#ifndef EDGE25_RULES_LOOKUP_H
#define EDGE25_RULES_LOOKUP_H

#include "common/mark.h"
#include "common/message.h"
#include "rules/table.h"

#define LOOKUP_FINDINGS_MAX MESSAGE_FINDINGS_MAX

/* What user space would answer now to a question of @policy; MARK_QUESTION: nothing. */
typedef enum mark_action lookup_answer(void *arg, unsigned policy, const struct addr *source,
				       const struct addr *destination);

struct lookup;

/* 0 or -errno. @table lives on. One reading of the table serves many lookups, while it stays. */
int lookup_open(struct lookup **lookup, const struct table *table, lookup_answer *answer,
		void *arg);
void lookup_close(struct lookup *lookup);

/*
 * Fills in what the packet meets and, last, its outcome; returns how many findings these are. What
 * cannot be found out has the outcome MESSAGE_UNKNOWN and a reason for people.
 */
size_t lookup_run(struct lookup *lookup, const struct message_lookup *wanted,
		  struct message_finding findings[LOOKUP_FINDINGS_MAX]);

#endif
