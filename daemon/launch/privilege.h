/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each process may do: the capabilities that edge25d needs, and those it leaves its children. */
#ifndef EDGE25_PRIVILEGE_H
#define EDGE25_PRIVILEGE_H

#include <stdint.h>

#include "account.h"

#define PRIVILEGE_NONE (-1)
#define PRIVILEGE(capability) (UINT64_C(1) << (capability))

/* Has this process what edge25d needs? 0 or -EPERM, logged with what is missing. */
int privilege_check(void);

/*
 * For a process that is about to execute a program and stays the user it is: of root's capabilities
 * only @capabilities are left (PRIVILEGE() of each), for good. Nothing changes for a user who has
 * none. 0 or -errno.
 */
int privilege_narrow(uint64_t capabilities);

/*
 * Becomes @account for good, before executing its program: no other groups than its own, no
 * capability but @capability (PRIVILEGE_NONE: none at all), which the program inherits as an
 * ambient one, and no new privileges by any later exec. 0 or -errno.
 */
int privilege_become(const struct account *account, int capability);

#endif
