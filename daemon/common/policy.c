/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy.h"

#include <stddef.h>
#include <string.h>

_Static_assert(sizeof(struct policy) == 56, "travels in plans");

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *const policy_mode_words[] = {NULL, "block", "monitor", "guard", NULL};
const char *const policy_deny_words[] = {NULL, "drop", "tcp-reset", "admin-prohibited", NULL};
const char *const policy_safe_words[] = {NULL, "refuse", "pass", NULL};

/* The index of @word, 0 when it is none of them. */
static unsigned find_word(const char *const *words, const char *word)
{
	for (unsigned i = 1; words[i]; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return 0;
}

const char *policy_mode_word(unsigned mode)
{
	return mode < COUNT(policy_mode_words) ? policy_mode_words[mode] : NULL;
}

const char *policy_deny_word(unsigned deny)
{
	return deny < COUNT(policy_deny_words) ? policy_deny_words[deny] : NULL;
}

const char *policy_safe_word(unsigned safe)
{
	return safe < COUNT(policy_safe_words) ? policy_safe_words[safe] : NULL;
}

enum policy_mode policy_mode_value(const char *word)
{
	return (enum policy_mode)find_word(policy_mode_words, word);
}

enum policy_deny policy_deny_value(const char *word)
{
	return (enum policy_deny)find_word(policy_deny_words, word);
}

enum policy_safe policy_safe_value(const char *word)
{
	return (enum policy_safe)find_word(policy_safe_words, word);
}

/* Not isalpha(3): the locale has no say in what nft takes as an identifier. */
static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool policy_name_valid(const char *name)
{
	size_t length = strnlen(name, POLICY_NAME_MAX);

	if (length == POLICY_NAME_MAX || !is_letter(name[0]))
		return false;
	for (size_t i = 1; i < length; i++)
		if (!is_letter(name[i]) && !is_digit(name[i]) && name[i] != '_')
			return false;
	return true;
}

bool policy_may_refuse(const struct policy *policy)
{
	return policy->mode == MODE_BLOCK || policy->mode == MODE_GUARD;
}

bool policy_may_pass(const struct policy *policy)
{
	return policy->mode == MODE_MONITOR || policy->mode == MODE_GUARD;
}

/* Whatever can come to refuse: the mode, or the safe answer of a mode that does not. */
static bool refuses(const struct policy *policy)
{
	return policy_may_refuse(policy) || policy->unanswered == SAFE_REFUSE;
}

static bool burst_valid(const struct policy *policy)
{
	return policy->burst <= POLICY_BURST_MAX && policy->burst_time <= POLICY_BURST_TIME_MAX &&
	       (policy->mode != MODE_GUARD || policy->burst_time > 0);
}

static bool all_zero(const void *bytes, size_t length)
{
	const unsigned char *byte = bytes;

	while (length > 0)
		if (byte[--length])
			return false;
	return true;
}

bool policy_valid(const struct policy *policy)
{
	size_t length = strnlen(policy->name, sizeof(policy->name));

	return policy_name_valid(policy->name) &&
	       all_zero(policy->name + length, sizeof(policy->name) - length) &&
	       policy->number < POLICIES_MAX && policy_mode_word(policy->mode) &&
	       (policy_deny_word(policy->deny) ||
		(policy->deny == DENY_NONE && !refuses(policy))) &&
	       policy_safe_word(policy->unanswered) &&
	       policy->host_prefix6 >= POLICY_HOST_PREFIX6_MIN &&
	       policy->host_prefix6 <= POLICY_HOST_PREFIX6_MAX && policy->pace <= POLICY_PACE_MAX &&
	       burst_valid(policy) && all_zero(policy->reserved, sizeof(policy->reserved));
}

bool policy_is_host(const struct prefix *prefix)
{
	const bool six = prefix->addr.family == FAMILY_IPV6;
	struct prefix whole;

	if (!addr_size(prefix->addr.family) ||
	    prefix->length < (six ? POLICY_HOST_PREFIX6_MIN : 32) ||
	    prefix->length > (six ? POLICY_HOST_PREFIX6_MAX : 32))
		return false;
	whole = prefix_of(&prefix->addr, prefix->length);
	return prefix_equal(&whole, prefix);
}

enum mark_action policy_decide(const struct policy_snapshot *snapshot, struct mark question,
			       enum packet_reason reason)
{
	if (question.action != MARK_QUESTION || question.policy >= POLICIES_MAX ||
	    reason != PACKET_OK)
		return MARK_QUESTION;
	switch (snapshot->policies[question.policy].mode) {
	case MODE_BLOCK:
		return MARK_REFUSE;
	case MODE_MONITOR:
	case MODE_GUARD:
		return MARK_PASS;
	default:
		return MARK_QUESTION;
	}
}
