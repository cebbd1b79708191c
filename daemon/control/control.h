/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of edge25-control and how they hang together; what the methods of the socket work on. */
#ifndef EDGE25_CONTROL_CONTROL_H
#define EDGE25_CONTROL_CONTROL_H

#include <ev.h>

#include "control/allow/allowlist.h"
#include "control/allow/name_follower.h"
#include "control/allow/usage.h"
#include "control/config/config.h"
#include "control/config/reload.h"
#include "control/engine/clock_watch.h"
#include "control/engine/intent.h"
#include "control/engine/link.h"
#include "control/engine/reading.h"
#include "control/engine/ruleset.h"
#include "control/events/event_file.h"
#include "control/events/reporter.h"
#include "control/health/comparison.h"
#include "control/health/days.h"
#include "control/health/figures.h"
#include "control/health/lag.h"
#include "control/health/recent.h"
#include "control/hosts/tracker.h"
#include "control/incidents/containment.h"
#include "control/incidents/incidents.h"
#include "control/names/names.h"
#include "control/socket/server.h"
#include "control/store/store.h"

struct forget;
struct explainer;
struct allow_import;
struct host_lists;
struct keeper;
struct responder;

#define ALLOW_IMPORTS_MAX 2 /* each holds a whole list in memory */

struct control {
	struct ev_loop *loop;
	struct config *config;
	struct store *store;
	struct allowlist *allowlist;
	struct usage *usage;
	struct name_follower *name_follower;
	struct link *link;
	struct intent *intent;
	struct reading *reading;
	struct figures *figures;
	struct days *days;
	struct recent *recent;
	struct comparison comparison;
	struct lag lag;
	struct tracker *tracker;
	struct incidents *incidents;
	struct keeper *keeper;
	struct containment *containment;
	struct responder *responder;
	struct event_file *event_file;
	struct names *names;
	struct reporter *reporter;
	struct server *server;
	struct reload *reload;
	struct allow_import *imports[ALLOW_IMPORTS_MAX]; /* under way */
	struct ruleset *ruleset;
	struct forget *forget;
	struct explainer *explainer;
	struct host_lists *host_lists;
	struct clock_watch *clock;
	char *discovered; /* what rpc.discover replies, once it was asked */
	char *status;     /* what status replied last, in this round of readings */
	uint64_t status_round;
	int64_t started; /* CLOCK_BOOTTIME, ms */
	int lock;        /* run-dir/control.lock */
	ev_timer expiry, summary, summary_rest, retry, sweep, note;
	struct store_waiter expire; /* entries have ended while the database was in use */
	ev_signal hangup, reopen, terminate, interrupt;
};

/* Takes over @config. NULL: the reason has been logged. */
struct control *control_new(struct ev_loop *loop, struct config *config);
void control_free(struct control *control);

/* The allowlist has changed: the next entry to end may be another one. */
void control_expiry_changed(struct control *control);
/* CLOCK_REALTIME in ns. */
uint64_t control_now(void);

#endif
