/* SPDX-License-Identifier: Apache-2.0
 *
 * inlet.c -- the reader's end as its stage sees it: frames, one ring after the other, and what
 * is said about them.  How it comes by the rings is in inlet_door.c, which of them it reads in
 * inlet_links.c.  What makes no sense ends its link.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "frame_sink.h"
#include "inlet_core.h"

#define SPIN_NS	      (4 * NS_PER_USEC)
#define KNOCK_SOON_NS (4 * NS_PER_MSEC) /* as long as a writer that died may be started again */
#define KNOCK_LATE_NS (50 * NS_PER_MSEC)
#define SOON_NS	      (2 * NS_PER_SEC)
#define MAX_WAIT_NS   (1 * NS_PER_SEC)

int inlet_open(const struct inlet_params *p, struct inlet **ret_inlet)
{
	struct inlet *in;

	if (strlen(p->door) >= sizeof(in->addr.sun_path))
		return -ENAMETOOLONG;
	in = calloc(1, sizeof(*in));
	if (in == NULL || (in->buf = malloc(RING_MAX_PAYLOAD)) == NULL) {
		free(in);
		return -ENOMEM;
	}
	in->writer_uid = p->writer_uid;
	in->spin_ns = p->spin_ns != 0 ? p->spin_ns : SPIN_NS;
	in->addr.sun_family = AF_UNIX;
	memcpy(in->addr.sun_path, p->door, strlen(p->door));
	in->fd = -1;
	in->keep = p->keep;
	in->has_state = p->has_state;
	snprintf(in->ring, sizeof(in->ring), "%s", p->ring == NULL ? "ring" : p->ring);
	for (unsigned i = 0; i < INLET_LINKS; i++)
		in->link[i] = link_none();
	links_restore(in);
	*ret_inlet = in;
	return 0;
}

void inlet_close(struct inlet *in)
{
	if (in == NULL)
		return;
	if (in->fd != -1)
		close(in->fd);
	/* What is kept of it stays with the keeper. */
	for (unsigned i = 0; i < in->n; i++) {
		in->link[i].name = 0;
		link_drop(in, &in->link[i]);
	}
	free(in->buf);
	free(in);
}

/* ---- the turn ---- */

/* Is there nothing left to do with the ring of the dead? */
static bool is_drained(const struct link *l)
{
	return !l->waits && l->snapshot.base == NULL && !ring_has_more(&l->r) &&
	       l->r.tail == l->r.committed;
}

static uint64_t until_knock(const struct inlet *in, struct mono now)
{
	uint64_t after = mono_since(in->away_since, now) < SOON_NS ? KNOCK_SOON_NS : KNOCK_LATE_NS;
	uint64_t gone = mono_since(in->last_knock, now);

	if (after < in->knock_after_ns)
		after = in->knock_after_ns;
	return in->last_knock.ns == 0 || gone >= after ? 0 : after - gone;
}

/* One successor at a time: when it has died too, its ring is read first.  But who waits for state needs one
 * that lives; with as many rings as there is room for it reads the oldest without. */
static bool may_knock(struct inlet *in)
{
	if (links_wait(in) && in->n == INLET_LINKS)
		links_give_state(in, -1);
	return in->n <= 1 || links_wait(in);
}

void inlet_poll(struct inlet *in, struct mono now)
{
	if (in->fd != -1)
		inlet_hear(in);
	if (in->n > 1 && is_drained(&in->link[0]))
		links_shift(in);
	if (in->fd == -1 && may_knock(in) && until_knock(in, now) == 0)
		inlet_knock(in, now);
}

/* ---- reading ---- */

static int next_of_snapshot(struct link *l, struct ring_frame *ret)
{
	int got = frame_sink_read(l->snapshot.page, l->snapshot.size, &l->snapshot_at, ret);

	/* Its last frame may still be in the caller's hands, so it goes with the next call. */
	if (got == 0) {
		shm_release(&l->snapshot);
		l->snapshot_at = 0;
	}
	return got;
}

