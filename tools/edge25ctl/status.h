/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The status page. */
#ifndef EDGE25CTL_STATUS_H
#define EDGE25CTL_STATUS_H

#include <jansson.h>

#include "text.h"

/* What the method `status` returned, as a page: problems first. 0 or -ENOMEM. */
int status_print(const struct screen *screen, const json_t *status);

/* Its parts, each 0 or -ENOMEM. */
void status_health_print(const struct screen *screen, const json_t *status);
int status_policies_print(const struct screen *screen, const json_t *status);
int status_hosts_print(const struct screen *screen, const json_t *status);
void status_losses_print(const struct screen *screen, const json_t *losses);
/* Open incidents and contained hosts; nothing where there are none. */
int status_incidents_print(const struct screen *screen, const json_t *status);
/* A line that begins a part. */
void status_heading(const struct screen *screen, enum style style, const char *text);
/* "2 infected, 1 suspect", of an object with a number for each class. */
void status_classes(const json_t *counts, char *text, size_t size);

#endif
