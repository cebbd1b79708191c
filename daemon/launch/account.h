/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The users that edge25d starts its children as. */
#ifndef EDGE25_ACCOUNT_H
#define EDGE25_ACCOUNT_H

#include <sys/types.h>

#define ACCOUNT_NAME_MAX 64

struct account {
	char name[ACCOUNT_NAME_MAX];
	uid_t uid;
	gid_t gid;  /* the user's primary group */
	gid_t also; /* a group besides; 0: none */
};

/* By name. 0 or -errno (-ENOENT: no such user; -EPERM: root), logged with the @key to change in @config. */
int account_find(const char *name, const char *key, const char *config, struct account *account);
/* monitor-group, for @account to be in, too. 0 or -errno, logged; one that is not there is no error. */
int account_join(struct account *account, const char *group, const char *config);

#endif
