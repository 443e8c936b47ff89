/* SPDX-License-Identifier: Apache-2.0
 *
 * record_process.h -- the process that reads ring raw in the enricher's place and writes a
 * capture of it.  It has no privilege but what was opened before.  Shell.
 */
#ifndef MEWS_RECORD_PROCESS_H
#define MEWS_RECORD_PROCESS_H

#include <sys/types.h>

#include "record_filter.h"

struct record_params {
	const char *run_dir;
	const char *file; /* its name, for messages */
	int fd;
	struct record_filter *filter; /* NULL: all events */
	struct span passwd, group;    /* the host's files */
	uint64_t max_pid;
	pid_t supervisor; /* when it is gone, the recording ends */
	int ready_fd;	  /* a byte goes there when the recording has begun */
};

/* Record until SIGTERM, then what is left in the ring.  Becomes the enricher's user first, in
 * a process of one thread.  Returns the exit code, after it has said what came of it. */
int record_process_run(const struct record_params *p);

#endif
