/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/memory.h"

#include <stdlib.h>

#include "common/log.h"

static _Noreturn void end(void)
{
	log_error("rules: no memory to write a change: ending before it is sent");
	abort();
}

void *memory_needed(void *object)
{
	if (!object)
		end();
	return object;
}

void memory_taken(int result)
{
	if (result < 0)
		end();
}
