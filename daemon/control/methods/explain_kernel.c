// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/methods/explain_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "control/config/times.h"
#include "control/methods/method_tables.h"
#include "control/methods/methods.h"

static const char *const outcomes[] = {"accept", "refuse", "ask", NULL};
static const char *const ways[] = {"nothing",   "no-table",   "local",  "allow",
				   "contained", "remembered", "untrue", "emergency",
				   "question",  "other",      NULL};
static const char *const met_words[] = {"range",  "allow",     "contained", "refused",
					"passed", "emergency", "pace",      NULL};
static const char *const answer_words[] = {"accept", "refuse", NULL};

static const struct rpc_field element_fields[] = {
	FIELD_WORD("kind", 0, met_words,
		   "pace: its source asked within the last second, and may be beyond its pace"),
	FIELD("set", SHAPE_TEXT, FIELD_NULL, "of the kernel's table; null: a rule has it"),
	FIELD("from", SHAPE_TEXT, FIELD_NULL, "sources of the element"),
	FIELD("to", SHAPE_TEXT, FIELD_NULL, "destinations of the element"),
	FIELD("remaining", SHAPE_NUMBER, FIELD_NULL,
	      "seconds until it ends; of a pace, until it is certainly whole again"),
	FIELD("policy", SHAPE_TEXT, FIELD_OPTIONAL, "of a range"),
	FIELD("id", SHAPE_NUMBER, FIELD_OPTIONAL | FIELD_NULL,
	      "of an allow entry; null: of the configuration, or not known"),
	FIELD_END,
};

const struct rpc_field explain_found_fields[] = {
	FIELD_WORD("verdict", 0, outcomes, ""),
	FIELD_WORD("answer", FIELD_NULL, answer_words, "what comes of the question"),
	FIELD("answered", SHAPE_FLAG, FIELD_NULL,
	      "the engine answers the question; if not, it is the policy's safe answer"),
	FIELD_WORD("deny", FIELD_NULL, deny_words, "how it is refused"),
	FIELD_WORD("by", 0, ways, "what decides"),
	FIELD("router", SHAPE_FLAG, 0, "it is one of the router's own packets"),
	FIELD("policy", SHAPE_TEXT, FIELD_NULL, "to which its range leads"),
	FIELD("chain", SHAPE_TEXT, FIELD_NULL, "in which it ends"),
	FIELD("rule", SHAPE_NUMBER, FIELD_NULL, "in that chain, from 1; null: behind the last"),
	FIELD_OF("elements", FIELD_LIST, element_fields, "that it meets, in this order"),
	FIELD_END,
};

const struct rpc_field explain_remembered_fields[] = {
	FIELD_WORD("answer", 0, answer_words, ""),
	FIELD("policy_number", SHAPE_NUMBER, FIELD_NULL, "of a refusal"),
	FIELD("remaining", SHAPE_NUMBER, FIELD_NULL, "seconds; each packet makes it begin anew"),
	FIELD("set", SHAPE_TEXT, 0, ""),
	FIELD_END,
};

void explain_found_add(struct explain_found *found, const struct message_finding *finding)
{
	if (finding->kind == MESSAGE_OUTCOME)
		found->outcome = *finding;
	else if (found->count < MESSAGE_FINDINGS_MAX)
		found->met[found->count++] = *finding;
}

const struct message_finding *explain_met(const struct explain_found *found, enum message_met met)
{
	for (size_t i = 0; i < found->count; i++)
		if (found->met[i].met == met)
			return &found->met[i];
	return NULL;
}

enum message_outcome explain_end(const struct explain_found *found)
{
	return found->outcome.outcome == MESSAGE_ASK ? found->outcome.answer :
						       found->outcome.outcome;
}

const char *explain_outcome_word(unsigned outcome)
{
	return outcome >= MESSAGE_ACCEPT && outcome <= MESSAGE_ASK ?
		       outcomes[outcome - MESSAGE_ACCEPT] :
		       NULL;
}

/* --- in words --- */

static bool refused(const struct explain_found *found)
{
	return explain_end(found) == MESSAGE_REFUSE;
}

