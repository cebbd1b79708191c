/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What edge25d keeps in run-dir: its lock, and the socket on which the engine listens. */
#ifndef EDGE25_RUNDIR_H
#define EDGE25_RUNDIR_H

#include "account.h"

#define RUNDIR_LOCK "edge25d.lock"
#define RUNDIR_SOCKET "engine.sock"

/*
 * One edge25d for each run-dir. Returns the lock's descriptor, which holds it until it is closed,
 * or -errno, logged with the process that has it.
 */
int rundir_lock(int directory, const char *path);

/*
 * The engine's SOCK_SEQPACKET socket, listening, close-on-exec: root's, and open to the group of
 * @peer. It belongs to edge25d, so it stays while the engine is started again. Under the lock only.
 */
int rundir_listen(int directory, const char *path, const struct account *peer);

#endif
