/* SPDX-License-Identifier: Apache-2.0
 *
 * snapshot.h -- the host, all its tasks and their open files, read from /proc
 * and put as frames: SNAPSHOT_BEGIN, HOST, then per process its TASK, those of
 * its other threads, its TASK_FILEs, and SNAPSHOT_END.
 *
 * It is not one moment: a task that appears meanwhile comes by its own events,
 * which stand behind in the ring; one that vanishes is left out, or its exit
 * comes behind.
 *
 * Who a task is: (tid, start), the start as decode.h says, so that events of a task
 * find it.
 * Shell; needs CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH for the tasks of others.
 */
#ifndef MEWS_SNAPSHOT_H
#define MEWS_SNAPSHOT_H

#include "source.h"

struct snapshot;
struct unread;

/* PROC: where procfs is mounted.  UNREAD: where is counted what cannot be read.  Negative errno. */
int snapshot_open(const char *proc, struct unread *unread, struct snapshot **ret);
void snapshot_close(struct snapshot *s); /* takes NULL */

/* Put everything into SINK.  Of BUDGET bytes the first half is for all there is, the
 * next quarter for tasks without their environment, the next eighth for tasks without
 * their files; tasks behind that are left out: a snapshot that says less is better
 * than none.  The number of frames, or negative errno (the snapshot is void). */
int snapshot_take(struct snapshot *s, source_put *put, void *sink, size_t budget);

/* Just that; details are left out in the same way.  0; -ESRCH: there is no such thing (any more);
 * what PUT said.  What was read for it besides is kept for the next, until snapshot_settle(). */
int snapshot_read_again(struct snapshot *s, const struct ring_ask *ask, source_put *put, void *sink,
			size_t budget);
void snapshot_settle(struct snapshot *s);

#endif
