/* SPDX-License-Identifier: Apache-2.0
 *
 * capture.h -- the events around a match, as a capture.
 *
 * The last frames of ring tap are kept in a history.  What leaves it is folded into a
 * state engine, so that the state at the history's beginning is known at all times.  A match
 * begins a file: the state as it was a moment before the match's event, then the events from
 * there on.  A match while a file is being written makes it go on for longer; there is one
 * file at a time, and it is bounded by its time and its size.
 *
 * A file that is at its end waits a little to be closed: the evaluator is behind the
 * events, and its next match may belong into it.
 *
 * Trusts nothing that it is given: what makes no sense is counted.  What is not to be had (a
 * file, room on the disk) is counted, and the next match tries again after a second.
 * Core: files are functions, time is an argument.
 */
#ifndef MEWS_CAPTURE_H
#define MEWS_CAPTURE_H

#include "clock.h"
#include "counter.h"
#include "ring.h"
#include "wire.h"

#define CAPTURE_GRACE_NS (300 * NS_PER_MSEC)
#define CAPTURE_HOLD_NS	 NS_PER_SEC /* after a file that failed */

/* One file at a time.  Each returns 0 or a negative errno. */
struct capture_files {
	void *ctx;
	int (*open)(void *ctx, const struct capture_frame *match);
	/* -EFBIG: with these bytes it would be larger than it may be; none of them is written, or
	 * (of a state that is too large by itself) some. */
	int (*write)(void *ctx, struct span bytes);
	/* *RET_SIZE: what it has on the disk.  In every case it is closed. */
	int (*close)(void *ctx, uint64_t *ret_size);
};

struct capture_params {
	struct capture_files files;
	uint64_t *counts; /* RECORDER_COUNTERS words */
	uint64_t seed;	  /* of hashes */
	size_t history_bytes, state_bytes;
	uint64_t before_ns;
	uint64_t max_pid;
	uint32_t threads; /* at most, in the state */
	int64_t own_pid;  /* whose events are left out; -1: nobody's */
};

struct capture;

/* -ENOMEM, -EINVAL. */
int capture_new(const struct capture_params *p, struct capture **ret);
void capture_free(struct capture *c); /* takes NULL; an open file must be ended before */

/* The host's users and groups, as its files say now. */
void capture_people(struct capture *c, struct span passwd, struct span group);

/* Take the next frame of ring tap. */
void capture_frame(struct capture *c, const struct ring_frame *frame, uint64_t generation);

/* A rule has matched. */
void capture_match(struct capture *c, const struct capture_frame *match, struct mono now);

/* Write what has come; close what is at its end.  Call it once per turn. */
void capture_step(struct capture *c, struct mono now);

/* All is over: close the file, if there is one. */
void capture_end(struct capture *c);

/* Bytes until the history, the state and a file's beginning are as large as they can be. */
uint64_t capture_may_grow(const struct capture *c);

struct capture_status {
	bool is_open;
	size_t history_bytes, history_max;
	uint32_t threads;
};
void capture_status(const struct capture *c, struct capture_status *ret);

#endif
