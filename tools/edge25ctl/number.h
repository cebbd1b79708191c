/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers of the command line; what is none is said on stderr. */
#ifndef EDGE25CTL_NUMBER_H
#define EDGE25CTL_NUMBER_H

#include <jansson.h>

#include "arguments.h"

/* An option's value, or @preset where it is not given. */
bool number_option(const struct arguments *arguments, enum option_id id, json_int_t preset,
		   json_int_t *number);
bool number_operand(const struct arguments *arguments, size_t index, json_int_t *number);

#endif
