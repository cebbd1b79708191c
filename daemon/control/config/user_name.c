// SPDX-License-Identifier: GPL-2.0-or-later
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "control/config/user_name.h"

#define USERS "/etc/passwd"

/* Not getpwuid(3): that may ask a directory server, and wait for it. */
static void read_name(struct user_name *name, uint32_t uid)
{
	FILE *file = fopen(USERS, "re");
	struct passwd *entry;

	snprintf(name->text, sizeof(name->text), "%u", uid);
	while (file && (entry = fgetpwent(file))) {
		if (entry->pw_uid == uid) {
			snprintf(name->text, sizeof(name->text), "%s", entry->pw_name);
			break;
		}
	}
	if (file)
		fclose(file);
}

const char *user_name(struct user_name *name, uint32_t uid)
{
	struct stat file;

	if (stat(USERS, &file))
		memset(&file, 0, sizeof(file));
	if (!*name->text || name->from.tv_sec != file.st_mtim.tv_sec ||
	    name->from.tv_nsec != file.st_mtim.tv_nsec)
		read_name(name, uid);
	name->from = file.st_mtim;
	return name->text;
}
