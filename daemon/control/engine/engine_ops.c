// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/engine/engine_ops.h"
#include "control/control.h"
#include "control/engine/ruleset.h"
#include "control/health/losses.h"
#include "control/incidents/keeper.h"
#include "control/incidents/responder.h"
#include "control/methods/explain.h"

static void on_up(void *ctx, const struct message_hello *hello)
{
	struct control *control = ctx;

	(void)hello;
	intent_send_plan(control->intent);
}

static void on_down(void *ctx)
{
	struct control *control = ctx;

	intent_down(control->intent);
	responder_down(control->responder);
	figures_down(control->figures);
}

static void on_ack(void *ctx, uint64_t sequence, const struct message_ack *ack)
{
	struct control *control = ctx;

	intent_ack(control->intent, sequence, ack);
	responder_ack(control->responder, sequence, ack);
}

static void on_event(void *ctx, const struct message_event *event)
{
	struct control *control = ctx;
	const struct policy *policy = config_policy(control->config, event->policy);
	const struct host *host;

	lag_event(&control->lag, lag_now(), event->time, control_now());
	reporter_event(control->reporter, event, control_now());
	if (!policy || policy->mode != MODE_GUARD || event->kind == MESSAGE_UNTRUE)
		return;
	/* an infected one may be believed only now that a handshake was completed */
	host = tracker_find(control->tracker, &event->source);
	if (host)
		responder_consider(control->responder, host);
}

static void on_counter(void *ctx, const struct message_counter *counter)
{
	figures_counter(((struct control *)ctx)->figures, counter);
}

static void on_queue(void *ctx, const struct message_queue *queue)
{
	figures_queue(((struct control *)ctx)->figures, queue);
}

static void on_loss(void *ctx, const struct message_loss *loss)
{
	figures_loss(((struct control *)ctx)->figures, loss);
}

static void on_tally(void *ctx, const struct message_tally *tally)
{
	struct control *control = ctx;
	/* before any event told it; unknown where the interface decides */
	const struct policy *policy = config_policy_of(control->config, &tally->host);
	const struct config_trust trust = config_trust(control->config, &tally->host, NULL);
	const struct tracker_source source = {
		.policy = policy ? policy->number : TRACKER_NO_POLICY,
		.length6 = policy ? policy->host_prefix6 : POLICY_HOST_PREFIX6_MAX,
		.verified = trust.verified,
		.shared = trust.shared,
	};

	tracker_tally(control->tracker, tally, &source, control_now());
}

static void on_end(void *ctx)
{
	struct control *control = ctx;

	figures_end(control->figures);
	days_count(control->days, control->figures, intent_clock().real);
	tracker_reading_end(control->tracker);
	losses_begin(control);
}

static void on_item(void *ctx, uint64_t sequence, const struct message_item *item)
{
	ruleset_item(((struct control *)ctx)->ruleset, sequence, item);
}

static void on_verdict(void *ctx, uint64_t sequence, const struct message_verdict *verdict)
{
	struct control *control = ctx;

	control->comparison = (struct comparison){
		.at = lag_now() / 1000, .real = intent_clock().real, .verdict = *verdict};
	ruleset_verdict(control->ruleset, sequence, verdict);
}

static void on_use(void *ctx, const struct message_use *use)
{
	struct control *control = ctx;

	if (!use)
		usage_ended(control->usage, intent_clock().real);
	else if (usage_told(control->usage, use))
		keeper_soon(control->keeper);
}

static void on_finding(void *ctx, uint64_t sequence, const struct message_finding *finding)
{
	explainer_finding(((struct control *)ctx)->explainer, sequence, finding);
}

const struct link_ops engine_ops = {
	.up = on_up,
	.down = on_down,
	.ack = on_ack,
	.event = on_event,
	.counter = on_counter,
	.tally = on_tally,
	.queue = on_queue,
	.loss = on_loss,
	.end = on_end,
	.item = on_item,
	.verdict = on_verdict,
	.use = on_use,
	.finding = on_finding,
};
