// SPDX-License-Identifier: GPL-2.0-or-later
/* What health says of what is on disks: the database, room, and events.json. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "control/health/disk.h"
#include "control/health/health_internal.h"

static const char *bytes(uint64_t count, char text[32])
{
	static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
	double value = (double)count;
	unsigned unit = 0;

	for (; value >= 1024 && unit < 4; unit++)
		value /= 1024;
	snprintf(text, 32, "%.*f %s", unit && value < 10 ? 1 : 0, value, units[unit]);
	return text;
}

static void database(const struct control *control, json_t *checks)
{
	char path[512], size[32];

	snprintf(path, sizeof(path), "%s/edge25.db", control->config->settings.state_dir);
	if (store_problem(control->store))
		health_check(checks, "database", HEALTH_PROBLEM, "%s",
			     store_problem(control->store));
	else
		health_check(checks, "database", HEALTH_OK, "%s, %s", path,
			     bytes(disk_file_size(path), size));
}

/* True: said. */
static bool disk_problem(const char *path, const struct disk *disk, json_t *checks)
{
	char free_text[32], size[32];

	if (disk->error)
		health_check(checks, "disk", HEALTH_PROBLEM, "%s: %s", path,
			     strerror(-disk->error));
	else if (disk->read_only)
		health_check(checks, "disk", HEALTH_PROBLEM,
			     "%s is on a file system that is read-only", path);
	else if (disk->no_files)
		health_check(checks, "disk", HEALTH_PROBLEM,
			     "%s is on a file system that takes no more files", path);
	else if (disk_low(disk))
		health_check(checks, "disk", HEALTH_PROBLEM,
			     "%s has %s left of %s: make room, or lower event-file-max", path,
			     bytes(disk->free, free_text), bytes(disk->size, size));
	else
		return false;
	return true;
}

static void disks(const struct control *control, json_t *checks)
{
	const struct config_settings *settings = &control->config->settings;
	const struct disk state = disk_look(settings->state_dir),
			  log = disk_look(settings->log_dir);
	char a[32], b[32];
	bool said = disk_problem(settings->state_dir, &state, checks);

	if (said && (state.error || state.device == log.device))
		return;
	if (disk_problem(settings->log_dir, &log, checks) || said)
		return;
	if (state.device == log.device)
		health_check(checks, "disk", HEALTH_OK, "%s left", bytes(state.free, a));
	else
		health_check(checks, "disk", HEALTH_OK, "%s left in %s, %s in %s",
			     bytes(state.free, a), settings->state_dir, bytes(log.free, b),
			     settings->log_dir);
}

static void events(const struct control *control, json_t *checks)
{
	const char *problem = event_file_problem(control->event_file);
	char size[32], max[32];

	if (problem)
		health_check(checks, "events", HEALTH_PROBLEM, "%s", problem);
	else
		health_check(checks, "events", HEALTH_OK, "events.json has %s of at most %s",
			     bytes(event_file_size(control->event_file), size),
			     bytes(control->config->settings.event_file_max, max));
}

void health_storage(const struct control *control, json_t *checks)
{
	database(control, checks);
	disks(control, checks);
	events(control, checks);
}
