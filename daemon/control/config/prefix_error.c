// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/config/prefix_error.h"

int prefix_read(const char *text, struct prefix *prefix, char error[PREFIX_ERROR_MAX])
{
	char meant[PREFIX_TEXT_MAX];
	int result = prefix_parse(text, prefix);

	switch (result) {
	case 0:
		return 0;
	case -EDOM:
		snprintf(error, PREFIX_ERROR_MAX, "%.64s has host bits set; did you mean %s?", text,
			 prefix_format(prefix, meant));
		break;
	case -ERANGE:
		snprintf(
			error, PREFIX_ERROR_MAX,
			"%.64s: the length of an IPv4 prefix is 0 to 32, of an IPv6 prefix 0 to 128",
			text);
		break;
	default:
		snprintf(error, PREFIX_ERROR_MAX, "%.64s is not an IPv4 or IPv6 prefix", text);
	}
	return -EINVAL;
}

/* Nothing but what addresses and prefixes are made of. */
static bool like_prefix(const char *text)
{
	return strchr(text, ':') || strchr(text, '/') || text[strspn(text, "0123456789.")] == '\0';
}

int destination_read(const char *text, struct prefix *prefix, char name[DOMAIN_NAME_MAX],
		     char error[PREFIX_ERROR_MAX])
{
	name[0] = '\0';
	if (like_prefix(text))
		return prefix_read(text, prefix, error);
	memset(prefix, 0, sizeof(*prefix));
	if (domain_name_read(text, name))
		return 0;
	name[0] = '\0';
	snprintf(error, PREFIX_ERROR_MAX,
		 "%.64s is neither an IPv4 or IPv6 prefix nor a name such as smtp.example.net",
		 text);
	return -EINVAL;
}
