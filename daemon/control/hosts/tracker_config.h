/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tracker must know of the configuration. */
#ifndef EDGE25_CONTROL_TRACKER_CONFIG_H
#define EDGE25_CONTROL_TRACKER_CONFIG_H

#include "control/config/config.h"
#include "control/hosts/tracker.h"

/* The terms of all policies, anew. */
void tracker_configure(struct tracker *tracker, const struct config *config);

#endif
