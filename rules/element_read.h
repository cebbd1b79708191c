/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elements of sets as they stand in messages, to the kernel or from it. */
#ifndef EDGE25_RULES_ELEMENT_READ_H
#define EDGE25_RULES_ELEMENT_READ_H

#include <stddef.h>
#include <stdint.h>

struct nlattr;
struct nlmsghdr;

/* The set's name in a message about elements of our table; NULL: it is none. */
const char *elements_set(const struct nlmsghdr *message);

/* Calls @each for each element in a message. */
typedef int element_fn(const struct nlattr *element, void *arg);
int elements_each(const struct nlmsghdr *message, element_fn *each, void *arg);

/* An element as it stands in a message. */
struct element_view {
	const uint8_t *key; /* length 0: the one for all others (NFT_SET_ELEM_CATCHALL) */
	size_t key_length;
	const uint8_t *key_end; /* NULL: none */
	size_t key_end_length;
	uint32_t flags;
	uint64_t left; /* ms until it ends; 0: it does not */
	uint32_t verdict;
	const char *chain;
	size_t chain_length;
	const uint8_t *value; /* data of a map that is no verdict */
	size_t value_length;
};

struct element_view element_read(const struct nlattr *element);
/* The packets of its counter; 0 without one. */
uint64_t element_packets(const struct nlattr *element);
/* Its comment, cut to @size; left alone where it has none. */
void element_comment(const struct nlattr *element, char *comment, size_t size);

#endif
