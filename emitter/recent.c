/* SPDX-License-Identifier: Apache-2.0
 *
 * recent.c -- see recent.h.
 */
#include "recent.h"

#include <pthread.h>
#include <stdlib.h>

#include "tail.h"

struct recent {
	pthread_mutex_t lock;
	struct journal_key key;
	struct tail tail;
	uint8_t mem[];
};

struct recent *recent_new(size_t bytes)
{
	struct recent *r = calloc(1, sizeof(*r) + bytes);

	if (r == NULL)
		return NULL;
	pthread_mutex_init(&r->lock, NULL);
	tail_init(&r->tail, r->mem, bytes, 0);
	return r;
}

void recent_free(struct recent *r)
{
	if (r == NULL)
		return;
	pthread_mutex_destroy(&r->lock);
	free(r);
}

void recent_put(struct recent *r, struct journal_key key, uint64_t number, struct span record)
{
	pthread_mutex_lock(&r->lock);
	/* Numbers have no gaps in a tail; the journal's may, behind a crash. */
	if (number != r->tail.next)
		tail_clear(&r->tail, number);
	r->key = key;
	tail_put(&r->tail, record);
	pthread_mutex_unlock(&r->lock);
}

void recent_get(struct recent *r, uint64_t from, unsigned count, uint8_t *buf, size_t cap,
		struct recent_copy *ret)
{
	struct tail_place place = { 0 };
	size_t used = 0;

	pthread_mutex_lock(&r->lock);
	if (from < r->tail.first || from > r->tail.next)
		from = r->tail.first;
	*ret = (struct recent_copy){
		.key = r->key, .oldest = r->tail.first, .first = from, .end = r->tail.next
	};
	for (; count > 0 && from < r->tail.next; from++, count--) {
		struct span record = tail_get(&r->tail, from, &place);

		if (record.n > cap - used)
			break;
		memcpy(buf + used, record.p, record.n);
		used += record.n;
	}
	ret->next = from;
	pthread_mutex_unlock(&r->lock);
	ret->records = span_of(buf, used);
}
