// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes what edge25-rpc(7) says of methods and of kinds of objects, from the tables that
 * edge25-control answers by. `make man` puts it into the page.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "control/methods/method_tables.h"
#include "control/methods/methods.h"
#include "control/socket/rpc_params.h"

/* A line of running text: no request, no escape; the first letter is a capital one. */
static void sentence(const char *text)
{
	if (!*text)
		return;
	if (*text == '.' || *text == '\'')
		fputs("\\&", stdout);
	putchar(toupper((unsigned char)*text));
	for (const char *p = text + 1; *p; p++) {
		if (*p == '\\' || *p == '-')
			putchar('\\');
		if (*p == ' ' && p[-1] == '.')
			putchar('\n');
		else
			putchar(*p == '\\' ? 'e' : *p);
	}
	puts(text[strlen(text) - 1] == '.' ? "" : ".");
}

static void words(const char *const *word, const char *between)
{
	for (const char *const *first = word; *word; word++)
		printf("%s%s", word == first ? "" : between, *word);
}

static const char *kind_of(const struct rpc_field *fields)
{
	for (const struct rpc_kind *kind = rpc_kinds; kind->name; kind++)
		if (kind->fields == fields)
			return kind->name;
	return NULL;
}

static void shape(const struct rpc_field *field)
{
	static const char *const names[] = {
		[SHAPE_TEXT] = "text",
		[SHAPE_NUMBER] = "number",
		[SHAPE_FLAG] = "true or false",
		[SHAPE_TIME] = "time",
		[SHAPE_OBJECT] = "object",
		[SHAPE_COUNTS] = "names and numbers",
		[SHAPE_ANY] = "object",
		[SHAPE_REAL] = "number",
		[SHAPE_TEXTS] = "names and texts",
	};
	const char *kind = field->shape == SHAPE_OBJECT ? kind_of(field->fields) : NULL;

	fputs(field->flags & FIELD_LIST ? "array: " : "", stdout);
	if (field->shape == SHAPE_WORD)
		words(field->words, " | ");
	else
		fputs(kind ? kind : names[field->shape], stdout);
	fputs(field->flags & FIELD_NULL ? ", or null" : "", stdout);
	fputs(field->flags & FIELD_OPTIONAL ? ", may be missing" : "", stdout);
}

static void fields(const struct rpc_field *field)
{
	for (const struct rpc_field *all = field; all->name; all++)
		if (all->shape == SHAPE_FIELDS && kind_of(all->fields))
			printf("These, and %sthe fields of: %s.\n",
			       all->flags & FIELD_OPTIONAL ? "perhaps " : "", kind_of(all->fields));
	puts(".Bl -tag -width 4n -compact");
	for (; field->name; field++) {
		if (field->shape == SHAPE_FIELDS) {
			if (!kind_of(field->fields))
				for (const struct rpc_field *in = field->fields; in->name; in++) {
					printf(".It Li %s Pq ", in->name);
					shape(in);
					puts("");
					sentence(in->summary);
				}
			continue;
		}
		printf(".It Li %s Pq ", field->name);
		shape(field);
		puts("");
		sentence(field->summary);
		if (field->shape == SHAPE_OBJECT && !kind_of(field->fields))
			fields(field->fields);
	}
	puts(".El");
}

static void params(const struct rpc_param *param)
{
	if (!param) {
		puts("No parameters.");
		return;
	}
	puts("Parameters:\n.Bl -tag -width 4n -compact");
	for (; param->name; param++) {
		printf(".It Cm %s Pq ", param->name);
		if (param->words)
			words(param->words, " | ");
		else
			fputs(rpc_type_word(param->type), stdout);
		puts(param->required ? ", needed" : "");
		sentence(param->summary);
	}
	puts(".El");
}

int main(void)
{
	puts(".Sh METHODS\n"
	     "What follows is also told, as JSON schemas, by\n"
	     ".Li rpc.discover .\n"
	     "Objects have no fields but those named.");
	for (const struct rpc_method *method = methods; method->name; method++) {
		const char *kind = kind_of(method->result);

		printf(".Ss %s\n", method->name);
		sentence(method->summary);
		if (method->role == ROLE_CONTROL)
			puts("Only on\n.Pa control.sock .");
		puts(".Pp");
		params(method->params);
		puts(".Pp");
		if (kind) {
			printf("The result is of the kind: %s.\n", kind);
		} else {
			puts("The result has:");
			fields(method->result);
		}
	}
	puts(".Sh KINDS OF OBJECTS");
	for (const struct rpc_kind *kind = rpc_kinds; kind->name; kind++) {
		printf(".Ss %s\n", kind->name);
		sentence(kind->summary);
		fields(kind->fields);
	}
	return 0;
}
