/* SPDX-License-Identifier: Apache-2.0
 *
 * enrich_out.c -- what goes down ring enriched: first the state that changed, as
 * little of it as says it all, then the event that refers to it.
 */
#include "enrich_core.h"

/* Room in the sink; NULL: it says stop, and nothing more is written. */
static uint8_t *room(struct enrich *en, size_t cap)
{
	uint8_t *buf;

	if (en->stopped)
		return NULL;
	buf = en->sink.reserve(en->sink.ctx, cap);
	en->stopped = buf == NULL;
	return buf;
}

/* False: it could not be encoded, and is not sent. */
static bool done(struct enrich *en, uint16_t type, ssize_t len)
{
	if (len < 0) {
		en->sink.abandon(en->sink.ctx);
		return false;
	}
	en->sink.submit(en->sink.ctx, type, (size_t)len);
	if (type != FRAME_EVENT)
		en->counts[ENRICHER_STATE_OUT]++;
	return true;
}

void emit_payload(struct enrich *en, uint16_t type, struct span payload)
{
	uint8_t *buf = room(en, payload.n);

	if (buf == NULL)
		return;
	if (payload.n > 0)
		memcpy(buf, payload.p, payload.n);
	done(en, type, (ssize_t)payload.n);
}

/* Frames of a few strings: their bytes and this much. */
enum { SMALL_FRAME = 256 };

void emit_user(struct enrich *en, const struct user_frame *u)
{
	size_t cap = SMALL_FRAME + u->container_id.n + u->name.n + u->home.n + u->shell.n;
	uint8_t *buf = room(en, cap);

	if (buf != NULL)
		done(en, FRAME_USER, wire_encode_user(buf, cap, u));
}

void emit_group(struct enrich *en, const struct group_frame *g)
{
	size_t cap = SMALL_FRAME + g->container_id.n + g->name.n;
	uint8_t *buf = room(en, cap);

	if (buf != NULL)
		done(en, FRAME_GROUP, wire_encode_group(buf, cap, g));
}

void emit_container(struct enrich *en, const struct container *c)
{
	uint8_t full_id[CONTAINER_ID_MAX];
	struct container_frame f = container_frame(c, full_id);
	size_t cap = SMALL_FRAME + f.id.n + f.full_id.n + f.json.n;
	uint8_t *buf = room(en, cap);

	if (buf != NULL)
		done(en, FRAME_CONTAINER, wire_encode_container(buf, cap, &f));
}

void emit_container_gone(struct enrich *en, const struct container *c)
{
	uint8_t full_id[CONTAINER_ID_MAX];
	struct container_frame f = container_frame(c, full_id);
	size_t cap = SMALL_FRAME + f.id.n;
	uint8_t *buf = room(en, cap);
	ssize_t n;

	if (buf == NULL)
		return;
	n = wire_encode_container(en->scratch, WIRE_MAX_PAYLOAD, &f);
	if (n > 0)
		past_gone(&en->past, FRAME_CONTAINER, span_of(en->scratch, (size_t)n));
	done(en, FRAME_CONTAINER_GONE, wire_encode_container_gone(buf, cap, f.id));
}

void emit_pod(struct enrich *en, const struct pod *p)
{
	struct pod_frame f = pod_frame(p);
	size_t cap = wire_pod_bound(&f);
	uint8_t *buf = room(en, cap);

	if (buf != NULL)
		done(en, FRAME_POD, wire_encode_pod(buf, cap, &f));
}

void emit_pod_gone(struct enrich *en, const struct pod *p)
{
	struct pod_frame f = pod_frame(p);
	size_t cap = SMALL_FRAME + f.uid.n;
	uint8_t *buf = room(en, cap);
	ssize_t n;

	if (buf == NULL)
		return;
	n = wire_encode_pod(en->scratch, WIRE_MAX_PAYLOAD, &f);
	if (n > 0)
		past_gone(&en->past, FRAME_POD, span_of(en->scratch, (size_t)n));
	done(en, FRAME_POD_GONE, wire_encode_pod_gone(buf, cap, f.uid));
}

