/* SPDX-License-Identifier: Apache-2.0
 *
 * lookup.c -- predicates to needles, needles to the structure that finds them.
 */
#include "lookup.h"

#include "substrings.h"

struct exact {
	struct op_right right;
	uint32_t id;
};

/* Which predicates name one of the exact values. */
struct exact_ids {
	unsigned n;
	uint32_t *ids;
};

struct lookup {
	struct pool *pool;
	enum op_group group;			/* of the exact values */
	struct pool_vec exact;			/* struct exact */
	struct pool_vec prefix, suffix, inside; /* struct needle */
	struct pool_vec paths;			/* uint32_t: PREFIX, but of whole components */
	/* sealed */
	struct valueset *set;
	struct exact_ids *by_value; /* by the set's numbers */
	struct prefixes *prefixes, *suffixes;
	struct substrings *substrings;
};

struct lookup *lookup_new(struct pool *pool)
{
	struct lookup *l = pool_get(pool, sizeof(*l));

	if (l != NULL)
		l->pool = pool;
	return l;
}

/* ---- which predicates ---- */

static unsigned part_of_glob(struct span pattern);

static unsigned part_of_op(enum op_id op, enum op_group group, struct span text)
{
	bool is_text = group == GROUP_STRING || group == GROUP_BYTES;

	switch (op) {
	case OP_EQ:
	case OP_EQ2:
		return is_text || group == GROUP_NUMBER || group == GROUP_BOOL || group == GROUP_IP
			       ? LOOKUP_EXACT
			       : 0;
	case OP_STARTSWITH:
	case OP_BSTARTSWITH:
		return LOOKUP_PREFIX;
	case OP_ENDSWITH:
		return LOOKUP_SUFFIX;
	case OP_CONTAINS:
	case OP_BCONTAINS: /* the empty text is in all */
		return text.n > 0 ? LOOKUP_INSIDE : LOOKUP_PREFIX;
	case OP_GLOB:
		return part_of_glob(text);
	default:
		return 0;
	}
}

/* How many of the constants must be looked for: one of all, if all must be true. */
static unsigned needed(const struct predicate *q)
{
	return q->kind == PREDICATE_COUNT_OF && q->modifier == MODIFIER_ALLOF && q->n > 1 ? 1
											  : q->n;
}

/* Doubles are no keys, and the type of evt.rawarg is the event's to say. */
static bool has_keys(const struct expr *left)
{
	return left->type != PT_DOUBLE &&
	       (left->kind != EXPR_FIELD || left->field.id != FIELD_evt_rawarg);
}

unsigned lookup_parts(const struct predicate *q, const struct expr *left)
{
	unsigned parts = 0;

	if (!has_keys(left) || q->group == GROUP_LIST || q->any == ANY_EACH)
		return 0;
	switch (q->kind) {
	case PREDICATE_SET:
		return LOOKUP_EXACT;
	case PREDICATE_PATHS:
		return LOOKUP_PREFIX;
	case PREDICATE_COMPARE:
	case PREDICATE_COUNT_OF:
		break;
	default:
		return 0;
	}
	for (unsigned i = 0; i < needed(q); i++) {
		bool is_text = q->group == GROUP_STRING || q->group == GROUP_BYTES;
		unsigned part = part_of_op((enum op_id)q->op, (enum op_group)q->group,
					   is_text ? q->rights[i].s : SPAN_NONE);

		if (part == 0)
			return 0;
		parts |= part;
	}
	return parts;
}

/* ---- patterns ---- */

static bool is_meta(uint8_t c)
{
	return c == '*' || c == '?' || c == '[' || c == '\\';
}

/* What PATTERN begins with, up to the first sign. */
static struct span literal_head(struct span pattern)
{
	size_t n = 0;

	while (n < pattern.n && !is_meta(pattern.p[n]))
		n++;
	return span_of(pattern.p, n);
}

