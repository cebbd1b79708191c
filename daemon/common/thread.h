/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads beside the main one, which alone takes signals. */
#ifndef EDGE25_THREAD_H
#define EDGE25_THREAD_H

#include <pthread.h>

/* With all signals blocked; @name: as ps(1) shows it, 15 characters at most. 0 or -errno. */
int thread_start(pthread_t *thread, const char *name, void *(*run)(void *arg), void *arg);

#endif
