/* SPDX-License-Identifier: Apache-2.0
 *
 * kring.h -- the consumer's side of one BPF ring buffer (the kernel's documented layout), or of a
 * buffer of our own (record.h), on memory that is already mapped:
 *
 *   consumer page, writable   [ u64 consumer position ]
 *   producer page, read only  [ u64 producer position ]
 *   data, read only           [ records ][ the same again; our own: what runs over the end ]
 *   record                    [ u32 length | BUSY | DISCARD ][ u32 ][ bytes, padded to 8 ]
 *
 * Both positions only grow.  The room of records goes back to the kernel at
 * kring_commit(), so a span from kring_peek() is valid until then.  Core.
 */
#ifndef MEWS_KRING_H
#define MEWS_KRING_H

#include "span.h"

struct kring {
	_Atomic uint64_t *consumer;
	const _Atomic uint64_t *producer;
	const uint8_t *data;
	uint64_t mask;
	uint64_t slack;	    /* bytes behind the data, if a record that runs over goes on there */
	uint64_t at;	    /* next record to look at */
	uint64_t committed; /* what the kernel knows of AT */
	uint64_t head;	    /* the producer's position, as last loaded */
};

/* SIZE: of the data, a power of two.  SLACK: behind a buffer of our own; 0: the kernel's. */
void kring_init(struct kring *k, void *consumer, const void *producer, const void *data,
		uint64_t size, uint64_t slack);

/* The oldest record that is whole.  1: RET is it; 0: there is none, or the oldest is
 * still being written; -EPROTO: the ring makes no sense, all of it was skipped. */
int kring_peek(struct kring *k, struct span *ret);

/* The record of the last peek is dealt with. */
void kring_pop(struct kring *k);

/* Give the room of all popped records back. */
void kring_commit(struct kring *k);

/* Is IS true of one of the whole records that wait?  Of more than MOST it is taken for granted. */
bool kring_any(const struct kring *k, unsigned most, bool (*is)(void *ctx, struct span record),
	       void *ctx);

/* Bytes that wait, records in the making included. */
uint64_t kring_used(const struct kring *k);

#endif
