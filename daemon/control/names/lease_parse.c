// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "control/names/lease_parse.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

void piece_trim(struct piece *piece)
{
	while (piece->length && is_blank(*piece->text)) {
		piece->text++;
		piece->length--;
	}
	while (piece->length && is_blank(piece->text[piece->length - 1]))
		piece->length--;
}

bool piece_line(struct piece *rest, struct piece *line)
{
	const char *end = rest->length ? memchr(rest->text, '\n', rest->length) : NULL;

	if (!end)
		return false;
	*line = (struct piece){rest->text, (size_t)(end - rest->text)};
	rest->length -= line->length + 1;
	rest->text = end + 1;
	return true;
}

bool piece_word(struct piece *rest, struct piece *word)
{
	piece_trim(rest);
	*word = (struct piece){rest->text, 0};
	while (rest->length && !is_blank(*rest->text)) {
		rest->text++;
		rest->length--;
		word->length++;
	}
	return word->length > 0;
}

bool piece_last_word(struct piece *rest, struct piece *word)
{
	piece_trim(rest);
	*word = (struct piece){rest->text + rest->length, 0};
	while (rest->length && !is_blank(rest->text[rest->length - 1])) {
		rest->length--;
		word->text--;
		word->length++;
	}
	return word->length > 0;
}

bool piece_is(const struct piece *piece, const char *text)
{
	return piece->length == strlen(text) && memcmp(piece->text, text, piece->length) == 0;
}

int piece_prefix(const struct piece *piece, struct prefix *prefix)
{
	char text[PREFIX_TEXT_MAX];

	if (!piece->length || piece->length >= sizeof(text) ||
	    memchr(piece->text, '\0', piece->length))
		return -EINVAL;
	memcpy(text, piece->text, piece->length);
	text[piece->length] = '\0';
	return prefix_parse(text, prefix) ? -EINVAL : 0;
}

int piece_number(const struct piece *piece, int64_t *number)
{
	size_t i = piece->length && (piece->text[0] == '-' || piece->text[0] == '+');
	int64_t value = 0;

	if (i == piece->length || piece->length - i > 18) /* more digits do not fit 63 bits */
		return -EINVAL;
	for (size_t at = i; at < piece->length; at++) {
		if (piece->text[at] < '0' || piece->text[at] > '9')
			return -EINVAL;
		value = value * 10 + (piece->text[at] - '0');
	}
	*number = i && piece->text[0] == '-' ? -value : value;
	return 0;
}

int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int hex_pairs(const struct piece *piece, uint8_t *bytes, size_t size)
{
	if (piece->length % 2)
		return -EINVAL;
	for (size_t i = 0; i < piece->length; i += 2) {
		int high = hex_value(piece->text[i]), low = hex_value(piece->text[i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		if (i / 2 < size)
			bytes[i / 2] = (uint8_t)(high << 4 | low);
	}
	return (int)(piece->length / 2);
}

int piece_hex(const struct piece *piece, uint8_t *bytes, size_t size)
{
	size_t count = 0, digits = 0;
	unsigned value = 0;

	if (piece->length > 4096) /* a DUID has 130 bytes at most */
		return -EINVAL;
	if (!piece->length || !memchr(piece->text, ':', piece->length))
		return piece->length ? hex_pairs(piece, bytes, size) : -EINVAL;
	for (size_t i = 0; i <= piece->length; i++) {
		bool end = i == piece->length || piece->text[i] == ':';
		int digit = end ? 0 : hex_value(piece->text[i]);

		if (digit < 0 || (end && !digits) || (!end && digits == 2))
			return -EINVAL;
		value = end ? value : value << 4 | (unsigned)digit;
		digits++;
		if (!end)
			continue;
		if (count < size)
			bytes[count] = (uint8_t)value;
		count++;
		value = 0;
		digits = 0;
	}
	return (int)count;
}

int piece_mac(const struct piece *piece, uint8_t mac[6])
{
	uint8_t bytes[6];

	if (piece_hex(piece, bytes, sizeof(bytes)) != 6)
		return -EINVAL;
	memcpy(mac, bytes, 6);
	return 0;
}

bool duid_mac(const uint8_t *duid, size_t size, uint8_t mac[6])
{
	bool link = size == 10 && duid[0] == 0 && duid[1] == 3;
	bool link_time = size == 14 && duid[0] == 0 && duid[1] == 1;

	if ((!link && !link_time) || duid[2] != 0 || duid[3] != 1)
		return false;
	memcpy(mac, duid + size - 6, 6);
	return true;
}
