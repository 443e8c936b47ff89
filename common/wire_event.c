/* SPDX-License-Identifier: Apache-2.0
 *
 * wire_event.c -- the enriched EVENT frame, and the map of extras inside it.
 */
#include "wire_parts.h"

enum {
	EVENT_ELEMENTS = 15,
	EXTRA_DEPTH = 3, /* map, array of file records, record */
};

/* Where the numbers stand that an event begins with. */
enum {
	EVENT_AT_CODE = 1,
	EVENT_AT_CPU = EVENT_AT_CODE + WIDE_U16,
	EVENT_AT_FLAGS = EVENT_AT_CPU + WIDE_U16,
	EVENT_AT_TS = EVENT_AT_FLAGS + WIDE_U32,
	EVENT_AT_NUM = EVENT_AT_TS + WIDE_U64,
	EVENT_AT_GENERATION = EVENT_AT_NUM + WIDE_U64,
	EVENT_AT_SEQ = EVENT_AT_GENERATION + WIDE_U64,
	EVENT_AT_PROCESS = EVENT_AT_SEQ + WIDE_U64,
	EVENT_AT_VERSION = EVENT_AT_PROCESS + WIDE_U64,
	EVENT_AT_TID = EVENT_AT_VERSION + WIDE_U64,
	EVENT_RUN = EVENT_AT_TID + WIDE_U64,
	EVENT_RUN_COUNT = 10,
};

/* ---- EVENT ---- */

/* Nothing but one whole map may stand in an event as its extras. */
static bool is_extra(struct span extra)
{
	struct cursor c = cursor_before(extra);
	uint8_t first = cursor_peek(&c);

	if ((first & 0xf0) != MP_FIXMAP && first != MP_MAP16 && first != MP_MAP32)
		return false;
	cursor_element(&c, EXTRA_DEPTH);
	return cursor_finish(&c) == 0;
}

PACK_INLINE void put_head(struct pack *pk, const struct event_frame *f)
{
	uint8_t *end;

	if (!pack_run_begin(pk, EVENT_RUN, &end))
		return;
	pack_array(pk, EVENT_ELEMENTS);
	pack_fix_uint16(pk, f->code);
	pack_fix_uint16(pk, f->cpu);
	pack_fix_uint32(pk, f->flags);
	pack_fix_uint64(pk, f->ts_ns);
	pack_fix_uint64(pk, f->num);
	pack_fix_uint64(pk, f->origin_generation);
	pack_fix_uint64(pk, f->origin_seq);
	pack_fix_uint64(pk, f->process);
	pack_fix_uint64(pk, f->version);
	pack_fix_int64(pk, f->tid);
	pack_run_end(pk, end);
}

ssize_t wire_encode_event(uint8_t *buf, size_t cap, const struct event_frame *f)
{
	struct pack pk;

	if (f->nfiles > EVENT_MAX_FILES || f->fd_file < -1 || f->fd_file >= f->nfiles ||
	    (f->extra.n > 0 && !is_extra(f->extra)))
		return -EINVAL;
	pack_init(&pk, buf, cap);
	put_head(&pk, f);
	if (f->fd == FD_NONE)
		pack_nil(&pk);
	else
		pack_fix_int64(&pk, f->fd);
	pack_int8(&pk, f->fd_file);
	pack_array(&pk, f->nfiles);
	for (unsigned i = 0; i < f->nfiles; i++)
		put_file(&pk, &f->files[i]);
	if (f->extra.n == 0)
		pack_nil(&pk);
	else
		pack_bytes(&pk, f->extra.p, f->extra.n);
	if (f->params_bytes.n > 0)
		pack_bytes(&pk, f->params_bytes.p, f->params_bytes.n);
	else if (!put_params(&pk, f->code, f->params, f->nparams))
		return -EINVAL;
	return pack_length(&pk);
}

CURSOR_INLINE void get_files(struct cursor *c, struct event_frame *ret)
{
	size_t outer, n;

	cursor_enter(c, &outer);
	n = c->left;
	if (n > EVENT_MAX_FILES) {
		cursor_fail(c);
		n = 0;
	}
	for (size_t i = 0; i < n; i++)
		get_file(c, &ret->files[i]);
	ret->nfiles = (uint8_t)n;
	cursor_leave(c, outer);
}

