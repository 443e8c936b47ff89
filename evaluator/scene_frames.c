/* SPDX-License-Identifier: Apache-2.0
 *
 * scene_frames.c -- a finished scene to the frames of ring enriched: the state
 * that is not known yet, then the event.
 */
#include <errno.h>

#include "field_class.h"
#include "scene.h"

static int push(struct scene_frames *f, uint16_t type, uint8_t *buf, ssize_t n)
{
	struct scene_frame *slot = n < 0 ? NULL : pool_push(f->pool, &f->out, sizeof(*slot));

	if (n < 0)
		return n == -ENOSPC ? -E2BIG : (int)n;
	if (slot == NULL)
		return -ENOMEM;
	*slot = (struct scene_frame){ type, span_of(buf, (size_t)n) };
	return 0;
}

/* A frame of SLOT's kind, unless it is the same as the last. */
static int push_new(struct scene_frames *f, enum scene_slot slot, uint16_t type, uint8_t *buf,
		    ssize_t n)
{
	if (n >= 0 && span_eq(f->last[slot], span_of(buf, (size_t)n)))
		return 0;
	if (n >= 0)
		f->last[slot] = span_of(buf, (size_t)n);
	return push(f, type, buf, n);
}

/* Room for a frame of at most CAP bytes; NULL with *RET_ERR. */
static uint8_t *room(struct scene_frames *f, size_t cap, int *ret_err)
{
	uint8_t *buf = cap > WIRE_MAX_PAYLOAD ? NULL : pool_get(f->pool, cap);

	*ret_err = cap > WIRE_MAX_PAYLOAD ? -E2BIG : -ENOMEM;
	return buf;
}

/* ---- processes ---- */

static struct scene_sent *find_sent(const struct scene_frames *f, int64_t tid)
{
	struct scene_sent *all = f->sent.items;

	for (unsigned i = 0; i < f->sent.n; i++)
		if (all[i].tid == tid)
			return &all[i];
	return NULL;
}

/* INFO as a frame that says it all; without key and version if SENT is NULL. */
static int encode(struct scene_frames *f, const struct process_info *info,
		  const struct scene_sent *sent, struct span *ret)
{
	struct process_frame frame = { .mask = PROCESS_ALL, .info = *info };
	uint8_t *buf;
	ssize_t n;
	int err;

	frame.key = sent == NULL ? 1 : sent->key;
	frame.version = sent == NULL ? 1 : sent->version;
	buf = room(f, wire_process_bound(&frame), &err);
	if (buf == NULL)
		return err;
	n = wire_encode_process(buf, wire_process_bound(&frame), &frame);
	if (n < 0)
		return -E2BIG;
	*ret = span_of(buf, (size_t)n);
	return 0;
}

static int emit_process(struct scene_frames *f, const struct process_info *info)
{
	struct scene_sent *sent = find_sent(f, info->tid);
	struct span now, frame;
	int err = encode(f, info, NULL, &now);

	if (err < 0 || (sent != NULL && span_eq(sent->frame, now)))
		return err;
	if (sent == NULL) {
		sent = pool_push(f->pool, &f->sent, sizeof(*sent));
		if (sent == NULL)
			return -ENOMEM;
		*sent = (struct scene_sent){ .tid = info->tid, .key = (*f->next_key)++ };
	}
	sent->version++;
	sent->frame = now;
	err = encode(f, info, sent, &frame);
	return err < 0 ? err : push(f, FRAME_PROCESS, (uint8_t *)frame.p, (ssize_t)frame.n);
}

static bool is_in_chain(const struct scene *s, int64_t pid)
{
	for (unsigned i = 0; i < s->depth; i++)
		if (s->chain[i].info.pid == pid)
			return true;
	return false;
}

static int emit_processes(const struct scene *s, struct scene_frames *f)
{
	struct process_info main = s->chain[0].info;
	int err = 0;

	for (unsigned i = 0; err == 0 && i < LEADER_COUNT; i++)
		if ((s->has_leader >> i & 1) != 0 && !is_in_chain(s, s->leader[i].info.pid))
			err = emit_process(f, &s->leader[i].info);
	for (unsigned i = s->depth; err == 0 && i-- > 1;)
		err = emit_process(f, &s->chain[i].info);
	if (err == 0 && main.tid != main.pid) {
		main.tid = main.pid;
		main.vtid = main.vpid;
		err = emit_process(f, &main);
	}
	return err < 0 ? err : emit_process(f, &s->chain[0].info);
}

