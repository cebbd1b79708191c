/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names to addresses, by the machine's own /etc/hosts and the servers of /etc/resolv.conf, both as they
 * are at the time. Nothing here ever blocks. What an answer says is believed of addresses only, and
 * only RESOLVER_ADDRESSES_MAX of each family.
 */
#ifndef EDGE25_CONTROL_RESOLVER_H
#define EDGE25_CONTROL_RESOLVER_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "control/config/domain_name.h"

#define RESOLVER_ADDRESSES_MAX 64 /* no pool of mail servers that answers with more is known */
#define RESOLVER_ACTIVE_MAX 8 /* questions at once, of two queries each: no burst at the servers */
#define RESOLVER_WAITING_MAX 64 /* behind those */

enum resolver_outcome {
	RESOLVER_FOUND,
	RESOLVER_NONE,   /* the servers say that there is none */
	RESOLVER_FAILED, /* nobody knows */
};

/* What was said of one family. */
struct resolver_part {
	enum resolver_outcome outcome;
	bool no_such_name;   /* NONE: not of any kind */
	const char *problem; /* FAILED: in words that live on */
	uint32_t ttl;        /* seconds, the least of all records; 0 from /etc/hosts */
	size_t count;        /* FOUND: 1 to RESOLVER_ADDRESSES_MAX */
	size_t left_out;     /* that were in the answer beyond those */
	struct addr addresses[RESOLVER_ADDRESSES_MAX];
};

struct resolver_answer {
	struct resolver_part v4, v6;
};

struct resolver;
struct resolver_question;

/* Called once, never from inside resolver_ask(); @answer is NULL when the resolver ends. */
typedef void resolver_done(void *arg, const struct resolver_answer *answer);

/* NULL: no memory. */
struct resolver *resolver_new(struct ev_loop *loop);
void resolver_free(struct resolver *resolver);

/*
 * Asks for the IPv4 and IPv6 addresses of @name, as domain_name_read() writes it; @first: before all
 * who wait. NULL: no memory, or RESOLVER_WAITING_MAX wait.
 */
struct resolver_question *resolver_ask(struct resolver *resolver, const char *name, bool first,
				       resolver_done *done, void *arg);
/* Nobody wants the answer any more. */
void resolver_cancel(struct resolver_question *question);

#endif
