/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a method replies, as a table of fields: JSON schema and manual are made of it. Objects have no
 * fields but those of their table.
 */
#ifndef EDGE25_CONTROL_RPC_SCHEMA_H
#define EDGE25_CONTROL_RPC_SCHEMA_H

#include <jansson.h>

enum rpc_shape {
	SHAPE_TEXT,
	SHAPE_NUMBER, /* a whole one */
	SHAPE_REAL,   /* any number */
	SHAPE_FLAG,
	SHAPE_TIME, /* RFC 3339, UTC */
	SHAPE_WORD, /* one of words */
	SHAPE_OBJECT,
	SHAPE_COUNTS, /* an object of names and whole numbers */
	SHAPE_TEXTS,  /* an object of names and texts */
	SHAPE_ANY,    /* what another standard describes */
	SHAPE_FIELDS  /* no field: those of another table, in this place */
};

#define FIELD_LIST 1u     /* an array of such */
#define FIELD_NULL 2u     /* may be null */
#define FIELD_OPTIONAL 4u /* may be missing */

struct rpc_field {
	const char *name;    /* NULL: the end of the table */
	const char *summary; /* "" where the name says it */
	union {
		const struct rpc_field *fields; /* SHAPE_OBJECT, SHAPE_FIELDS */
		const char *const *words;       /* SHAPE_WORD, ended by NULL */
	};
	enum rpc_shape shape : 8;
	unsigned flags : 8;
};

#define FIELD(name, shape, flags, summary)          \
	{                                           \
		name, summary, {NULL}, shape, flags \
	}
#define FIELD_OF(name, flags, table, summary)                         \
	{                                                             \
		name, summary, {.fields = table}, SHAPE_OBJECT, flags \
	}
#define FIELD_WORD(name, flags, table, summary)                    \
	{                                                          \
		name, summary, {.words = table}, SHAPE_WORD, flags \
	}
#define FIELDS_OF(table)                                   \
	{                                                  \
		"", "", {.fields = table}, SHAPE_FIELDS, 0 \
	}
/* The same, and all of them may be missing. */
#define FIELDS_IF_ANY(table)                                            \
	{                                                               \
		"", "", {.fields = table}, SHAPE_FIELDS, FIELD_OPTIONAL \
	}
#define FIELD_END                                 \
	{                                         \
		NULL, NULL, {NULL}, SHAPE_TEXT, 0 \
	}

/* A kind of object that several methods reply, by the name that the manual gives it. */
struct rpc_kind {
	const char *name; /* NULL: the end */
	const char *summary;
	const struct rpc_field *fields;
};

/* The schema of an object with these fields. */
json_t *rpc_fields_schema(const struct rpc_field *fields);

#endif
