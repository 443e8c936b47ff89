/* SPDX-License-Identifier: Apache-2.0
 *
 * spool_dir.h -- where the journal lies.  Shell.
 */
#ifndef MEWS_SPOOL_DIR_H
#define MEWS_SPOOL_DIR_H

#include <stddef.h>

#include "jail.h"

/* SETTING if it is not empty; else the standard one for the standard run directory, and for another
 * the one in it.  -ENAMETOOLONG. */
int spool_dir_choose(const char *setting, const char *run_dir, char *ret, size_t cap);

/* Make DIR, and what is above it, for WHO, if it is not there: with privilege, if there is any.
 * Negative errno: it may not be usable, which shows when it is used. */
int spool_dir_make(const char *dir, struct jail_identity who);

#endif
