// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One TCP connection from a namespace to another one, as much as goes through in some seconds. Prints
 * bytes that arrived, seconds, and seconds of processor time of both ends.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "across.h"

#define PORT 5001
#define CHUNK (1 << 20)
#define WARM 0.05 /* seconds; the window opens */

static char buffer[CHUNK];

static _Noreturn void send_all(const char *client, const char *address)
{
	struct sockaddr_in destination = across_address(address, PORT);
	int fd;

	across_enter(client);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const void *)&destination, sizeof(destination)) < 0)
		across_fail("connect");
	while (send(fd, buffer, sizeof(buffer), MSG_NOSIGNAL) > 0)
		;
	_exit(EXIT_SUCCESS); /* the receiver has enough */
}

static uint64_t receive(int fd, double seconds)
{
	uint64_t end = across_now() + (uint64_t)(seconds * 1e9), bytes = 0;

	while (across_now() < end) {
		ssize_t length = recv(fd, buffer, sizeof(buffer), 0);

		if (length <= 0)
			across_fail("recv");
		bytes += (uint64_t)length;
	}
	return bytes;
}

static double used(int who)
{
	struct rusage usage;

	getrusage(who, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv)
{
	uint64_t started, bytes;
	int listener, fd;
	double seconds;
	pid_t sender;

	if (argc != 5) {
		fputs("usage: bulk CLIENT SERVER ADDRESS SECONDS\n", stderr);
		return 2;
	}
	across_enter(argv[2]);
	listener = across_listen(PORT, 1);
	sender = fork();
	if (sender < 0)
		across_fail("fork");
	if (sender == 0)
		send_all(argv[1], argv[3]);
	fd = accept(listener, NULL, NULL);
	if (fd < 0)
		across_fail("accept");
	receive(fd, WARM);
	started = across_now();
	bytes = receive(fd, atof(argv[4]));
	seconds = (double)(across_now() - started) / 1e9;
	kill(sender, SIGTERM);
	waitpid(sender, NULL, 0);
	printf("{\"bytes\": %" PRIu64 ", \"seconds\": %.6f, \"cpu\": %.6f}\n", bytes, seconds,
	       used(RUSAGE_SELF) + used(RUSAGE_CHILDREN));
	return EXIT_SUCCESS;
}
