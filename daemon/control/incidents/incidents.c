// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "control/incidents/incidents.h"

#define MARGIN_PART 8 /* one place in so many more for closed ones that wait for the database */
#define MARGIN_MIN 64

/* Of a place, in a byte each, so that looking for one touches little memory. */
enum place { PLACE_FREE, PLACE_OPEN, PLACE_CLOSED, PLACE_MASK = 3 };
#define PLACE_WRITE_SHIFT 2
#define PLACE_WRITE_MASK 3
#define PLACE_WRITING 16 /* the database is being given it */

struct incidents {
	struct hash_key key;
	struct slots slots;
	struct incident *all;
	uint8_t *places;
	uint32_t max, room;
	uint32_t open;
	uint32_t classes[HOST_CLASSES];
	uint32_t cursor; /* where the next search for what is to be written begins */
	int64_t last_id, last_change;
	struct incidents_losses losses;
};

struct incidents *incidents_new(uint32_t max, struct hash_key key)
{
	struct incidents *incidents = calloc(1, sizeof(*incidents));
	const uint32_t margin = max / MARGIN_PART > MARGIN_MIN ? max / MARGIN_PART : MARGIN_MIN;

	if (!incidents)
		return NULL;
	incidents->key = key;
	incidents->max = max;
	incidents->room = max + margin;
	incidents->all = calloc(incidents->room, sizeof(*incidents->all));
	incidents->places = calloc(incidents->room, sizeof(*incidents->places));
	if (incidents->all && incidents->places && !slots_init(&incidents->slots, incidents->room))
		return incidents;
	incidents_free(incidents);
	return NULL;
}

void incidents_free(struct incidents *incidents)
{
	if (!incidents)
		return;
	for (uint32_t i = 0; incidents->places && i < incidents->room; i++)
		if (incidents->places[i])
			incident_release(&incidents->all[i]);
	slots_release(&incidents->slots);
	free(incidents->places);
	free(incidents->all);
	free(incidents);
}

/* --- places --- */

static uint64_t hash_of(const struct incidents *incidents, const struct prefix *host)
{
	return hash_bytes(&incidents->key, host, sizeof(*host));
}

static uint32_t place_of(const struct incidents *incidents, const struct incident *incident)
{
	return (uint32_t)(incident - incidents->all);
}

static unsigned state_of(const struct incidents *incidents, uint32_t place)
{
	return incidents->places[place] & PLACE_MASK;
}

static unsigned write_of(const struct incidents *incidents, uint32_t place)
{
	return incidents->places[place] >> PLACE_WRITE_SHIFT & PLACE_WRITE_MASK;
}

static unsigned writing(const struct incidents *incidents, uint32_t place)
{
	return incidents->places[place] & PLACE_WRITING;
}

static void put_place(struct incidents *incidents, uint32_t place, unsigned what)
{
	incidents->places[place] = (uint8_t)what;
}

static void set_place(struct incidents *incidents, uint32_t place, unsigned state, unsigned write)
{
	put_place(incidents, place, state | write << PLACE_WRITE_SHIFT | writing(incidents, place));
}

static void remove_at(struct incidents *incidents, uint32_t place)
{
	struct incident *incident = &incidents->all[place];

	if (state_of(incidents, place) == PLACE_OPEN) {
		incidents->open--;
		incidents->classes[incident->class]--;
	}
	put_place(incidents, place, PLACE_FREE);
	slots_remove(&incidents->slots, hash_of(incidents, &incident->host), place);
	incident_release(incident);
}

void incidents_forget(struct incidents *incidents, struct incident *incident)
{
	remove_at(incidents, place_of(incidents, incident));
}

struct incident *incidents_find(const struct incidents *incidents, const struct prefix *host)
{
	for (uint32_t slot = slots_first(&incidents->slots, hash_of(incidents, host));
	     slot != SLOT_NONE; slot = slots_next(&incidents->slots, slot))
		if (state_of(incidents, slot) == PLACE_OPEN &&
		    prefix_equal(&incidents->all[slot].host, host))
			return &incidents->all[slot];
	return NULL;
}

struct incident *incidents_next(const struct incidents *incidents, const struct incident *after)
{
	for (uint32_t i = after ? place_of(incidents, after) + 1 : 0; i < incidents->room; i++)
		if (incidents->places[i])
			return &incidents->all[i];
	return NULL;
}

