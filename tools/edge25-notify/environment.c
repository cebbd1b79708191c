// SPDX-License-Identifier: GPL-2.0-or-later
#include "environment.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_USUAL "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* What a program needs to run as its user wants; secrets come by systemd's credentials. */
static const char *const kept[] = {"HOME", "LANG", "TZ", "TMPDIR", "CREDENTIALS_DIRECTORY"};

__attribute__((format(printf, 2, 3))) static void put(struct environment *environment,
						      const char *fmt, ...)
{
	char *entry;
	va_list ap;

	if (environment->count == ENVIRONMENT_MAX)
		return;
	va_start(ap, fmt);
	if (vasprintf(&entry, fmt, ap) >= 0)
		environment->entry[environment->count++] = entry;
	va_end(ap);
}

static void put_incident(struct environment *environment, const struct notice *notice)
{
	const struct incident *incident = &notice->item.incident;
	char words[CHANGES_WORDS_MAX];

	put(environment, "EDGE25_INCIDENT=%" PRId64, incident->id);
	put(environment, "EDGE25_HOST=%s", notice->item.host);
	put(environment, "EDGE25_CLASS=%s", incident->class);
	put(environment, "EDGE25_ACTION=%s", incident->action);
	put(environment, "EDGE25_STATE=%s", incident->open ? "open" : "closed");
	put(environment, "EDGE25_CHANGED=%s", incident_changes_words(notice->item.changes, words));
}

int environment_make(struct environment *environment, const struct notice *notice,
		     const char *socket, unsigned try)
{
	const char *path = getenv("PATH");
	unsigned expected = 1;

	memset(environment, 0, sizeof(*environment));
	put(environment, "PATH=%s", path && *path ? path : PATH_USUAL);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		const char *value = getenv(kept[i]);

		if (value)
			put(environment, "%s=%s", kept[i], value);
		expected += value != NULL;
	}
	put(environment, "EDGE25_NOTICE=%s", notice->digest ? "digest" : "incident");
	put(environment, "EDGE25_COUNT=%u", notice->count);
	put(environment, "EDGE25_LAST=%" PRId64, notice->upto);
	put(environment, "EDGE25_TRY=%u", try);
	put(environment, "EDGE25_SOCKET=%s", socket);
	expected += 5;
	if (!notice->digest) {
		put_incident(environment, notice);
		expected += 6;
	}
	return environment->count == expected ? 0 : -ENOMEM;
}

void environment_free(struct environment *environment)
{
	while (environment->count)
		free(environment->entry[--environment->count]);
}
