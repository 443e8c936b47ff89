/* SPDX-License-Identifier: Apache-2.0
 *
 * past.c -- a queue of what was, in the order in which it ceased to be; see past.h.
 */
#include "past.h"

static void hold_texts(struct thread_fields *f)
{
#define PROC_I64(member, text)
#define PROC_U64(member, text)
#define PROC_BYTES(member, text) blob_hold(f->member);
#include "process.def"
#undef PROC_I64
#undef PROC_U64
#undef PROC_BYTES
}

static void drop_texts(struct slab *slab, struct thread_fields *f)
{
#define PROC_I64(member, text)
#define PROC_U64(member, text)
#define PROC_BYTES(member, text) blob_drop(slab, f->member);
#include "process.def"
#undef PROC_I64
#undef PROC_U64
#undef PROC_BYTES
}

static void let_go(struct past *past, struct past_entry *e)
{
	if (e->type == FRAME_PROCESS)
		drop_texts(past->slab, &e->fields);
	blob_drop(past->slab, e->payload);
	slab_put(past->slab, e, sizeof(*e));
}

static void drop_first(struct past *past)
{
	struct past_entry *e = past->first;

	past->first = e->next;
	if (past->first == NULL)
		past->last = NULL;
	else
		past->first->prev = NULL;
	past->count--;
	let_go(past, e);
}

/* E ceases to be with the frame that is written next. */
static void put(struct past *past, struct past_entry *e, bool gone)
{
	uint64_t read = past->read(past->ctx);

	while (past->first != NULL && past->first->at < read)
		drop_first(past);
	if (past->count == PAST_MAX) {
		drop_first(past);
		past->dropped++;
	}
	e->at = past->written(past->ctx);
	e->gone = gone;
	e->next = NULL;
	e->prev = past->last;
	if (past->last != NULL)
		past->last->next = e;
	else
		past->first = e;
	past->last = e;
	past->count++;
}

void past_note(struct past *past, struct thread *th)
{
	struct past_entry *e;

	if (past->written == NULL || th->past != NULL)
		return;
	e = slab_get(past->slab, sizeof(*e));
	if (e == NULL)
		return; /* which the slab counts */
	*e = (struct past_entry){ .type = FRAME_PROCESS,
				  .before = th->told_at,
				  .key = th->key,
				  .version = th->version,
				  .fields = th->f };
	hold_texts(&e->fields);
	th->past = e;
}

void past_told(struct past *past, struct thread *th, bool gone)
{
	if (past->written == NULL)
		return;
	if (gone)
		past_note(past, th);
	if (th->past != NULL)
		put(past, th->past, gone);
	th->past = NULL;
	th->told_at = past->written(past->ctx);
}

void past_gone(struct past *past, uint16_t type, struct span payload)
{
	struct past_entry *e;

	if (past->written == NULL)
		return;
	e = slab_get(past->slab, sizeof(*e));
	if (e == NULL)
		return;
	*e = (struct past_entry){ .type = type, .payload = blob_new(past->slab, payload, NULL) };
	put(past, e, true);
}

void past_forget(struct past *past, struct thread *th)
{
	if (th->past != NULL)
		let_go(past, th->past);
	th->past = NULL;
}
