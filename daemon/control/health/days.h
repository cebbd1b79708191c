/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was refused, passed and left unanswered by day and policy. A day begins at midnight of this
 * machine's time zone and has what readings of the kernel's counters found in it, so what comes within
 * the last read-interval before midnight may count for the day after; nothing counts twice, or not at
 * all. A policy that is renamed has rows under both names.
 *
 * Kept in memory for the last days and in the database for all of them; with each writing goes how
 * far the kernel's counters had been read, so what the kernel counted while we were not there counts
 * for the day on which we are back. Until the database has told that, nothing is counted.
 */
#ifndef EDGE25_CONTROL_DAYS_H
#define EDGE25_CONTROL_DAYS_H

#include "control/health/figures.h"
#include "control/store/store_days.h"

#define DAYS_SHOWN 7 /* today and those before, kept in memory */
#define DAYS_ROWS_MAX \
	256 /* 16 policies on each of them, and as many again that wait to be written */

struct days;

/* @boot: another one after the kernel began anew. NULL: no memory. */
struct days *days_new(const char *boot);
void days_free(struct days *days);
/* The kernel's name for its life since it was started; "" where it has none. */
const char *days_boot(char text[40]);

/* Reads what the database has; 0, or -EIO: nothing is counted before it can be read. */
int days_read(struct days *days, struct store *store, int64_t now);
bool days_ready(const struct days *days);
/* At the end of a reading; always the same @figures, which live on. @now: CLOCK_REALTIME, seconds. */
void days_count(struct days *days, const struct figures *figures, int64_t now);
/* Is there something to be written? */
bool days_owing(const struct days *days);
/* 0 or -EIO; what was not written is written later. */
int days_write(struct days *days, struct store *store, int64_t now);
/* What is older than @seconds, at most @max rows of a table. 0 or -EIO. */
int days_delete(struct store *store, int64_t now, uint64_t seconds, size_t max, size_t *deleted,
		const struct store_then *then);

/* Rows of the last DAYS_SHOWN days that something was counted on, in no order; NULL behind the last. */
const struct store_day *days_at(const struct days *days, size_t index);
/* "2026-12-01" of this machine's time zone, some days before @now. */
const char *days_text(int64_t now, unsigned before, char text[DAY_TEXT_MAX]);

#endif
