/* SPDX-License-Identifier: Apache-2.0
 *
 * name_memo.c -- one place per name and key, by hash.
 */
#include "name_memo.h"

enum { MEMOS = 4096 };

_Static_assert(sizeof(struct name_key) == sizeof(uint64_t), "a key is compared as one word");
_Static_assert(sizeof(struct name_memo) == 128, "a memo is two cache lines");

struct name_memos {
	struct name_memo *memos;
};

void name_memos_clear(struct name_memos *m)
{
	memset(m->memos, 0, MEMOS * sizeof(*m->memos));
	for (unsigned i = 0; i < MEMOS; i++)
		m->memos[i].nrules = NAME_IS_NEW;
}

struct name_memos *name_memos_new(struct pool *pool)
{
	struct name_memos *m = pool_get(pool, sizeof(*m));

	if (m != NULL)
		m->memos = pool_array(pool, MEMOS, sizeof(*m->memos));
	if (m == NULL || m->memos == NULL)
		return NULL;
	name_memos_clear(m);
	return m;
}

static uint64_t word_at(const uint8_t *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

static uint64_t mix(uint64_t h, uint64_t w)
{
	h = (h ^ w) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 32;
}

static uint64_t hash_of(uint64_t h, struct span name)
{
	size_t i = 0;

	for (; i + 8 <= name.n; i += 8)
		h = mix(h, word_at(name.p + i));
	if (i < name.n && name.n >= 8) /* the rest, and some that was taken */
		return mix(h, word_at(name.p + name.n - 8));
	for (; i < name.n; i++)
		h = mix(h, name.p[i]);
	return h;
}

static bool is_of(const struct name_memo *memo, const struct name_key *key, struct span name,
		  struct span raw)
{
	return memcmp(&memo->key, key, sizeof(*key)) == 0 &&
	       span_eq(span_of(memo->name, memo->n), name) &&
	       span_eq(span_of(memo->name + memo->n, memo->nraw), raw);
}

struct name_memo *name_memo_get(struct name_memos *m, const struct name_key *key, struct span name,
				struct span raw)
{
	struct name_memo *memo;
	uint64_t h;

	if (name.n > NAME_MEMO_MAX || raw.n > NAME_MEMO_MAX - name.n)
		return NULL;
	memcpy(&h, key, sizeof(h));
	h = hash_of(mix(name.n, h), name);
	if (raw.n > 0)
		h = hash_of(h, raw);
	memo = &m->memos[h % MEMOS];
	if (is_of(memo, key, name, raw))
		return memo;
	memo->key = *key;
	memo->nrules = NAME_IS_NEW;
	memo->n = (uint8_t)name.n;
	memo->nraw = (uint8_t)raw.n;
	if (name.n > 0)
		memcpy(memo->name, name.p, name.n);
	if (raw.n > 0)
		memcpy(memo->name + name.n, raw.p, raw.n);
	return memo;
}
