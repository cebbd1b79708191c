// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A library to be preloaded: allocations fail when a test says so. NO_MEMORY names a directory; in
 * it, a file with the name of the program holds a struct orders, which the test writes and reads
 * while the program runs. Without the file nothing fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct orders {
	_Atomic uint32_t every;  /* so many allocations, one fails; 0: none */
	_Atomic uint32_t calls;  /* allocations so far */
	_Atomic uint32_t failed; /* of these */
	_Atomic uint32_t least;  /* bytes: smaller ones neither count nor fail */
};

static struct orders *orders;

/* glibc's own names, so that no dlsym() with allocations of its own is needed */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

__attribute__((constructor)) static void begin(void)
{
	const char *directory = getenv("NO_MEMORY");
	char path[512];
	void *memory;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory ? directory : "",
		 program_invocation_short_name);
	fd = directory ? open(path, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	memory = mmap(NULL, sizeof(*orders), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (memory != MAP_FAILED)
		orders = memory;
}

static int fails(size_t size)
{
	uint32_t every, call;

	if (!orders || size < atomic_load(&orders->least))
		return 0;
	call = atomic_fetch_add(&orders->calls, 1) + 1;
	every = atomic_load(&orders->every);
	if (!every || call % every)
		return 0;
	atomic_fetch_add(&orders->failed, 1);
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return fails(size) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails(count * size) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
	return fails(size) ? NULL : __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return fails(size) ? NULL : __libc_memalign(alignment, size);
}
