// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/hosts/host_class.h"

#include <stddef.h>
#include <string.h>

const char *const class_words[] = {
	[CLASS_CLEAN] = "clean",
	[CLASS_MISCONFIGURED] = "misconfigured",
	[CLASS_SUSPECT] = "suspect",
	[CLASS_INFECTED] = "infected",
	NULL,
};

const char host_class_silence[] =
	"A host that does not try port 25 is not therefore clean: edge25 sees attempts to port 25 and "
	"nothing else. Malware that sends by a stolen password (587, 465), by web mail or not at all "
	"is silent here.";

const char *host_class_word(unsigned class)
{
	return class < HOST_CLASSES ? class_words[class] : NULL;
}

int host_class_value(const char *word)
{
	for (int class = 0; class < HOST_CLASSES; class ++)
		if (strcmp(class_words[class], word) == 0)
			return class;
	return -1;
}
