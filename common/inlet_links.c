/* SPDX-License-Identifier: Apache-2.0
 *
 * inlet_links.c -- the links of an inlet: begun, kept for a successor, found again, given up.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "inlet_core.h"
#include "log.h"

struct link link_none(void)
{
	return (struct link){ .ring = SHM_NONE, .cursor = SHM_NONE, .snapshot = SHM_NONE };
}

void link_look(struct link *l)
{
	l->special = l->waits || l->orphan || l->r.rewound || l->snapshot.base != NULL;
}

/* ---- what is kept ---- */

static void name_of(const struct inlet *in, unsigned name, char ret[NOTIFY_NAME_MAX])
{
	snprintf(ret, NOTIFY_NAME_MAX, "%s.%c", in->ring, (char)('0' + name));
}

static void keep_link(struct inlet *in, struct link *l)
{
	int fds[] = { l->ring.fd, l->cursor.fd };
	char text[NOTIFY_NAME_MAX];
	unsigned name = 1;

	while (name <= INLET_NAMES && (in->names & 1u << name) != 0)
		name++;
	if (in->keep == NULL || name > INLET_NAMES)
		return;
	name_of(in, name, text);
	if (keep_put(in->keep, text, fds, ARRAY_LEN(fds)) < 0)
		return;
	in->names |= 1u << name;
	l->name = name;
}

static void forget(struct inlet *in, unsigned name)
{
	char text[NOTIFY_NAME_MAX];

	name_of(in, name, text);
	keep_forget(in->keep, text);
	in->names &= ~(1u << name);
}

void link_drop(struct inlet *in, struct link *l)
{
	if (l->name != 0)
		forget(in, l->name);
	shm_release(&l->ring);
	shm_release(&l->cursor);
	shm_release(&l->snapshot);
	*l = link_none();
}

int link_begin(struct inlet *in, struct link *l, const struct ring_place *place)
{
	int err = shm_cursor_make(&l->cursor);

	if (err == 0)
		err = ring_reader_init(&l->r, l->ring.page, l->ring.data, l->ring.size,
				       l->cursor.page, place);
	if (err < 0)
		return err;
	if (in->self_names)
		(void)ring_reader_say_names(&l->r, span_of(in->said, in->said_n));
	if (in->has_state) {
		ring_reader_keep(&l->r);
		if (in->attaches == 0)
			(void)ring_reader_rewind(&l->r);
	}
	keep_link(in, l);
	link_look(l);
	return 0;
}

/* ---- their order ---- */

/* How many frames were given up for a lie shows where the ring goes on. */
static void settle_lie(struct inlet *in)
{
	const struct ring_reader *r = &in->link[0].r;

	if (in->lied_generation != 0 && r->generation == in->lied_generation &&
	    r->seq > in->lied_seq)
		in->skipped += r->seq - in->lied_seq;
	in->lied_generation = 0;
}

void links_shift(struct inlet *in)
{
	link_drop(in, &in->link[0]);
	in->n--;
	memmove(&in->link[0], &in->link[1], in->n * sizeof(in->link[0]));
	in->link[in->n] = link_none();
	if (in->n > 0)
		settle_lie(in);
}

void links_add(struct inlet *in, const struct link *l, bool replaces)
{
	if (replaces)
		link_drop(in, &in->link[--in->n]);
	in->link[in->n++] = *l;
	if (in->n == 1)
		settle_lie(in);
}

/* ---- found again ---- */

/* Which of the two is the ring and which the cursor, their memory says. */
static int map_kept(struct inlet *in, int fds[NOTIFY_FDS], unsigned nfds, struct link *l,
		    struct ring_place *ret)
{
	struct shm old = SHM_NONE;
	int err = -EPROTO;

	for (unsigned i = 0; i < nfds; i++) {
		if (old.fd == -1 && shm_cursor_map(fds[i], geteuid(), &old) == 0)
			fds[i] = -1;
		else if (l->ring.fd == -1 && shm_ring_map(fds[i], in->writer_uid, &l->ring) == 0)
			fds[i] = -1;
	}
	if (old.fd != -1 && l->ring.fd != -1)
		err = ring_place_read(old.page, ret);
	shm_release(&old);
	return err;
}

/* Among the others, the oldest first.  Of the same ring a predecessor may have left two cursors, when it
 * died between putting the one and forgetting the other: who was further is right. */
static int insert(struct inlet *in, struct link *l)
{
	unsigned at = 0;

	while (at < in->n && in->link[at].r.generation < l->r.generation)
		at++;
	if (at < in->n && in->link[at].r.generation == l->r.generation) {
		if (in->link[at].r.committed >= l->r.committed)
			return -EALREADY;
		link_drop(in, &in->link[at]);
		in->link[at] = *l;
		return 0;
	}
	if (in->n == INLET_LINKS)
		return -ENOSPC;
	memmove(&in->link[at + 1], &in->link[at], (in->n - at) * sizeof(*l));
	in->link[at] = *l;
	in->n++;
	return 0;
}

static void restore(struct inlet *in, unsigned name, int fds[NOTIFY_FDS], unsigned nfds)
{
	struct link l = link_none();
	struct ring_place place;
	int err = map_kept(in, fds, nfds, &l, &place);

	door_close_all(fds, nfds);
	if (err == 0)
		err = link_begin(in, &l, &place);
	forget(in, name); /* it is kept under another name by now */
	if (err == 0 && l.name == 0)
		keep_link(in, &l);
	l.waits = true;
	link_look(&l);
	if (err == 0)
		err = insert(in, &l);
	if (err == 0)
		return;
	if (err != -EALREADY)
		log_warning("what was kept as '%s.%u' is no good: %s, what was in it is lost",
			    in->ring, name, strerror(-err));
	link_drop(in, &l);
}

void links_restore(struct inlet *in)
{
	int fds[INLET_NAMES + 1][NOTIFY_FDS];
	unsigned nfds[INLET_NAMES + 1];
	char text[NOTIFY_NAME_MAX];

	if (in->keep == NULL)
		return;
	for (unsigned i = 1; i <= INLET_NAMES; i++) {
		name_of(in, i, text);
		nfds[i] = keep_take(in->keep, text, fds[i]);
		in->names |= nfds[i] > 0 ? 1u << i : 0;
	}
	for (unsigned i = 1; i <= INLET_NAMES; i++)
		if (nfds[i] > 0)
			restore(in, i, fds[i], nfds[i]);
	if (in->n == 0)
		return;
	ring_reader_place(&in->link[0].r, &in->self);
	in->has_inherited = true;
	in->inherited = in->self.counts;
}

/* What of L is still to be read means something now. */
static void give_state(struct inlet *in, struct link *l, int snapshot)
{
	l->waits = false;
	l->orphan = in->has_state;
	if (snapshot != -1 &&
	    shm_sealed_map(snapshot, in->writer_uid, DOOR_SNAPSHOT_MAX, &l->snapshot) == 0)
		l->snapshot.fd = -1; /* it is not this one's */
	link_look(l);
}

/* All of it was committed. */
static bool is_done(const struct link *l)
{
	struct ring_reader look = l->r;

	ring_reader_resume(&look);
	return !ring_has_more(&look);
}

void links_give_state(struct inlet *in, int snapshot)
{
	while (in->n > 1 && in->link[0].waits && is_done(&in->link[0]))
		links_shift(in);
	for (unsigned i = 0; i < in->n; i++)
		if (in->link[i].waits)
			give_state(in, &in->link[i], snapshot);
}
