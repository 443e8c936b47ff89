/* SPDX-License-Identifier: Apache-2.0
 *
 * journal.c -- see journal.h.
 */
#include "journal.h"

#include <errno.h>

static const uint8_t magic[8] = "mewsjrn1";

/* Places in a record. */
enum { AT_LENGTH = 4, AT_CRC = 8, AT_FLAGS = 12, AT_NUMBER = 16, AT_ID = 24 };

static void put32(uint8_t *p, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static void put64(uint8_t *p, uint64_t v)
{
	put32(p, (uint32_t)v);
	put32(p + 4, (uint32_t)(v >> 32));
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t get64(const uint8_t *p)
{
	return get32(p) | (uint64_t)get32(p + 4) << 32;
}

/* Castagnoli's polynomial, four bits at a time. */
uint32_t journal_crc(uint32_t seed, struct span bytes)
{
	static const uint32_t table[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
		0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
		0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};
	uint32_t crc = ~seed;

	for (size_t i = 0; i < bytes.n; i++) {
		crc ^= bytes.p[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

/* ---- segments ---- */

void journal_encode_header(uint8_t *ret, uint64_t first, struct journal_key key)
{
	memcpy(ret, magic, sizeof(magic));
	put64(ret + 8, first);
	put32(ret + 16, key.mark);
	put32(ret + 20, key.seed);
	put32(ret + 24, journal_crc(0, span_of(ret, 24)));
	put32(ret + 28, 0);
}

bool journal_decode_header(struct span bytes, uint64_t *ret_first, struct journal_key *ret_key)
{
	if (bytes.n < JOURNAL_SEGMENT_HEADER || memcmp(bytes.p, magic, sizeof(magic)) != 0 ||
	    get32(bytes.p + 24) != journal_crc(0, span_of(bytes.p, 24)))
		return false;
	*ret_first = get64(bytes.p + 8);
	*ret_key = (struct journal_key){ get32(bytes.p + 16), get32(bytes.p + 20) };
	return true;
}

/* ---- records ---- */

static uint32_t sum_of(struct journal_key key, const uint8_t *record, size_t n)
{
	return journal_crc(key.seed, span_of(record + AT_FLAGS, n - AT_FLAGS));
}

ssize_t journal_encode(struct journal_key key, uint8_t *buf, size_t cap,
		       const struct journal_record *r)
{
	size_t n = JOURNAL_RECORD_HEADER + r->payload.n;

	if (r->payload.n > WIRE_MAX_PAYLOAD)
		return -EMSGSIZE;
	if (n > cap)
		return -ENOSPC;
	put32(buf, key.mark);
	put32(buf + AT_LENGTH, (uint32_t)r->payload.n);
	put32(buf + AT_FLAGS, r->flags);
	put64(buf + AT_NUMBER, r->number);
	memcpy(buf + AT_ID, r->id.byte, UUID_BYTES);
	if (r->payload.n > 0)
		memcpy(buf + JOURNAL_RECORD_HEADER, r->payload.p, r->payload.n);
	put32(buf + AT_CRC, sum_of(key, buf, n));
	return (ssize_t)n;
}

size_t journal_length(struct journal_key key, struct span bytes)
{
	uint32_t n;

	if (bytes.n < JOURNAL_RECORD_HEADER || get32(bytes.p) != key.mark)
		return 0;
	n = get32(bytes.p + AT_LENGTH);
	return n > WIRE_MAX_PAYLOAD ? 0 : JOURNAL_RECORD_HEADER + n;
}

static bool decode(struct journal_key key, struct span bytes, uint64_t *patience,
		   struct journal_record *ret, size_t *ret_length)
{
	size_t n = journal_length(key, bytes);
	uint64_t number;

	if (n == 0 || n > bytes.n)
		return false;
	number = get64(bytes.p + AT_NUMBER);
	if (number > JOURNAL_NUMBER_MAX || get32(bytes.p + AT_CRC) != sum_of(key, bytes.p, n)) {
		*patience -= n < *patience ? n : *patience;
		return false;
	}
	ret->flags = get32(bytes.p + AT_FLAGS);
	ret->number = number;
	memcpy(ret->id.byte, bytes.p + AT_ID, UUID_BYTES);
	ret->payload = span_of(bytes.p + JOURNAL_RECORD_HEADER, n - JOURNAL_RECORD_HEADER);
	*ret_length = n;
	return true;
}

/* May a record begin here whose end has not come yet? */
static bool wants_more(struct journal_key key, struct span rest)
{
	uint8_t mark[4];

	put32(mark, key.mark);
	if (memcmp(rest.p, mark, rest.n < 4 ? rest.n : 4) != 0)
		return false;
	return rest.n < JOURNAL_RECORD_HEADER || journal_length(key, rest) > rest.n;
}

bool journal_search(struct journal_key key, struct span bytes, uint64_t *patience,
		    struct journal_record *ret, size_t *ret_start, size_t *ret_end)
{
	size_t at = 0, length, unsure = bytes.n;

	while (*patience > 0 && at < bytes.n) {
		struct span rest = span_of(bytes.p + at, bytes.n - at);
		const uint8_t *next;

		if (decode(key, rest, patience, ret, &length)) {
			*ret_start = at;
			*ret_end = at + length;
			return true;
		}
		if (unsure == bytes.n && wants_more(key, rest))
			unsure = at;
		next = memchr(rest.p + 1, (uint8_t)key.mark, rest.n - 1);
		at = next == NULL ? bytes.n : (size_t)(next - bytes.p);
	}
	*ret_start = *patience > 0 ? unsure : bytes.n;
	*ret_end = bytes.n;
	return false;
}

bool journal_next(struct journal_key key, struct span bytes, struct journal_record *ret,
		  size_t *ret_start, size_t *ret_end)
{
	uint64_t patience = JOURNAL_PATIENCE;

	return journal_search(key, bytes, &patience, ret, ret_start, ret_end);
}
