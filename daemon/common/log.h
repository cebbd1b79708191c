/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log sink of the daemons: one line a message to standard error, "program: subsystem: text".
 * Under journald (JOURNAL_STREAM names our standard error) the program is left out, the journal
 * knows it, and each line begins with its priority, "<3>" (sd-daemon(3)).
 *
 * Bytes that are not printable ASCII are written as \xNN and a backslash as \\, so what a packet,
 * a client or a file put into an argument cannot forge a line or reach a terminal. Longer lines
 * than LOG_LINE_MAX are cut and end in "...". Safe to call from several threads.
 */
#ifndef EDGE25_LOG_H
#define EDGE25_LOG_H

#include <stddef.h>

#define LOG_LINE_MAX 1024

/* Before any other thread; @program must live on. Without it the program is "edge25". */
void log_open(const char *program);

__attribute__((format(printf, 1, 2))) void log_error(const char *fmt, ...);
__attribute__((format(printf, 1, 2))) void log_warning(const char *fmt, ...);
__attribute__((format(printf, 1, 2))) void log_notice(const char *fmt, ...);
__attribute__((format(printf, 1, 2))) void log_info(const char *fmt, ...);

/* @text as the sink would write it, cut to @size (which must be at least 8) with its NUL. */
const char *log_escape(const char *text, char *out, size_t size);

#endif
