/* SPDX-License-Identifier: Apache-2.0
 *
 * mirror_process.c -- PROCESS frames: what they make of entries, by which keys and numbers these are found.
 */
#include <errno.h>

#include "mirror_core.h"
#include "process_unknown.h"

static const struct process_info defaults = {
	.tid = -1,
	PROCESS_UNKNOWN,
	.comm = { (const uint8_t *)"<NA>", 4 },
	.exe = { (const uint8_t *)"<NA>", 4 },
};

/* ---- frames ---- */

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

int mirror_apply_process(struct mirror *m, struct span payload)
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
	base = f.base != 0 ? slot_find(m, f.base) : s == NULL ? mirror_former_of(m, &f) : NULL;
	if (f.base != 0 && base == NULL)
		base = slot_of_parent(m, &f);
	if (s != NULL) {
		slot_changed(m, s);
		slot_unlink_tid(m, s);
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
	slot_link_tid(m, s);
	mirror_drop_former(m, s->p.info.tid);
	return unknown ? -ENOENT : 0;
}

int mirror_apply_process_gone(struct mirror *m, struct span payload)
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

/* ---- who is there ---- */

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

const struct mirror_process *mirror_each(const struct mirror *m, uint32_t *at)
{
	while (*at < m->used) {
		const struct slot *s = &m->slots[(*at)++];

		if (s->p.key != 0 && !s->former)
			return &s->p;
	}
	return NULL;
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