static void describe_memory(const struct explain_found *found, char *text, size_t size)
{
	const struct message_finding *met =
		explain_met(found, refused(found) ? MESSAGE_MET_REFUSED : MESSAGE_MET_PASSED);

	snprintf(text, size, "%s, and the kernel remembers that for %" PRIu64 " s more (%s)",
		 refused(found) ? "it was refused before" : "it passed before",
		 met ? (met->remaining + 999) / 1000 : 0, met ? met->place : "");
}

static void describe_entry(const struct explain_found *found, char *text, size_t size)
{
	const struct message_finding *met = explain_met(found, MESSAGE_MET_ENTRY);

	if (met && met->entry && met->entry != MESSAGE_NO_ENTRY)
		snprintf(text, size, "the kernel lets it through by allow entry %" PRIu32 " (%s)",
			 met->entry, met->place);
	else
		snprintf(text, size, "the kernel lets it through by an allow entry (%s)",
			 met ? met->place : "");
}

static void describe_question(const struct explain_found *found, unsigned mode, char *text,
			      size_t size)
{
	const char *answer = refused(found) ? "refuses it" : "lets it pass";
	const char *unless = explain_met(found, MESSAGE_MET_PACE) ?
				     " (unless it is beyond its pace, for its source asked within "
				     "the last second: then it gets the safe answer unasked)" :
				     "";

	if (!found->outcome.answered)
		snprintf(text, size, "nobody answers the kernel's question; the safe answer %s",
			 answer);
	else if (mode == MODE_GUARD && refused(found))
		snprintf(text, size,
			 "the engine is asked, and refuses it: its host is beyond its burst%s",
			 unless);
	else
		snprintf(text, size, "the engine is asked, and %s%s", answer, unless);
}

static void describe_way(const struct explain_found *found, unsigned mode, char *text, size_t size)
{
	static const char *const fixed[MESSAGE_WAYS] = {
		[MESSAGE_BY_NOTHING] = "nothing in the kernel's table refuses it",
		[MESSAGE_BY_NO_TABLE] = "the kernel has no table inet edge25 that sees packets",
		[MESSAGE_BY_LOCAL] = "it is to this machine itself",
		[MESSAGE_BY_CONTAINMENT] = "the kernel refuses it, for its host is cut off",
		[MESSAGE_BY_UNTRUE] = "no route leads back to its source by the way it comes",
		[MESSAGE_BY_EMERGENCY] =
			"the kernel's table is being put back, and the first rules refuse it",
	};
	const struct message_finding *outcome = &found->outcome;

	if (outcome->way == MESSAGE_BY_MEMORY)
		describe_memory(found, text, size);
	else if (outcome->way == MESSAGE_BY_ENTRY)
		describe_entry(found, text, size);
	else if (outcome->way == MESSAGE_BY_QUESTION)
		describe_question(found, mode, text, size);
	else if (outcome->way < MESSAGE_WAYS && fixed[outcome->way])
		snprintf(text, size, "%s", fixed[outcome->way]);
	else
		snprintf(text, size, "rule %" PRIu32 " of the kernel's chain %s %s", outcome->rule,
			 outcome->place, refused(found) ? "refuses it" : "lets it through");
}

void explain_found_describe(const struct explain_found *found, unsigned mode,
			    char text[EXPLAIN_TEXT_MAX])
{
	char raw[512];

	describe_way(found, mode, raw, sizeof(raw));
	/* names are the kernel's, and so of whoever changed the table */
	log_escape(raw, text, EXPLAIN_TEXT_MAX);
}

/* --- as JSON --- */

static json_t *text_json(const char *text)
{
	char safe[LOG_LINE_MAX];

	return text[0] ? json_string(log_escape(text, safe, sizeof(safe))) : json_null();
}

