// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Preloaded into edge25's programs by net tests: whoever waits for the disk waits for as long as a test says
 * so. SLOW_DISK names a file with a struct orders, which the test writes and reads while the program runs.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct orders {
	_Atomic uint32_t stands; /* 1: the disk does nothing */
	_Atomic uint32_t inside; /* so many wait for it now */
};

#define LOOK 1000000 /* nanoseconds */

static struct orders *orders;

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("SLOW_DISK");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *memory =
		fd < 0 ? MAP_FAILED :
			 mmap(NULL, sizeof(*orders), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (memory == MAP_FAILED)
		_exit(99);
	orders = memory;
	close(fd);
}

static void stand(void)
{
	const struct timespec look = {.tv_nsec = LOOK};

	atomic_fetch_add(&orders->inside, 1);
	while (atomic_load(&orders->stands))
		nanosleep(&look, NULL);
	atomic_fetch_sub(&orders->inside, 1);
}

int fsync(int fd)
{
	static int (*real)(int);

	stand();
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "fsync");
	return real(fd);
}

int fdatasync(int fd)
{
	static int (*real)(int);

	stand();
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
	return real(fd);
}
