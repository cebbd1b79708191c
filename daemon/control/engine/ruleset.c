// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/describe.h"
#include "common/log.h"
#include "control/methods/method_tables.h"
#include "control/methods/methods.h"

static const char *const kinds[] = {"table", "chain", "rule", "set", "element", "object", NULL};
static const char *const problems[] = {"missing", "unexpected", "different", NULL};

static const struct rpc_field item_fields[] = {
	FIELD_WORD("kind", 0, kinds, ""),
	FIELD("name", SHAPE_TEXT, 0, "of a rule: that of its chain"),
	FIELD("text", SHAPE_TEXT, 0, ""),
	FIELD("elements", SHAPE_NUMBER, FIELD_OPTIONAL, "of a set"),
	FIELD("rules", SHAPE_NUMBER, FIELD_OPTIONAL, "of a chain"),
	FIELD("packets", SHAPE_NUMBER, FIELD_OPTIONAL, "of a counter"),
	FIELD("bytes", SHAPE_NUMBER, FIELD_OPTIONAL, "of a counter"),
	FIELD_END,
};

static const struct rpc_field difference_fields[] = {
	FIELD_WORD("kind", 0, kinds, ""),
	FIELD("name", SHAPE_TEXT, 0, "of a rule: that of its chain"),
	FIELD("number", SHAPE_NUMBER, FIELD_OPTIONAL, "of a rule in its chain, from 1"),
	FIELD_WORD("problem", 0, problems, ""),
	FIELD("expected", SHAPE_TEXT, FIELD_NULL, ""),
	FIELD("found", SHAPE_TEXT, FIELD_NULL, ""),
	FIELD("text", SHAPE_TEXT, 0, "all of that in words"),
	FIELD_END,
};

static const struct rpc_field compared_fields[] = {
	FIELD("chains", SHAPE_NUMBER, 0, ""),   FIELD("rules", SHAPE_NUMBER, 0, ""),
	FIELD("sets", SHAPE_NUMBER, 0, ""),     FIELD("objects", SHAPE_NUMBER, 0, ""),
	FIELD("elements", SHAPE_NUMBER, 0, ""), FIELD_END,
};

const struct rpc_field ruleset_show_result[] = {
	FIELD_OF("items", FIELD_LIST, item_fields, "rules come in their order"),
	FIELD("matches", SHAPE_FLAG, 0, "as in ruleset.verify"),
	FIELD_END,
};

const struct rpc_field ruleset_verify_result[] = {
	FIELD("matches", SHAPE_FLAG, 0, "the kernel's table is what it should be"),
	FIELD_OF("differences", FIELD_LIST, difference_fields, "the first hundred"),
	FIELD("total", SHAPE_NUMBER, 0, "how many differences there are"),
	FIELD_OF("compared", 0, compared_fields, "how many of each the kernel has"),
	FIELD("milliseconds", SHAPE_NUMBER, 0, "that it took"),
	FIELD("repairing", SHAPE_FLAG, 0, "the engine puts the table back now"),
	FIELD_END,
};

struct waiting {
	struct waiting *next;
	struct ruleset *ruleset;
	struct rpc_call *call;
	uint64_t sequence;
	bool list;
	bool answered;
	json_t *items;
	struct message_verdict verdict;
};

struct ruleset {
	struct link *link;
	struct waiting *waiting;
};

struct ruleset *ruleset_new(struct link *link)
{
	struct ruleset *ruleset = calloc(1, sizeof(*ruleset));

	if (ruleset)
		ruleset->link = link;
	return ruleset;
}

void ruleset_free(struct ruleset *ruleset)
{
	free(ruleset);
}

/* Names and texts are the kernel's, and so of whoever changed the table. */
static json_t *text_json(const char *text)
{
	char safe[LOG_LINE_MAX];

	return json_string(log_escape(text, safe, sizeof(safe)));
}

static json_t *part_json(const struct message_item *item)
{
	json_t *object = json_pack("{s:s, s:o, s:o}", "kind", describe_kind(item->kind), "name",
				   text_json(item->name), "text", text_json(item->found));
	const char *counted = item->kind == MESSAGE_CHAIN ? "rules" :
			      item->kind == MESSAGE_SET   ? "elements" :
							    "packets";

	if (item->kind == MESSAGE_RULE || item->kind == MESSAGE_TABLE)
		return object;
	json_object_set_new(object, counted, json_integer((json_int_t)item->packets));
	if (item->kind == MESSAGE_OBJECT)
		json_object_set_new(object, "bytes", json_integer((json_int_t)item->bytes));
	return object;
}

