// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "control/config/domain_name.h"

#define LABEL_MAX 63

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool label_valid(const char *label, size_t length)
{
	if (!length || length > LABEL_MAX || label[0] == '-' || label[length - 1] == '-')
		return false;
	for (size_t i = 0; i < length; i++)
		if (!digit(label[i]) && label[i] != '-' && (label[i] < 'a' || label[i] > 'z'))
			return false;
	return true;
}

/* "25" and, where addresses are read by inet_aton(3), "0x19". */
static bool label_number(const char *label)
{
	if (label[0] == '0' && label[1] == 'x')
		return true;
	return label[strspn(label, "0123456789")] == '\0';
}

bool domain_name_read(const char *text, char name[DOMAIN_NAME_MAX])
{
	size_t length = strlen(text), labels = 0;
	const bool dot = length && text[length - 1] == '.';
	char *label = name;

	length -= dot;
	if (!length || length > DOMAIN_NAME_MAX - 1)
		return false;
	for (size_t i = 0; i < length; i++)
		name[i] = lower(text[i]);
	name[length] = '\0';
	for (;;) {
		size_t n = strcspn(label, ".");

		if (!label_valid(label, n))
			return false;
		labels++;
		if (!label[n])
			break;
		label += n + 1;
	}
	if (label_number(label) || (labels == 1 && !dot))
		return false;
	if (labels == 1)
		strcpy(name + length, ".");
	return true;
}
