/* SPDX-License-Identifier: Apache-2.0
 *
 * mirror.c -- the tables behind mirror.h.
 *
 *   slots[]     entries of the thread table, handed out from the front, then from a free list
 *   by_key[]    heads of chains of slots, by key        (slot number + 1; 0: end)
 *   by_tid[]    the same by tid; the youngest entry of a tid (greatest key) wins
 *
 * Strings are counted blobs: a clone shares its parent's, and an exec that tells
 * an unchanged string again keeps the old one.  Users, groups and containers
 * are few and lie in one chained table of records that own a copy of their frame.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "mirror.h"
#include "pod_uid.h"

struct blob {
	uint32_t refs, n;
	uint8_t bytes[];
};

enum process_text {
#define PROC_I64(member, text)
#define PROC_U64(member, text)
#define PROC_BYTES(member, text) TEXT_##member,
#include "process.def"
#undef PROC_I64
#undef PROC_U64
#undef PROC_BYTES
	TEXT_COUNT
};

struct slot {
	struct mirror_process p; /* first: a pointer to it is a pointer to the slot */
	struct blob *text[TEXT_COUNT];
	uint32_t key_next, tid_next;
	uint32_t second, events, events_before; /* in that second, and in the one before */
	bool looked_at; /* an ancestor or leader of somebody: its change matters to others */
	bool former;	/* of a state that was replaced */
};

enum record_kind { RECORD_USER, RECORD_GROUP, RECORD_CONTAINER, RECORD_POD, RECORD_KIND_COUNT };

/* A user, a group, a container or a pod, with its frame's bytes behind it. */
struct record {
	struct record *next;
	uint8_t kind;
	uint32_t number; /* uid, gid; 0 for a container or a pod */
	size_t size;	 /* of it all */
	struct span id;	 /* the container's; the pod's uid */
	union {
		struct user_frame user;
		struct group_frame group;
		struct mirror_container container;
		struct mirror_pod pod;
	};
	uint8_t bytes[];
};

enum { RECORD_BUCKETS = 4096, SMALL_BYTES = 512, FREEZE_MAX = 64 };
#define DEFAULT_BYTES ((size_t)1 << 30)

struct mirror {
	struct mirror *frozen_of; /* whose memory and records these are; NULL: its own */
	struct mirror_limits limits;
	struct slot *slots;
	uint32_t *by_key, *by_tid;
	uint32_t mask;	     /* of both */
	uint32_t used, free; /* slots handed out from the front; head of the free list + 1 */
	unsigned count, formers;
	size_t bytes; /* of all texts and records */
	uint64_t cut; /* texts that found no room below the ceiling */
	uint64_t epoch;
	uint64_t missed[64]; /* bits by hash: tids that somebody looked for in vain */
	struct record **records;
	unsigned nrecords[RECORD_KIND_COUNT];
	unsigned awaited; /* containers and pods of which more may be told */
	uint64_t metadata_version;
	struct host_frame host;
	uint8_t *host_bytes;
	bool has_host;
};

static const struct process_info defaults = {
	.tid = -1,
	.pid = -1,
	.ptid = -1,
	.sid = -1,
	.vtid = -1,
	.vpid = -1,
	.vpgid = -1,
	.pgid = -1,
	.comm = { (const uint8_t *)"<NA>", 4 },
	.exe = { (const uint8_t *)"<NA>", 4 },
	.loginuid = UINT32_MAX,
	.fdlimit = -1,
};

/* ---- memory ---- */

/* NULL: there is none, or the ceiling is reached.  The last eighth is for small
 * texts: names outlive a flood of environments. */
static void *get_bytes(struct mirror *m, size_t n)
{
	size_t limit = m->limits.bytes - (n > SMALL_BYTES ? m->limits.bytes / 8 : 0);
	void *p = NULL;

	if (n <= limit && m->bytes <= limit - n)
		p = malloc(n);
	if (p != NULL)
		m->bytes += n;
	return p;
}

static void put_bytes(struct mirror *m, void *p, size_t n)
{
	if (m->frozen_of != NULL)
		m = m->frozen_of;
	if (p != NULL)
		m->bytes -= n;
	free(p);
}

