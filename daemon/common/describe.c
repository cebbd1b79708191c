/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "describe.h"

#include <stdio.h>

static const char *const kinds[MESSAGE_ITEM_KINDS] = {
	[MESSAGE_TABLE] = "table", [MESSAGE_CHAIN] = "chain",     [MESSAGE_RULE] = "rule",
	[MESSAGE_SET] = "set",     [MESSAGE_ELEMENT] = "element", [MESSAGE_OBJECT] = "object",
};

static const char *const problems[MESSAGE_PROBLEMS] = {
	[MESSAGE_PRESENT] = "present",
	[MESSAGE_MISSING] = "missing",
	[MESSAGE_UNEXPECTED] = "unexpected",
	[MESSAGE_DIFFERENT] = "different",
};

const char *describe_kind(unsigned kind)
{
	return kind < MESSAGE_ITEM_KINDS && kinds[kind] ? kinds[kind] : "unknown";
}

const char *describe_problem(unsigned problem)
{
	return problem < MESSAGE_PROBLEMS ? problems[problem] : "unknown";
}

#define FIELD(text) (int)sizeof(text), text

/* What it is and where. */
static int place(const struct message_item *item, char text[DESCRIBE_MAX])
{
	if (item->kind == MESSAGE_RULE)
		return snprintf(text, DESCRIBE_MAX, "rule %u of chain %.*s", item->number,
				FIELD(item->name));
	if (item->kind == MESSAGE_ELEMENT)
		return snprintf(text, DESCRIBE_MAX, "element of %.*s", FIELD(item->name));
	return snprintf(text, DESCRIBE_MAX, "%s %.*s", describe_kind(item->kind),
			FIELD(item->name));
}

const char *describe(const struct message_item *item, char text[DESCRIBE_MAX])
{
	int n = place(item, text);
	char *rest = text + n;
	size_t size = DESCRIBE_MAX - (size_t)n;

	switch (item->problem) {
	case MESSAGE_MISSING:
		snprintf(rest, size, " is missing: %.*s", FIELD(item->expected));
		break;
	case MESSAGE_UNEXPECTED:
		snprintf(rest, size, " should not be there: %.*s", FIELD(item->found));
		break;
	case MESSAGE_DIFFERENT:
		snprintf(rest, size, " is \"%.*s\" and should be \"%.*s\"", FIELD(item->found),
			 FIELD(item->expected));
		break;
	default:
		snprintf(rest, size, ": %.*s", FIELD(item->found));
	}
	return text;
}
