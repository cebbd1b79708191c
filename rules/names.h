/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names in the kernel's table. Sets whose contents go with a plan carry a generation (0..3) at the
 * end of their name, so that a new one can be filled before the rules turn to it.
 */
#ifndef EDGE25_RULES_NAMES_H
#define EDGE25_RULES_NAMES_H

#define RULES_TABLE "edge25"
#define RULES_TABLE_COMMENT "outbound port 25 of subscribers, kept by edge25d(8)"
#define RULES_NAME_MAX 64

/* Chains that every table has; per policy: "<word>_<policy>". */
#define CHAIN_SCREEN "screen"
#define CHAIN_REMEMBER "remember"
#define CHAIN_SUBMISSION "submission"
#define CHAIN_SUBMITTED "submitted"
#define CHAIN_TALLY_SUBMISSION "tally_submission"
#define CHAIN_TRIED "tried"
/* Where some policy may let pass. */
#define CHAIN_HANDSHAKE "handshake"
#define CHAIN_TALKING "talking"
#define CHAIN_SMTP "smtp"
#define CHAIN_OWN "own"
#define CHAIN_VRF "vrf"
#define CHAIN_RANGES "ranges"
#define CHAIN_HEADLESS "headless"
#define CHAIN_TUNNEL "tunnel"
#define CHAIN_ASIDE_OWN "aside_own"
#define CHAIN_ASIDE_VRF "aside_vrf"
/* The router's own packets; the first and the last are base chains and stay once they are there. */
#define CHAIN_ROUTER "router"
#define CHAIN_ROUTER_SMTP "router_smtp"
#define CHAIN_ROUTER_REMEMBER "router_remember"
#define CHAIN_ANSWERS "answers"
#define CHAIN_ALLOWED_SOURCE "allowed_source"
#define CHAIN_ALLOWED_DESTINATION "allowed_destination"
#define CHAIN_LET_THROUGH "let_through"
/* Where there are watched entries: from each chain of block policies that asks for them. */
#define CHAIN_WATCHED "watched"
#define CHAIN_STILL_WATCHED "still_watched"
#define CHAIN_UNWATCHED "unwatched"
#define CHAIN_WATCHED_PASSING "watched_passing"
#define CHAIN_WATCHED_SPLIT "watched_split"
#define CHAIN_WATCHED_TUNNELLED "watched_tunnelled"
#define CHAIN_EMERGENCY "emergency" /* while the table is put back */

#define COUNTER_SUBMISSION "submission"
#define COUNTER_LOCAL "local"
#define COUNTER_ALLOWED "allowed"
#define COUNTER_BAD_MARK "bad_mark"
#define COUNTER_EMERGENCY "emergency"
#define COUNTER_UNREMEMBERED "unremembered"
#define COUNTER_UNPACED "unpaced"
#define COUNTER_UNTALLIED_REFUSED "untallied_refused"
#define COUNTER_UNTALLIED_PASSED "untallied_passed"
#define COUNTER_UNTALLIED_SUBMISSION "untallied_submission"
#define COUNTER_UNTRIED "untried"
#define COUNTER_HANDSHAKES "handshakes"
#define COUNTER_UNTOLD "untold"

#define LIMIT_RESETS "resets"
#define LIMIT_UNREACHABLES "unreachables"
#define LIMIT_QUESTIONS "questions"
#define LIMIT_UNTRUE "untrue"

#endif
