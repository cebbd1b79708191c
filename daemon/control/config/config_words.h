/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of the configuration files, each with the place where it stood; libconfuse knows the
 * syntax and the keys, the values are judged by whoever asks for a word.
 */
#ifndef EDGE25_CONTROL_CONFIG_WORDS_H
#define EDGE25_CONTROL_CONFIG_WORDS_H

#include <confuse.h>

#include "control/config/config.h"

struct word {
	int line;
	const char *text;
	char file[];
};

/* A key outside of sections. */
struct words_key {
	const char *name;
	bool list; /* of any number of words */
};

/* Reads the file and those in conf.d beside it; cfg_free() releases the tree. */
int words_read(const char *path, const struct words_key *keys, size_t key_count, cfg_t **tree,
	       struct config_error *error);

/* Value @index of a key, or NULL where it was not given so often. */
const struct word *words_get(cfg_t *section, const char *key, unsigned index);
unsigned words_count(cfg_t *section, const char *key);
/* Where a section stands, for an error about what is missing in it. */
const struct word *words_first(cfg_t *section);

/* Fills in "FILE:LINE: ..." and returns -EINVAL. */
__attribute__((format(printf, 4, 5))) int config_fail(struct config_error *error, const char *file,
						      int line, const char *fmt, ...);
/* The same for a word. */
#define config_fail_at(error, word, ...) config_fail(error, (word)->file, (word)->line, __VA_ARGS__)
/* For something missing in a section. */
__attribute__((format(printf, 3, 4))) int config_fail_in(struct config_error *error, cfg_t *section,
							 const char *fmt, ...);

#endif
