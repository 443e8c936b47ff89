/* SPDX-License-Identifier: Apache-2.0
 *
 * wire_state.c -- frames of state: the thread table's entries, the host, its
 * users and groups, containers, gaps, and the marks around a snapshot.
 */
#include "wire_parts.h"

enum {
	PROCESS_ELEMENTS = 5,
	GAP_ELEMENTS = 8,
	TASK_READ_ELEMENTS = 3,
	HOST_ELEMENTS = 6,
	ADDR_ELEMENTS = 3,
	USER_ELEMENTS = 7,
	GROUP_ELEMENTS = 4,
	CONTAINER_ELEMENTS = 6,
	POD_ELEMENTS = 3,
};

/* ---- PROCESS, PROCESS_GONE ---- */

ssize_t wire_encode_process(uint8_t *buf, size_t cap, const struct process_frame *f)
{
	struct pack pk;

	if (f->key == 0)
		return -EINVAL;
	pack_init(&pk, buf, cap);
	pack_array(&pk, PROCESS_ELEMENTS);
	pack_uint64(&pk, f->key);
	pack_uint64(&pk, f->version);
	pack_uint64(&pk, f->base);
	pack_uint64(&pk, f->mask & PROCESS_ALL);
	put_process_info(&pk, &f->info, f->mask);
	return pack_length(&pk);
}

/* Bits that are newer than this program stand behind the ones that it knows, and
 * so do their fields: they are passed over.  An entry without a base is whole,
 * even if its older writer has fewer fields. */
int wire_decode_process(struct span payload, struct process_frame *ret)
{
	struct cursor c = wire_start(payload);

	ret->key = cursor_uint(&c, 0);
	ret->version = cursor_uint(&c, 0);
	ret->base = cursor_uint(&c, 0);
	ret->mask = cursor_uint(&c, 0) & PROCESS_ALL;
	get_process_info(&c, &ret->info, ret->mask);
	if (ret->base == 0)
		ret->mask = PROCESS_ALL;
	if (ret->key == 0)
		cursor_fail(&c);
	return cursor_finish(&c);
}

size_t wire_process_bound(const struct process_frame *f)
{
	return PACK_MAX_HEADER + PROCESS_ELEMENTS * PACK_MAX_INT +
	       process_info_bound(&f->info, f->mask);
}

ssize_t wire_encode_process_gone(uint8_t *buf, size_t cap, const struct process_gone_frame *f)
{
	struct pack pk;

	if (f->key == 0)
		return -EINVAL;
	pack_init(&pk, buf, cap);
	pack_array(&pk, 1);
	pack_uint64(&pk, f->key);
	return pack_length(&pk);
}

int wire_decode_process_gone(struct span payload, struct process_gone_frame *ret)
{
	struct cursor c = wire_start(payload);

	ret->key = cursor_uint(&c, 0);
	if (ret->key == 0)
		cursor_fail(&c);
	return cursor_finish(&c);
}

/* ---- TASK_READ ---- */

ssize_t wire_encode_task_read(uint8_t *buf, size_t cap, const struct task_read_frame *f)
{
	struct pack pk;

	pack_init(&pk, buf, cap);
	pack_array(&pk, TASK_READ_ELEMENTS);
	pack_int64(&pk, f->tid);
	pack_int64(&pk, f->of);
	pack_bool(&pk, f->gone);
	return pack_length(&pk);
}

int wire_decode_task_read(struct span payload, struct task_read_frame *ret)
{
	struct cursor c = wire_start(payload);
	int64_t tid = cursor_int(&c, -1), of = cursor_int(&c, -1);

	if (tid < INT32_MIN || tid > INT32_MAX || of < INT32_MIN || of > INT32_MAX)
		cursor_fail(&c);
	*ret = (struct task_read_frame){ (int32_t)tid, (int32_t)of, cursor_bool(&c) };
	return cursor_finish(&c);
}

/* ---- GAP ---- */

