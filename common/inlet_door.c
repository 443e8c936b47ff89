/* SPDX-License-Identifier: Apache-2.0
 *
 * inlet_door.c -- what an inlet says at the writer's door, and what it makes of the answer.  Nothing of the
 * writer's is believed: memory by its owner and seals, words by ring.c.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inlet_core.h"
#include "log.h"

#define KNOCK_NS     (20 * NS_PER_MSEC)
#define KNOCK_MAX_NS (1 * NS_PER_SEC) /* after lies */

void inlet_hang_up(struct inlet *in)
{
	if (in->fd != -1)
		close(in->fd);
	in->fd = -1;
	in->knock = KNOCK_NONE;
	in->away_since = mono_now();
}

/* The writer lies, or somebody who is not the writer stands there: come back
 * later, and later each time. */
void inlet_mistrust(struct inlet *in)
{
	inlet_hang_up(in);
	in->lies++;
	in->knock_after_ns *= 4;
	if (in->knock_after_ns < KNOCK_NS)
		in->knock_after_ns = KNOCK_NS;
	if (in->knock_after_ns > KNOCK_MAX_NS)
		in->knock_after_ns = KNOCK_MAX_NS;
	log_rationed(LOG_LEVEL_WARNING, "what comes from '%s' makes no sense, asking again",
		     in->addr.sun_path);
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
static unsigned fill_hello(struct inlet *in, struct door_message *m, int fds[DOOR_FDS])
{
	unsigned n = 0;

	*m = (struct door_message){ .kind = DOOR_HELLO };
	if (in->n > 0) {
		const struct link *l = last_link(in);

		m->generation = l->r.generation;
		if (ring_reader_peer_counts(&l->r, &m->counts))
			m->flags |= DOOR_HAS_COUNTS;
		if (l->waits)
			m->flags |= DOOR_NO_STATE;
		m->flags |= DOOR_HAS_CURSOR | DOOR_HAS_RING;
		fds[n++] = l->cursor.fd;
		fds[n++] = l->ring.fd;
	} else if (in->lied_generation != 0) {
		m->generation = in->lied_generation;
		m->flags |= DOOR_SKIP;
	}
	return n;
}

void inlet_knock(struct inlet *in, struct mono now)
{
	struct door_message m;
	int fds[DOOR_FDS];
	unsigned nfds;
	int fd = connect_to_writer(in);

	in->last_knock = now;
	if (fd == -EPERM)
		inlet_mistrust(in);
	if (fd < 0)
		return;
	in->fd = fd;
	nfds = fill_hello(in, &m, fds);
	if (door_send(fd, &m, fds, nfds) < 0)
		inlet_hang_up(in);
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

	place.position = place.kept = m->position;
	place.seq = place.kept_seq = m->seq;
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
		if (in->attaches == 0 && !in->has_inherited) {
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
	    (err = link_begin(in, l, &place)) < 0)
		return err;
	in->self = place;
	return 0;
}

/* The fault may be the cursor's, so ask for a start without it; but not when it
 * is this process that has run out of something. */
static void refuse_offer(struct inlet *in, const struct door_message *m, int err)
{
	if (err == -ENOMEM || err == -EMFILE || err == -ENFILE || err == -ENOSPC) {
		inlet_hang_up(in);
		log_rationed(LOG_LEVEL_WARNING, "cannot take the ring at '%s': %s, trying again",
			     in->addr.sun_path, strerror(-err));
		return;
	}
	if ((m->flags & DOOR_HAS_CURSOR) != 0 && in->n == 0) {
		in->lied_generation = m->generation;
		in->lied_seq = UINT64_MAX;
	}
	inlet_mistrust(in);
}

/* It is kept before the writer hears that it is taken: from then on the writer counts on it. */
static void take_offer(struct inlet *in, const struct door_message *m, int fds[DOOR_FDS],
		       unsigned nfds)
{
	struct door_message take = { .kind = DOOR_TAKE, .generation = m->generation };
	unsigned expected =
		1 + ((m->flags & DOOR_HAS_CURSOR) != 0) + ((m->flags & DOOR_HAS_SNAPSHOT) != 0);
	bool same = in->n > 0 && last_link(in)->r.generation == m->generation;
	struct link l = link_none();
	int err = nfds == expected ? take_memory(in, m, fds, &l) : -EPROTO;

	if (err < 0) {
		link_drop(in, &l);
		refuse_offer(in, m, err);
		return;
	}
	if (door_send(in->fd, &take, &l.cursor.fd, 1) < 0) {
		link_drop(in, &l);
		inlet_hang_up(in);
		return;
	}
	in->attaches++;
	in->knock = KNOCK_ATTACHED;
	/* In the same ring somebody else has been reading: our place is void. */
	links_add(in, &l, same);
	links_give_state(in, last_link(in)->snapshot.fd);
}

static void hear_offer(struct inlet *in, const struct door_message *m, int fds[DOOR_FDS],
		       unsigned nfds)
{
	if ((m->flags & DOOR_KEPT) == 0) {
		take_offer(in, m, fds, nfds);
	} else if (in->n > 0 && !links_wait(in) && last_link(in)->r.generation == m->generation &&
		   nfds == 0) {
		in->attaches++;
		in->knock = KNOCK_ATTACHED;
	} else {
		inlet_mistrust(in);
	}
}

/* Of bells the waking was all. */
void inlet_hear(struct inlet *in)
{
	struct door_message m;
	int fds[DOOR_FDS];
	unsigned nfds = 0;
	int got = door_receive(in->fd, &m, fds, &nfds);

	if (got == -EAGAIN || (got == DOOR_RANG && in->knock == KNOCK_ATTACHED))
		return;
	if (got == 0) {
		inlet_hang_up(in);
	} else if (got == 1 && in->knock == KNOCK_ASKED && m.kind == DOOR_BUSY) {
		inlet_hang_up(in);
	} else if (got == 1 && in->knock == KNOCK_ASKED && m.kind == DOOR_OFFER) {
		hear_offer(in, &m, fds, nfds);
	} else {
		inlet_mistrust(in);
	}
	door_close_all(fds, nfds);
}
