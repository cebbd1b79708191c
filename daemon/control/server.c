// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "client.h"
#include "common/log.h"
#include "refusal.h"
#include "server.h"

#define BACKLOG 1024 /* a thousand who call at once still find a place */
#define ACCEPT_BURST 64
#define LISTENERS 2

struct listener {
	ev_io io;
	struct server *server;
	enum rpc_role role;
	struct sockaddr_un address;
};

struct server {
	struct ev_loop *loop;
	const struct rpc_method *methods;
	void *ctx;
	struct listener listeners[LISTENERS];
	struct client *clients[SERVER_CLIENTS_MAX];
	unsigned count;
	struct client *over[SERVER_CLIENTS_MAX]; /* to be freed before the loop sleeps */
	unsigned over_count;
	ev_prepare reap;
	struct server_losses losses;
};

/* --- clients --- */

static void on_over(void *ctx, struct client *client, bool slow)
{
	struct server *server = ctx;

	server->losses.dropped += slow;
	server->over[server->over_count++] = client;
}

static void on_lost(void *ctx)
{
	((struct server *)ctx)->losses.unwatched++;
}

static const struct client_ops client_ops = {.over = on_over, .lost = on_lost};

static void reap(struct server *server)
{
	while (server->over_count) {
		struct client *client = server->over[--server->over_count];

		for (unsigned i = 0; i < server->count; i++) {
			if (server->clients[i] == client) {
				server->clients[i] = server->clients[--server->count];
				break;
			}
		}
		client_free(client);
	}
}

static void on_prepare(struct ev_loop *loop, ev_prepare *prepare, int events)
{
	(void)loop;
	(void)events;
	reap(prepare->data);
}

static unsigned count_user(const struct server *server, uint32_t uid)
{
	unsigned count = 0;

	for (unsigned i = 0; i < server->count; i++)
		count += client_peer(server->clients[i])->uid == uid;
	return count;
}

/* Room for one more (of this user, or of all): who rests longest goes, then who asks for most. */
static bool make_room(struct server *server, const uint32_t *uid)
{
	enum client_claim claim, least = CLIENT_WORKS;
	struct client *found = NULL;
	double since, oldest = 0;

	for (unsigned i = 0; i < server->count; i++) {
		struct client *client = server->clients[i];

		if (uid && client_peer(client)->uid != *uid)
			continue;
		claim = client_claim(client, &since);
		if (claim < least || (found && claim == least && since < oldest)) {
			found = client;
			least = claim;
			oldest = since;
		}
	}
	if (!found)
		return false;
	server->losses.refused++;
	client_dismiss(found, "too many connections: others come first");
	reap(server);
	return true;
}

/* Not getpwuid(3): that may ask a directory server, and wait for it. */
static void user_name(uint32_t uid, char *name, size_t size)
{
	FILE *file = fopen("/etc/passwd", "re");
	struct passwd *entry;

	snprintf(name, size, "%u", uid);
	while (file && (entry = fgetpwent(file))) {
		if (entry->pw_uid == uid) {
			snprintf(name, size, "%s", entry->pw_name);
			break;
		}
	}
	if (file)
		fclose(file);
}

static void admit(struct server *server, int fd, enum rpc_role role)
{
	struct rpc_peer peer = {.role = role};
	struct ucred credentials;
	socklen_t length = sizeof(credentials);
	struct client *client = NULL;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length)) {
		close(fd);
		return;
	}
	peer.uid = credentials.uid;
	user_name(peer.uid, peer.user, sizeof(peer.user));
	if ((count_user(server, peer.uid) < SERVER_CLIENTS_USER_MAX ||
	     make_room(server, &peer.uid)) &&
	    (server->count < SERVER_CLIENTS_MAX || make_room(server, NULL)))
		client = client_new(server->loop, fd, &peer, server->methods, server->ctx,
				    &client_ops, server);
	if (client) {
		server->clients[server->count++] = client;
		return;
	}
	server->losses.refused++;
	refusal_send(fd, "too many connections: try again later");
}

