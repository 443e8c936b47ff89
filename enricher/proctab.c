/* SPDX-License-Identifier: Apache-2.0
 *
 * proctab.c -- the thread table; see proctab.h.  Slots are taken in order and
 * given back to a free list, so that memory that was never needed is never touched.
 */
#include <errno.h>
#include <stdlib.h>

#include "past.h"
#include "process_unknown.h"

/* Who is born together is met together, and numbers are given in turn: neighbours share
 * a cache line of eight buckets.  Which line is nobody's to choose. */
static uint32_t slot_of(const struct proctab *pt, int64_t id)
{
	uint64_t h = ((uint64_t)id >> 3 ^ pt->seed) * UINT64_C(0x9e3779b97f4a7c15);

	return ((uint32_t)((h ^ h >> 29) >> 20) << 3 | (uint32_t)(id & 7)) & pt->hash_mask;
}

int proctab_init(struct proctab *pt, struct slab *slab, struct fdtab *fdtab, uint32_t max,
		 uint64_t seed)
{
	uint32_t buckets = 64;

	*pt = (struct proctab){ 0 };
	if (max == 0 || max > 1u << 24)
		return -EINVAL;
	while (buckets < max)
		buckets *= 2;
	*pt = (struct proctab){ .slab = slab,
				.fdtab = fdtab,
				.max = max,
				.hash_mask = buckets - 1,
				.seed = seed,
				.next_key = 1 };
	pt->slots = calloc(max, sizeof(*pt->slots));
	pt->group_slots = calloc(max, sizeof(*pt->group_slots));
	pt->hash = calloc(buckets, sizeof(*pt->hash));
	pt->group_hash = calloc(buckets, sizeof(*pt->group_hash));
	if (pt->slots == NULL || pt->group_slots == NULL || pt->hash == NULL ||
	    pt->group_hash == NULL) {
		proctab_release(pt);
		return -ENOMEM;
	}
	return 0;
}

void proctab_release(struct proctab *pt)
{
	free(pt->slots);
	free(pt->group_slots);
	free(pt->hash);
	free(pt->group_hash);
	*pt = (struct proctab){ 0 };
}

struct thread *proctab_find(const struct proctab *pt, int64_t tid)
{
	struct thread *th = pt->hash[slot_of(pt, tid)];

	while (th != NULL && th->f.tid != tid)
		th = th->hash_next;
	return th;
}

struct thread *proctab_next(const struct proctab *pt, const struct thread *th)
{
	uint32_t i = th == NULL ? 0 : (uint32_t)(th - pt->slots) + 1;

	for (; i < pt->fresh; i++)
		if (pt->slots[i].in_use)
			return &pt->slots[i];
	return NULL;
}

/* ---- changes ---- */

void proctab_touch(struct proctab *pt, struct thread *th, uint64_t bits)
{
	if (th->sent && pt->past != NULL && (bits & ~pt->along) != 0)
		past_note(pt->past, th);
	th->dirty |= bits;
	if (th->is_touched)
		return;
	th->is_touched = true;
	th->touched_next = NULL;
	th->touched_prev = pt->touched_last;
	if (pt->touched_last != NULL)
		pt->touched_last->touched_next = th;
	else
		pt->touched_first = th;
	pt->touched_last = th;
}

void proctab_settle(struct proctab *pt, struct thread *th)
{
	if (!th->is_touched)
		return;
	th->is_touched = false;
	if (th->touched_prev != NULL)
		th->touched_prev->touched_next = th->touched_next;
	else
		pt->touched_first = th->touched_next;
	if (th->touched_next != NULL)
		th->touched_next->touched_prev = th->touched_prev;
	else
		pt->touched_last = th->touched_prev;
}

void thread_set_bytes(struct proctab *pt, struct thread *th, struct blob **member, uint64_t bit,
		      struct span value)
{
	struct blob *b;

