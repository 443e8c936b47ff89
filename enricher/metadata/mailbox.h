/* SPDX-License-Identifier: Apache-2.0
 *
 * mailbox.h -- what passes between the metadata thread and the event loop, in
 * private memory of the one process: updates to the loop, wishes to the thread.
 * Each way has one writer and one reader, no lock, and a bound; nobody waits in here.
 *
 *      sources ──► thread ── struct mailbox: meta_update ──► event loop ──► tables
 *                  thread ◄── struct wishbox: meta_wish ──── event loop
 *
 * Core.
 */
#ifndef MEWS_MAILBOX_H
#define MEWS_MAILBOX_H

#include <stdalign.h>
#include <stdatomic.h>

#include "span.h"

enum meta_kind {
	META_NONE,
	META_CONTAINER,	       /* what a runtime tells of it: TYPE, and TEXT, an object with the
				* members of Falco's container event */
	META_CONTAINER_GONE,   /* the runtime has it no more */
	META_CONTAINER_ABSENT, /* it was asked for, and nobody who was asked knows it */
	META_POD,	       /* TEXT: an object; ID: the pod's uid */
	META_POD_GONE,
	META_POD_ABSENT, /* it was asked for, and is not known yet */
	META_NAME,	 /* ID: a host name; TEXT: its addresses, in the form of nametab.h */
	META_SOURCE,	 /* TEXT: the bytes of a struct source_status; TYPE: the source's number */
	META_KIND_COUNT
};

struct meta_update {
	enum meta_kind kind;
	uint32_t type; /* enum container_type */
	struct span id;
	struct span text;
};

/* One writer's place and one reader's; free-running, a power of two of slots. */
struct lane {
	alignas(64) _Atomic uint32_t head; /* the writer's */
	alignas(64) _Atomic uint32_t tail; /* the reader's */
	alignas(64) uint8_t *slots;
	uint32_t count;
	uint32_t slot_bytes;
};

struct mailbox {
	struct lane lane;
	size_t cap_bytes;
	alignas(64) size_t put_bytes; /* the writer's own; free-running */
	alignas(64) _Atomic size_t taken_bytes;
};

/* SLOTS: a power of two; BYTES: of all updates that wait together.  -ENOMEM, -EINVAL. */
int mailbox_init(struct mailbox *m, uint32_t slots, size_t bytes);
void mailbox_release(struct mailbox *m); /* both sides are through with it */

/* A copy of U, all of it or nothing: -EAGAIN: no room now; -EMSGSIZE: it can never fit; -ENOMEM. */
int mailbox_put(struct mailbox *m, const struct meta_update *u);

/* The oldest, which is the caller's to free(); its bytes lie in the same memory.  NULL: none. */
struct meta_update *mailbox_take(struct mailbox *m);

/* All that the event loop looks at when there is nothing: one word. */
static inline bool mailbox_has_mail(const struct mailbox *m)
{
	/* M1: acquire; pairs with M2 in lane_push(). */
	return atomic_load_explicit(&m->lane.head, memory_order_acquire) !=
	       atomic_load_explicit(&m->lane.tail, memory_order_relaxed);
}

/* ---- the other way ---- */

#define META_ID_MAX    128
#define META_SPACE_MAX 64

enum wish_kind {
	WISH_NONE,
	WISH_CONTAINER,
	WISH_POD,
	WISH_NAME, /* ID: a host name; "": those since the last "" are all */
	WISH_KIND_COUNT
};

/* Somebody is in a container (or pod) that the tables know nothing of: ask now. */
struct meta_wish {
	enum wish_kind kind;
	uint32_t type;		    /* as its control group has it: enum container_type */
	char id[META_ID_MAX];	    /* as long as it is known; a pod's uid */
	char space[META_SPACE_MAX]; /* containerd's namespace, if the path has one */
};

struct wishbox {
	struct lane lane;
};

int wishbox_init(struct wishbox *w, uint32_t slots);
void wishbox_release(struct wishbox *w);
bool wishbox_put(struct wishbox *w, const struct meta_wish *wish); /* false: no room */
bool wishbox_take(struct wishbox *w, struct meta_wish *ret);
bool wishbox_is_empty(const struct wishbox *w);

#endif
