/* SPDX-License-Identifier: Apache-2.0
 *
 * wire_raw.c -- frames that only ring raw has: events as the kernel gave them,
 * and the snapshot of tasks and their files.
 */
#include "wire_parts.h"

enum {
	RAW_EVENT_ELEMENTS = 9,
	KERNEL_ELEMENTS = 5,
	KERNEL_FILE_ELEMENTS = 11,
	TASK_ELEMENTS = 3,
	TASK_FILE_ELEMENTS = 2,
};

/* Where the numbers stand that an event, what the kernel knew and its file begin with. */
enum {
	RAW_AT_CODE = 1,
	RAW_AT_CPU = RAW_AT_CODE + WIDE_U16,
	RAW_AT_FLAGS = RAW_AT_CPU + WIDE_U16,
	RAW_AT_TS = RAW_AT_FLAGS + WIDE_U32,
	RAW_AT_NUM = RAW_AT_TS + WIDE_U64,
	RAW_AT_TID = RAW_AT_NUM + WIDE_U64,
	RAW_AT_PID = RAW_AT_TID + WIDE_U64,
	RAW_RUN = RAW_AT_PID + WIDE_U64,
	RAW_RUN_COUNT = 7,

	KERNEL_AT_START = 1,
	KERNEL_AT_CGROUP = KERNEL_AT_START + WIDE_U64,
	KERNEL_AT_UID = KERNEL_AT_CGROUP + WIDE_U64,
	KERNEL_AT_GID = KERNEL_AT_UID + WIDE_U32,
	KERNEL_RUN = KERNEL_AT_GID + WIDE_U32,
	KERNEL_RUN_COUNT = 4,

	KFILE_AT_FD = 1,
	KFILE_AT_MODE = KFILE_AT_FD + WIDE_U64,
	KFILE_AT_DEV = KFILE_AT_MODE + WIDE_U32,
	KFILE_AT_INO = KFILE_AT_DEV + WIDE_U32,
	KFILE_AT_MNT = KFILE_AT_INO + WIDE_U64,
	KFILE_RUN = KFILE_AT_MNT + WIDE_U64,
	KFILE_RUN_COUNT = 5,
};

/* ---- RAW_EVENT ---- */

PACK_INLINE void put_kernel_file(struct pack *pk, const struct kernel_file *f)
{
	uint8_t *end;

	if (!pack_run_begin(pk, KFILE_RUN, &end))
		return;
	pack_array(pk, KERNEL_FILE_ELEMENTS);
	pack_fix_int64(pk, f->fd);
	pack_fix_uint32(pk, f->mode);
	pack_fix_uint32(pk, f->dev);
	pack_fix_uint64(pk, f->ino);
	pack_fix_uint64(pk, f->mnt_id);
	pack_run_end(pk, end);
	pack_span_or_nil(pk, f->path);
	pack_span_or_nil(pk, f->tuple);
	pack_fix_uint8(pk, f->sock_type);
	pack_fix_uint8(pk, f->sock_proto);
	pack_fix_uint16(pk, f->nlink);
	pack_fix_uint16(pk, f->sock_family);
}

CURSOR_INLINE bool has_kernel_file_run(const struct cursor *c)
{
	const uint8_t *p = c->p;

	return c->left > 0 && c->end - p > KFILE_RUN &&
	       ((p[0] ^ (MP_FIXARRAY | KERNEL_FILE_ELEMENTS)) | (p[KFILE_AT_FD] ^ MP_INT64) |
		(p[KFILE_AT_MODE] ^ MP_UINT32) | (p[KFILE_AT_DEV] ^ MP_UINT32) |
		(p[KFILE_AT_INO] ^ MP_UINT64) | (p[KFILE_AT_MNT] ^ MP_UINT64)) == 0;
}

/* False: there is none. */
CURSOR_INLINE bool get_kernel_file(struct cursor *c, struct kernel_file *f)
{
	bool there = true;
	size_t outer;

	if (has_kernel_file_run(c)) {
		f->fd = (int64_t)cursor_wide64(c->p + KFILE_AT_FD);
		f->mode = cursor_wide32(c->p + KFILE_AT_MODE);
		f->dev = cursor_wide32(c->p + KFILE_AT_DEV);
		f->ino = cursor_wide64(c->p + KFILE_AT_INO);
		f->mnt_id = cursor_wide64(c->p + KFILE_AT_MNT);
		outer = c->left - 1;
		c->left = KERNEL_FILE_ELEMENTS;
		cursor_pass(c, KFILE_RUN, KFILE_RUN_COUNT);
	} else {
		there = cursor_enter(c, &outer);
		f->fd = cursor_int(c, -1);
		f->mode = cursor_u32(c);
		f->dev = cursor_u32(c);
		f->ino = cursor_uint(c, 0);
		f->mnt_id = cursor_uint(c, 0);
	}
	f->path = cursor_span(c);
	f->tuple = cursor_span(c);
	f->sock_type = cursor_u8(c);
	f->sock_proto = cursor_u8(c);
	f->nlink = cursor_u16(c);
	f->sock_family = cursor_u16(c);
	cursor_leave(c, outer);
	return there;
}

