/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EDGE25_RULES_MEMORY_H
#define EDGE25_RULES_MEMORY_H

/*
 * Returns @object; ends the process if it is NULL. For the hundreds of small objects of libnftnl
 * that a batch is written from: none is sent before all of it is written, so the kernel's table stays
 * as it was, and whoever supervises the engine starts another one. libev does the same.
 */
void *memory_needed(void *object);
/* The same for what libnftnl copies a name by: -1 ends the process. A table without its name would
 * mean every table. */
void memory_taken(int result);

#endif
