/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a host is taken for, in the order of how bad it is. */
#ifndef EDGE25_CONTROL_HOST_CLASS_H
#define EDGE25_CONTROL_HOST_CLASS_H

enum host_class {
	CLASS_CLEAN, /* nothing speaks against it: not that nothing is wrong with it */
	CLASS_MISCONFIGURED,
	CLASS_SUSPECT,
	CLASS_INFECTED,
	HOST_CLASSES
};

/*
 * What the silence of port 25 means, for whoever reads a status: a host without attempts is not
 * therefore clean.
 */
extern const char host_class_silence[];

/* Their words in this order, NULL at the end. */
extern const char *const class_words[];
/* "clean", ... NULL out of range. */
const char *host_class_word(unsigned class);
/* The class, or -1 for a word that is none. */
int host_class_value(const char *word);

#endif
