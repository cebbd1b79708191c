/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel holds: names of what is in the table, counters, elements. */
#ifndef EDGE25_RULES_DUMP_H
#define EDGE25_RULES_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/names.h"
#include "rules/netlink.h"

struct name_list {
	char (*names)[RULES_NAME_MAX];
	size_t count;
};

bool name_list_has(const struct name_list *list, const char *name);
int name_list_add(struct name_list *list, const char *name);

struct inventory {
	bool table;
	uint32_t flags; /* NFT_TABLE_F_* */
	uint32_t owner; /* netlink port of the owner, 0: none */
	struct name_list chains;
	struct name_list sets; /* anonymous ones left out */
	struct name_list counters;
	struct name_list limits;
};

/* Names in table inet edge25; table is false, and the lists empty, where there is none. */
int inventory_read(struct netlink *netlink, struct inventory *inventory);
void inventory_release(struct inventory *inventory);

/*
 * Named counters of the table. Here and below @restart is called before all comes anew from the
 * first, because something changed while it was read. A negative result of @each ends the dump.
 */
typedef int dump_counter_fn(const char *name, uint64_t packets, uint64_t bytes, void *arg);
int dump_counters(struct netlink *netlink, dump_counter_fn *each, netlink_restart_fn *restart,
		  void *arg);

/* Elements of a set: key, and the packets of its counter (0 without one). */
/* @data: four bytes of a map to values, else 0. */
typedef int dump_element_fn(const uint8_t *key, size_t length, uint32_t data, uint64_t packets,
			    void *arg);
int dump_elements(struct netlink *netlink, const char *set, dump_element_fn *each,
		  netlink_restart_fn *restart, void *arg);

/* Is this, or NULL, the name of our table? */
bool dump_ours(const char *table);

struct nlattr;
#define DUMP_REQUEST_MAX 512 /* bytes: names, and the key of one element */

/* A request to nf_tables for the elements of a set; those that are asked for follow, if not all are. */
struct nlmsghdr *dump_elements_request(char buffer[DUMP_REQUEST_MAX], const char *set,
				       uint16_t flags);

/*
 * Once through all that table inet edge25 has of one sort: @type NFT_MSG_GETTABLE (of every table),
 * GETCHAIN, GETSET, GETOBJ, GETRULE (of the chain @of, or NULL: of all), or GETSETELEM of the set @of
 * (else NULL). -EINTR: something changed.
 */
int dump_part(struct netlink *netlink, uint16_t type, const char *of, netlink_message_fn *each,
	      void *arg);
/* The number of the last transaction in this network namespace. */
int dump_generation(struct netlink *netlink, uint32_t *generation);

#endif
