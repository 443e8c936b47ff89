/* SPDX-License-Identifier: Apache-2.0
 *
 * wire_parts.h -- the parts that several frames have: parameters, file records,
 * process fields.  Only for wire_*.c; the contract is wire.h.
 *
 * put_*() pack, get_*() read at a cursor, both in the same order; *_bound() say
 * how long it can become.
 *
 * In the frames of events and files, numbers are packed as wide as their type.  So
 * the numbers that such a part begins with stand at known places: the writer has
 * no sizes to choose, the reader need not find the end of one to begin with the
 * next, and neither depends on what the numbers are.  A reader looks at all first
 * bytes at once, and takes what looks different (another writer's frame is right,
 * too) element by element.
 */
#ifndef MEWS_WIRE_PARTS_H
#define MEWS_WIRE_PARTS_H

#include "cursor.h"
#include "pack.h"
#include "wire.h"

CURSOR_INLINE struct cursor wire_start(struct span payload)
{
	return cursor_start(payload.n <= WIRE_MAX_PAYLOAD ? payload : SPAN_NONE);
}

/* Bytes of a number in full width. */
enum { WIDE_U8 = 2, WIDE_U16 = 3, WIDE_U32 = 5, WIDE_U64 = 9 };

/* ---- parameters: nil, an int or a bin ---- */

PACK_INLINE void put_int_param(struct pack *pk, uint16_t code, unsigned i, const struct param *p)
{
	const struct event_info *info;

	/* Only negative numbers look different by the sign of their type. */
	if (__builtin_expect(p->i >= 0, 1)) {
		pack_fix_uint64(pk, p->u);
		return;
	}
	info = event_info(code);
	if (info != NULL && i < info->nparams && param_type_is_signed(info->params[i].type))
		pack_fix_int64(pk, p->i);
	else
		pack_fix_uint64(pk, p->u);
}

/* False: there are more than an event can have, or one is of no known kind. */
PACK_INLINE bool put_params(struct pack *pk, uint16_t code, const struct param *params, unsigned n)
{
	if (n > EVENT_MAX_PARAMS)
		return false;
	pack_array(pk, n);
	for (unsigned i = 0; i < n; i++) {
		switch (params[i].kind) {
		case PARAM_EMPTY:
			pack_nil(pk);
			break;
		case PARAM_INT:
			put_int_param(pk, code, i, &params[i]);
			break;
		case PARAM_BYTES:
			pack_span(pk, params[i].s);
			break;
		default:
			return false;
		}
	}
	return true;
}

CURSOR_INLINE void get_param(struct cursor *c, struct param *ret)
{
	uint8_t first = cursor_peek(c);

	if (__builtin_expect(first == MP_UINT64 || first == MP_INT64, 1) &&
	    __builtin_expect(c->end - c->p >= WIDE_U64, 1)) {
		ret->kind = PARAM_INT;
		ret->u = cursor_wide64(c->p);
		cursor_pass(c, WIDE_U64, 1);
	} else if (first < 0x80 || (first >= MP_UINT8 && first <= MP_UINT64)) {
		ret->kind = PARAM_INT;
		ret->u = cursor_uint(c, 0);
	} else if (first >= MP_BIN8 && first <= MP_BIN32) {
		ret->kind = PARAM_BYTES;
		ret->s = cursor_span(c);
	} else if (first >= MP_INT8) {
		ret->kind = PARAM_INT;
		ret->i = cursor_int(c, 0);
	} else {
		ret->kind = PARAM_EMPTY;
		ret->u = cursor_uint(c, 0); /* takes nil, refuses all others */
	}
}

/* RET_BYTES: the whole array as it stands there.  It was checked, so it may be put into
 * another frame as it is. */
CURSOR_INLINE void get_params(struct cursor *c, struct param *params, uint8_t *ret_n,
			      struct span *ret_bytes)
{
	const uint8_t *from = c->p;
	size_t outer, n;

	cursor_enter(c, &outer);
	n = c->left;
	if (n > EVENT_MAX_PARAMS) {
		cursor_fail(c);
		n = 0;
	}
	for (size_t i = 0; i < n; i++)
		get_param(c, &params[i]);
	*ret_n = (uint8_t)n;
	cursor_leave(c, outer);
	*ret_bytes = c->bad || n == 0 ? SPAN_NONE : span_of(from, (size_t)(c->p - from));
}

static inline size_t params_bound(const struct param *params, unsigned n)
{
	size_t sum = PACK_MAX_HEADER;

	for (unsigned i = 0; i < n; i++)
		sum += params[i].kind == PARAM_BYTES ? pack_span_bound(params[i].s) : PACK_MAX_INT;
	return sum;
}

/* ---- file records ---- */

enum { FILE_ELEMENTS = 17, FILE_ELEMENTS_LOCAL = 10 };

