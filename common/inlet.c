/* SPDX-License-Identifier: Apache-2.0
 *
 * inlet.c -- the reader's end: knocks, checks what it is given, reads.
 *
 * A *link* is a ring with the cursor made for it.  When the writer dies its link
 * stays until it is drained and committed; meanwhile its successor's is taken
 * already, and waits.  Nothing of the writer's is believed: memory by its owner
 * and seals, words by ring.c, and what makes no sense ends the link.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "door.h"
#include "door_message.h"
#include "frame_sink.h"
#include "log.h"
#include "shm.h"

#define SPIN_NS	      (4 * NS_PER_USEC)
#define KNOCK_NS      (20 * NS_PER_MSEC)
#define KNOCK_SOON_NS (4 * NS_PER_MSEC) /* as long as a writer that died may be started again */
#define KNOCK_LATE_NS (50 * NS_PER_MSEC)
#define SOON_NS	      (2 * NS_PER_SEC)
#define KNOCK_MAX_NS  (1 * NS_PER_SEC) /* after lies */
#define MAX_WAIT_NS   (1 * NS_PER_SEC)

struct link {
	bool used;
	struct shm ring, cursor, snapshot;
	uint64_t snapshot_at;
	struct ring_reader r;
};

#define LINK_NONE                                                                                  \
	((struct link){ .ring = { .fd = -1 }, .cursor = { .fd = -1 }, .snapshot = { .fd = -1 } })

enum knock { KNOCK_NONE, KNOCK_ASKED, KNOCK_ATTACHED };

struct inlet {
	uid_t writer_uid;
	uint64_t spin_ns;
	struct sockaddr_un addr;
	int fd; /* of the connection */
	enum knock knock;
	struct mono last_knock, away_since;
	uint64_t knock_after_ns;

	struct link now, next;	/* NEXT: of the writer's successor */
	struct ring_place self; /* what is carried from ring to ring: counts, notes, wants */
	uint32_t own_notes;	/* a bit for each that inlet_set_note() set */
	bool self_wants;	/* inlet_want() was called */
	bool has_inherited;
	struct ring_counts inherited;

	uint64_t lied_generation; /* what is in this ring cannot be read; 0: none */
	uint64_t lied_seq;	  /* the frame that could not */
	uint64_t attaches, lies, skipped;
	uint8_t *buf; /* RING_MAX_PAYLOAD */
};

static void link_release(struct link *l)
{
	shm_release(&l->ring);
	shm_release(&l->cursor);
	shm_release(&l->snapshot);
	*l = LINK_NONE;
}

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
	in->now = in->next = LINK_NONE;
	*ret_inlet = in;
	return 0;
}

void inlet_close(struct inlet *in)
{
	if (in == NULL)
		return;
	if (in->fd != -1)
		close(in->fd);
	link_release(&in->now);
	link_release(&in->next);
	free(in->buf);
	free(in);
}

/* ---- the connection ---- */

static void hang_up(struct inlet *in)
{
	if (in->fd != -1)
		close(in->fd);
	in->fd = -1;
	in->knock = KNOCK_NONE;
	in->away_since = mono_now();
}

/* The writer lies, or somebody who is not the writer stands there: come back
 * later, and later each time. */
static void mistrust(struct inlet *in)
{
	hang_up(in);
	in->lies++;
	in->knock_after_ns *= 4;
	if (in->knock_after_ns < KNOCK_NS)
		in->knock_after_ns = KNOCK_NS;
	if (in->knock_after_ns > KNOCK_MAX_NS)
		in->knock_after_ns = KNOCK_MAX_NS;
	log_rationed(LOG_LEVEL_WARNING, "what comes from '%s' makes no sense, asking again",
		     in->addr.sun_path);
}

static void switch_links(struct inlet *in)
{
	link_release(&in->now);
	in->now = in->next;
	in->next = LINK_NONE;
	if (in->lied_generation != 0 && in->now.r.generation == in->lied_generation &&
	    in->now.r.seq > in->lied_seq)
		in->skipped += in->now.r.seq - in->lied_seq;
	in->lied_generation = 0;
}

