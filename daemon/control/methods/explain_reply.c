// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "control/methods/explain_internal.h"
#include "control/methods/method_tables.h"
#include "control/methods/methods.h"

#define LISTED_MAX 64 /* interfaces in a reply; a gateway may have thousands */

static const char *const verdicts[] = {"accept", "refuse", "ask", "depends", NULL};
static const char *const ends[] = {"accept", "refuse", "depends", NULL};

static const struct rpc_field place_fields[] = {
	FIELD("interface", SHAPE_TEXT, FIELD_NULL, "name or pattern by which the range has it"),
	FIELD("range", SHAPE_TEXT, FIELD_NULL, ""),
	FIELD("prefix", SHAPE_TEXT, FIELD_NULL, "of the range, that covers the source"),
	FIELD("policy", SHAPE_TEXT, FIELD_NULL, ""),
	FIELD("policy_number", SHAPE_NUMBER, FIELD_NULL, "by which packets are marked"),
	FIELD_WORD("mode", FIELD_NULL, mode_words, "of the policy"),
	FIELD("pace", SHAPE_NUMBER, FIELD_NULL,
	      "of the policy: questions of a source, each second; null: no bound"),
	FIELD_WORD("verdict", 0, verdicts,
		   "ask: the kernel asks the engine; depends: on the interface it comes in by"),
	FIELD_WORD("answer", FIELD_NULL, ends, "of ask: what becomes of it"),
	FIELD_END,
};

const struct rpc_field explain_result[] = {
	FIELD("src", SHAPE_TEXT, 0, ""),
	FIELD("dst", SHAPE_TEXT, FIELD_NULL, ""),
	FIELDS_OF(place_fields),
	FIELD("reason", SHAPE_TEXT, 0, "in words"),
	FIELD("from_kernel", SHAPE_FLAG, 0,
	      "the verdict is what the kernel's table does; if not, it is the expected one"),
	FIELD("kernel_error", SHAPE_TEXT, FIELD_NULL, "why the kernel's table was not looked at"),
	FIELD_OF("kernel", FIELD_NULL, explain_found_fields, "what the kernel's table does"),
	FIELD_WORD("expected", 0, ends,
		   "what it comes to by configuration, allowlist and containments alone"),
	FIELD("differs", SHAPE_FLAG, 0, "the kernel's table is not as it is to be"),
	FIELD("differences", SHAPE_TEXT, FIELD_LIST, "in which way"),
	FIELD_OF("allow", FIELD_NULL, entry_fields, "the entry that lets it through"),
	FIELD_OF("contained", FIELD_NULL, containment_fields, "its host is cut off"),
	FIELD("incident", SHAPE_NUMBER, FIELD_NULL, "of its host, that is open"),
	FIELD_OF("remembered", FIELD_NULL, explain_remembered_fields,
		 "what the kernel remembers of the pair"),
	FIELD_OF("interfaces", FIELD_LIST, place_fields,
		 "where no interface was given: those by which another range decides, in the order in "
		 "which they are asked, 64 at most; the kernel is asked about the first 31"),
	FIELD_END,
};

/* What the kernel does by the one way in; of one that was not asked, what is expected. */
static unsigned verdict_of(const struct explain_view *view, const struct config_match *match,
			   const struct explain_found *found)
{
	return found && found->outcome.outcome != MESSAGE_UNKNOWN ? found->outcome.outcome :
								    explain_expected(view, match);
}

static unsigned end_of(const struct explain_view *view, const struct config_match *match,
		       const struct explain_found *found)
{
	return found && found->outcome.outcome != MESSAGE_UNKNOWN ? explain_end(found) :
								    explain_expected(view, match);
}

static json_t *place_json(const struct explain_view *view, const struct config_match *match,
			  const struct explain_found *found)
{
	const struct policy *policy = explain_policy(view, match);
	const unsigned verdict = verdict_of(view, match, found);
	char prefix[PREFIX_TEXT_MAX];

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o}", "interface",
			 string_or_null(match->interface), "range",
			 string_or_null(match->range ? match->range->name : NULL), "prefix",
			 string_or_null(match->prefix ?
						prefix_format(&match->prefix->prefix, prefix) :
						NULL),
			 "policy", string_or_null(policy ? policy->name : NULL), "policy_number",
			 policy ? json_integer(policy->number) : json_null(), "mode",
			 string_or_null(policy ? policy_mode_word(policy->mode) : NULL), "pace",
			 policy && policy->pace ? json_integer(policy->pace) : json_null(),
			 "verdict", explain_outcome_word(verdict), "answer",
			 string_or_null(verdict == MESSAGE_ASK ?
						explain_outcome_word(end_of(view, match, found)) :
						NULL));
}

/*
 * The findings about one of the others; NULL: the kernel was not asked about it. There may be thousands,
 * and it takes all before one to say by which name it is met: only where its pattern fits one that was asked.
 */
static const struct explain_found *found_of(const struct explain_asked *asked,
					    const struct explain_view *view, size_t other)
{
	char name[INTERFACE_MAX];

	for (uint32_t i = 1; i < asked->count; i++)
		if (interface_matches(view->others[other].interface, asked->lookups[i].interface) &&
		    explain_interface(view, other, name) &&
		    !memcmp(asked->lookups[i].interface, name, sizeof(name)))
			return &asked->found[i];
	return NULL;
}

