/* SPDX-License-Identifier: Apache-2.0
 *
 * lookups.c -- see lookups.h.
 */
#include "lookups.h"

#define AGAIN_NS  (60 * NS_PER_SEC)
#define FAILED_NS (5 * NS_PER_SEC)
#define NEW_NS	  (60 * NS_PER_SEC)

enum { MOST_DOUBLINGS = 6 }; /* 5 s to 320 s */

static struct lookup *find(struct lookups *l, const char *name)
{
	for (unsigned i = 0; i < l->count; i++)
		if (strcmp(l->all[i].name, name) == 0)
			return &l->all[i];
	return NULL;
}

/* When a new one may be looked up.  Who brings ever others has them wait, not us remember how many there were. */
static struct mono allowed(struct lookups *l, struct mono now)
{
	uint64_t minutes = mono_since(l->allowed_at, now) / NEW_NS;

	if (minutes > 0) {
		l->used -= minutes < l->used ? (unsigned)minutes : l->used;
		l->allowed_at = now;
	}
	if (l->used < ARRAY_LEN(l->all))
		l->used++;
	return l->used <= HOST_NAMES_MAX ? now
					 : mono_after(now, (l->used - HOST_NAMES_MAX) * NEW_NS);
}

bool lookups_want(struct lookups *l, const char *name, struct mono now)
{
	struct lookup *one = find(l, name);

	if (one == NULL) {
		if (l->count == ARRAY_LEN(l->all) || !is_host_name(span_str(name)))
			return false;
		one = &l->all[l->count++];
		*one = (struct lookup){ .due = allowed(l, now), .answer.end = LOOKUP_FAILED };
		memcpy(one->name, name, strlen(name) + 1);
	}
	one->is_wanted = true;
	return true;
}

void lookups_keep(struct lookups *l)
{
	for (unsigned i = 0; i < l->count;) {
		struct lookup *one = &l->all[i];

		if (one->is_wanted) {
			one->is_wanted = false;
			i++;
		} else {
			*one = l->all[--l->count];
		}
	}
}

const struct lookup *lookups_next(struct lookups *l, struct mono now, struct mono *ret_due)
{
	const struct lookup *first = NULL;

	for (unsigned i = 0; i < l->count; i++)
		if (first == NULL || l->all[i].due.ns < first->due.ns)
			first = &l->all[i];
	ret_due->ns = first == NULL ? UINT64_MAX : first->due.ns;
	return first != NULL && first->due.ns <= now.ns ? first : NULL;
}

/* ---- answers ---- */

/* One behind the other in the order of their bytes, so that the same ones look the same. */
void lookup_add(struct lookup_answer *a, const uint8_t *address, unsigned n)
{
	struct span left = span_of(a->bytes, a->n), one = SPAN_NONE;
	size_t at = 0;
	int order = 1;

	for (; (one = named_next(&left)).n > 0; at += 1 + one.n) {
		order = one.n != n ? (int)n - (int)one.n : memcmp(address, one.p, n);
		if (order <= 0)
			break;
	}
	if (one.n > 0 && order == 0)
		return;
	if (a->n + 1 + n > sizeof(a->bytes)) {
		a->too_many++;
		return;
	}
	memmove(a->bytes + at + 1 + n, a->bytes + at, a->n - at);
	a->bytes[at] = (uint8_t)n;
	memcpy(a->bytes + at + 1, address, n);
	a->n += 1 + n;
}

static struct mono failed(struct lookup *one, struct mono now)
{
	unsigned doublings = one->failures < MOST_DOUBLINGS ? one->failures : MOST_DOUBLINGS;

	one->failures++;
	return mono_after(now, FAILED_NS << doublings);
}

const struct lookup *lookups_answer(struct lookups *l, const char *name, struct lookup_answer *a,
				    struct mono now)
{
	struct lookup *one = find(l, name);
	bool is_new;

	if (one == NULL)
		return NULL;
	one->is_failing = a->end == LOOKUP_FAILED;
	if (one->is_failing) {
		one->due = failed(one, now);
		return NULL;
	}
	one->failures = 0;
	one->due = mono_after(now, AGAIN_NS);
	/* None where there was no answer yet is nothing new. */
	is_new = one->answer.n != a->n || memcmp(one->answer.bytes, a->bytes, a->n) != 0;
	one->answer = *a;
	return is_new ? one : NULL;
}

struct lookup_numbers lookups_numbers(const struct lookups *l, struct mono now)
{
	struct lookup_numbers ret = { .names = l->count };

	for (unsigned i = 0; i < l->count; i++) {
		ret.found += l->all[i].answer.n > 0;
		ret.failing += l->all[i].is_failing;
		ret.unasked += l->all[i].answer.end == LOOKUP_FAILED && !l->all[i].is_failing &&
			       l->all[i].due.ns <= now.ns;
	}
	return ret;
}
