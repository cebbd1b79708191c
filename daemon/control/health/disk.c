// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/health/disk.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

struct disk disk_look(const char *path)
{
	struct statvfs room;

	if (statvfs(path, &room))
		return (struct disk){.error = -errno};
	return (struct disk){
		.device = room.f_fsid,
		.size = (uint64_t)room.f_blocks * room.f_frsize,
		.free = (uint64_t)room.f_bavail * room.f_frsize,
		.read_only = room.f_flag & ST_RDONLY,
		/* file systems without a table of files say 0 of 0 */
		.no_files = room.f_files && !room.f_favail,
	};
}

bool disk_low(const struct disk *disk)
{
	return !disk->error && disk->free < DISK_FREE_BYTES &&
	       disk->free < disk->size / 100 * DISK_FREE_PERCENT;
}

uint64_t disk_file_size(const char *path)
{
	struct stat file;

	return stat(path, &file) ? 0 : (uint64_t)file.st_size;
}
