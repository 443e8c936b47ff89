/* SPDX-License-Identifier: Apache-2.0
 *
 * rundir.h -- the run directory: where the stages of one pipeline find each
 * other.  It is root's and group mews' with the sticky bit, so that a stage can
 * make sockets in it and replace only its own; without root it is the owner's
 * alone.  Shell.
 */
#ifndef MEWS_RUNDIR_H
#define MEWS_RUNDIR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "counter.h"

#define RUN_DIR_STANDARD "/run/mews"
#define RUN_DIR_MAX	 92 /* with the longest name in it, still the path of a unix socket */
#define RUN_DIR_PATH_MAX 108
#define PAGE_ADDRESS	 "page.address" /* of the web page, with its token: root's alone */
#define SPOOL_SEGMENT	 ".mewsjrn"	/* what files with waiting alerts end with */
#define SPOOL_PLACE	 ".cursor"	/* and those that say how far an output is */

/* OPTION if given, else $MEWS_RUN_DIR, else the standard one. */
const char *run_dir_choose(const char *option);

/* Make DIR if it is not there, and see that it is fit: a directory, ours or
 * root's, which nobody else may write to.  An existing one is adapted only if it
 * is empty or holds a pipeline's files and nothing else.  -ENAMETOOLONG, -ENOTDIR,
 * -EPERM (somebody else's), -ENOTEMPTY (something else's), other negative errno. */
int run_dir_make(const char *dir, bool *ret_made);

/* The same for a directory that is there, which stays as it is.  -ENOENT: it is not. */
int run_dir_check(const char *dir);

/* Is a directory above DIR, RET, one that root's stages may not pass through?  As far
 * as its mode says. */
bool run_dir_closed_above(const char *dir, char ret[RUN_DIR_PATH_MAX]);

/* DIR/NAMESUFFIX; DIR is at most RUN_DIR_MAX long. */
void run_dir_path(char buf[RUN_DIR_PATH_MAX], const char *dir, const char *name,
		  const char *suffix);

/* Take away what others than STAGE have put in the places of what it makes: the directory is for all
 * of them, and it could not do so itself.  By root; how many there were. */
unsigned run_dir_reclaim(const char *dir, enum stage_id stage);

/* Take away what a pipeline that is not there any more has left, but for alerts that wait. */
void run_dir_clear(const char *dir);

#endif
