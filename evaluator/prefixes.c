/* SPDX-License-Identifier: Apache-2.0
 *
 * prefixes.c -- a node is a run of bytes that all strings below it share:
 *
 *        "/" -+- "etc/" -+- "pam.d/"      from { /etc/, /etc/pam.d/, /etc/ssh, /root/ }
 *             |          +- "ssh"
 *             +- "root/"
 *
 * A child is found by its first byte, which the label does not repeat.
 */
#include "prefixes.h"

#include <stdlib.h>

struct node {
	struct span label;
	unsigned nids, nchildren;
	const uint32_t *ids;
	const uint8_t *bytes; /* the first byte of each child, ascending */
	const struct node *children;
};

struct prefixes {
	enum prefixes_way way;
	struct node root;
};

static uint8_t byte_at(struct span s, size_t at, enum prefixes_way way)
{
	return way == PREFIXES_FORWARDS ? s.p[at] : s.p[s.n - 1 - at];
}

static int order(const struct needle *a, const struct needle *b, enum prefixes_way way)
{
	size_t n = a->text.n < b->text.n ? a->text.n : b->text.n;

	for (size_t i = 0; i < n; i++) {
		int d = byte_at(a->text, i, way) - byte_at(b->text, i, way);

		if (d != 0)
			return d;
	}
	return (a->text.n > b->text.n) - (a->text.n < b->text.n);
}

static int forwards(const void *a, const void *b)
{
	return order(a, b, PREFIXES_FORWARDS);
}

static int backwards(const void *a, const void *b)
{
	return order(a, b, PREFIXES_BACKWARDS);
}

/* How many bytes A and B, which agree up to AT, share from there on. */
static size_t shared(struct span a, struct span b, size_t at, enum prefixes_way way)
{
	size_t n = at;

	while (n < a.n && n < b.n && byte_at(a, n, way) == byte_at(b, n, way))
		n++;
	return n - at;
}

/* The bytes AT .. AT + N of S in the order of the walk. */
static bool label_of(struct pool *pool, struct span s, size_t at, size_t n, enum prefixes_way way,
		     struct span *ret)
{
	uint8_t *p;

	if (way == PREFIXES_FORWARDS) {
		*ret = span_of(s.p + at, n);
		return true;
	}
	p = pool_get(pool, n);
	for (size_t i = 0; p != NULL && i < n; i++)
		p[i] = byte_at(s, at + i, way);
	*ret = span_of(p, n);
	return p != NULL;
}

/* The needles, sorted and equal up to AT, as the tree below TO. */
static bool build(struct pool *pool, const struct needle *needles, unsigned n, size_t at,
		  enum prefixes_way way, struct node *to)
{
	size_t run = shared(needles[0].text, needles[n - 1].text, at, way);
	struct node *children;
	unsigned own = 0, k = 0;
	uint32_t *ids;
	uint8_t *bytes;

	if (!label_of(pool, needles[0].text, at, run, way, &to->label))
		return false;
	at += run;
	while (own < n && needles[own].text.n == at)
		own++;
	for (unsigned i = own; i < n; i++)
		k += i == own ||
		     byte_at(needles[i].text, at, way) != byte_at(needles[i - 1].text, at, way);
	ids = pool_array(pool, own, sizeof(*ids));
	bytes = pool_array(pool, k, 1);
	children = pool_array(pool, k, sizeof(*children));
	if (ids == NULL || bytes == NULL || children == NULL)
		return false;
	for (unsigned i = 0; i < own; i++)
		ids[i] = needles[i].id;
	*to = (struct node){ to->label, own, k, ids, bytes, children };
	k = 0;
	for (unsigned from = own, end; from < n; from = end, k++) {
		bytes[k] = byte_at(needles[from].text, at, way);
		for (end = from + 1; end < n && byte_at(needles[end].text, at, way) == bytes[k];)
			end++;
		if (!build(pool, needles + from, end - from, at + 1, way, &children[k]))
			return false;
	}
	return true;
}

struct prefixes *prefixes_new(struct pool *pool, struct needle *needles, unsigned n,
			      enum prefixes_way way)
{
	struct prefixes *t = pool_get(pool, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->way = way;
	if (n == 0)
		return t;
	qsort(needles, n, sizeof(*needles), way == PREFIXES_FORWARDS ? forwards : backwards);
	return build(pool, needles, n, 0, way, &t->root) ? t : NULL;
}

static void tell(const struct node *node, needle_hit *hit, void *ctx)
{
	for (unsigned i = 0; i < node->nids; i++)
		hit(ctx, node->ids[i]);
}

size_t prefixes_find(const struct prefixes *t, struct span text, needle_hit *hit, void *ctx)
{
	const struct node *node = &t->root;
	size_t at = 0;

	for (;;) {
		const uint8_t *child;

		for (size_t i = 0; i < node->label.n; i++, at++)
			if (at == text.n || byte_at(text, at, t->way) != node->label.p[i])
				return at;
		tell(node, hit, ctx);
		if (at == text.n || node->nchildren == 0)
			return at;
		child = memchr(node->bytes, byte_at(text, at, t->way), node->nchildren);
		if (child == NULL)
			return at;
		node = &node->children[child - node->bytes];
		at++;
	}
}
