/* SPDX-License-Identifier: Apache-2.0
 *
 * substrings.c -- the automaton.  A state is a beginning of some string; it has
 * an edge for each byte that goes on with one, and falls back to the longest
 * other beginning that it ends with.  Texts are mostly in the first state, whose
 * edges are a table; the others have few, in one array for all.
 */
#include "substrings.h"

struct state {
	uint32_t first, n;  /* its edges */
	uint32_t fall;	    /* where to go on when none fits */
	uint32_t told;	    /* the nearest state on the way of falls, itself first, that ends a
			     * string; 0: none */
	uint32_t ids, nids; /* that end here */
};

struct edge {
	uint8_t byte;
	uint32_t to;
};

/* With few strings, a text is first searched for their first two bytes, 16 places at a time: a
 * string of one byte begins with that byte and any other. */
enum { MAX_PAIRS = 8, LANES = 16 };

typedef uint8_t lanes __attribute__((vector_size(LANES)));

struct pair {
	lanes first, second; /* the same byte in all lanes */
	lanes any;	     /* all ones: whatever the second is */
};

struct substrings {
	unsigned npairs; /* 0: too many */
	struct pair pairs[MAX_PAIRS];
	uint32_t root[256];
	struct state *states; /* 0 is the first */
	struct edge *edges;
	uint32_t *ids;
};

/* While it is built: the tree of all strings, children as lists. */
struct draft {
	uint32_t child, sibling; /* 0: none */
	uint32_t needle;	 /* the first that ends here, + 1 */
	uint8_t byte;
};

static uint32_t draft_child(const struct draft *d, uint32_t at, uint8_t byte)
{
	for (at = d[at].child; at != 0 && d[at].byte != byte;)
		at = d[at].sibling;
	return at;
}

/* Returns how many states there are; NEXT chains needles that are equal. */
static uint32_t draft_tree(struct draft *d, const struct needle *needles, unsigned n,
			   uint32_t *next)
{
	uint32_t count = 1;

	for (unsigned i = 0; i < n; i++) {
		uint32_t at = 0;

		for (size_t k = 0; k < needles[i].text.n; k++) {
			uint8_t byte = needles[i].text.p[k];
			uint32_t child = draft_child(d, at, byte);

			if (child == 0) {
				child = count++;
				d[child].byte = byte;
				d[child].sibling = d[at].child;
				d[at].child = child;
			}
			at = child;
		}
		next[i] = d[at].needle;
		d[at].needle = i + 1;
	}
	return count;
}

static uint32_t edge_of(const struct substrings *t, uint32_t at, uint8_t byte)
{
	const struct state *s = &t->states[at];

	if (at == 0)
		return t->root[byte];
	for (uint32_t i = s->first; i < s->first + s->n; i++)
		if (t->edges[i].byte == byte)
			return t->edges[i].to;
	return 0;
}

/* One step of a text. */
static uint32_t step(const struct substrings *t, uint32_t at, uint8_t byte)
{
	for (;;) {
		uint32_t to = edge_of(t, at, byte);

		if (to != 0 || at == 0)
			return to;
		at = t->states[at].fall;
	}
}

/* States and edges from the tree, breadth first, so that a fall is known before it is asked
 * for.  QUEUE has room for all states. */
static void build(struct substrings *t, const struct draft *d, const struct needle *needles,
		  const uint32_t *next, uint32_t *queue)
{
	uint32_t head = 0, tail = 1, nedges = 0, nids = 0;

	queue[0] = 0;
	while (head < tail) {
		uint32_t at = queue[head++];
		struct state *s = &t->states[at];

		s->ids = nids;
		for (uint32_t k = d[at].needle; k != 0; k = next[k - 1])
			t->ids[nids++] = needles[k - 1].id;
		s->nids = nids - s->ids;
		s->told = s->nids > 0 ? at : at == 0 ? 0 : t->states[s->fall].told;
		s->first = nedges;
		for (uint32_t c = d[at].child; c != 0; c = d[c].sibling) {
			t->states[c].fall = at == 0 ? 0 : step(t, s->fall, d[c].byte);
			t->edges[nedges++] = (struct edge){ d[c].byte, c };
			if (at == 0)
				t->root[d[c].byte] = c;
			queue[tail++] = c;
		}
		s->n = nedges - s->first;
	}
}

