// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Preloaded into edge25's programs by net tests: every clock shows so many seconds more as stand, as one
 * 64-bit number, in the file that TIME_TRAVEL names. A host's day passes in a test's moment. What
 * the kernel times (sockets, timers, elements of its sets) goes on as it does.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *ahead;

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("TIME_TRAVEL");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *page = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(*ahead), PROT_READ, MAP_SHARED, fd, 0);

	if (page == MAP_FAILED)
		_exit(99);
	ahead = page;
	close(fd);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	static int (*real)(clockid_t, struct timespec *);
	int result;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	result = real(clock, now);
	if (!result &&
	    (clock == CLOCK_REALTIME || clock == CLOCK_BOOTTIME || clock == CLOCK_MONOTONIC))
		now->tv_sec += *ahead;
	return result;
}
