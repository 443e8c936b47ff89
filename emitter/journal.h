/* SPDX-License-Identifier: Apache-2.0
 *
 * journal.h -- the form of the spool on disk: segments, which hold records one behind the other,
 * each with an alert as it came from the ring.  Core: bytes in, bytes out.
 *
 * A segment begins with a header of JOURNAL_SEGMENT_HEADER bytes:
 *   "mewsjrn1", u64 the number of the first record that may be in it, u32 key's mark, u32 key's
 *   seed, u32 CRC32C of all that, u32 0
 * A record:
 *   u32 the key's mark, u32 length of the payload, u32 CRC32C of all that follows, from the key's
 *   seed, u32 flags,
 *   u64 number, 16 bytes id, payload
 * Words are little-endian.  Numbers grow by one from record to record, over segments; one that is
 * missing was lost.  What is damaged is passed over: a record is found again by its mark, and
 * believed for its sum.  What an alert says was chosen by others, who shall not be able to write
 * a record into it: so mark and seed are drawn by lot.
 */
#ifndef MEWS_JOURNAL_H
#define MEWS_JOURNAL_H

#include <sys/types.h>

#include "uuid.h"
#include "wire.h"

#define JOURNAL_SEGMENT_HEADER 32
#define JOURNAL_RECORD_HEADER  40
#define JOURNAL_MAX_RECORD     (JOURNAL_RECORD_HEADER + WIRE_MAX_PAYLOAD)

/* Bytes that are summed in vain before a search is given up: behind so many damaged records the next
 * one is found in any case. */
#define JOURNAL_PATIENCE ((uint64_t)4 * JOURNAL_MAX_RECORD)

/* Nobody makes so many: who says so would have the next ones begin anew at 0, behind all readers. */
#define JOURNAL_NUMBER_MAX (UINT64_MAX / 4)

struct journal_key {
	uint32_t mark, seed;
};

struct journal_record {
	uint64_t number;
	struct uuid id;
	uint32_t flags;	     /* the ring frame's */
	struct span payload; /* of a FRAME_ALERT */
};

/* RET gets JOURNAL_SEGMENT_HEADER bytes. */
void journal_encode_header(uint8_t *ret, uint64_t first, struct journal_key key);

/* False: it is no segment's. */
bool journal_decode_header(struct span bytes, uint64_t *ret_first, struct journal_key *ret_key);

/* The length; -ENOSPC; -EMSGSIZE: no record is that large. */
ssize_t journal_encode(struct journal_key key, uint8_t *buf, size_t cap,
		       const struct journal_record *r);

/* The first whole record in BYTES; RET->payload lies there.  *RET_START is where it begins, which is
 * not 0 behind something damaged, *RET_END where it ends.  False: there is none; from *RET_START on
 * there may be one when more bytes have come. */
bool journal_next(struct journal_key key, struct span bytes, struct journal_record *ret,
		  size_t *ret_start, size_t *ret_end);

/* The same within *PATIENCE, from which is taken what was summed in vain: any place may say that it is
 * the beginning of a long record, and who wrote a segment's key can have each of them say so.  When it
 * is used up none is found, and *RET_START is the end. */
bool journal_search(struct journal_key key, struct span bytes, uint64_t *patience,
		    struct journal_record *ret, size_t *ret_start, size_t *ret_end);

/* How many bytes the record at BYTES says it has; 0: it is none, or its length is out of bounds. */
size_t journal_length(struct journal_key key, struct span bytes);

uint32_t journal_crc(uint32_t seed, struct span bytes);

#endif
