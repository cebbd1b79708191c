/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UTF-8 (RFC 3629), and which characters no text of somebody else's should bring along. */
#ifndef EDGE25_UTF8_H
#define EDGE25_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Length of the sequence that @text begins with, and its code point; 0: it is none. Reads no byte
 * behind one that cannot go on, so a NUL ends it. A NUL itself is a sequence.
 */
size_t utf8_next(const char *text, uint32_t *point);
/* Characters that a terminal obeys, or that change how the text around them is read. */
bool utf8_hostile(uint32_t point);

#endif
