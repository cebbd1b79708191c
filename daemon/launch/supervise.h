/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loop of edge25d: keeps engine and control running, passes signals on, stops both in order. */
#ifndef EDGE25_SUPERVISE_H
#define EDGE25_SUPERVISE_H

#include "child.h"

#define SUPERVISE_GRACE 5000 /* ms between SIGTERM and SIGKILL */

/*
 * Runs until SIGTERM or SIGINT (returns 0), or until one of the two finds in its first run that
 * there is no use in going on (-ECHILD). By then both have ended.
 */
int supervise(struct child *engine, struct child *control);

#endif