/* Would some interface change what becomes of it? */
static bool depends(const struct explain_asked *asked, const struct explain_view *view,
		    bool expected)
{
	const unsigned end = end_of(view, &view->match, expected ? NULL : asked->found);

	for (size_t i = 0; i < view->other_count; i++)
		if (end_of(view, &view->others[i], expected ? NULL : found_of(asked, view, i)) !=
		    end)
			return true;
	return false;
}

static json_t *others_json(const struct explain_asked *asked, const struct explain_view *view)
{
	json_t *others = json_array();

	for (size_t i = 0; i < view->other_count && i < LISTED_MAX; i++)
		json_array_append_new(others,
				      place_json(view, &view->others[i], found_of(asked, view, i)));
	return others;
}

static json_t *differences_json(const struct explain_asked *asked, const struct explain_view *view)
{
	const struct intent *intent = view->control->intent;
	json_t *differences = json_array();
	const struct explain_found *found;

	explain_compare(view, &view->match, asked->found, differences);
	for (size_t i = 0; i < view->other_count; i++) {
		found = found_of(asked, view, i);
		if (found)
			explain_compare(view, &view->others[i], found, differences);
	}
	if (intent_refusal(intent))
		json_array_append_new(differences,
				      json_sprintf("the engine has refused the last plan: %s",
						   intent_refusal(intent)));
	else if (!intent_in_force(intent))
		json_array_append_new(differences,
				      json_string("the plan is on its way to the engine, and not "
						  "known to be in force"));
	return differences;
}

/* What decides first: the kernel's reason where it is not what the configuration says. */
static void describe(const struct explain_asked *asked, const struct explain_view *view,
		     bool differs, char text[EXPLAIN_TEXT_MAX])
{
	const struct explain_found *found = &asked->found[0];
	const struct policy *policy = explain_policy(view, &view->match);
	char own[EXPLAIN_TEXT_MAX], kernel[EXPLAIN_TEXT_MAX];

	explain_describe(view, own);
	if (found->outcome.outcome == MESSAGE_UNKNOWN) {
		snprintf(text, EXPLAIN_TEXT_MAX, "%s", own);
		return;
	}
	explain_found_describe(found, policy ? policy->mode : MODE_NONE, kernel);
	switch (found->outcome.way) {
	case MESSAGE_BY_ENTRY:
	case MESSAGE_BY_NOTHING:
	case MESSAGE_BY_CONTAINMENT:
	case MESSAGE_BY_QUESTION:
		if (!differs && !found->outcome.router) {
			snprintf(text, EXPLAIN_TEXT_MAX, "%.600s%s%.300s", own,
				 found->outcome.way == MESSAGE_BY_QUESTION ? "; " : "",
				 found->outcome.way == MESSAGE_BY_QUESTION ? kernel : "");
			return;
		}
		break;
	case MESSAGE_BY_MEMORY:
		if (!differs) {
			snprintf(text, EXPLAIN_TEXT_MAX, "%.200s; %.700s", kernel, own);
			return;
		}
		break;
	}
	snprintf(text, EXPLAIN_TEXT_MAX, "%s%.900s",
		 found->outcome.router ? "it is the router's own packet: " : "", kernel);
}

static json_t *incident_id(const struct explain_view *view)
{
	const struct policy *policy = explain_policy(view, &view->match);
	const struct prefix host = prefix_of(&view->source, view->source.family == FAMILY_IPV4 ?
								    32 :
							    policy ? policy->host_prefix6 :
								     POLICY_HOST_PREFIX6_MAX);
	const struct incident *incident = incidents_find(view->control->incidents, &host);

	return incident && incident->id ? json_integer(incident->id) : json_null();
}

json_t *explain_answer(const struct explain_asked *asked, const struct explain_view *view,
		       const char *error)
{
	char source[ADDR_TEXT_MAX], destination[ADDR_TEXT_MAX], reason[EXPLAIN_TEXT_MAX];
	const struct explain_found *found = &asked->found[0];
	const bool known = found->outcome.outcome != MESSAGE_UNKNOWN;
	json_t *result = place_json(view, &view->match, found);
	json_t *differences = differences_json(asked, view);
	const bool differs = json_array_size(differences) > 0;

	if (depends(asked, view, false)) {
		json_object_set_new(result, "verdict", json_string("depends"));
		json_object_set_new(result, "answer", json_null());
	}
	describe(asked, view, differs, reason);
	json_object_update_new(
		result,
		json_pack("{s:s, s:o, s:s, s:b, s:o, s:o, s:s, s:b, s:o}", "src",
			  addr_format(&view->source, source), "dst",
			  string_or_null(view->destination.family ?
						 addr_format(&view->destination, destination) :
						 NULL),
			  "reason", reason, "from_kernel", known, "kernel_error",
			  string_or_null(known ? NULL : error), "kernel", explain_found_json(found),
			  "expected",
			  depends(asked, view, true) ?
				  "depends" :
				  explain_outcome_word(explain_expected(view, &view->match)),
			  "differs", differs, "differences", differences));
	json_object_update_new(
		result,
		json_pack(
			"{s:o, s:o, s:o, s:o, s:o}", "allow",
			view->allow ? entry_json(view->control->allowlist, view->allow, view->now) :
				      json_null(),
			"contained",
			view->contained ? contained_json(view->contained, view->now) : json_null(),
			"incident", incident_id(view), "remembered", explain_remembered_json(found),
			"interfaces", others_json(asked, view)));
	return result;
}
