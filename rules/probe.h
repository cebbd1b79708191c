/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this kernel's nf_tables can do, asked by transactions that are made to fail at their end. */
#ifndef EDGE25_RULES_PROBE_H
#define EDGE25_RULES_PROBE_H

#include <stdint.h>

#include "rules/netlink.h"

/*
 * MESSAGE_NATIVE_QUEUE, MESSAGE_OWNER and MESSAGE_DESTROY bits in *features. -EOPNOTSUPP, with the
 * missing part in *missing (static text), where something is not there that edge25 cannot do without.
 */
int probe_features(struct netlink *netlink, uint32_t *features, const char **missing);

#endif
