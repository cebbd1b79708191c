/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose machine it is, at the time of an event: what the operator's label files, the leases of DHCP
 * servers and the kernel's neighbour table know about an address.
 *
 * Files are looked at again when somebody asks, 500 times a second at most, and every few seconds
 * anyhow. A small one that has changed is read on the spot, a larger one by a thread, and what was
 * known before counts until that is done. A file that can no longer be read keeps what it said.
 */
#ifndef EDGE25_CONTROL_NAMES_H
#define EDGE25_CONTROL_NAMES_H

#include <ev.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/addr.h"
#include "control/config/config.h"
#include "control/names/name_text.h"

struct names_found {
	/* The label, if there is one, else the host name that the machine gave itself; "": neither. */
	char name[NAME_TEXT_MAX];
	const char *source; /* of the name: "label", "dnsmasq", "odhcpd", "isc", "kea"; NULL: none */
	char host[NAME_TEXT_MAX]; /* the host name, where the name is a label; else "" */
	bool mac_known;
	uint8_t mac[6];
};

#define NAMES_MAC_TEXT_MAX 18

struct names;

/* NULL: no memory. What can be read without a thread has been read. */
struct names *names_new(struct ev_loop *loop, const struct config_settings *settings);
void names_free(struct names *names);
/* Other files: those that are named before and after keep what they said. 0 or -ENOMEM. */
int names_configure(struct names *names, const struct config_settings *settings);

/*
 * Fills in *found; true: there is a name. @mac: the six bytes that a packet came with, or NULL.
 * @now: CLOCK_REALTIME, ns. @names may be NULL: nothing is known then but @mac.
 */
bool names_find(struct names *names, const struct addr *addr, const uint8_t *mac, uint64_t now,
		struct names_found *found);
/* "02:00:5e:10:00:01", or NULL where it is not known. */
const char *names_mac_text(const struct names_found *found, char text[NAMES_MAC_TEXT_MAX]);
/* Sets "name" and "name_source", each a text or null, and "host_name" beside a label. */
void names_json(const struct names_found *found, json_t *object);

/* Reads what has changed, if it is small; finding a name does so by itself. */
void names_look(struct names *names);

/* What is wrong with file @index, for status: NULL behind the last one, "" where nothing is. */
const char *names_problem(const struct names *names, size_t index);

struct names_losses {
	uint64_t entries;    /* leases and labels beyond max-names, as the files were read last */
	uint64_t lines;      /* of lease files that were not understood, likewise */
	uint64_t neighbours; /* that had no room, since the start */
};
struct names_losses names_losses(const struct names *names);
/* {"files": [{"path", "source", "entries", "problem"}], "neighbours"} */
json_t *names_status(const struct names *names);

#endif