static struct blob *blob_new(struct mirror *m, struct span s)
{
	struct blob *b = get_bytes(m, sizeof(*b) + s.n);

	if (b == NULL) {
		m->cut++;
		return NULL;
	}
	b->refs = 1;
	b->n = (uint32_t)s.n;
	memcpy(b->bytes, s.p, s.n);
	return b;
}

static struct blob *blob_get(struct blob *b)
{
	if (b != NULL)
		b->refs++;
	return b;
}

static void blob_put(struct mirror *m, struct blob *b)
{
	if (b != NULL && --b->refs == 0)
		put_bytes(m, b, sizeof(*b) + b->n);
}

static struct span blob_span(const struct blob *b)
{
	return b == NULL ? SPAN_NONE : span_of(b->bytes, b->n);
}

/* A blob of S: OLD's if it says the same.  NULL: S is empty, or there is no room,
 * and the entry goes without. */
static struct blob *blob_of(struct mirror *m, struct span s, struct blob *old)
{
	if (s.n == 0)
		return NULL;
	if (old != NULL && span_eq(blob_span(old), s))
		return blob_get(old);
	return blob_new(m, s);
}

/* ---- the thread table ---- */

static uint64_t mix(const struct mirror *m, uint64_t x)
{
	x = (x ^ m->limits.seed) * UINT64_C(0x9e3779b97f4a7c15);
	x ^= x >> 32;
	return x * UINT64_C(0xd6e8feb86659fd93) >> 32;
}

/* Keys and tids are given in turn, and neighbours are met together: they share a cache
 * line of sixteen buckets.  Which line is nobody's to choose. */
static uint32_t bucket(const struct mirror *m, uint64_t x)
{
	return (uint32_t)(mix(m, x >> 4) << 4 | (x & 15)) & m->mask;
}

static uint32_t *key_bucket(const struct mirror *m, uint64_t key)
{
	return &m->by_key[bucket(m, key)];
}

static uint32_t *tid_bucket(const struct mirror *m, int64_t tid)
{
	return &m->by_tid[bucket(m, (uint64_t)tid)];
}

static struct slot *slot_find(const struct mirror *m, uint64_t key)
{
	for (uint32_t at = *key_bucket(m, key); at != 0; at = m->slots[at - 1].key_next)
		if (m->slots[at - 1].p.key == key)
			return &m->slots[at - 1];
	return NULL;
}

static uint32_t slot_number(const struct mirror *m, const struct slot *s)
{
	return (uint32_t)(s - m->slots) + 1;
}

/* A tid's bit among the missed ones. */
static uint64_t *missed_word(const struct mirror *m, int64_t tid, uint64_t *ret_bit)
{
	uint64_t h = mix(m, (uint64_t)tid) >> 8;

	*ret_bit = UINT64_C(1) << (h & 63);
	return (uint64_t *)&m->missed[h >> 6 & 63];
}

static void link_tid(struct mirror *m, struct slot *s)
{
	uint32_t *head = tid_bucket(m, s->p.info.tid);
	uint64_t bit, *missed = missed_word(m, s->p.info.tid, &bit);

	if (*missed & bit) {
		*missed &= ~bit;
		m->epoch++;
	}
	s->tid_next = *head;
	*head = slot_number(m, s);
}

static void unlink_tid(struct mirror *m, struct slot *s)
{
	uint32_t *at = tid_bucket(m, s->p.info.tid);

	while (*at != slot_number(m, s))
		at = &m->slots[*at - 1].tid_next;
	*at = s->tid_next;
}

/* Others may rest on S. */
static void slot_changed(struct mirror *m, struct slot *s)
{
	if (s->looked_at)
		m->epoch++;
	s->looked_at = false;
}

static void slot_remove(struct mirror *m, struct slot *s)
{
	uint32_t *at = key_bucket(m, s->p.key);

	slot_changed(m, s);
	unlink_tid(m, s);
	while (*at != slot_number(m, s))
		at = &m->slots[*at - 1].key_next;
	*at = s->key_next;
	for (unsigned i = 0; i < TEXT_COUNT; i++)
		blob_put(m, s->text[i]);
	if (s->former)
		m->formers--;
	else
		m->count--;
	memset(s, 0, sizeof(*s));
	s->key_next = m->free;
	m->free = slot_number(m, s);
}