/* ---- users, groups, containers, the host ---- */

static int emit_user(const struct scene *s, struct scene_frames *f, enum scene_slot slot)
{
	const struct process_info *p = &s->chain[0].info;
	const struct scene_account *a = slot == SLOT_LOGIN ? &s->login : &s->user;
	struct user_frame u = {
		.container_id = p->container_id,
		.uid = (uint32_t)(slot == SLOT_LOGIN ? p->loginuid : p->uid),
		.gid = (uint32_t)p->gid,
		.name = a->name,
		.home = a->home,
		.shell = a->shell,
	};
	size_t cap = wire_user_bound(&u);
	int err;
	uint8_t *buf = room(f, cap, &err);

	return buf == NULL ? err
			   : push_new(f, slot, FRAME_USER, buf, wire_encode_user(buf, cap, &u));
}

static int emit_accounts(const struct scene *s, struct scene_frames *f)
{
	const struct process_info *p = &s->chain[0].info;
	struct group_frame g = { p->container_id, (uint32_t)p->gid, s->group, false };
	size_t cap = wire_group_bound(&g);
	uint8_t *buf;
	int err = 0;

	if (p->loginuid != UINT32_MAX && p->loginuid != p->uid)
		err = emit_user(s, f, SLOT_LOGIN);
	if (err == 0)
		err = emit_user(s, f, SLOT_USER);
	if (err < 0)
		return err;
	buf = room(f, cap, &err);
	return buf == NULL
		       ? err
		       : push_new(f, SLOT_GROUP, FRAME_GROUP, buf, wire_encode_group(buf, cap, &g));
}

static int emit_container(const struct scene *s, struct scene_frames *f)
{
	struct container_frame c = s->container;
	size_t cap;
	uint8_t *buf;
	int err;

	c.id = s->chain[0].info.container_id;
	if (c.id.n == 0)
		return 0;
	c.has_metadata = s->said_container;
	if (s->told.n > 0 && (err = scene_container_json(s, &c.json)) < 0)
		return err;
	if (c.full_id.p == NULL)
		c.full_id = c.id;
	cap = wire_container_bound(&c);
	buf = room(f, cap, &err);
	return buf == NULL ? err
			   : push_new(f, SLOT_CONTAINER, FRAME_CONTAINER, buf,
				      wire_encode_container(buf, cap, &c));
}

static int emit_pod(const struct scene *s, struct scene_frames *f)
{
	uint8_t uid[POD_UID_MAX], *buf;
	struct pod_frame p;
	int err = scene_pod(s, &p, uid);
	size_t cap;

	if (err < 0)
		return err == -ENOENT ? 0 : err;
	cap = wire_pod_bound(&p);
	buf = room(f, cap, &err);
	return buf == NULL ? err
			   : push_new(f, SLOT_POD, FRAME_POD, buf, wire_encode_pod(buf, cap, &p));
}

static int emit_host(const struct scene *s, struct scene_frames *f)
{
	struct host_frame h = { .hostname = s->hostname, .num_cpus = 1 };
	size_t cap;
	uint8_t *buf;
	int err;

	if (f->first_ns == 0)
		f->first_ns = s->ts_ns;
	h.first_event_ns = f->first_ns;
	cap = wire_host_bound(&h);
	buf = room(f, cap, &err);
	return buf == NULL
		       ? err
		       : push_new(f, SLOT_HOST, FRAME_HOST, buf, wire_encode_host(buf, cap, &h));
}

/* ---- names of addresses ---- */

static void add_names(struct address_frame *a, const struct scene_names *names)
{
	for (unsigned i = 0; i < names->n; i++)
		a->names[a->nnames++] = names->name[i];
}

static struct address_frame address_of(const struct scene *s, const uint8_t *ip,
				       const struct scene_names *names)
{
	struct address_frame a = { .address = span_of(ip, file_is_ipv6(&s->file) ? 16 : 4) };

	add_names(&a, names);
	return a;
}

static int emit_address(struct scene_frames *f, enum scene_slot slot, const struct address_frame *a)
{
	size_t cap = wire_address_bound(a);
	int err;
	uint8_t *buf = room(f, cap, &err);

	return buf == NULL
		       ? err
		       : push_new(f, slot, FRAME_ADDRESS, buf, wire_encode_address(buf, cap, a));
}

