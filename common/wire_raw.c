/* SPDX-License-Identifier: Apache-2.0
 *
 * wire_raw.c -- frames that only ring raw has: events as the kernel gave them,
 * and the snapshot of tasks and their files.
 */
#include "wire_parts.h"

enum {
	RAW_EVENT_ELEMENTS = 9,
	KERNEL_ELEMENTS = 5,
	KERNEL_FILE_ELEMENTS = 9,
	TASK_ELEMENTS = 3,
	TASK_FILE_ELEMENTS = 2,
};

/* ---- RAW_EVENT ---- */

PACK_INLINE void put_kernel_file(struct pack *pk, const struct kernel_file *f)
{
	pack_array(pk, KERNEL_FILE_ELEMENTS);
	pack_int64(pk, f->fd);
	pack_uint32(pk, f->mode);
	pack_uint32(pk, f->dev);
	pack_uint64(pk, f->ino);
	pack_uint64(pk, f->mnt_id);
	pack_span_or_nil(pk, f->path);
	pack_span_or_nil(pk, f->tuple);
	pack_uint8(pk, f->sock_type);
	pack_uint8(pk, f->sock_proto);
}

CURSOR_INLINE bool get_kernel_file(struct cursor *c, struct kernel_file *ret)
{
	size_t outer;
	bool there = cursor_enter(c, &outer);

	if (there) {
		ret->fd = cursor_int(c, -1);
		ret->mode = cursor_u32(c);
		ret->dev = cursor_u32(c);
		ret->ino = cursor_uint(c, 0);
		ret->mnt_id = cursor_uint(c, 0);
		ret->path = cursor_span(c);
		ret->tuple = cursor_span(c);
		ret->sock_type = cursor_u8(c);
		ret->sock_proto = cursor_u8(c);
	} else {
		memset(ret, 0, sizeof(*ret));
	}
	cursor_leave(c, outer);
	return there;
}

PACK_INLINE void put_kernel(struct pack *pk, const struct raw_event *ev)
{
	if (!ev->has_kernel) {
		pack_nil(pk);
		return;
	}
	pack_array(pk, KERNEL_ELEMENTS);
	pack_uint64(pk, ev->start_ns);
	pack_uint64(pk, ev->cgroup_id);
	pack_uint32(pk, ev->uid);
	pack_uint32(pk, ev->gid);
	if (ev->has_file)
		put_kernel_file(pk, &ev->file);
	else
		pack_nil(pk);
}

/* What is not there reads as zero, so the fields need no second way. */
CURSOR_INLINE void get_kernel(struct cursor *c, struct raw_event *ret)
{
	size_t outer;

	ret->has_kernel = cursor_enter(c, &outer);
	ret->start_ns = cursor_uint(c, 0);
	ret->cgroup_id = cursor_uint(c, 0);
	ret->uid = cursor_u32(c);
	ret->gid = cursor_u32(c);
	ret->has_file = get_kernel_file(c, &ret->file);
	cursor_leave(c, outer);
}

ssize_t wire_encode_raw_event(uint8_t *buf, size_t cap, const struct raw_event *ev)
{
	struct pack pk;

	pack_init(&pk, buf, cap);
	pack_array(&pk, RAW_EVENT_ELEMENTS);
	pack_uint16(&pk, ev->code);
	pack_uint16(&pk, ev->cpu);
	pack_uint32(&pk, ev->flags);
	pack_uint64(&pk, ev->ts_ns);
	pack_uint64(&pk, ev->num);
	pack_int64(&pk, ev->tid);
	pack_int64(&pk, ev->pid);
	put_kernel(&pk, ev);
	if (!put_params(&pk, ev->code, ev->params, ev->nparams))
		return -EINVAL;
	return pack_length(&pk);
}

int wire_decode_raw_event(struct span payload, struct raw_event *ret)
{
	struct cursor c = wire_start(payload);

	ret->code = cursor_u16(&c);
	ret->cpu = cursor_u16(&c);
	ret->flags = cursor_u32(&c);
	ret->ts_ns = cursor_uint(&c, 0);
	ret->num = cursor_uint(&c, 0);
	ret->tid = cursor_int(&c, -1);
	ret->pid = cursor_int(&c, -1);
	get_kernel(&c, ret);
	get_params(&c, ret->params, &ret->nparams);
	return cursor_finish(&c);
}

size_t wire_raw_event_bound(const struct raw_event *ev)
{
	/* The parts' own headers and the ints of all four arrays; then what varies. */
	return 3 * PACK_MAX_HEADER +
	       (RAW_EVENT_ELEMENTS + KERNEL_ELEMENTS + KERNEL_FILE_ELEMENTS) * PACK_MAX_INT +
	       (ev->has_kernel && ev->has_file
			? pack_span_bound(ev->file.path) + pack_span_bound(ev->file.tuple)
			: 0) +
	       params_bound(ev->params, ev->nparams);
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
