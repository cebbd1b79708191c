/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "engine/engine_internal.h"
#include "engine/explain.h"
#include "rules/forget.h"

void engine_ack(struct engine *engine, uint64_t sequence, const struct table_error *error,
		uint32_t changed)
{
	struct message_ack ack = {.error = error->error,
				  .epoch = table_epoch(engine->table),
				  .kernel_changed = changed};

	if (error->error)
		snprintf(ack.text, sizeof(ack.text), "%s", error->text);
	peer_send(engine->peer, MESSAGE_ACK, sequence, &ack, 1);
}

static void on_change(struct engine *engine, const void *data, const struct message_header *header)
{
	struct message_change changes[MESSAGE_SIZE_MAX / sizeof(struct message_change)];
	struct table_error error = {0};

	for (uint32_t i = 0; i < header->count; i++) {
		message_record(data, header, i, &changes[i]);
		if ((changes[i].op != MESSAGE_ADD && changes[i].op != MESSAGE_DEL) ||
		    !allow_element_valid(&changes[i].element) || !changes[i].element.exact) {
			error.error = -EINVAL;
			snprintf(error.text, sizeof(error.text), "change %u is not valid", i + 1);
		}
	}
	guard_changed(engine->guard);
	if (!error.error)
		table_change(engine->table, changes, header->count, clock_ms(CLOCK_BOOTTIME),
			     &error);
	if (engine->queues)
		settle_begin(&engine->settle, engine->queues);
	usage_changed(engine->usage, engine->table);
	if (error.error)
		log_error("engine: %s", error.text);
	engine_ack(engine, header->sequence, &error, !error.error);
}

/* What was told of it before the answer is all that is told of it. */
static void on_forget(struct engine *engine, const struct message_forget *forget, uint64_t sequence)
{
	struct table_error error = {0};
	size_t removed = 0;

	engine_forward(engine);
	guard_changed(engine->guard);
	if (!policy_is_host(&forget->host)) {
		error.error = -EINVAL;
		snprintf(error.text, sizeof(error.text), "what is to be forgotten is no host");
	} else {
		table_forget(engine->table, &forget->host, &removed, &error);
	}
	if (error.error)
		log_error("engine: %s", error.text);
	engine_ack(engine, sequence, &error, (uint32_t)removed);
}

static void on_lookup(struct engine *engine, const void *data, const struct message_header *header)
{
	const struct explain_parts parts = {
		.table = engine->table,
		.burst = engine->burst,
		.plan = engine->mapping.block ? &engine->mapping.plan : NULL,
		.peer = engine->peer,
	};

	explain(&parts, data, header, clock_ms(CLOCK_MONOTONIC));
}

void engine_message(const void *data, const struct message_header *header, int fd, void *arg)
{
	struct engine *engine = arg;
	struct message_plan plan;
	struct message_seen seen;
	struct message_verify verify;
	struct message_forget forget;

	switch (header->type) {
	case MESSAGE_PLAN:
		message_record(data, header, 0, &plan);
		engine_plan(engine, &plan, header->sequence, fd);
		break;
	case MESSAGE_CHANGE:
		on_change(engine, data, header);
		break;
	case MESSAGE_READ:
		if (engine->queues)
			engine_read(engine, header->sequence);
		else
			peer_send(engine->peer, MESSAGE_END, header->sequence, NULL, 0);
		break;
	case MESSAGE_VERIFY:
		message_record(data, header, 0, &verify);
		guard_ask(engine->guard, engine->table, engine->peer, &verify, header->sequence);
		break;
	case MESSAGE_FORGET:
		message_record(data, header, 0, &forget);
		on_forget(engine, &forget, header->sequence);
		break;
	case MESSAGE_USE:
		usage_asked(engine->usage, header->sequence);
		break;
	case MESSAGE_LOOKUP:
		on_lookup(engine, data, header);
		break;
	case MESSAGE_SEEN:
		message_record(data, header, 0, &seen);
		forward_seen(&engine->forward, engine->queues, seen.sequence);
		engine_forward(engine);
		break;
	default:
		log_warning("engine: a %s message is not for the engine",
			    message_type_word(header->type));
	}
}
