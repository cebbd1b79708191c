/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The chain that every packet meets. */
#include "rules/writer.h"

/* The ports that are looked at. */
static const struct {
	uint16_t port;
	const char *chain;
} ports[] = {
	{PORT_SMTP, CHAIN_SMTP},
	{PORT_SUBMISSIONS, CHAIN_SUBMISSION},
	{PORT_SUBMISSION, CHAIN_SUBMISSION},
};

#define PORTS (sizeof(ports) / sizeof(ports[0]))

/*
 * What differs from the ports in a bit that all of them have alike is none of them: no look-up in a
 * set is as quick. Packets without a port go on, and so do tunnels, which have something else there.
 * @talks: what comes from port 25 goes on as well.
 */
static void write_leave(struct writer *writer, bool talks, const char *comment)
{
	struct nftnl_rule *rule = rule_new(CHAIN_SCREEN, comment);
	uint16_t alike = UINT16_MAX;

	for (size_t i = 1; i < PORTS; i++)
		alike &= (uint16_t) ~(ports[0].port ^ ports[i].port);
	if (writer->input->plan->header->settings.refuse_tunnels)
		rule_tcp(rule);
	if (talks)
		rule_port(rule, PORT_SOURCE, PORT_SMTP, false);
	rule_port_not(rule, alike, ports[0].port & alike);
	rule_accept(rule);
	writer_put(writer, rule);
}

static void write_talk(struct writer *writer)
{
	struct nftnl_rule *rule = rule_new(CHAIN_SCREEN, NULL);

	rule_port(rule, PORT_SOURCE, PORT_SMTP, true);
	rule_port(rule, PORT_DESTINATION, PORT_SMTP, false);
	rule_talks(rule);
	rule_goto(rule, CHAIN_HANDSHAKE);
	writer_put(writer, rule);
}

/* One rule lets everything else go: each rule more is felt by all traffic. */
static void write_others(struct writer *writer)
{
	static const char most[] = "almost everything else leaves here";

	if (!handshakes_needed(writer->input->plan)) {
		write_leave(writer, false, most);
		return;
	}
	write_leave(writer, true, most);
	write_talk(writer);
	write_leave(writer, false, "and so does what else comes from port 25");
}

bool writer_flood_met(const struct writer *writer, enum family family)
{
	const struct plan *plan = writer->input->plan;

	return plan_only_blocking(plan) && !plan->header->settings.check_sources &&
	       (family == FAMILY_IPV4 || (!writer->input->allow_fine && !writer->fine));
}

/*
 * What almost every packet of a flood meets, in one rule: its pair was refused before, and it is
 * counted for its host. Where the tally is full it goes on to chain smtp, where the pair is asked for
 * again. Who is remembered was counted then, and what is kept longer than that is still there: no birth
 * mark is made up for it, which would cost a twentieth of the packet.
 */
static void write_flood(struct writer *writer)
{
	const struct plan_settings *settings = &writer->input->plan->header->settings;
	const struct policy *only = plan_only_blocking(writer->input->plan);
	char name[RULES_NAME_MAX];

	for (size_t family = 0; family < FAMILIES; family++) {
		struct nftnl_rule *rule;

		if (!writer_flood_met(writer, families[family]))
			continue;
		rule = rule_new(CHAIN_SCREEN, "refused before");
		rule_family_tcp_port(rule, families[family], PORT_SMTP);
		rule_key_again(rule, families[family], KEY_PAIR_SUBSCRIBER);
		rule_lookup(rule, writer_set(writer, SET_REFUSED4 + family, name));
		rule_key_again(rule, families[family], KEY_SOURCE_SUBSCRIBER);
		writer_set(writer, SET_TALLY_REFUSED4 + family, name);
		if (settings->refused_timeout < settings->tally_timeout)
			rule_update_known(rule, name);
		else
			rule_update_born(rule, name);
		writer_refuse_counted(writer, rule, only);
	}
}

static void write_ports(struct writer *writer)
{
	for (size_t i = 0; i < PORTS; i++) {
		struct nftnl_rule *rule = rule_new(CHAIN_SCREEN, NULL);

		rule_tcp_port(rule, ports[i].port);
		rule_goto(rule, ports[i].chain);
		writer_put(writer, rule);
	}
}

void write_screen(struct writer *writer)
{
	const struct plan_settings *settings = &writer->input->plan->header->settings;
	struct nftnl_rule *rule;
	char set[RULES_NAME_MAX];

	write_others(writer);
	write_flood(writer);
	write_ports(writer);
	if (settings->refuse_headless) {
		rule = rule_new(CHAIN_SCREEN, NULL);
		rule_first_fragment(rule);
		rule_goto(rule, CHAIN_HEADLESS);
		writer_put(writer, rule);
	}
	if (settings->refuse_tunnels) {
		rule = rule_new(CHAIN_SCREEN, NULL);
		rule_key_protocol(rule);
		rule_verdict_map(rule, writer_set(writer, SET_PROTOCOLS, set));
		writer_put(writer, rule);
	}
}
