// SPDX-License-Identifier: GPL-2.0-or-later
/* The reasons of a class, in words and figures. */
#include <inttypes.h>
#include <stdio.h>

#include "control/hosts/classify.h"

typedef void reason_writer(const struct evidence *evidence, char *text, size_t size);

/* "45 s", "12 min", "3 h", "2 days": rounded down, for people. */
static const char *span(uint32_t seconds, char text[16])
{
	if (seconds < 120)
		snprintf(text, 16, "%" PRIu32 " s", seconds);
	else if (seconds < 2 * 3600)
		snprintf(text, 16, "%" PRIu32 " min", (seconds + 30) / 60);
	else if (seconds < 48 * 3600)
		snprintf(text, 16, "%" PRIu32 " h", (seconds + 1800) / 3600);
	else
		snprintf(text, 16, "%" PRIu32 " days", (seconds + 43200) / 86400);
	return text;
}

static const char *plural(unsigned count)
{
	return count == 1 ? "" : "s";
}

/* Beyond what the sketch can tell. */
static const char *more(unsigned servers)
{
	return servers >= CONTACTS_MOST ? " or more" : "";
}

/* The kernel's count is read later than the first packet of each pair is told of. */
static uint32_t tries_in(const struct evidence *e, enum window window)
{
	const struct window_counts *counts = &e->sum[window];

	return counts->attempts > counts->met ? counts->attempts : counts->met;
}

unsigned evidence_servers(const struct evidence *e, enum window window)
{
	const uint32_t tries = tries_in(e, window);

	return tries && tries < e->servers[window] ? tries : e->servers[window];
}

static double each(const struct evidence *e, enum window window)
{
	const unsigned servers = evidence_servers(e, window);

	return servers ? (double)tries_in(e, window) / servers : 1;
}

static void many_at_once(const struct evidence *e, char *text, size_t size)
{
	unsigned servers = evidence_servers(e, WINDOW_5MIN);

	snprintf(text, size, "%u%s different mail servers in 5 min, %.1f tries each", servers,
		 more(servers), each(e, WINDOW_5MIN));
}

static void many_in_an_hour(const struct evidence *e, char *text, size_t size)
{
	unsigned servers = evidence_servers(e, WINDOW_HOUR);

	snprintf(text, size, "%u%s different mail servers in 1 h, %.1f tries each", servers,
		 more(servers), each(e, WINDOW_HOUR));
}

static void keeps_meeting(const struct evidence *e, char *text, size_t size)
{
	const struct meeting *meeting = &e->meeting;
	unsigned parts = 0;

	for (unsigned i = 0; i < MEETING_PARTS; i++)
		parts += meeting->silent[i] > 0;
	snprintf(text, size,
		 "keeps meeting new mail servers: in %u networks in 1 h, in %u of its 12 parts of "
		 "5 min%s, %.1f tries each",
		 meeting_hour(meeting, NETWORKS_SILENT), parts,
		 e->guarded || e->monitored ? ", dead ones alone" : "", each(e, WINDOW_HOUR));
}

static void abandons(const struct evidence *e, char *text, size_t size)
{
	snprintf(
		text, size,
		"of %u networks with mail servers met more than 72 min ago it did not come back to "
		"%u, as a mail queue would, and met %u new ones in 1 h",
		e->meeting.aged, e->meeting.left, meeting_hour(&e->meeting, NETWORKS_SILENT));
}

static void goes_on(const struct evidence *e, char *text, size_t size)
{
	char known[16];

	snprintf(
		text, size,
		"still meets new mail servers after %s: in %u networks in the last hour; what waits "
		"in a queue is known by then",
		span(e->known, known), meeting_hour(&e->meeting, NETWORKS_SILENT));
}

static void scans(const struct evidence *e, char *text, size_t size)
{
	snprintf(text, size, "%" PRIu32 " new addresses in 1 h in %u networks: looks for servers",
		 e->sum[WINDOW_HOUR].fresh, e->networks[WINDOW_HOUR]);
}

static void not_returned(const struct evidence *e, char *text, size_t size)
{
	snprintf(text, size,
		 "of %u networks met more than 72 min ago %u were not tried again; a mail queue "
		 "tries them all again",
		 e->meeting.aged, e->meeting.left);
}

/* ", most of them to ADDR" */
static const char *mostly(const struct evidence *e, const char *before, char *text, size_t size)
{
	char addr[ADDR_TEXT_MAX];

	text[0] = '\0';
	if (e->most.addr.family)
		snprintf(text, size, "%s%s", before, addr_format(&e->most.addr, addr));
	return text;
}

