/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A new configuration in place of the running one: whole, or not at all. */
#ifndef EDGE25_CONTROL_RELOAD_H
#define EDGE25_CONTROL_RELOAD_H

#include "control.h"

/* Gives the policies their numbers, from the database or, without it, as they are in @running. */
int reload_number(struct config *config, const struct config *running, struct store *store);
/* Reads the file again; an error is logged and nothing changes. */
int control_reload(struct control *control);

#endif
