/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys outside sections: one table with their kinds, bounds and defaults. */
#ifndef EDGE25_CONTROL_CONFIG_SETTINGS_H
#define EDGE25_CONTROL_CONFIG_SETTINGS_H

#include <confuse.h>

#include "control/config/config.h"
#include "control/config/config_words.h"

#define SETTINGS_MAX 64
#define SETTINGS_PATHS_MAX 64 /* in one list */

/* Names of all keys; @names has room for SETTINGS_MAX. */
size_t settings_names(struct words_key names[SETTINGS_MAX]);
/* Fills in every setting from the tree or its default; settings_release() also after an error. */
int settings_read(cfg_t *tree, const char *path, struct config_settings *settings,
		  struct config_error *error);
void settings_release(struct config_settings *settings);

/* When a changed setting holds: at once; when edge25 is started again; when its table is made anew. */
enum setting_effect { SETTING_NOW, SETTING_RESTART, SETTING_REMOVE };

typedef void settings_differ(void *ctx, const char *key, const char *before, const char *after,
			     enum setting_effect effect);
/* Calls @differ for each key that differs, with both values as they would stand in the file. */
void settings_compare(const struct config_settings *old, const struct config_settings *new,
		      settings_differ *differ, void *ctx);
/* Gives @new the values of @old that hold until a restart: what is in force is what it says. 0, -ENOMEM. */
int settings_keep(const struct config_settings *old, struct config_settings *new);

/* How many paths a list of them has, and the one at @index, to be freed; NULL: no memory. */
size_t settings_path_count(const char *list);
char *settings_path(const char *list, size_t index);

#endif
