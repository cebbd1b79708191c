/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What rules do with one packet, worked out outside of the kernel: the opening of a connection to
 * port 25 goes from chain to chain as in net/netfilter/nf_tables_core.c. Only what rules are written
 * with here is known (rules/expr.h); of anything else it says that it cannot follow.
 * Limits are taken to have tokens left, and sets that packets fill to have room.
 */
#ifndef EDGE25_RULES_MACHINE_H
#define EDGE25_RULES_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/interface.h"
#include "rules/names.h"

struct nftnl_rule;

struct machine_packet {
	struct addr source;
	struct addr destination;       /* family 0: one that no set has */
	char interface[INTERFACE_MAX]; /* by which it came in; "": one that no rule names */
	uint32_t mark;
};

/* An element of a set, or of a map. */
struct machine_element {
	uint8_t data[16]; /* of a map to values */
	size_t data_length;
	int32_t verdict; /* of a map to verdicts; 0: of none */
	char chain[RULES_NAME_MAX];
};

/* Rules of a chain, in their order; they stay the machine's until it is done. */
struct machine_chain {
	struct nftnl_rule *const *rules;
	size_t count;
};

/* Where rules, elements and routes come from. */
struct machine_world {
	/* 0, -ENOENT or another error */
	int (*chain)(void *arg, const char *name, struct machine_chain *chain);
	int (*find)(void *arg, const char *set, const void *key, size_t length,
		    struct machine_element *element);
	/* Is an address this machine's own? Does a route lead back to the packet's source? */
	bool (*local)(void *arg, const struct addr *address);
	bool (*routed)(void *arg, const struct machine_packet *packet);
	/* The packet is in this chain now. */
	void (*entered)(void *arg, const char *chain);
	void *arg;
};

enum machine_end {
	MACHINE_ACCEPTED,
	MACHINE_DROPPED,
	MACHINE_RESET,
	MACHINE_UNREACHABLE,
	MACHINE_QUEUED
};

struct machine_result {
	enum machine_end end;
	char chain[RULES_NAME_MAX]; /* where it ended, and by which rule, from 1; 0: by none of them */
	uint32_t rule;
	char why[96]; /* on an error: what it could not follow */
};

/*
 * Sends @packet through base chain @chain, whose policy is to accept or not; its mark is as the rules
 * leave it. 0, -EOPNOTSUPP (see why), -ELOOP, or what the world said.
 */
int machine_run(const struct machine_world *world, struct machine_packet *packet, const char *chain,
		bool accepts, struct machine_result *result);

#endif
