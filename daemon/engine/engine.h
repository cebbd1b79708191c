/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine as a whole: its table, its queues and its peer, in one loop. */
#ifndef EDGE25_ENGINE_ENGINE_H
#define EDGE25_ENGINE_ENGINE_H

#include <sys/types.h>

/* sysexits.h EX_CONFIG: a restart does not mend it (missing feature, queue or table taken). */
#define ENGINE_EXIT_CONFIG 78

struct engine_settings {
	int listener; /* listening SOCK_SEQPACKET socket */
	uid_t peer_user;
};

/* Runs until SIGTERM or SIGINT. The exit status. */
int engine_run(const struct engine_settings *settings);

#endif
