// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "control/health/losses.h"
#include "control/health/metrics_internal.h"
#include "control/health/status_parts.h"

static const struct {
	const char *counter, *help;
} counted[] = {
	{"asked", "Questions to the engine"},
	{"answered_refuse", "Questions that the engine answered with refuse"},
	{"answered_pass", "Questions that the engine answered with pass"},
	{"refused", "Packets dropped or rejected"},
	{"sent", "Of those refused, answered with a reset or an unreachable"},
	{"passed", "Openings let through"},
	{"unanswered", "Packets given the safe answer, for nobody answered"},
	{"paced", "Packets given the safe answer, for their source asked too much"},
	{"overrun", "Packets given the safe answer, for all together asked too much"},
	{"untrue", "Packets from sources that no route leads back to"},
	{"split", "IPv6 first fragments without a port"},
	{"tunnelled", "Packets of tunnels"},
	{"contained", "Packets refused for their host is contained"},
};

/* @index from 0 up; NULL behind the last. Those of watched entries when there are some. */
static const struct policy *policy_at(const struct metrics *metrics, size_t *index)
{
	const struct config *config = metrics->control->config;

	for (; *index < config->numbered_count; ++*index)
		if (*index < config->policy_count ||
		    policy_is_counted(metrics->control, &config->policies[*index]))
			return &config->policies[*index];
	return NULL;
}

static void policies(struct metrics *metrics)
{
	const struct figures *figures = metrics->control->figures;
	const struct policy *policy;

	metrics_family(metrics, "gauge", "policy_info", NULL,
		       "Always 1; what a policy does is in the labels");
	for (size_t i = 0; (policy = policy_at(metrics, &i)); i++)
		metrics_sample(metrics, metrics_whole(1), "policy", policy->name, "mode",
			       policy_mode_word(policy->mode), "deny",
			       policy_deny_word(policy->deny), "when_unanswered",
			       policy_safe_word(policy->unanswered), NULL);
	for (size_t kind = 0; kind < sizeof(counted) / sizeof(counted[0]); kind++) {
		char name[64];

		snprintf(name, sizeof(name), "policy_%s", counted[kind].counter);
		metrics_family(metrics, "counter", name, "packets", counted[kind].help);
		for (size_t i = 0; (policy = policy_at(metrics, &i)); i++)
			metrics_sample(metrics,
				       metrics_whole(figures_of(figures, counted[kind].counter,
								policy->name)),
				       "policy", policy->name, NULL);
	}
	metrics_family(metrics, "counter", "policy_lost", "packets",
		       "Asked about, and never answered in any way");
	for (size_t i = 0; (policy = policy_at(metrics, &i)); i++)
		metrics_sample(metrics, metrics_whole(figures_lost(figures, policy->name)),
			       "policy", policy->name, NULL);
}

static void kernel(struct metrics *metrics)
{
	const struct control *control = metrics->control;
	const struct figure *figure;

	metrics_family(metrics, "counter", "submission_openings", NULL,
		       "Openings of ports 465 and 587, which are never touched");
	metrics_sample(metrics, metrics_whole(figures_get(control->figures, "submission")), NULL);
	metrics_family(metrics, "counter", "table", "packets",
		       "The other counters of the kernel's table, by their name");
	for (size_t i = 0; (figure = figures_counter_at(control->figures, i)); i++)
		if (!is_policy_counter(control->config, figure->name))
			metrics_sample(metrics, metrics_whole(figure->total), "counter",
				       figure->name, NULL);
}

static const char *queue_text(const struct message_queue *queue, char text[16])
{
	snprintf(text, 16, "%u", queue->number);
	return text;
}

static void queues(struct metrics *metrics)
{
	const struct figures *figures = metrics->control->figures;
	const struct message_queue *queue;
	char text[16];

	metrics_family(metrics, "gauge", "queue_held", "packets", "That wait for an answer now");
	for (size_t i = 0; (queue = figures_queue_at(figures, i)); i++)
		metrics_sample(metrics, metrics_whole(queue->held), "queue",
			       queue_text(queue, text), NULL);
	metrics_family(metrics, "counter", "queue_answered", "packets", "By the engine that runs");
	for (size_t i = 0; (queue = figures_queue_at(figures, i)); i++)
		metrics_sample(metrics, metrics_whole(queue->answered), "queue",
			       queue_text(queue, text), NULL);
	metrics_family(metrics, "counter", "queue_dropped", "packets",
		       "That did not fit into the kernel's queue, or into the receive buffer");
	for (size_t i = 0; (queue = figures_queue_at(figures, i)); i++) {
		metrics_sample(metrics, metrics_whole(queue->kernel_dropped), "queue",
			       queue_text(queue, text), "by", "queue", NULL);
		metrics_sample(metrics, metrics_whole(queue->user_dropped), "queue",
			       queue_text(queue, text), "by", "buffer", NULL);
	}
}

static void add_loss(void *ctx, const char *name, uint64_t count, const char *text)
{
	(void)text;
	metrics_sample(ctx, metrics_whole(count), "loss", name, NULL);
}

static void losses(struct metrics *metrics)
{
	metrics_family(metrics, "counter", "losses", NULL,
		       "What bounds and troubles made edge25 lose; edge25ctl says what each is");
	losses_all(metrics->control, add_loss, metrics);
}

void metrics_packets(struct metrics *metrics)
{
	policies(metrics);
	kernel(metrics);
	queues(metrics);
	losses(metrics);
}
