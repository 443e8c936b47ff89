/* SPDX-License-Identifier: Apache-2.0
 *
 * journal_file.h -- the spool: one log on disk for all outputs, and a place in it for each of
 * them.  An alert is written once, whatever the number of outputs; each reads at its own pace, so
 * that one which hangs costs the others nothing.
 *
 * The log is bounded.  When it is full its oldest segment goes, with what some output may not have
 * delivered yet: that output's reader is told how many it missed.  The same goes for what is damaged.
 * Beside it the youngest records lie in memory, from where readers that keep up take them; when the
 * disk takes nothing, that memory is all there is, until it does again.
 *
 * One thread appends; each reader is one thread's.  Shell.
 */
#ifndef MEWS_JOURNAL_FILE_H
#define MEWS_JOURNAL_FILE_H

#include "clock.h"
#include "journal.h"

enum journal_fsync { JOURNAL_FSYNC_NEVER, JOURNAL_FSYNC_INTERVAL, JOURNAL_FSYNC_ALWAYS };

struct journal_params {
	const char *dir; /* NULL: in memory only */
	uint64_t disk_bytes, memory_bytes;
	enum journal_fsync fsync;
	uint64_t fsync_ns; /* of INTERVAL */
};

struct journal;
struct journal_reader;

/* Look at what a predecessor left, with the rights with which it goes on.  A directory that cannot be
 * used is said, and memory is used in its place.  -ENOMEM. */
int journal_open(const struct journal_params *p, struct journal **ret);

/* Behind it no reader may be used.  When all readers are done with all of it, nothing stays on disk. */
void journal_close(struct journal *j);

/* Starts the thread that brings to the disk what was written (fsync INTERVAL). */
int journal_start(struct journal *j);

/* Its directory; -1: it has none. */
int journal_dir(const struct journal *j);

struct journal_key journal_key_of(const struct journal *j);

/* The number of the next record. */
uint64_t journal_next_number(const struct journal *j);

/* Records below NUMBER were there, as somebody knows who kept count: they are missed. */
void journal_skip_to(struct journal *j, uint64_t number);

/* Call FOUND with each of the last COUNT records that a predecessor left, oldest first, as far as
 * they lie in its last segment. */
void journal_look_back(struct journal *j, unsigned count,
		       void (*found)(void *ctx, const struct journal_record *r), void *ctx);

/* Put RECORDS there, which journal_encode() made one behind the other with the numbers from
 * journal_next_number() on. */
void journal_append(struct journal *j, struct span records, unsigned count);

/* Record NUMBER, if it is among those in memory, which begin with *RET_FIRST; for the thread that
 * appends, and valid until it does.  Empty: it is not there. */
struct span journal_recent(const struct journal *j, uint64_t number, uint64_t *ret_first);

/* Now and then: a disk that failed is tried again. */
void journal_tick(struct journal *j, struct mono now);

struct journal_status {
	uint64_t next, records_on_disk, bytes_on_disk, segments;
	uint64_t dropped; /* segments that had to go for room */
	uint64_t damaged; /* places in segments that could not be read */
	bool on_disk;	  /* false: memory is used */
	char why[96];	  /* it is */
};
void journal_status(struct journal *j, struct journal_status *ret);

/* ---- readers ---- */

/* One that has NUMBER before it; all readers come before the first is used.  NULL: no memory. */
struct journal_reader *journal_reader_new(struct journal *j, uint64_t number);

/* The next record: 1, RET->payload is valid until the next call; 0: there is none.  *RET_MISSED are
 * those that lay before it and are lost; also with 0. */
int journal_read(struct journal_reader *r, struct journal_record *ret, uint64_t *ret_missed);

/* Whatever lies before NUMBER is not needed by this reader any more. */
void journal_done(struct journal_reader *r, uint64_t number);

/* How many lie before it that it has not called done. */
uint64_t journal_pending(const struct journal_reader *r);

/* Sleep until there may be something to read, journal_wake(), or TIMEOUT_NS is over (0: never). */
void journal_wait(struct journal_reader *r, uint64_t timeout_ns);

/* The same, but not for something to read. */
void journal_pause(struct journal_reader *r, uint64_t timeout_ns);

/* From any thread. */
void journal_wake(struct journal_reader *r);

#endif
