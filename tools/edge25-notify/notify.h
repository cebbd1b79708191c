/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the source through gather and the rate to the command, and what was handed over to the state. */
#ifndef EDGE25_NOTIFY_NOTIFY_H
#define EDGE25_NOTIFY_NOTIFY_H

#include "options.h"

/* Until a signal ends it. 0 or -errno; the reason has been logged. */
int notify_run(const struct options *options);

#endif
