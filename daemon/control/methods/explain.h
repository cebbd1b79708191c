/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "What would happen to a packet now, and why?": asked of the kernel through the engine, and held
 * against what configuration, allowlist and containments come to.
 */
#ifndef EDGE25_CONTROL_EXPLAIN_H
#define EDGE25_CONTROL_EXPLAIN_H

#include "common/message.h"

struct control;
struct explainer;

/* NULL: no memory. @control and its link live on. */
struct explainer *explainer_new(struct control *control);
/* Nobody waits any more: link_free() has told all of them. */
void explainer_free(struct explainer *explainer);

/* Hands over what the engine says. */
void explainer_finding(struct explainer *explainer, uint64_t sequence,
		       const struct message_finding *finding);

#endif
