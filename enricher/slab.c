/* SPDX-License-Identifier: Apache-2.0
 *
 * slab.c -- pieces and blobs; see slab.h.  A class that runs dry at the ceiling
 * borrows a piece of the next bigger class for good.
 */
#include <stdlib.h>

#include "slab.h"

#define CHUNK_BYTES ((size_t)2 << SLAB_MAX_SHIFT)
#define SMALL_BYTES 512
#define CHUNK_HEAD  ((sizeof(struct slab_chunk) + 15) & ~(size_t)15)

void slab_init(struct slab *p, size_t ceiling_bytes)
{
	*p = (struct slab){ .ceiling = ceiling_bytes };
}

void slab_release(struct slab *p)
{
	struct slab_chunk *next;

	for (struct slab_chunk *c = p->chunks; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	*p = (struct slab){ 0 };
}

/* The class whose pieces hold N bytes; SLAB_CLASSES if there is none. */
static unsigned class_of(size_t n)
{
	if (n <= (size_t)1 << SLAB_MIN_SHIFT)
		return 0;
	if (n > (size_t)1 << SLAB_MAX_SHIFT)
		return SLAB_CLASSES;
	return (unsigned)(64 - __builtin_clzll(n - 1)) - SLAB_MIN_SHIFT;
}

static void give(struct slab *p, unsigned cls, void *piece)
{
	struct slab_free *f = piece;

	f->next = p->free[cls];
	p->free[cls] = f;
}

/* Cut what is left of the newest chunk into free pieces. */
static void spend_rest(struct slab *p)
{
	for (unsigned cls = SLAB_CLASSES; cls-- > 0;) {
		size_t n = (size_t)1 << (cls + SLAB_MIN_SHIFT);

		while (p->fresh_bytes >= n) {
			give(p, cls, p->fresh);
			p->fresh += n;
			p->fresh_bytes -= n;
		}
	}
	p->fresh_bytes = 0;
}

/* The last eighth of the memory is for small pieces: names outlive a flood of
 * environments and long paths. */
static bool grow(struct slab *p, size_t piece)
{
	size_t common = p->ceiling - p->ceiling / 8;
	size_t ceiling = piece > SMALL_BYTES ? common : p->ceiling;
	struct slab_chunk *c;

	if (ceiling < CHUNK_BYTES || p->bytes > ceiling - CHUNK_BYTES)
		return false;
	c = malloc(CHUNK_BYTES);
	if (c == NULL)
		return false;
	spend_rest(p);
	c->next = p->chunks;
	c->bytes = CHUNK_BYTES;
	p->chunks = c;
	p->bytes += CHUNK_BYTES;
	p->is_reserve = p->bytes > common;
	p->fresh = (uint8_t *)c + CHUNK_HEAD;
	p->fresh_bytes = CHUNK_BYTES - CHUNK_HEAD;
	return true;
}

static bool has_fresh(const struct slab *p, size_t piece)
{
	return p->fresh_bytes >= piece && (piece <= SMALL_BYTES || !p->is_reserve);
}

void *slab_get(struct slab *p, size_t n)
{
	unsigned cls = class_of(n);
	size_t bytes;

	if (cls == SLAB_CLASSES) {
		p->refused++;
		return NULL;
	}
	bytes = (size_t)1 << (cls + SLAB_MIN_SHIFT);
	if (p->free[cls] == NULL && (has_fresh(p, bytes) || grow(p, bytes))) {
		void *piece = p->fresh;

		p->fresh += bytes;
		p->fresh_bytes -= bytes;
		return piece;
	}
	for (; cls < SLAB_CLASSES; cls++) {
		struct slab_free *f = p->free[cls];

		if (f != NULL) {
			p->free[cls] = f->next;
			return f;
		}
	}
	p->refused++;
	return NULL;
}

void slab_put(struct slab *p, void *piece, size_t n)
{
	if (piece != NULL)
		give(p, class_of(n), piece);
}

struct blob *blob_new(struct slab *p, struct span s, struct blob *same)
{
	struct blob *b;

	if (s.n == 0 || s.n > UINT32_MAX - sizeof(*b))
		return NULL;
	if (same != NULL && blob_is(same, s))
		return blob_hold(same);
	b = slab_get(p, sizeof(*b) + s.n);
	if (b == NULL)
		return NULL;
	b->refs = 1;
	b->n = (uint32_t)s.n;
	memcpy(b->bytes, s.p, s.n);
	return b;
}

struct blob *blob_hold(struct blob *b)
{
	if (b != NULL)
		b->refs++;
	return b;
}

void blob_drop(struct slab *p, struct blob *b)
{
	if (b != NULL && --b->refs == 0)
		slab_put(p, b, sizeof(*b) + b->n);
}
