// SPDX-License-Identifier: GPL-2.0-or-later
/* Kernel and configuration held against each other, for one packet. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "control/methods/explain_internal.h"

struct sides {
	const struct explain_view *view;
	const struct config_match *match;
	const struct policy *policy; /* NULL: none */
	const struct explain_found *found;
	json_t *differences;
};

/* Of several ways in, which one? */
__attribute__((format(printf, 2, 3))) static void say(struct sides *sides, const char *fmt, ...)
{
	const char *interface = sides->match == &sides->view->match ? NULL :
								      sides->match->interface;
	char text[512], safe[LOG_LINE_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	log_escape(text, safe, sizeof(safe));
	json_array_append_new(sides->differences,
			      interface ? json_sprintf("by %s: %s", interface, safe) :
					  json_string(safe));
}

/* What neither configuration nor allowlist says: routes, what was answered before, a burst. */
static bool only_the_kernel_knows(const struct sides *sides)
{
	const struct message_finding *outcome = &sides->found->outcome;
	const bool guarded = sides->policy &&
			     (sides->policy->mode == MODE_GUARD ||
			      (sides->view->allow && sides->view->allow->way == ALLOW_WATCHED));

	return outcome->way == MESSAGE_BY_LOCAL || outcome->way == MESSAGE_BY_UNTRUE ||
	       outcome->router || (outcome->way == MESSAGE_BY_QUESTION && guarded);
}

/* The packet came as far as its policy, and was asked who it is of. */
static bool judged(const struct sides *sides)
{
	const unsigned way = sides->found->outcome.way;

	return way == MESSAGE_BY_QUESTION || way == MESSAGE_BY_CONTAINMENT ||
	       way == MESSAGE_BY_ENTRY;
}

static bool compare_policies(struct sides *sides)
{
	const struct message_finding *range = explain_met(sides->found, MESSAGE_MET_RANGE);
	const struct policy *policy = sides->policy;

	if (range && policy && strcmp(range->text, policy->name) != 0)
		say(sides, "the kernel has it in policy \"%s\", the configuration in \"%s\"",
		    range->text, policy->name);
	else if (range && !policy)
		say(sides,
		    "the kernel has it in policy \"%s\", by the configuration it is in no range",
		    range->text);
	else if (!range && policy && sides->found->outcome.way == MESSAGE_BY_NOTHING)
		say(sides, "the kernel has it in no range, the configuration in \"%s\"",
		    sides->match->range->name);
	else
		return false;
	return true;
}

static bool compare_entries(struct sides *sides)
{
	const struct explain_view *view = sides->view;
	const struct message_finding *met = explain_met(sides->found, MESSAGE_MET_ENTRY);
	const struct allow_entry *allow = view->allow;
	char entry[ALLOW_ENTRY_TEXT_MAX];

	/* entries that watch are asked for where a policy blocks */
	if (allow && !met && judged(sides) &&
	    (allow->way != ALLOW_WATCHED || (sides->policy && sides->policy->mode == MODE_BLOCK))) {
		say(sides, "the kernel does not have the allow entry %s",
		    allow_entry_text(allow, entry));
		return true;
	}
	if (!allow && met && !view->contained && sides->found->outcome.way == MESSAGE_BY_ENTRY) {
		say(sides, "the kernel has an allow entry in %s that is none of the allowlist's",
		    met->place);
		return true;
	}
	return false;
}

static bool compare_containments(struct sides *sides)
{
	const struct contained *contained = sides->view->contained;
	const struct message_finding *met = explain_met(sides->found, MESSAGE_MET_CONTAINED);
	char host[PREFIX_TEXT_MAX];

	if (contained && !met && judged(sides) && sides->policy &&
	    sides->policy->mode != MODE_MONITOR &&
	    (!sides->view->allow || sides->view->allow->way != ALLOW_ALWAYS)) {
		say(sides, "the kernel does not have it that %s is contained",
		    prefix_format(&contained->host, host));
		return true;
	}
	if (!contained && met) {
		say(sides, "the kernel has its host cut off (%s), and it is not contained",
		    met->place);
		return true;
	}
	return false;
}

static void compare_ends(struct sides *sides)
{
	const enum message_outcome expected = explain_expected(sides->view, sides->match);
	char why[EXPLAIN_TEXT_MAX];

	if (explain_end(sides->found) == expected || only_the_kernel_knows(sides))
		return;
	explain_found_describe(sides->found, sides->policy ? sides->policy->mode : MODE_NONE, why);
	say(sides,
	    expected == MESSAGE_ACCEPT ? "the kernel refuses what is to pass: %s" :
					 "the kernel lets pass what is to be refused: %s",
	    why);
}

void explain_compare(const struct explain_view *view, const struct config_match *match,
		     const struct explain_found *found, json_t *differences)
{
	struct sides sides = {.view = view,
			      .match = match,
			      .policy = explain_policy(view, match),
			      .found = found,
			      .differences = differences};
	bool differs = false;

	if (found->outcome.outcome == MESSAGE_UNKNOWN)
		return;
	if (!found->outcome.router)
		differs |= compare_policies(&sides);
	differs |= compare_entries(&sides);
	differs |= compare_containments(&sides);
	/* what follows from these is no other difference */
	if (!differs)
		compare_ends(&sides);
}
