/* SPDX-License-Identifier: Apache-2.0
 *
 * mirror_table.c -- the table of threads, by key and by tid.
 */
#include <errno.h>
#include <stdlib.h>

#include "mirror_core.h"

#define DEFAULT_BYTES ((size_t)1 << 30)

void slot_link_tid(struct mirror *m, struct slot *s)
{
	uint32_t *head = tid_bucket(m, s->p.info.tid);
	uint64_t bit, *missed = missed_word(m, s->p.info.tid, &bit);

	if (*missed & bit) {
		*missed &= ~bit;
		m->epoch++;
	}
	s->tid_next = *head;
	*head = slot_number(m, s);
}

void slot_unlink_tid(struct mirror *m, struct slot *s)
{
	uint32_t *at = tid_bucket(m, s->p.info.tid);

	while (*at != slot_number(m, s))
		at = &m->slots[*at - 1].tid_next;
	*at = s->tid_next;
}

void slot_changed(struct mirror *m, struct slot *s)
{
	if (s->looked_at)
		m->epoch++;
	s->looked_at = false;
}

void slot_remove(struct mirror *m, struct slot *s)
{
	uint32_t *at = key_bucket(m, s->p.key);

	slot_changed(m, s);
	slot_unlink_tid(m, s);
	while (*at != slot_number(m, s))
		at = &m->slots[*at - 1].key_next;
	*at = s->key_next;
	for (unsigned i = 0; i < TEXT_COUNT; i++)
		blob_put(m, s->text[i]);
	if (s->former)
		m->formers--;
	else
		m->count--;
	memset(s, 0, sizeof(*s));
	s->key_next = m->free;
	m->free = slot_number(m, s);
}

struct slot *slot_take(struct mirror *m, uint64_t key)
{
	uint32_t *head = key_bucket(m, key);
	struct slot *s;

	if (m->free != 0) {
		s = &m->slots[m->free - 1];
		m->free = s->key_next;
	} else {
		s = &m->slots[m->used++];
	}
	s->p.key = key;
	s->key_next = *head;
	*head = slot_number(m, s);
	m->count++;
	return s;
}

int mirror_tables_new(const struct mirror_limits *limits, struct mirror *frozen_of,
		      struct mirror **ret)
{
	struct mirror *m = calloc(1, sizeof(*m));
	uint64_t buckets = 64;

	if (m == NULL)
		return -ENOMEM;
	m->frozen_of = frozen_of;
	m->limits = *limits;
	if (m->limits.bytes == 0)
		m->limits.bytes = DEFAULT_BYTES;
	m->epoch = 1;
	while (buckets < limits->processes)
		buckets *= 2;
	m->mask = (uint32_t)(buckets - 1);
	m->slots = calloc(limits->processes > 0 ? limits->processes : 1, sizeof(*m->slots));
	m->by_key = calloc(buckets, sizeof(*m->by_key));
	m->by_tid = calloc(buckets, sizeof(*m->by_tid));
	m->records = frozen_of != NULL ? frozen_of->records
				       : calloc(RECORD_BUCKETS, sizeof(struct record *));
	if (m->slots == NULL || m->by_key == NULL || m->by_tid == NULL || m->records == NULL) {
		mirror_free(m);
		return -ENOMEM;
	}
	*ret = m;
	return 0;
}
