/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clock of struct destination_name: seconds since this machine began (CLOCK_BOOTTIME). */
#ifndef EDGE25_CONTROL_NAME_CLOCK_H
#define EDGE25_CONTROL_NAME_CLOCK_H

#include <stdint.h>

int64_t name_now(void);
/* For people, and the database: the seconds since 1970 of a time of that clock. */
int64_t name_time(int64_t time);

#endif
