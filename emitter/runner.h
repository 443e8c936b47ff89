/* SPDX-License-Identifier: Apache-2.0
 *
 * runner.h -- a small process that starts programs for the emitter, which cannot do so itself: it is
 * forked with privilege, becomes the emitter's user, and has nothing but the emitter's word to go by
 * when to start the one program that it was made for.  It ends when the emitter does.  Shell.
 */
#ifndef MEWS_RUNNER_H
#define MEWS_RUNNER_H

#include <stdint.h>
#include <sys/types.h>

struct runner; /* our end */

/* A runner for COMMAND, which a shell reads.  Before the jail, with one thread. */
int runner_open(const char *command, struct runner **ret);

/* Start it: *RET_PID, and *RET_FD what writes to its standard input.  Negative errno; -EPIPE: the
 * runner is gone. */
int runner_start(struct runner *r, pid_t *ret_pid, int *ret_fd);

/* Wait until PID has ended, at most TIMEOUT_MS (0: do not wait).  1: it has, *RET_STATUS as from
 * waitpid(); 0: not yet; -EPIPE. */
int runner_wait(struct runner *r, pid_t pid, uint64_t timeout_ms, int *ret_status);

/* End it, and all that it has started in its process group. */
void runner_kill(struct runner *r, pid_t pid);

void runner_close(struct runner *r);

#endif