static void put_gap_parts(struct pack *pk, const struct gap_part *parts, unsigned n)
{
	if (n == 0) {
		pack_nil(pk);
		return;
	}
	pack_array(pk, 2 * n);
	for (unsigned i = 0; i < n; i++) {
		pack_uint16(pk, parts[i].of);
		pack_uint64(pk, parts[i].count);
	}
}

static uint8_t get_gap_parts(struct cursor *c, struct gap_part *ret)
{
	size_t outer;
	unsigned n = 0;

	cursor_enter(c, &outer);
	for (; c->left > 0; n++) {
		if (n == GAP_MAX_PARTS || c->left % 2 != 0) {
			cursor_fail(c);
			break;
		}
		ret[n].of = cursor_u16(c);
		ret[n].count = cursor_uint(c, 0);
	}
	cursor_leave(c, outer);
	return c->bad ? 0 : (uint8_t)n;
}

ssize_t wire_encode_gap(uint8_t *buf, size_t cap, const struct gap_frame *f)
{
	struct pack pk;

	if (f->ntypes > GAP_MAX_PARTS || f->ncpus > GAP_MAX_PARTS)
		return -EINVAL;
	pack_init(&pk, buf, cap);
	pack_array(&pk, GAP_ELEMENTS);
	pack_uint8(&pk, f->cause);
	pack_uint64(&pk, f->from_ns);
	pack_uint64(&pk, f->to_ns);
	pack_uint64(&pk, f->count);
	pack_uint64(&pk, f->events);
	put_gap_parts(&pk, f->types, f->ntypes);
	put_gap_parts(&pk, f->cpus, f->ncpus);
	pack_bool(&pk, f->doubt);
	return pack_length(&pk);
}

/* A cause that this program does not know is still a gap. */
int wire_decode_gap(struct span payload, struct gap_frame *ret)
{
	struct cursor c = wire_start(payload);

	ret->cause = cursor_u8(&c);
	ret->from_ns = cursor_uint(&c, 0);
	ret->to_ns = cursor_uint(&c, 0);
	ret->count = cursor_uint(&c, 0);
	ret->events = cursor_uint(&c, 0);
	ret->ntypes = get_gap_parts(&c, ret->types);
	ret->ncpus = get_gap_parts(&c, ret->cpus);
	ret->doubt = cursor_bool(&c);
	if (ret->cause >= GAP_CAUSE_COUNT)
		ret->cause = GAP_NONE;
	return cursor_finish(&c);
}

/* ---- HOST ---- */

static void put_addr(struct pack *pk, const struct interface_addr *a)
{
	size_t n = a->is_ipv6 ? 16 : 4;

	pack_array(pk, ADDR_ELEMENTS);
	pack_span_or_nil(pk, a->name);
	pack_span(pk, span_of(a->addr, n));
	pack_span(pk, span_of(a->mask, n));
}

static void get_addr(struct cursor *c, struct interface_addr *ret)
{
	struct span addr, mask;
	size_t outer;

	memset(ret, 0, sizeof(*ret));
	cursor_enter(c, &outer);
	ret->name = cursor_span(c);
	addr = cursor_span(c);
	mask = cursor_span(c);
	if ((addr.n == 4 || addr.n == 16) && mask.n == addr.n) {
		ret->is_ipv6 = addr.n == 16;
		memcpy(ret->addr, addr.p, addr.n);
		memcpy(ret->mask, mask.p, mask.n);
	} else {
		cursor_fail(c);
	}
	cursor_leave(c, outer);
}

ssize_t wire_encode_host(uint8_t *buf, size_t cap, const struct host_frame *f)
{
	struct pack pk;

	if (f->naddrs > HOST_MAX_ADDRS)
		return -EINVAL;
	pack_init(&pk, buf, cap);
	pack_array(&pk, HOST_ELEMENTS);
	pack_span_or_nil(&pk, f->hostname);
	pack_uint64(&pk, f->boot_ts_ns);
	pack_uint64(&pk, f->memory_bytes);
	pack_uint32(&pk, f->num_cpus);
	pack_array(&pk, f->naddrs);
	for (unsigned i = 0; i < f->naddrs; i++)
		put_addr(&pk, &f->addrs[i]);
	pack_uint64(&pk, f->first_event_ns);
	return pack_length(&pk);
}

