/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last comparison of the kernel's table with the plan that the engine told of. */
#ifndef EDGE25_CONTROL_COMPARISON_H
#define EDGE25_CONTROL_COMPARISON_H

#include "common/message.h"

struct comparison {
	int64_t at;   /* seconds of a clock that does not go back; 0: there was none */
	int64_t real; /* CLOCK_REALTIME, seconds */
	struct message_verdict verdict;
};

#endif
