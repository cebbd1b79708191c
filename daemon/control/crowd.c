// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "crowd.h"
#include "parser.h"
#include "refusal.h"

#define FADE_STEP 0.005 /* seconds between looks at how old what was used is */
#define USERS_MAX (CROWD_CLIENTS_MAX + 1)

struct user {
	uint32_t uid;
	unsigned clients;
	unsigned calls; /* under way, when it was last counted */
	double used;    /* seconds of our time, lately */
	struct timespec named; /* the /etc/passwd that the name is from */
	char name[sizeof(((struct rpc_peer *)NULL)->user)];
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
	struct user users[USERS_MAX]; /* also of those who were here: they have used what they have */
	unsigned user_count;
	struct client *over[CROWD_CLIENTS_MAX]; /* to be freed before the loop sleeps */
	unsigned over_count;
	ev_prepare prepare;
	ev_idle idle;  /* while somebody has a turn, the loop does not sleep */
	ev_timer rest; /* while some have used too much */
	double used;   /* by all, lately */
	double faded;
	struct crowd_losses losses;
};

/* CLOCK_THREAD_CPUTIME_ID: of this thread's work, without the time that others had the processor. */
static double seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

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

static void charge(struct crowd *crowd, struct seat *seat, double took)
{
	seat->used += took;
	seat->user->used += took;
	crowd->used += took;
}

static void on_took(void *ctx, const struct client *client, double took)
{
	struct crowd *crowd = ctx;

	for (unsigned i = 0; i < crowd->count; i++)
		if (crowd->seats[i].client == client)
			charge(crowd, &crowd->seats[i], took);
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

static void reap(struct crowd *crowd)
{
	while (crowd->over_count) {
		struct client *client = crowd->over[--crowd->over_count];

		leave(crowd, client);
		client_free(client);
	}
}

/* --- users --- */

/* Not getpwuid(3): that may ask a directory server, and wait for it. */
static void read_name(struct user *user)
{
	FILE *file = fopen("/etc/passwd", "re");
	struct passwd *entry;

	snprintf(user->name, sizeof(user->name), "%u", user->uid);
	while (file && (entry = fgetpwent(file))) {
		if (entry->pw_uid == user->uid) {
			snprintf(user->name, sizeof(user->name), "%s", entry->pw_name);
			break;
		}
	}
	if (file)
		fclose(file);
}

/* Who comes often is not looked up each time. */
static void name_user(struct user *user)
{
	struct stat file;

	if (stat("/etc/passwd", &file))
		memset(&file, 0, sizeof(file));
	if (*user->name && user->named.tv_sec == file.st_mtim.tv_sec &&
	    user->named.tv_nsec == file.st_mtim.tv_nsec)
		return;
	user->named = file.st_mtim;
	read_name(user);
}

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
	if (crowd->user_count < USERS_MAX)
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

static bool make_room(struct crowd *crowd, const struct user *user)
{
	const struct user *host = user;
	struct client *client;

	if (user->clients < CROWD_CLIENTS_USER_MAX) {
		if (crowd->count < CROWD_CLIENTS_MAX)
			return true;
		host = largest(crowd);
	}
	client = dispensable(crowd, host, host->clients > user->clients + 1);
	if (!client)
		return false;
	crowd->losses.refused++;
	client_dismiss(client, "too many connections: others come first");
	reap(crowd);
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
	name_user(user);
	peer.uid = credentials.uid;
	memcpy(peer.user, user->name, sizeof(peer.user));
	if (make_room(crowd, user))
		client = client_new(&crowd->world, fd, &peer);
	if (client) {
		crowd->seats[crowd->count++] = (struct seat){.client = client, .user = user};
		user->clients++;
		return;
	}
	crowd->losses.refused++;
	refusal_send(fd, "too many connections: try again later");
}

/* --- what they make us hold --- */

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
		reap(crowd);
	}
}

/* --- turns --- */

