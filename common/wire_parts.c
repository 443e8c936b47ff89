/* SPDX-License-Identifier: Apache-2.0
 *
 * wire_parts.c -- parameters, file records and process fields, packed and read.
 */
#include "wire_parts.h"

/* ---- file records ---- */

static bool is_zero(const uint8_t addr[static 16])
{
	uint64_t half[2];

	memcpy(half, addr, sizeof(half));
	return (half[0] | half[1]) == 0;
}

/* Bytes of an address that mean something. */
static unsigned address_size(const struct file_info *f, const uint8_t addr[static 16])
{
	if (f->type == FILE_IPV4 || f->type == FILE_IPV4_SERVER)
		return 4;
	if (f->type == FILE_IPV6 || f->type == FILE_IPV6_SERVER)
		return 16;
	return is_zero(addr) ? 0 : 16;
}

/* The ends of a socket, behind all others: for most files there are none. */
static void put_file_ends(struct pack *pk, const struct file_info *f)
{
	pack_fix_uint8(pk, f->l4proto);
	pack_span_or_nil(pk, span_of(f->sip, address_size(f, f->sip)));
	pack_span_or_nil(pk, span_of(f->dip, address_size(f, f->dip)));
	pack_fix_uint16(pk, f->sport);
	pack_fix_uint16(pk, f->dport);
	pack_fix_uint64(pk, f->source);
	pack_fix_uint64(pk, f->dest);
}

static bool has_ends(const struct file_info *f)
{
	return address_size(f, f->sip) != 0 || address_size(f, f->dip) != 0 ||
	       (f->l4proto | f->sport | f->dport) != 0 || (f->source | f->dest) != 0;
}

void put_file(struct pack *pk, const struct file_info *f)
{
	bool ends = has_ends(f);
	uint8_t *end;

	pack_array(pk, ends ? FILE_ELEMENTS : FILE_ELEMENTS_LOCAL);
	if (!pack_run_begin(pk, FILE_RUN - 1, &end))
		return;
	pack_fix_int64(pk, f->fd);
	pack_fix_uint8(pk, f->type == FILE_REGULAR_V2 ? FILE_REGULAR : f->type);
	pack_fix_uint16(pk, f->flags);
	pack_fix_uint32(pk, f->open_flags);
	pack_fix_uint32(pk, f->dev);
	pack_fix_uint64(pk, f->ino);
	pack_run_end(pk, end);
	pack_span_or_nil(pk, f->name);
	pack_span_or_nil(pk, f->name_raw);
	pack_fix_uint64(pk, f->mnt_id);
	pack_span_or_nil(pk, f->resolved);
	if (ends)
		put_file_ends(pk, f);
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