struct incident *incidents_by_id(const struct incidents *incidents, int64_t id)
{
	struct incident *incident = incidents_next(incidents, NULL);

	while (incident && incident->id != id)
		incident = incidents_next(incidents, incident);
	return incident;
}

bool incidents_holds(const struct incidents *incidents, const struct incident *incident)
{
	return incident >= incidents->all && incident < incidents->all + incidents->room;
}

size_t incidents_count(const struct incidents *incidents)
{
	return incidents->open;
}

size_t incidents_class_count(const struct incidents *incidents, enum host_class class)
{
	return incidents->classes[class];
}

/* --- room --- */

/* Of all that are open the one of the lowest class, and of those the one that is quiet for longest. */
static struct incident *least(const struct incidents *incidents)
{
	struct incident *least = NULL;

	for (uint32_t i = 0; i < incidents->room; i++) {
		struct incident *one = &incidents->all[i];

		if (state_of(incidents, i) == PLACE_OPEN &&
		    (!least || one->class < least->class ||
		     (one->class == least->class && one->quiet_ms < least->quiet_ms)))
			least = one;
	}
	return least;
}

static bool displace(struct incidents *incidents, enum host_class class, struct allow_clock now)
{
	struct incident *incident = least(incidents);

	if (!incident || incident->class > class)
		return false;
	if (incident->class == class && !incidents_quiet(incident, INCIDENTS_GRACE, now))
		return false;
	incidents_close(incidents, incident, now.real);
	incidents->losses.displaced++;
	return true;
}

/* Closed ones that the database did not take: the one that was closed first goes. */
static void drop(struct incidents *incidents)
{
	uint32_t oldest = incidents->room;

	for (uint32_t i = 0; i < incidents->room; i++)
		if (state_of(incidents, i) == PLACE_CLOSED && !writing(incidents, i) &&
		    (oldest == incidents->room ||
		     incidents->all[i].closed < incidents->all[oldest].closed))
			oldest = i;
	if (oldest == incidents->room)
		return;
	incidents->losses.unwritten++;
	remove_at(incidents, oldest);
}

static struct incident *add(struct incidents *incidents, const struct prefix *host,
			    enum host_class class, struct allow_clock now)
{
	uint32_t slot;

	if (incidents->open >= incidents->max && !displace(incidents, class, now)) {
		incidents->losses.unopened++;
		return NULL;
	}
	if (incidents->slots.count >= incidents->room)
		drop(incidents);
	slot = slots_add(&incidents->slots, hash_of(incidents, host));
	if (slot == SLOT_NONE) {
		incidents->losses.unopened++;
		return NULL;
	}
	memset(&incidents->all[slot], 0, sizeof(incidents->all[slot]));
	incidents->all[slot].host = *host;
	incidents->all[slot].class = (uint8_t) class;
	incidents->all[slot].quiet_ms = (int64_t)now.boot_ms;
	set_place(incidents, slot, PLACE_OPEN, INCIDENT_WRITTEN);
	incidents->open++;
	incidents->classes[class]++;
	return &incidents->all[slot];
}

/* --- from the first sign to the end --- */

struct incident *incidents_open(struct incidents *incidents, const struct prefix *host,
				enum host_class class, struct allow_clock now)
{
	struct incident *incident = add(incidents, host, class, now);

	if (!incident)
		return NULL;
	incident->opened = incident->first_seen = incident->last_seen = now.real;
	incidents_touch(incidents, incident, INCIDENT_AT_ONCE);
	return incident;
}

/* What is newer stays as it is; what began earlier began earlier. */
static void join(struct incidents *incidents, struct incident *to, struct incident *stored)
{
	to->id = stored->id;
	to->opened = stored->opened;
	to->first_seen = stored->first_seen;
	to->attempts += stored->attempts;
	to->destinations += stored->destinations;
	if (stored->contained_until > to->contained_until)
		to->contained_until = stored->contained_until;
	if (stored->action > to->action)
		to->action = stored->action;
	incidents_class(incidents, to, stored->class > to->class ? stored->class : to->class);
	incident_release(stored);
	incidents_touch(incidents, to, INCIDENT_AT_ONCE);
}

struct incident *incidents_recall(struct incidents *incidents, struct incident *stored,
				  struct allow_clock now)
{
	struct incident *incident = incidents_find(incidents, &stored->host);

