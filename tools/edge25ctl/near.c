// SPDX-License-Identifier: GPL-2.0-or-later
#include "near.h"

#include <string.h>

#define BEGINNING_MIN 3 /* letters of which one can tell what they begin */

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Optimal string alignment: Levenshtein's distance, and neighbours that were exchanged. */
static unsigned alignment(const char *a, size_t a_length, const char *b, size_t b_length)
{
	unsigned rows[NEAR_WORD_MAX + 1][NEAR_WORD_MAX + 1];

	for (size_t i = 0; i <= a_length; i++)
		rows[i][0] = (unsigned)i;
	for (size_t j = 0; j <= b_length; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a_length; i++) {
		for (size_t j = 1; j <= b_length; j++) {
			unsigned best = rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

			best = least(best, 1 + least(rows[i - 1][j], rows[i][j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = least(best, rows[i - 2][j - 2] + 1);
			rows[i][j] = best;
		}
	}
	return rows[a_length][b_length];
}

unsigned near_distance(const char *typed, const char *word)
{
	const size_t typed_length = strlen(typed), length = strlen(word);
	const size_t shorter = typed_length < length ? typed_length : length;
	const size_t longer = typed_length < length ? length : typed_length;
	unsigned distance;

	if (longer > NEAR_WORD_MAX)
		return NEAR_NOT;
	if (shorter >= BEGINNING_MIN && !strncmp(typed, word, shorter))
		return 1;
	distance = alignment(typed, typed_length, word, length);
	return distance <= (longer + 2) / 3 && distance < longer ? distance : NEAR_NOT;
}
