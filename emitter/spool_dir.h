/* SPDX-License-Identifier: Apache-2.0
 *
 * spool_dir.h -- where the journal lies.  Shell.
 */
#ifndef MEWS_SPOOL_DIR_H
#define MEWS_SPOOL_DIR_H

#include <limits.h>

#include "jail.h"

/* SETTING if it is not empty; else the standard one for the standard run directory, and for another
 * the one in it.  -ENAMETOOLONG. */
int spool_dir_choose(const char *setting, const char *run_dir, char ret[PATH_MAX]);

/* Make DIR, and what is above it, for WHO, if it is not there: with privilege, if there is any.  A
 * link is followed here, DIR is what it leads to, and whoever opens that need follow none.  But in
 * RUN_DIR others may make links and directories, too: -ENOTDIR, it is no directory itself; -EPERM, it
 * is neither root's nor WHO's.  Other negative errno: it may not be usable, which shows when it is
 * used. */
int spool_dir_make(char dir[PATH_MAX], const char *run_dir, struct jail_identity who);

#endif
