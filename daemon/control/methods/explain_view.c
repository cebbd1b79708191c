// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/methods/explain_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/times.h"

#define NAMED_MAX 8 /* interfaces in the reason */

const struct policy *explain_policy(const struct explain_view *view,
				    const struct config_match *match)
{
	return match->range ? &view->control->config->policies[match->range->policy] : NULL;
}

enum message_outcome explain_expected(const struct explain_view *view,
				      const struct config_match *match)
{
	const struct policy *policy = explain_policy(view, match);

	if (view->allow || !policy || policy->mode == MODE_MONITOR)
		return MESSAGE_ACCEPT;
	return policy->mode == MODE_BLOCK || view->contained ? MESSAGE_REFUSE : MESSAGE_ACCEPT;
}

/* 0, or the memory is out. */
static int find(struct explain_view *view)
{
	const struct config *config = view->control->config;
	size_t room = config->interface_count + 1, count;
	struct config_match *all = calloc(room, sizeof(*all));

	if (!all)
		return -ENOMEM;
	view->others = all;
	count = config_matches(config, &view->source, all, room);
	for (size_t i = 0; i < count; i++) {
		bool here =
			!all[i].interface ||
			(view->interface && interface_matches(all[i].interface, view->interface));

		if (here) {
			view->match = all[i];
			break;
		}
		if (!view->interface)
			view->other_count++; /* nothing stands behind one without interface */
	}
	return 0;
}

int explain_view_open(struct explain_view *view, const struct control *control,
		      const struct addr *source, const struct addr *destination,
		      const char *interface)
{
	*view = (struct explain_view){
		.control = control,
		.source = *source,
		.destination = *destination,
		.interface = interface,
		.now = intent_clock().real,
	};
	view->contained = containment_of_address(control->containment, source);
	view->allow = allowlist_match(control->allowlist, source, destination, view->now);
	/* only an entry that always lets through helps a contained host */
	if (view->contained && view->allow && view->allow->way != ALLOW_ALWAYS)
		view->allow = NULL;
	return find(view);
}

void explain_view_close(struct explain_view *view)
{
	free(view->others);
	view->others = NULL;
}

/* Does a packet that comes in there meet that one before the others? */
static bool first_at(const struct explain_view *view, const char *name, size_t other)
{
	for (size_t i = 0; i < other; i++)
		if (interface_matches(view->others[i].interface, name))
			return false;
	return interface_matches(view->others[other].interface, name);
}

bool explain_interface(const struct explain_view *view, size_t other, char name[INTERFACE_MAX])
{
	const char *pattern = view->others[other].interface;
	const int stem = (int)strlen(pattern) - 1;

	memset(name, 0, INTERFACE_MAX);
	if (!interface_wildcard(pattern)) {
		snprintf(name, INTERFACE_MAX, "%s", pattern);
		return first_at(view, name, other);
	}
	for (int digit = 0; digit < 10 && stem + 1 < INTERFACE_MAX; digit++) {
		snprintf(name, INTERFACE_MAX, "%.*s%d", stem, pattern, digit);
		if (first_at(view, name, other))
			return true;
	}
	return false;
}

/* --- in words --- */

static void add(char *text, size_t size, const char *more)
{
	size_t n = strlen(text);

	snprintf(text + n, size - n, "%s", more);
}

/* An address does not say by which interface its packets come. */
static void add_interfaces(const struct explain_view *view, char *text, size_t size)
{
	for (size_t i = 0; i < view->other_count && i < NAMED_MAX; i++) {
		const struct config_match *match = &view->others[i];
		char one[256];

		snprintf(one, sizeof(one), "%s%s (range \"%s\", policy \"%s\")", i ? ", " : "",
			 match->interface, match->range->name, explain_policy(view, match)->name);
		add(text, size, one);
	}
	if (view->other_count > NAMED_MAX)
		add(text, size, ", ...");
}

/* What the policy does, behind its name. */
static void describe_policy(const struct policy *policy, char *text, size_t size)
{
	char time[32];

	if (policy->mode == MODE_MONITOR)
		snprintf(text, size, "only monitors; block would refuse it");
	else if (policy->mode == MODE_BLOCK)
		snprintf(text, size, "blocks port 25");
	else if (policy->burst)
		snprintf(text, size,
			 "guards it: it passes, unless its host meets more than %" PRIu32
			 " servers in %s or is contained",
			 policy->burst, duration_format(policy->burst_time, time, sizeof(time)));
	else
		snprintf(text, size, "guards it: it passes, unless its host is contained");
}

/* Behind the name of its policy: that comes before what the policy does. */
static void describe_contained(const struct contained *contained, const struct policy *policy,
			       char *text, size_t size)
{
	char host[PREFIX_TEXT_MAX], until[TIME_TEXT_MAX];

	if (policy->mode == MODE_MONITOR)
		return;
	snprintf(text, size, "refuses it: %s is contained until %s%s%.80s",
		 prefix_format(&contained->host, host), time_format(contained->until, until),
		 contained->comment[0] ? ": " : "", contained->comment);
}

void explain_describe(const struct explain_view *view, char text[EXPLAIN_TEXT_MAX])
{
	const struct config_match *match = &view->match;
	const struct policy *policy = explain_policy(view, match);
	char prefix[PREFIX_TEXT_MAX], entry[ALLOW_ENTRY_TEXT_MAX], does[256] = "";

	if (view->allow) {
		snprintf(text, EXPLAIN_TEXT_MAX, "an allow entry lets it through%s: %s",
			 view->allow->way == ALLOW_WATCHED ? ", guarded by policy \"" PLAN_WATCHED
							     "\"" :
							     "",
			 allow_entry_text(view->allow, entry));
		return;
	}
	if (policy)
		describe_policy(policy, does, sizeof(does));
	if (policy && view->contained)
		describe_contained(view->contained, policy, does, sizeof(does));
	if (!policy)
		snprintf(text, EXPLAIN_TEXT_MAX, "its source is in no range%s",
			 view->other_count ? " by prefix alone" : "");
	else
		snprintf(text, EXPLAIN_TEXT_MAX,
			 "%s%s%s is in range \"%s\", whose policy \"%s\" %s",
			 match->prefix ? prefix_format(&match->prefix->prefix, prefix) :
					 match->interface,
			 match->prefix && match->interface ? " on " : "",
			 match->prefix && match->interface ? match->interface : "",
			 match->range->name, policy->name, does);
	if (view->other_count) {
		add(text, EXPLAIN_TEXT_MAX,
		    "; if it comes in by one of these interfaces, the first that matches decides: ");
		add_interfaces(view, text, EXPLAIN_TEXT_MAX);
	}
}
