// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/log.h"
#include "control/socket/crowd.h"
#include "control/socket/server.h"

#define BACKLOG 1024    /* a thousand who call at once still find a place */
#define ACCEPT_BURST 16 /* before others have their turn */
#define LISTENERS 2
/* Bytes, twice of which the kernel keeps of answers that nobody takes, for each of 256. */
static const int send_buffer = 32 << 10;

struct listener {
	ev_io io;
	struct server *server;
	enum rpc_role role;
	struct sockaddr_un address;
};

struct server {
	struct ev_loop *loop;
	struct listener listeners[LISTENERS];
	struct crowd *crowd;
};

static void on_connection(struct ev_loop *loop, ev_io *io, int events)
{
	struct listener *listener = io->data;

	(void)loop;
	(void)events;
	for (int i = 0; i < ACCEPT_BURST; i++) {
		int fd = accept4(io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof(send_buffer));
		crowd_admit(listener->server->crowd, fd, listener->role);
	}
}

/* --- sockets --- */

/* Not getgrnam(3): that may ask a directory server, and wait for it. (gid_t)-1: there is none. */
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
	for (int i = 0; i < LISTENERS; i++) {
		server->listeners[i].server = server;
		server->listeners[i].io.fd = -1;
	}
	server->listeners[0].role = ROLE_CONTROL;
	server->listeners[1].role = ROLE_MONITOR;
	server->crowd = crowd_new(loop, methods, ctx);
	if (!server->crowd)
		log_error("server: no memory");
	else if (listen_at(&server->listeners[0], run_dir, "control.sock") == 0 &&
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
	crowd_free(server->crowd);
	free(server);
}

void server_publish(struct server *server, enum watch_kind kind, json_t *params)
{
	crowd_publish(server->crowd, kind, params);
}

bool server_watched(const struct server *server, enum watch_kind kind)
{
	return crowd_watched(server->crowd, kind);
}

struct crowd_losses server_losses(const struct server *server)
{
	return crowd_losses(server->crowd);
}
