/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define SEALS (F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK)

int mapping_open(struct mapping *mapping, int fd, uint64_t size, const char **why)
{
	struct stat status;
	int seals = fcntl(fd, F_GET_SEALS), result;

	memset(mapping, 0, sizeof(*mapping));
	if (seals < 0 || (seals & SEALS) != SEALS) {
		*why = "its memory is not sealed";
		return -EPERM;
	}
	if (fstat(fd, &status) < 0 || status.st_size <= 0 || (uint64_t)status.st_size != size) {
		*why = "its size is not what was announced";
		return -EINVAL;
	}
	mapping->size = (size_t)size;
	mapping->block = mmap(NULL, mapping->size, PROT_READ, MAP_SHARED, fd, 0);
	if (mapping->block == MAP_FAILED) {
		mapping->block = NULL;
		*why = "it cannot be mapped";
		return -errno;
	}
	result = plan_open(mapping->block, mapping->size, &mapping->plan, why);
	if (result)
		mapping_close(mapping);
	return result;
}

void mapping_close(struct mapping *mapping)
{
	if (mapping->block)
		munmap(mapping->block, mapping->size);
	memset(mapping, 0, sizeof(*mapping));
}