int wire_decode_host(struct span payload, struct host_frame *ret)
{
	struct cursor c = wire_start(payload);
	size_t outer;

	ret->hostname = cursor_span(&c);
	ret->boot_ts_ns = cursor_uint(&c, 0);
	ret->memory_bytes = cursor_uint(&c, 0);
	ret->num_cpus = cursor_u32(&c);
	cursor_enter(&c, &outer);
	if (c.left > HOST_MAX_ADDRS)
		cursor_fail(&c);
	for (ret->naddrs = 0; c.left > 0; ret->naddrs++)
		get_addr(&c, &ret->addrs[ret->naddrs]);
	cursor_leave(&c, outer);
	ret->first_event_ns = cursor_uint(&c, 0);
	return cursor_finish(&c);
}

size_t wire_host_bound(const struct host_frame *f)
{
	size_t sum =
		2 * PACK_MAX_HEADER + HOST_ELEMENTS * PACK_MAX_INT + pack_span_bound(f->hostname);

	for (unsigned i = 0; i < f->naddrs && i < HOST_MAX_ADDRS; i++)
		sum += 3 * PACK_MAX_HEADER + pack_span_bound(f->addrs[i].name) +
		       sizeof(f->addrs[i].addr) + sizeof(f->addrs[i].mask);
	return sum;
}

/* ---- USER, GROUP ---- */

ssize_t wire_encode_user(uint8_t *buf, size_t cap, const struct user_frame *f)
{
	struct pack pk;

	pack_init(&pk, buf, cap);
	pack_array(&pk, USER_ELEMENTS);
	pack_span_or_nil(&pk, f->container_id);
	pack_uint32(&pk, f->uid);
	pack_uint32(&pk, f->gid);
	pack_span_or_nil(&pk, f->name);
	pack_span_or_nil(&pk, f->home);
	pack_span_or_nil(&pk, f->shell);
	pack_bool(&pk, f->gone);
	return pack_length(&pk);
}

int wire_decode_user(struct span payload, struct user_frame *ret)
{
	struct cursor c = wire_start(payload);

	ret->container_id = cursor_span(&c);
	ret->uid = cursor_u32(&c);
	ret->gid = cursor_u32(&c);
	ret->name = cursor_span(&c);
	ret->home = cursor_span(&c);
	ret->shell = cursor_span(&c);
	ret->gone = cursor_bool(&c);
	return cursor_finish(&c);
}

size_t wire_user_bound(const struct user_frame *f)
{
	return PACK_MAX_HEADER + USER_ELEMENTS * PACK_MAX_INT + pack_span_bound(f->container_id) +
	       pack_span_bound(f->name) + pack_span_bound(f->home) + pack_span_bound(f->shell);
}

ssize_t wire_encode_group(uint8_t *buf, size_t cap, const struct group_frame *f)
{
	struct pack pk;

	pack_init(&pk, buf, cap);
	pack_array(&pk, GROUP_ELEMENTS);
	pack_span_or_nil(&pk, f->container_id);
	pack_uint32(&pk, f->gid);
	pack_span_or_nil(&pk, f->name);
	pack_bool(&pk, f->gone);
	return pack_length(&pk);
}

int wire_decode_group(struct span payload, struct group_frame *ret)
{
	struct cursor c = wire_start(payload);

	ret->container_id = cursor_span(&c);
	ret->gid = cursor_u32(&c);
	ret->name = cursor_span(&c);
	ret->gone = cursor_bool(&c);
	return cursor_finish(&c);
}

size_t wire_group_bound(const struct group_frame *f)
{
	return PACK_MAX_HEADER + GROUP_ELEMENTS * PACK_MAX_INT + pack_span_bound(f->container_id) +
	       pack_span_bound(f->name);
}

/* ---- CONTAINER ---- */