/* The frame that is due in the ring cannot be read, nor can those behind it. */
static void drop_liar(struct inlet *in)
{
	in->lied_generation = in->now.r.generation;
	in->lied_seq = in->now.r.seq;
	if (in->next.used) { /* its writer is dead; the living one has not lied */
		in->lies++;
		switch_links(in);
		return;
	}
	link_release(&in->now);
	mistrust(in);
}

static int connect_to_writer(struct inlet *in)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	uid_t uid;

	if (fd == -1)
		return -errno;
	if (connect(fd, (struct sockaddr *)&in->addr, sizeof(in->addr)) == -1) {
		int err = -errno;

		close(fd);
		return err;
	}
	if (door_peer_uid(fd, &uid) < 0 || uid != in->writer_uid) {
		close(fd);
		return -EPERM;
	}
	return fd;
}

/* How many descriptors go with it. */
static unsigned fill_hello(const struct inlet *in, struct door_message *m, int fds[DOOR_FDS])
{
	unsigned n = 0;

	*m = (struct door_message){ .kind = DOOR_HELLO };
	if (in->now.used) {
		m->generation = in->now.r.generation;
		if (ring_reader_peer_counts(&in->now.r, &m->counts))
			m->flags |= DOOR_HAS_COUNTS;
		m->flags |= DOOR_HAS_CURSOR | DOOR_HAS_RING;
		fds[n++] = in->now.cursor.fd;
		fds[n++] = in->now.ring.fd;
	} else if (in->lied_generation != 0) {
		m->generation = in->lied_generation;
		m->flags |= DOOR_SKIP;
	}
	return n;
}

static void knock(struct inlet *in, struct mono now)
{
	struct door_message m;
	int fds[DOOR_FDS];
	unsigned nfds;
	int fd = connect_to_writer(in);

	in->last_knock = now;
	if (fd == -EPERM)
		mistrust(in);
	if (fd < 0)
		return;
	in->fd = fd;
	nfds = fill_hello(in, &m, fds);
	if (door_send(fd, &m, fds, nfds) < 0)
		hang_up(in);
	else
		in->knock = KNOCK_ASKED;
}

/* ---- what the writer offers ---- */

/* Where to start: where a predecessor of the same ring stood, else where the
 * writer says; with what it left, else with what we have. */
static int choose_place(struct inlet *in, const struct door_message *m, int cursor_fd,
			struct ring_place *ret)
{
	struct ring_place place = in->self;
	struct shm old;
	int err;

	place.position = m->position;
	place.seq = m->seq;
	if (cursor_fd != -1) {
		err = shm_cursor_map(cursor_fd, geteuid(), &old);
		if (err < 0)
			return err;
		err = ring_place_read(old.page, &place);
		if (err == 0 && place.generation != m->generation)
			err = -EPROTO;
		old.fd = -1; /* the caller's */
		shm_release(&old);
		if (err < 0)
			return err;
		if (in->attaches == 0) {
			in->has_inherited = true;
			in->inherited = place.counts;
		}
	}
	for (unsigned i = 0; i < RING_NOTES; i++)
		if ((in->own_notes & 1u << i) != 0)
			place.notes[i] = in->self.notes[i];
	if (in->self_wants) {
		uint64_t least = place.wants.version + 1;

		place.wants = in->self.wants;
		if (place.wants.version < least)
			place.wants.version = least;
	}
	place.generation = m->generation;
	*ret = place;
	return 0;
}

static int take_memory(struct inlet *in, const struct door_message *m, int fds[DOOR_FDS],
		       struct link *l)
{
	bool has_cursor = (m->flags & DOOR_HAS_CURSOR) != 0;
	int cursor = has_cursor ? fds[1] : -1;
	int *snapshot = &fds[has_cursor ? 2 : 1];
	struct ring_place place;
	int err = shm_ring_map(fds[0], in->writer_uid, &l->ring);

