/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counters of the kernel's table and of the engine as last read. Both may fall (somebody reset
 * the counters, the engine was started again); what is shown here never does.
 */
#ifndef EDGE25_CONTROL_FIGURES_H
#define EDGE25_CONTROL_FIGURES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/message.h"

#define FIGURES_MAX 512 /* 16 policies with a dozen counters each, and those of the whole table */
#define FIGURES_QUEUES_MAX 16

struct figure {
	char name[64];
	uint64_t total; /* to be shown */
	uint64_t last;  /* as read */
};

struct figures;

struct figures *figures_new(void);
void figures_free(struct figures *figures);

void figures_counter(struct figures *figures, const struct message_counter *counter);
void figures_loss(struct figures *figures, const struct message_loss *loss);
void figures_queue(struct figures *figures, const struct message_queue *queue);
/* The engine is gone: its queues are too, and its own counts start again. */
void figures_down(struct figures *figures);

/* The end of a reading, whose figures belong together. */
void figures_end(struct figures *figures);
/*
 * Packets of a policy that were asked about and never came back, as of the last reading in which no
 * question was open. What was lost once stays lost.
 */
uint64_t figures_lost(const struct figures *figures, const char *policy);

/* A counter of the kernel, 0 if there is none of that name. */
uint64_t figures_get(const struct figures *figures, const char *name);
/* "prefix_policy", such as asked_home. */
uint64_t figures_of(const struct figures *figures, const char *what, const char *policy);
/* All in the order in which they were first seen; NULL behind the last. */
const struct figure *figures_counter_at(const struct figures *figures, size_t index);
const struct figure *figures_loss_at(const struct figures *figures, size_t index);
const struct message_queue *figures_queue_at(const struct figures *figures, size_t index);
/* Records with names beyond FIGURES_MAX. */
uint64_t figures_unnamed(const struct figures *figures);

#endif
