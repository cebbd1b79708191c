// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes packets arrive at an interface, as fast as one CPU can or at a given rate.
 *
 * The frames are made in the kernel: BPF_PROG_RUN with live frames (Linux 5.18,
 * Documentation/bpf/bpf_prog_run.rst) runs an XDP program over pages from a pool, and what the
 * program passes enters the stack as if the interface had received it, on the CPU of this process.
 * So the time of this process is that of the receive path and of whatever the rules do with a
 * packet; with --drop the frames end in the program, which tells what making them costs.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "pairs.h"
#include "syscall_bpf.h"

#define FRAMES_A_CALL 32768 /* so many that the setup of a call costs nothing */
#define FRAMES_A_BATCH 64   /* taken by the stack at once, as from a driver (NAPI_POLL_WEIGHT) */
#define NANOSECONDS 1000000000u

#define QUEUES "/proc/net/netfilter/nfnetlink_queue"

struct arguments {
	const char *interface;
	double seconds;
	int cpu; /* -1: any */
	struct pairs pairs;
};

static void fail(const char *what)
{
	fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

/*
 * Live frames come in by receive queues that know XDP: with a program attached, a veth's do. It is
 * the same program because the kernel then has it ready (bpf_prog_change_xdp()), and a call does
 * not wait for a grace period. Nothing else must arrive at the interface.
 */
static void attach(int program, unsigned interface)
{
	union bpf_attr attr = {0};

	attr.link_create.prog_fd = (uint32_t)program;
	attr.link_create.target_ifindex = interface;
	attr.link_create.attach_type = BPF_XDP;
	if (syscall_bpf(BPF_LINK_CREATE, &attr) < 0)
		fail("the XDP program cannot be attached");
}

/* The frames are for this interface. */
static void address_frame(struct frame *frame, const char *interface)
{
	struct ifreq request = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &request) < 0)
		fail(interface);
	close(fd);
	memcpy(frame->bytes, request.ifr_hwaddr.sa_data, 6);
}

static void run(int program, const struct frame *frame, unsigned interface)
{
	struct xdp_md context = {.data_end = FRAME_SIZE, .ingress_ifindex = interface};
	union bpf_attr attr = {0};

	attr.test.prog_fd = (uint32_t)program;
	attr.test.repeat = FRAMES_A_CALL;
	attr.test.data_in = (uintptr_t)frame->bytes;
	attr.test.data_size_in = FRAME_SIZE;
	attr.test.ctx_in = (uintptr_t)&context;
	attr.test.ctx_size_in = sizeof(context);
	attr.test.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
	attr.test.batch_size = FRAMES_A_BATCH;
	if (syscall_bpf(BPF_PROG_RUN, &attr) < 0)
		fail("live frames (Linux 5.18)");
}

static uint64_t now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * NANOSECONDS + (uint64_t)time.tv_nsec;
}

/* How many packets wait in the queues of this namespace: those sent and not yet answered. */
static uint64_t held(void)
{
	FILE *file = fopen(QUEUES, "re");
	uint64_t sum = 0, one;

	if (!file)
		return 0;
	while (fscanf(file, "%*u %*d %" SCNu64 "%*[^\n]", &one) == 1)
		sum += one;
	fclose(file);
	return sum;
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		fail("CPU");
}

static void inject(struct arguments *arguments)
{
	unsigned interface = if_nametoindex(arguments->interface);
	uint64_t length = (uint64_t)(arguments->seconds * NANOSECONDS), start, end, busy, waiting;
	struct pairs_program program;

	address_frame(&arguments->pairs.frame, arguments->interface);
	if (arguments->cpu >= 0)
		pin(arguments->cpu);
	errno = -pairs_load(&arguments->pairs, &program);
	if (errno)
		fail("the XDP program cannot be loaded");
	attach(program.program, interface);

	start = now(CLOCK_MONOTONIC);
	busy = now(CLOCK_PROCESS_CPUTIME_ID);
	do {
		run(program.program, &arguments->pairs.frame, interface);
		end = now(CLOCK_MONOTONIC);
	} while (end - start < length);
	busy = now(CLOCK_PROCESS_CPUTIME_ID) - busy;
	waiting = held();
	printf("{\"frames\": %" PRIu64 ", \"held\": %" PRIu64
	       ", \"seconds\": %.6f, \"cpu\": %.6f}\n",
	       pairs_made(&arguments->pairs, &program), waiting,
	       (double)(end - start) / NANOSECONDS, (double)busy / NANOSECONDS);
}

static bool power_of_two(uint32_t value)
{
	return value && !(value & (value - 1));
}

static bool valid(const struct arguments *arguments)
{
	const struct pairs *pairs = &arguments->pairs;

	return arguments->interface && arguments->seconds > 0 && power_of_two(pairs->count) &&
	       power_of_two(pairs->sources) && pairs->count <= PAIRS_MAX &&
	       pairs->sources <= pairs->count;
}

static _Noreturn void usage(void)
{
	fputs("usage: inject --interface NAME --seconds N [--traffic NAME] [--pairs N] [--sources N]\n"
	      "              [--first N] [--rate N] [--cpu N] [--drop]\n"
	      "traffic: " FRAME_TRAFFIC "; pairs and sources are powers of two\n",
	      stderr);
	exit(2);
}

static void parse(int argc, char **argv, struct arguments *arguments)
{
	static const struct option options[] = {
		{"interface", required_argument, NULL, 'i'},
		{"seconds", required_argument, NULL, 't'},
		{"traffic", required_argument, NULL, 'k'},
		{"pairs", required_argument, NULL, 'p'},
		{"sources", required_argument, NULL, 's'},
		{"first", required_argument, NULL, 'f'},
		{"rate", required_argument, NULL, 'r'},
		{"cpu", required_argument, NULL, 'c'},
		{"drop", no_argument, NULL, 'd'},
		{0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (option) {
		case 'i':
			arguments->interface = optarg;
			break;
		case 't':
			arguments->seconds = atof(optarg);
			break;
		case 'k':
			if (frame_make(&arguments->pairs.frame, optarg) < 0)
				usage();
			break;
		case 'p':
			arguments->pairs.count = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 's':
			arguments->pairs.sources = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 'f':
			arguments->pairs.first = strtoull(optarg, NULL, 10);
			break;
		case 'r':
			arguments->pairs.rate = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 'c':
			arguments->cpu = atoi(optarg);
			break;
		case 'd':
			arguments->pairs.drop = true;
			break;
		default:
			usage();
		}
	if (optind < argc || !valid(arguments))
		usage();
}

int main(int argc, char **argv)
{
	struct arguments arguments = {.cpu = -1, .pairs = {.count = 1, .sources = 1}};

	frame_make(&arguments.pairs.frame, "smtp");
	parse(argc, argv, &arguments);
	inject(&arguments);
	return EXIT_SUCCESS;
}
