/* SPDX-License-Identifier: Apache-2.0
 *
 * process_memo.c -- one place per process, by hash.  Memory that no process has
 * needed yet is never touched.
 */
#include "process_memo.h"

enum {
	CACHE_BYTES = 8 * 1024 * 1024,
	MIN_MEMOS = 256,
	MAX_MEMOS = 16384,
	LISTS = 16384,	     /* different ones; their table has twice as many places */
	CELLS = 1024 * 1024, /* rules in all lists together */
};

struct list {
	uint32_t first, n;
};

struct process_memos {
	struct process_memo *memos;
	unsigned mask, nwords, nclasses;
	struct list *lists; /* 0 is none */
	uint32_t *cells, *table;
	uint32_t nlists, ncells;
};

static bool point_at(struct process_memos *m, struct pool *pool)
{
	unsigned n = m->mask + 1;
	uint64_t *words = pool_array(pool, n, 2 * m->nwords * sizeof(*words));
	uint32_t *lists = pool_array(pool, n, m->nclasses * sizeof(*lists));

	m->memos = pool_array(pool, n, sizeof(*m->memos));
	if (words == NULL || lists == NULL || m->memos == NULL)
		return false;
	for (unsigned i = 0; i < n; i++) {
		m->memos[i].known = words + (size_t)2 * i * m->nwords;
		m->memos[i].truth = m->memos[i].known + m->nwords;
		m->memos[i].lists = lists + (size_t)i * m->nclasses;
	}
	return true;
}

struct process_memos *process_memos_new(struct pool *pool, unsigned predicates, unsigned classes)
{
	struct process_memos *m = pool_get(pool, sizeof(*m));
	unsigned n = MAX_MEMOS;
	size_t bytes;

	if (m == NULL)
		return NULL;
	m->nwords = (predicates + 63) / 64;
	m->nclasses = classes;
	bytes = sizeof(*m->memos) + 2 * m->nwords * sizeof(uint64_t) + classes * sizeof(uint32_t);
	while (n > MIN_MEMOS && n * bytes > CACHE_BYTES)
		n /= 2;
	m->mask = n - 1;
	m->lists = pool_array(pool, LISTS + 1, sizeof(*m->lists));
	m->table = pool_array(pool, (size_t)2 * LISTS, sizeof(*m->table));
	m->cells = pool_array(pool, CELLS, sizeof(*m->cells));
	if (m->lists == NULL || m->table == NULL || m->cells == NULL || !point_at(m, pool))
		return NULL;
	return m;
}

static void forget(struct process_memos *m, struct process_memo *memo)
{
	memset(memo->known, 0, m->nwords * sizeof(*memo->known));
	memset(memo->lists, 0, m->nclasses * sizeof(*memo->lists));
}

struct process_memo *process_memo_get(struct process_memos *m, const struct mirror_process *p,
				      uint64_t epoch)
{
	struct process_memo *memo =
		&m->memos[p->key * UINT64_C(0x9e3779b97f4a7c15) >> 40 & m->mask];

	if (memo->key != p->key || memo->version != p->version || memo->epoch != epoch) {
		forget(m, memo);
		memo->key = p->key;
		memo->version = p->version;
		memo->epoch = epoch;
	}
	return memo;
}

void process_memos_clear(struct process_memos *m)
{
	for (unsigned i = 0; i <= m->mask; i++)
		if (m->memos[i].key != 0)
			forget(m, &m->memos[i]);
	memset(m->table, 0, (size_t)2 * LISTS * sizeof(*m->table));
	m->nlists = m->ncells = 0;
}

/* ---- lists ---- */

static uint32_t *place_of(struct process_memos *m, const uint32_t *rules, unsigned n)
{
	uint64_t h = n;

	for (unsigned i = 0; i < n; i++)
		h = (h ^ rules[i]) * UINT64_C(0x9e3779b97f4a7c15) >> 7 ^ h;
	for (;; h++) {
		uint32_t *at = &m->table[h % (2 * LISTS)];
		const struct list *l = &m->lists[*at];

		if (*at == 0 ||
		    (l->n == n && memcmp(m->cells + l->first, rules, n * sizeof(*rules)) == 0))
			return at;
	}
}

uint32_t process_memo_list(struct process_memos *m, const uint32_t *rules, unsigned n)
{
	uint32_t *at = place_of(m, rules, n);

	if (*at != 0)
		return *at;
	if (m->nlists == LISTS || n > CELLS - m->ncells)
		return 0;
	m->lists[++m->nlists] = (struct list){ m->ncells, n };
	if (n > 0)
		memcpy(m->cells + m->ncells, rules, n * sizeof(*rules));
	m->ncells += n;
	*at = m->nlists;
	return *at;
}

const uint32_t *process_memo_rules(const struct process_memos *m, uint32_t list, unsigned *ret_n)
{
	*ret_n = m->lists[list].n;
	return m->cells + m->lists[list].first;
}
