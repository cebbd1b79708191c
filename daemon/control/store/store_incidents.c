// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/hosts/host_class.h"
#include "control/store/store_incidents.h"
#include "control/store/store_internal.h"

#define COLUMNS                                                                                 \
	"id, change, host, class, action, opened, closed, first_seen, last_seen,"               \
	" contained_until, attempts, destinations, verified, shared, policy, range, interface," \
	" mac, name, name_source, reasons, evidence, host_attempts, host_destinations"

static int write_one(struct store *store, const struct incident *incident)
{
	char host[PREFIX_TEXT_MAX], mac[18];
	const char *mac_word = incident_mac_text(incident, mac);
	json_t *list = incident_evidence_json(incident);
	char *evidence = list ? json_dumps(list, JSON_COMPACT) : NULL;
	int result = -ENOMEM;

	if (evidence)
		result = store_run(
			store,
			"INSERT OR REPLACE INTO incident (" COLUMNS
			") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
			"iittiiiiiiiiiittttttttii", incident->id, incident->change,
			prefix_format(&incident->host, host), host_class_word(incident->class),
			(int64_t)incident->action, incident->opened, incident->closed,
			incident->first_seen, incident->last_seen, incident->contained_until,
			(int64_t)incident->attempts, (int64_t)incident->destinations,
			(int64_t)incident->verified, (int64_t)incident->shared, incident->policy,
			incident->range, incident->interface, mac_word ? mac_word : "",
			incident->name, incident->name_source ? incident->name_source : "",
			incident->reasons ? incident->reasons : "[]", evidence,
			(int64_t)incident->host_attempts, (int64_t)incident->host_destinations);
	free(evidence);
	json_decref(list);
	return result;
}

static int write_newest(struct store *store, const char *name, int64_t number)
{
	return store_run(store,
			 "INSERT INTO newest VALUES (?,?) ON CONFLICT (name) DO UPDATE"
			 " SET number = max(number, excluded.number)",
			 "ti", name, number);
}

int store_incidents_write(struct store *store, struct incident *const *list, size_t count,
			  store_incident_also *also, void *ctx, const struct store_then *then)
{
	int64_t id = 0, change = 0;
	int result = store_begin(store);

	for (size_t i = 0; i < count && !result; i++) {
		result = write_one(store, list[i]);
		if (!result && also)
			result = also(ctx, list[i]);
		id = list[i]->id > id ? list[i]->id : id;
		change = list[i]->change > change ? list[i]->change : change;
	}
	if (!result)
		result = write_newest(store, "incident", id);
	if (!result)
		result = write_newest(store, "change", change);
	return store_end_later(store, result, then);
}

static int read_number(struct store *store, const char *name, int64_t *number)
{
	return store_number(store, number, "SELECT number FROM newest WHERE name = ?", "t", name);
}

int store_incidents_newest(struct store *store, int64_t *id, int64_t *change)
{
	int result = read_number(store, "incident", id);

	return result ? result : read_number(store, "change", change);
}

/* --- reading --- */

static void read_texts(sqlite3_stmt *row, struct incident *incident)
{
	uint8_t *m = incident->mac;

	snprintf(incident->policy, sizeof(incident->policy), "%s", store_text(row, 14));
	snprintf(incident->range, sizeof(incident->range), "%s", store_text(row, 15));
	snprintf(incident->interface, sizeof(incident->interface), "%s", store_text(row, 16));
	if (sscanf(store_text(row, 17), "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &m[0], &m[1], &m[2],
		   &m[3], &m[4], &m[5]) == 6)
		incident->mac_length = sizeof(incident->mac);
	snprintf(incident->name, sizeof(incident->name), "%s", store_text(row, 18));
	incident->name_source = incident_name_source(store_text(row, 19));
	incident_evidence_read(incident, store_text(row, 21));
	incident->reasons = strdup(store_text(row, 20));
}

/* False: somebody else wrote it. */
static bool read_row(sqlite3_stmt *row, struct incident *incident)
{
	const int class = host_class_value(store_text(row, 3));
	const int64_t action = sqlite3_column_int64(row, 4);

	memset(incident, 0, sizeof(*incident));
	if (class < 0 || action < 0 || action >= INCIDENT_ACTIONS ||
	    prefix_parse(store_text(row, 2), &incident->host))
		return false;
	incident->id = sqlite3_column_int64(row, 0);
	incident->change = sqlite3_column_int64(row, 1);
	incident->class = (uint8_t) class;
	incident->action = (uint8_t)action;
	incident->opened = sqlite3_column_int64(row, 5);
	incident->closed = sqlite3_column_int64(row, 6);
	incident->first_seen = sqlite3_column_int64(row, 7);
	incident->last_seen = sqlite3_column_int64(row, 8);
	incident->contained_until = sqlite3_column_int64(row, 9);
	incident->attempts = (uint64_t)sqlite3_column_int64(row, 10);
	incident->destinations = (uint64_t)sqlite3_column_int64(row, 11);
	incident->verified = sqlite3_column_int(row, 12) != 0;
	incident->shared = sqlite3_column_int(row, 13) != 0;
	incident->host_attempts = (uint64_t)sqlite3_column_int64(row, 22);
	incident->host_destinations = (uint64_t)sqlite3_column_int64(row, 23);
	read_texts(row, incident);
	return true;
}

