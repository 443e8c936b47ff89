/* SPDX-License-Identifier: Apache-2.0
 *
 * strmap.c -- open addressing, at most half full.
 */
#include "strmap.h"

static uint64_t hash_of(struct span s)
{
	uint64_t h = 0xcbf29ce484222325;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ s.p[i]) * 0x100000001b3;
	return h ^ (h >> 32);
}

static struct strmap_entry *slot_of(const struct strmap *m, struct span text)
{
	for (uint64_t i = hash_of(text);; i++) {
		struct strmap_entry *e = &m->slots[i & (m->nslots - 1)];

		if (e->text.p == NULL || span_eq(e->text, text))
			return e;
	}
}

static bool grow(struct strmap *m)
{
	struct strmap bigger = { m->pool, NULL, m->nslots == 0 ? 64 : m->nslots * 2, m->used };

	bigger.slots = pool_array(m->pool, bigger.nslots, sizeof(*bigger.slots));
	if (bigger.slots == NULL)
		return false;
	for (unsigned i = 0; i < m->nslots; i++)
		if (m->slots[i].text.p != NULL)
			*slot_of(&bigger, m->slots[i].text) = m->slots[i];
	*m = bigger;
	return true;
}

struct strmap_entry *strmap_entry(struct strmap *m, struct span text)
{
	struct strmap_entry *e;

	if (m->used * 2 >= m->nslots && !grow(m))
		return NULL;
	e = slot_of(m, text);
	if (e->text.p == NULL) {
		e->text = text.p == NULL ? span_str("") : text;
		m->used++;
	}
	return e;
}

uint32_t strmap_find(const struct strmap *m, struct span text)
{
	return m->nslots == 0 ? 0 : slot_of(m, text)->value;
}
