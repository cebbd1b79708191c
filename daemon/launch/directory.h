/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The directories of edge25, made and given to their user by root.
 *
 * Root works in directories that another user owns, so nothing here follows a symbolic link in the
 * last component, and nothing that already belongs to somebody changes hands.
 */
#ifndef EDGE25_DIRECTORY_H
#define EDGE25_DIRECTORY_H

#include <sys/types.h>

#include "account.h"

/*
 * Makes @path (not its parents) with @mode and @owner, or takes what is there: a directory of
 * @owner as it is, an empty one of root's by giving it to @owner. Anything else is refused.
 * Returns a descriptor of it, close-on-exec, or -errno, logged with the @key of the configuration.
 */
int directory_prepare(const char *key, const char *path, mode_t mode, const struct account *owner);

#endif
