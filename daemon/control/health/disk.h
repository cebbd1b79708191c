/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Room on the file systems that edge25-control writes to. */
#ifndef EDGE25_CONTROL_DISK_H
#define EDGE25_CONTROL_DISK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Little is left where both hold: a small flash file system is not full when it has less than that in
 * bytes, and a large disk not when it has less than that in percent.
 */
#define DISK_FREE_PERCENT 5
#define DISK_FREE_BYTES (UINT64_C(50) << 20)

struct disk {
	int error;                   /* 0 or -errno: then nothing else is known */
	uint64_t device, size, free; /* bytes; what this user may still write */
	bool read_only;
	bool no_files; /* there may be room, but for no more files */
};

struct disk disk_look(const char *path);
bool disk_low(const struct disk *disk);
/* Bytes of a file; 0 where there is none. */
uint64_t disk_file_size(const char *path);

#endif
