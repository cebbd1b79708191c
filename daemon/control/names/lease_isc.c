// SPDX-License-Identifier: GPL-2.0-or-later
/* The grammar of dhcpd.leases(5), as far as names need it: WORD... ; or WORD... { statements }. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "control/names/lease_parse.h"

#define STRING_MAX 256 /* a host name has 255 bytes, a DUID with its IAID 134 */
#define WORDS_MAX 4    /* "ends 4 2023/10/12 20:00:00" */

struct reader {
	const char *at, *end, *begin;
	struct name_table *table;
};

enum token { TOKEN_END, TOKEN_WORD, TOKEN_STRING, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_STOP };

struct word {
	struct piece piece;
	bool margin;             /* at the beginning of a line */
	char string[STRING_MAX]; /* of a string, what it stands for; the piece is in here then */
};

/* --- tokens --- */

static void skip_blanks(struct reader *reader)
{
	while (reader->at < reader->end) {
		if (*reader->at == '#')
			while (reader->at < reader->end && *reader->at != '\n')
				reader->at++;
		else if (!strchr(" \t\r\n", *reader->at) || !*reader->at)
			return;
		else
			reader->at++;
	}
}

/* Behind the backslash; what it and its digits stand for. */
static char escape(struct reader *reader)
{
	unsigned value = 0, digits = 0;

	while (digits < 3 && reader->at < reader->end && *reader->at >= '0' && *reader->at <= '7') {
		value = value * 8 + (unsigned)(*reader->at++ - '0');
		digits++;
	}
	if (digits)
		return (char)value;
	switch (reader->at < reader->end ? *reader->at++ : '\\') {
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case 'b':
		return '\b';
	default:
		return reader->at[-1];
	}
}

/* dhcpd writes a line's end as \n, so one that is there ends a string that was cut off. */
static void read_string(struct reader *reader, struct word *word)
{
	size_t n = 0;

	reader->at++;
	while (reader->at < reader->end && *reader->at != '"' && *reader->at != '\n') {
		char c = *reader->at++;

		if (c == '\\')
			c = escape(reader);
		if (n < STRING_MAX)
			word->string[n++] = c;
	}
	if (reader->at < reader->end)
		reader->at++;
	word->piece = (struct piece){word->string, n};
}

static enum token next(struct reader *reader, struct word *word)
{
	static const struct {
		char c;
		enum token token;
	} signs[] = {{'{', TOKEN_OPEN}, {'}', TOKEN_CLOSE}, {';', TOKEN_STOP}};

	skip_blanks(reader);
	if (reader->at == reader->end)
		return TOKEN_END;
	word->margin = reader->at == reader->begin || reader->at[-1] == '\n';
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (*reader->at == signs[i].c) {
			reader->at++;
			return signs[i].token;
		}
	}
	if (*reader->at == '"') {
		read_string(reader, word);
		return TOKEN_STRING;
	}
	word->piece = (struct piece){reader->at, 0};
	while (reader->at < reader->end &&
	       (!*reader->at || !strchr(" \t\r\n{};\"#", *reader->at))) {
		reader->at++;
		word->piece.length++;
	}
	return TOKEN_WORD;
}

/* --- statements --- */

struct statement {
	struct word words[WORDS_MAX];
	size_t count;   /* of all words, also those beyond */
	enum token end; /* TOKEN_STOP, TOKEN_OPEN, TOKEN_CLOSE or TOKEN_END */
	const char *at; /* where it begins */
};

/* A declaration at the margin: what came before it was cut off. */
static bool declaration(const struct word *word)
{
	return word->margin &&
	       (piece_is(&word->piece, "lease") || piece_is(&word->piece, "ia-na") ||
		piece_is(&word->piece, "ia-ta") || piece_is(&word->piece, "ia-pd"));
}

/* @inside: within a block, where no declaration stands; one that does is left for later. */
static void read_statement(struct reader *reader, struct statement *statement, bool inside)
{
	statement->count = 0;
	skip_blanks(reader);
	statement->at = reader->at;
	for (;;) {
		struct word more, *word = statement->count < WORDS_MAX ?
						  &statement->words[statement->count] :
						  &more;
		const char *before;
		enum token token;

		skip_blanks(reader);
		before = reader->at;
		token = next(reader, word);
		if (token == TOKEN_WORD && (inside || statement->count) && declaration(word)) {
			reader->at = before;
			token = TOKEN_END;
		}
		if (token != TOKEN_WORD && token != TOKEN_STRING) {
			statement->end = token;
			return;
		}
		statement->count++;
	}
}

static bool begins(const struct statement *statement, const char *word, size_t count)
{
	return statement->count >= count && piece_is(&statement->words[0].piece, word);
}

/* What is left of a block after its '{'. */
static void skip_block(struct reader *reader)
{
	struct statement statement;

	for (unsigned depth = 1; depth;) {
		read_statement(reader, &statement, true);
		if (statement.end == TOKEN_END)
			return;
		depth += statement.end == TOKEN_OPEN;
		depth -= statement.end == TOKEN_CLOSE;
	}
}

