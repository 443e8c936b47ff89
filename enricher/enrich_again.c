/* SPDX-License-Identifier: Apache-2.0
 *
 * enrich_again.c -- what is not known, or may be wrong behind a gap, is asked for: one
 * thread, its process, one descriptor.  The collector reads it again and tells it in line,
 * as the frames of a snapshot.
 *
 * A thread is doubted when nobody told all of it (a placeholder, and what it made), or when
 * events that state is made of were lost since.  Whose event comes is asked for at once, the
 * others by and by.  At most RING_ASKS wait for an answer, each is asked for once; how many
 * get one is the collector's to say.  Captures have nobody to ask.
 */
#include <errno.h>

#include "enrich_core.h"

#define ANSWER_NS UINT64_C(10000000000) /* behind that nobody is going to answer */

enum {
	AROUND_ASKS = RING_ASKS / 2, /* of those at once that no event asked for */
	AROUND_STEP = 1024,	     /* entries at a time */
};

/* ---- asks ---- */

static void forget(struct asks *a, unsigned i)
{
	a->wait[i] = a->wait[--a->count];
}

static void forget_late(struct asks *a, uint64_t now_ns)
{
	for (unsigned i = a->count; i-- > 0;)
		if (a->wait[i].ts_ns + ANSWER_NS < now_ns)
			forget(a, i);
}

static bool is_asked(const struct asks *a, const struct ring_ask *ask)
{
	for (unsigned i = 0; i < a->count; i++)
		if (a->wait[i].ask.tid == ask->tid && a->wait[i].ask.of == ask->of)
			return true;
	return false;
}

/* False: not now. */
static bool ask_for(struct enrich *en, int64_t tid, int64_t of)
{
	struct ring_ask ask = { (int32_t)tid, (int32_t)of };
	struct asks *a = &en->asks;

	if (tid <= 0 || tid > INT32_MAX || of > INT32_MAX || is_asked(a, &ask))
		return true;
	if (a->count == RING_ASKS)
		forget_late(a, en->ev.ts_ns);
	if (a->count == RING_ASKS || !en->read_again(en->ask_ctx, &ask)) {
		en->counts[ENRICHER_ASKS_PUT_OFF]++;
		return false;
	}
	a->wait[a->count].ask = ask;
	a->wait[a->count++].ts_ns = en->ev.ts_ns;
	en->counts[ENRICHER_ASKED]++;
	return true;
}

static bool ask_for_thread(struct enrich *en, const struct thread *th)
{
	const struct thread *main = thread_is_invalid(th) ? th : proctab_main(&en->proctab, th);

	if (main != NULL && main != th && main->told < en->gaps)
		th = main; /* TH by itself with its next event */
	return ask_for(en, th->f.tid, main == NULL || main == th ? RING_ASK_FILES : RING_ASK_TASK);
}

void again_thread(struct enrich *en)
{
	uint32_t at = (uint32_t)(en->th - en->proctab.slots);

	/* One that finds no room may have no further event: it is looked at with the others. */
	if (en->read_again != NULL && !en->th->dead && !ask_for_thread(en, en->th) &&
	    at < en->around)
		en->around = at;
}

void again_file(struct enrich *en, int64_t fd)
{
	const struct thread *main;

	if (en->read_again == NULL || en->th->told < en->gaps)
		return; /* it is asked for with all others */
	main = proctab_main(&en->proctab, en->th);
	if (main != NULL)
		ask_for(en, main->f.tid, fd);
}

void enrich_look_again(struct enrich *en)
{
	struct proctab *pt = &en->proctab;

	if (en->read_again == NULL || en->in_snapshot)
		return;
	if (en->around_gap != en->gaps) {
		en->around_gap = en->gaps;
		en->around = 0;
	}
	for (unsigned i = 0; i < AROUND_STEP && en->around < pt->fresh; i++, en->around++) {
		struct thread *th = &pt->slots[en->around];

		if (!th->in_use || th->dead || th->gone_ns != 0 || th->told >= en->gaps)
			continue;
		if (en->asks.count >= AROUND_ASKS || !ask_for_thread(en, th))
			return;
	}
}

/* ---- answers ---- */

void again_stash_files(struct enrich *en, struct thread *th)
{
	if (th->fds.table == NULL)
		return;
	fds_clear(&en->fdtab, &en->stash.fds);
	en->stash.fds = th->fds;
	en->stash.key = th->key;
	th->fds = (struct fds){ 0 };
}

const struct fd_slot *again_stashed(const struct enrich *en, const struct thread *th, int64_t fd)
{
	if (en->stash.fds.table == NULL || en->stash.key != th->key)
		return NULL;
	return fds_find(&en->fdtab, &en->stash.fds, fd);
}

void again_drop_stash(struct enrich *en)
{
	fds_clear(&en->fdtab, &en->stash.fds);
}

void again_forget_asks(struct enrich *en)
{
	en->asks.count = 0;
}

int take_task_read(struct enrich *en, struct span payload)
{
	struct asks *a = &en->asks;
	struct task_read_frame f;
	struct thread *th;

	if (wire_decode_task_read(payload, &f) < 0)
		return -EPROTO;
	again_drop_stash(en);
	for (unsigned i = a->count; i-- > 0;)
		if (a->wait[i].ask.tid == f.tid && a->wait[i].ask.of == f.of) {
			forget(a, i);
			en->counts[ENRICHER_ANSWERED]++;
		}
	th = f.gone && f.of < 0 ? proctab_find(&en->proctab, f.tid) : NULL;
	if (th != NULL && !th->dead)
		again_gone(en, th);
	return 0;
}

/* Its last events may lie behind. */
void again_gone(struct enrich *en, struct thread *th)
{
	if (th->gone_ns != 0)
		return;
	th->gone_ns = en->ev.ts_ns != 0 ? en->ev.ts_ns : 1;
	en->ngone++;
}

void again_sweep(struct enrich *en)
{
	struct proctab *pt = &en->proctab;
	uint32_t left = 0;

	if (en->ngone == 0)
		return;
	/* A slot stays where it is when its thread goes. */
	for (struct thread *th = proctab_next(pt, NULL); th != NULL; th = proctab_next(pt, th)) {
		if (th->gone_ns == 0)
			continue;
		if (th->gone_ns + STALE_NS >= en->ev.ts_ns) {
			left++;
			continue;
		}
		th->gone_ns = 0;
		thread_leaves(en, th); /* the first of a process that lives stays, as a dead one */
	}
	en->ngone = left;
}
