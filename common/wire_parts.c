/* SPDX-License-Identifier: Apache-2.0
 *
 * wire_parts.c -- parameters, file records and process fields, packed and read.
 */
#include "wire_parts.h"

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