ssize_t wire_encode_container(uint8_t *buf, size_t cap, const struct container_frame *f)
{
	struct pack pk;

	if (f->id.n == 0)
		return -EINVAL;
	pack_init(&pk, buf, cap);
	pack_array(&pk, CONTAINER_ELEMENTS);
	pack_span(&pk, f->id);
	pack_span_or_nil(&pk, f->full_id);
	pack_uint32(&pk, f->type);
	pack_bool(&pk, f->has_metadata);
	pack_span_or_nil(&pk, f->json);
	pack_uint32(&pk, f->wait);
	return pack_length(&pk);
}

int wire_decode_container(struct span payload, struct container_frame *ret)
{
	struct cursor c = wire_start(payload);

	ret->id = cursor_span(&c);
	ret->full_id = cursor_span(&c);
	ret->type = cursor_u32(&c);
	ret->has_metadata = cursor_bool(&c);
	ret->json = cursor_span(&c);
	ret->wait = cursor_u8(&c);
	if (ret->id.n == 0 || ret->wait > CONTAINER_UNANSWERED)
		cursor_fail(&c);
	return cursor_finish(&c);
}

size_t wire_container_bound(const struct container_frame *f)
{
	return PACK_MAX_HEADER + CONTAINER_ELEMENTS * PACK_MAX_INT + pack_span_bound(f->id) +
	       pack_span_bound(f->full_id) + pack_span_bound(f->json);
}

/* ---- CONTAINER_GONE, POD_GONE: who it was ---- */

static ssize_t encode_gone(uint8_t *buf, size_t cap, struct span id)
{
	struct pack pk;

	if (id.n == 0)
		return -EINVAL;
	pack_init(&pk, buf, cap);
	pack_array(&pk, 1);
	pack_span(&pk, id);
	return pack_length(&pk);
}

static int decode_gone(struct span payload, struct span *ret_id)
{
	struct cursor c = wire_start(payload);

	*ret_id = cursor_span(&c);
	if (ret_id->n == 0)
		cursor_fail(&c);
	return cursor_finish(&c);
}

ssize_t wire_encode_container_gone(uint8_t *buf, size_t cap, struct span id)
{
	return encode_gone(buf, cap, id);
}

int wire_decode_container_gone(struct span payload, struct span *ret_id)
{
	return decode_gone(payload, ret_id);
}

ssize_t wire_encode_pod_gone(uint8_t *buf, size_t cap, struct span uid)
{
	return encode_gone(buf, cap, uid);
}

int wire_decode_pod_gone(struct span payload, struct span *ret_uid)
{
	return decode_gone(payload, ret_uid);
}

/* ---- POD ---- */

ssize_t wire_encode_pod(uint8_t *buf, size_t cap, const struct pod_frame *f)
{
	struct pack pk;

	if (f->uid.n == 0)
		return -EINVAL;
	pack_init(&pk, buf, cap);
	pack_array(&pk, POD_ELEMENTS);
	pack_span(&pk, f->uid);
	pack_span_or_nil(&pk, f->json);
	pack_uint32(&pk, f->wait);
	return pack_length(&pk);
}

int wire_decode_pod(struct span payload, struct pod_frame *ret)
{
	struct cursor c = wire_start(payload);

	ret->uid = cursor_span(&c);
	ret->json = cursor_span(&c);
	ret->wait = cursor_u8(&c);
	if (ret->uid.n == 0 || ret->wait > CONTAINER_UNANSWERED)
		cursor_fail(&c);
	return cursor_finish(&c);
}

size_t wire_pod_bound(const struct pod_frame *f)
{
	return PACK_MAX_HEADER + POD_ELEMENTS * PACK_MAX_INT + pack_span_bound(f->uid) +
	       pack_span_bound(f->json);
}

/* ---- SNAPSHOT_BEGIN, SNAPSHOT_END, END ---- */

ssize_t wire_encode_empty(uint8_t *buf, size_t cap)
{
	struct pack pk;

	pack_init(&pk, buf, cap);
	pack_array(&pk, 0);
	return pack_length(&pk);
}

int wire_decode_empty(struct span payload)
{
	struct cursor c = wire_start(payload);

	return cursor_finish(&c);
}