	if (value.n > THREAD_MAX_BYTES)
		value.n = THREAD_MAX_BYTES;
	if (blob_is(*member, value))
		return;
	b = blob_new(pt->slab, value, NULL);
	proctab_touch(pt, th, bit);
	blob_drop(pt->slab, *member);
	*member = b;
}

void thread_share_bytes(struct proctab *pt, struct thread *th, struct blob **member, uint64_t bit,
			struct blob *value)
{
	if (*member == value)
		return;
	blob_hold(value);
	proctab_touch(pt, th, bit);
	blob_drop(pt->slab, *member);
	*member = value;
}

/* ---- entries ---- */

struct thread *proctab_add(struct proctab *pt, int64_t tid)
{
	struct thread *th = pt->free, **bucket = &pt->hash[slot_of(pt, tid)];

	if (th != NULL)
		pt->free = th->hash_next;
	else if (pt->fresh < pt->max)
		th = &pt->slots[pt->fresh++];
	if (th == NULL) {
		pt->refused++;
		return NULL;
	}
	*th = (struct thread){
		.f = { .tid = tid, PROCESS_UNKNOWN },
		.key = pt->next_key++,
		.version = PROCESS_UNTOLD,
		.told_at = NOWHERE_YET,
		.last_fd = -1,
		.reaper_tid = -1,
		.in_use = true,
	};
	th->hash_next = *bucket;
	*bucket = th;
	pt->count++;
	pt->added++;
	proctab_touch(pt, th, PROCESS_ALL);
	return th;
}

struct thread *proctab_add_placeholder(struct proctab *pt, int64_t tid)
{
	struct thread *th = proctab_add(pt, tid);

	if (th == NULL)
		return NULL;
	THREAD_SET_BYTES(pt, th, comm, span_str("<NA>"));
	THREAD_SET_BYTES(pt, th, exe, span_str("<NA>"));
	th->f.ptid = 0;
	th->f.fdlimit = 0;
	return th;
}

/* ---- families ---- */

static void leave_parent(struct thread *th)
{
	if (th->parent == NULL)
		return;
	if (th->prev_sibling != NULL)
		th->prev_sibling->next_sibling = th->next_sibling;
	else
		th->parent->first_child = th->next_sibling;
	if (th->next_sibling != NULL)
		th->next_sibling->prev_sibling = th->prev_sibling;
	th->parent = th->prev_sibling = th->next_sibling = NULL;
}

static void join_parent(struct proctab *pt, struct thread *th, struct thread *parent)
{
	leave_parent(th);
	th->parent = parent;
	th->next_sibling = parent->first_child;
	if (parent->first_child != NULL)
		parent->first_child->prev_sibling = th;
	parent->first_child = th;
	THREAD_SET(pt, th, ptid, parent->f.tid);
}

static struct thread_group *group_find(const struct proctab *pt, int64_t pid)
{
	struct thread_group *g = pt->group_hash[slot_of(pt, pid)];

	while (g != NULL && g->pid != pid)
		g = g->hash_next;
	return g;
}

static struct thread_group *group_add(struct proctab *pt, int64_t pid)
{
	struct thread_group **bucket = &pt->group_hash[slot_of(pt, pid)];
	struct thread_group *g = pt->group_free;

	/* As many slots as threads, and each group has one: there is always room. */
	if (g != NULL)
		pt->group_free = g->hash_next;
	else if (pt->group_fresh < pt->max)
		g = &pt->group_slots[pt->group_fresh++];
	if (g == NULL)
		return NULL;
	*g = (struct thread_group){ .pid = pid, .in_use = true, .hash_next = *bucket };
	*bucket = g;
	return g;
}

static void group_remove(struct proctab *pt, struct thread_group *g)
{
	struct thread_group **at = &pt->group_hash[slot_of(pt, g->pid)];

	while (*at != g)
		at = &(*at)->hash_next;
	*at = g->hash_next;
	*g = (struct thread_group){ .hash_next = pt->group_free };
	pt->group_free = g;
}