static void on_connection(struct ev_loop *loop, ev_io *io, int events)
{
	struct listener *listener = io->data;

	(void)loop;
	(void)events;
	for (int i = 0; i < ACCEPT_BURST; i++) {
		int fd = accept4(io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		admit(listener->server, fd, listener->role);
	}
}

/* --- sockets --- */

/* Not getgrnam(3), for the reason of user_name(). (gid_t)-1: there is none. */
static gid_t group_id(const char *name)
{
	FILE *file = fopen("/etc/group", "re");
	gid_t gid = (gid_t)-1;
	struct group *entry;

	while (file && gid == (gid_t)-1 && (entry = fgetgrent(file))) {
		if (!strcmp(entry->gr_name, name))
			gid = entry->gr_gid;
	}
	if (file)
		fclose(file);
	return gid;
}

/* Where this fails, fewer may read than should: no reason to end. */
static void give_to_group(const char *path, const char *name)
{
	gid_t gid = group_id(name);

	if (gid == (gid_t)-1)
		log_warning(
			"server: %s stays with edge25-control's own group: there is no group %s",
			path, name);
	else if (chown(path, (uid_t)-1, gid))
		log_warning(
			"server: %s stays with edge25-control's own group: it cannot be given to %s: "
			"%s",
			path, name, strerror(errno));
}

static int listen_at(struct listener *listener, const char *run_dir, const char *name)
{
	struct sockaddr_un *address = &listener->address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	mode_t mask;
	int error;

	address->sun_family = AF_UNIX;
	if ((size_t)snprintf(address->sun_path, sizeof(address->sun_path), "%s/%s", run_dir,
			     name) >= sizeof(address->sun_path)) {
		log_error("server: %s/%s is too long for a socket's path", run_dir, name);
		if (fd >= 0)
			close(fd);
		return -ENAMETOOLONG;
	}
	unlink(address->sun_path); /* left by one that was killed: we hold the lock */
	mask = umask(0117);        /* 0660 from the first moment on */
	error = fd < 0 || bind(fd, (struct sockaddr *)address, sizeof(*address)) ||
				listen(fd, BACKLOG) ?
			errno :
			0;
	umask(mask);
	if (error) {
		log_error("server: cannot listen at %s: %s", address->sun_path, strerror(error));
		if (fd >= 0)
			close(fd);
		return -error;
	}
	ev_io_init(&listener->io, on_connection, fd, EV_READ);
	listener->io.data = listener;
	ev_io_start(listener->server->loop, &listener->io);
	return 0;
}

struct server *server_new(struct ev_loop *loop, const char *run_dir, const char *monitor_group,
			  const struct rpc_method *methods, void *ctx)
{
	struct server *server = calloc(1, sizeof(*server));

	if (!server)
		return NULL;
	server->loop = loop;
	server->methods = methods;
	server->ctx = ctx;
	ev_prepare_init(&server->reap, on_prepare);
	server->reap.data = server;
	ev_prepare_start(loop, &server->reap);
	for (int i = 0; i < LISTENERS; i++) {
		server->listeners[i].server = server;
		server->listeners[i].io.fd = -1;
	}
	server->listeners[0].role = ROLE_CONTROL;
	server->listeners[1].role = ROLE_MONITOR;
	if (listen_at(&server->listeners[0], run_dir, "control.sock") == 0 &&
	    listen_at(&server->listeners[1], run_dir, "monitor.sock") == 0) {
		if (*monitor_group)
			give_to_group(server->listeners[1].address.sun_path, monitor_group);
		return server;
	}
	server_free(server);
	return NULL;
}

void server_free(struct server *server)
{
	if (!server)
		return;
	for (int i = 0; i < LISTENERS; i++) {
		struct listener *listener = &server->listeners[i];

		if (listener->io.fd < 0)
			continue;
		ev_io_stop(server->loop, &listener->io);
		close(listener->io.fd);
		unlink(listener->address.sun_path);
	}
	ev_prepare_stop(server->loop, &server->reap);
	reap(server);
	while (server->count)
		client_free(server->clients[--server->count]);
	free(server);
}

void server_publish(struct server *server, const char *method, json_t *params)
{
	json_t *note = NULL;
	char *text = NULL;
	size_t length = 0;

	for (unsigned i = 0; i < server->count; i++) {
		if (!client_peer(server->clients[i])->watching)
			continue;
		if (!text) {
			note = json_pack("{s:s, s:s, s:O}", "jsonrpc", "2.0", "method", method,
					 "params", params);
			text = note ? json_dumps(note, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
			length = text ? strlen(text) : 0;
			if (text)
				text[length++] = '\n';
		}
		if (text)
			client_event(server->clients[i], text, length);
	}
	free(text);
	json_decref(note);
}

struct server_losses server_losses(const struct server *server)
{
	return server->losses;
}
