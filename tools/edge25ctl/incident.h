/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Incidents and hosts as people read them. */
#ifndef EDGE25CTL_INCIDENT_H
#define EDGE25CTL_INCIDENT_H

#include <jansson.h>

#include "text.h"

enum style class_style(const char *class);
/* 3 for infected to 0 for clean, and for what is no class. */
unsigned class_rank(const char *class);
/* A table of incidents; 0 or -ENOMEM. */
void incident_table(const struct screen *screen, const json_t *incidents, unsigned indent);
/* "incident 12 open: infected 100.64.3.7 (printer) 41 different ...", one line. */
void incident_line(const struct screen *screen, const json_t *incident);
/* A table of attempts, as incidents and hosts have them as evidence; 0 or -ENOMEM. */
void evidence_table(const struct screen *screen, const json_t *evidence, unsigned indent);
/* "name (dnsmasq)", "name", or "": whose machine it is. */
void name_text(const json_t *object, char *text, size_t size);
/* "verified, shared", what makes an address more or less to be believed. */
const char *trust_text(const json_t *object);

#endif
