/* SPDX-License-Identifier: Apache-2.0
 *
 * scap_write.c -- see scap_write.h.  A thing is written behind what is there; only when
 * it stands whole, the buffer's end moves behind it.
 */
#include "scap_write.h"

#include <errno.h>

/* ---- bytes ---- */

struct out {
	uint8_t *start, *p, *end;
	bool full; /* what was put since is not there */
};

/* Behind what is in B, which may have no memory yet. */
static struct out out_of(const struct scap_buf *b)
{
	if (b->cap == 0)
		return (struct out){ NULL, NULL, NULL, false };
	return (struct out){ b->p + b->n, b->p + b->n, b->p + b->cap, false };
}

static void put(struct out *o, const void *bytes, size_t n)
{
	if (n == 0)
		return;
	if (n > (size_t)(o->end - o->p)) {
		o->full = true;
		o->end = o->p;
		return;
	}
	memcpy(o->p, bytes, n);
	o->p += n;
}

static void put_zeros(struct out *o, size_t n)
{
	static const uint8_t zeros[SCAP_HOSTNAME_SIZE];

	put(o, zeros, n);
}

static void put8(struct out *o, uint64_t v)
{
	put(o, &v, 1);
}

static void put16(struct out *o, uint64_t v)
{
	put(o, &v, 2);
}

static void put32(struct out *o, uint64_t v)
{
	put(o, &v, 4);
}

static void put64(struct out *o, uint64_t v)
{
	put(o, &v, 8);
}

static void put_span(struct out *o, struct span s)
{
	put(o, s.p, s.n);
}

/* A string behind its length; of one that is longer than MOST, its beginning. */
static void put_text(struct out *o, struct span s, size_t most)
{
	if (s.n > most)
		s.n = most;
	put16(o, s.n);
	put_span(o, s);
}

/* Put the number V over the 4 bytes at P. */
static void patch32(uint8_t *p, uint64_t v)
{
	memcpy(p, &v, 4);
}

static int end_put(struct scap_buf *b, const struct out *o)
{
	if (o->full)
		return -ENOSPC;
	b->n += (size_t)(o->p - o->start);
	return 0;
}

/* ---- blocks ---- */

static void put_block_header(struct out *o, enum scap_block type)
{
	put32(o, type);
	put32(o, 0); /* the length, see end_block() */
}

/* The block that begins at START ends here. */
static int end_block(struct out *o, uint8_t *start)
{
	size_t total;

	put_zeros(o, -(size_t)(o->p - start) & 3);
	total = (size_t)(o->p - start) + 4;
	put32(o, total);
	if (o->full)
		return -ENOSPC;
	if (total > UINT32_MAX)
		return -EMSGSIZE;
	patch32(start + 4, total);
	return 0;
}

static int end_whole_block(struct scap_buf *b, struct out *o)
{
	int err = end_block(o, o->start);

	return err < 0 ? err : end_put(b, o);
}

int scap_write_section(struct scap_buf *b)
{
	struct out o = out_of(b);

	put_block_header(&o, SCAP_BLOCK_SECTION);
	put32(&o, SCAP_MAGIC);
	put16(&o, SCAP_MAJOR);
	put16(&o, SCAP_MINOR);
	put64(&o, UINT64_MAX); /* its length: not known */
	return end_whole_block(b, &o);
}

int scap_write_machine(struct scap_buf *b, const struct host_frame *h, uint64_t max_pid)
{
	struct out o = out_of(b);
	struct span name = h->hostname;

	if (name.n > SCAP_HOSTNAME_SIZE - 1)
		name.n = SCAP_HOSTNAME_SIZE - 1;
	put_block_header(&o, SCAP_BLOCK_MACHINE);
	put32(&o, h->num_cpus);
	put64(&o, h->memory_bytes);
	put64(&o, max_pid);
	put_span(&o, name);
	put_zeros(&o, SCAP_HOSTNAME_SIZE - name.n);
	put64(&o, h->boot_ts_ns);
	put_zeros(&o, 3 * 8); /* flags, and what is reserved */
	return end_whole_block(b, &o);
}

static void put_address(struct out *o, const struct interface_addr *a)
{
	size_t n = a->is_ipv6 ? 16 : 4;
	struct span name = a->name;

	if (name.n > SCAP_MAX_NAME)
		name.n = SCAP_MAX_NAME;
	put32(o, 4 + 3 * n + 8 + name.n); /* of what follows */
	put16(o, a->is_ipv6 ? SCAP_ADDRESS_V6 : SCAP_ADDRESS_V4);
	put16(o, name.n);
	put(o, a->addr, n);
	put(o, a->mask, n);
	for (size_t i = 0; i < n; i++)
		put8(o, a->is_ipv6 ? 0 : a->addr[i] | (uint8_t)~a->mask[i]); /* broadcast */
	put64(o, 0);							     /* the link's speed */
	put_span(o, name);
}