static void hammers(const struct evidence *e, char *text, size_t size)
{
	char server[96];
	unsigned parts = 0;
	uint64_t attempts = 0;

	for (unsigned i = 1; i < WINDOW_HOUR_BUCKETS && e->hour[i].attempts; i++) {
		attempts += e->hour[i].attempts;
		parts++;
	}
	snprintf(text, size, "%.1f tries a second for %u min and more, to %u mail server%s%s",
		 parts ? (double)attempts / (300.0 * parts) : 0.0, 5 * parts, e->servers_recent,
		 plural(e->servers_recent), mostly(e, ": ", server, sizeof(server)));
}

static void volume(const struct evidence *e, char *text, size_t size)
{
	char server[96];

	snprintf(text, size, "%" PRIu32 " tries in 5 min to %u mail server%s%s",
		 tries_in(e, WINDOW_5MIN), e->servers_recent, plural(e->servers_recent),
		 mostly(e, ": ", server, sizeof(server)));
}

static void burst(const struct evidence *e, char *text, size_t size)
{
	snprintf(text, size, "%" PRIu32 " packet%s refused for going beyond burst in 1 h",
		 e->over_burst, plural(e->over_burst));
}

static void queue(const struct evidence *e, char *text, size_t size)
{
	snprintf(text, size,
		 "comes back to the same mail servers, as a mail queue does: to %u of %u that it "
		 "met more than 20 min ago; %u in 24 h",
		 e->early.returned, e->early.mature, e->servers[WINDOW_DAY]);
}

static void few(const struct evidence *e, char *text, size_t size)
{
	char interval[16], often[48] = "", server[96];
	unsigned servers = e->servers[WINDOW_DAY];

	if (e->runs >= 3)
		snprintf(often, sizeof(often), ", about every %s", span(e->interval, interval));
	snprintf(text, size, "%" PRIu32 " tries in 24 h%s, to %u mail server%s%s: an old setting",
		 tries_in(e, WINDOW_DAY), often, servers, plural(servers),
		 mostly(e, servers == 1 ? " " : ", mostly ", server, sizeof(server)));
}

static void answered(const struct evidence *e, char *text, size_t size)
{
	snprintf(text, size,
		 "%u different mail servers in 24 h, of which %u answered, and nothing beyond the "
		 "thresholds",
		 e->servers[WINDOW_DAY], e->answered[WINDOW_DAY]);
}

static void little(const struct evidence *e, char *text, size_t size)
{
	const uint32_t tries = tries_in(e, WINDOW_DAY);
	unsigned servers = e->servers[WINDOW_DAY];

	snprintf(text, size, "%" PRIu32 " %s to %u mail server%s in 24 h: too little to tell",
		 tries, tries == 1 ? "try" : "tries", servers, plural(servers));
}

static void below(const struct evidence *e, char *text, size_t size)
{
	snprintf(text, size, "%u different mail servers in 24 h, and nothing beyond the thresholds",
		 e->servers[WINDOW_DAY]);
}

static void submission(const struct evidence *e, char *text, size_t size)
{
	snprintf(text, size, "also opened 465 or 587 %" PRIu32 " time%s: there is a mail program",
		 e->submissions, plural(e->submissions));
}

static void past(const struct evidence *e, char *text, size_t size)
{
	if (e->past_peak)
		snprintf(text, size,
			 "its busiest hour before had %" PRIu32 " new mail servers (watched)",
			 e->past_peak);
	else
		snprintf(text, size, "nothing is known of its past yet (watched)");
}

static void shared(const struct evidence *e, char *text, size_t size)
{
	(void)e;
	snprintf(text, size, "many households share this address: it may be several of them");
}

static void unverified(const struct evidence *e, char *text, size_t size)
{
	(void)e;
	snprintf(text, size, "unverified: its packets may bear a false source address");
}

static reason_writer *const writers[RULES] = {
	[RULE_KEEPS_MEETING] = keeps_meeting,
	[RULE_ABANDONS] = abandons,
	[RULE_GOES_ON] = goes_on,
	[RULE_SCANS] = scans,
	[RULE_HAMMERS] = hammers,
	[RULE_MANY_AT_ONCE] = many_at_once,
	[RULE_MANY_IN_AN_HOUR] = many_in_an_hour,
	[RULE_VOLUME] = volume,
	[RULE_BURST] = burst,
	[RULE_QUEUE] = queue,
	[RULE_FEW] = few,
	[RULE_ANSWERED] = answered,
	[RULE_LITTLE] = little,
	[RULE_BELOW] = below,
	[RULE_NOT_RETURNED] = not_returned,
	[RULE_SUBMISSION] = submission,
	[RULE_PAST] = past,
	[RULE_SHARED] = shared,
	[RULE_UNVERIFIED] = unverified,
};

size_t classify_reasons(const struct evidence *evidence, const struct verdict *verdict,
			char (*lines)[HOST_REASON_MAX], size_t room)
{
	size_t count = 0;

	for (unsigned rule = 0; rule < RULES && count < room; rule++)
		if (verdict->rules & 1u << rule)
			writers[rule](evidence, lines[count++], HOST_REASON_MAX);
	return count;
}
