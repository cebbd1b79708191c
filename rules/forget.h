/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host's elements in the sets and maps that packets fill. */
#ifndef EDGE25_RULES_FORGET_H
#define EDGE25_RULES_FORGET_H

#include "rules/table.h"

/*
 * Takes them away: answers that are remembered, what it was counted by, the pace of its questions.
 * @host: an IPv4 address, or an IPv6 prefix as policies have them. *removed: how many there were. A packet
 * that comes meanwhile begins them anew.
 */
int table_forget(struct table *table, const struct prefix *host, size_t *removed,
		 struct table_error *error);

#endif
