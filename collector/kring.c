/* SPDX-License-Identifier: Apache-2.0
 *
 * kring.c -- see kring.h.  The kernel is the writer and is believed more than a
 * peer would be, yet no length from shared memory is used unchecked: a bug there
 * costs the records in the ring, not the collector.
 */
#include "kring.h"

#include <errno.h>
#include <stdatomic.h>

#define RECORD_HEADER 8u
#define BUSY	      (UINT32_C(1) << 31)
#define DISCARD	      (UINT32_C(1) << 30)

void kring_init(struct kring *k, void *consumer, const void *producer, const void *data,
		uint64_t size, uint64_t slack)
{
	*k = (struct kring){
		.consumer = consumer, .producer = producer, .data = data, .slack = slack
	};
	k->mask = size - 1;
	k->at = k->committed = atomic_load_explicit(k->consumer, memory_order_relaxed);
	k->head = k->at;
}

static const _Atomic uint32_t *header_at(const struct kring *k, uint64_t at)
{
	return (const _Atomic uint32_t *)(const void *)(k->data + (at & k->mask));
}

static uint64_t padded(uint32_t len)
{
	return RECORD_HEADER + (((uint64_t)len + 7) & ~UINT64_C(7));
}

/* Where the record of LEN bytes that is next ends: what runs over into the slack ends a round. */
static uint64_t end_of(const struct kring *k, uint32_t len)
{
	uint64_t end = k->at + padded(len), round = (k->at | k->mask) + 1;

	return k->slack != 0 && end > round ? round : end;
}

/* Is the record of LEN bytes that is next where records can be? */
static bool is_within(const struct kring *k, uint32_t len)
{
	return end_of(k, len) - k->at <= k->head - k->at &&
	       (k->slack == 0 || padded(len) <= k->slack);
}

/* As kring_peek(), but a ring without sense is left as it is. */
static int peek(struct kring *k, struct span *ret)
{
	for (;;) {
		uint32_t word, len;

		if (k->at == k->head) {
			/* K1: acquire; pairs with the kernel's release of the producer
			 * position: the header of every record before it is there. */
			k->head = atomic_load_explicit(k->producer, memory_order_acquire);
			if (k->at == k->head)
				return 0;
		}
		if (k->head - k->at > k->mask + 1 || (k->at & 7) != 0)
			return -EPROTO;
		/* K2: acquire; pairs with the kernel's exchange that takes BUSY away:
		 * the record's bytes are there. */
		word = atomic_load_explicit(header_at(k, k->at), memory_order_acquire);
		if (word & BUSY)
			return 0;
		len = word & ~(BUSY | DISCARD);
		if (!is_within(k, len))
			return -EPROTO;
		if (!(word & DISCARD)) {
			*ret = span_of(k->data + (k->at & k->mask) + RECORD_HEADER, len);
			return 1;
		}
		k->at = end_of(k, len);
	}
}

int kring_peek(struct kring *k, struct span *ret)
{
	int got = peek(k, ret);

	if (got < 0) {
		k->at = k->head;
		kring_commit(k);
	}
	return got;
}

void kring_pop(struct kring *k)
{
	uint32_t word = atomic_load_explicit(header_at(k, k->at), memory_order_relaxed);

	k->at = end_of(k, word & ~(BUSY | DISCARD));
}

void kring_commit(struct kring *k)
{
	if (k->at == k->committed)
		return;
	/* K3: release; pairs with the kernel's acquire of the consumer position: our
	 * reads of the records are over before it writes there again. */
	atomic_store_explicit(k->consumer, k->at, memory_order_release);
	k->committed = k->at;
}

bool kring_any(const struct kring *k, unsigned most, bool (*is)(void *ctx, struct span record),
	       void *ctx)
{
	struct kring look = *k; /* ours stays where it is */
	struct span record;

	look.consumer = NULL;
	for (unsigned n = 0;; n++) {
		int got = peek(&look, &record);

		if (got != 1)
			return got < 0;
		if (n == most || is(ctx, record))
			return true;
		kring_pop(&look);
	}
}

uint64_t kring_used(const struct kring *k)
{
	return atomic_load_explicit(k->producer, memory_order_relaxed) - k->at;
}
