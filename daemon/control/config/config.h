/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration, read whole and checked whole: FILE and, in name order, the files that end in
 * .conf in the directory conf.d beside it.
 * A configuration that could be loaded is never changed but for the numbers of its policies.
 */
#ifndef EDGE25_CONTROL_CONFIG_H
#define EDGE25_CONTROL_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/interval.h"
#include "common/plan.h"
#include "common/policy.h"
#include "control/config/thresholds.h"
#include "control/events/log_destinations.h"
#include "control/names/names_file.h"

#define CONFIG_FILE "/etc/edge25/edge25.conf"
#define CONFIG_RANGES_MAX 4096      /* one names its prefixes in 16 bits */
#define CONFIG_PREFIXES_MAX 2000000 /* a million of each family: what the maps are tested with */
#define CONFIG_FILE_PREFIXES_MAX 1000000
#define CONFIG_ALLOWS_MAX 10000 /* entries that people write by hand */
#define CONFIG_NAME_MAX 64

/* "edge25.conf:12: ..."; not escaped: whoever prints it escapes it. */
struct config_error {
	char text[768];
};

struct config_settings {
	char *run_dir, *state_dir, *log_dir, *user, *engine_user;
	char *monitor_group; /* "": that of @user */
	uint64_t queue_first, queues, queue_length, mark_mask;
	uint64_t remember_pairs, remember_for, tally_hosts, tally_for, read_interval, reject_rate,
		own_table, verify_interval, queue_rate, check_sources, refuse_split_headers,
		refuse_tunnels;
	char *router_policy; /* "": the router's own packets are not looked at */
	uint64_t events_per_host, events_per_second, event_file_max, summary_interval;
	uint64_t max_hosts, max_active;
	uint64_t max_incidents, incident_quiet, keep_incidents, keep_hosts, keep_days,
		write_interval;
	uint64_t log_destinations; /* enum log_destinations */
	uint64_t require_comment, keep_audit;
	uint64_t resolve_min, resolve_max, resolve_keep; /* of names of destinations */
	char *name_files[NAMES_KINDS];                   /* lists, settings_path() reads them */
	uint64_t neighbours, max_names;
};

struct config_range {
	char name[CONFIG_NAME_MAX];
	unsigned policy; /* index into policies */
	bool by_interface;
	bool by_prefix; /* with by_interface: both must hold */
	bool verified;  /* the access network stops sources that are not their sender's */
	bool shared;    /* many households share an address */
};

struct config_prefix {
	struct prefix prefix;
	uint16_t range; /* index into ranges */
	uint32_t line;  /* in the file that files[file] names */
	uint16_t file;
};

struct config_interface {
	char name[INTERFACE_MAX]; /* or a pattern */
	uint16_t range;
};

/* An interface, or a pattern, of ranges that have prefixes too. */
struct config_place {
	char name[INTERFACE_MAX];
	struct intervals intervals; /* with policy numbers, after config_number() */
};

struct config_allow {
	char name[CONFIG_NAME_MAX];
	struct prefix from, to; /* family 0: not given */
	int64_t expires;        /* seconds since 1970, UTC; 0 = never */
	char *comment;
	char *to_name; /* the destination where it is a name; else NULL */
	uint8_t way;   /* enum allow_way */
	uint16_t file; /* index into files */
};

struct config {
	char *path; /* absolute */
	struct config_settings settings;
	/* number: index until config_number(); behind the configured ones may stand one for what is watched */
	struct policy *policies;
	struct thresholds *thresholds; /* of each policy */
	struct config_range *ranges;
	struct config_prefix *prefixes;      /* sorted: IPv4 first, by address, then by length */
	struct config_interface *interfaces; /* in interface_order() */
	struct config_place *places;         /* in interface_order() */
	struct config_allow *allows;
	char **files;                       /* files that prefixes and allow entries came from */
	const struct policy *router_policy; /* or NULL */
	const struct policy *watched;       /* NULL: all numbers are taken by others */
	size_t policy_count, numbered_count, range_count, prefix_count, interface_count,
		place_count, allow_count, file_count;
	struct intervals intervals; /* of ranges by prefix; with policy numbers, as above */
};

/* 0 and *config, which config_free() releases, or -errno with *error filled in. */
int config_load(const char *path, struct config **config, struct config_error *error);
void config_free(struct config *config);

/* Gives policy i the number numbers[i] and flattens the prefixes. 0 or -ENOMEM. */
int config_number(struct config *config, const uint8_t *numbers);

/* The policy with this number, or NULL. */
const struct policy *config_policy(const struct config *config, unsigned number);

/* The policy with this name, that of watched sources too, or NULL. */
const struct policy *config_policy_find(const struct config *config, const char *name);

/* Its thresholds; @policy is one of @config's. */
const struct thresholds *config_thresholds(const struct config *config,
					   const struct policy *policy);

/* What a source may meet: the range that has it if its packets come in by @interface. */
struct config_match {
	const char *interface;              /* or a pattern; NULL: by any */
	const struct config_prefix *prefix; /* NULL: a range by interface alone */
	const struct config_range *range;
};

/*
 * Writes what @addr may meet, at most @room, in the order in which it is asked: the first whose
 * interface is that of a packet counts. Nothing stands behind one that holds by any interface.
 * Returns how many there are in all.
 */
size_t config_matches(const struct config *config, const struct addr *addr,
		      struct config_match *matches, size_t room);
/*
 * The policy of @addr where the address alone tells: all ranges that it may meet have it. NULL: they
 * differ, or there is none.
 */
const struct policy *config_policy_of(const struct config *config, const struct addr *addr);
/* What its range says of a source: can its address be believed, is it shared? */
struct config_trust {
	bool verified, shared;
};
/* @interface: by which its packets come in; NULL: not known, then what holds for all that it may meet. */
struct config_trust config_trust(const struct config *config, const struct addr *addr,
				 const char *interface);
/* Is there a range by interface alone? Then any address may be in a range. */
bool config_by_interface(const struct config *config);

#endif
