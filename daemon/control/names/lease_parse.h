/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parsers of the files that names come from: bytes in, entries out. A host name in a lease is its
 * client's text, so nothing in these files is believed to be well-formed; what cannot be read is
 * counted (name_table_misread()) and left out. A last line without its end is one that is being
 * written, and is left out too, but for label files.
 */
#ifndef EDGE25_CONTROL_LEASE_PARSE_H
#define EDGE25_CONTROL_LEASE_PARSE_H

#include "control/names/name_table.h"

typedef void lease_parser(struct name_table *table, const char *text, size_t size);

/*
 * dnsmasq's dhcp-leasefile, a line a lease: "END MAC ADDR NAME CLIENT-ID", and after a line "duid"
 * for IPv6 "END IAID ADDR NAME DUID". END: seconds since 1970, 0: never; NAME: "*" for none
 * (dnsmasq-discuss, "dnsmasq leases file format specification"). Where dnsmasq was built without
 * a clock that can be relied on (HAVE_BROKEN_RTC), END is a duration: then no end is known.
 */
lease_parser lease_dnsmasq;

/*
 * odhcpd's leasefile: "# INTERFACE MAC ipv4 NAME END ADDR-HEX 32 ADDR/32" and
 * "# INTERFACE DUID IAID NAME END ID LENGTH PREFIX..." (OpenWrt, odhcpd's statefiles.c), as written
 * before November 2025 (lines of a hosts file in between, the MAC as twelve digits, names as they
 * came) and since (neither of the first two; what is no letter or digit in a name as \xNN). END:
 * seconds since 1970, -1: never; NAME: "-" for none, after "broken\x20" where it is no host name.
 */
lease_parser lease_odhcpd;

/*
 * ISC dhcpd's dhcpd.leases and dhcpd6.leases, dhcpd.leases(5): a journal of declarations, the last
 * of an address counts.
 */
lease_parser lease_isc;

/*
 * Kea's kea-leases4.csv and kea-leases6.csv ("Memfile", Kea Administrator Reference Manual): a
 * journal of rows, the last of an address counts. Columns are found by the names in the first row.
 */
lease_parser lease_kea;

/*
 * "ADDR LABEL" or "PREFIX LABEL" a line: a label is all that follows but blanks at its end. A '#'
 * begins a comment at the start of a line or after a blank.
 */
lease_parser label_file;

/* --- what they share --- */

/* A part of a text. */
struct piece {
	const char *text;
	size_t length;
};

/* Cuts the next line off @rest, without its end; false: none is left that has one. */
bool piece_line(struct piece *rest, struct piece *line);
/* Cuts the next word off @rest, at blanks; false: there is none. */
bool piece_word(struct piece *rest, struct piece *word);
/* The last one likewise. */
bool piece_last_word(struct piece *rest, struct piece *word);
/* Without the blanks around it. */
void piece_trim(struct piece *piece);
bool piece_is(const struct piece *piece, const char *text);

/* 0 or -EINVAL: the whole piece must be one. An address is a prefix of full length. */
int piece_prefix(const struct piece *piece, struct prefix *prefix);
/* Decimal, with a sign or without. */
int piece_number(const struct piece *piece, int64_t *number);
/* Six bytes in hex, one or two digits each, between colons; or twelve digits. */
int piece_mac(const struct piece *piece, uint8_t mac[6]);
/*
 * Bytes in hex, with colons between them or without, as many as fit @size; how many there are, or
 * -EINVAL.
 */
int piece_hex(const struct piece *piece, uint8_t *bytes, size_t size);

/* The MAC address in a DUID of kind 1 or 3 with Ethernet (RFC 8415, sections 11.2 and 11.4). */
bool duid_mac(const uint8_t *duid, size_t size, uint8_t mac[6]);
/* What a hex digit stands for, or -1. */
int hex_value(char c);

#endif
