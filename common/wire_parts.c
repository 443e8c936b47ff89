/* SPDX-License-Identifier: Apache-2.0
 *
 * wire_parts.c -- parameters, file records and process fields, packed and read.
 */
#include "wire_parts.h"

/* ---- parameters ---- */

static void put_int_param(struct pack *pk, uint16_t code, unsigned i, const struct param *p)
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

bool put_params(struct pack *pk, uint16_t code, const struct param *params, unsigned n)
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

static inline void get_param(struct cursor *c, struct param *ret)
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

void get_params(struct cursor *c, struct param *params, uint8_t *ret_n)
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

/* ---- file records ---- */

/* Bytes of an address that mean something. */
static unsigned address_size(const struct file_info *f, const uint8_t addr[static 16])
{
	static const uint8_t none[16];

	if (f->type == FILE_IPV4 || f->type == FILE_IPV4_SERVER)
		return 4;
	if (f->type == FILE_IPV6 || f->type == FILE_IPV6_SERVER)
		return 16;
	return memcmp(addr, none, sizeof(none)) == 0 ? 0 : 16;
}

static void get_address(struct cursor *c, uint8_t ret[static 16])
{
	struct span s = cursor_span(c);

	memset(ret, 0, 16);
	if (s.n == 4 || s.n == 16)
		memcpy(ret, s.p, s.n);
	else if (s.n != 0)
		cursor_fail(c);
}

void put_file(struct pack *pk, const struct file_info *f)
{
	unsigned sip = address_size(f, f->sip), dip = address_size(f, f->dip);
	bool local = sip == 0 && dip == 0 && f->l4proto == 0 && f->sport == 0 && f->dport == 0 &&
		     f->source == 0 && f->dest == 0;

	pack_array(pk, local ? FILE_ELEMENTS_LOCAL : FILE_ELEMENTS);
	pack_int64(pk, f->fd);
	pack_uint8(pk, f->type == FILE_REGULAR_V2 ? FILE_REGULAR : f->type);
	pack_uint16(pk, f->flags);
	pack_uint32(pk, f->open_flags);
	pack_uint32(pk, f->dev);
	pack_uint64(pk, f->ino);
	pack_span_or_nil(pk, f->name);
	pack_span_or_nil(pk, f->name_raw);
	pack_uint64(pk, f->mnt_id);
	pack_span_or_nil(pk, f->resolved);
	if (local)
		return;
	pack_uint8(pk, f->l4proto);
	pack_span_or_nil(pk, span_of(f->sip, sip));
	pack_span_or_nil(pk, span_of(f->dip, dip));
	pack_uint16(pk, f->sport);
	pack_uint16(pk, f->dport);
	pack_uint64(pk, f->source);
	pack_uint64(pk, f->dest);
}

void get_file(struct cursor *c, struct file_info *ret)
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

/* ---- process fields ---- */

void put_process_info(struct pack *pk, const struct process_info *info, uint64_t mask)
{
	mask &= PROCESS_ALL;
	pack_array(pk, (size_t)__builtin_popcountll(mask));
#define PROC_I64(member, text)                                                                     \
	if (mask & PROCESS_BIT(member))                                                            \
		pack_int64(pk, info->member);
#define PROC_U64(member, text)                                                                     \
	if (mask & PROCESS_BIT(member))                                                            \
		pack_uint64(pk, info->member);
#define PROC_BYTES(member, text)                                                                   \
	if (mask & PROCESS_BIT(member))                                                            \
		pack_span_or_nil(pk, info->member);
#include "process.def"
#undef PROC_I64
#undef PROC_U64
#undef PROC_BYTES
}

void get_process_info(struct cursor *c, struct process_info *ret, uint64_t mask)
{
	size_t outer;

	memset(ret, 0, sizeof(*ret));
	cursor_enter(c, &outer);
#define PROC_I64(member, text)                                                                     \
	if (mask & PROCESS_BIT(member))                                                            \
		ret->member = cursor_int(c, 0);
#define PROC_U64(member, text)                                                                     \
	if (mask & PROCESS_BIT(member))                                                            \
		ret->member = cursor_uint(c, 0);
#define PROC_BYTES(member, text)                                                                   \
	if (mask & PROCESS_BIT(member))                                                            \
		ret->member = cursor_span(c);
#include "process.def"
#undef PROC_I64
#undef PROC_U64
#undef PROC_BYTES
	cursor_leave(c, outer);
}

size_t process_info_bound(const struct process_info *info, uint64_t mask)
{
	size_t sum = PACK_MAX_HEADER;

#define PROC_I64(member, text) sum += PACK_MAX_INT;
#define PROC_U64(member, text) sum += PACK_MAX_INT;
#define PROC_BYTES(member, text)                                                                   \
	sum += mask & PROCESS_BIT(member) ? pack_span_bound(info->member) : 0;
#include "process.def"
#undef PROC_I64
#undef PROC_U64
#undef PROC_BYTES
	return sum;
}
