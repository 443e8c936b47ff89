/* SPDX-License-Identifier: Apache-2.0
 *
 * lookups.c -- see lookups.h.
 */
#include "lookups.h"

#define AGAIN_NS  (60 * NS_PER_SEC)
#define FAILED_NS (5 * NS_PER_SEC)
#define NEW_NS	  (60 * NS_PER_SEC)
#define NOT_YET	  ((struct mono){ UINT64_MAX })

enum { MOST_DOUBLINGS = 6 }; /* 5 s to 320 s */

static struct lookup *find(struct lookups *l, const char *name)
{
	for (unsigned i = 0; i < l->count; i++)
		if (strcmp(l->all[i].name, name) == 0)
			return &l->all[i];
	return NULL;
}

/* A place for one more: of those that nobody wants the one that was looked up longest ago gives up its own. */
static struct lookup *place(struct lookups *l)
{
	struct lookup *oldest = NULL;

	if (l->count < ARRAY_LEN(l->all))
		return &l->all[l->count++];
	for (unsigned i = 0; i < l->count; i++)
		if (!l->all[i].is_wanted && (oldest == NULL || l->all[i].due.ns < oldest->due.ns))
			oldest = &l->all[i];
	return oldest;
}

/* When the next new one may be looked up.  Who brings ever others has them wait, not us remember how many there were. */
static struct mono allowed(struct lookups *l, struct mono now)
{
	uint64_t minutes = mono_since(l->allowed_at, now) / NEW_NS;

	if (minutes > 0) {
		l->used -= minutes < l->used ? (unsigned)minutes : l->used;
		l->allowed_at = now;
	}
	l->used++;
	return l->used <= HOST_NAMES_MAX ? now
					 : mono_after(now, (l->used - HOST_NAMES_MAX) * NEW_NS);
}

bool lookups_want(struct lookups *l, const char *name, const struct lookup **ret_known)
{
	struct lookup *one = find(l, name);

	*ret_known = NULL;
	if (one == NULL) {
		one = is_host_name(span_str(name)) ? place(l) : NULL;
		if (one == NULL)
			return false;
		*one = (struct lookup){ .answer.end = LOOKUP_FAILED };
		memcpy(one->name, name, strlen(name) + 1);
	}
	if (!one->is_wanted) {
		one->is_wanted = one->is_new = true;
		one->due = NOT_YET;
		*ret_known = one->answer.n > 0 ? one : NULL;
	}
	one->is_said = true;
	return true;
}

/* Nobody asks for ONE any more.  What it was allowed and did not use is free again. */
static void let_go(struct lookups *l, struct lookup *one)
{
	if (one->is_new && one->due.ns != NOT_YET.ns && l->used > 0)
		l->used--;
	one->is_wanted = one->is_new = one->is_failing = false;
	one->failures = 0;
}

void lookups_keep(struct lookups *l, struct mono now)
{
	for (unsigned i = 0; i < l->count;) {
		struct lookup *one = &l->all[i];

		if (!one->is_said)
			let_go(l, one);
		one->is_said = false;
		if (one->is_wanted || one->answer.n > 0)
			i++;
		else
			*one = l->all[--l->count];
	}
	for (unsigned i = 0; i < l->count; i++)
		if (l->all[i].is_new && l->all[i].due.ns == NOT_YET.ns)
			l->all[i].due = allowed(l, now);
}

const struct lookup *lookups_next(struct lookups *l, struct mono now, struct mono *ret_due)
{
	struct lookup *first = NULL;

	for (unsigned i = 0; i < l->count; i++)
		if (l->all[i].is_wanted && (first == NULL || l->all[i].due.ns < first->due.ns))
			first = &l->all[i];
	ret_due->ns = first == NULL ? UINT64_MAX : first->due.ns;
	if (first == NULL || first->due.ns > now.ns)
		return NULL;
	first->is_new = false;
	return first;
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
	if (a->count == NAMED_MAX_ADDRESSES) {
		a->too_many++;
		return;
	}
	memmove(a->bytes + at + 1 + n, a->bytes + at, a->n - at);
	a->bytes[at] = (uint8_t)n;
	memcpy(a->bytes + at + 1, address, n);
	a->n += 1 + n;
	a->count++;
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
	one->is_failing = a->end == LOOKUP_FAILED && one->is_wanted;
	if (a->end == LOOKUP_FAILED) {
		one->due = failed(one, now);
		return NULL;
	}
	one->failures = 0;
	one->due = mono_after(now, AGAIN_NS);
	/* None where there was no answer yet is nothing new. */
	is_new = one->answer.n != a->n || memcmp(one->answer.bytes, a->bytes, a->n) != 0;
	one->answer = *a;
	return is_new && one->is_wanted ? one : NULL;
}

struct lookup_numbers lookups_numbers(const struct lookups *l, struct mono now)
{
	struct lookup_numbers ret = { 0 };

	for (unsigned i = 0; i < l->count; i++) {
		const struct lookup *one = &l->all[i];
		bool is_due = one->due.ns <= now.ns;

		if (!one->is_wanted)
			continue;
		ret.names++;
		ret.found += one->answer.n > 0;
		ret.failing += one->is_failing;
		ret.unasked += one->answer.end == LOOKUP_FAILED && !one->is_failing && is_due;
		ret.waiting += one->is_new && !is_due;
	}
	return ret;
}
