/* SPDX-License-Identifier: GPL-2.0-or-later */
/* allow.list, page after page: no list is too long. */
#ifndef EDGE25CTL_ALLOW_PAGES_H
#define EDGE25CTL_ALLOW_PAGES_H

#include <jansson.h>

#include "request.h"

/*
 * Calls @each for the entries that @params ask for, which it consumes, @limit at most (negative: all); what it
 * returns but 0 ends this. *result, the caller's where it is given: the first reply, without its entries.
 */
typedef int allow_pages_each(void *ctx, const json_t *entry);
enum exit_code allow_pages(const struct arguments *arguments, json_t *params, int64_t limit,
			   allow_pages_each *each, void *ctx, json_t **result);

#endif
