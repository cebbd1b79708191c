/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "rules/lookup.h"

struct answerer {
	struct policy_snapshot snapshot;
	struct burst *burst;
	uint64_t now;
};

/* As a queue thread would: engine/question.c. */
static enum mark_action answer(void *arg, unsigned policy, const struct addr *source,
			       const struct addr *destination)
{
	struct answerer *answerer = arg;
	const struct mark question = {.action = MARK_QUESTION, .policy = policy};
	enum mark_action action = policy_decide(&answerer->snapshot, question, PACKET_OK);

	if (action == MARK_PASS && answerer->snapshot.policies[policy].mode == MODE_GUARD &&
	    !burst_would_admit(answerer->burst, &answerer->snapshot, policy, source, destination,
			       answerer->now))
		return MARK_REFUSE;
	return action;
}

static bool addr_known(const struct addr *addr)
{
	return addr->family == FAMILY_IPV4 || addr->family == FAMILY_IPV6;
}

static bool valid(const struct message_lookup *wanted)
{
	return addr_known(&wanted->source) &&
	       (!wanted->destination.family || wanted->destination.family == wanted->source.family);
}

static size_t unknown(struct message_finding *finding, const char *why)
{
	*finding = (struct message_finding){.kind = MESSAGE_OUTCOME, .policy = MESSAGE_NO_POLICY};
	snprintf(finding->text, sizeof(finding->text), "%s", why);
	return 1;
}

/* All of a message, into @findings, which have room. */
static size_t run(struct lookup *lookup, int error, const void *data,
		  const struct message_header *header, struct message_finding *findings)
{
	size_t count = 0;

	for (uint32_t i = 0; i < header->count; i++) {
		struct message_lookup wanted;
		size_t first = count;

		message_record(data, header, i, &wanted);
		if (error)
			count += unknown(&findings[first], strerror(-error));
		else if (!valid(&wanted))
			count += unknown(&findings[first], "its addresses are none");
		else
			count += lookup_run(lookup, &wanted, &findings[first]);
		for (size_t j = first; j < count; j++)
			findings[j].index = i;
	}
	findings[count - 1].last = 1;
	return count;
}

void explain(const struct explain_parts *parts, const void *data,
	     const struct message_header *header, uint64_t now)
{
	struct answerer answerer = {.burst = parts->burst, .now = now};
	struct message_finding *findings;
	struct lookup *lookup = NULL;
	size_t count;
	int error;

	if (!header->count || header->count > MESSAGE_LOOKUPS_MAX) {
		log_warning("explain: %u lookups in a message", header->count);
		return;
	}
	findings = calloc(header->count, LOOKUP_FINDINGS_MAX * sizeof(*findings));
	if (!findings) {
		log_error("explain: no memory");
		return;
	}
	if (parts->plan)
		answerer.snapshot = plan_snapshot(parts->plan);
	error = lookup_open(&lookup, parts->table, answer, &answerer);
	count = run(lookup, error, data, header, findings);
	peer_send(parts->peer, MESSAGE_FINDING, header->sequence, findings, count);
	lookup_close(lookup);
	free(findings);
}