/* The longest run of plain letters in PATTERN: behind a bracket nothing is sure. */
static struct span literal_run(struct span pattern)
{
	struct span best = SPAN_NONE;

	for (size_t at = 0; at < pattern.n;) {
		struct span run = literal_head(span_of(pattern.p + at, pattern.n - at));

		if (run.n > best.n)
			best = run;
		at += run.n;
		if (at < pattern.n && (pattern.p[at] == '[' || pattern.p[at] == '\\'))
			break;
		at++;
	}
	return best;
}

static unsigned part_of_glob(struct span pattern)
{
	if (literal_head(pattern).n >= 2)
		return LOOKUP_PREFIX;
	return literal_run(pattern).n > 0 ? LOOKUP_INSIDE : 0;
}

/* The components of a search path that are no patterns, as "/a/b" ("" for "/"): a path below
 * it begins with that, if it is absolute and has no slash twice. */
static bool literal_path(struct pool *pool, struct span path, struct span *ret)
{
	struct pool_text text = { .pool = pool };
	bool ok = pool_text_add(&text, SPAN_NONE);

	while (ok && path.n > 0) {
		size_t n = 0;

		while (path.n > 0 && path.p[0] == '/')
			path = span_of(path.p + 1, path.n - 1);
		while (n < path.n && path.p[n] != '/')
			n++;
		if (n == 0 || literal_head(span_of(path.p, n)).n < n)
			break;
		ok = pool_text_str(&text, "/") && pool_text_add(&text, span_of(path.p, n));
		path = span_of(path.p + n, path.n - n);
	}
	*ret = pool_text_span(&text);
	return ok;
}

/* ---- putting in ---- */

static bool add_needle(struct lookup *l, struct pool_vec *to, struct span text, uint32_t id)
{
	struct needle *needle = pool_push(l->pool, to, sizeof(*needle));

	if (needle == NULL)
		return false;
	*needle = (struct needle){ text, id };
	return true;
}

static bool add_exact(struct lookup *l, enum op_group group, const struct op_right *r, uint32_t id)
{
	struct exact *e = pool_push(l->pool, &l->exact, sizeof(*e));

	if (e == NULL)
		return false;
	l->group = group;
	*e = (struct exact){ *r, id };
	return true;
}

static bool add_path(struct lookup *l, struct span path, uint32_t id)
{
	uint32_t *slot = pool_push(l->pool, &l->paths, sizeof(*slot));
	struct span text;

	if (slot == NULL || !literal_path(l->pool, path, &text))
		return false;
	*slot = id;
	return add_needle(l, &l->prefix, text, id);
}

static bool add_one(struct lookup *l, const struct predicate *q, const struct op_right *r,
		    uint32_t id)
{
	enum op_group group = (enum op_group)q->group;

	if (q->kind == PREDICATE_PATHS)
		return add_path(l, r->s, id);
	if (q->kind == PREDICATE_SET)
		return add_exact(l, group, r, id);
	switch (q->op) {
	case OP_STARTSWITH:
	case OP_BSTARTSWITH:
		return add_needle(l, &l->prefix, r->s, id);
	case OP_ENDSWITH:
		return add_needle(l, &l->suffix, r->s, id);
	case OP_CONTAINS:
	case OP_BCONTAINS:
		return add_needle(l, r->s.n > 0 ? &l->inside : &l->prefix, r->s, id);
	case OP_GLOB:
		return part_of_glob(r->s) == LOOKUP_PREFIX
			       ? add_needle(l, &l->prefix, literal_head(r->s), id)
			       : add_needle(l, &l->inside, literal_run(r->s), id);
	default:
		return add_exact(l, group, r, id);
	}
}

bool lookup_add(struct lookup *l, const struct predicate *q, uint32_t id)
{
	for (unsigned i = 0; i < needed(q); i++)
		if (!add_one(l, q, &q->rights[i], id))
			return false;
	return true;
}

/* ---- sealing ---- */

