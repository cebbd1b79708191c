/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Follows the names of destinations: asks for each again when its records have lived long enough, and
 * has the engine (name_teller) and the database (name_saver) know what came of it.
 */
#ifndef EDGE25_CONTROL_NAME_FOLLOWER_H
#define EDGE25_CONTROL_NAME_FOLLOWER_H

#include "control/allow/destination_names.h"

#define NAME_PATIENCE 5. /* seconds that a client waits for DNS */

struct control;
struct name_follower;

/* What the names of the allowlist stood for last is read from the database. NULL: no memory. */
struct name_follower *name_follower_new(struct control *control);
/* Those who wait are told; needs the intent, whose link may be gone. */
void name_follower_free(struct name_follower *follower);

/* The allowlist has other entries, or the settings are others. */
void name_follower_look(struct name_follower *follower);
/* The database is there (again): what it says of names is read, and what it lacks is written. */
void name_follower_database(struct name_follower *follower);

/*
 * Asks for a name that need not be in the allowlist. @done is called later, once: with the answer;
 * -ETIMEDOUT: none within NAME_PATIENCE; -ECANCELED: edge25-control ends. -EBUSY: too many ask.
 */
typedef void name_done(void *arg, int error, const struct resolver_answer *answer);
int name_follower_ask(struct name_follower *follower, const char *name, name_done *done, void *arg);
/* An answer for a name that an entry was just added with, from there; that entry is told by its method. */
void name_follower_learn(struct name_follower *follower, const char *name,
			 const struct resolver_answer *answer);

/* What is wrong with names, for status: false behind the last. */
#define NAME_PROBLEM_MAX 512
bool name_follower_problem(const struct name_follower *follower, size_t index,
			   char text[NAME_PROBLEM_MAX]);

#endif