/* The frame that is due in the ring cannot be read, nor can those behind it. */
static void drop_liar(struct inlet *in)
{
	in->lied_generation = in->link[0].r.generation;
	in->lied_seq = in->link[0].r.seq;
	if (in->n > 1) { /* its writer is dead; the living one has not lied */
		in->lies++;
		links_shift(in);
		return;
	}
	link_drop(in, &in->link[0]);
	in->n = 0;
	inlet_mistrust(in);
}

/* One that a predecessor dealt with; 0: there is none any more, or they are not what they were. */
static int next_again(struct inlet *in, struct link *l, struct ring_frame *ret)
{
	int got = ring_next(&l->r, in->buf, RING_MAX_PAYLOAD, ret);
	uint64_t left = l->r.committed - l->r.tail;

	if (got <= 0 || left > l->r.size || left == 0)
		ring_reader_resume(&l->r);
	if (got <= 0 || left > l->r.size)
		return 0;
	ret->flags |= RING_FRAME_AGAIN;
	return 1;
}

static int next_special(struct inlet *in, struct link *l, struct ring_frame *ret)
{
	int got = 0;

	if (l->waits)
		return 0;
	if (l->snapshot.base != NULL && (got = next_of_snapshot(l, ret)) > 0)
		ret->flags &= (uint16_t)~RING_FRAME_READERS;
	if (got == 0 && l->r.rewound)
		got = next_again(in, l, ret);
	if (got == 0)
		got = ring_next(&l->r, in->buf, RING_MAX_PAYLOAD, ret);
	if (got > 0 && l->orphan)
		ret->flags |= RING_FRAME_ORPHAN;
	link_look(l);
	return got;
}

int inlet_next(struct inlet *in, struct ring_frame *ret)
{
	struct link *l = &in->link[0];
	int got;

	if (__builtin_expect(in->n == 0, 0))
		return 0;
	if (__builtin_expect(l->special, 0))
		got = next_special(in, l, ret);
	else
		got = ring_next(&l->r, in->buf, RING_MAX_PAYLOAD, ret);
	if (__builtin_expect(got > 0, 1))
		return 1;
	if (got < 0) {
		drop_liar(in);
		return 0;
	}
	/* Drained; the next ring only when what was read of this one is committed too. */
	if (in->n < 2 || l->waits || l->r.tail != l->r.committed)
		return 0;
	links_shift(in);
	return inlet_next(in, ret);
}

uint64_t inlet_generation(const struct inlet *in)
{
	return in->n > 0 ? in->link[0].r.generation : 0;
}

/* What was said of the ring that is read holds for those that wait too. */
static void commit_others(struct inlet *in, const struct ring_counts *counts)
{
	for (unsigned at = in->n; at-- > 1;) {
		for (unsigned i = 0; i < RING_NOTES; i++)
			ring_reader_set_note(&in->link[at].r, i, in->self.notes[i]);
		(void)ring_commit(&in->link[at].r, counts);
	}
}

void inlet_commit(struct inlet *in, const struct ring_counts *counts)
{
	struct ring_reader *r = &in->link[0].r;

	if (counts != NULL)
		in->self.counts = *counts;
	if (in->n == 0)
		return;
	if (in->n > 1)
		commit_others(in, counts);
	if (r->tail != r->committed)
		in->knock_after_ns = 0;
	/* Of a ring whose writer is dead nobody waits for room, and its successor would take the
	 * bell for nonsense as long as it expects another word. */
	if (ring_commit(r, counts) && in->knock == KNOCK_ATTACHED)
		door_ring(in->fd);
}

/* ---- waiting ---- */

static bool has_something(const struct inlet *in)
{
	const struct link *l = &in->link[0];

	return in->n > 0 && !l->waits &&
	       (l->snapshot.base != NULL || in->n > 1 || ring_has_more(&l->r));
}

static bool spin(const struct inlet *in, uint64_t spin_ns)
{
	struct mono start = mono_now();

	do {
		for (unsigned i = 0; i < 16; i++) {
			if (has_something(in))
				return true;
#if defined(__x86_64__)
			__builtin_ia32_pause();
#elif defined(__aarch64__)
			__asm__ volatile("yield");
#endif
		}
	} while (mono_since(start, mono_now()) < spin_ns);
	return false;
}

