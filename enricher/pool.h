/* SPDX-License-Identifier: Apache-2.0
 *
 * pool.h -- all memory that the host's behaviour can make the enricher use:
 * pieces of power-of-two sizes out of big chunks, with a ceiling in bytes, and
 * on top of it blobs: bytes with a count of their holders, so that a fork shares
 * its parent's arguments and environment instead of copying them.
 *
 * At the ceiling nothing fails loudly: the piece is not given, REFUSED counts,
 * and the caller goes on without it.  Core: chunks come from malloc(), pieces
 * never do; memory goes back to the system only with pool_release().
 */
#ifndef MEWS_POOL_H
#define MEWS_POOL_H

#include "span.h"

#define POOL_MIN_SHIFT 5  /* 32 bytes */
#define POOL_MAX_SHIFT 20 /* 1 MiB */
#define POOL_CLASSES   (POOL_MAX_SHIFT - POOL_MIN_SHIFT + 1)

struct pool_free {
	struct pool_free *next;
};

struct pool_chunk {
	struct pool_chunk *next;
	size_t bytes;
};

struct pool {
	struct pool_chunk *chunks;
	struct pool_free *free[POOL_CLASSES];
	uint8_t *fresh; /* the newest chunk's rest */
	size_t fresh_bytes;
	size_t bytes, ceiling; /* in chunks */
	uint64_t refused;
};

void pool_init(struct pool *p, size_t ceiling_bytes);
void pool_release(struct pool *p);

/* N bytes, 16-byte aligned, not cleared; NULL at the ceiling or above 1 MiB.
 * Who puts them back says the same N. */
void *pool_get(struct pool *p, size_t n);
void pool_put(struct pool *p, void *piece, size_t n);

/* ---- blobs; NULL is the empty one ---- */

struct blob {
	uint32_t refs, n;
	uint8_t bytes[];
};

/* A blob of S's bytes with one holder; SAME (lent, may be NULL) is held once
 * more instead when it says the same.  NULL for no bytes and when there is no room. */
struct blob *blob_new(struct pool *p, struct span s, struct blob *same);
struct blob *blob_hold(struct blob *b);
void blob_drop(struct pool *p, struct blob *b);

static inline struct span blob_span(const struct blob *b)
{
	return b == NULL ? SPAN_NONE : span_of(b->bytes, b->n);
}

static inline bool blob_is(const struct blob *b, struct span s)
{
	return span_eq(blob_span(b), s);
}

#endif
