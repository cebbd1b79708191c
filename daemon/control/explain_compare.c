// SPDX-License-Identifier: GPL-2.0-or-later
/* Kernel and configuration held against each other, for one packet. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "explain_internal.h"

struct comparison {
	const struct explain_view *view;
	const struct config_match *match;
	const struct policy *policy; /* NULL: none */
	const struct explain_found *found;
	json_t *differences;
};

/* Of several ways in, which one? */
__attribute__((format(printf, 2, 3))) static void say(struct comparison *comparison,
						      const char *fmt, ...)
{
	const char *interface =
		comparison->match == &comparison->view->match ? NULL : comparison->match->interface;
	char text[512], safe[LOG_LINE_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	log_escape(text, safe, sizeof(safe));
	json_array_append_new(comparison->differences,
			      interface ? json_sprintf("by %s: %s", interface, safe) :
					  json_string(safe));
}

/* What neither configuration nor allowlist says: routes, what was answered before, a burst. */
static bool only_the_kernel_knows(const struct comparison *comparison)
{
	const struct message_finding *outcome = &comparison->found->outcome;
	const bool guarded =
		comparison->policy &&
		(comparison->policy->mode == MODE_GUARD ||
		 (comparison->view->allow && comparison->view->allow->way == ALLOW_WATCHED));

	return outcome->way == MESSAGE_BY_LOCAL || outcome->way == MESSAGE_BY_UNTRUE ||
	       outcome->router || (outcome->way == MESSAGE_BY_QUESTION && guarded);
}

/* The packet came as far as its policy, and was asked who it is of. */
static bool judged(const struct comparison *comparison)
{
	const unsigned way = comparison->found->outcome.way;

	return way == MESSAGE_BY_QUESTION || way == MESSAGE_BY_CONTAINMENT ||
	       way == MESSAGE_BY_ENTRY;
}

static bool compare_policies(struct comparison *comparison)
{
	const struct message_finding *range = explain_met(comparison->found, MESSAGE_MET_RANGE);
	const struct policy *policy = comparison->policy;

	if (range && policy && strcmp(range->text, policy->name) != 0)
		say(comparison, "the kernel has it in policy \"%s\", the configuration in \"%s\"",
		    range->text, policy->name);
	else if (range && !policy)
		say(comparison,
		    "the kernel has it in policy \"%s\", by the configuration it is in no range",
		    range->text);
	else if (!range && policy && comparison->found->outcome.way == MESSAGE_BY_NOTHING)
		say(comparison, "the kernel has it in no range, the configuration in \"%s\"",
		    comparison->match->range->name);
	else
		return false;
	return true;
}

static bool compare_entries(struct comparison *comparison)
{
	const struct explain_view *view = comparison->view;
	const struct message_finding *met = explain_met(comparison->found, MESSAGE_MET_ENTRY);
	const struct allow_entry *allow = view->allow;
	char entry[ALLOW_ENTRY_TEXT_MAX];

	/* entries that watch are asked for where a policy blocks */
	if (allow && !met && judged(comparison) &&
	    (allow->way != ALLOW_WATCHED ||
	     (comparison->policy && comparison->policy->mode == MODE_BLOCK))) {
		say(comparison, "the kernel does not have the allow entry %s",
		    allow_entry_text(allow, entry));
		return true;
	}
	if (!allow && met && !view->contained &&
	    comparison->found->outcome.way == MESSAGE_BY_ENTRY) {
		say(comparison,
		    "the kernel has an allow entry in %s that is none of the allowlist's",
		    met->place);
		return true;
	}
	return false;
}

static bool compare_containments(struct comparison *comparison)
{
	const struct contained *contained = comparison->view->contained;
	const struct message_finding *met = explain_met(comparison->found, MESSAGE_MET_CONTAINED);
	char host[PREFIX_TEXT_MAX];

	if (contained && !met && judged(comparison) && comparison->policy &&
	    comparison->policy->mode != MODE_MONITOR &&
	    (!comparison->view->allow || comparison->view->allow->way != ALLOW_ALWAYS)) {
		say(comparison, "the kernel does not have it that %s is contained",
		    prefix_format(&contained->host, host));
		return true;
	}
	if (!contained && met) {
		say(comparison, "the kernel has its host cut off (%s), and it is not contained",
		    met->place);
		return true;
	}
	return false;
}

static void compare_ends(struct comparison *comparison)
{
	const enum message_outcome expected = explain_expected(comparison->view, comparison->match);
	char why[EXPLAIN_TEXT_MAX];

	if (explain_end(comparison->found) == expected || only_the_kernel_knows(comparison))
		return;
	explain_found_describe(comparison->found,
			       comparison->policy ? comparison->policy->mode : MODE_NONE, why);
	say(comparison,
	    expected == MESSAGE_ACCEPT ? "the kernel refuses what is to pass: %s" :
					 "the kernel lets pass what is to be refused: %s",
	    why);
}

void explain_compare(const struct explain_view *view, const struct config_match *match,
		     const struct explain_found *found, json_t *differences)
{
	struct comparison comparison = {.view = view,
					.match = match,
					.policy = explain_policy(view, match),
					.found = found,
					.differences = differences};
	bool differs = false;

	if (found->outcome.outcome == MESSAGE_UNKNOWN)
		return;
	if (!found->outcome.router)
		differs |= compare_policies(&comparison);
	differs |= compare_entries(&comparison);
	differs |= compare_containments(&comparison);
	/* what follows from these is no other difference */
	if (!differs)
		compare_ends(&comparison);
}
