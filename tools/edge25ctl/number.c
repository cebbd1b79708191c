// SPDX-License-Identifier: GPL-2.0-or-later
#include "number.h"

#include <errno.h>
#include <stdlib.h>

#include "text.h"

static bool parse(const char *option, const char *text, json_int_t *number)
{
	char *end;

	errno = 0;
	*number = strtoll(text, &end, 10);
	if (!errno && !*end && end != text && *number >= 0)
		return true;
	text_error("%s%s'%s' is not a number", option, *option ? ": " : "", text);
	return false;
}

bool number_option(const struct arguments *arguments, enum option_id id, json_int_t preset,
		   json_int_t *number)
{
	*number = preset;
	return !arguments->option[id] || parse(option_name(id), arguments->option[id], number);
}

bool number_operand(const struct arguments *arguments, size_t index, json_int_t *number)
{
	return parse("", arguments->operand[index], number);
}
