/* SPDX-License-Identifier: Apache-2.0
 *
 * gather.h -- settings and rules from their files to one bundle that all stages get.  For a reload a process of its own does it, so that the
 * supervisor neither waits for it nor keeps the memory that it took.  Shell.
 */
#ifndef MEWS_GATHER_H
#define MEWS_GATHER_H

#include "launch.h"

/* The first word of `mews` as that process; no command of people's. */
#define GATHER_WORD "--gather"

/* Are the rules compiled?  Where the evaluator is yet to start, it says what is wrong with them, and it
 * need not be done twice. */
enum gather_how { GATHER_AND_CHECK, GATHER_ONLY };

/* The bundle in sealed memory to *RET_FD, and what the settings say to *RET_CONF.  -1, or the exit code,
 * after all that is wrong has been said; WHY is the first of it. */
int gather(struct launch *l, enum gather_how how, int *ret_fd, struct conf *ret_conf, char *why,
	   size_t cap);

/* What the settings of bundle FD say.  0 or negative errno. */
int gathered_conf(const struct launch *l, int fd, struct conf *ret);

/* Start the process, with L's words.  *RET_SOCKET gets SUPPLY_DONE with the bundle or SUPPLY_REFUSED with
 * the reason (supply.h).  The pid, or negative errno. */
int gather_start(const struct launch *l, int *ret_socket);

int gather_main(int argc, char **argv);

#endif
