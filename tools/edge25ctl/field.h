/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members of a reply, tolerant of what is missing or of another type. */
#ifndef EDGE25CTL_FIELD_H
#define EDGE25CTL_FIELD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* "" where there is no such text. */
const char *field_text(const json_t *object, const char *name);
/* 0 where there is no such number. */
int64_t field_number(const json_t *object, const char *name);
bool field_true(const json_t *object, const char *name);
/* Seconds from member @name to member @now of @reference, both moments; -1: not known. */
int64_t field_age(const json_t *object, const char *name, const json_t *reference);

#endif
