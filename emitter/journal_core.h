/* SPDX-License-Identifier: Apache-2.0
 *
 * journal_core.h -- what the files of a journal share among themselves: nobody else includes it.
 *
 * What is marked "writer" belongs to the thread that appends; what is under the lock is there for
 * readers, too.  A reader opens segments by itself and reads them without the lock: records do not
 * change any more, and one whose segment goes away finds that out behind it.
 */
#ifndef MEWS_JOURNAL_CORE_H
#define MEWS_JOURNAL_CORE_H

#include <pthread.h>

#include "conf_output.h"
#include "journal_file.h"
#include "tail.h"

enum { MAX_SEGMENTS = 256, MAX_NAME = 32 };

struct segment {
	uint64_t first, next; /* NEXT: behind its last record */
	uint64_t bytes;
};

struct journal_reader {
	struct journal *j;
	uint64_t number; /* to read next; the reader's own */

	/* under the lock */
	uint64_t done;
	pthread_cond_t cond;
	bool waits, woken;

	/* the reader's own */
	struct tail_place place;
	uint8_t *record;  /* what was read from the tail */
	int fd;		  /* of the segment that is read; -1 */
	uint64_t segment; /* its first */
	struct journal_key key;
	uint64_t at;	   /* in the segment */
	uint64_t patience; /* with it */
	uint8_t *window;
	uint64_t window_at; /* in the segment */
	size_t window_used;
};

struct journal {
	struct journal_params p;
	struct journal_key key;
	uint64_t segment_bytes;
	int dir, lock_fd; /* -1: there is no directory */

	/* writer */
	int fd;		    /* of the last segment; -1: the next record begins a new one */
	uint64_t disk_next; /* records before it are on disk, or lost */
	struct mono retry_at;

	pthread_mutex_t lock;
	struct tail tail;
	uint64_t next;
	struct segment segments[MAX_SEGMENTS];
	unsigned nsegments;
	uint64_t dropped, damaged;
	bool on_disk;
	char why[96];
	struct journal_reader *readers[CONF_MAX_OUTPUTS];
	unsigned nreaders;

	/* the thread that brings things to the disk */
	pthread_t thread;
	pthread_cond_t sync_cond;
	bool is_running, stopping;
	int dirty_fd; /* a copy of FD, to be synced; -1 */
};

static inline struct timespec journal_in_ns(uint64_t ns)
{
	uint64_t at = mono_after(mono_now(), ns).ns;

	return (struct timespec){ (time_t)(at / NS_PER_SEC), (long)(at % NS_PER_SEC) };
}

/* ---- journal_segment.c ---- */

void segment_name(char name[MAX_NAME], uint64_t first);

/* Is NAME a segment's?  Then its first record's number. */
bool segment_number(const char *name, uint64_t *ret_first);

int segment_open(struct journal_reader *r, uint64_t first);
void segment_leave(struct journal_reader *r);

/* The next record of the segment that is open; it ends at LIMIT.  Each damaged place counts.
 * False: there is none, or it cannot be read. */
bool segment_next(struct journal_reader *r, uint64_t limit, struct journal_record *ret,
		  uint64_t *ret_damaged);

/* ---- journal_past.c ---- */

void journal_take_over(struct journal *j);

/* ---- journal_write.c ---- */

/* The lock is held. */
void journal_drop_oldest(struct journal *j);

/* The records before it everybody has. */
uint64_t journal_done_by_all(const struct journal *j);

/* ---- journal_read.c ---- */

void journal_reader_free(struct journal_reader *r);

#endif