int scap_write_interfaces(struct scap_buf *b, const struct host_frame *h)
{
	struct out o = out_of(b);

	put_block_header(&o, SCAP_BLOCK_INTERFACES);
	for (unsigned i = 0; i < h->naddrs; i++)
		put_address(&o, &h->addrs[i]);
	return end_whole_block(b, &o);
}

/* ---- lists ---- */

int scap_begin_list(struct scap_buf *b, enum scap_block type, size_t *ret_start)
{
	struct out o = out_of(b);
	size_t start = b->n;
	int err;

	put_block_header(&o, type);
	err = end_put(b, &o);
	if (err == 0)
		*ret_start = start;
	return err;
}

int scap_begin_files(struct scap_buf *b, int64_t tid, size_t *ret_start)
{
	struct out o = out_of(b);
	size_t start = b->n;
	int err;

	put_block_header(&o, SCAP_BLOCK_FILES);
	put64(&o, (uint64_t)tid);
	err = end_put(b, &o);
	if (err == 0)
		*ret_start = start;
	return err;
}

int scap_end_list(struct scap_buf *b, size_t start)
{
	struct out o = out_of(b);
	int err = end_block(&o, b->p + start);

	return err < 0 ? err : end_put(b, &o);
}

/* An entry that begins with its own length. */
static int end_entry(struct scap_buf *b, struct out *o)
{
	if (!o->full)
		patch32(o->start, (size_t)(o->p - o->start));
	return end_put(b, o);
}

int scap_write_user(struct scap_buf *b, const struct user_frame *u)
{
	struct out o = out_of(b);

	put32(&o, 0);
	put8(&o, SCAP_ENTRY_USER);
	put32(&o, u->uid);
	put32(&o, u->gid);
	put_text(&o, u->name, SCAP_MAX_NAME);
	put_text(&o, u->home, SCAP_MAX_PATH);
	put_text(&o, u->shell, SCAP_MAX_PATH);
	return end_entry(b, &o);
}

int scap_write_group(struct scap_buf *b, const struct group_frame *g)
{
	struct out o = out_of(b);

	put32(&o, 0);
	put8(&o, SCAP_ENTRY_GROUP);
	put32(&o, g->gid);
	put_text(&o, g->name, SCAP_MAX_NAME);
	return end_entry(b, &o);
}

int scap_write_task(struct scap_buf *b, const struct process_info *p)
{
	struct out o = out_of(b);

	put32(&o, 0);
	put64(&o, (uint64_t)p->tid);
	put64(&o, (uint64_t)p->pid);
	put64(&o, (uint64_t)p->ptid);
	put64(&o, (uint64_t)p->sid);
	put64(&o, (uint64_t)p->vpgid);
	put_text(&o, p->comm, SCAP_MAX_PATH);
	put_text(&o, p->exe, SCAP_MAX_PATH);
	put_text(&o, p->exepath, SCAP_MAX_PATH);
	put_text(&o, p->args, SCAP_MAX_ARGS);
	put_text(&o, p->cwd, SCAP_MAX_PATH);
	put64(&o, (uint64_t)p->fdlimit);
	put32(&o, p->flags);
	put32(&o, p->uid);
	put32(&o, p->gid);
	put32(&o, p->vmsize);
	put32(&o, p->vmrss);
	put32(&o, p->vmswap);
	put64(&o, p->pfmajor);
	put64(&o, p->pfminor);
	put_text(&o, p->env, SCAP_MAX_ARGS);
	put64(&o, (uint64_t)p->vtid);
	put64(&o, (uint64_t)p->vpid);
	put_text(&o, p->cgroups, SCAP_MAX_ARGS);
	put_text(&o, p->root, SCAP_MAX_PATH);
	put64(&o, p->pidns_init_start_ts);
	put32(&o, p->tty);
	put32(&o, p->loginuid);
	put8(&o, (p->exe_flags & SCAP_EXE_WRITABLE) != 0);
	put64(&o, p->cap_inheritable);
	put64(&o, p->cap_permitted);
	put64(&o, p->cap_effective);
	put8(&o, (p->exe_flags & SCAP_EXE_UPPER_LAYER) != 0);
	put64(&o, p->exe_ino);
	put64(&o, p->exe_ctime);
	put64(&o, p->exe_mtime);
	put8(&o, (p->exe_flags & SCAP_EXE_FROM_MEMFD) != 0);
	put8(&o, (p->exe_flags & SCAP_EXE_LOWER_LAYER) != 0);
	put64(&o, (uint64_t)p->pgid);
	return end_entry(b, &o);
}

