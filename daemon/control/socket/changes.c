// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/socket/changes.h"
#include "common/log.h"
#include "control/config/times.h"

struct store_actor changes_actor(const struct rpc_peer *peer)
{
	return (struct store_actor){
		.time = intent_clock().real, .uid = peer->uid, .user = peer->user};
}

void changes_tell(const struct control *control, const struct store_actor *actor,
		  const char *method, const char *text)
{
	char time[TIME_TEXT_MAX];
	json_t *change = json_pack("{s:s, s:s, s:s, s:o}", "time",
				   time_format(intent_clock().real, time), "method", method, "text",
				   text, "by",
				   actor ? json_pack("{s:I, s:s}", "uid", (json_int_t)actor->uid,
						     "user", actor->user) :
					   json_null());

	if (actor)
		log_notice("%s: %s, by %s (uid %u)", method, text, actor->user, actor->uid);
	else
		log_notice("%s: %s", method, text);
	if (change)
		server_publish(control->server, WATCH_CHANGE, change);
	json_decref(change);
}

static void on_recorded(void *ctx, int result)
{
	if (result)
		log_warning("store: the audit trail lacks a line: %s", store_problem(ctx));
}

void changes_record(const struct control *control, const struct store_actor *actor,
		    const char *method, const struct allow_entry *entry, const char *text)
{
	const struct store_then then = {.done = on_recorded, .ctx = control->store};
	struct allow_entry line = *entry;

	if (!line.comment)
		line.comment = (char *)text;
	if (actor && store_ready(control->store))
		store_audit(control->store, &line, method, actor, &then);
	changes_tell(control, actor, method, text);
}