PACK_INLINE void put_kernel(struct pack *pk, const struct raw_event *ev)
{
	uint8_t *end;

	if (!ev->has_kernel) {
		pack_nil(pk);
		return;
	}
	if (!pack_run_begin(pk, KERNEL_RUN, &end))
		return;
	pack_array(pk, KERNEL_ELEMENTS + ev->nmore + (ev->maker != 0));
	pack_fix_uint64(pk, ev->start_ns);
	pack_fix_uint64(pk, ev->cgroup_id);
	pack_fix_uint32(pk, ev->uid);
	pack_fix_uint32(pk, ev->gid);
	pack_run_end(pk, end);
	if (ev->has_file)
		put_kernel_file(pk, &ev->file);
	else
		pack_nil(pk);
	for (unsigned i = 0; i < ev->nmore; i++)
		put_kernel_file(pk, &ev->more[i]);
	if (ev->maker != 0)
		pack_uint64(pk, ev->maker);
}

/* How many elements there are is anybody's guess, from KERNEL_ELEMENTS on. */
CURSOR_INLINE bool has_kernel_run(const struct cursor *c)
{
	const uint8_t *p = c->p;

	return c->left > 0 && c->end - p > KERNEL_RUN &&
	       (uint8_t)(p[0] - (MP_FIXARRAY | KERNEL_ELEMENTS)) <= EVENT_MORE_FILES &&
	       ((p[KERNEL_AT_START] ^ MP_UINT64) | (p[KERNEL_AT_CGROUP] ^ MP_UINT64) |
		(p[KERNEL_AT_UID] ^ MP_UINT32) | (p[KERNEL_AT_GID] ^ MP_UINT32)) == 0;
}

CURSOR_INLINE void get_kernel(struct cursor *c, struct raw_event *ret)
{
	size_t outer;

	ret->has_file = false;
	if (has_kernel_run(c)) {
		ret->has_kernel = true;
		ret->start_ns = cursor_wide64(c->p + KERNEL_AT_START);
		ret->cgroup_id = cursor_wide64(c->p + KERNEL_AT_CGROUP);
		ret->uid = cursor_wide32(c->p + KERNEL_AT_UID);
		ret->gid = cursor_wide32(c->p + KERNEL_AT_GID);
		outer = c->left - 1;
		c->left = c->p[0] & 0xf;
		cursor_pass(c, KERNEL_RUN, KERNEL_RUN_COUNT);
	} else {
		/* What is not there reads as zero. */
		ret->has_kernel = cursor_enter(c, &outer);
		ret->start_ns = cursor_uint(c, 0);
		ret->cgroup_id = cursor_uint(c, 0);
		ret->uid = cursor_u32(c);
		ret->gid = cursor_u32(c);
	}
	ret->nmore = 0;
	ret->maker = 0;
	if (c->left > 0)
		ret->has_file = get_kernel_file(c, &ret->file);
	while (c->left > 0 && cursor_at_array(c) && ret->nmore < EVENT_MORE_FILES)
		if (get_kernel_file(c, &ret->more[ret->nmore]))
			ret->nmore++;
	if (c->left > 0 && !cursor_at_array(c))
		ret->maker = cursor_u32(c);
	cursor_leave(c, outer);
}

ssize_t wire_encode_raw_event(uint8_t *buf, size_t cap, const struct raw_event *ev)
{
	struct pack pk;
	uint8_t *end;

	pack_init(&pk, buf, cap);
	if (pack_run_begin(&pk, RAW_RUN, &end)) {
		pack_array(&pk, RAW_EVENT_ELEMENTS);
		pack_fix_uint16(&pk, ev->code);
		pack_fix_uint16(&pk, ev->cpu);
		pack_fix_uint32(&pk, ev->flags);
		pack_fix_uint64(&pk, ev->ts_ns);
		pack_fix_uint64(&pk, ev->num);
		pack_fix_int64(&pk, ev->tid);
		pack_fix_int64(&pk, ev->pid);
		pack_run_end(&pk, end);
	}
	put_kernel(&pk, ev);
	if (!put_params(&pk, ev->code, ev->params, ev->nparams))
		return -EINVAL;
	return pack_length(&pk);
}

