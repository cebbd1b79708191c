/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the crowd share: who sits where, and what each has used. */
#ifndef EDGE25_CONTROL_CROWD_SEATS_H
#define EDGE25_CONTROL_CROWD_SEATS_H

#include <ev.h>

#include "control/config/user_name.h"
#include "control/socket/client.h"
#include "control/socket/crowd.h"

#define CROWD_USERS_MAX (CROWD_CLIENTS_MAX + 1)

struct user {
	uint32_t uid;
	unsigned clients;
	unsigned calls;        /* under way, when it was last counted */
	double used;           /* seconds of our time, lately */
	double changing_since; /* CLOCK_MONOTONIC: */
	unsigned changed;      /* connections of its own that went for others of it */
	struct user_name name;
};

struct seat {
	struct client *client;
	struct user *user;
	double used;
};

struct crowd {
	struct client_world world;
	struct seat seats[CROWD_CLIENTS_MAX];
	unsigned count;
	struct user users
		[CROWD_USERS_MAX]; /* also of those who were here: they have used what they have */
	unsigned user_count;
	struct client *over[CROWD_CLIENTS_MAX]; /* to be freed before the loop sleeps */
	unsigned over_count;
	ev_prepare prepare;
	ev_idle idle;  /* while somebody has a turn, the loop does not sleep */
	ev_timer rest; /* while some have used too much */
	double used;   /* by all, lately */
	double faded;
	double pause_ends; /* CLOCK_MONOTONIC */
	struct crowd_losses losses;
};

/* Frees those who are over. */
void crowd_reap(struct crowd *crowd);

#endif