/* Is its host in @prefix, or @prefix in it? */
static bool row_overlaps(sqlite3_stmt *row, const struct prefix *prefix)
{
	struct prefix host;

	return !prefix->addr.family ||
	       (prefix_parse(store_text(row, 2), &host) == 0 && prefix_overlap(&host, prefix));
}

/* At most @max that overlap @prefix, which may be of family 0. Ends @statement. */
static int read_some(struct store *store, sqlite3_stmt *statement, const struct prefix *prefix,
		     size_t max, store_incident_each *each, void *ctx)
{
	int step = SQLITE_DONE, result = statement ? 0 : -EIO;
	struct incident incident;

	while (!result && max && (step = sqlite3_step(statement)) == SQLITE_ROW) {
		if (!row_overlaps(statement, prefix) || !read_row(statement, &incident))
			continue;
		result = incident.reasons ? each(ctx, &incident) : -ENOMEM;
		max--;
	}
	if (!result && max && step != SQLITE_DONE)
		result = store_fail(store);
	sqlite3_finalize(statement);
	return result;
}

static int read_all(struct store *store, sqlite3_stmt *statement, store_incident_each *each,
		    void *ctx)
{
	return read_some(store, statement, &(struct prefix){0}, SIZE_MAX, each, ctx);
}

int store_incidents_open(struct store *store, size_t max, store_incident_each *each, void *ctx)
{
	return read_all(store,
			store_prepare(store,
				      "SELECT " COLUMNS " FROM incident WHERE closed = 0"
				      " ORDER BY class = 'infected' DESC, class = 'suspect' DESC,"
				      " last_seen DESC LIMIT ?",
				      "i", (int64_t)max),
			each, ctx);
}

#define CLOSED                                                               \
	"SELECT " COLUMNS " FROM incident WHERE change > ?1 AND closed != 0" \
	" AND (?2 = '' OR class = ?2) AND (?3 = '' OR policy = ?3)"          \
	" AND last_seen >= ?4 AND (?5 = 0 OR opened < ?5)"

int store_incidents_closed(struct store *store, const struct store_incidents_wanted *wanted,
			   size_t max, store_incident_each *each, void *ctx)
{
	sqlite3_stmt *rows = store_prepare(
		store,
		wanted->latest ? CLOSED " ORDER BY last_seen DESC, change DESC" :
				 CLOSED " ORDER BY change",
		"ittii", wanted->after, wanted->class ? host_class_word(wanted->class) : "",
		wanted->policy ? wanted->policy : "", wanted->since, wanted->until);

	return read_some(store, rows, &wanted->prefix, max, each, ctx);
}

int store_incidents_host(struct store *store, const struct prefix *host, size_t max,
			 store_incident_each *each, void *ctx)
{
	char text[PREFIX_TEXT_MAX];

	return read_all(store,
			store_prepare(store,
				      "SELECT " COLUMNS " FROM incident WHERE host = ?"
				      " AND closed != 0 ORDER BY change DESC LIMIT ?",
				      "ti", prefix_format(host, text), (int64_t)max),
			each, ctx);
}

int store_incidents_find(struct store *store, int64_t id, store_incident_each *each, void *ctx)
{
	return read_all(store,
			store_prepare(store, "SELECT " COLUMNS " FROM incident WHERE id = ?", "i",
				      id),
			each, ctx);
}

/* --- what is old --- */

static int delete_some(struct store *store, int64_t before, size_t keep, size_t max,
		       size_t *deleted)
{
	int64_t count = 0, over;
	int result = store_number(store, &count, "SELECT count(*) FROM incident", "");

	if (result)
		return result;
	over = count > (int64_t)keep ? count - (int64_t)keep : 0;
	result = store_run(store,
			   "DELETE FROM incident WHERE id IN (SELECT id FROM incident WHERE closed"
			   " != 0 AND closed < ? ORDER BY closed LIMIT ?)",
			   "ii", before, (int64_t)max);
	if (!result)
		*deleted = store_changes(store);
	if (!result && over > (int64_t)*deleted) {
		over -= (int64_t)*deleted;
		result = store_run(store,
				   "DELETE FROM incident WHERE id IN (SELECT id FROM incident"
				   " WHERE closed != 0 ORDER BY closed LIMIT ?)",
				   "i", over < (int64_t)max ? over : (int64_t)max);
		if (!result)
			*deleted += store_changes(store);
	}
	return result;
}

int store_incidents_delete(struct store *store, int64_t before, size_t keep, size_t max,
			   size_t *deleted, const struct store_then *then)
{
	int result = store_begin(store);

	*deleted = 0;
	if (!result)
		result = delete_some(store, before, keep, max, deleted);
	return store_end_later(store, result, then);
}