	if (err < 0)
		return err;
	fds[0] = -1;
	if ((m->flags & DOOR_HAS_SNAPSHOT) != 0) {
		err = shm_sealed_map(*snapshot, in->writer_uid, DOOR_SNAPSHOT_MAX, &l->snapshot);
		if (err < 0)
			return err;
		*snapshot = -1;
	}
	if ((err = choose_place(in, m, cursor, &place)) < 0 ||
	    (err = shm_cursor_make(&l->cursor)) < 0 ||
	    (err = ring_reader_init(&l->r, l->ring.page, l->ring.data, l->ring.size, l->cursor.page,
				    &place)) < 0)
		return err;
	l->used = true;
	in->self = place;
	return 0;
}

/* The fault may be the cursor's, so ask for a start without it; but not when it
 * is this process that has run out of something. */
static void refuse_offer(struct inlet *in, const struct door_message *m, int err)
{
	if (err == -ENOMEM || err == -EMFILE || err == -ENFILE || err == -ENOSPC) {
		hang_up(in);
		log_rationed(LOG_LEVEL_WARNING, "cannot take the ring at '%s': %s, trying again",
			     in->addr.sun_path, strerror(-err));
		return;
	}
	if ((m->flags & DOOR_HAS_CURSOR) != 0 && !in->now.used) {
		in->lied_generation = m->generation;
		in->lied_seq = UINT64_MAX;
	}
	mistrust(in);
}

static void take_offer(struct inlet *in, const struct door_message *m, int fds[DOOR_FDS],
		       unsigned nfds)
{
	struct door_message take = { .kind = DOOR_TAKE, .generation = m->generation };
	unsigned expected =
		1 + ((m->flags & DOOR_HAS_CURSOR) != 0) + ((m->flags & DOOR_HAS_SNAPSHOT) != 0);
	bool same = in->now.used && in->now.r.generation == m->generation;
	struct link l = LINK_NONE;
	int err = nfds == expected ? take_memory(in, m, fds, &l) : -EPROTO;

	if (err < 0) {
		link_release(&l);
		refuse_offer(in, m, err);
		return;
	}
	if (door_send(in->fd, &take, &l.cursor.fd, 1) < 0) {
		link_release(&l);
		hang_up(in);
		return;
	}
	in->next = l;
	in->attaches++;
	in->knock = KNOCK_ATTACHED;
	/* In the same ring somebody else has been reading: our place is void. */
	if (!in->now.used || same)
		switch_links(in);
}

static void hear_offer(struct inlet *in, const struct door_message *m, int fds[DOOR_FDS],
		       unsigned nfds)
{
	if ((m->flags & DOOR_KEPT) == 0) {
		take_offer(in, m, fds, nfds);
	} else if (in->now.used && in->now.r.generation == m->generation && nfds == 0) {
		in->attaches++;
		in->knock = KNOCK_ATTACHED;
	} else {
		mistrust(in);
	}
}

/* Of bells the waking was all. */
static void hear(struct inlet *in)
{
	struct door_message m;
	int fds[DOOR_FDS];
	unsigned nfds = 0;
	int got = door_receive(in->fd, &m, fds, &nfds);

	if (got == -EAGAIN || (got == DOOR_RANG && in->knock == KNOCK_ATTACHED))
		return;
	if (got == 0) {
		hang_up(in);
	} else if (got == 1 && in->knock == KNOCK_ASKED && m.kind == DOOR_BUSY) {
		hang_up(in);
	} else if (got == 1 && in->knock == KNOCK_ASKED && m.kind == DOOR_OFFER) {
		hear_offer(in, &m, fds, nfds);
	} else {
		mistrust(in);
	}
	door_close_all(fds, nfds);
}

/* Is there nothing left to do with the ring of the dead? */
static bool is_drained(const struct link *l)
{
	return l->snapshot.base == NULL && !ring_has_more(&l->r) && l->r.tail == l->r.committed;
}

static uint64_t until_knock(const struct inlet *in, struct mono now)
{
	uint64_t after = mono_since(in->away_since, now) < SOON_NS ? KNOCK_SOON_NS : KNOCK_LATE_NS;
	uint64_t gone = mono_since(in->last_knock, now);

	if (after < in->knock_after_ns)
		after = in->knock_after_ns;
	return in->last_knock.ns == 0 || gone >= after ? 0 : after - gone;
}