/* Addresses as a prefix, where they are one. */
static json_t *ends_json(const struct addr ends[2])
{
	char first[ADDR_TEXT_MAX], last[ADDR_TEXT_MAX], text[PREFIX_TEXT_MAX];

	if (!ends[0].family || addr_bits(ends[0].family) == 0)
		return json_null();
	for (unsigned length = 0; length <= addr_bits(ends[0].family); length++) {
		struct prefix prefix = prefix_of(&ends[0], length);
		struct addr end = prefix_last(&prefix);

		if (addr_equal(&prefix.addr, &ends[0]) && addr_equal(&end, &ends[1]))
			return json_string(prefix_format(&prefix, text));
	}
	return json_sprintf("%s-%s", addr_format(&ends[0], first), addr_format(&ends[1], last));
}

static json_t *seconds_json(uint64_t ms)
{
	return ms ? json_integer((json_int_t)((ms + 999) / 1000)) : json_null();
}

static json_t *element_json(const struct message_finding *met)
{
	json_t *object = json_pack("{s:s, s:o, s:o, s:o, s:o}", "kind",
				   met_words[met->met - MESSAGE_MET_RANGE], "set",
				   text_json(met->place), "from", ends_json(met->from), "to",
				   ends_json(met->to), "remaining", seconds_json(met->remaining));

	if (met->met == MESSAGE_MET_RANGE)
		json_object_set_new(object, "policy", text_json(met->text));
	if (met->met == MESSAGE_MET_ENTRY)
		json_object_set_new(object, "id",
				    met->entry && met->entry != MESSAGE_NO_ENTRY ?
					    json_integer(met->entry) :
					    json_null());
	return object;
}

static const char *refusal_word(unsigned refusal)
{
	static const unsigned denials[MESSAGE_REFUSALS] = {
		[MESSAGE_DROPPED] = DENY_DROP,
		[MESSAGE_RESET] = DENY_TCP_RESET,
		[MESSAGE_UNREACHABLE] = DENY_ADMIN_PROHIBITED,
	};

	return refusal < MESSAGE_REFUSALS ? policy_deny_word(denials[refusal]) : NULL;
}

json_t *explain_found_json(const struct explain_found *found)
{
	const struct message_finding *outcome = &found->outcome;
	const struct message_finding *range = explain_met(found, MESSAGE_MET_RANGE);
	const bool ask = outcome->outcome == MESSAGE_ASK;
	json_t *elements;

	if (outcome->outcome == MESSAGE_UNKNOWN || outcome->way < MESSAGE_BY_NOTHING ||
	    outcome->way >= MESSAGE_WAYS)
		return json_null();
	elements = json_array();
	for (size_t i = 0; i < found->count; i++)
		if (found->met[i].met >= MESSAGE_MET_RANGE && found->met[i].met <= MESSAGE_MET_PACE)
			json_array_append_new(elements, element_json(&found->met[i]));
	return json_pack("{s:s, s:o, s:o, s:o, s:s, s:b, s:o, s:o, s:o, s:o}", "verdict",
			 explain_outcome_word(outcome->outcome), "answer",
			 string_or_null(ask ? explain_outcome_word(outcome->answer) : NULL),
			 "answered", ask ? json_boolean(outcome->answered) : json_null(), "deny",
			 string_or_null(refusal_word(outcome->refusal)), "by",
			 ways[outcome->way - MESSAGE_BY_NOTHING], "router", outcome->router,
			 "policy", range ? text_json(range->text) : json_null(), "chain",
			 text_json(outcome->place), "rule",
			 outcome->rule ? json_integer(outcome->rule) : json_null(), "elements",
			 elements);
}

json_t *explain_remembered_json(const struct explain_found *found)
{
	const struct message_finding *refusal = explain_met(found, MESSAGE_MET_REFUSED);
	const struct message_finding *met = refusal ? refusal :
						      explain_met(found, MESSAGE_MET_PASSED);

	if (!met)
		return json_null();
	return json_pack("{s:s, s:o, s:o, s:o}", "answer", refusal ? "refuse" : "accept",
			 "policy_number",
			 met->policy == MESSAGE_NO_POLICY ? json_null() : json_integer(met->policy),
			 "remaining", seconds_json(met->remaining), "set", text_json(met->place));
}
