// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "control/allow/allow_terms.h"
#include "control/config/prefix_error.h"
#include "control/config/times.h"

static const char *text_of(const json_t *terms, const char *name)
{
	return json_string_value(json_object_get(terms, name));
}

__attribute__((format(printf, 2, 3))) static int wrong(char error[RPC_MESSAGE_MAX], const char *fmt,
						       ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(error, RPC_MESSAGE_MAX, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

int allow_sides_read(const json_t *terms, struct allow_entry *entry, char name[DOMAIN_NAME_MAX],
		     char error[RPC_MESSAGE_MAX])
{
	char words[PREFIX_ERROR_MAX];
	const char *from = text_of(terms, "from"), *to = text_of(terms, "to");

	if (!from && !to)
		return wrong(error, "from or to is missing: give at least one");
	if (from)
		prefix_parse(from, &entry->from);
	name[0] = '\0';
	if (to)
		destination_read(to, &entry->to, name, words);
	if (name[0])
		entry->to_name = name;
	else if (from && to && entry->from.addr.family != entry->to.addr.family)
		return wrong(error,
			     "from %s and to %s are of different families: both must be IPv4 or "
			     "both IPv6",
			     from, to);
	return 0;
}

static int read_expiry(const json_t *terms, int64_t now, struct allow_entry *entry,
		       char error[RPC_MESSAGE_MAX])
{
	const char *expires = text_of(terms, "expires");
	int result = expires ? expiry_parse(expires, now, &entry->expires) : 0;

	if (result == -ERANGE) {
		wrong(error, "expires: %.64s is not in the future (or too far in it)", expires);
		return date_parse(expires, &entry->expires) == 0 && entry->expires <= now ? -ETIME :
											    -EINVAL;
	}
	if (result)
		return wrong(
			error,
			"expires: %.64s is neither a duration (30s, 10m, 2h, 7d, 1w) nor a date "
			"(2026-12-01, 2026-12-01T12:00:00Z)",
			expires);
	return 0;
}

static int read_comment(const json_t *terms, const struct config *config, struct allow_entry *entry,
			char error[RPC_MESSAGE_MAX])
{
	const char *comment = text_of(terms, "comment");

	if (config->settings.require_comment && (!comment || !comment[0]))
		return wrong(error,
			     "comment is missing: say why and for whom (require-comment is on)");
	entry->comment = (char *)(comment ? comment : "");
	return 0;
}

static int read_way(const json_t *terms, const struct config *config, struct allow_entry *entry,
		    char error[RPC_MESSAGE_MAX])
{
	const bool watched = json_is_true(json_object_get(terms, "watched"));
	const bool always = json_is_true(json_object_get(terms, "always"));

	if (watched && always)
		return wrong(error, "watched and always: give one of them");
	if (watched && !entry->from.addr.family)
		return wrong(error,
			     "from is missing: watched needs the source that is to be watched");
	if (watched && !config->watched)
		return wrong(error,
			     "watched needs a policy with the name " PLAN_WATCHED
			     ": all %d policies have other names",
			     POLICIES_MAX);
	entry->way = watched ? ALLOW_WATCHED : always ? ALLOW_ALWAYS : ALLOW_FREE;
	return 0;
}

int allow_terms_read(const json_t *terms, const struct config *config, int64_t now,
		     struct allow_entry *entry, char name[DOMAIN_NAME_MAX],
		     char error[RPC_MESSAGE_MAX])
{
	int result = allow_sides_read(terms, entry, name, error);

	if (!result)
		result = read_expiry(terms, now, entry, error);
	if (!result)
		result = read_comment(terms, config, entry, error);
	return result ? result : read_way(terms, config, entry, error);
}
