// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <string.h>

#include "common/log.h"
#include "health.h"
#include "responder.h"

/* --- problems --- */

static void problem(json_t *problems, const char *name, const char *text)
{
	char safe[LOG_LINE_MAX]; /* a path need not be UTF-8 */

	json_array_append_new(problems, json_pack("{s:s, s:s}", "name", name, "text",
						  log_escape(text, safe, sizeof(safe))));
}

static void engine_problems(const struct control *control, bool fresh, json_t *problems)
{
	const struct message_queue *queue;
	uint64_t dropped = 0;

	if (!link_connected(control->link)) {
		problem(problems, "engine",
			"the engine is not connected: the kernel gives each policy's safe answer");
		return;
	}
	if (!fresh)
		problem(problems, "engine",
			"the engine is connected but did not answer within 1 s");
	if (intent_refusal(control->intent))
		problem(problems, "plan", intent_refusal(control->intent));
	else if (!intent_in_force(control->intent))
		problem(problems, "plan", "the engine has not put the plan in force yet");
	for (size_t i = 0; (queue = figures_queue_at(control->figures, i)); i++)
		dropped += queue->kernel_dropped + queue->user_dropped;
	if (dropped) {
		json_t *text = json_sprintf("%" PRIu64
					    " questions did not fit into the queues since "
					    "the engine started: more queues, or a greater "
					    "queue-length, help",
					    dropped);

		problem(problems, "queues", json_string_value(text));
		json_decref(text);
	}
}

json_t *health_problems(const struct control *control, bool fresh)
{
	json_t *problems = json_array();
	char name[NAME_PROBLEM_MAX];
	const char *text;

	engine_problems(control, fresh, problems);
	if (responder_refusal(control->responder))
		problem(problems, "containment", responder_refusal(control->responder));
	if (reload_problem(control->reload))
		problem(problems, "reload", reload_problem(control->reload));
	if (store_problem(control->store))
		problem(problems, "database", store_problem(control->store));
	for (size_t i = 0; name_follower_problem(control->name_follower, i, name); i++)
		problem(problems, "destinations", name);
	for (size_t i = 0; (text = names_problem(control->names, i)); i++)
		if (*text)
			problem(problems, "names", text);
	if (event_file_problem(control->event_file))
		problem(problems, "events", event_file_problem(control->event_file));
	return problems;
}

/* --- losses --- */

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

static void loss(json_t *losses, const char *name, uint64_t count, const char *text)
{
	if (count)
		json_array_append_new(losses, json_pack("{s:s, s:I, s:s}", "name", name, "count",
							(json_int_t)count, "text", text));
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

static void policy_part(const struct control *control, const char *policy, json_t *losses)
{
	static const struct explanation kinds[] = {
		{"paced", "packets of sources faster than their pace: counted, not asked about"},
		{"overrun", "packets beyond queue-rate: counted, not asked about"},
		{NULL, NULL},
	};
	json_t *name = json_sprintf("questions-%s", policy);

	loss(losses, json_string_value(name), figures_lost(control->figures, policy),
	     "packets that were asked about and never came back");
	json_decref(name);
	for (const struct explanation *kind = kinds; kind->name; kind++) {
		name = json_sprintf("%s-%s", kind->name, policy);
		loss(losses, json_string_value(name),
		     figures_of(control->figures, kind->name, policy), kind->text);
		json_decref(name);
	}
}

static void kernel_part(const struct control *control, json_t *losses)
{
	const struct figure *figure;

	for (size_t i = 0; i < control->config->numbered_count; i++)
		policy_part(control, control->config->policies[i].name, losses);
	for (const struct explanation *kind = kernel_losses; kind->name; kind++)
		loss(losses, kind->name, figures_get(control->figures, kind->name), kind->text);
	for (size_t i = 0; (figure = figures_loss_at(control->figures, i)); i++)
		loss(losses, figure->name, figure->total, explain(engine_losses, figure->name));
}

static void tracker_part(const struct tracker *tracker, json_t *losses)
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

static void incidents_part(const struct control *control, json_t *losses)
{
	const struct incidents_losses incidents = incidents_losses(control->incidents);

	loss(losses, "incidents-unopened", incidents.unopened,
	     "incidents for which there was no room: max-active is too small");
	loss(losses, "incidents-displaced", incidents.displaced,
	     "incidents that were closed early to make room for others: max-active is too small");
	loss(losses, "incidents-unwritten", incidents.unwritten,
	     "closed incidents that the database did not take in time");
	loss(losses, "hosts-uncontained", responder_lost(control->responder),
	     "infected hosts that were not contained: too many are");
}

json_t *health_losses(const struct control *control)
{
	struct event_file_losses file = event_file_losses(control->event_file);
	struct names_losses names = names_losses(control->names);
	struct crowd_losses server = server_losses(control->server);
	json_t *losses = json_array();

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
	return losses;
}
