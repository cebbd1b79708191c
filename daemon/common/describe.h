/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A difference between the kernel's table and the plan in words, for logs and pages. */
#ifndef EDGE25_DESCRIBE_H
#define EDGE25_DESCRIBE_H

#include "message.h"

#define DESCRIBE_MAX 512

/* "rule 3 of chain smtp is missing: ..."; texts that are cut or not ended are no harm. */
const char *describe(const struct message_item *item, char text[DESCRIBE_MAX]);
/* "rule", "missing"; "unknown" out of range. */
const char *describe_kind(unsigned kind);
const char *describe_problem(unsigned problem);

#endif
