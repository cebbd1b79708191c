// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "control/config/config_thresholds.h"
#include "control/config/config_words.h"

#define FILE_MAX (16 << 20) /* a configuration is written by hand; what is longer is none */

/* libconfuse hands its error function no argument of ours, and parses one file at a time anyhow. */
static struct config_error *parsing;

__attribute__((format(printf, 4, 0))) static int fail(struct config_error *error, const char *file,
						      int line, const char *fmt, va_list ap)
{
	int n = line > 0 ? snprintf(error->text, sizeof(error->text), "%s:%d: ", file, line) :
			   snprintf(error->text, sizeof(error->text), "%s: ", file);

	if (n > 0 && (size_t)n < sizeof(error->text))
		vsnprintf(error->text + n, sizeof(error->text) - (size_t)n, fmt, ap);
	return -EINVAL;
}

int config_fail(struct config_error *error, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fail(error, file, line, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/*
 * libconfuse takes the end of a file for the end of a section, so a file cut short would pass. Each
 * is read with one more line at its end, whose key is known outside of sections only.
 */
#define END_KEY "end-of-file"
static const char end_line[] = "\n" END_KEY " = reached\n";

static void list_keys(const cfg_t *cfg, char *text, size_t size)
{
	size_t n = 0;

	text[0] = '\0';
	for (const cfg_opt_t *opt = cfg->opts; opt->name && n < size; opt++) {
		int added = 0;

		if (strcmp(opt->name, END_KEY) != 0)
			added = snprintf(text + n, size - n, "%s%s", n ? ", " : "", opt->name);
		n += added > 0 ? (size_t)added : 0;
	}
}

__attribute__((format(printf, 2, 0))) static void on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	const char *unknown = "no such option";
	char keys[512];
	size_t n;

	if (!parsing || parsing->text[0])
		return;
	fail(parsing, cfg->filename ? cfg->filename : "", cfg->line, fmt, ap);
	if (strstr(parsing->text, END_KEY)) {
		config_fail(parsing, cfg->filename ? cfg->filename : "", cfg->line - 1,
			    "the file ends inside a section: expected }");
		return;
	}
	n = strlen(parsing->text);
	if (!strstr(parsing->text, unknown))
		return;
	list_keys(cfg, keys, sizeof(keys));
	snprintf(parsing->text + n, sizeof(parsing->text) - n, ": expected one of %s", keys);
}

static int parse_word(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	size_t file = strlen(cfg->filename) + 1, text = strlen(value) + 1;
	struct word *word = malloc(sizeof(*word) + file + text);

	(void)opt;
	if (!word)
		return -1;
	word->line = cfg->line;
	memcpy(word->file, cfg->filename, file);
	memcpy(word->file + file, value, text);
	word->text = word->file + file;
	*(struct word **)result = word;
	return 0;
}

#define WORD(name) CFG_PTR_CB(name, NULL, CFGF_NONE, parse_word, free)
#define WORDS(name) CFG_PTR_LIST_CB(name, NULL, CFGF_NONE, parse_word, free)
#define SECTION(name, opts) CFG_SEC(name, opts, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES)

static cfg_t *tree_new(const struct words_key *keys, size_t count)
{
	const cfg_opt_t policy_words[] = {WORD("mode"),           WORD("deny"),
					  WORD("host-prefix6"),   WORD("pace"),
					  WORD("burst"),          WORD("burst-time"),
					  WORD("when-unanswered")};
	const size_t policy_count = sizeof(policy_words) / sizeof(policy_words[0]);
	cfg_opt_t policy[sizeof(policy_words) / sizeof(policy_words[0]) + THRESHOLDS_MAX + 1] = {
		CFG_END()};
	cfg_opt_t range[] = {WORDS("prefixes"), WORD("prefix-file"), WORDS("interfaces"),
			     WORD("policy"),    WORD("sources"),     WORD("shared"),
			     CFG_END()};
	cfg_opt_t allow[] = {WORDS("from"),   WORDS("to"),    WORD("comment"), WORD("expires"),
			     WORD("watched"), WORD("always"), CFG_END()};
	cfg_opt_t sections[] = {SECTION("policy", policy), SECTION("range", range),
				SECTION("allow", allow), CFG_END()};
	const size_t section_count = sizeof(sections) / sizeof(sections[0]);
	cfg_opt_t *opts = calloc(count + 1 + section_count, sizeof(*opts));
	cfg_t *cfg;

	if (!opts)
		return NULL;
	memcpy(policy, policy_words, sizeof(policy_words));
	for (size_t i = 0; thresholds_key(i); i++)
		policy[policy_count + i] = (cfg_opt_t)WORD(thresholds_key(i));
	for (size_t i = 0; i < count; i++)
		opts[i] = keys[i].list ? (cfg_opt_t)WORDS(keys[i].name) :
					 (cfg_opt_t)WORD(keys[i].name);
	opts[count] = (cfg_opt_t)WORD(END_KEY);
	memcpy(opts + count + 1, sections, sizeof(sections));
	cfg = cfg_init(opts, CFGF_NONE); /* copies the options, names too */
	free(opts);
	if (cfg)
		cfg_set_error_function(cfg, on_error);
	return cfg;
}

/* The whole file with the end line behind it, to be freed. NULL with errno. */
static char *read_text(FILE *file, size_t size, size_t *length)
{
	char *text = malloc(size + sizeof(end_line));

	if (!text)
		return NULL;
	*length = fread(text, 1, size, file);
	if (ferror(file)) {
		free(text);
		return NULL;
	}
	memcpy(text + *length, end_line, sizeof(end_line));
	*length += sizeof(end_line) - 1;
	return text;
}

/* Parses what is in memory, as the file @path. */
static int parse_text(cfg_t *cfg, const char *path, char *text, size_t length,
		      struct config_error *error)
{
	FILE *file = fmemopen(text, length, "r");
	const struct word *end;
	int result = CFG_PARSE_ERROR;

	free(cfg->filename);
	cfg->filename = strdup(path);
	parsing = error;
	error->text[0] = '\0';
	if (file && cfg->filename)
		result = cfg_parse_fp(cfg, file);
	parsing = NULL;
	if (file)
		fclose(file);
	if (result != CFG_SUCCESS)
		return error->text[0] ?
			       -EINVAL :
			       config_fail(error, path, 0, "it could not be read as a whole");
	end = cfg_getptr(cfg, END_KEY);
	if (!end || strcmp(end->file, path) != 0)
		return config_fail(error, path, 0, "the file ends inside a comment");
	return 0;
}

static int read_file(cfg_t *cfg, const char *path, struct config_error *error)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	struct stat st;
	size_t length;
	int result;

	if (!file) {
		result = -errno;
		config_fail(error, path, 0, "%s", strerror(errno));
		return result;
	}
	if (fstat(fileno(file), &st) || !S_ISREG(st.st_mode)) {
		fclose(file);
		return config_fail(error, path, 0, "it is no regular file");
	}
	if (st.st_size > FILE_MAX) {
		fclose(file);
		return config_fail(error, path, 0,
				   "it is larger than %d bytes: put long lists of "
				   "prefixes into a prefix-file",
				   FILE_MAX);
	}
	text = read_text(file, (size_t)st.st_size, &length);
	result = text ? parse_text(cfg, path, text, length, error) :
			config_fail(error, path, 0, "%s", strerror(errno));
	free(text);
	fclose(file);
	return result;
}