void inlet_poll(struct inlet *in, struct mono now)
{
	if (in->fd != -1)
		hear(in);
	if (in->next.used && is_drained(&in->now))
		switch_links(in);
	/* One successor at a time: when it has died too, its ring is read first. */
	if (in->fd == -1 && !in->next.used && until_knock(in, now) == 0)
		knock(in, now);
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

int inlet_next(struct inlet *in, struct ring_frame *ret)
{
	struct link *l = &in->now;
	int got;

	if (__builtin_expect(!l->used, 0))
		return 0;
	got = __builtin_expect(l->snapshot.base != NULL, 0) ? next_of_snapshot(l, ret) : 0;
	if (got == 0)
		got = ring_next(&l->r, in->buf, RING_MAX_PAYLOAD, ret);
	if (__builtin_expect(got > 0, 1))
		return 1;
	if (got < 0) {
		drop_liar(in);
		return 0;
	}
	/* Drained; the next ring only when what was read of this one is committed too. */
	if (!in->next.used || l->r.tail != l->r.committed)
		return 0;
	switch_links(in);
	return inlet_next(in, ret);
}

uint64_t inlet_generation(const struct inlet *in)
{
	return in->now.used ? in->now.r.generation : 0;
}

/* What was said of the ring that is read holds for the one that waits too. */
static void commit_next(struct inlet *in, const struct ring_counts *counts)
{
	for (unsigned i = 0; i < RING_NOTES; i++)
		ring_reader_set_note(&in->next.r, i, in->self.notes[i]);
	(void)ring_commit(&in->next.r, counts);
}

void inlet_commit(struct inlet *in, const struct ring_counts *counts)
{
	if (counts != NULL)
		in->self.counts = *counts;
	if (in->next.used)
		commit_next(in, counts);
	if (!in->now.used)
		return;
	if (in->now.r.tail != in->now.r.committed)
		in->knock_after_ns = 0;
	/* Of a ring whose writer is dead nobody waits for room, and its successor would take the
	 * bell for nonsense as long as it expects another word. */
	if (ring_commit(&in->now.r, counts) && in->knock == KNOCK_ATTACHED)
		door_ring(in->fd);
}

/* ---- waiting ---- */

static bool has_something(const struct inlet *in)
{
	return in->now.used &&
	       (in->now.snapshot.base != NULL || in->next.used || ring_has_more(&in->now.r));
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
		return in->next.used ? MAX_WAIT_NS : until_knock(in, now);
	if (!in->now.used || in->knock != KNOCK_ATTACHED)
		return MAX_WAIT_NS;
	return spin(in, in->spin_ns) || !ring_reader_nap(&in->now.r, &nap) ? 0 : MAX_WAIT_NS;
}

void inlet_awake(struct inlet *in, bool readable)
{
	if (in->now.used)
		ring_reader_awake(&in->now.r);
	if (readable && in->fd != -1)
		hear(in);
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
	if (in->now.used) {
		ring_reader_want(&in->now.r, wants);
		in->self.wants.version = in->now.r.wants_version;
	}
	if (in->next.used)
		ring_reader_want(&in->next.r, &in->self.wants);
	if (in->knock == KNOCK_ATTACHED)
		door_ring(in->fd);
}

bool inlet_ask(struct inlet *in, const struct ring_ask *ask)
{
	if (!in->now.used || in->next.used || in->knock != KNOCK_ATTACHED)
		return false;
	ring_reader_ask(&in->now.r, ask);
	door_ring(in->fd);
	return true;
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
	ring_reader_set_note(&in->now.r, i, value);
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
		.attached = in->now.used,
		.writer_alive = in->knock == KNOCK_ATTACHED,
	};
	if (in->now.used) {
		ret->size = in->now.r.size;
		ret->generation = in->now.r.generation;
		ret->used = ring_used(&in->now.r) + in->now.snapshot.size - in->now.snapshot_at;
	}
	if (in->next.used)
		ret->used += ring_used(&in->next.r) + in->next.snapshot.size - in->next.snapshot_at;
}
