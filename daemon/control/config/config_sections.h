/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sections of the configuration: policies, then the ranges that name them, then allow entries. */
#ifndef EDGE25_CONTROL_CONFIG_SECTIONS_H
#define EDGE25_CONTROL_CONFIG_SECTIONS_H

#include <confuse.h>

#include "control/config/config.h"
#include "control/config/config_words.h"

int sections_policies(cfg_t *tree, struct config *config, struct config_error *error);
int sections_ranges(cfg_t *tree, struct config *config, struct config_error *error);
int sections_allows(cfg_t *tree, struct config *config, struct config_error *error);

/* The configured policy of this name, or NULL. */
struct policy *config_policy_named(const struct config *config, const char *name);
/* Index of @name in config->files, added if it is not there; -ENOMEM, -E2BIG. */
int config_file_index(struct config *config, const char *name);
/* Adds to config->prefixes; the caller sorts them later. */
int config_prefix_add(struct config *config, const struct config_prefix *prefix);
/* Every line of a range's prefix file. */
int config_prefix_file(struct config *config, const struct word *path, unsigned range,
		       struct config_error *error);
/* 0 or -ENOMEM. */
int config_prefixes_sort(struct config *config);

/* Sorts the interfaces and finds those that have prefixes of their own; 0 or -ENOMEM. */
int config_places_make(struct config *config);
/* Two policies for one prefix at one place are an error. The prefixes are sorted. */
int config_places_check(const struct config *config, struct config_error *error);

#endif