/* The names of both ends, from the first that is said on: an end of which this event says none has none. */
static int emit_addresses(const struct scene *s, struct scene_frames *f)
{
	struct address_frame source = address_of(s, s->file.sip, &s->source_names);
	struct address_frame dest = address_of(s, s->file.dip, &s->dest_names);
	int err;

	if (!s->has_file || !file_is_ip(&s->file) ||
	    (source.nnames + dest.nnames == 0 && f->last[SLOT_DEST].n == 0))
		return 0;
	if (span_eq(source.address, dest.address)) /* one host */
		add_names(&dest, &s->source_names);
	err = emit_address(f, SLOT_DEST, &dest);
	if (err < 0 || file_is_ip_server(&s->file) || span_eq(source.address, dest.address))
		return err;
	return emit_address(f, SLOT_SOURCE, &source);
}

/* ---- the event ---- */

/* The same file under the other descriptors of a dup. */
static void add_copies(const struct scene *s, struct event_frame *e)
{
	if ((s->info->flags & (EF_CREATES_FD | EF_USES_FD)) != (EF_CREATES_FD | EF_USES_FD))
		return;
	for (unsigned i = 1; i < s->info->nparams && e->nfiles < EVENT_MAX_FILES; i++) {
		int64_t fd = s->params[i].i;

		if (s->info->params[i].type != PT_FD || fd < 0 || fd == s->file.fd ||
		    strcmp(s->info->params[i].name, "oldfd") != 0)
			continue;
		e->files[e->nfiles] = s->file;
		e->files[e->nfiles++].fd = fd;
	}
}

static struct span extras(const struct scene *s, uint8_t *buf, size_t cap)
{
	uint32_t types = 0;
	struct wire_extra x;

	for (unsigned i = 0; i < ARRAY_LEN(s->stdio); i++)
		if (s->stdio[i].is_open)
			types |= UINT32_C(1) << s->stdio[i].type;
	if (s->has_file)
		types |= UINT32_C(1) << s->file.type;
	wire_extra_begin(&x, buf, cap);
	wire_extra_put_fd_count(&x, s->fd_count);
	wire_extra_put_stdio(&x, s->stdio);
	wire_extra_put_fd_types(&x, types);
	wire_extra_put_threads(&x, s->threads, s->other_threads);
	return wire_extra_end(&x);
}

static int emit_event(const struct scene *s, struct scene_frames *f)
{
	const struct scene_sent *self = find_sent(f, s->chain[0].info.tid);
	size_t extra_cap = 256 + s->stdio[0].name.n + s->stdio[1].name.n + s->stdio[2].name.n;
	uint8_t *extra_buf = pool_get(f->pool, extra_cap), *buf;
	struct event_frame *e = pool_get(f->pool, sizeof(*e));
	size_t cap;
	int err;

	if (e == NULL || extra_buf == NULL || self == NULL)
		return -ENOMEM;
	*e = (struct event_frame){
		.code = s->code,
		.cpu = s->cpu,
		.flags = s->truncated ? EVENT_TRUNCATED : 0,
		.ts_ns = s->ts_ns,
		.num = s->num,
		.origin_generation = 1,
		.origin_seq = s->num,
		.process = self->key,
		.version = self->version,
		.tid = s->chain[0].info.tid,
		.fd = s->file.fd,
		.fd_file = s->has_file ? 0 : -1,
		.nfiles = s->has_file,
		.extra = extras(s, extra_buf, extra_cap),
		.nparams = s->info->nparams,
	};
	e->files[0] = s->file;
	if (s->has_file)
		add_copies(s, e);
	memcpy(e->params, s->params, sizeof(e->params));
	cap = wire_event_bound(e);
	buf = room(f, cap, &err);
	return buf == NULL ? err : push(f, FRAME_EVENT, buf, wire_encode_event(buf, cap, e));
}

int scene_emit(const struct scene *s, struct scene_frames *f)
{
	int err = emit_host(s, f);

	if (err == 0)
		err = emit_accounts(s, f);
	if (err == 0)
		err = emit_container(s, f);
	if (err == 0)
		err = emit_pod(s, f);
	if (err == 0)
		err = emit_addresses(s, f);
	if (err == 0)
		err = emit_processes(s, f);
	if (err == 0)
		err = emit_event(s, f);
	return err == 0 && f->pool->failed ? -ENOMEM : err;
}
