// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/health/losses.h"

#include <string.h>

#include "control/engine/intent.h"
#include "control/incidents/responder.h"

struct sink {
	losses_each *each;
	void *ctx;
};

struct explanation {
	const char *name; /* a prefix, when it ends in '-' */
	const char *text;
};

/* Losses that the engine reports. */
static const struct explanation engine_losses[] = {
	{"events-unsent", "events that control was too slow for: destinations may be missing"},
	{"events-no-peer", "events while control was not there: destinations may be missing"},
	{"answers-unsent", "answers that the kernel did not take: it gave the safe answer"},
	{"receive-errors", "times that a queue's receive buffer was full or failed"},
	{"malformed-messages", "messages of the kernel that could not be read"},
	{"tables-lost", "times that the table was gone, with what it had counted since the last "
			"reading"},
	{"table-repairs", "times that another program changed the kernel's table; it was put back"},
	{"table-differed", "times that the kernel's table was found to differ from the plan"},
	{"packets-unexpected",
	 "packets that were no question, and no word of a mail server: they went on"},
	{"burst-evicted",
	 "hosts whose burst was counted anew: too many at once met new destinations"},
	{"unparsed-", "packets that could not be parsed: the kernel gave the safe answer"},
	{NULL, "reported by the engine"},
};

/* Counters of the kernel's table that count what was lost. */
static const struct explanation kernel_losses[] = {
	{"unpaced", "questions of sources that pace could not hold: tally-hosts is too small"},
	{"untallied_refused", "refused packets counted for no host: tally-hosts is too small"},
	{"untallied_passed", "passed openings counted for no host: tally-hosts is too small"},
	{"untallied_submission", "submissions counted for no host: tally-hosts is too small"},
	{"untried",
	 "questions of hosts whose submissions are not counted: tally-hosts is too small"},
	{"untold",
	 "packets of mail servers that were not told: remember-pairs is too small, or they "
	 "were beyond queue-rate"},
	{"unremembered", "answers that were not remembered: remember-pairs is too small, or the "
			 "question was older than the last reload"},
	{"emergency",
	 "packets to port 25 refused, and counted for no host, while the table was put "
	 "back"},
	{"bad_mark", "packets dropped for a mark that no answer has"},
	{NULL, NULL},
};

static void loss(const struct sink *sink, const char *name, uint64_t count, const char *text)
{
	sink->each(sink->ctx, name, count, text);
}

static const char *explain(const struct explanation *table, const char *name)
{
	for (; table->name; table++) {
		size_t length = strlen(table->name);
		bool prefix = table->name[length - 1] == '-';

		if (strncmp(table->name, name, prefix ? length : length + 1) == 0)
			break;
	}
	return table->text;
}

static void policy_part(const struct control *control, const char *policy,
			const struct sink *losses)
{
	static const struct explanation kinds[] = {
		{"paced", "packets of sources faster than their pace: counted, not asked about"},
		{"overrun", "packets beyond queue-rate: counted, not asked about"},
		{NULL, NULL},
	};
	char name[LOSS_NAME_MAX];

	snprintf(name, sizeof(name), "questions-%s", policy);
	loss(losses, name, figures_lost(control->figures, policy),
	     "packets that were asked about and never came back");
	for (const struct explanation *kind = kinds; kind->name; kind++) {
		snprintf(name, sizeof(name), "%s-%s", kind->name, policy);
		loss(losses, name, figures_of(control->figures, kind->name, policy), kind->text);
	}
}

static void kernel_part(const struct control *control, const struct sink *losses)
{
	const struct message_queue *queue;
	const struct figure *figure;
	uint64_t dropped = 0;

	for (size_t i = 0; (queue = figures_queue_at(control->figures, i)); i++)
		dropped += queue->kernel_dropped + queue->user_dropped;
	loss(losses, LOSS_DROPPED, dropped,
	     "questions that did not fit into the queues of this engine: the kernel gave the safe "
	     "answer");
	for (size_t i = 0; i < control->config->numbered_count; i++)
		policy_part(control, control->config->policies[i].name, losses);
	for (const struct explanation *kind = kernel_losses; kind->name; kind++)
		loss(losses, kind->name, figures_get(control->figures, kind->name), kind->text);
	for (size_t i = 0; (figure = figures_loss_at(control->figures, i)); i++)
		loss(losses, figure->name, figure->total, explain(engine_losses, figure->name));
}