void emit_address(struct enrich *en, const struct address_frame *f)
{
	size_t cap = wire_address_bound(f);
	uint8_t *buf = room(en, cap);

	if (buf != NULL)
		done(en, FRAME_ADDRESS, wire_encode_address(buf, cap, f));
}

/* ---- processes ---- */

/* The fields in which TH is not as BASE; all that travel along, too. */
static uint64_t difference(const struct thread *th, const struct thread *base)
{
	uint64_t mask = PROCESS_VOLATILE;

#define PROC_I64(member, text)                                                                     \
	if (th->f.member != base->f.member)                                                        \
		mask |= PROCESS_BIT(member);
#define PROC_U64(member, text) PROC_I64(member, text)
#define PROC_BYTES(member, text)                                                                   \
	if (th->f.member != base->f.member && !blob_is(th->f.member, blob_span(base->f.member)))   \
		mask |= PROCESS_BIT(member);
#include "process.def"
#undef PROC_I64
#undef PROC_U64
#undef PROC_BYTES
	return mask;
}

static void fill_info(struct process_info *info, const struct thread_fields *f)
{
#define PROC_I64(member, text)	 info->member = f->member;
#define PROC_U64(member, text)	 info->member = f->member;
#define PROC_BYTES(member, text) info->member = blob_span(f->member);
#include "process.def"
#undef PROC_I64
#undef PROC_U64
#undef PROC_BYTES
}

static struct process_frame frame_of(const struct thread *th, const struct thread *base)
{
	struct process_frame f = { .key = th->key, .version = th->version };

	f.base = base == NULL ? 0 : base->key;
	if (base == NULL)
		f.mask = PROCESS_ALL;
	else
		f.mask = base == th ? th->dirty : difference(th, base);
	fill_info(&f.info, &th->f);
	return f;
}

ssize_t fields_encode(const struct thread_fields *fields, uint64_t key, uint64_t version,
		      uint8_t *buf, size_t cap)
{
	struct process_frame f = { .key = key, .version = version, .mask = PROCESS_ALL };

	fill_info(&f.info, fields);
	return wire_encode_process(buf, cap, &f);
}

/* Whom TH's reader can build it on: itself, or (new) the one that it came from as
 * long as the reader knows that one as it is now.  NULL: nobody. */
static const struct thread *base_of(const struct enrich *en, const struct thread *th)
{
	const struct thread *base;

	if (th->sent)
		return th;
	base = th->base_key == 0 ? NULL : proctab_find(&en->proctab, th->base_tid);
	if (base == NULL || base == th || base->key != th->base_key || !base->sent ||
	    (base->dirty & ~PROCESS_VOLATILE) != 0)
		return NULL;
	return base;
}

static void emit_thread(struct enrich *en, struct thread *th)
{
	struct process_frame f;
	size_t cap;
	uint8_t *buf;

	if (th->sent && (th->dirty & ~en->proctab.along) == 0)
		return;
	f = frame_of(th, base_of(en, th));
	f.version++;
	cap = wire_process_bound(&f);
	buf = room(en, cap);
	if (buf == NULL)
		return;
	past_told(&en->past, th, false);
	done(en, FRAME_PROCESS, wire_encode_process(buf, cap, &f));
	th->version = f.version;
	th->sent = true;
	th->dirty = 0;
}

void emit_changes(struct enrich *en)
{
	struct thread *th;

	while (!en->stopped && (th = en->proctab.touched_first) != NULL) {
		emit_thread(en, th);
		proctab_settle(&en->proctab, th);
	}
}

void emit_gone(void *ctx, struct thread *th)
{
	struct enrich *en = ctx;
	struct process_gone_frame f = { .key = th->key };
	uint8_t *buf = room(en, SMALL_FRAME);

	if (buf == NULL)
		return;
	past_told(&en->past, th, true);
	done(en, FRAME_PROCESS_GONE, wire_encode_process_gone(buf, SMALL_FRAME, &f));
}

/* ---- events ---- */

/* Is ADDR of the machine that the event's thread sees?  A container has an address of
 * its own, which only a runtime tells: until then none is. */