static int is_conf(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 5 &&
	       strcmp(entry->d_name + length - 5, ".conf") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_directory(cfg_t *cfg, const char *path, struct config_error *error)
{
	const char *slash = strrchr(path, '/');
	int base = slash ? (int)(slash - path) + 1 : 0, count, result = 0;
	struct dirent **entries;
	char *name;

	if (asprintf(&name, "%.*sconf.d", base, path) < 0)
		return -ENOMEM;
	count = scandir(name, &entries, is_conf, by_name);
	if (count < 0 && errno != ENOENT) {
		result = -errno;
		config_fail(error, name, 0, "%s", strerror(errno));
	}
	free(name);
	for (int i = 0; i < count; i++) {
		if (!result &&
		    asprintf(&name, "%.*sconf.d/%s", base, path, entries[i]->d_name) >= 0) {
			result = read_file(cfg, name, error);
			free(name);
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return result;
}

int words_read(const char *path, const struct words_key *keys, size_t key_count, cfg_t **tree,
	       struct config_error *error)
{
	cfg_t *cfg = tree_new(keys, key_count);
	int result;

	if (!cfg) {
		config_fail(error, path, 0, "no memory");
		return -ENOMEM;
	}
	result = read_file(cfg, path, error);
	if (!result)
		result = read_directory(cfg, path, error);
	if (result)
		cfg_free(cfg);
	else
		*tree = cfg;
	return result;
}

unsigned words_count(cfg_t *section, const char *key)
{
	return cfg_size(section, key);
}

const struct word *words_get(cfg_t *section, const char *key, unsigned index)
{
	return index < cfg_size(section, key) ? cfg_getnptr(section, key, index) : NULL;
}

const struct word *words_first(cfg_t *section)
{
	const struct word *first = NULL;

	for (const cfg_opt_t *opt = section->opts; opt->name; opt++) {
		const struct word *word = opt->nvalues ? opt->values[0]->ptr : NULL;

		if (word && (!first || word->line < first->line))
			first = word;
	}
	return first;
}

int config_fail_in(struct config_error *error, cfg_t *section, const char *fmt, ...)
{
	const struct word *first = words_first(section);
	va_list ap;

	va_start(ap, fmt);
	fail(error, first ? first->file : section->filename, first ? first->line : section->line,
	     fmt, ap);
	va_end(ap);
	return -EINVAL;
}
