/* SPDX-License-Identifier: Apache-2.0
 *
 * forward.h -- the last pipe of a replay: the emitter writes into it, the supervisor
 * moves what comes to standard output, and counts.  It holds both ends, so when an
 * emitter is killed in the middle of a line, it knows to the byte how much of the
 * alerts is out, and its successor goes on there.
 *
 * It looks at no byte of what it moves.  It never waits: standard output may be a
 * pipe whose reader sleeps.
 */
#ifndef MEWS_FORWARD_H
#define MEWS_FORWARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FORWARD_BYTES ((size_t)64 * 1024)

struct forward {
	int in, out;	   /* the pipe's ends; -1 */
	int to;		   /* where it goes */
	bool is_gone;	   /* nobody reads it any more: IN is closed, so the emitter is told */
	uint64_t taken;	   /* out of the pipe */
	size_t from, used; /* of BYTES: what is not written yet */
	uint8_t bytes[FORWARD_BYTES];
};

/* Negative errno. */
int forward_open(struct forward *f, int to);
void forward_close(struct forward *f);

/* The descriptor to wait for, and for what (POLLIN, POLLOUT). */
int forward_fd(const struct forward *f, short *ret_events);

/* Move what can be moved without waiting; true if anything was. */
bool forward_move(struct forward *f);

/* How many bytes all emitters wrote, with those that still lie in the pipe.  Exact when
 * none lives. */
uint64_t forward_written(const struct forward *f);

/* Has all of it arrived?  Of an emitter that is gone. */
bool forward_is_done(const struct forward *f);

#endif
