/* SPDX-License-Identifier: Apache-2.0
 *
 * pool.h -- memory for what is built once at set-up (trees, rules, programs):
 * handed out in order, given back all at once.  It grows by chunks, up to the
 * limit that it is given, so that no rules file can take all memory.
 * Never used at an event.
 */
#ifndef MEWS_POOL_H
#define MEWS_POOL_H

#include "span.h"

struct pool_chunk;

struct pool {
	struct pool_chunk *chunks; /* newest first */
	size_t used, limit;	   /* bytes over all chunks */
	bool failed;		   /* a request could not be met: what was built is not whole */
	bool starved;		   /* ... since the host had no memory, the limit was not reached */
	struct pool *of;	   /* which is starved with this one; NULL: none */
};

void pool_init(struct pool *p, size_t limit);
void pool_release(struct pool *p);

/* N cleared bytes, 16-byte aligned; NULL, and FAILED set, when memory or limit is at its end. */
void *pool_get(struct pool *p, size_t n);

/* The host refused memory for what goes with P. */
void pool_starve(struct pool *p);

/* COUNT cleared elements of SIZE bytes. */
void *pool_array(struct pool *p, size_t count, size_t size);

/* A copy with a NUL behind it; SPAN_NONE when there is no room. */
struct span pool_copy(struct pool *p, struct span s);

/* An array that grows in a pool: room for one more element, NULL when there is
 * none.  The old places stay as waste until the pool is released. */
struct pool_vec {
	void *items;
	unsigned n, cap;
};
void *pool_push(struct pool *p, struct pool_vec *v, size_t size);

/* Text that grows in a pool. */
struct pool_text {
	struct pool *pool;
	uint8_t *p;
	size_t n, cap;
};
bool pool_text_add(struct pool_text *t, struct span s);
bool pool_text_str(struct pool_text *t, const char *s);
struct span pool_text_span(const struct pool_text *t);

#endif
