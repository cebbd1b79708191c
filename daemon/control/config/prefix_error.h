/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong with a prefix, an address or a destination that somebody wrote, in words. */
#ifndef EDGE25_CONTROL_PREFIX_ERROR_H
#define EDGE25_CONTROL_PREFIX_ERROR_H

#include "common/addr.h"
#include "control/config/domain_name.h"

#define PREFIX_ERROR_MAX 192

/*
 * prefix_parse() with words: 0, or -EINVAL and for instance "100.64.0.1/10 has host bits set; did
 * you mean 100.64.0.0/10?".
 */
int prefix_read(const char *text, struct prefix *prefix, char error[PREFIX_ERROR_MAX]);

/*
 * A destination: a prefix, then @name is "", or a name, then @prefix has no family. -EINVAL, with words
 * that say what was probably meant.
 */
int destination_read(const char *text, struct prefix *prefix, char name[DOMAIN_NAME_MAX],
		     char error[PREFIX_ERROR_MAX]);

#endif