int inlet_fd(const struct inlet *in)
{
	return in->fd;
}

uint64_t inlet_nap(struct inlet *in, struct mono now)
{
	struct ring_nap nap;

	if (has_something(in))
		return 0;
	if (in->fd == -1)
		return in->n > 1 && !links_wait(in) ? MAX_WAIT_NS : until_knock(in, now);
	if (in->n == 0 || in->link[0].waits || in->knock != KNOCK_ATTACHED)
		return MAX_WAIT_NS;
	return spin(in, in->spin_ns) || !ring_reader_nap(&in->link[0].r, &nap) ? 0 : MAX_WAIT_NS;
}

void inlet_awake(struct inlet *in, bool readable)
{
	if (in->n > 0)
		ring_reader_awake(&in->link[0].r);
	if (readable && in->fd != -1)
		inlet_hear(in);
}

void inlet_wait(struct inlet *in, uint64_t timeout_ns)
{
	struct pollfd p = { .fd = in->fd, .events = POLLIN };
	uint64_t most_ns = inlet_nap(in, mono_now());

	if (timeout_ns > most_ns)
		timeout_ns = most_ns;
	if (timeout_ns > 0)
		poll(&p, 1, (int)((timeout_ns + NS_PER_MSEC - 1) / NS_PER_MSEC));
	inlet_awake(in, p.revents != 0);
}

/* ---- what outlives this process ---- */

void inlet_want(struct inlet *in, const struct ring_wants *wants)
{
	in->self.wants = *wants;
	in->self_wants = true;
	for (unsigned i = 0; i < in->n; i++) {
		ring_reader_want(&in->link[i].r, &in->self.wants);
		in->self.wants.version = in->link[i].r.wants_version;
	}
	if (in->knock == KNOCK_ATTACHED)
		door_ring(in->fd);
}

bool inlet_ask(struct inlet *in, const struct ring_ask *ask)
{
	if (in->n != 1 || in->knock != KNOCK_ATTACHED)
		return false;
	ring_reader_ask(&in->link[0].r, ask);
	door_ring(in->fd);
	return true;
}

void inlet_mute(struct inlet *in, uint64_t num)
{
	if (in->n == 1 && in->knock == KNOCK_ATTACHED)
		ring_reader_mute(&in->link[0].r, num);
}

int inlet_say_names(struct inlet *in, struct span text)
{
	if (text.n > sizeof(in->said))
		return -EMSGSIZE;
	if (text.n > 0)
		memcpy(in->said, text.p, text.n);
	in->said_n = text.n;
	in->self_names = true;
	for (unsigned i = 0; i < in->n; i++)
		(void)ring_reader_say_names(&in->link[i].r, text);
	if (in->knock == KNOCK_ATTACHED)
		door_ring(in->fd);
	return 0;
}

uint64_t inlet_note(const struct inlet *in, unsigned i)
{
	return i < RING_NOTES ? in->self.notes[i] : 0;
}

void inlet_set_note(struct inlet *in, unsigned i, uint64_t value)
{
	if (i >= RING_NOTES)
		return;
	in->own_notes |= 1u << i;
	in->self.notes[i] = value;
	if (in->n > 0)
		ring_reader_set_note(&in->link[0].r, i, value);
}

bool inlet_inherited(const struct inlet *in, struct ring_counts *ret)
{
	if (!in->has_inherited)
		return false;
	*ret = in->inherited;
	return true;
}

void inlet_status(const struct inlet *in, struct inlet_status *ret)
{
	*ret = (struct inlet_status){
		.attaches = in->attaches,
		.lies = in->lies,
		.skipped = in->skipped,
		.attached = in->n > 0,
		.writer_alive = in->knock == KNOCK_ATTACHED,
	};
	if (in->n > 0) {
		ret->size = in->link[0].r.size;
		ret->generation = in->link[0].r.generation;
	}
	for (unsigned i = 0; i < in->n; i++)
		ret->used += ring_used(&in->link[i].r) + in->link[i].snapshot.size -
			     in->link[i].snapshot_at;
}