CURSOR_INLINE struct span get_extra(struct cursor *c)
{
	uint8_t first = cursor_peek(c);
	struct span s;

	if (__builtin_expect(first == MP_NIL && c->left > 0 && c->p < c->end, 1)) {
		cursor_pass(c, 1, 1);
		return SPAN_NONE;
	}
	s = cursor_element(c, EXTRA_DEPTH);
	if (first == MP_NIL)
		return SPAN_NONE; /* not there, or the frame is cut off */
	if ((first & 0xf0) != MP_FIXMAP && first != MP_MAP16 && first != MP_MAP32)
		cursor_fail(c);
	return s;
}

CURSOR_INLINE bool has_event_run(struct span s)
{
	const uint8_t *p = s.p;

	return s.n > EVENT_RUN && s.n <= WIRE_MAX_PAYLOAD &&
	       ((p[0] ^ (MP_FIXARRAY | EVENT_ELEMENTS)) | (p[EVENT_AT_CODE] ^ MP_UINT16) |
		(p[EVENT_AT_CPU] ^ MP_UINT16) | (p[EVENT_AT_FLAGS] ^ MP_UINT32) |
		(p[EVENT_AT_TS] ^ MP_UINT64) | (p[EVENT_AT_NUM] ^ MP_UINT64) |
		(p[EVENT_AT_GENERATION] ^ MP_UINT64) | (p[EVENT_AT_SEQ] ^ MP_UINT64) |
		(p[EVENT_AT_PROCESS] ^ MP_UINT64) | (p[EVENT_AT_VERSION] ^ MP_UINT64) |
		(p[EVENT_AT_TID] ^ MP_INT64)) == 0;
}

CURSOR_INLINE struct cursor get_head(struct span payload, struct event_frame *ret)
{
	struct cursor c;

	if (__builtin_expect(has_event_run(payload), 1)) {
		c = cursor_before(payload);
		ret->code = cursor_wide16(c.p + EVENT_AT_CODE);
		ret->cpu = cursor_wide16(c.p + EVENT_AT_CPU);
		ret->flags = cursor_wide32(c.p + EVENT_AT_FLAGS);
		ret->ts_ns = cursor_wide64(c.p + EVENT_AT_TS);
		ret->num = cursor_wide64(c.p + EVENT_AT_NUM);
		ret->origin_generation = cursor_wide64(c.p + EVENT_AT_GENERATION);
		ret->origin_seq = cursor_wide64(c.p + EVENT_AT_SEQ);
		ret->process = cursor_wide64(c.p + EVENT_AT_PROCESS);
		ret->version = cursor_wide64(c.p + EVENT_AT_VERSION);
		ret->tid = (int64_t)cursor_wide64(c.p + EVENT_AT_TID);
		c.left = EVENT_ELEMENTS;
		cursor_pass(&c, EVENT_RUN, EVENT_RUN_COUNT);
		return c;
	}
	c = wire_start(payload);
	ret->code = cursor_u16(&c);
	ret->cpu = cursor_u16(&c);
	ret->flags = cursor_u32(&c);
	ret->ts_ns = cursor_uint(&c, 0);
	ret->num = cursor_uint(&c, 0);
	ret->origin_generation = cursor_uint(&c, 0);
	ret->origin_seq = cursor_uint(&c, 0);
	ret->process = cursor_uint(&c, 0);
	ret->version = cursor_uint(&c, 0);
	ret->tid = cursor_int(&c, -1);
	return c;
}

int wire_decode_event(struct span payload, struct event_frame *ret)
{
	struct cursor c = get_head(payload, ret);
	struct span params;
	int64_t fd_file;

	ret->fd = cursor_int(&c, FD_NONE);
	fd_file = cursor_int(&c, -1);
	get_files(&c, ret);
	ret->extra = get_extra(&c);
	get_params(&c, ret->params, &ret->nparams, &params);
	ret->params_bytes = SPAN_NONE;
	if (fd_file < -1 || fd_file >= ret->nfiles)
		cursor_fail(&c);
	ret->fd_file = (int8_t)fd_file;
	return cursor_finish(&c);
}

