/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The directories that control works in, and the lock that keeps them to one control. */
#ifndef EDGE25_CONTROL_DIRECTORIES_H
#define EDGE25_CONTROL_DIRECTORIES_H

#include "control/config/config.h"

/* Makes those that are missing, as far as we may. */
void directories_make(const struct config_settings *settings);
/* A descriptor that holds run-dir/control.lock until it is closed, or -1: the reason is logged. */
int directories_lock(const char *run_dir);

#endif
