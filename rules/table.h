/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table inet edge25 as a whole: installed, adopted, changed, read and taken away, each change in
 * the order in which no packet slips by (ARCHITECTURE.md, and the measured table of the kernel
 * contract). One of it, with one netlink socket, for the life of the process.
 */
#ifndef EDGE25_RULES_TABLE_H
#define EDGE25_RULES_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/message.h"
#include "common/plan.h"
#include "rules/dump.h"

struct table;

/* What a person reads; error is 0 or -errno. */
struct table_error {
	int error;
	char text[200];
};

/* Opens the socket and asks the kernel what it can do (without changing anything). */
int table_open(struct table **table, struct table_error *error);
void table_close(struct table *table);

/* MESSAGE_NATIVE_QUEUE, MESSAGE_OWNER, MESSAGE_DESTROY: what this kernel has. */
uint32_t table_features(const struct table *table);
/* The epoch in force, 0..3. */
unsigned table_epoch(const struct table *table);
/* How often the table was gone, with its counters, and was made anew. */
uint64_t table_lost(const struct table *table);

/*
 * Makes the kernel do what @plan says. The first time it makes the table or adopts the one that is
 * there. Afterwards only what differs from the last plan changes; *changed says whether anything
 * did. @plan must stay where it is until the next plan was applied or the table is closed.
 * On an error the kernel goes on with the last plan. @now: CLOCK_BOOTTIME, ms.
 */
int table_apply(struct table *table, const struct plan *plan, uint64_t now, bool *changed,
		struct table_error *error);

/*
 * Adds and deletes exact allow elements; when it returns 0 they hold for every packet, also for
 * one that was on its way to user space, and no remembered refusal contradicts them.
 */
int table_change(struct table *table, const struct message_change *changes, size_t count,
		 uint64_t now, struct table_error *error);

/*
 * After a change an answer to refuse makes the kernel ask the allow entries again, for its question may
 * be older. When every question from before the change is answered, table_settle() ends that. The
 * kernel goes on as it did when it fails.
 */
bool table_unsettled(const struct table *table);
int table_settle(struct table *table, struct table_error *error);

/*
 * Where the table is not owned (the kernel cannot, or the plan says so) other programs can change
 * it. The descriptor becomes readable when somebody did; -1: owned, or nothing installed yet. It
 * may change with each table_apply().
 */
int table_watch_fd(const struct table *table);

struct table_intruder {
	uint32_t pid;  /* 0: not known */
	char name[17]; /* "" or the process's name, as the kernel has it (comm) */
};

/* Reads what the descriptor tells. True: another program changed the table. */
bool table_watch(struct table *table, struct table_intruder *intruder);

/*
 * Puts everything back as it was. Where nothing is left of the table, a rule that refuses port 25
 * from the prefixes and interfaces of block policies comes first, in a batch of its own: a million
 * prefixes take seconds. @anew: whatever is there is deleted in the same batch; what it counted goes
 * with it.
 */
int table_repair(struct table *table, bool anew, uint64_t now, struct table_error *error);

/*
 * The table's named counters, and the packets counted by host, as records for a message. The caller
 * frees *out with free().
 */
int table_read_counters(struct table *table, struct message_counter **out, size_t *count);
int table_read_tallies(struct table *table, struct message_tally **out, size_t *count);

/* Waits until every packet that is among the rules has left them (an RCU grace period). */
void table_grace_period(void);

/*
 * Allow elements count from 0 when they are made. All that are there were made since their birth; those
 * that went since the last call, or were made anew, are told with their last counts. The caller
 * frees *out with free().
 */
uint32_t table_birth(const struct table *table);
void table_ended(struct table *table, struct message_use **out, size_t *count);

/* Takes the table away. -ENOENT: there is none. -EPERM: another process owns it. */
int table_remove(struct table *table, struct table_error *error);

#endif