static void group_join(struct thread_group *g, struct thread *th)
{
	th->group = g;
	if (thread_is_main(th)) {
		th->group_next = g->first;
		if (g->first != NULL)
			g->first->group_prev = th;
		else
			g->last = th;
		g->first = th;
	} else {
		th->group_prev = g->last;
		if (g->last != NULL)
			g->last->group_next = th;
		else
			g->first = th;
		g->last = th;
	}
	g->alive++;
}

static void group_leave(struct proctab *pt, struct thread *th)
{
	struct thread_group *g = th->group;

	if (g == NULL)
		return;
	if (!th->dead && g->alive > 0)
		g->alive--;
	if (th->group_prev != NULL)
		th->group_prev->group_next = th->group_next;
	else
		g->first = th->group_next;
	if (th->group_next != NULL)
		th->group_next->group_prev = th->group_prev;
	else
		g->last = th->group_prev;
	th->group = NULL;
	th->group_prev = th->group_next = NULL;
	if (g->first == NULL)
		group_remove(pt, g);
}

void proctab_link(struct proctab *pt, struct thread *th)
{
	struct thread_group *g;
	struct thread *parent;

	if (thread_is_invalid(th)) {
		THREAD_SET(pt, th, ptid, 0);
		return;
	}
	if (th->group == NULL) {
		g = group_find(pt, th->f.pid);
		if (g == NULL)
			g = group_add(pt, th->f.pid);
		if (g != NULL)
			group_join(g, th);
	}
	/* One that a list of tasks told of may have been in its group before. */
	if (th->group != NULL && (th->f.pid == 1 || th->f.vpid == 1))
		th->group->reaper = true;
	if (th->f.pid == 1)
		return;
	parent = proctab_find(pt, th->f.ptid);
	if (parent == NULL || parent == th || thread_is_invalid(parent))
		THREAD_SET(pt, th, ptid, 0);
	else
		join_parent(pt, th, parent);
}

void proctab_regroup(struct proctab *pt, struct thread *th, int64_t pid)
{
	struct thread_group *g;

	group_leave(pt, th);
	THREAD_SET(pt, th, pid, pid);
	if (thread_is_invalid(th))
		return;
	g = group_find(pt, pid);
	if (g == NULL)
		g = group_add(pt, pid);
	if (g == NULL)
		return;
	group_join(g, th);
	if (th->dead)
		g->alive--;
}

void proctab_mark_dead(struct thread *th)
{
	if (th->dead)
		return;
	th->dead = true;
	if (th->group != NULL && th->group->alive > 0)
		th->group->alive--;
}

void proctab_resurrect(struct thread *th)
{
	if (!th->dead)
		return;
	th->dead = false;
	if (th->group != NULL)
		th->group->alive++;
}

unsigned thread_group_alive(const struct thread *th)
{
	return th->group == NULL ? 0 : th->group->alive;
}

static struct thread *first_alive(const struct thread_group *g, const struct thread *but)
{
	for (struct thread *th = g->first; th != NULL; th = th->group_next)
		if (!th->dead && th != but)
			return th;
	return NULL;
}

/* Who gets TH's children when the kernel did not say. */
static struct thread *find_reaper(const struct proctab *pt, const struct thread *th)
{
	struct thread *found = NULL, *up;
	uint32_t steps = 0;

	if (th->group != NULL && th->group->alive > 0)
		found = first_alive(th->group, th);
	/* Bounded by the table's size: a loop of parents ends there. */
	for (up = proctab_find(pt, th->f.ptid); found == NULL && up != NULL && up != th;
	     up = proctab_find(pt, up->f.ptid)) {
		if (thread_in_pidns(up) != thread_in_pidns(th) || ++steps > pt->count ||
		    steps > 4096)
			return NULL;
		if (up->group != NULL && up->group->reaper && up->group->alive > 0)
			found = first_alive(up->group, th);
	}
	return found;
}

