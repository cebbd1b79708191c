/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keyed hashes for tables of what strangers choose. */
#ifndef EDGE25_HASH_H
#define EDGE25_HASH_H

#include <stddef.h>
#include <stdint.h>

/*
 * SipHash-2-4 (Aumasson, Bernstein 2012): whoever chooses the addresses does not know the key, so
 * cannot make all of them collide.
 */
struct hash_key {
	uint64_t k0, k1;
};
uint64_t hash_bytes(const struct hash_key *key, const void *data, size_t size);

#endif
