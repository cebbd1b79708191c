/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "interface.h"

#include <string.h>

bool interface_valid(const char *pattern)
{
	size_t length = strnlen(pattern, INTERFACE_MAX);

	if (length == 0 || length == INTERFACE_MAX || !strcmp(pattern, ".") ||
	    !strcmp(pattern, "..") || !strcmp(pattern, "*"))
		return false;
	for (size_t i = 0; i < length; i++)
		if (pattern[i] <= ' ' || pattern[i] > '~' || strchr("/:?\"\\", pattern[i]) ||
		    (pattern[i] == '*' && i + 1 < length))
			return false;
	return true;
}

bool interface_wildcard(const char *pattern)
{
	size_t length = strlen(pattern);

	return length > 0 && pattern[length - 1] == '*';
}

bool interface_matches(const char *pattern, const char *name)
{
	if (interface_wildcard(pattern))
		return strncmp(pattern, name, strlen(pattern) - 1) == 0;
	return strcmp(pattern, name) == 0;
}

int interface_order(const char *a, const char *b)
{
	size_t left = strlen(a), right = strlen(b);
	int kinds = (int)interface_wildcard(a) - (int)interface_wildcard(b);

	if (kinds)
		return kinds;
	if (interface_wildcard(a) && left != right)
		return left > right ? -1 : 1;
	return strcmp(a, b);
}
