/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policies: what happens to port 25 from the sources of a range; words, values and the decision. */
#ifndef EDGE25_POLICY_H
#define EDGE25_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "mark.h"
#include "packet.h"

#define POLICY_NAME_MAX 32 /* with NUL; a letter, then letters, digits, '_' (an nft identifier) */
#define POLICIES_MAX MARK_POLICIES
#define POLICY_HOST_PREFIX6_MIN 48
#define POLICY_HOST_PREFIX6_MAX 64
#define POLICY_PACE_MAX 100000
#define POLICY_BURST_MAX 1000000
#define POLICY_BURST_TIME_MAX 3600 /* seconds */

enum policy_mode { MODE_NONE = 0, MODE_BLOCK, MODE_MONITOR, MODE_GUARD };
enum policy_deny { DENY_NONE = 0, DENY_DROP, DENY_TCP_RESET, DENY_ADMIN_PROHIBITED };
enum policy_safe { SAFE_REFUSE = 1, SAFE_PASS };

struct policy {
	char name[POLICY_NAME_MAX];
	uint8_t number;       /* 0..POLICIES_MAX-1, kept across reloads */
	uint8_t mode;         /* enum policy_mode */
	uint8_t deny;         /* enum policy_deny */
	uint8_t unanswered;   /* enum policy_safe: what the kernel does when nobody answers */
	uint8_t host_prefix6; /* 48..64: how much of an IPv6 address is one subscriber */
	uint8_t reserved[7];
	uint32_t pace;       /* questions a second and source at most; 0: no bound */
	uint32_t burst;      /* guard: new destinations of a host in burst_time; 0: no bound */
	uint32_t burst_time; /* seconds */
};

/* The words of the configuration, by these values: none for 0, NULL behind the last. */
extern const char *const policy_mode_words[], *const policy_deny_words[], *const policy_safe_words[];
/* One of them; NULL for a value out of range. */
const char *policy_mode_word(unsigned mode);
const char *policy_deny_word(unsigned deny);
const char *policy_safe_word(unsigned safe);
/* The value, or 0 for a word that is not one. */
enum policy_mode policy_mode_value(const char *word);
enum policy_deny policy_deny_value(const char *word);
enum policy_safe policy_safe_value(const char *word);
/* Is @name fit to be a policy's name? */
bool policy_name_valid(const char *name);
/* Can its answer to a question be to refuse (block, guard), to let pass (monitor, guard)? */
bool policy_may_refuse(const struct policy *policy);
bool policy_may_pass(const struct policy *policy);
/* Known values in every field, a valid name, unused bytes 0; a policy that refuses says how. */
bool policy_valid(const struct policy *policy);

/* An IPv4 address, or a prefix of IPv6 as long as a policy may have it; no bits behind that. */
bool policy_is_host(const struct prefix *prefix);

/* Immutable once published to the queue threads. */
struct policy_snapshot {
	uint32_t mask;                        /* our bits of the mark */
	struct policy policies[POLICIES_MAX]; /* by number; mode MODE_NONE where there is none */
};

/*
 * The action for a packet that carries @question in its mark. MARK_QUESTION means: leave it as it
 * is, the kernel gives the policy's safe answer (unknown policy, packet that cannot be parsed). Of a
 * guard policy it is to pass: whom its burst refuses is for whoever counts to say.
 */
enum mark_action policy_decide(const struct policy_snapshot *snapshot, struct mark question,
			       enum packet_reason reason);

#endif