/* There must be room. */
static struct slot *slot_take(struct mirror *m, uint64_t key)
{
	uint32_t *head = key_bucket(m, key);
	struct slot *s;

	if (m->free != 0) {
		s = &m->slots[m->free - 1];
		m->free = s->key_next;
	} else {
		s = &m->slots[m->used++];
	}
	s->p.key = key;
	s->key_next = *head;
	*head = slot_number(m, s);
	m->count++;
	return s;
}

/* INFO's strings, as TEXT holds them. */
static void point_at_texts(struct process_info *info, struct blob *const text[TEXT_COUNT])
{
#define PROC_I64(member, doc)
#define PROC_U64(member, doc)
#define PROC_BYTES(member, doc) info->member = blob_span(text[TEXT_##member]);
#include "process.def"
#undef PROC_I64
#undef PROC_U64
#undef PROC_BYTES
}

/* What F makes of BASE (NULL: of the defaults).  OLD is where equal strings are
 * looked for. */
static void process_build(struct mirror *m, const struct process_frame *f, const struct slot *base,
			  const struct slot *old, struct process_info *info,
			  struct blob *text[TEXT_COUNT])
{
	*info = base != NULL ? base->p.info : defaults;
#define PROC_I64(member, doc)                                                                      \
	if (f->mask & PROCESS_BIT(member))                                                         \
		info->member = f->info.member;
#define PROC_U64(member, doc) PROC_I64(member, doc)
#define PROC_BYTES(member, doc)                                                                    \
	if (!(f->mask & PROCESS_BIT(member)) && base != NULL)                                      \
		text[TEXT_##member] = blob_get(base->text[TEXT_##member]);                         \
	else                                                                                       \
		text[TEXT_##member] = blob_of(                                                     \
			m, f->mask & PROCESS_BIT(member) ? f->info.member : defaults.member,       \
			old != NULL ? old->text[TEXT_##member] : NULL);
#include "process.def"
#undef PROC_I64
#undef PROC_U64
#undef PROC_BYTES
	point_at_texts(info, text);
}

/* What a new entry F builds on is not there under its key: who has its parent's number now is likely to
 * be the same, and a better guess than nobody. */
static struct slot *slot_of_parent(const struct mirror *m, const struct process_frame *f)
{
	const struct mirror_process *p;

	if (f->base == f->key || (f->mask & PROCESS_BIT(ptid)) == 0)
		return NULL;
	p = mirror_process_by_tid(m, f->info.ptid);
	return p == NULL ? NULL : slot_find(m, p->key);
}

/* ---- the state that was replaced ---- */

/* The youngest entry of TID, of this state or of the one before. */
static struct slot *slot_of_tid(const struct mirror *m, int64_t tid, bool former)
{
	struct slot *best = NULL;

	for (uint32_t at = *tid_bucket(m, tid); at != 0; at = m->slots[at - 1].tid_next) {
		struct slot *s = &m->slots[at - 1];

		if (s->p.info.tid == tid && s->former == former &&
		    (best == NULL || s->p.key > best->p.key))
			best = s;
	}
	return best;
}

static void drop_former(struct mirror *m, int64_t tid)
{
	struct slot *s;

	while (m->formers > 0 && (s = slot_of_tid(m, tid, true)) != NULL)
		slot_remove(m, s);
}

void mirror_forget_former(struct mirror *m)
{
	for (uint32_t i = 0; i < m->used && m->formers > 0; i++)
		if (m->slots[i].former)
			slot_remove(m, &m->slots[i]);
}

static void make_former(struct mirror *m)
{
	mirror_forget_former(m);
	for (uint32_t i = 0; i < m->used; i++) {
		if (m->slots[i].p.key == 0)
			continue;
		slot_changed(m, &m->slots[i]);
		m->slots[i].former = true;
	}
	m->formers = m->count;
	m->count = 0;
}

/* What /proc has no word of when a process has ended, and its parent does not know yet. */
#define GONE_WITH_IT                                                                               \
	(PROCESS_BIT(comm) | PROCESS_BIT(exe) | PROCESS_BIT(args) | PROCESS_BIT(env) |             \
	 PROCESS_BIT(exepath) | PROCESS_BIT(cwd) | PROCESS_BIT(root) | PROCESS_BIT(cgroups) |      \
	 PROCESS_BIT(container_id) | PROCESS_BIT(exe_ino) | PROCESS_BIT(exe_ctime) |               \
	 PROCESS_BIT(exe_mtime) | PROCESS_BIT(exe_flags))

/* Of a thread that an enricher was never told of it only knows the number, and of whom it is; of one that had ended
 * when it asked, little more.  If its predecessor knew more, that was told here. */
static struct slot *former_of(const struct mirror *m, struct process_frame *f)
{
	bool is_number = f->info.pid < 0, has_ended = f->info.exe_ino == 0 && f->info.exe.n == 0;
	struct slot *former;

	if (m->formers == 0 || f->base != 0 || (!is_number && !has_ended))
		return NULL;
	former = slot_of_tid(m, f->info.tid, true);
	if (former == NULL)
		return NULL;
	if (!is_number)
		f->mask &= ~GONE_WITH_IT;
	else
		f->mask = f->info.uid == UINT32_MAX ? 0 : PROCESS_BIT(uid) | PROCESS_BIT(gid);
	return former;
}

/* ---- frames ---- */

static int apply_process(struct mirror *m, struct span payload)
{
	struct blob *text[TEXT_COUNT] = { NULL };
	struct process_frame f;
	struct process_info info;
	struct slot *s, *base = NULL;
	bool unknown;
	int err = wire_decode_process(payload, &f);

	if (err < 0)
		return err;
	if (f.key == 0 || f.version == 0)
		return -EPROTO;
	if (m->formers > 0 &&
	    (m->count + m->formers >= m->limits.processes || m->bytes > m->limits.bytes / 2))
		mirror_forget_former(m);
	s = slot_find(m, f.key);
	if (s != NULL && s->former) { /* the same writer tells its state once more */
		slot_remove(m, s);
		s = NULL;
	}
	if (s != NULL && f.version <= s->p.version)
		return 0; /* told before */
	base = f.base != 0 ? slot_find(m, f.base) : s == NULL ? former_of(m, &f) : NULL;
	if (f.base != 0 && base == NULL)
		base = slot_of_parent(m, &f);
	if (s != NULL) {
		slot_changed(m, s);
		unlink_tid(m, s);
	} else if (m->count >= m->limits.processes) {
		return -ENOSPC;
	}
	unknown = f.base != 0 && (base == NULL || base->p.key != f.base);
	process_build(m, &f, base, s != NULL ? s : base, &info, text);
	if (s == NULL)
		s = slot_take(m, f.key);
	for (unsigned i = 0; i < TEXT_COUNT; i++)
		blob_put(m, s->text[i]);
	memcpy(s->text, text, sizeof(text));
	s->p.info = info;
	s->p.version = f.version;
	link_tid(m, s);
	drop_former(m, s->p.info.tid);
	return unknown ? -ENOENT : 0;
}

static int apply_process_gone(struct mirror *m, struct span payload)
{
	struct process_gone_frame f;
	struct slot *s;
	int err = wire_decode_process_gone(payload, &f);

	if (err < 0)
		return err;
	s = slot_find(m, f.key);
	if (s != NULL)
		slot_remove(m, s);
	return 0;
}

/* ---- users, groups, containers ---- */

static struct record **record_at(const struct mirror *m, enum record_kind kind, struct span id,
				 uint32_t number)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ m->limits.seed;
	struct record *const *at;

	for (size_t i = 0; i < id.n; i++)
		h = (h ^ id.p[i]) * UINT64_C(0x100000001b3);
	h = mix(m, h ^ ((uint64_t)kind << 32 | number));
	at = &m->records[h % RECORD_BUCKETS];
	while (*at != NULL &&
	       !((*at)->kind == kind && (*at)->number == number && span_eq((*at)->id, id)))
		at = &(*at)->next;
	return (struct record **)at;
}

/* R, if it is a container's or a pod's, is there from now on, or is gone. */
static void count_awaited(struct mirror *m, const struct record *r, bool there)
{
	unsigned wait = r->kind == RECORD_CONTAINER ? r->container.frame.wait : r->pod.frame.wait;

	if (r->kind != RECORD_CONTAINER && r->kind != RECORD_POD)
		return;
	m->metadata_version++;
	if (wait == CONTAINER_AWAITED)
		m->awaited += there ? 1 : -1u;
}

static void record_remove(struct mirror *m, struct record **at)
{
	struct record *r = *at;

	if (r == NULL)
		return;
	count_awaited(m, r, false);
	*at = r->next;
	m->nrecords[r->kind]--;
	m->epoch++;
	put_bytes(m, r, r->size);
}

/* Room for a record of KIND with a copy of PAYLOAD, in place of the one that
 * is there.  The caller decodes the copy into it. */
static int record_put(struct mirror *m, enum record_kind kind, unsigned limit, struct record *fresh)
{
	struct record **at = record_at(m, kind, fresh->id, fresh->number);

	record_remove(m, at);
	if (m->nrecords[kind] >= limit) {
		put_bytes(m, fresh, fresh->size);
		return -ENOSPC;
	}
	at = record_at(m, kind, fresh->id, fresh->number);
	fresh->next = *at;
	*at = fresh;
	count_awaited(m, fresh, true);
	m->nrecords[kind]++;
	m->epoch++;
	return 0;
}

/* Where a container's or pod's record has what its JSON says: behind the frame's bytes. */
static size_t meta_at(size_t payload_bytes)
{
	size_t align = _Alignof(max_align_t);

	return (sizeof(struct record) + payload_bytes + align - 1) / align * align;
}

static struct record *record_new(struct mirror *m, enum record_kind kind, struct span payload)
{
	size_t size = kind == RECORD_CONTAINER ? meta_at(payload.n) + sizeof(struct contmeta)
		      : kind == RECORD_POD     ? meta_at(payload.n) + sizeof(struct podmeta)
					       : sizeof(struct record) + payload.n;
	struct record *r = get_bytes(m, size);

	if (r == NULL)
		return NULL;
	memset(r, 0, sizeof(*r));
	r->size = size;
	r->kind = (uint8_t)kind;
	if (payload.n > 0)
		memcpy(r->bytes, payload.p, payload.n);
	return r;
}

static int apply_user(struct mirror *m, struct span payload)
{
	struct record *r = record_new(m, RECORD_USER, payload);
	int err;

	if (r == NULL)
		return -ENOSPC;
	err = wire_decode_user(span_of(r->bytes, payload.n), &r->user);
	if (err < 0) {
		put_bytes(m, r, r->size);
		return err;
	}
	r->id = r->user.container_id;
	r->number = r->user.uid;
	if (r->user.gone) {
		record_remove(m, record_at(m, RECORD_USER, r->id, r->number));
		put_bytes(m, r, r->size);
		return 0;
	}
	return record_put(m, RECORD_USER, m->limits.users, r);
}

static int apply_group(struct mirror *m, struct span payload)
{
	struct record *r = record_new(m, RECORD_GROUP, payload);
	int err;

	if (r == NULL)
		return -ENOSPC;
	err = wire_decode_group(span_of(r->bytes, payload.n), &r->group);
	if (err < 0) {
		put_bytes(m, r, r->size);
		return err;
	}
	r->id = r->group.container_id;
	r->number = r->group.gid;
	if (r->group.gone) {
		record_remove(m, record_at(m, RECORD_GROUP, r->id, r->number));
		put_bytes(m, r, r->size);
		return 0;
	}
	return record_put(m, RECORD_GROUP, m->limits.groups, r);
}

static int apply_container(struct mirror *m, struct span payload)
{
	struct record *r = record_new(m, RECORD_CONTAINER, payload);
	struct contmeta *meta;
	int err;

	if (r == NULL)
		return -ENOSPC;
	err = wire_decode_container(span_of(r->bytes, payload.n), &r->container.frame);
	if (err < 0) {
		put_bytes(m, r, r->size);
		return err;
	}
	r->id = r->container.frame.id;
	meta = (struct contmeta *)((uint8_t *)r + meta_at(payload.n));
	contmeta_read(meta, r->container.frame.json);
	r->container.meta = meta;
	return record_put(m, RECORD_CONTAINER, m->limits.containers, r);
}

static int apply_container_gone(struct mirror *m, struct span payload)
{
	struct span id;
	int err = wire_decode_container_gone(payload, &id);

	if (err < 0)
		return err;
	record_remove(m, record_at(m, RECORD_CONTAINER, id, 0));
	return 0;
}

static int apply_pod(struct mirror *m, struct span payload)
{
	struct record *r = record_new(m, RECORD_POD, payload);
	struct podmeta *meta;
	int err;

	if (r == NULL)
		return -ENOSPC;
	err = wire_decode_pod(span_of(r->bytes, payload.n), &r->pod.frame);
	if (err < 0) {
		put_bytes(m, r, r->size);
		return err;
	}
	r->id = r->pod.frame.uid;
	meta = (struct podmeta *)((uint8_t *)r + meta_at(payload.n));
	podmeta_read(meta, r->pod.frame.json);
	r->pod.meta = meta;
	return record_put(m, RECORD_POD, m->limits.containers, r);
}

static int apply_pod_gone(struct mirror *m, struct span payload)
{
	struct span uid;
	int err = wire_decode_pod_gone(payload, &uid);

	if (err < 0)
		return err;
	record_remove(m, record_at(m, RECORD_POD, uid, 0));
	return 0;
}

static int apply_host(struct mirror *m, struct span payload)
{
	struct host_frame host;
	uint8_t *bytes = malloc(payload.n + 1);
	int err;

	if (bytes == NULL)
		return -ENOMEM;
	if (payload.n > 0)
		memcpy(bytes, payload.p, payload.n);
	err = wire_decode_host(span_of(bytes, payload.n), &host);
	if (err < 0) {
		free(bytes);
		return err;
	}
	free(m->host_bytes);
	m->host_bytes = bytes;
	m->host = host;
	m->has_host = true;
	m->epoch++;
	return 0;
}

/* ---- all together ---- */

static void forget_all(struct mirror *m)
{
	make_former(m);
	if (m->frozen_of != NULL)
		return;
	for (unsigned i = 0; i < RECORD_BUCKETS; i++)
		while (m->records[i] != NULL)
			record_remove(m, &m->records[i]);
	free(m->host_bytes);
	m->host_bytes = NULL;
	m->has_host = false;
	m->epoch++;
}

static int tables_new(const struct mirror_limits *limits, struct mirror *frozen_of,
		      struct mirror **ret)
{
	struct mirror *m = calloc(1, sizeof(*m));
	uint64_t buckets = 64;

	if (m == NULL)
		return -ENOMEM;
	m->frozen_of = frozen_of;
	m->limits = *limits;
	if (m->limits.bytes == 0)
		m->limits.bytes = DEFAULT_BYTES;
	m->epoch = 1;
	while (buckets < limits->processes)
		buckets *= 2;
	m->mask = (uint32_t)(buckets - 1);
	m->slots = calloc(limits->processes > 0 ? limits->processes : 1, sizeof(*m->slots));
	m->by_key = calloc(buckets, sizeof(*m->by_key));
	m->by_tid = calloc(buckets, sizeof(*m->by_tid));
	m->records = frozen_of != NULL ? frozen_of->records
				       : calloc(RECORD_BUCKETS, sizeof(struct record *));
	if (m->slots == NULL || m->by_key == NULL || m->by_tid == NULL || m->records == NULL) {
		mirror_free(m);
		return -ENOMEM;
	}
	*ret = m;
	return 0;
}

int mirror_new(const struct mirror_limits *limits, struct mirror **ret)
{
	return tables_new(limits, NULL, ret);
}

void mirror_free(struct mirror *m)
{
	if (m == NULL)
		return;
	if (m->slots != NULL && m->by_key != NULL && m->by_tid != NULL && m->records != NULL) {
		forget_all(m);
		mirror_forget_former(m);
	}
	if (m->frozen_of == NULL)
		free(m->records);
	free(m->slots);
	free(m->by_key);
	free(m->by_tid);
	free(m);
}

int mirror_apply(struct mirror *m, uint16_t frame_type, struct span payload)
{
	switch (frame_type) {
	case FRAME_PROCESS:
		return apply_process(m, payload);
	case FRAME_PROCESS_GONE:
		return apply_process_gone(m, payload);
	case FRAME_USER:
		return apply_user(m, payload);
	case FRAME_GROUP:
		return apply_group(m, payload);
	case FRAME_CONTAINER:
		return apply_container(m, payload);
	case FRAME_CONTAINER_GONE:
		return apply_container_gone(m, payload);
	case FRAME_POD:
		return apply_pod(m, payload);
	case FRAME_POD_GONE:
		return apply_pod_gone(m, payload);
	case FRAME_HOST:
		return apply_host(m, payload);
	case FRAME_SNAPSHOT_BEGIN:
		forget_all(m);
		return 0;
	case FRAME_SNAPSHOT_END:
		return 0;
	default:
		return -EPROTO;
	}
}

uint64_t mirror_epoch(const struct mirror *m)
{
	return m->epoch;
}

const struct mirror_process *mirror_process(const struct mirror *m, uint64_t key)
{
	const struct slot *s = slot_find(m, key);

	return s != NULL && !s->former ? &s->p : NULL;
}

const struct mirror_process *mirror_process_by_tid(const struct mirror *m, int64_t tid)
{
	struct slot *best;

	if (tid < 0)
		return NULL;
	best = slot_of_tid(m, tid, false);
	if (best == NULL) {
		/* An entry of that tid may come: whoever rests on there being none must look again. */
		uint64_t bit, *missed = missed_word(m, tid, &bit);

		*missed |= bit;
		return NULL;
	}
	best->looked_at = true;
	return &best->p;
}

/* Who was gone when the state was replaced may still be somebody's parent, in what is told of that time. */
static const struct mirror_process *former_by_tid(const struct mirror *m, int64_t tid)
{
	struct slot *s = slot_of_tid(m, tid, true);

	if (s == NULL)
		return NULL;
	s->looked_at = true;
	return &s->p;
}

const struct mirror_process *mirror_main(const struct mirror *m, const struct mirror_process *p)
{
	const struct mirror_process *q;

	if (p->info.tid == p->info.pid)
		return p;
	q = mirror_process_by_tid(m, p->info.pid);
	return q != NULL ? q : p;
}

const struct mirror_process *mirror_parent(const struct mirror *m, const struct mirror_process *p)
{
	const struct mirror_process *q;

	p = mirror_main(m, p);
	if (p->info.ptid <= 0 || p->info.ptid == p->info.tid)
		return NULL;
	q = mirror_process_by_tid(m, p->info.ptid);
	if (q == NULL && m->formers > 0)
		q = former_by_tid(m, p->info.ptid);
	return q != NULL ? mirror_main(m, q) : NULL;
}

const struct user_frame *mirror_user(const struct mirror *m, struct span container_id, uint32_t uid)
{
	const struct record *r = *record_at(m, RECORD_USER, container_id, uid);

	return r != NULL ? &r->user : NULL;
}

const struct group_frame *mirror_group(const struct mirror *m, struct span container_id,
				       uint32_t gid)
{
	const struct record *r = *record_at(m, RECORD_GROUP, container_id, gid);

	return r != NULL ? &r->group : NULL;
}

const struct mirror_container *mirror_container(const struct mirror *m, struct span id)
{
	const struct record *r = *record_at(m, RECORD_CONTAINER, id, 0);

	return r != NULL ? &r->container : NULL;
}

const struct mirror_pod *mirror_pod(const struct mirror *m, struct span uid)
{
	const struct record *r = *record_at(m, RECORD_POD, uid, 0);

	return r != NULL ? &r->pod : NULL;
}

const struct host_frame *mirror_host(const struct mirror *m)
{
	if (m->frozen_of != NULL)
		m = m->frozen_of;
	return m->has_host ? &m->host : NULL;
}

static void note_wait(struct mirror_metadata *ret, uint8_t bit, bool told, unsigned wait)
{
	if (told)
		ret->told |= bit;
	else if (wait == CONTAINER_AWAITED)
		ret->awaited |= bit;
	else if (wait == CONTAINER_UNANSWERED)
		ret->unanswered |= bit;
}

void mirror_metadata(const struct mirror *m, const struct mirror_process *p,
		     struct mirror_metadata *ret)
{
	const struct mirror_container *c;
	const struct mirror_pod *pod;
	uint8_t buf[POD_UID_MAX];
	struct span uid;

	*ret = (struct mirror_metadata){ 0 };
	if (p == NULL || p->info.container_id.n == 0)
		return;
	c = mirror_container(m, p->info.container_id);
	if (c != NULL)
		note_wait(ret, METADATA_CONTAINER, c->frame.has_metadata, c->frame.wait);
	uid = cgroup_pod_uid(p->info.cgroups, buf);
	pod = uid.n > 0 ? mirror_pod(m, uid) : NULL;
	if (pod != NULL)
		note_wait(ret, METADATA_POD, pod->frame.json.n > 0, pod->frame.wait);
	if (ret->told != 0)
		ret->told |= METADATA_EITHER;
	else if (ret->awaited != 0)
		ret->awaited |= METADATA_EITHER;
	else if (ret->unanswered != 0)
		ret->unanswered |= METADATA_EITHER;
}

unsigned mirror_awaited(const struct mirror *m, const struct mirror_process *p)
{
	struct mirror_metadata now;

	if (m->awaited == 0)
		return 0;
	mirror_metadata(m, p, &now);
	return now.awaited;
}

uint64_t mirror_metadata_version(const struct mirror *m)
{
	return m->metadata_version;
}

/* ---- activity ---- */

void mirror_count_event(struct mirror *m, const struct mirror_process *p, uint32_t second)
{
	struct slot *s = &m->slots[(const struct slot *)p - m->slots];

	if (s->second != second) {
		s->events_before = s->second + 1 == second ? s->events : 0;
		s->events = 0;
		s->second = second;
	}
	s->events++;
}

uint32_t mirror_events(const struct mirror_process *p, uint32_t second)
{
	const struct slot *s = (const struct slot *)p;

	if (s->second == second)
		return s->events_before;
	return s->second + 1 == second ? s->events : 0;
}

const struct mirror_process *mirror_each(const struct mirror *m, uint32_t *at)
{
	while (*at < m->used) {
		const struct slot *s = &m->slots[(*at)++];

		if (s->p.key != 0 && !s->former)
			return &s->p;
	}
	return NULL;
}

/* ---- frozen ---- */

/* Put P in the list, if it is neither there nor too much. */
static void list_once(const struct slot **list, unsigned *n, const struct mirror_process *p)
{
	const struct slot *s = (const struct slot *)p;

	if (p == NULL || *n == FREEZE_MAX)
		return;
	for (unsigned i = 0; i < *n; i++)
		if (list[i] == s)
			return;
	list[(*n)++] = s;
}

static unsigned list_around(const struct mirror *m, const struct mirror_process *p,
			    const struct slot *list[FREEZE_MAX])
{
	unsigned n = 0;

	list_once(list, &n, p);
	list_once(list, &n, mirror_process_by_tid(m, p->info.sid));
	list_once(list, &n, mirror_process_by_tid(m, p->info.pgid));
	for (unsigned i = 0; p != NULL && i < FREEZE_MAX; i++) {
		list_once(list, &n, mirror_main(m, p));
		p = mirror_parent(m, p);
	}
	return n;
}

static void freeze_slot(struct mirror *to, const struct slot *from)
{
	struct slot *s = slot_take(to, from->p.key);

	s->p = from->p;
	for (unsigned i = 0; i < TEXT_COUNT; i++)
		s->text[i] = blob_get(from->text[i]);
	link_tid(to, s);
}

struct mirror *mirror_freeze(struct mirror *m, const struct mirror_process *p)
{
	const struct slot *list[FREEZE_MAX];
	unsigned n = list_around(m, p, list);
	struct mirror_limits limits = { .processes = n, .seed = m->limits.seed };
	struct mirror *frozen;

	if (tables_new(&limits, m, &frozen) < 0)
		return NULL;
	while (n-- > 0)
		freeze_slot(frozen, list[n]);
	return frozen;
}

void mirror_status(const struct mirror *m, struct mirror_status *ret)
{
	*ret = (struct mirror_status){ .processes = m->count,
				       .processes_max = m->limits.processes,
				       .process_bytes = sizeof(struct slot),
				       .bytes = m->bytes,
				       .bytes_max = m->limits.bytes };
}

uint64_t mirror_take_cut(struct mirror *m)
{
	uint64_t cut = m->cut;

	m->cut = 0;
	return cut;
}
