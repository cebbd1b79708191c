// SPDX-License-Identifier: GPL-2.0-or-later
#include "account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"

int account_find(const char *name, const char *key, const char *config, struct account *account)
{
	struct passwd *entry;

	errno = 0;
	entry = getpwnam(name);
	if (!entry) {
		log_error("user %s does not exist: create it (useradd --system --home-dir "
			  "/nonexistent --shell /usr/sbin/nologin %s) or set %s in %s",
			  name, name, key, config);
		return -ENOENT;
	}
	if (entry->pw_uid == 0) {
		log_error("%s = %s in %s: this is root; name a user without privileges", key, name,
			  config);
		return -EPERM;
	}
	snprintf(account->name, sizeof(account->name), "%s", name);
	account->uid = entry->pw_uid;
	account->gid = entry->pw_gid;
	account->also = 0;
	return 0;
}

int account_join(struct account *account, const char *group, const char *config)
{
	struct group *entry = getgrnam(group);

	if (!entry) {
		log_warning(
			"monitor-group = %s in %s: there is no such group (groupadd --system %s); "
			"monitor.sock stays with the group of %s",
			group, config, group, account->name);
		return 0;
	}
	if (entry->gr_gid == 0) {
		log_error(
			"monitor-group = %s in %s: this is root's; name a group without privileges",
			group, config);
		return -EPERM;
	}
	account->also = entry->gr_gid;
	return 0;
}
