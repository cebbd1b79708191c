/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes that other programs make to the table, where it cannot be owned: the kernel tells each
 * (NFNLGRP_NFTABLES), with the process that did it (NFTA_GEN_PROC_PID, NFTA_GEN_PROC_NAME).
 */
#ifndef EDGE25_RULES_WATCH_H
#define EDGE25_RULES_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "rules/table.h"

struct watch;

/* @own: the netlink port whose changes are ours. 0 or -errno. */
int watch_open(struct watch **watch, uint32_t own);
void watch_close(struct watch *watch);
int watch_fd(const struct watch *watch);

/*
 * For the time of a change of ours that is too large to be told element by element: nothing is
 * listened to. What others did meanwhile stays unknown.
 */
void watch_pause(struct watch *watch);
void watch_resume(struct watch *watch);

/*
 * Reads what waits. True: our table was changed by another program, named in *intruder as far as
 * the kernel said (pid 0: not said, or more happened than the socket could hold).
 */
bool watch_read(struct watch *watch, struct table_intruder *intruder);

#endif
