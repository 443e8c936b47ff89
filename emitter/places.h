/* SPDX-License-Identifier: Apache-2.0
 *
 * places.h -- what is left of the file system for the emitter behind the jail: its spool, the
 * directories of its files, what the C library reads, and the certificates and tokens of outputs that
 * speak over a network.  Shell.
 */
#ifndef MEWS_PLACES_H
#define MEWS_PLACES_H

#include <limits.h>

#include "confine.h"
#include "outputs.h"

#define PLACES_MAX 256

struct places {
	unsigned n;
	struct confine_place place[PLACES_MAX];
	unsigned ndirs;
	char *dirs[PLACES_MAX]; /* memory of paths */
	char resolver[PATH_MAX];
	bool network; /* an output speaks over one */
};

/* SPOOL may be empty; so may METRICS, the file of snapshots.  -ENOMEM, -ENOSPC. */
int places_find(struct places *p, const char *run_dir, const char *spool, const char *metrics,
		const struct outputs *os);

/* TCP, too, whatever outputs need.  -ENOSPC. */
int places_add_tcp(struct places *p);

void places_release(struct places *p);

#endif