/* "never", "epoch SECONDS" or "WEEKDAY YEAR/MONTH/DAY HOUR:MINUTE:SECOND" in UTC. */
static bool read_time(const struct statement *statement, int64_t *seconds)
{
	const struct piece *words[] = {&statement->words[1].piece, &statement->words[2].piece,
				       &statement->words[3].piece};
	char text[40];
	struct tm tm = {0};
	const char *rest;

	*seconds = 0;
	if (statement->count == 2 && piece_is(words[0], "never"))
		return true;
	if (statement->count == 3 && piece_is(words[0], "epoch"))
		return piece_number(words[1], seconds) == 0;
	if (statement->count != 4 || words[1]->length + words[2]->length + 2 > sizeof(text))
		return false;
	memcpy(text, words[1]->text, words[1]->length);
	text[words[1]->length] = ' ';
	memcpy(text + words[1]->length + 1, words[2]->text, words[2]->length);
	text[words[1]->length + 1 + words[2]->length] = '\0';
	rest = strptime(text, "%Y/%m/%d %H:%M:%S", &tm);
	*seconds = rest && !*rest ? (int64_t)timegm(&tm) : 0;
	return rest && !*rest;
}

/* --- declarations --- */

struct lease {
	struct name_entry entry;
	char name[STRING_MAX]; /* as the client sent it, else as it stands in the DNS */
	size_t name_length;
	bool sent;
};

static void take_name(struct lease *lease, const struct piece *name)
{
	lease->name_length = name->length < STRING_MAX ? name->length : STRING_MAX;
	memcpy(lease->name, name->text, lease->name_length);
}

static void note(struct lease *lease, const struct statement *statement)
{
	const struct word *words = statement->words;
	bool variable = begins(statement, "set", 4) && piece_is(&words[2].piece, "=");

	if (begins(statement, "ends", 2)) {
		if (!read_time(statement, &lease->entry.ends))
			lease->entry.gone = true;
	} else if (begins(statement, "binding", 3) && piece_is(&words[1].piece, "state")) {
		lease->entry.gone = !piece_is(&words[2].piece, "active");
	} else if (begins(statement, "abandoned", 1)) {
		lease->entry.gone = true;
	} else if (begins(statement, "hardware", 3) && piece_is(&words[1].piece, "ethernet")) {
		lease->entry.mac_known = piece_mac(&words[2].piece, lease->entry.mac) == 0;
	} else if (begins(statement, "client-hostname", 2)) {
		take_name(lease, &words[1].piece);
		lease->sent = true;
	} else if (variable && !lease->sent && piece_is(&words[1].piece, "ddns-fwd-name")) {
		take_name(lease, &words[3].piece);
	}
}

/* The block of a lease; false: it was cut off. */
static bool read_block(struct reader *reader, struct lease *lease)
{
	struct statement statement;

	for (;;) {
		read_statement(reader, &statement, true);
		if (statement.end == TOKEN_END)
			return false;
		if (statement.end == TOKEN_CLOSE)
			return true;
		if (statement.end == TOKEN_OPEN)
			skip_block(reader);
		else
			note(lease, &statement);
	}
}

static bool read_lease(struct reader *reader, const struct word *address,
		       const struct name_entry *given)
{
	struct lease lease = {.entry = *given};
	bool prefix = piece_prefix(&address->piece, &lease.entry.prefix) == 0;

	if (!read_block(reader, &lease) || !prefix)
		return false;
	name_table_add(reader->table, &lease.entry, lease.name, lease.name_length);
	return true;
}

/* Four bytes of IAID, then the DUID: a string, or bytes in hex where lease-id-format says so. */
static void read_identity(const struct word *word, struct name_entry *entry)
{
	uint8_t bytes[32];
	int size;

	if (word->piece.text == word->string) {
		size = (int)word->piece.length;
		memcpy(bytes, word->string, size < 32 ? (size_t)size : sizeof(bytes));
	} else {
		size = piece_hex(&word->piece, bytes, sizeof(bytes));
	}
	entry->mac_known = size > 4 && size <= 32 &&
			   duid_mac(bytes + 4, (size_t)size - 4, entry->mac);
}

static bool read_association(struct reader *reader, const struct word *identity)
{
	struct name_entry entry = {0};
	struct statement statement;
	bool understood = true;

	read_identity(identity, &entry);
	for (;;) {
		read_statement(reader, &statement, true);
		if (statement.end == TOKEN_END)
			return false;
		if (statement.end == TOKEN_CLOSE)
			return understood;
		if (statement.end != TOKEN_OPEN)
			continue;
		if (begins(&statement, "iaaddr", 2) || begins(&statement, "iaprefix", 2))
			understood &= read_lease(reader, &statement.words[1], &entry);
		else
			skip_block(reader);
	}
}

static size_t line_of(const struct reader *reader, const char *at)
{
	size_t line = 1;

	for (const char *p = reader->begin; p < at; p++)
		line += *p == '\n';
	return line;
}

void lease_isc(struct name_table *table, const char *text, size_t size)
{
	struct reader reader = {.at = text, .end = text + size, .begin = text, .table = table};
	struct statement statement;
	size_t first;

	while (skip_blanks(&reader), reader.at < reader.end) {
		bool understood = true;

		read_statement(&reader, &statement, false);
		if (statement.end == TOKEN_OPEN && begins(&statement, "lease", 2))
			understood =
				read_lease(&reader, &statement.words[1], &(struct name_entry){0});
		else if (statement.end == TOKEN_OPEN &&
			 (begins(&statement, "ia-na", 2) || begins(&statement, "ia-ta", 2) ||
			  begins(&statement, "ia-pd", 2)))
			understood = read_association(&reader, &statement.words[1]);
		else if (statement.end == TOKEN_OPEN)
			skip_block(&reader);
		else
			understood = statement.end == TOKEN_STOP;
		/* What is still being written at the end is no error. */
		if (!understood && reader.at < reader.end)
			name_table_misread(table, name_table_misreads(table, &first) ?
							  0 :
							  line_of(&reader, statement.at));
	}
}
