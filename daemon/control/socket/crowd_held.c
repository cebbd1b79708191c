// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/socket/crowd_held.h"

typedef size_t held_by(const struct client *client);

static size_t held_in_all(const struct crowd *crowd, held_by *held)
{
	size_t sum = 0;

	for (unsigned i = 0; i < crowd->count; i++)
		sum += held(crowd->seats[i].client);
	return sum;
}

static size_t held_by_user(const struct crowd *crowd, held_by *held, const struct user *user)
{
	size_t sum = 0;

	for (unsigned i = 0; i < crowd->count; i++)
		if (crowd->seats[i].user == user)
			sum += held(crowd->seats[i].client);
	return sum;
}

/* Of the user for whom most is held, the client for whom most is. */
static struct client *heaviest(const struct crowd *crowd, held_by *held)
{
	const struct user *user = NULL;
	struct client *found = NULL;
	size_t most = 0;

	for (unsigned i = 0; i < crowd->user_count; i++) {
		const size_t sum = held_by_user(crowd, held, &crowd->users[i]);

		if (sum > most) {
			user = &crowd->users[i];
			most = sum;
		}
	}
	most = 0;
	for (unsigned i = 0; i < crowd->count; i++) {
		if (crowd->seats[i].user == user && held(crowd->seats[i].client) > most) {
			found = crowd->seats[i].client;
			most = held(found);
		}
	}
	return found;
}

static void bound(struct crowd *crowd, held_by *held, size_t max, const char *why)
{
	while (crowd->count > 1 && held_in_all(crowd, held) > max) {
		client_dismiss(heaviest(crowd, held), why);
		crowd_reap(crowd);
	}
}

void crowd_held_bound(struct crowd *crowd)
{
	bound(crowd, client_input, CROWD_INPUT_MAX,
	      "too much is held for unfinished requests: others come first");
	bound(crowd, client_output, CROWD_OUTPUT_MAX,
	      "too many answers are not taken: others come first");
}
