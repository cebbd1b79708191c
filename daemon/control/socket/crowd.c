// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "control/socket/crowd.h"
#include "control/socket/crowd_held.h"
#include "control/socket/crowd_seats.h"
#include "control/socket/crowd_turns.h"
#include "control/socket/parser.h"
#include "control/socket/refusal.h"

/* --- clients that go --- */

static void on_over(void *ctx, struct client *client, bool slow)
{
	struct crowd *crowd = ctx;

	crowd->losses.dropped += slow;
	crowd->over[crowd->over_count++] = client;
}

static void on_lost(void *ctx)
{
	((struct crowd *)ctx)->losses.unwatched++;
}

static void on_took(void *ctx, const struct client *client, double took)
{
	struct crowd *crowd = ctx;

	for (unsigned i = 0; i < crowd->count; i++)
		if (crowd->seats[i].client == client)
			crowd_charge(crowd, &crowd->seats[i], took);
}

static const struct client_ops client_ops = {.over = on_over, .lost = on_lost, .took = on_took};

static void leave(struct crowd *crowd, const struct client *client)
{
	for (unsigned i = 0; i < crowd->count; i++) {
		if (crowd->seats[i].client != client)
			continue;
		crowd->seats[i].user->clients--;
		crowd->seats[i] = crowd->seats[--crowd->count];
		return;
	}
}

void crowd_reap(struct crowd *crowd)
{
	while (crowd->over_count) {
		struct client *client = crowd->over[--crowd->over_count];

		leave(crowd, client);
		client_free(client);
	}
}

/* --- users --- */

/* There is always room: for each client, and one more. */
static struct user *user_of(struct crowd *crowd, uint32_t uid)
{
	struct user *free_one = NULL;

	for (unsigned i = 0; i < crowd->user_count; i++) {
		struct user *user = &crowd->users[i];

		if (user->uid == uid)
			return user;
		if (!user->clients && (!free_one || user->used < free_one->used))
			free_one = user;
	}
	if (crowd->user_count < CROWD_USERS_MAX)
		free_one = &crowd->users[crowd->user_count++];
	*free_one = (struct user){.uid = uid};
	return free_one;
}

/* --- room --- */

/*
 * Who goes, of @user: who rests longest, then who asks for most. Those who only wait for one answer or
 * watch go when another user, who has fewer connections, has none else to make room (@all).
 */
static struct client *dispensable(const struct crowd *crowd, const struct user *user, bool all)
{
	enum client_claim claim, least = all ? CLIENT_WORKS + 1 : CLIENT_WORKS;
	struct client *found = NULL;
	double since, oldest = 0;

	for (unsigned i = 0; i < crowd->count; i++) {
		if (crowd->seats[i].user != user)
			continue;
		claim = client_claim(crowd->seats[i].client, &since);
		if (claim < least || (found && claim == least && since < oldest)) {
			found = crowd->seats[i].client;
			least = claim;
			oldest = since;
		}
	}
	return found;
}

static const struct user *largest(const struct crowd *crowd)
{
	const struct user *found = crowd->users;

	for (unsigned i = 1; i < crowd->user_count; i++)
		if (crowd->users[i].clients > found->clients)
			found = &crowd->users[i];
	return found;
}

/*
 * May one of the user's own go for another? Not for each of those who come again and again: to let one
 * in for another takes several times what it takes to refuse one, and others wait for it.
 */
static bool may_change(struct user *user)
{
	const double now = clock_seconds(CLOCK_MONOTONIC);

	if (now - user->changing_since >= 1.) {
		user->changing_since = now;
		user->changed = 0;
	}
	return user->changed++ < CROWD_CHANGES_USER_MAX;
}

static bool make_room(struct crowd *crowd, struct user *user)
{
	const struct user *host = user;
	struct client *client;

	if (user->clients < CROWD_CLIENTS_USER_MAX) {
		if (crowd->count < CROWD_CLIENTS_MAX)
			return true;
		host = largest(crowd);
	} else if (!may_change(user)) {
		return false;
	}
	client = dispensable(crowd, host, host->clients > user->clients + 1);
	if (!client)
		return false;
	crowd->losses.refused++;
	client_dismiss(client, "too many connections: others come first");
	crowd_reap(crowd);
	return true;
}