static bool is_local(const struct enrich *en, const uint8_t *addr, bool v6)
{
	const struct container *c;

	if (en->th->f.container_id == NULL)
		return net_local_has(&en->local, addr, v6);
	c = v6 ? NULL : conttab_find(&en->conttab, blob_span(en->th->f.container_id));
	return c != NULL && c->has_ip && memcmp(addr, c->ip, sizeof(c->ip)) == 0;
}

void file_record(const struct enrich *en, const struct fds *fds, const struct fd_slot *slot,
		 struct file_info *ret)
{
	const struct file *f = slot->file;
	bool v6 = f->type == FILE_IPV6 || f->type == FILE_IPV6_SERVER;
	bool ip = v6 || f->type == FILE_IPV4 || f->type == FILE_IPV4_SERVER;

	*ret = (struct file_info){ .fd = slot->fd,
				   .type = f->type == FILE_REGULAR_V2 ? FILE_REGULAR : f->type,
				   .l4proto = f->l4proto,
				   .flags = fds_flags(fds, slot),
				   .open_flags = f->open_flags,
				   .dev = f->dev,
				   .ino = f->ino,
				   .name = blob_span(f->name),
				   .name_raw = blob_span(f->name_raw),
				   .sport = f->sport,
				   .dport = f->dport,
				   .source = f->source,
				   .dest = f->dest,
				   .mnt_id = f->mnt_id,
				   .resolved = blob_span(f->resolved) };
	memcpy(ret->sip, f->sip, 16);
	memcpy(ret->dip, f->dip, 16);
	if (!ip || en->th == NULL)
		return;
	if (is_local(en, f->sip, v6))
		ret->flags |= FILE_SIP_LOCAL;
	if (is_local(en, f->dip, v6))
		ret->flags |= FILE_DIP_LOCAL;
}

/* Put FD's record among the event's; -1: not known, or no room. */
static int add_record(struct enrich *en, const struct fds *fds, int64_t fd)
{
	const struct fd_slot *slot;

	for (int i = 0; i < en->out.nfiles; i++)
		if (en->out.files[i].fd == fd)
			return i;
	slot = fds_find(&en->fdtab, fds, fd);
	if (slot == NULL || en->out.nfiles == EVENT_MAX_FILES)
		return -1;
	file_record(en, fds, slot, &en->out.files[en->out.nfiles]);
	return en->out.nfiles++;
}

static void add_records(struct enrich *en)
{
	const struct fds *fds = event_fds(en);
	int own;

	if ((en->turn->traits & TURN_OWN_FD) != 0) {
		en->out.fd = en->th->last_fd;
		own = add_record(en, fds, en->out.fd);
		en->out.fd_file = (int8_t)own;
		if (own >= 0 && en->name_changed)
			en->out.files[own].flags |= FILE_NAME_CHANGED;
	}
	for (uint32_t left = en->turn->fd_params; left != 0; left &= left - 1) {
		int64_t fd = int_param(en, (unsigned)__builtin_ctz(left), -1);

		if (fd >= 0)
			add_record(en, fds, fd);
	}
}

bool emit_event(struct enrich *en)
{
	struct event_frame *o = &en->out;
	uint8_t *buf;
	size_t cap;

	o->code = en->ev.code;
	o->cpu = en->ev.cpu;
	o->flags = en->ev.flags;
	o->ts_ns = en->ev.ts_ns;
	o->num = en->ev.num;
	o->tid = en->ev.tid;
	o->process = en->th == NULL ? 0 : en->th->key;
	o->version = en->th == NULL ? 0 : en->th->version;
	o->fd = FD_NONE;
	o->fd_file = -1;
	o->nfiles = 0;
	if (en->th != NULL)
		add_records(en);
	o->extra = extra_encode(en);
	o->params_bytes = en->ev.params_bytes;
	cap = wire_event_bound(o);
	if (cap > WIRE_MAX_PAYLOAD) {
		/* Better without its files than not at all. */
		o->nfiles = 0;
		o->fd_file = -1;
		o->extra = SPAN_NONE;
		cap = wire_event_bound(o);
	}
	if (cap > WIRE_MAX_PAYLOAD)
		return false;
	buf = room(en, cap);
	return buf == NULL || done(en, FRAME_EVENT, wire_encode_event(buf, cap, o));
}
