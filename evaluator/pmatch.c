/* SPDX-License-Identifier: Apache-2.0
 *
 * pmatch.c -- a node has plain children, found by hash, and pattern children,
 * tried one after the other.  A node that ends a path has no children: all
 * below it is in.
 */
#include "pmatch.h"

#include "glob.h"

enum { MAX_DEPTH = 128 }; /* components of a search path that count; walks cannot be deeper */

struct pmatch {
	struct span name;
	bool end; /* a search path ends here */
	struct pmatch *next_pattern;
	struct pmatch *patterns;
	struct pmatch **slots; /* open addressing, a power of two */
	unsigned nslots, used;
};

static uint64_t hash(struct span s)
{
	uint64_t h = 0xcbf29ce484222325;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ s.p[i]) * 0x100000001b3;
	return h ^ (h >> 32);
}

/* The first component of *PATH, which goes on behind it; false: none is left. */
static bool component(struct span *path, struct span *ret)
{
	size_t n = 0;

	while (path->n > 0 && path->p[0] == '/')
		*path = span_of(path->p + 1, path->n - 1);
	while (n < path->n && path->p[n] != '/')
		n++;
	*ret = span_of(path->p, n);
	*path = span_of(path->p + n, path->n - n);
	return n > 0;
}

static bool is_pattern(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '?' || s.p[i] == '*' || s.p[i] == '[')
			return true;
	return false;
}

struct pmatch *pmatch_new(struct pool *pool)
{
	return pool_get(pool, sizeof(struct pmatch));
}

static struct pmatch *child_find(const struct pmatch *m, struct span name)
{
	if (m->nslots == 0)
		return NULL;
	for (uint64_t i = hash(name);; i++) {
		struct pmatch *c = m->slots[i & (m->nslots - 1)];

		if (c == NULL || span_eq(c->name, name))
			return c;
	}
}

static void slot_put(struct pmatch *m, struct pmatch *c)
{
	uint64_t i = hash(c->name);

	while (m->slots[i & (m->nslots - 1)] != NULL)
		i++;
	m->slots[i & (m->nslots - 1)] = c;
}

static bool child_put(struct pmatch *m, struct pool *pool, struct pmatch *c)
{
	if (m->used * 2 >= m->nslots) {
		struct pmatch **old = m->slots;
		unsigned n = m->nslots;

		m->slots = pool_array(pool, n == 0 ? 4 : n * 2, sizeof(*m->slots));
		if (m->slots == NULL) {
			m->slots = old;
			return false;
		}
		m->nslots = n == 0 ? 4 : n * 2;
		for (unsigned i = 0; i < n; i++)
			if (old[i] != NULL)
				slot_put(m, old[i]);
	}
	slot_put(m, c);
	m->used++;
	return true;
}

static struct pmatch *child_get(struct pmatch *m, struct pool *pool, struct span name)
{
	bool pattern = is_pattern(name);
	struct pmatch *c = NULL;

	if (pattern)
		for (c = m->patterns; c != NULL && !span_eq(c->name, name);)
			c = c->next_pattern;
	else
		c = child_find(m, name);
	if (c != NULL)
		return c;
	c = pmatch_new(pool);
	if (c == NULL)
		return NULL;
	c->name = name;
	if (pattern) {
		c->next_pattern = m->patterns;
		m->patterns = c;
		return c;
	}
	return child_put(m, pool, c) ? c : NULL;
}

bool pmatch_add(struct pmatch *m, struct pool *pool, struct span path)
{
	struct span name;
	unsigned depth = 0;

	while (!m->end && depth++ < MAX_DEPTH && component(&path, &name)) {
		m = child_get(m, pool, name);
		if (m == NULL)
			return false;
	}
	if (!m->end) {
		m->end = true;
		m->patterns = NULL;
		m->slots = NULL;
		m->nslots = m->used = 0;
	}
	return true;
}

bool pmatch_match(const struct pmatch *m, struct span path)
{
	const struct pmatch *c;
	struct span name;

	if (m->end)
		return true;
	if (!component(&path, &name))
		return false;
	c = child_find(m, name);
	if (c != NULL && pmatch_match(c, path))
		return true;
	for (c = m->patterns; c != NULL; c = c->next_pattern)
		if (glob_match(c->name, name, GLOB_EXACT) && pmatch_match(c, path))
			return true;
	return false;
}
