// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How long connect(2) takes, one connection after the other, in nanoseconds, a line each. Pair n goes
 * from source n % SOURCES to destination n / SOURCES; connections take PAIRS pairs in turn, from number
 * FIRST on, and each has a moment to itself. No other process wakes: this one is the server too, and
 * accepts when the time is taken.
 */
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "across.h"

#define PAUSE_US 100 /* for what a connection leaves to do */
#define PATIENCE_MS 5000
#define SMTP 25

struct arguments {
	const char *client, *server; /* namespaces */
	const char *source, *destination;
	uint32_t sources, pairs, first, count;
	int cpu;
};

static uint32_t plus(const char *address, uint32_t number)
{
	return htonl(ntohl(across_address(address, 0).sin_addr.s_addr) + number);
}

/* Ends by a reset, after which neither side keeps anything. */
static int open_socket(const struct arguments *arguments, uint32_t number)
{
	struct sockaddr_in source = across_address(arguments->source, 0);
	struct linger reset = {1, 0};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	source.sin_addr.s_addr = plus(arguments->source, number % arguments->sources);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) < 0 ||
	    setsockopt(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) < 0 ||
	    bind(fd, (const void *)&source, sizeof(source)) < 0)
		across_fail("socket");
	return fd;
}

/* Until then a reset could overtake the last packet of the handshake. */
static void accept_one(int listener)
{
	struct pollfd waiting = {.fd = listener, .events = POLLIN};
	int fd = poll(&waiting, 1, PATIENCE_MS) == 1 ? accept(listener, NULL, NULL) : -1;

	if (fd < 0)
		across_fail("accept");
	close(fd);
}

static uint64_t time_connect(const struct arguments *arguments, int listener, uint32_t number)
{
	struct sockaddr_in destination = across_address(arguments->destination, SMTP);
	int fd = open_socket(arguments, number);
	uint64_t started, ended;

	destination.sin_addr.s_addr = plus(arguments->destination, number / arguments->sources);
	started = across_now();
	if (connect(fd, (const void *)&destination, sizeof(destination)) < 0)
		across_fail("connect");
	ended = across_now();
	accept_one(listener);
	close(fd);
	return ended - started;
}

static void measure(const struct arguments *arguments)
{
	int listener;

	across_enter(arguments->server);
	listener = across_listen(SMTP, 1);
	across_enter(arguments->client);
	for (uint32_t i = 0; i < arguments->count; i++) {
		uint32_t number = arguments->first + i % arguments->pairs;

		printf("%llu\n", (unsigned long long)time_connect(arguments, listener, number));
		usleep(PAUSE_US);
	}
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		across_fail("CPU");
}

int main(int argc, char **argv)
{
	struct arguments arguments;

	if (argc != 10) {
		fputs("usage: setup CPU CLIENT SERVER SOURCE SOURCES DESTINATION PAIRS FIRST COUNT\n",
		      stderr);
		return 2;
	}
	arguments = (struct arguments){
		.cpu = atoi(argv[1]),
		.client = argv[2],
		.server = argv[3],
		.source = argv[4],
		.sources = (uint32_t)strtoul(argv[5], NULL, 10),
		.destination = argv[6],
		.pairs = (uint32_t)strtoul(argv[7], NULL, 10),
		.first = (uint32_t)strtoul(argv[8], NULL, 10),
		.count = (uint32_t)strtoul(argv[9], NULL, 10),
	};
	if (!arguments.sources || !arguments.pairs) {
		fputs("setup: SOURCES or PAIRS out of bounds\n", stderr);
		return 2;
	}
	if (arguments.cpu >= 0)
		pin(arguments.cpu);
	measure(&arguments);
	return EXIT_SUCCESS;
}