size_t wire_event_bound(const struct event_frame *f)
{
	size_t sum =
		2 * PACK_MAX_HEADER + EVENT_ELEMENTS * PACK_MAX_INT + f->extra.n +
		(f->params_bytes.n > 0 ? f->params_bytes.n : params_bound(f->params, f->nparams));

	for (unsigned i = 0; i < f->nfiles && i < EVENT_MAX_FILES; i++)
		sum += file_bound(&f->files[i]);
	return sum;
}

/* ---- extras ---- */

_Static_assert(WANT_EXTRA_COUNT <= 15, "the map's header is one byte");

void wire_extra_begin(struct wire_extra *x, uint8_t *buf, size_t cap)
{
	*x = (struct wire_extra){ .start = buf, .p = buf, .end = buf + cap };
	if (cap > 0)
		x->p++; /* the map's header, when the count is known */
	else
		x->full = true;
}

/* Packs one pair of the map, then takes over where the packer got to. */
static struct pack extra_open(struct wire_extra *x, enum want_extra want)
{
	struct pack pk;

	pack_init(&pk, x->p, (size_t)(x->end - x->p));
	pack_uint8(&pk, want);
	return pk;
}

static void extra_close(struct wire_extra *x, const struct pack *pk)
{
	x->p = pk->p;
	x->full |= pk->full;
	x->count++;
}

void wire_extra_put_fd_count(struct wire_extra *x, uint64_t count)
{
	struct pack pk = extra_open(x, WANT_FD_COUNT);

	pack_uint64(&pk, count);
	extra_close(x, &pk);
}

void wire_extra_put_stdio(struct wire_extra *x, const struct wire_stdio stdio[static 3])
{
	struct pack pk = extra_open(x, WANT_STDIO);

	pack_array(&pk, 3);
	for (unsigned i = 0; i < 3; i++) {
		if (!stdio[i].is_open) {
			pack_nil(&pk);
			continue;
		}
		pack_array(&pk, 2);
		pack_uint8(&pk, stdio[i].type);
		pack_span_or_nil(&pk, stdio[i].name);
	}
	extra_close(x, &pk);
}

void wire_extra_put_fd_types(struct wire_extra *x, uint32_t types)
{
	struct pack pk = extra_open(x, WANT_FD_TYPES);

	types &= (UINT32_C(1) << FILE_TYPE_COUNT) - 1;
	pack_array(&pk, (size_t)__builtin_popcount(types));
	for (unsigned t = 0; t < FILE_TYPE_COUNT; t++)
		if (types & UINT32_C(1) << t)
			pack_uint8(&pk, (uint8_t)t);
	extra_close(x, &pk);
}

void wire_extra_put_fdlist(struct wire_extra *x, const struct file_info *files, size_t n)
{
	struct pack pk = extra_open(x, WANT_FDLIST);

	pack_array(&pk, n);
	for (size_t i = 0; i < n; i++)
		put_file(&pk, &files[i]);
	extra_close(x, &pk);
}

void wire_extra_put_threads(struct wire_extra *x, uint64_t live, uint64_t live_but_leader)
{
	struct pack pk = extra_open(x, WANT_THREADS);

	pack_array(&pk, 2);
	pack_uint64(&pk, live);
	pack_uint64(&pk, live_but_leader);
	extra_close(x, &pk);
}

void wire_extra_put_fd_named(struct wire_extra *x, const struct wire_fd_type *fds, size_t n)
{
	struct pack pk = extra_open(x, WANT_FD_NAMED);

	pack_array(&pk, n);
	for (size_t i = 0; i < n; i++) {
		pack_array(&pk, 2);
		pack_uint64(&pk, fds[i].fd);
		pack_uint8(&pk, fds[i].type);
	}
	extra_close(x, &pk);
}

struct span wire_extra_end(struct wire_extra *x)
{
	struct pack pk;