static void put_file_by_type(struct out *o, const struct file_info *f, unsigned type)
{
	size_t n = type == FILE_IPV6 || type == FILE_IPV6_SERVER ? 16 : 4;

	switch (type) {
	case FILE_IPV4:
	case FILE_IPV6:
		put(o, f->sip, n);
		put(o, f->dip, n);
		put16(o, f->sport);
		put16(o, f->dport);
		put8(o, f->l4proto);
		return;
	case FILE_IPV4_SERVER:
	case FILE_IPV6_SERVER:
		put(o, f->dip, n);
		put16(o, f->dport);
		put8(o, f->l4proto);
		return;
	case FILE_UNIX:
		put64(o, f->source);
		put64(o, f->dest);
		put_text(o, f->name, SCAP_MAX_TEXT);
		return;
	case FILE_REGULAR_V2:
		put32(o, f->open_flags);
		put_text(o, f->name, SCAP_MAX_PATH - 1);
		put32(o, f->dev);
		return;
	default:
		put_text(o, f->name, SCAP_MAX_PATH - 1);
	}
}

int scap_write_file(struct scap_buf *b, const struct file_info *f)
{
	/* The second form of a regular file has its flags and device. */
	unsigned type = f->type == FILE_REGULAR ? FILE_REGULAR_V2 : f->type;
	struct out o = out_of(b);

	if (type == FILE_UNKNOWN || type >= FILE_TYPE_COUNT)
		return 0; /* the format has no such entry */
	put32(&o, 0);
	put64(&o, (uint64_t)f->fd);
	put64(&o, f->ino);
	put8(&o, type);
	put_file_by_type(&o, f, type);
	return end_entry(b, &o);
}

/* ---- events ---- */

/* The most that stands in a block with its event, but the header: CPU, flags, padding,
 * the second length. */
enum { BESIDE_EVENT = 2 + 4 + 3 + 4 };

/* Bytes of parameter P, of TYPE, in a capture.  -EINVAL: it is none of its type. */
static ssize_t param_len(const struct param *p, unsigned type)
{
	size_t size = param_type_size(type);

	switch (p->kind) {
	case PARAM_EMPTY:
		return 0;
	case PARAM_INT:
		return size == 0 || size > 8 ? -EINVAL : (ssize_t)size;
	default:
		if (size != 0 && size <= 8)
			return -EINVAL;
		return (ssize_t)(p->s.n + scap_is_text(type));
	}
}

static void put_param(struct out *o, const struct param *p, unsigned type)
{
	if (p->kind == PARAM_INT)
		put(o, &p->u, param_type_size(type));
	if (p->kind != PARAM_BYTES)
		return;
	put_span(o, p->s);
	if (scap_is_text(type))
		put8(o, 0);
}

/* The parameters' lengths into LENS; their sum, or negative errno. */
static ssize_t measure(const struct event_info *info, const struct raw_event *ev,
		       uint32_t lens[EVENT_MAX_PARAMS])
{
	size_t most = info->flags & EF_LARGE_PAYLOAD ? WIRE_MAX_PAYLOAD : UINT16_MAX, sum = 0;

	for (unsigned i = 0; i < ev->nparams; i++) {
		ssize_t n = param_len(&ev->params[i], info->params[i].type);

		if (n < 0)
			return n;
		if ((size_t)n > most)
			return -EMSGSIZE;
		lens[i] = (uint32_t)n;
		sum += (size_t)n;
	}
	return (ssize_t)sum;
}

/* An event's block up to its parameters' lengths. */
static void put_event_header(struct out *o, const struct raw_event *ev, bool is_large, size_t len)
{
	bool state_only = ev->flags & EVENT_STATE_ONLY;

	if (is_large)
		put_block_header(o, state_only ? SCAP_BLOCK_LARGE_EVENT_FLAGS
					       : SCAP_BLOCK_LARGE_EVENT);
	else
		put_block_header(o, state_only ? SCAP_BLOCK_EVENT_FLAGS : SCAP_BLOCK_EVENT);
	put16(o, ev->cpu);
	if (state_only)
		put32(o, SCAP_STATE_ONLY);
	put64(o, ev->ts_ns);
	put64(o, (uint64_t)ev->tid);
	put32(o, len);
	put16(o, ev->code);
	put32(o, ev->nparams);
}

int scap_write_event(struct scap_buf *b, const struct raw_event *ev)
{
	const struct event_info *info = event_info(ev->code);
	struct out o = out_of(b);
	uint32_t lens[EVENT_MAX_PARAMS];
	size_t width, len;
	bool is_large;
	ssize_t sum;

	if (info == NULL || ev->nparams > info->nparams)
		return -EINVAL;
	sum = measure(info, ev, lens);
	if (sum < 0)
		return (int)sum;
	is_large = info->flags & EF_LARGE_PAYLOAD;
	width = is_large ? 4 : 2;
	len = SCAP_EVENT_HEADER + width * ev->nparams + (size_t)sum;
	if (!is_large && len + BESIDE_EVENT > SCAP_EVENT_MAX_BLOCK)
		return -EMSGSIZE;
	put_event_header(&o, ev, is_large, len);
	for (unsigned i = 0; i < ev->nparams; i++)
		put(&o, &lens[i], width);
	for (unsigned i = 0; i < ev->nparams; i++)
		put_param(&o, &ev->params[i], info->params[i].type);
	return end_whole_block(b, &o);
}
