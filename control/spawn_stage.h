/* SPDX-License-Identifier: Apache-2.0
 *
 * spawn_stage.h -- a process of a stage: its descriptors, its environment, its place among processes.  Shell.
 */
#ifndef MEWS_SPAWN_STAGE_H
#define MEWS_SPAWN_STAGE_H

#include <sys/types.h>

#include "fdstore.h"

struct spawn {
	const char *path;
	char **argv;
	const char *notify_name; /* $NOTIFY_SOCKET */
	int out;		 /* its standard output; -1: none */
	int supply;		 /* its end of the socket by which it gets its settings; -1: none */
	const struct fdstore *store; /* what its predecessor had kept; NULL: nothing */
	bool renice;
	int nice;
};

/* Which number the socket in SUPPLY will have there: it belongs in argv. */
int spawn_supply_number(const struct spawn *s);

/* The new process; -ENOMEM. */
pid_t spawn_start(const struct spawn *s);

#endif