static void reparent(struct proctab *pt, struct thread *th)
{
	struct thread *reaper = NULL, *child;

	if (th->first_child == NULL)
		return;
	if (th->reaper_tid > 0)
		reaper = proctab_find(pt, th->reaper_tid);
	if (reaper == NULL || reaper == th || thread_is_invalid(reaper))
		reaper = find_reaper(pt, th);
	if (reaper != NULL && reaper->group != NULL && reaper->f.pid != th->f.pid)
		reaper->group->reaper = true;
	while ((child = th->first_child) != NULL) {
		leave_parent(child);
		if (reaper != NULL && child != reaper)
			join_parent(pt, child, reaper);
		else
			THREAD_SET(pt, child, ptid, 0);
	}
}

static void enter_clear(struct proctab *pt, struct enter_event *e)
{
	blob_drop(pt->slab, e->name);
	*e = (struct enter_event){ 0 };
}

/* Out of all lists and the table. */
static void discard(struct proctab *pt, struct thread *th)
{
	struct thread **at = &pt->hash[slot_of(pt, th->f.tid)];

	if (th->sent && pt->gone != NULL)
		pt->gone(pt->ctx, th);
	if (pt->past != NULL)
		past_forget(pt->past, th);
	leave_parent(th);
	group_leave(pt, th);
	proctab_settle(pt, th);
	while (*at != th)
		at = &(*at)->hash_next;
	*at = th->hash_next;
	fds_clear(pt->fdtab, &th->fds);
	enter_clear(pt, &th->enter);
#define PROC_I64(member, text)
#define PROC_U64(member, text)
#define PROC_BYTES(member, text) blob_drop(pt->slab, th->f.member);
#include "process.def"
#undef PROC_I64
#undef PROC_U64
#undef PROC_BYTES
	*th = (struct thread){ .hash_next = pt->free };
	pt->free = th;
	pt->count--;
}

void proctab_remove(struct proctab *pt, struct thread *th)
{
	struct thread_group *g = th->group;
	struct thread *main;

	proctab_mark_dead(th);
	reparent(pt, th);
	if (g == NULL) {
		discard(pt, th);
		return;
	}
	if (g->alive > 0) {
		if (!thread_is_main(th))
			discard(pt, th);
		return; /* a main thread stays: its threads use its files */
	}
	main = g->first;
	if (main == th || !thread_is_main(main) || !main->dead)
		main = NULL;
	discard(pt, th);
	if (main != NULL) {
		reparent(pt, main);
		discard(pt, main);
	}
}

void proctab_evict(struct proctab *pt, struct thread *th)
{
	proctab_mark_dead(th);
	reparent(pt, th);
	discard(pt, th);
}

void proctab_remove_siblings(struct proctab *pt, struct thread *th)
{
	struct thread *next;

	if (th->group == NULL)
		return;
	for (struct thread *t = th->group->first; t != NULL; t = next) {
		next = t->group_next;
		if (t == th)
			continue;
		proctab_mark_dead(t);
		reparent(pt, t);
		discard(pt, t);
	}
}

void proctab_clear(struct proctab *pt)
{
	for (uint32_t i = 0; i < pt->fresh; i++) {
		struct thread *th = &pt->slots[i];

		if (!th->in_use)
			continue;
		while (th->first_child != NULL)
			leave_parent(th->first_child);
		discard(pt, th);
	}
}

/* ---- what threads share ---- */

struct thread *proctab_main(const struct proctab *pt, const struct thread *th)
{
	struct thread *main;

	if (thread_is_main(th))
		return (struct thread *)(uintptr_t)th;
	main = proctab_find(pt, th->f.pid);
	return main;
}

struct fds *proctab_fds(const struct proctab *pt, struct thread *th)
{
	struct thread *main;

	if ((th->f.flags & CL_FILES) == 0)
		return &th->fds;
	main = proctab_main(pt, th);
	return main == NULL ? NULL : &main->fds;
}

struct span proctab_cwd(const struct proctab *pt, const struct thread *th)
{
	const struct thread *main = proctab_main(pt, th);

	return main == NULL ? span_str("./") : blob_span(main->f.cwd);
}
