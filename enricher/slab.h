/* SPDX-License-Identifier: Apache-2.0
 *
 * slab.h -- all memory that the host's behaviour can make the enricher use:
 * pieces of power-of-two sizes out of big chunks, with a ceiling in bytes, and
 * on top of it blobs: bytes with a count of their holders, so that a fork shares
 * its parent's arguments and environment instead of copying them.
 *
 * At the ceiling nothing fails loudly: the piece is not given, REFUSED counts,
 * and the caller goes on without it.  Core: chunks come from malloc(), pieces
 * never do; memory goes back to the system only with slab_release().
 */
#ifndef MEWS_SLAB_H
#define MEWS_SLAB_H

#include "span.h"

#define SLAB_MIN_SHIFT 5  /* 32 bytes */
#define SLAB_MAX_SHIFT 20 /* 1 MiB */
#define SLAB_CLASSES   (SLAB_MAX_SHIFT - SLAB_MIN_SHIFT + 1)

struct slab_free {
	struct slab_free *next;
};

struct slab_chunk {
	struct slab_chunk *next;
	size_t bytes;
};

struct slab {
	struct slab_chunk *chunks;
	struct slab_free *free[SLAB_CLASSES];
	uint8_t *fresh; /* the newest chunk's rest */
	size_t fresh_bytes;
	bool is_reserve;       /* the newest chunk is for small pieces */
	size_t bytes, ceiling; /* in chunks */
	uint64_t refused;
};

void slab_init(struct slab *p, size_t ceiling_bytes);
void slab_release(struct slab *p);

/* N bytes, 16-byte aligned, not cleared; NULL at the ceiling or above 1 MiB.
 * Who puts them back says the same N. */
void *slab_get(struct slab *p, size_t n);
void slab_put(struct slab *p, void *piece, size_t n);

/* ---- blobs; NULL is the empty one ---- */

struct blob {
	uint32_t refs, n;
	uint8_t bytes[];
};

/* A blob of S's bytes with one holder; SAME (lent, may be NULL) is held once
 * more instead when it says the same.  NULL for no bytes and when there is no room. */
struct blob *blob_new(struct slab *p, struct span s, struct blob *same);
struct blob *blob_hold(struct blob *b);
void blob_drop(struct slab *p, struct blob *b);

static inline struct span blob_span(const struct blob *b)
{
	return b == NULL ? SPAN_NONE : span_of(b->bytes, b->n);
}

static inline bool blob_is(const struct blob *b, struct span s)
{
	return span_eq(blob_span(b), s);
}

#endif
