/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Elements of sets and maps, streamed into a batch: a million of them go by without an allocation
 * each, which is why libnftnl's element objects are not used here.
 * Source: net/netfilter/nf_tables_api.c (nft_set_elem_policy).
 */
#ifndef EDGE25_RULES_ELEMENTS_H
#define EDGE25_RULES_ELEMENTS_H

#include <stddef.h>
#include <stdint.h>

#include "rules/batch.h"

struct element {
	const void *key;
	size_t key_length;
	const void *key_end; /* concatenated intervals: the last key; NULL otherwise */
	uint32_t flags;      /* NFT_SET_ELEM_INTERVAL_END or 0 */
	uint64_t timeout;    /* ms; 0: the set's own, or none */
	const char *chain;   /* verdict maps: goto this chain */
	const char *comment; /* at most 120 bytes; NULL: none */
};

/* The interval before, as it stands in its message: one of the same kind differs by its two keys. */
struct elements_pattern {
	const char *chain;
	size_t key_length;
	size_t first, after; /* where its keys are */
	size_t length;       /* 0: there is none */
	uint8_t bytes[256];
};

struct elements {
	struct batch *batch;
	uint16_t type;
	uint16_t flags;
	const char *set;
	struct nlmsghdr *message; /* NULL: none is open */
	struct nlattr *list;
	struct elements_pattern pattern;
};

/*
 * @type NFT_MSG_NEWSETELEM, NFT_MSG_DELSETELEM or MESSAGE_DESTROY_ELEMENTS. @set, and the names of chains,
 * must live and stay as they are until elements_close().
 */
void elements_open(struct elements *elements, struct batch *batch, uint16_t type, uint16_t flags,
		   const char *set);
void elements_add(struct elements *elements, const struct element *element);
void elements_close(struct elements *elements);

/*
 * An interval is two elements: its first key (element->key), and where it has ended. Both are in one
 * message, one behind the other: kernel 7.0 takes an end for that of the start before it.
 */
void elements_add_interval(struct elements *elements, struct element element, const uint8_t *last);

/* Kernel 6.3 and later; not in older headers. Deleting what is not there is no error. */
#define MESSAGE_DESTROY_ELEMENTS 30 /* NFT_MSG_DESTROYSETELEM */
#define MESSAGE_DESTROY_TABLE 26    /* NFT_MSG_DESTROYTABLE */

#endif
