/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of machines as a client, a file or a person wrote them, made safe to keep: valid UTF-8
 * without control, bidirectional or invisible characters, so that JSON takes them as they are.
 */
#ifndef EDGE25_CONTROL_NAME_TEXT_H
#define EDGE25_CONTROL_NAME_TEXT_H

#include <stddef.h>

#define NAME_TEXT_MAX 128 /* bytes with the NUL: two labels of a host name (RFC 1035: 63 each) */

/*
 * What is not such a character is written as \xNN, byte by byte, and a backslash as \\, so that
 * nobody's text looks like an escape. A longer name is cut between characters and ends in "...".
 * Blanks around it do not count. Returns @out, "" for no name.
 */
const char *name_clean(const char *bytes, size_t length, char out[NAME_TEXT_MAX]);

#endif