void crowd_admit(struct crowd *crowd, int fd, enum rpc_role role)
{
	struct rpc_peer peer = {.role = role};
	struct ucred credentials;
	socklen_t length = sizeof(credentials);
	struct client *client = NULL;
	struct user *user;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length)) {
		close(fd);
		return;
	}
	user = user_of(crowd, credentials.uid);
	peer.uid = credentials.uid;
	if (make_room(crowd, user)) {
		snprintf(peer.user, sizeof(peer.user), "%s", user_name(&user->name, peer.uid));
		client = client_new(&crowd->world, fd, &peer);
	}
	if (client) {
		crowd->seats[crowd->count++] = (struct seat){.client = client, .user = user};
		user->clients++;
		return;
	}
	crowd->losses.refused++;
	refusal_send(fd, "too many connections: try again later");
}

/* --- the whole --- */

static void on_prepare(struct ev_loop *loop, ev_prepare *prepare, int events)
{
	struct crowd *crowd = prepare->data;

	(void)loop;
	(void)events;
	crowd_reap(crowd);
	crowd_take_turns(crowd);
	crowd_held_bound(crowd);
}

struct crowd *crowd_new(struct ev_loop *loop, const struct rpc_method *methods, void *method_ctx)
{
	struct crowd *crowd = calloc(1, sizeof(*crowd));

	if (!crowd)
		return NULL;
	crowd->world = (struct client_world){.loop = loop,
					     .methods = methods,
					     .method_ctx = method_ctx,
					     .parser = parser_new(loop),
					     .ops = &client_ops,
					     .ctx = crowd};
	if (!crowd->world.parser) {
		free(crowd);
		return NULL;
	}
	ev_prepare_init(&crowd->prepare, on_prepare);
	crowd_turns_init(crowd);
	crowd->prepare.data = crowd;
	ev_prepare_start(loop, &crowd->prepare);
	return crowd;
}

void crowd_free(struct crowd *crowd)
{
	if (!crowd)
		return;
	ev_prepare_stop(crowd->world.loop, &crowd->prepare);
	crowd_turns_stop(crowd);
	crowd_reap(crowd);
	while (crowd->count)
		client_free(crowd->seats[--crowd->count].client);
	parser_free(crowd->world.parser);
	free(crowd);
}

bool crowd_watched(const struct crowd *crowd, enum watch_kind kind)
{
	for (unsigned i = 0; i < crowd->count; i++)
		if (client_peer(crowd->seats[i].client)->watch.kinds & 1u << kind)
			return true;
	return false;
}

/* A line with its end; free() it. NULL: no memory. */
static char *notification(enum watch_kind kind, json_t *params, size_t *length)
{
	json_t *note = json_pack("{s:s, s:s, s:O}", "jsonrpc", "2.0", "method",
				 watch_kind_words[kind], "params", params);
	char *text = note ? json_dumps(note, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;

	json_decref(note);
	*length = text ? strlen(text) : 0;
	if (text)
		text[(*length)++] = '\n'; /* in place of the NUL */
	return text;
}

/* It is looked at when somebody watches, and written once, when the first one wants it. */
void crowd_publish(struct crowd *crowd, enum watch_kind kind, json_t *params)
{
	struct watch_facts facts;
	char *text = NULL;
	size_t length = 0;

	if (!crowd_watched(crowd, kind))
		return;
	facts = watch_facts(kind, params);
	for (unsigned i = 0; i < crowd->count; i++) {
		struct client *client = crowd->seats[i].client;

		if (!watch_wants(&client_peer(client)->watch, &facts))
			continue;
		if (!text)
			text = notification(kind, params, &length);
		if (text)
			client_event(client, text, length);
	}
	free(text);
}

struct crowd_losses crowd_losses(const struct crowd *crowd)
{
	return crowd->losses;
}
