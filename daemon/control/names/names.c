// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "control/names/names.h"
#include "control/names/names_sources.h"
#include "control/names/neighbour.h"

struct names {
	struct ev_loop *loop;
	struct names_sources *sources;
	struct neighbours *neighbours; /* NULL: not asked for */
};

int names_configure(struct names *names, const struct config_settings *settings)
{
	struct neighbours *neighbours = names->neighbours;

	if (settings->neighbours && !neighbours) {
		neighbours = neighbours_new(names->loop);
		if (!neighbours)
			return -ENOMEM;
	} else if (!settings->neighbours) {
		neighbours_free(neighbours);
		neighbours = NULL;
	}
	names->neighbours = neighbours;
	return names_sources_configure(names->sources, settings);
}

struct names *names_new(struct ev_loop *loop, const struct config_settings *settings)
{
	struct names *names = calloc(1, sizeof(*names));

	if (!names)
		return NULL;
	names->loop = loop;
	names->sources = names_sources_new(loop);
	if (!names->sources || names_configure(names, settings)) {
		names_free(names);
		return NULL;
	}
	return names;
}

void names_free(struct names *names)
{
	if (!names)
		return;
	names_sources_free(names->sources);
	neighbours_free(names->neighbours);
	free(names);
}

void names_look(struct names *names)
{
	names_sources_look(names->sources);
}

/* --- looking up --- */

/* Of the files of one kind or of all leases: the entry that says most of @addr. */
static const struct name_entry *find_entry(const struct names *names, bool labels,
					   const struct addr *addr, int64_t now, const char **name,
					   enum names_kind *kind)
{
	const struct name_entry *best = NULL;

	const struct names_source *source;

	for (size_t i = 0; (source = names_sources_at(names->sources, i)); i++) {
		const struct name_entry *entry;
		const char *text;

		if (!source->last.table || (source->kind == NAMES_LABEL) != labels)
			continue;
		entry = name_table_find(source->last.table, addr, now, &text);
		if (!entry || (best && best->prefix.length >= entry->prefix.length))
			continue;
		best = entry;
		*name = text;
		*kind = source->kind;
	}
	return best;
}

/* A machine's other address: what leases say of its MAC address. */
static bool find_by_mac(const struct names *names, const uint8_t *mac, int64_t now,
			const char **name, enum names_kind *kind)
{
	const struct names_source *source;

	for (size_t i = 0; (source = names_sources_at(names->sources, i)); i++) {
		if (source->last.table && source->kind != NAMES_LABEL &&
		    name_table_by_mac(source->last.table, mac, now, name)) {
			*kind = source->kind;
			return true;
		}
	}
	return false;
}

static void find_mac(const struct names *names, const struct addr *addr, const uint8_t *mac,
		     struct names_found *found)
{
	if (mac)
		memcpy(found->mac, mac, sizeof(found->mac));
	found->mac_known = mac || (names && names->neighbours &&
				   neighbours_find(names->neighbours, addr, found->mac));
}

/* The host name that a machine gave itself, "" for none. */
static const char *find_host(const struct names *names, const struct addr *addr, int64_t now,
			     struct names_found *found, enum names_kind *kind)
{
	const char *name = "";
	const struct name_entry *lease = find_entry(names, false, addr, now, &name, kind);

	if (*name)
		goto out;
	if (found->mac_known && find_by_mac(names, found->mac, now, &name, kind))
		goto out;
	if (lease && lease->mac_known)
		find_by_mac(names, lease->mac, now, &name, kind);
out:
	if (lease && lease->mac_known && !found->mac_known) {
		memcpy(found->mac, lease->mac, sizeof(found->mac));
		found->mac_known = true;
	}
	return name;
}

bool names_find(struct names *names, const struct addr *addr, const uint8_t *mac, uint64_t now,
		struct names_found *found)
{
	const int64_t seconds = (int64_t)(now / 1000000000);
	enum names_kind kind = NAMES_LABEL, lease_kind = NAMES_LABEL;
	const char *label = NULL, *host;

	memset(found, 0, sizeof(*found));
	find_mac(names, addr, mac, found);
	if (!names)
		return false;
	names_sources_look(names->sources);
	host = find_host(names, addr, seconds, found, &lease_kind);
	if (find_entry(names, true, addr, seconds, &label, &kind)) {
		snprintf(found->name, sizeof(found->name), "%s", label);
		snprintf(found->host, sizeof(found->host), "%s", host);
		found->source = names_kind_word(kind);
	} else if (*host) {
		snprintf(found->name, sizeof(found->name), "%s", host);
		found->source = names_kind_word(lease_kind);
	}
	return found->source != NULL;
}

const char *names_mac_text(const struct names_found *found, char text[NAMES_MAC_TEXT_MAX])
{
	const uint8_t *m = found->mac;

	if (!found->mac_known)
		return NULL;
	snprintf(text, NAMES_MAC_TEXT_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3],
		 m[4], m[5]);
	return text;
}

void names_json(const struct names_found *found, json_t *object)
{
	json_object_set_new(object, "name", found->source ? json_string(found->name) : json_null());
	json_object_set_new(object, "name_source",
			    found->source ? json_string(found->source) : json_null());
	if (found->host[0])
		json_object_set_new(object, "host_name", json_string(found->host));
}

/* --- what is wrong --- */

const char *names_problem(const struct names *names, size_t index)
{
	const struct names_source *source = names_sources_at(names->sources, index);
	const char *problem;

	if (source)
		return source->last.problem;
	if ((index && !names_sources_at(names->sources, index - 1)) || !names->neighbours)
		return NULL;
	problem = neighbours_problem(names->neighbours);
	return problem ? problem : "";
}

struct names_losses names_losses(const struct names *names)
{
	struct names_losses losses = {0};
	const struct names_source *source;
	size_t line;

	for (size_t i = 0; (source = names_sources_at(names->sources, i)); i++) {
		const struct name_table *table = source->last.table;

		if (!table)
			continue;
		losses.entries += name_table_left_out(table);
		if (source->kind != NAMES_LABEL)
			losses.lines += name_table_misreads(table, &line);
	}
	losses.neighbours = names->neighbours ? neighbours_lost(names->neighbours) : 0;
	return losses;
}

json_t *names_status(const struct names *names)
{
	size_t neighbours = names->neighbours ? neighbours_count(names->neighbours) : 0;
	const struct names_source *source;
	json_t *files = json_array();

	for (size_t i = 0; (source = names_sources_at(names->sources, i)); i++) {
		size_t entries = source->last.table ? name_table_count(source->last.table) : 0;
		char path[LOG_LINE_MAX]; /* need not be UTF-8 */

		json_array_append_new(files, json_pack("{s:s, s:s, s:I, s:b}", "path",
						       log_escape(source->path, path, sizeof(path)),
						       "source", names_kind_word(source->kind),
						       "entries", (json_int_t)entries, "readable",
						       !source->last.problem[0]));
	}
	return json_pack("{s:o, s:o}", "files", files, "neighbours",
			 names->neighbours ? json_integer((json_int_t)neighbours) : json_null());
}
