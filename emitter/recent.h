/* SPDX-License-Identifier: Apache-2.0
 *
 * recent.h -- the youngest alerts, for who looks on from other threads: the event loop puts them
 * in and never waits longer than it takes to copy some out.  Bounded; the oldest goes first.
 */
#ifndef MEWS_RECENT_H
#define MEWS_RECENT_H

#include "journal.h"

struct recent;

/* As many as fit into BYTES, at least four times JOURNAL_MAX_RECORD.  NULL: no memory. */
struct recent *recent_new(size_t bytes);
void recent_free(struct recent *r);

/* Record NUMBER as journal_encode() made it with KEY. */
void recent_put(struct recent *r, struct journal_key key, uint64_t number, struct span record);

/* What was copied: records one behind the other, for journal_next(). */
struct recent_copy {
	struct journal_key key;
	struct span records; /* in the caller's memory */
	uint64_t oldest;     /* the number of the oldest that is there */
	uint64_t first;	     /* of the first that was copied */
	uint64_t next;	     /* behind the last that was copied: from where to go on */
	uint64_t end;	     /* behind the youngest */
};

/* From number FROM on, or what is left of them, at most COUNT and CAP bytes; CAP holds at least one
 * record.  FROM beyond the end: from the oldest on. */
void recent_get(struct recent *r, uint64_t from, unsigned count, uint8_t *buf, size_t cap,
		struct recent_copy *ret);

#endif
