/* SPDX-License-Identifier: Apache-2.0
 *
 * pool.c -- chunks of at least 64 KiB, each from the heap.
 */
#include "pool.h"

#include <stdlib.h>

enum { CHUNK_BYTES = 64 * 1024 };

struct pool_chunk {
	struct pool_chunk *next;
	size_t cap, used;
	_Alignas(16) uint8_t bytes[];
};

void pool_init(struct pool *p, size_t limit)
{
	*p = (struct pool){ .limit = limit };
}

void pool_release(struct pool *p)
{
	struct pool_chunk *next;

	for (struct pool_chunk *c = p->chunks; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	*p = (struct pool){ .limit = p->limit, .of = p->of };
}

void pool_starve(struct pool *p)
{
	p->failed = p->starved = true;
	if (p->of != NULL)
		p->of->starved = true;
}

static struct pool_chunk *pool_grow(struct pool *p, size_t n)
{
	size_t cap = n > CHUNK_BYTES ? n : CHUNK_BYTES;
	struct pool_chunk *c;

	c = calloc(1, sizeof(*c) + cap);
	if (c == NULL) {
		pool_starve(p);
		return NULL;
	}
	c->cap = cap;
	c->next = p->chunks;
	p->chunks = c;
	return c;
}

void *pool_get(struct pool *p, size_t n)
{
	struct pool_chunk *c = p->chunks;
	void *at;

	if (n > SIZE_MAX / 2) {
		p->failed = true;
		return NULL;
	}
	n = n == 0 ? 16 : (n + 15) & ~(size_t)15;
	if (n > p->limit || p->used > p->limit - n)
		c = NULL;
	else if (c == NULL || n > c->cap - c->used)
		c = pool_grow(p, n);
	if (c == NULL) {
		p->failed = true;
		return NULL;
	}
	at = c->bytes + c->used;
	c->used += n;
	p->used += n;
	return at;
}

void *pool_array(struct pool *p, size_t count, size_t size)
{
	size_t n;

	if (__builtin_mul_overflow(count, size, &n)) {
		p->failed = true;
		return NULL;
	}
	return pool_get(p, n);
}

struct span pool_copy(struct pool *p, struct span s)
{
	uint8_t *to = pool_get(p, s.n + 1);

	if (to == NULL)
		return SPAN_NONE;
	if (s.n > 0)
		memcpy(to, s.p, s.n);
	to[s.n] = 0;
	return span_of(to, s.n);
}

void *pool_push(struct pool *p, struct pool_vec *v, size_t size)
{
	if (v->n == v->cap) {
		unsigned cap = v->cap == 0 ? 4 : v->cap * 2;
		void *items = cap < v->cap ? NULL : pool_array(p, cap, size);

		if (items == NULL)
			return NULL;
		if (v->n > 0)
			memcpy(items, v->items, v->n * size);
		v->items = items;
		v->cap = cap;
	}
	return (uint8_t *)v->items + v->n++ * size;
}

bool pool_text_add(struct pool_text *t, struct span s)
{
	if (s.n >= t->cap - t->n || t->cap == 0) {
		size_t cap = (t->n + s.n + 1) * 2 + 64;
		uint8_t *p = pool_get(t->pool, cap);

		if (p == NULL)
			return false;
		if (t->n > 0)
			memcpy(p, t->p, t->n);
		t->p = p;
		t->cap = cap;
	}
	if (s.n > 0)
		memcpy(t->p + t->n, s.p, s.n);
	t->n += s.n;
	t->p[t->n] = 0;
	return true;
}

bool pool_text_str(struct pool_text *t, const char *s)
{
	return pool_text_add(t, span_str(s));
}

struct span pool_text_span(const struct pool_text *t)
{
	return span_of(t->p == NULL ? (const uint8_t *)"" : t->p, t->n);
}
