/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What people change by the sockets: each change is a line of the log and a notification "change" to those
 * who watch, with the user whom the kernel told of.
 */
#ifndef EDGE25_CONTROL_CHANGES_H
#define EDGE25_CONTROL_CHANGES_H

#include "control/control.h"

/*
 * @method did it: @text says what, for people. For what has its audit line already. @actor NULL: a signal,
 * whose sender nobody knows.
 */
void changes_tell(const struct control *control, const struct store_actor *actor,
		  const char *method, const char *text);
/*
 * The same, and the line of the audit trail: @entry as store_audit() takes it, its comment the text
 * where it has none. A database that does not take it stops nothing; that is said in the log.
 */
void changes_record(const struct control *control, const struct store_actor *actor,
		    const char *method, const struct allow_entry *entry, const char *text);
/* Whom the kernel told of, now; valid as long as @peer. */
struct store_actor changes_actor(const struct rpc_peer *peer);

#endif
