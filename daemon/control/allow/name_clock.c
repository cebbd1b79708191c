// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/allow/name_clock.h"

#include "control/engine/intent.h"

int64_t name_now(void)
{
	return (int64_t)(intent_clock().boot_ms / 1000);
}

int64_t name_time(int64_t time)
{
	const struct allow_clock clock = intent_clock();

	return clock.real - ((int64_t)(clock.boot_ms / 1000) - time);
}
