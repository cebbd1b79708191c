/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys outside sections: one table with their kinds, bounds and defaults. */
#ifndef EDGE25_CONTROL_CONFIG_SETTINGS_H
#define EDGE25_CONTROL_CONFIG_SETTINGS_H

#include <confuse.h>

#include "config.h"

#define SETTINGS_MAX 32

/* Names of all keys; @names has room for SETTINGS_MAX. */
size_t settings_names(const char *names[SETTINGS_MAX]);
/* Fills in every setting from the tree or its default; settings_release() also after an error. */
int settings_read(cfg_t *tree, const char *path, struct config_settings *settings,
		  struct config_error *error);
void settings_release(struct config_settings *settings);

#endif
