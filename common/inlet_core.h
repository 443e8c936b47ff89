/* SPDX-License-Identifier: Apache-2.0
 *
 * inlet_core.h -- what the files of an inlet share among themselves: nobody else includes it.
 *
 * A *link* is a ring with the cursor made for it.  When the writer dies its link stays until it
 * is drained and committed; meanwhile its successor's is taken already, and waits behind it.  Who starts
 * with what a predecessor had kept (keep.h) finds its links the same way; and since a reader's state
 * is gone with it, none of them is read before the writer that lives has told its own.
 */
#ifndef MEWS_INLET_CORE_H
#define MEWS_INLET_CORE_H

#include <sys/un.h>

#include "door.h"
#include "door_message.h"
#include "keep.h"
#include "shm.h"

#define INLET_LINKS 3		      /* of rings that wait for each other */
#define INLET_NAMES (INLET_LINKS + 1) /* under which they are kept: one is put before one goes */

struct link {
	struct shm ring, cursor, snapshot;
	uint64_t snapshot_at;
	struct ring_reader r;
	unsigned name; /* under which it is kept, from 1; 0: it is not */
	bool waits;    /* for the state without which its frames mean nothing */
	bool orphan;   /* that state is another writer's */
	bool special; /* the next frame is not just the ring's: any of this, or a snapshot, or rewound */
};

enum knock { KNOCK_NONE, KNOCK_ASKED, KNOCK_ATTACHED };

struct inlet {
	uid_t writer_uid;
	uint64_t spin_ns;
	struct sockaddr_un addr;
	struct keep *keep; /* NULL: nobody */
	char ring[NOTIFY_NAME_MAX - 4];
	unsigned names; /* a bit for each under which the keeper has something */
	bool has_state; /* what it makes of frames depends on those before */
	int fd;		/* of the connection */
	enum knock knock;
	struct mono last_knock, away_since;
	uint64_t knock_after_ns;

	struct link link[INLET_LINKS]; /* the first is read, the last is of the youngest writer */
	unsigned n;
	struct ring_place self; /* what is carried from ring to ring: counts, notes, wants */
	uint32_t own_notes;	/* a bit for each that inlet_set_note() set */
	bool self_wants;	/* inlet_want() was called */
	bool self_names;	/* inlet_say_names() was: */
	uint8_t said[RING_NAMES];
	size_t said_n;
	bool has_inherited;
	struct ring_counts inherited;

	uint64_t lied_generation; /* what is in this ring cannot be read; 0: none */
	uint64_t lied_seq;	  /* the frame that could not */
	uint64_t attaches, lies, skipped;
	uint8_t *buf; /* RING_MAX_PAYLOAD */
};

/* ---- inlet_links.c ---- */

struct link link_none(void);

/* Nothing is kept of it any more. */
void link_drop(struct inlet *in, struct link *l);

void link_look(struct link *l); /* is it special? */

/* PLACE is where to start; L has its ring.  Negative errno. */
int link_begin(struct inlet *in, struct link *l, const struct ring_place *place);

static inline struct link *last_link(struct inlet *in)
{
	return &in->link[in->n - 1];
}

/* L is the youngest now, in place of the one that was if REPLACES. */
void links_add(struct inlet *in, const struct link *l, bool replaces);

/* The first is done with. */
void links_shift(struct inlet *in);

/* What a predecessor had kept. */
void links_restore(struct inlet *in);

/* The state of the youngest writer, in SNAPSHOT (-1: there is none), is that of all who wait for it. */
void links_give_state(struct inlet *in, int snapshot);

static inline bool links_wait(const struct inlet *in)
{
	return in->n > 0 && in->link[in->n - 1].waits;
}

/* ---- inlet_door.c ---- */

void inlet_hang_up(struct inlet *in);
void inlet_mistrust(struct inlet *in);
void inlet_knock(struct inlet *in, struct mono now);
void inlet_hear(struct inlet *in);

#endif
