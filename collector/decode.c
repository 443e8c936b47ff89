/* SPDX-License-Identifier: Apache-2.0
 *
 * decode.c -- see decode.h.  The kernel side is ours and is not hostile, but what
 * it copies is: strings and addresses come from programs that may change them
 * while they are read.  So shapes are checked here, once, and the stages behind
 * may rely on them.
 */
#include "decode.h"

#include <errno.h>

#include "record.h"

enum { KNOWN_FLAGS = RECORD_HAS_FILE | RECORD_TRUNCATED | RECORD_COMPAT32 | RECORD_HEARTBEAT };

/* Falco's numbers of address families, as they stand in front of addresses. */
enum { FAMILY_UNIX = 1, FAMILY_INET = 2, FAMILY_INET6 = 10 };

struct cursor {
	const uint8_t *p;
	size_t left;
};

/* The next N bytes, or NULL: there are fewer. */
static const uint8_t *take(struct cursor *c, size_t n)
{
	const uint8_t *p = c->p;

	if (n > c->left)
		return NULL;
	c->p += n;
	c->left -= n;
	return p;
}

/* A string ends at its first NUL, whatever a racing program put behind it. */
static struct span string_of(const uint8_t *p, size_t n)
{
	return span_of(p, n == 0 ? 0 : strnlen((const char *)p, n));
}

static bool address_ok(const uint8_t *p, size_t n)
{
	switch (p[0]) {
	case FAMILY_INET:
		return n == 1 + 4 + 2;
	case FAMILY_INET6:
		return n == 1 + 16 + 2;
	case FAMILY_UNIX:
		return n >= 1;
	default:
		return n == 1; /* a family without a form of its own is only named */
	}
}

static bool tuple_ok(const uint8_t *p, size_t n)
{
	switch (p[0]) {
	case FAMILY_INET:
		return n == 1 + 2 * (4 + 2);
	case FAMILY_INET6:
		return n == 1 + 2 * (16 + 2);
	case FAMILY_UNIX:
		return n >= 1 + 8 + 8;
	default:
		return n == 1;
	}
}

static bool fdlist_ok(const uint8_t *p, size_t n)
{
	return n >= 2 && n == 2 + 10u * (p[0] | (unsigned)p[1] << 8);
}

/* N > 0 bytes at P as a value of variable length. */
static int decode_bytes(unsigned type, const uint8_t *p, size_t n, struct param *ret)
{
	bool ok = true;

	ret->kind = PARAM_BYTES;
	ret->s = span_of(p, n);
	switch (type) {
	case PT_CHARBUF:
	case PT_FSPATH:
	case PT_FSRELPATH:
		ret->s = string_of(p, n);
		break;
	case PT_SOCKADDR:
		ok = address_ok(p, n);
		break;
	case PT_SOCKTUPLE:
		ok = tuple_ok(p, n);
		break;
	case PT_FDLIST:
		ok = fdlist_ok(p, n);
		break;
	case PT_BYTEBUF:
	case PT_DYN:
		break;
	default:
		ok = false; /* the kernel side makes no other types */
	}
	return ok ? 0 : -EPROTO;
}

static int decode_param(unsigned type, const uint8_t *p, size_t n, struct param *ret)
{
	unsigned size = param_type_size(type);

	ret->kind = PARAM_EMPTY;
	ret->u = 0;
	if (n == 0)
		return 0;
	if (size == 0)
		return decode_bytes(type, p, n, ret);
	if (n != size)
		return -EPROTO;
	if (size > sizeof(ret->u)) {
		ret->kind = PARAM_BYTES;
		ret->s = span_of(p, n);
		return 0;
	}
	ret->kind = PARAM_INT;
	for (unsigned i = 0; i < size; i++)
		ret->u |= (uint64_t)p[i] << (8 * i);
	if (param_type_is_signed(type) && size < 8 && (p[size - 1] & 0x80))
		ret->u |= ~UINT64_C(0) << (8 * size);
	return 0;
}

static int decode_file(struct cursor *c, struct kernel_file *ret)
{
	const uint8_t *head = take(c, sizeof(struct record_file));
	const uint8_t *path, *tuple;
	struct record_file f;

	if (head == NULL)
		return -EPROTO;
	memcpy(&f, head, sizeof(f));
	path = take(c, f.path_len);
	tuple = path == NULL ? NULL : take(c, f.tuple_len);
	if (tuple == NULL || (f.tuple_len != 0 && !tuple_ok(tuple, f.tuple_len)))
		return -EPROTO;
	*ret = (struct kernel_file){
		.fd = f.fd,
		.mode = f.mode,
		.dev = f.dev,
		.ino = f.ino,
		.mnt_id = f.mnt_id,
		.path = string_of(path, f.path_len),
		.tuple = span_of(tuple, f.tuple_len),
		.sock_family = f.sock_family,
		.sock_type = f.sock_type,
		.sock_proto = f.sock_proto,
		.nlink = f.nlink,
	};
	return 0;
}

static int decode_params(struct cursor *c, const struct event_info *info, struct param *ret)
{
	const uint8_t *lens = take(c, 2u * info->nparams);

	if (lens == NULL)
		return -EPROTO;
	for (unsigned i = 0; i < info->nparams; i++) {
		size_t n = lens[2 * i] | (size_t)lens[2 * i + 1] << 8;
		const uint8_t *p = take(c, n);

		if (p == NULL || decode_param(info->params[i].type, p, n, &ret[i]) < 0)
			return -EPROTO;
	}
	return c->left == 0 ? 0 : -EPROTO;
}

int decode_record(struct span record, struct raw_event *ret)
{
	const struct event_info *info;
	struct cursor c;
	struct record r;

	if (record.n < sizeof(r))
		return -EPROTO;
	memcpy(&r, record.p, sizeof(r));
	if (r.len < sizeof(r) || r.len > record.n || (r.flags & ~KNOWN_FLAGS))
		return -EPROTO;
	info = event_info(r.code);
	if (info == NULL || info->generated == GENERATED_NEVER || r.nparams != info->nparams)
		return -EPROTO;

	c = (struct cursor){ record.p + sizeof(r), r.len - sizeof(r) };
	ret->has_file = r.flags & RECORD_HAS_FILE;
	if (ret->has_file && decode_file(&c, &ret->file) < 0)
		return -EPROTO;
	if (r.more_files > EVENT_MORE_FILES)
		return -EPROTO;
	ret->nmore = r.more_files;
	for (unsigned i = 0; i < ret->nmore; i++)
		if (decode_file(&c, &ret->more[i]) < 0)
			return -EPROTO;
	if (decode_params(&c, info, ret->params) < 0)
		return -EPROTO;

	ret->code = r.code;
	ret->cpu = r.cpu;
	ret->flags = (r.flags & RECORD_TRUNCATED ? EVENT_TRUNCATED : 0u) |
		     (r.flags & RECORD_COMPAT32 ? EVENT_COMPAT32 : 0u) |
		     (r.flags & RECORD_HEARTBEAT ? EVENT_HEARTBEAT : 0u);
	ret->mute = r.mute;
	ret->ts_ns = r.ts_ns;
	ret->num = 0;
	ret->tid = r.tid;
	ret->pid = r.pid;
	ret->has_kernel = true;
	ret->start_ns = start_tick(r.start_ns);
	ret->cgroup_id = r.cgroup_id;
	ret->maker = r.maker;
	ret->uid = r.uid;
	ret->gid = r.gid;
	ret->nparams = r.nparams;
	return 0;
}
