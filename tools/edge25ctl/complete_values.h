/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the value of an option or an operand can be: words, and what control knows now. */
#ifndef EDGE25CTL_COMPLETE_VALUES_H
#define EDGE25CTL_COMPLETE_VALUES_H

#include <jansson.h>

#include "arguments.h"

/* What is offered for a word that was begun. */
struct offers {
	const char *word; /* its first @begin bytes stand before what is offered */
	int begin;
	const char *typed; /* the rest of it */
	json_t *offered;   /* the names of this object: nothing is printed twice */
};

/* Prints @text if it begins with what was typed. */
void offer(struct offers *offers, const char *text);

/* The words that an option of @command takes, with blanks between them; NULL: it is not words. */
const char *complete_words(const char *command, enum option_id id);

void complete_option(struct offers *offers, const struct arguments *before, const char *command,
		     enum option_id id);
/* @index counts operands from 0. */
void complete_operand(struct offers *offers, const struct arguments *before, const char *command,
		      size_t index);

#endif
