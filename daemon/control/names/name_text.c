// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "common/utf8.h"
#include "control/names/name_text.h"

#define CUT "..."
#define PIECE_MAX 17 /* a character of four bytes, each as \xNN */

/* What stands for the bytes at @text, of which there are @length; returns how many it took. */
static size_t next_piece(const char *text, size_t length, char piece[PIECE_MAX])
{
	char whole[5] = {0}; /* ends in a NUL, as utf8_next() wants it */
	uint32_t point;
	size_t taken;

	memcpy(whole, text, length < 4 ? length : 4);
	taken = utf8_next(whole, &point);
	if (taken == 0 || utf8_hostile(point)) {
		taken = taken ? taken : 1;
		for (size_t i = 0; i < taken; i++)
			snprintf(piece + 4 * i, 5, "\\x%02x", (unsigned char)text[i]);
	} else if (point == '\\') {
		memcpy(piece, "\\\\", 3);
	} else {
		memcpy(piece, text, taken);
		piece[taken] = '\0';
	}
	return taken;
}

static int is_blank(char c)
{
	return c == ' ' || c == '\t';
}

const char *name_clean(const char *bytes, size_t length, char out[NAME_TEXT_MAX])
{
	size_t n = 0, room = 0; /* @room: the longest beginning that leaves space for CUT */

	while (length && is_blank(*bytes)) {
		bytes++;
		length--;
	}
	while (length && is_blank(bytes[length - 1]))
		length--;
	while (length) {
		char piece[PIECE_MAX];
		size_t taken = next_piece(bytes, length, piece), size = strlen(piece);

		if (n + size >= NAME_TEXT_MAX) {
			memcpy(out + room, CUT, sizeof(CUT));
			return out;
		}
		memcpy(out + n, piece, size);
		n += size;
		if (n + sizeof(CUT) <= NAME_TEXT_MAX)
			room = n;
		bytes += taken;
		length -= taken;
	}
	out[n] = '\0';
	return out;
}