CURSOR_INLINE bool has_raw_run(struct span s)
{
	const uint8_t *p = s.p;

	return s.n > RAW_RUN && s.n <= WIRE_MAX_PAYLOAD &&
	       ((p[0] ^ (MP_FIXARRAY | RAW_EVENT_ELEMENTS)) | (p[RAW_AT_CODE] ^ MP_UINT16) |
		(p[RAW_AT_CPU] ^ MP_UINT16) | (p[RAW_AT_FLAGS] ^ MP_UINT32) |
		(p[RAW_AT_TS] ^ MP_UINT64) | (p[RAW_AT_NUM] ^ MP_UINT64) |
		(p[RAW_AT_TID] ^ MP_INT64) | (p[RAW_AT_PID] ^ MP_INT64)) == 0;
}

int wire_decode_raw_event(struct span payload, struct raw_event *ret)
{
	struct cursor c;

	if (__builtin_expect(has_raw_run(payload), 1)) {
		c = cursor_before(payload);
		ret->code = cursor_wide16(c.p + RAW_AT_CODE);
		ret->cpu = cursor_wide16(c.p + RAW_AT_CPU);
		ret->flags = cursor_wide32(c.p + RAW_AT_FLAGS);
		ret->ts_ns = cursor_wide64(c.p + RAW_AT_TS);
		ret->num = cursor_wide64(c.p + RAW_AT_NUM);
		ret->tid = (int64_t)cursor_wide64(c.p + RAW_AT_TID);
		ret->pid = (int64_t)cursor_wide64(c.p + RAW_AT_PID);
		c.left = RAW_EVENT_ELEMENTS;
		cursor_pass(&c, RAW_RUN, RAW_RUN_COUNT);
	} else {
		c = wire_start(payload);
		ret->code = cursor_u16(&c);
		ret->cpu = cursor_u16(&c);
		ret->flags = cursor_u32(&c);
		ret->ts_ns = cursor_uint(&c, 0);
		ret->num = cursor_uint(&c, 0);
		ret->tid = cursor_int(&c, -1);
		ret->pid = cursor_int(&c, -1);
	}
	get_kernel(&c, ret);
	get_params(&c, ret->params, &ret->nparams, &ret->params_bytes);
	return cursor_finish(&c);
}

static size_t files_bound(const struct raw_event *ev)
{
	size_t n =
		ev->has_file ? pack_span_bound(ev->file.path) + pack_span_bound(ev->file.tuple) : 0;

	for (unsigned i = 0; i < ev->nmore; i++)
		n += PACK_MAX_HEADER + KERNEL_FILE_ELEMENTS * PACK_MAX_INT +
		     pack_span_bound(ev->more[i].path) + pack_span_bound(ev->more[i].tuple);
	return n;
}

size_t wire_raw_event_bound(const struct raw_event *ev)
{
	/* The parts' own headers and the ints of all four arrays; then what varies. */
	return 3 * PACK_MAX_HEADER +
	       (RAW_EVENT_ELEMENTS + KERNEL_ELEMENTS + 1 + KERNEL_FILE_ELEMENTS) * PACK_MAX_INT +
	       (ev->has_kernel ? files_bound(ev) : 0) + params_bound(ev->params, ev->nparams);
}

/* ---- TASK, TASK_FILE ---- */

ssize_t wire_encode_task(uint8_t *buf, size_t cap, const struct task_frame *f)
{
	struct pack pk;

	pack_init(&pk, buf, cap);
	pack_array(&pk, TASK_ELEMENTS);
	pack_uint64(&pk, f->start_ns);
	pack_uint64(&pk, f->cgroup_id);
	put_process_info(&pk, &f->info, PROCESS_ALL);
	return pack_length(&pk);
}

int wire_decode_task(struct span payload, struct task_frame *ret)
{
	struct cursor c = wire_start(payload);

	ret->start_ns = cursor_uint(&c, 0);
	ret->cgroup_id = cursor_uint(&c, 0);
	get_process_info(&c, &ret->info, PROCESS_ALL);
	return cursor_finish(&c);
}

size_t wire_task_bound(const struct task_frame *f)
{
	return PACK_MAX_HEADER + TASK_ELEMENTS * PACK_MAX_INT +
	       process_info_bound(&f->info, PROCESS_ALL);
}

ssize_t wire_encode_task_file(uint8_t *buf, size_t cap, const struct task_file_frame *f)
{
	struct pack pk;

	pack_init(&pk, buf, cap);
	pack_array(&pk, TASK_FILE_ELEMENTS);
	pack_int64(&pk, f->tid);
	put_file(&pk, &f->file);
	return pack_length(&pk);
}

int wire_decode_task_file(struct span payload, struct task_file_frame *ret)
{
	struct cursor c = wire_start(payload);

	ret->tid = cursor_int(&c, -1);
	get_file(&c, &ret->file);
	return cursor_finish(&c);
}

size_t wire_task_file_bound(const struct task_file_frame *f)
{
	return PACK_MAX_HEADER + TASK_FILE_ELEMENTS * PACK_MAX_INT + file_bound(&f->file);
}
