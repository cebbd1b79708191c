/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a clock of clock_gettime(2) shows; CLOCK_THREAD_CPUTIME_ID: how long this thread has worked. */
#ifndef EDGE25_CLOCK_H
#define EDGE25_CLOCK_H

#include <stdint.h>
#include <time.h>

uint64_t clock_ns(clockid_t clock);
uint64_t clock_ms(clockid_t clock);
double clock_seconds(clockid_t clock);

#endif