static json_t *difference_json(const struct message_item *item)
{
	char text[DESCRIBE_MAX];
	json_t *object = json_pack(
		"{s:s, s:o, s:s, s:o, s:o, s:o}", "kind", describe_kind(item->kind), "name",
		text_json(item->name), "problem", describe_problem(item->problem), "expected",
		item->problem == MESSAGE_UNEXPECTED ? json_null() : text_json(item->expected),
		"found", item->problem == MESSAGE_MISSING ? json_null() : text_json(item->found),
		"text", text_json(describe(item, text)));

	if (item->kind == MESSAGE_RULE)
		json_object_set_new(object, "number", json_integer(item->number));
	return object;
}

static struct waiting *find(const struct ruleset *ruleset, uint64_t sequence)
{
	struct waiting *waiting = ruleset->waiting;

	while (waiting && waiting->sequence != sequence)
		waiting = waiting->next;
	return waiting;
}

void ruleset_item(struct ruleset *ruleset, uint64_t sequence, const struct message_item *item)
{
	struct waiting *waiting = find(ruleset, sequence);
	bool part = item->problem == MESSAGE_PRESENT;

	if (waiting && waiting->list == part)
		json_array_append_new(waiting->items,
				      part ? part_json(item) : difference_json(item));
}

void ruleset_verdict(struct ruleset *ruleset, uint64_t sequence,
		     const struct message_verdict *verdict)
{
	struct waiting *waiting = find(ruleset, sequence);

	if (!waiting)
		return;
	waiting->verdict = *verdict;
	waiting->answered = true;
}

static json_t *show_json(struct waiting *waiting)
{
	return json_pack("{s:O, s:b}", "items", waiting->items, "matches",
			 waiting->verdict.differences == 0);
}

static json_t *verify_json(struct waiting *waiting)
{
	const struct message_verdict *verdict = &waiting->verdict;

	return json_pack("{s:b, s:O, s:I, s:{s:I, s:I, s:I, s:I, s:I}, s:I, s:b}", "matches",
			 verdict->differences == 0, "differences", waiting->items, "total",
			 (json_int_t)verdict->differences, "compared", "chains",
			 (json_int_t)verdict->chains, "rules", (json_int_t)verdict->rules, "sets",
			 (json_int_t)verdict->sets, "objects", (json_int_t)verdict->objects,
			 "elements", (json_int_t)verdict->elements, "milliseconds",
			 (json_int_t)verdict->duration, "repairing", verdict->repairs != 0);
}

static void waiting_free(struct waiting *waiting)
{
	struct waiting **at = &waiting->ruleset->waiting;

	while (*at != waiting)
		at = &(*at)->next;
	*at = waiting->next;
	json_decref(waiting->items);
	free(waiting);
}

static void on_answer(void *arg, int error, const struct message_ack *ack)
{
	struct waiting *waiting = arg;

	(void)ack;
	if (error || !waiting->answered)
		rpc_fail(waiting->call, RPC_ENGINE, "the engine did not answer: %s",
			 strerror(error ? -error : EPROTO));
	else if (waiting->verdict.error)
		rpc_fail(waiting->call, RPC_ENGINE, "the table was not compared: %s",
			 waiting->verdict.text);
	else
		rpc_reply(waiting->call, waiting->list ? show_json(waiting) : verify_json(waiting));
	waiting_free(waiting);
}

/* Ends the call when the engine has answered: @list all that is there, or else what differs. */
static void ask(struct ruleset *ruleset, struct rpc_call *call, bool list)
{
	const struct message_verify request = {.list = list};
	struct waiting *waiting = calloc(1, sizeof(*waiting));

	if (!waiting) {
		rpc_fail(call, RPC_INTERNAL_ERROR, "no memory");
		return;
	}
	*waiting = (struct waiting){.next = ruleset->waiting,
				    .ruleset = ruleset,
				    .call = call,
				    .list = list,
				    .items = json_array()};
	ruleset->waiting = waiting;
	waiting->sequence = link_send(ruleset->link, MESSAGE_VERIFY, &request, 1, -1);
	if (waiting->sequence &&
	    !link_wait(ruleset->link, waiting->sequence, RULESET_DEADLINE, on_answer, waiting))
		return;
	waiting_free(waiting);
	rpc_fail(call, RPC_ENGINE, "the engine is not connected");
}

void method_ruleset_show(struct rpc_call *call, void *control)
{
	ask(((struct control *)control)->ruleset, call, true);
}

void method_ruleset_verify(struct rpc_call *call, void *control)
{
	ask(((struct control *)control)->ruleset, call, false);
}
