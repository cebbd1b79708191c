// SPDX-License-Identifier: GPL-2.0-or-later
#include "privilege.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/log.h"

static const struct {
	unsigned int capability;
	const char *purpose;
} needed[] = {
	{CAP_NET_ADMIN, "the engine's, for nftables and NFQUEUE"},
	{CAP_SETUID, "to start each process as its user"},
	{CAP_SETGID, "to start each process as its user"},
	{CAP_SETPCAP, "to take away what the processes do not need"},
	{CAP_CHOWN, "to give run-dir, state-dir and log-dir to their user"},
	{CAP_DAC_OVERRIDE, "to put engine.sock into run-dir"},
	{CAP_KILL, "to stop processes of other users"},
};

int privilege_check(void)
{
	if (capng_get_caps_process())
		return -EPERM;
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (capng_have_capability(CAPNG_EFFECTIVE, needed[i].capability))
			continue;
		if (geteuid())
			log_error("must be started as root (sudo edge25d ...)");
		else
			log_error("root lacks the capability %s (%s): does a container hold it "
				  "back?",
				  capng_capability_to_name(needed[i].capability),
				  needed[i].purpose);
		return -EPERM;
	}
	return 0;
}

int privilege_narrow(uint64_t capabilities)
{
	const capng_type_t sets = CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET;

	if (geteuid())
		return 0;
	capng_clear(CAPNG_SELECT_ALL);
	for (unsigned int i = 0; i < 64; i++)
		if ((capabilities & PRIVILEGE(i)) && capng_update(CAPNG_ADD, sets, i))
			return -EPERM;
	if (capng_apply(CAPNG_SELECT_BOUNDS) || capng_apply(CAPNG_SELECT_CAPS))
		return -EPERM;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}

int privilege_become(const struct account *account, int capability)
{
	capng_clear(CAPNG_SELECT_ALL);
	if (capability != PRIVILEGE_NONE &&
	    capng_update(CAPNG_ADD,
			 CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_INHERITABLE |
				 CAPNG_BOUNDING_SET | CAPNG_AMBIENT,
			 (unsigned int)capability))
		return -EPERM;
	/* The bounding set first: dropping from it takes CAP_SETPCAP, which goes with the user. */
	if (capng_apply(CAPNG_SELECT_BOUNDS))
		return -EPERM;
	if (account->also && setgroups(1, &account->also))
		return -errno;
	if (capng_change_id((int)account->uid, (int)account->gid,
			    account->also ? CAPNG_NO_FLAG : CAPNG_DROP_SUPP_GRP))
		return -EPERM;
	if (capng_apply(CAPNG_SELECT_AMBIENT))
		return -EPERM;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}
