/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a configuration file to a running edge25: what is prepared as root, and the two children. */
#ifndef EDGE25_LAUNCH_H
#define EDGE25_LAUNCH_H

/* Runs engine and control with @config (an absolute path) until stopped. 0, or -errno, logged. */
int launch(const char *config);

/* Becomes `edge25-control -t -c CONFIG`; returns -errno, logged, only if that fails. */
int launch_test(const char *config);

/* Becomes `edge25-engine --remove`; returns -errno, logged, only if that fails. */
int launch_remove(void);

#endif
