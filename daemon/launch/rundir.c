// SPDX-License-Identifier: GPL-2.0-or-later
#include "rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/log.h"

#define BACKLOG 8 /* control, and who tries in vain while it is connected */

static void lock_holder(int fd, char *text, size_t size)
{
	ssize_t length = pread(fd, text, size - 1, 0);

	text[length > 0 ? length : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

int rundir_lock(int directory, const char *path)
{
	char holder[16];
	struct stat st;
	int error;
	/* The directory's owner may have put anything here: no link, no fifo, no file but root's. */
	int fd = openat(directory, RUNDIR_LOCK,
			O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

	if (fd < 0 || fstat(fd, &st)) {
		error = -errno;
		goto fail;
	}
	error = -EPERM;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_nlink != 1)
		goto fail;
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		error = -errno;
		lock_holder(fd, holder, sizeof(holder));
		log_error("another edge25d (process %s) runs with run-dir %s: stop it first, or "
			  "set another run-dir",
			  holder, path);
		close(fd);
		return error;
	}
	if (ftruncate(fd, 0) || dprintf(fd, "%d\n", (int)getpid()) < 0) {
		error = -errno;
		goto fail;
	}
	return fd;
fail:
	log_error("cannot lock %s/%s: %s", path, RUNDIR_LOCK, strerror(-error));
	if (fd >= 0)
		close(fd);
	return error;
}

/*
 * Born with its group and mode, never changed by name afterwards: the directory's owner could have
 * put another file in its place by then. Through /proc a long run-dir fits into sun_path.
 */
static int socket_bind(int fd, int directory, const struct account *peer)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	mode_t mask = umask(0117);
	int error;

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", directory,
		 RUNDIR_SOCKET);
	setfsgid(peer->gid);
	error = bind(fd, (struct sockaddr *)&address, sizeof(address)) ? -errno : 0;
	setfsgid(getegid());
	umask(mask);
	return error;
}

int rundir_listen(int directory, const char *path, const struct account *peer)
{
	int error = 0;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || (unlinkat(directory, RUNDIR_SOCKET, 0) && errno != ENOENT))
		error = -errno;
	if (!error)
		error = socket_bind(fd, directory, peer);
	if (!error && listen(fd, BACKLOG))
		error = -errno;
	if (!error)
		return fd;
	log_error("cannot listen on %s/%s: %s", path, RUNDIR_SOCKET, strerror(-error));
	if (fd >= 0)
		close(fd);
	return error;
}