	if (incident) {
		join(incidents, incident, stored);
		return incident;
	}
	incident = add(incidents, &stored->host, stored->class, now);
	if (!incident) {
		incident_release(stored);
		return NULL;
	}
	*incident = *stored;
	incidents_seen(incident, 0, now);
	return incident;
}

bool incidents_class(struct incidents *incidents, struct incident *incident, enum host_class class)
{
	if (class == CLASS_CLEAN || incident->class == CLASS_INFECTED || incident->class == class)
		return false;
	incidents->classes[incident->class]--;
	incidents->classes[class]++;
	incident->class = (uint8_t) class;
	return true;
}

/* The host's record may have been made anew since: it begins at 0 then. */
static void add_count(uint64_t *total, uint64_t *before, uint64_t now)
{
	*total += now >= *before ? now - *before : now;
	*before = now;
}

void incidents_counted(struct incident *incident, uint64_t attempts, uint64_t destinations)
{
	add_count(&incident->attempts, &incident->host_attempts, attempts);
	add_count(&incident->destinations, &incident->host_destinations, destinations);
}

bool incidents_seen(struct incident *incident, int64_t last_seen, struct allow_clock now)
{
	const bool later = last_seen > incident->last_seen;
	int64_t age;

	if (later)
		incident->last_seen = last_seen;
	age = now.real > incident->last_seen ? now.real - incident->last_seen : 0;
	if (later || !last_seen)
		incident->quiet_ms = (int64_t)now.boot_ms - age * 1000;
	return later;
}

bool incidents_quiet(const struct incident *incident, uint64_t seconds, struct allow_clock now)
{
	return !incident->closed &&
	       (int64_t)now.boot_ms - incident->quiet_ms >= (int64_t)seconds * 1000;
}

void incidents_close(struct incidents *incidents, struct incident *incident, int64_t now)
{
	const uint32_t place = place_of(incidents, incident);

	if (incident->closed)
		return;
	incident->closed = now;
	incidents->open--;
	incidents->classes[incident->class]--;
	set_place(incidents, place, PLACE_CLOSED, INCIDENT_AT_ONCE);
}

/* --- writing --- */

void incidents_touch(struct incidents *incidents, struct incident *incident,
		     enum incident_write when)
{
	const uint32_t place = place_of(incidents, incident);

	if (when > write_of(incidents, place))
		set_place(incidents, place, state_of(incidents, place), when);
}

size_t incidents_owing(struct incidents *incidents, enum incident_write owed,
		       struct incident **list, size_t max)
{
	size_t found = 0;

	for (uint32_t i = 0; i < incidents->room && found < max; i++) {
		const uint32_t place = (incidents->cursor + i) % incidents->room;

		if (write_of(incidents, place) == owed)
			list[found++] = &incidents->all[place];
	}
	if (found)
		incidents->cursor = (place_of(incidents, list[found - 1]) + 1) % incidents->room;
	return found;
}

void incidents_number(struct incidents *incidents, struct incident **list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!list[i]->id)
			list[i]->id = ++incidents->last_id;
		list[i]->change = ++incidents->last_change;
	}
}

void incidents_begin(struct incidents *incidents, struct incident *incident)
{
	const uint32_t place = place_of(incidents, incident);

	put_place(incidents, place,
		  state_of(incidents, place) | INCIDENT_WRITTEN << PLACE_WRITE_SHIFT |
			  PLACE_WRITING);
}

bool incidents_urgent(const struct incidents *incidents, const struct incident *incident)
{
	return write_of(incidents, place_of(incidents, incident)) == INCIDENT_AT_ONCE;
}

void incidents_done(struct incidents *incidents, struct incident *incident, bool stored)
{
	const uint32_t place = place_of(incidents, incident);
	const unsigned state = state_of(incidents, place);
	unsigned write = write_of(incidents, place);

	if (!stored && write < INCIDENT_TOLD)
		write = INCIDENT_TOLD;
	if (state == PLACE_CLOSED && write == INCIDENT_WRITTEN)
		remove_at(incidents, place);
	else
		put_place(incidents, place, state | write << PLACE_WRITE_SHIFT);
}

void incidents_numbered(struct incidents *incidents, int64_t id, int64_t change)
{
	if (id > incidents->last_id)
		incidents->last_id = id;
	if (change > incidents->last_change)
		incidents->last_change = change;
}

int64_t incidents_last_change(const struct incidents *incidents)
{
	return incidents->last_change;
}

struct incidents_losses incidents_losses(const struct incidents *incidents)
{
	return incidents->losses;
}
