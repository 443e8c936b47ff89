/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_expand.c -- lists in conditions.  Their names are replaced as text,
 * before parsing, wherever they stand between delimiters: in order of the
 * lists' first definition, so that what a list brings in is looked through for
 * later lists only.
 */
#include <errno.h>

#include "rule_defs.h"

static bool is_white(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_delimiter(uint8_t c)
{
	return is_white(c) || c == '(' || c == ')' || c == ',' || c == '=';
}

static bool has_delimiter(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (is_delimiter(s.p[i]))
			return true;
	return false;
}

static struct span *push_item(struct pool *pool, struct pool_vec *v, struct span s)
{
	struct span *slot = pool_push(pool, v, sizeof(*slot));

	if (slot != NULL)
		*slot = s;
	return slot;
}

/* One level deep: an item that is an earlier list's name stands for its items
 * as they were written. */
int lists_flatten(struct rule_loader *l, struct pool *pool)
{
	l->odd_lists = false;
	for (unsigned i = 0; i < l->lists.n; i++) {
		loader_list(l, i)->used = false;
		l->odd_lists |= has_delimiter(loader_list(l, i)->name);
	}
	for (unsigned i = 0; i < l->lists.n; i++) {
		struct rule_list *list = loader_list(l, i), *other;
		const struct span *items = list->items.items;

		list->flat = (struct pool_vec){ 0 };
		for (unsigned j = 0; j < list->items.n; j++) {
			uint32_t found = strmap_find(&l->list_names, items[j]);
			const struct span *theirs;

			other = found == 0 ? NULL : loader_list(l, found - 1);
			if (other == NULL || other->index >= list->visibility) {
				if (push_item(pool, &list->flat, items[j]) == NULL)
					return -ENOMEM;
				continue;
			}
			other->used = true;
			theirs = other->items.items;
			for (unsigned k = 0; k < other->items.n; k++)
				if (push_item(pool, &list->flat, theirs[k]) == NULL)
					return -ENOMEM;
		}
	}
	return 0;
}

/* The items with ", " between them, as a condition has them. */
static bool list_text(const struct rule_list *list, struct pool_text *to)
{
	const struct span *items = list->flat.items;

	for (unsigned i = 0; i < list->flat.n; i++) {
		struct span s = items[i];
		bool quote =
			s.n > 0 && memchr(s.p, ' ', s.n) != NULL && s.p[0] != '"' && s.p[0] != '\'';

		if (i > 0)
			pool_text_str(to, ", ");
		if (quote)
			pool_text_str(to, "\"");
		pool_text_add(to, s);
		if (quote)
			pool_text_str(to, "\"");
	}
	return pool_text_str(to, "");
}

struct expansion {
	struct rule_loader *l;
	struct origin_text *to;
	const struct origin_text *from; /* NULL: all is at WHERE */
	struct origin where;
	struct span text;
	uint32_t above; /* only lists of a higher number, counted from 1 */
};

static bool expand(struct expansion *x);

static bool copy(struct expansion *x, size_t at, size_t n)
{
	if (n == 0)
		return true;
	return x->from != NULL ? origin_add_part(x->to, x->from, at, n)
			       : origin_add_fixed(x->to, span_of(x->text.p + at, n), x->where);
}

/* The name of list NUMBER stands at AT, LEN bytes; *RET_NEXT: go on there. */
static bool replace(struct expansion *x, uint32_t number, size_t at, size_t len, size_t *ret_next)
{
	struct rule_list *list = loader_list(x->l, number - 1);
	struct pool_text items = { .pool = x->to->text.pool };
	struct expansion inner = { .l = x->l, .to = x->to, .above = number };
	size_t next = at + len;
	bool ok;

	list->used = true;
	while (next < x->text.n && is_white(x->text.p[next]))
		next++;
	origin_trim(x->to);
	if (list->flat.n == 0) { /* nothing: one comma beside it goes as well */
		if (x->to->text.n > 0 && x->to->text.p[x->to->text.n - 1] == ',')
			origin_cut(x->to, x->to->text.n - 1);
		else if (next < x->text.n && x->text.p[next] == ',')
			next++;
	}
	*ret_next = next;
	inner.where = x->from != NULL ? origin_find(x->from, at) : x->where;
	ok = list_text(list, &items) && origin_add_fixed(x->to, span_str(" "), inner.where);
	inner.text = pool_text_span(&items);
	return ok && expand(&inner) && origin_add_fixed(x->to, span_str(" "), inner.where);
}

static bool expand(struct expansion *x)
{
	size_t at = 0;

	while (at < x->text.n) {
		size_t end = at;
		uint32_t number;

		if (is_delimiter(x->text.p[at])) {
			while (end < x->text.n && is_delimiter(x->text.p[end]))
				end++;
			if (!copy(x, at, end - at))
				return false;
			at = end;
			continue;
		}
		while (end < x->text.n && !is_delimiter(x->text.p[end]))
			end++;
		number = strmap_find(&x->l->list_names, span_of(x->text.p + at, end - at));
		if (number <= x->above) {
			if (!copy(x, at, end - at))
				return false;
			at = end;
		} else if (!replace(x, number, at, end - at, &at)) {
			return false;
		}
	}
	return pool_text_str(&x->to->text, "");
}

/* A list whose name has blanks or commas in it is looked for as a whole. */
static bool expand_odd_name(struct rule_loader *l, uint32_t number, const struct origin_text *from,
			    struct origin_text *to)
{
	struct span name = loader_list(l, number - 1)->name;
	struct expansion x = { .l = l, .to = to, .from = from, .text = origin_span(from) };
	size_t at = 0, copied = 0;

	while (name.n > 0 && at + name.n <= x.text.n) {
		const uint8_t *hit = memmem(x.text.p + at, x.text.n - at, name.p, name.n);
		size_t end;

		if (hit == NULL)
			break;
		at = (size_t)(hit - x.text.p);
		end = at + name.n;
		if ((at > 0 && !is_delimiter(x.text.p[at - 1])) ||
		    (end < x.text.n && !is_delimiter(x.text.p[end]))) {
			at++;
			continue;
		}
		if (!copy(&x, copied, at - copied) || !replace(&x, number, at, name.n, &at))
			return false;
		copied = at;
	}
	return copy(&x, copied, x.text.n - copied) && pool_text_str(&to->text, "");
}

bool lists_substitute(struct rule_loader *l, const struct origin_text *from, struct origin_text *to)
{
	struct pool *pool = to->text.pool;
	struct origin_text stage = *from, next;
	struct expansion x = { .l = l, .to = to };

	for (unsigned i = 0; l->odd_lists && i < l->lists.n; i++) {
		if (!has_delimiter(loader_list(l, i)->name))
			continue;
		origin_init(&next, pool);
		if (!expand_odd_name(l, i + 1, &stage, &next))
			return false;
		stage = next;
	}
	x.from = &stage;
	x.text = origin_span(&stage);
	return expand(&x);
}
