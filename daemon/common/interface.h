/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of interfaces as ranges give them: a whole name ("br-lan"), or how names begin and '*'
 * ("ppp*"), which also holds for interfaces that appear later. Pure code.
 */
#ifndef EDGE25_INTERFACE_H
#define EDGE25_INTERFACE_H

#include <stdbool.h>

#define INTERFACE_MAX 16 /* IFNAMSIZ, with NUL; a pattern is no longer than a name */

/*
 * Printable ASCII that nft can write between quotes; the kernel's dev_valid_name() less that. A '*'
 * stands at the end alone, behind at least one character.
 */
bool interface_valid(const char *pattern);
bool interface_wildcard(const char *pattern);
bool interface_matches(const char *pattern, const char *name);

/*
 * The order in which patterns are asked, <0, 0, >0: whole names first, then the longer beginning
 * before the shorter, so the first that matches says the most.
 */
int interface_order(const char *a, const char *b);

#endif
