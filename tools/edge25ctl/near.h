/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is one word what was meant by another? Pure. */
#ifndef EDGE25CTL_NEAR_H
#define EDGE25CTL_NEAR_H

#include <stddef.h>

#define NEAR_WORD_MAX 32 /* bytes; longer words are near nothing */
#define NEAR_NOT 1000    /* too far to be meant */

/*
 * How far @word is from @typed: letters that are missing, too many, wrong, or exchanged with their
 * neighbour, each 1; a beginning of three letters and more is 1. NEAR_NOT beyond a third of the letters.
 */
unsigned near_distance(const char *typed, const char *word);

#endif
