/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words that the rules are written in. Each appends to a rule what nft itself would, so that
 * nft lists it; nothing here uses two registers that a nft of 1.0.6 would not read back.
 * Keys are built in register 1, a mark that is worked on as well.
 */
#ifndef EDGE25_RULES_EXPR_H
#define EDGE25_RULES_EXPR_H

#include <stdbool.h>
#include <stdint.h>

#include "common/addr.h"

struct nftnl_rule;

struct nftnl_rule *rule_new(const char *chain, const char *comment);

/* Matches. */
void rule_family(struct nftnl_rule *rule, enum family family);
void rule_tcp(struct nftnl_rule *rule);
void rule_tcp_port(struct nftnl_rule *rule, uint16_t port);
/* The same, of a family, whose match it leaves for keys: rule_key_again(). */
void rule_family_tcp_port(struct nftnl_rule *rule, enum family family, uint16_t port);
/*
 * Of whatever protocol: the two bytes where TCP has its port. Quicker than to ask for TCP first, and
 * enough where something else asks.
 */
enum rule_port { PORT_SOURCE, PORT_DESTINATION };
void rule_port(struct nftnl_rule *rule, enum rule_port which, uint16_t port, bool equal);
/* destination port & mask != value; both ports are read, for the kernel is quick with four bytes. */
void rule_port_not(struct nftnl_rule *rule, uint16_t mask, uint16_t value);
/* PSH and ACK, neither SYN nor RST: data on a connection that both ends have agreed to. */
void rule_talks(struct nftnl_rule *rule);
/* SYN and none of FIN, RST, ACK; or anything else whose flags can be read. */
void rule_opening(struct nftnl_rule *rule, bool opening);
/* As rule_opening(), for chains that many meet: in four bytes, TCP asked for last. */
void rule_opens(struct nftnl_rule *rule);
void rule_not_reset(struct nftnl_rule *rule);
/* meta mark & mask == (or !=) value */
void rule_mark(struct nftnl_rule *rule, uint32_t mask, uint32_t value, bool equal);
/* It came in by this interface, or one that the pattern matches. */
void rule_interface(struct nftnl_rule *rule, const char *pattern);
/* The packet is for this machine itself. */
void rule_local(struct nftnl_rule *rule);
/* The source chose the packet's way: an option of IPv4, or a header of IPv6. */
enum chosen_route { ROUTE_LOOSE, ROUTE_STRICT, ROUTE_HEADER };
void rule_chosen_route(struct nftnl_rule *rule, enum chosen_route kind);
/*
 * The packet comes from a VRF. There is no opposite: a network card has no kind, and the kernel lets
 * every comparison of it fail.
 */
void rule_vrf(struct nftnl_rule *rule);
/* A route leads back to the source by the interface that the packet came in by; or none does. */
void rule_source_routed(struct nftnl_rule *rule, bool routed);
/* An IPv6 fragment that begins its packet; a packet whose port can be read. */
void rule_first_fragment(struct nftnl_rule *rule);
void rule_has_port(struct nftnl_rule *rule);
/* Tokens of the named limit are left. */
void rule_limit(struct nftnl_rule *rule, const char *name);

/* Keys, with the family's match before them. */
enum rule_key {
	KEY_SOURCE,
	KEY_SOURCE_SUBSCRIBER,
	KEY_DESTINATION,
	KEY_PAIR,
	KEY_PAIR_SUBSCRIBER,
	KEY_PAIR_BACK
};
/*
 * SUBSCRIBER: an IPv6 source is cut to its /64. BACK: the same pair, of a packet that goes the other
 * way.
 */
void rule_key(struct nftnl_rule *rule, enum family family, enum rule_key key);
/* An IPv6 source, cut to its prefix of @length. */
void rule_key_host6(struct nftnl_rule *rule, unsigned length);
/* As those two, behind another key of the family. */
void rule_key_again(struct nftnl_rule *rule, enum family family, enum rule_key key);
void rule_key_host6_again(struct nftnl_rule *rule, unsigned length);
void rule_key_interface(struct nftnl_rule *rule);
void rule_key_protocol(struct nftnl_rule *rule);
void rule_key_mark(struct nftnl_rule *rule, uint32_t mask);

/* What is done with a key. */
void rule_lookup(struct nftnl_rule *rule, const char *set);
void rule_lookup_not(struct nftnl_rule *rule, const char *set);
void rule_verdict_map(struct nftnl_rule *rule, const char *map);
void rule_mark_map(struct nftnl_rule *rule, const char *map); /* meta mark set KEY map */
/*
 * The element of an address, in a map to 32 bits: made when it is not there, with a random value that
 * it keeps for life; refreshed when it is.
 */
void rule_update_born(struct nftnl_rule *rule, const char *map);
/* The same, with the packet's sequence number for the value, where it is there but for a mishap. */
void rule_update_known(struct nftnl_rule *rule, const char *map);
/* Goes on while the key's own limit of @rate a second has tokens left. */
void rule_update_limit(struct nftnl_rule *rule, const char *set, uint32_t rate);
void rule_add(struct nftnl_rule *rule, const char *set);
/* Made when it is not there, refreshed when it is. */
void rule_update(struct nftnl_rule *rule, const char *set);
void rule_add_mark(struct nftnl_rule *rule, enum family family, const char *map, uint32_t mark);

/* Statements. */
void rule_counter(struct nftnl_rule *rule, const char *name);
void rule_set_mark(struct nftnl_rule *rule, uint32_t keep, uint32_t set);
void rule_accept(struct nftnl_rule *rule);
void rule_drop(struct nftnl_rule *rule);
void rule_goto(struct nftnl_rule *rule, const char *chain);
void rule_jump(struct nftnl_rule *rule, const char *chain);
void rule_return(struct nftnl_rule *rule);
void rule_reset(struct nftnl_rule *rule);
void rule_unreachable(struct nftnl_rule *rule); /* administratively prohibited, either family */
/* To queues first .. first + count - 1 by flow; past nobody it goes on to the next hook. */
void rule_queue(struct nftnl_rule *rule, uint16_t first, uint16_t count, bool native);

#endif
