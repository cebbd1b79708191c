/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of hosts, as people write them where an address could stand (RFC 1123, section 2.1). */
#ifndef EDGE25_CONTROL_DOMAIN_NAME_H
#define EDGE25_CONTROL_DOMAIN_NAME_H

#include <stdbool.h>

#define DOMAIN_NAME_MAX 254 /* 253 characters, and the NUL */

/*
 * Letters, digits and hyphens in two or more parts ("smtp.example.net"), or one with a dot behind it
 * ("relay."); the last part is no number, so no mistyped address is a name. Writes it in lower case,
 * without a dot at the end where there is another. False: it is no such name.
 */
bool domain_name_read(const char *text, char name[DOMAIN_NAME_MAX]);

#endif