static void tracker_part(const struct tracker *tracker, const struct sink *losses)
{
	const struct tracker_losses lost = tracker_losses(tracker);

	loss(losses, "hosts-forgotten", lost.hosts_forgotten,
	     "hosts that made room for others: max-hosts is too small");
	loss(losses, "hosts-unadmitted", lost.hosts_unadmitted,
	     "events and readings of hosts that found no room: max-hosts is too small");
	loss(losses, "details-forgotten", lost.details_forgotten,
	     "hosts of the last day whose windows made room for others: max-active is too small");
	loss(losses, "details-unadmitted", lost.details_unadmitted,
	     "attempts of hosts that found no room for windows: max-active is too small");
	loss(losses, "tallies-unread", lost.tallies_unread,
	     "readings of hosts that were not counted: tally-hosts was made greater since the start");
}

static void incidents_part(const struct control *control, const struct sink *losses)
{
	const struct incidents_losses incidents = incidents_losses(control->incidents);

	loss(losses, "incidents-unopened", incidents.unopened,
	     "incidents for which there was no room: max-active is too small");
	loss(losses, "incidents-displaced", incidents.displaced,
	     "incidents that were closed early to make room for others: max-active is too small");
	loss(losses, "incidents-unwritten", incidents.unwritten,
	     "closed incidents that the database did not take in time");
	loss(losses, LOSS_UNCONTAINED, responder_lost(control->responder),
	     "infected hosts that were not contained: too many are");
}

void losses_all(const struct control *control, losses_each *each, void *ctx)
{
	const struct sink sink = {each, ctx}, *losses = &sink;
	struct event_file_losses file = event_file_losses(control->event_file);
	struct names_losses names = names_losses(control->names);
	struct crowd_losses server = server_losses(control->server);

	kernel_part(control, losses);
	tracker_part(control->tracker, losses);
	incidents_part(control, losses);
	loss(losses, "events-over-rate", reporter_dropped(control->reporter),
	     "first attempts without a line of their own: events-per-second; summaries count them");
	loss(losses, "events-unwritten", file.unwritten, "lines that could not be written");
	loss(losses, "event-files-discarded", file.discarded,
	     "files of old events that newer ones replaced: event-file-max");
	loss(losses, "connections-refused", server.refused,
	     "connections to the control sockets beyond the bounds");
	loss(losses, "clients-dropped", server.dropped,
	     "clients that sent or took too slowly, or were beyond the bounds");
	loss(losses, "events-unwatched", server.unwatched,
	     "events that those who watch were too slow for");
	loss(losses, "names-left-out", names.entries,
	     "leases and labels that are not known: max-names is too small");
	loss(losses, "lease-lines-unread", names.lines,
	     "lines of lease files, as they are now, that were not understood");
	loss(losses, "neighbours-left-out", names.neighbours,
	     "neighbours whose MAC address is not known: the kernel has more than 65536");
	loss(losses, "figures-unnamed", figures_unnamed(control->figures),
	     "counters of the engine beyond what control keeps");
}

/* --- of late --- */

static int64_t awake(void)
{
	return lag_now() / 1000;
}

static void note(void *ctx, const char *name, uint64_t count, const char *text)
{
	(void)text;
	recent_note(ctx, name, count, awake());
}

static uint64_t all_unanswered(const struct control *control)
{
	const struct config *config = control->config;
	uint64_t sum = 0;

	for (size_t i = 0; i < config->numbered_count; i++)
		sum += figures_of(control->figures, "unanswered", config->policies[i].name);
	return sum;
}

static void note_all(const struct control *control)
{
	losses_all(control, note, control->recent);
	recent_note(control->recent, LOSS_UNANSWERED, all_unanswered(control), awake());
}

void losses_begin(const struct control *control)
{
	if (recent_is_settled(control->recent))
		return;
	note_all(control);
	recent_settled(control->recent);
}

void losses_note(const struct control *control)
{
	if (recent_is_settled(control->recent))
		note_all(control);
}

uint64_t losses_recent(const struct control *control, const char *name)
{
	return recent_of(control->recent, name, awake());
}

struct listing {
	const struct control *control;
	json_t *list;
};

static void list_one(void *ctx, const char *name, uint64_t count, const char *text)
{
	struct listing *listing = ctx;

	if (count)
		json_array_append_new(listing->list,
				      json_pack("{s:s, s:I, s:I, s:s}", "name", name, "count",
						(json_int_t)count, "recent",
						(json_int_t)losses_recent(listing->control, name),
						"text", text));
}

json_t *losses_json(const struct control *control)
{
	struct listing listing = {control, json_array()};

	losses_all(control, list_one, &listing);
	return listing.list;
}