	if (x->full || x->count == 0 || x->count > 15)
		return SPAN_NONE;
	pack_init(&pk, x->start, 1);
	pack_map(&pk, x->count);
	return span_of(x->start, (size_t)(x->p - x->start));
}

/* Stand at the value of WANT.  False: it is not there. */
static bool find_extra(struct span extra, enum want_extra want, struct cursor *ret)
{
	struct cursor c = cursor_before(extra);
	size_t outer;

	if (extra.n == 0 || !cursor_enter_map(&c, &outer))
		return false;
	while (c.left > 1) {
		if (cursor_uint(&c, WANT_EXTRA_COUNT) == want && !c.bad) {
			*ret = c;
			return cursor_peek(&c) != MP_NIL;
		}
		cursor_element(&c, EXTRA_DEPTH - 1);
	}
	return false;
}

bool wire_extra_get_fd_count(struct span extra, uint64_t *ret)
{
	struct cursor c;
	uint64_t count;

	if (!find_extra(extra, WANT_FD_COUNT, &c))
		return false;
	count = cursor_uint(&c, 0);
	if (!c.bad)
		*ret = count;
	return !c.bad;
}

bool wire_extra_get_stdio(struct span extra, struct wire_stdio ret[static 3])
{
	struct wire_stdio found[3];
	struct cursor c;
	size_t outer, inner;

	if (!find_extra(extra, WANT_STDIO, &c) || !cursor_enter(&c, &outer))
		return false;
	for (unsigned i = 0; i < 3; i++) {
		found[i].is_open = cursor_enter(&c, &inner);
		found[i].type = cursor_u8(&c);
		found[i].name = cursor_span(&c);
		if (found[i].type >= FILE_TYPE_COUNT)
			cursor_fail(&c);
		cursor_leave(&c, inner);
	}
	if (!c.bad)
		memcpy(ret, found, sizeof(found));
	return !c.bad;
}

bool wire_extra_get_fd_types(struct span extra, uint32_t *ret_types)
{
	uint32_t types = 0;
	struct cursor c;
	size_t outer;

	if (!find_extra(extra, WANT_FD_TYPES, &c) || !cursor_enter(&c, &outer))
		return false;
	while (c.left > 0) {
		uint64_t t = cursor_uint(&c, FILE_UNKNOWN);

		if (t < FILE_TYPE_COUNT) /* types that are newer have no names here */
			types |= UINT32_C(1) << t;
	}
	if (!c.bad)
		*ret_types = types;
	return !c.bad;
}

ssize_t wire_extra_get_fdlist(struct span extra, struct file_info *ret, size_t cap)
{
	struct cursor c;
	size_t outer, n = 0;

	if (!find_extra(extra, WANT_FDLIST, &c))
		return -ENOENT;
	cursor_enter(&c, &outer);
	while (c.left > 0 && n < cap)
		get_file(&c, &ret[n++]);
	return c.bad ? -EPROTO : (ssize_t)n;
}

bool wire_extra_get_threads(struct span extra, uint64_t *ret_live, uint64_t *ret_live_but_leader)
{
	struct cursor c;
	size_t outer;
	uint64_t live, others;

	if (!find_extra(extra, WANT_THREADS, &c) || !cursor_enter(&c, &outer))
		return false;
	live = cursor_uint(&c, 0);
	others = cursor_uint(&c, 0);
	if (c.bad)
		return false;
	*ret_live = live;
	*ret_live_but_leader = others;
	return true;
}

bool wire_extra_get_fd_named(struct span extra, uint64_t fd, uint8_t *ret_type)
{
	uint8_t found = FILE_TYPE_COUNT;
	struct cursor c;
	size_t outer, inner;

	if (!find_extra(extra, WANT_FD_NAMED, &c) || !cursor_enter(&c, &outer))
		return false;
	while (c.left > 0) {
		uint64_t of;
		uint8_t type;

		cursor_enter(&c, &inner);
		of = cursor_uint(&c, UINT64_MAX);
		type = cursor_u8(&c);
		cursor_leave(&c, inner);
		if (of == fd)
			found = type;
	}
	if (c.bad || found >= FILE_TYPE_COUNT)
		return false;
	*ret_type = found;
	return true;
}
