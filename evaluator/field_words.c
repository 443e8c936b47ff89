/* SPDX-License-Identifier: Apache-2.0
 *
 * field_words.c -- see field_words.h.
 */
#include "field_words.h"

bool words_next(struct span *list, struct span *ret)
{
	const uint8_t *nul;

	if (list->n == 0)
		return false;
	nul = memchr(list->p, 0, list->n);
	ret->p = list->p;
	ret->n = nul != NULL ? (size_t)(nul - list->p) : list->n;
	list->p += nul != NULL ? ret->n + 1 : ret->n;
	list->n -= nul != NULL ? ret->n + 1 : ret->n;
	return true;
}

struct span process_args(const struct process_info *p)
{
	return p->args.n == 1 && p->args.p[0] == 0 ? SPAN_NONE : p->args;
}

void words_put(struct text *t, struct span list)
{
	struct span s;

	for (bool first = true; words_next(&list, &s); first = false) {
		if (!first)
			text_char(t, ' ');
		text_put(t, s);
	}
}

bool words_joined(const struct field_event *e, struct span list, struct value *ret)
{
	struct text t;

	text_begin(&t, e->arena);
	words_put(&t, list);
	return value_string(ret, text_end(&t));
}

bool words_named(struct span list, struct span name, struct span *ret)
{
	struct span s;

	while (words_next(&list, &s)) {
		if (s.n > name.n && s.p[name.n] == '=' && span_starts(s, name)) {
			*ret = span_of(s.p + name.n + 1, s.n - name.n - 1);
			return true;
		}
	}
	return false;
}

bool words_nth(struct span list, uint64_t n, struct value *ret)
{
	struct span s;

	while (words_next(&list, &s))
		if (n-- == 0)
			return value_string(ret, s);
	return value_str(ret, "");
}

void process_put_cmdline(struct text *t, const struct process_info *p)
{
	struct span args = process_args(p), s;

	text_put(t, p->comm);
	while (words_next(&args, &s)) {
		text_char(t, ' ');
		text_put(t, s);
	}
}

bool process_cmdline(const struct field_event *e, const struct process_info *p, struct value *ret)
{
	struct text t;

	if (process_args(p).n == 0)
		return value_string(ret, p->comm);
	text_begin(&t, e->arena);
	process_put_cmdline(&t, p);
	return value_string(ret, text_end(&t));
}