/* The numbers that a record of a file that is no socket begins with. */
enum {
	FILE_AT_FD = 1,
	FILE_AT_TYPE = FILE_AT_FD + WIDE_U64,
	FILE_AT_FLAGS = FILE_AT_TYPE + WIDE_U8,
	FILE_AT_OPEN_FLAGS = FILE_AT_FLAGS + WIDE_U16,
	FILE_AT_DEV = FILE_AT_OPEN_FLAGS + WIDE_U32,
	FILE_AT_INO = FILE_AT_DEV + WIDE_U32,
	FILE_RUN = FILE_AT_INO + WIDE_U64,
	FILE_RUN_COUNT = 6,
};

void put_file(struct pack *pk, const struct file_info *f);

CURSOR_INLINE void get_address(struct cursor *c, uint8_t ret[static 16])
{
	struct span s = cursor_span(c);

	memset(ret, 0, 16);
	if (s.n == 4 || s.n == 16)
		memcpy(ret, s.p, s.n);
	else if (s.n != 0)
		cursor_fail(c);
}

CURSOR_INLINE void get_file_numbers(struct cursor *c, struct file_info *ret)
{
	ret->fd = cursor_int(c, -1);
	ret->type = cursor_u8(c);
	ret->flags = cursor_u16(c);
	ret->open_flags = cursor_u32(c);
	ret->dev = cursor_u32(c);
	ret->ino = cursor_uint(c, 0);
}

/* What a record has besides if it is a socket's.  Mostly it ends before it. */
CURSOR_INLINE void get_file_ends(struct cursor *c, struct file_info *ret)
{
	if (__builtin_expect(c->left == 0, 1)) {
		memset(ret->sip, 0, 16);
		memset(ret->dip, 0, 16);
		ret->l4proto = 0;
		ret->sport = ret->dport = 0;
		ret->source = ret->dest = 0;
		return;
	}
	ret->l4proto = cursor_u8(c);
	get_address(c, ret->sip);
	get_address(c, ret->dip);
	ret->sport = cursor_u16(c);
	ret->dport = cursor_u16(c);
	ret->source = cursor_uint(c, 0);
	ret->dest = cursor_uint(c, 0);
}

/* Are the numbers before C->p those of a record in full width? */
CURSOR_INLINE bool has_file_run(const struct cursor *c)
{
	const uint8_t *p = c->p;

	return c->left > 0 && c->end - p > FILE_RUN &&
	       ((p[0] ^ (MP_FIXARRAY | FILE_ELEMENTS_LOCAL)) | (p[FILE_AT_FD] ^ MP_INT64) |
		(p[FILE_AT_TYPE] ^ MP_UINT8) | (p[FILE_AT_FLAGS] ^ MP_UINT16) |
		(p[FILE_AT_OPEN_FLAGS] ^ MP_UINT32) | (p[FILE_AT_DEV] ^ MP_UINT32) |
		(p[FILE_AT_INO] ^ MP_UINT64)) == 0;
}

CURSOR_INLINE void get_file(struct cursor *c, struct file_info *ret)
{
	size_t outer;

	if (__builtin_expect(has_file_run(c), 1)) {
		ret->fd = (int64_t)cursor_wide64(c->p + FILE_AT_FD);
		ret->type = c->p[FILE_AT_TYPE + 1];
		ret->flags = cursor_wide16(c->p + FILE_AT_FLAGS);
		ret->open_flags = cursor_wide32(c->p + FILE_AT_OPEN_FLAGS);
		ret->dev = cursor_wide32(c->p + FILE_AT_DEV);
		ret->ino = cursor_wide64(c->p + FILE_AT_INO);
		outer = c->left - 1;
		c->left = FILE_ELEMENTS_LOCAL;
		cursor_pass(c, FILE_RUN, FILE_RUN_COUNT);
	} else {
		if (!cursor_enter(c, &outer))
			cursor_fail(c); /* a record of nothing */
		get_file_numbers(c, ret);
	}
	ret->name = cursor_span(c);
	ret->name_raw = cursor_span(c);
	ret->mnt_id = cursor_uint(c, 0);
	ret->resolved = cursor_span(c);
	get_file_ends(c, ret);
	if (ret->type >= FILE_TYPE_COUNT || ret->l4proto > L4_RAW)
		cursor_fail(c);
	if (ret->type == FILE_REGULAR_V2)
		ret->type = FILE_REGULAR;
	cursor_leave(c, outer);
}

static inline size_t file_bound(const struct file_info *f)
{
	return PACK_MAX_HEADER + FILE_ELEMENTS * PACK_MAX_INT + 2 * sizeof(f->sip) +
	       pack_span_bound(f->name) + pack_span_bound(f->name_raw) +
	       pack_span_bound(f->resolved);
}

/* ---- fields of an entry of the thread table ---- */

void put_process_info(struct pack *pk, const struct process_info *info, uint64_t mask);
/* Fields outside MASK, and those that the frame does not have, are zero or empty. */
void get_process_info(struct cursor *c, struct process_info *ret, uint64_t mask);
size_t process_info_bound(const struct process_info *info, uint64_t mask);

#endif