static bool seal_exact(struct lookup *l)
{
	const struct exact *exact = l->exact.items;
	struct op_right *rights = pool_array(l->pool, l->exact.n, sizeof(*rights));
	unsigned *numbers = pool_array(l->pool, l->exact.n, sizeof(*numbers));

	if (rights == NULL || numbers == NULL)
		return false;
	for (unsigned i = 0; i < l->exact.n; i++)
		rights[i] = exact[i].right;
	l->set = valueset_new(l->pool, l->group, rights, l->exact.n);
	if (l->set == NULL)
		return false;
	l->by_value = pool_array(l->pool, valueset_count(l->set) + 1, sizeof(*l->by_value));
	if (l->by_value == NULL)
		return false;
	for (unsigned i = 0; i < l->exact.n; i++) {
		numbers[i] = valueset_number(l->set, l->group, &rights[i]);
		l->by_value[numbers[i]].n++;
	}
	for (unsigned v = 1; v <= valueset_count(l->set); v++) {
		l->by_value[v].ids = pool_array(l->pool, l->by_value[v].n, sizeof(uint32_t));
		if (l->by_value[v].ids == NULL)
			return false;
		l->by_value[v].n = 0;
	}
	for (unsigned i = 0; i < l->exact.n; i++) {
		struct exact_ids *to = &l->by_value[numbers[i]];

		to->ids[to->n++] = exact[i].id;
	}
	return true;
}

bool lookup_seal(struct lookup *l)
{
	if (l->exact.n > 0 && !seal_exact(l))
		return false;
	if (l->prefix.n > 0)
		l->prefixes =
			prefixes_new(l->pool, l->prefix.items, l->prefix.n, PREFIXES_FORWARDS);
	if (l->suffix.n > 0)
		l->suffixes =
			prefixes_new(l->pool, l->suffix.items, l->suffix.n, PREFIXES_BACKWARDS);
	if (l->inside.n > 0)
		l->substrings = substrings_new(l->pool, l->inside.items, l->inside.n);
	return (l->prefix.n == 0 || l->prefixes != NULL) &&
	       (l->suffix.n == 0 || l->suffixes != NULL) &&
	       (l->inside.n == 0 || l->substrings != NULL);
}

/* ---- finding ---- */

/* A path that is relative, or has a slash twice on the way that was walked along it, may be
 * below any of the search paths. */
static void find_odd_path(const struct lookup *l, struct span s, size_t walked, needle_hit *hit,
			  void *ctx)
{
	const uint32_t *ids = l->paths.items;
	bool odd = s.n == 0 || s.p[0] != '/';

	for (size_t i = 1; i <= walked && i < s.n && !odd; i++)
		odd = s.p[i] == '/' && s.p[i - 1] == '/';
	for (unsigned i = 0; odd && i < l->paths.n; i++)
		hit(ctx, ids[i]);
}

void lookup_find(const struct lookup *l, unsigned parts, const struct value *v, needle_hit *hit,
		 void *ctx)
{
	size_t at;

	if ((parts & LOOKUP_EXACT) && l->set != NULL) {
		const struct exact_ids *found = &l->by_value[valueset_find(l->set, v)];

		for (unsigned i = 0; i < found->n; i++)
			hit(ctx, found->ids[i]);
	}
	if (v->kind != VALUE_STRING && v->kind != VALUE_BYTES)
		return;
	if ((parts & LOOKUP_PREFIX) && l->prefixes != NULL) {
		at = prefixes_find(l->prefixes, v->s, hit, ctx);
		if (l->paths.n > 0)
			find_odd_path(l, v->s, at, hit, ctx);
	}
	if ((parts & LOOKUP_SUFFIX) && l->suffixes != NULL)
		prefixes_find(l->suffixes, v->s, hit, ctx);
	if ((parts & LOOKUP_INSIDE) && l->substrings != NULL)
		substrings_find(l->substrings, v->s, hit, ctx);
}