static void fade(struct crowd *crowd, double now)
{
	const double factor = exp((crowd->faded - now) / CROWD_FADE_SECONDS);

	if (now - crowd->faded < FADE_STEP)
		return;
	crowd->faded = now;
	crowd->used *= factor;
	for (unsigned i = 0; i < crowd->user_count; i++)
		crowd->users[i].used *= factor;
	for (unsigned i = 0; i < crowd->count; i++)
		crowd->seats[i].used *= factor;
}

/* Others need not wait until many are answered at once. */
static void count_calls(struct crowd *crowd)
{
	for (unsigned i = 0; i < crowd->user_count; i++)
		crowd->users[i].calls = 0;
	for (unsigned i = 0; i < crowd->count; i++)
		crowd->seats[i].user->calls += client_busy(crowd->seats[i].client);
}

static struct seat *whose_turn(struct crowd *crowd)
{
	struct seat *found = NULL;

	count_calls(crowd);
	for (unsigned i = 0; i < crowd->count; i++) {
		struct seat *seat = &crowd->seats[i];

		if ((!found || seat->user->used < found->user->used ||
		     (seat->user == found->user && seat->used < found->used)) &&
		    seat->user->calls < CROWD_CALLS_USER_MAX && client_ready(seat->client))
			found = seat;
	}
	return found;
}

static bool asks_for_few(const struct crowd *crowd, const struct user *user)
{
	unsigned count = 0;

	for (unsigned i = 0; i < crowd->count && count <= CROWD_FEW; i++)
		count += crowd->seats[i].user == user && client_ready(crowd->seats[i].client);
	return count <= CROWD_FEW;
}

static bool may_have_it(const struct crowd *crowd, const struct seat *seat)
{
	return crowd->used < CROWD_SHARE || seat->user->used < CROWD_SHARE_LIGHT ||
	       asks_for_few(crowd, seat->user);
}

static void take_turns(struct crowd *crowd)
{
	double began, now = seconds(CLOCK_THREAD_CPUTIME_ID);
	const double end = now + CROWD_TURNS_SECONDS;
	struct seat *seat;

	fade(crowd, seconds(CLOCK_MONOTONIC));
	while ((seat = whose_turn(crowd)) && may_have_it(crowd, seat) && now < end) {
		began = now;
		client_turn(seat->client);
		now = seconds(CLOCK_THREAD_CPUTIME_ID);
		charge(crowd, seat, now - began);
		reap(crowd);
	}
	if (seat && may_have_it(crowd, seat))
		ev_idle_start(crowd->world.loop, &crowd->idle);
	else
		ev_idle_stop(crowd->world.loop, &crowd->idle);
	if (seat)
		ev_timer_again(crowd->world.loop, &crowd->rest);
	else
		ev_timer_stop(crowd->world.loop, &crowd->rest);
}

static void on_prepare(struct ev_loop *loop, ev_prepare *prepare, int events)
{
	struct crowd *crowd = prepare->data;

	(void)loop;
	(void)events;
	reap(crowd);
	take_turns(crowd);
	bound(crowd, client_input, CROWD_INPUT_MAX,
	      "too much is held for unfinished requests: others come first");
	bound(crowd, client_output, CROWD_OUTPUT_MAX,
	      "too many answers are not taken: others come first");
}

/* What is to be done is done before the loop sleeps. */
static void on_rest(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)timer;
	(void)events;
}

static void on_idle(struct ev_loop *loop, ev_idle *idle, int events)
{
	(void)loop;
	(void)idle;
	(void)events;
}

/* --- the whole --- */

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
	ev_idle_init(&crowd->idle, on_idle);
	ev_timer_init(&crowd->rest, on_rest, 0., FADE_STEP);
	crowd->prepare.data = crowd;
	ev_prepare_start(loop, &crowd->prepare);
	return crowd;
}

void crowd_free(struct crowd *crowd)
{
	if (!crowd)
		return;
	ev_prepare_stop(crowd->world.loop, &crowd->prepare);
	ev_idle_stop(crowd->world.loop, &crowd->idle);
	ev_timer_stop(crowd->world.loop, &crowd->rest);
	reap(crowd);
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