/* False: there are too many. */
static bool add_pair(struct substrings *t, struct span text)
{
	uint8_t first = text.p[0], second = text.n > 1 ? text.p[1] : 0;
	uint8_t any = text.n > 1 ? 0 : UINT8_MAX;
	struct pair *p = t->pairs;

	for (; p < t->pairs + t->npairs; p++)
		if (p->first[0] == first && p->second[0] == second && p->any[0] == any)
			return true;
	if (t->npairs == MAX_PAIRS)
		return false;
	p->first = (lanes){ 0 } + first;
	p->second = (lanes){ 0 } + second;
	p->any = (lanes){ 0 } + any;
	t->npairs++;
	return true;
}

static void find_pairs(struct substrings *t, const struct needle *needles, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (add_pair(t, needles[i].text))
			continue;
		t->npairs = 0;
		return;
	}
}

struct substrings *substrings_new(struct pool *pool, const struct needle *needles, unsigned n)
{
	struct substrings *t = pool_get(pool, sizeof(*t));
	struct pool scratch;
	struct draft *d;
	uint32_t *next, *queue, count;
	size_t most = 1;

	for (unsigned i = 0; i < n; i++)
		most += needles[i].text.n;
	pool_init(&scratch, SIZE_MAX);
	d = most < UINT32_MAX ? pool_array(&scratch, most, sizeof(*d)) : NULL;
	next = pool_array(&scratch, n, sizeof(*next));
	queue = pool_array(&scratch, most, sizeof(*queue));
	if (t == NULL || d == NULL || next == NULL || queue == NULL)
		goto fail;
	count = draft_tree(d, needles, n, next);
	t->states = pool_array(pool, count, sizeof(*t->states));
	t->edges = pool_array(pool, count, sizeof(*t->edges));
	t->ids = pool_array(pool, n, sizeof(*t->ids));
	if (t->states == NULL || t->edges == NULL || t->ids == NULL)
		goto fail;
	build(t, d, needles, next, queue);
	find_pairs(t, needles, n);
	pool_release(&scratch);
	return t;
fail:
	pool_release(&scratch);
	return NULL;
}

static void tell(const struct substrings *t, uint32_t at, needle_hit *hit, void *ctx)
{
	for (at = t->states[at].told; at != 0; at = t->states[t->states[at].fall].told)
		for (uint32_t i = 0; i < t->states[at].nids; i++)
			hit(ctx, t->ids[t->states[at].ids + i]);
}

static bool any_lane(lanes v)
{
	uint64_t words[LANES / 8];

	memcpy(words, &v, sizeof(words));
	return (words[0] | words[1]) != 0;
}

/* Can a string begin at one of the LANES places from P on?  One byte more is read. */
static bool may_begin(const struct substrings *t, const uint8_t *p)
{
	lanes here, next, found = { 0 };

	memcpy(&here, p, LANES);
	memcpy(&next, p + 1, LANES);
	for (unsigned i = 0; i < t->npairs; i++) {
		const struct pair *pair = &t->pairs[i];

		found |= (lanes)(here == pair->first) & ((lanes)(next == pair->second) | pair->any);
	}
	return any_lane(found);
}

/* From I on, the first place that is worth a step, or a few before it. */
static size_t skip(const struct substrings *t, struct span text, size_t i)
{
	if (t->npairs == 0) {
		while (i < text.n && t->root[text.p[i]] == 0)
			i++;
		return i;
	}
	while (i + LANES < text.n && !may_begin(t, text.p + i))
		i += LANES;
	/* The rest, looked at together with some that was looked at. */
	if (i + LANES >= text.n && i < text.n && text.n > LANES &&
	    !may_begin(t, text.p + text.n - LANES - 1))
		i = text.n - (t->root[text.p[text.n - 1]] != 0);
	return i;
}

void substrings_find(const struct substrings *t, struct span text, needle_hit *hit, void *ctx)
{
	uint32_t at = 0;

	for (size_t i = skip(t, text, 0); i < text.n; i++) {
		at = step(t, at, text.p[i]);
		if (at != 0 && t->states[at].told != 0)
			tell(t, at, hit, ctx);
		if (at == 0 && i % LANES == LANES - 1)
			i = skip(t, text, i + 1) - 1;
	}
}
