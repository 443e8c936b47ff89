/* SPDX-License-Identifier: Apache-2.0
 *
 * wire_parts.h -- the parts that several frames have: parameters, file records,
 * process fields.  Only for wire_*.c; the contract is wire.h.
 *
 * put_*() pack, get_*() read at a cursor, both in the same order; *_bound() say
 * how long it can become.
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

/* ---- parameters: nil, an int or a bin ---- */

PACK_INLINE void put_int_param(struct pack *pk, uint16_t code, unsigned i, const struct param *p)
{
	const struct event_info *info;

	/* Only negative numbers look different by the sign of their type. */
	if (p->i >= 0) {
		pack_uint64(pk, p->u);
		return;
	}
	info = event_info(code);
	if (info != NULL && i < info->nparams && param_type_is_signed(info->params[i].type))
		pack_int64(pk, p->i);
	else
		pack_uint64(pk, p->u);
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

	if (first < 0x80 || (first >= MP_UINT8 && first <= MP_UINT64)) {
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

CURSOR_INLINE void get_params(struct cursor *c, struct param *params, uint8_t *ret_n)
{
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

CURSOR_INLINE void get_file(struct cursor *c, struct file_info *ret)
{
	size_t outer;

	if (!cursor_enter(c, &outer))
		cursor_fail(c); /* a record of nothing */
	ret->fd = cursor_int(c, -1);
	ret->type = cursor_u8(c);
	ret->flags = cursor_u16(c);
	ret->open_flags = cursor_u32(c);
	ret->dev = cursor_u32(c);
	ret->ino = cursor_uint(c, 0);
	ret->name = cursor_span(c);
	ret->name_raw = cursor_span(c);
	ret->mnt_id = cursor_uint(c, 0);
	ret->resolved = cursor_span(c);
	ret->l4proto = cursor_u8(c);
	get_address(c, ret->sip);
	get_address(c, ret->dip);
	ret->sport = cursor_u16(c);
	ret->dport = cursor_u16(c);
	ret->source = cursor_uint(c, 0);
	ret->dest = cursor_uint(c, 0);
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
