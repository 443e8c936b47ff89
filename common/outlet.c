/* SPDX-License-Identifier: Apache-2.0
 *
 * outlet.c -- the writer's end: makes the ring, keeps the door, and never waits
 * for whoever knocks.  A caller has a second to say what it wants, a few to take
 * what it was offered; only the one reader stays.
 *
 * The reader's cursor is kept when the reader dies: its successor is given it.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "door.h"
#include "door_message.h"
#include "frame_sink.h"
#include "log.h"
#include "shm.h"
#include "socket_place.h"

#define MAX_CALLERS  (OUTLET_FDS - 1)
#define MAX_WELCOMES 16 /* in a turn */
#define HELLO_NS     (1 * NS_PER_SEC)
#define TAKE_NS	     (5 * NS_PER_SEC) /* a reader in the middle of a turn */
#define MAX_WAIT_NS  (1 * NS_PER_SEC)

enum caller_state { CALLER_NONE, CALLER_NEW, CALLER_OFFERED, CALLER_READER };

struct caller {
	enum caller_state state;
	int fd;
	struct mono since;
};

struct outlet {
	struct outlet_params p;
	struct ring_writer w;
	struct shm ring, cursor;
	struct socket_place door;
	struct caller callers[MAX_CALLERS];
	bool had_reader;	/* ever */
	bool wants_again;	/* a new reader's version may be the number of an old one's */
	uint64_t names_version; /* of the names that were taken from this cursor; 0: none */
	bool inherited;
	uint64_t offered;	/* where the reader begins that a snapshot is made for */
	struct mono next_offer; /* with a snapshot: what these cost is not for readers to say */
	uint64_t wakeups, refused;
};

static uint64_t new_generation(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_SEC + (uint64_t)ts.tv_nsec;
}

static uint64_t ring_size(size_t wanted)
{
	uint64_t size = RING_MIN_SIZE;

	while (size < wanted && size < RING_MAX_SIZE)
		size *= 2;
	return size;
}

int outlet_open(const struct outlet_params *p, struct outlet **ret_outlet)
{
	struct outlet *o;
	int err;

	o = calloc(1, sizeof(*o));
	if (o == NULL)
		return -ENOMEM;
	o->p = *p;
	o->door = SOCKET_PLACE_NONE;
	o->ring = o->cursor = SHM_NONE;
	o->p.door = o->door.addr.sun_path;
	err = shm_ring_make(ring_size(p->size), &o->ring);
	if (err == 0) {
		ring_writer_init(&o->w, o->ring.page, o->ring.data, o->ring.size, p->reserve,
				 new_generation());
		err = socket_place_open(&o->door, p->door, SOCK_SEQPACKET, p->socket_gid,
					MAX_CALLERS);
	}
	if (err < 0) {
		outlet_close(o);
		return err;
	}
	*ret_outlet = o;
	return 0;
}

static void hang_up(struct caller *c)
{
	close(c->fd);
	*c = (struct caller){ .fd = -1 };
}

void outlet_close(struct outlet *o)
{
	if (o == NULL)
		return;
	socket_place_close(&o->door); /* first: who is hung up on looks for a successor's */
	for (unsigned i = 0; i < MAX_CALLERS; i++)
		if (o->callers[i].state != CALLER_NONE)
			hang_up(&o->callers[i]);
	shm_release(&o->cursor);
	shm_release(&o->ring);
	free(o);
}

/* ---- what a caller is given ---- */

static struct caller *reader_of(struct outlet *o)
{
	for (unsigned i = 0; i < MAX_CALLERS; i++)
		if (o->callers[i].state == CALLER_READER)
			return &o->callers[i];
	return NULL;
}

/* Has C closed its end? */
static bool is_gone(const struct caller *c)
{
	struct pollfd p = { .fd = c->fd };

	return poll(&p, 1, 0) != 0;
}

/* The one that reads, or is just about to. */
static bool is_taken(struct outlet *o, const struct caller *except)
{
	for (unsigned i = 0; i < MAX_CALLERS; i++) {
		struct caller *c = &o->callers[i];

		if (c == except || c->state < CALLER_OFFERED)
			continue;
		if (c->state == CALLER_OFFERED || !is_gone(c))
			return true;
		hang_up(c);
	}
	return false;
}

/* Believe FD, which is taken over, from here on. */
static int adopt_cursor(struct outlet *o, int fd)
{
	struct shm cursor;
	int err = shm_cursor_map(fd, o->p.reader_uid, &cursor);

	if (err < 0) {
		close(fd);
		return err;
	}
	err = ring_writer_attach(&o->w, cursor.page);
	if (err < 0) {
		shm_release(&cursor);
		return err;
	}
	shm_release(&o->cursor);
	o->cursor = cursor;
	o->names_version = 0; /* the same number may be another one's */
	o->had_reader = true;
	return 0;
}

/* A reader that is still the same, whose connection broke: nothing was lost. */
static bool go_on(struct outlet *o, struct caller *c, int cursor)
{
	struct door_message m = { .kind = DOOR_OFFER,
				  .flags = DOOR_KEPT,
				  .generation = o->w.generation,
				  .size = o->w.size };

	if (adopt_cursor(o, cursor) < 0)
		return false;
	if (door_send(c->fd, &m, NULL, 0) < 0)
		hang_up(c);
	else
		c->state = CALLER_READER;
	return true;
}

static int make_snapshot(struct outlet *o)
{
	struct frame_sink sink;
	int err = frame_sink_open(&sink);

	if (err < 0)
		return err;
	err = o->p.snapshot(o->p.ctx, &sink);
	if (err >= 0)
		err = frame_sink_finish(&sink);
	frame_sink_close(&sink);
	return err;
}

static void make_offer(struct outlet *o, struct caller *c, bool skip, struct mono now)
{
	struct door_message m = {
		.kind = DOOR_OFFER, .generation = o->w.generation, .size = o->w.size, .seq = 1
	};
	int fds[DOOR_FDS] = { o->ring.fd }, snapshot = -1;
	unsigned n = 1;

	if (o->cursor.fd != -1 && !skip) {
		m.flags |= DOOR_HAS_CURSOR;
		fds[n++] = o->cursor.fd;
	} else if (o->had_reader) {
		/* Nobody knows any more where the next frame starts that was not read. */
		m.position = o->w.published;
		m.seq = o->w.published_seq;
	}
	/* The reader is dead: so this is the last that it has read. */
	(void)ring_writer_refresh(&o->w);
	o->offered = (m.flags & DOOR_HAS_CURSOR) != 0 ? o->w.read : m.position;
	if (o->p.snapshot != NULL) {
		snapshot = make_snapshot(o);
		if (snapshot >= 0) {
			m.flags |= DOOR_HAS_SNAPSHOT;
			fds[n++] = snapshot;
		} else if (snapshot != -ENODATA) {
			log_warning("cannot make a snapshot: %s, the reader starts without",
				    strerror(-snapshot));
		}
	}
	if (door_send(c->fd, &m, fds, n) < 0) {
		hang_up(c);
	} else {
		c->state = CALLER_OFFERED;
		c->since = now;
	}
	if (snapshot >= 0)
		close(snapshot);
}

static void refuse(struct outlet *o, struct caller *c)
{
	o->refused++;
	hang_up(c);
}

static void put_off(struct outlet *o, struct caller *c)
{
	struct door_message busy = { .kind = DOOR_BUSY, .generation = o->w.generation };

	(void)door_send(c->fd, &busy, NULL, 0);
	hang_up(c);
}

/* What our predecessor left, where the reader has kept it.  Of memory that is none of ours nothing
 * is believed: who owns it and its seals say that a writer made it.  Nor is what the reader says was
 * counted. */
static void inherit_from(struct outlet *o, uint64_t generation, int *ring)
{
	struct ring_counts counts;
	struct shm old;

	if (*ring == -1 || shm_ring_look(*ring, geteuid(), &old) < 0)
		return;
	*ring = -1;
	if (ring_counts_left(old.page, generation, &counts) == 0) {
		o->inherited = true;
		o->p.inherit(o->p.ctx, &counts, old.sheets);
	}
	shm_release(&old);
}

static void hear_hello(struct outlet *o, struct caller *c, const struct door_message *m, int *fds,
		       unsigned nfds, struct mono now)
{
	bool has_cursor = (m->flags & DOOR_HAS_CURSOR) != 0;
	bool has_ring = (m->flags & DOOR_HAS_RING) != 0;
	bool same = m->generation == o->w.generation;
	bool no_state = (m->flags & DOOR_NO_STATE) != 0;
	int none = -1, *ring = has_ring ? &fds[has_cursor] : &none;
	struct mono begun;

	if (nfds != (unsigned)has_cursor + has_ring) {
		refuse(o, c);
		return;
	}
	if (is_taken(o, c)) {
		put_off(o, c);
		o->refused++;
		return;
	}
	if (!same && (m->flags & DOOR_HAS_COUNTS) != 0 && !o->inherited && o->p.inherit != NULL)
		inherit_from(o, m->generation, ring);
	if (no_state && o->p.has_state != NULL && !o->p.has_state(o->p.ctx)) {
		put_off(o, c);
		return;
	}
	if (same && has_cursor && !no_state && (m->flags & DOOR_SKIP) == 0) {
		int cursor = fds[0];

		fds[0] = -1;
		if (go_on(o, c, cursor))
			return;
	}
	if (o->p.snapshot != NULL && now.ns < o->next_offer.ns) {
		put_off(o, c);
		return;
	}
	begun = mono_now();
	make_offer(o, c, same && (m->flags & DOOR_SKIP) != 0, now);
	o->next_offer = mono_after(now, 2 * mono_since(begun, mono_now()));
}

static void hear_take(struct outlet *o, struct caller *c, const struct door_message *m, int *fds,
		      unsigned nfds)
{
	int err = -EPROTO;

	if (nfds == 1 && m->generation == o->w.generation) {
		err = adopt_cursor(o, fds[0]);
		fds[0] = -1;
	}
	if (err < 0) {
		log_rationed(LOG_LEVEL_WARNING, "a reader's cursor at '%s' is no good: %s, refused",
			     o->p.door, strerror(-err));
		refuse(o, c);
		return;
	}
	c->state = CALLER_READER;
	o->wants_again = true;
	door_ring(c->fd); /* what was published since it has fallen asleep, it has not heard of */
}

static void hear(struct outlet *o, struct caller *c, struct mono now)
{
	struct door_message m;
	int fds[DOOR_FDS];
	unsigned nfds = 0;
	int got = door_receive(c->fd, &m, fds, &nfds);

	if (got == -EAGAIN || (got == DOOR_RANG && c->state == CALLER_READER))
		return;
	if (got == 0)
		hang_up(c);
	else if (got == 1 && m.kind == DOOR_HELLO && c->state == CALLER_NEW)
		hear_hello(o, c, &m, fds, nfds, now);
	else if (got == 1 && m.kind == DOOR_TAKE && c->state == CALLER_OFFERED)
		hear_take(o, c, &m, fds, nfds);
	else
		refuse(o, c);
	door_close_all(fds, nfds);
}

/* ---- the turn ---- */

/* False: nobody is there, or can be let in. */
static bool welcome(struct outlet *o, struct mono now)
{
	int fd = socket_place_accept(&o->door);
	uid_t uid;

	if (fd == -1)
		return false;
	if (door_peer_uid(fd, &uid) < 0 || uid != o->p.reader_uid) {
		o->refused++;
		close(fd);
		return true;
	}
	for (unsigned i = 0; i < MAX_CALLERS; i++) {
		struct caller *c = &o->callers[i];

		if (c->state == CALLER_NONE) {
			*c = (struct caller){ CALLER_NEW, fd, now };
			return true;
		}
	}
	o->refused++;
	close(fd);
	return true;
}

/* Others may stand in front of the reader, and come again as fast as they are sent away. */
static void welcome_all(struct outlet *o, struct mono now)
{
	for (unsigned i = 0; i < MAX_WELCOMES && welcome(o, now); i++)
		;
}

static bool is_late(const struct caller *c, struct mono now)
{
	return (c->state == CALLER_NEW && mono_since(c->since, now) > HELLO_NS) ||
	       (c->state == CALLER_OFFERED && mono_since(c->since, now) > TAKE_NS);
}

/* The reader's page holds nonsense.  Its tail is not believed any more, and no
 * successor is given it; the ring fills up and stays as it is until there is one. */
static void drop_liar(struct outlet *o)
{
	struct caller *c = reader_of(o);

	log_rationed(LOG_LEVEL_WARNING, "the reader at '%s' lies about its cursor, dropped",
		     o->p.door);
	if (c != NULL)
		hang_up(c);
	(void)ring_writer_attach(&o->w, NULL);
	shm_release(&o->cursor);
	o->refused++;
}

/* -1 for those that are not there or not to be heard, which poll() passes over. */
unsigned outlet_fds(const struct outlet *o, struct pollfd *p)
{
	p[0] = (struct pollfd){ .fd = socket_place_is_deaf(&o->door) ? -1 : o->door.fd,
				.events = POLLIN };
	for (unsigned i = 0; i < MAX_CALLERS; i++) {
		const struct caller *c = &o->callers[i];

		p[1 + i] = (struct pollfd){ .fd = c->state == CALLER_NONE ? -1 : c->fd,
					    .events = POLLIN };
	}
	return OUTLET_FDS;
}

void outlet_poll(struct outlet *o, struct mono now)
{
	struct pollfd p[OUTLET_FDS];
	unsigned n = outlet_fds(o, p);

	if (ring_writer_refresh(&o->w) < 0)
		drop_liar(o);
	if (poll(p, n, 0) > 0) {
		for (unsigned i = 0; i < MAX_CALLERS; i++)
			if (p[1 + i].revents != 0 && o->callers[i].state != CALLER_NONE &&
			    o->callers[i].fd == p[1 + i].fd)
				hear(o, &o->callers[i], now);
		if (p[0].revents != 0)
			welcome_all(o, now);
	}
	for (unsigned i = 0; i < MAX_CALLERS; i++)
		if (is_late(&o->callers[i], now))
			refuse(o, &o->callers[i]);
}

bool outlet_has_reader(const struct outlet *o)
{
	for (unsigned i = 0; i < MAX_CALLERS; i++)
		if (o->callers[i].state == CALLER_READER)
			return true;
	return false;
}

bool outlet_was_taken(const struct outlet *o)
{
	return o->had_reader;
}

bool outlet_nap(struct outlet *o)
{
	struct ring_nap nap;

	return !outlet_has_reader(o) || ring_writer_nap(&o->w, &nap);
}

void outlet_awake(struct outlet *o)
{
	ring_writer_awake(&o->w);
}

void outlet_wait(struct outlet *o, uint64_t timeout_ns)
{
	struct pollfd p[OUTLET_FDS];
	unsigned n = outlet_fds(o, p);

	if (timeout_ns > MAX_WAIT_NS)
		timeout_ns = MAX_WAIT_NS;
	if (outlet_nap(o) && poll(p, n, (int)((timeout_ns + NS_PER_MSEC - 1) / NS_PER_MSEC)) > 0)
		outlet_poll(o, mono_now());
	outlet_awake(o);
}

/* ---- the ring ---- */

uint8_t *outlet_reserve(struct outlet *o, size_t cap, enum ring_class cls)
{
	return ring_reserve(&o->w, cap, cls);
}

bool outlet_fits(const struct outlet *o, size_t cap, enum ring_class cls)
{
	return ring_fits(&o->w, cap, cls);
}

void outlet_submit(struct outlet *o, uint16_t type, uint16_t flags, size_t len)
{
	ring_submit(&o->w, type, flags, len);
}

void outlet_abandon(struct outlet *o)
{
	ring_abandon(&o->w);
}

uint8_t *outlet_sheet(const struct outlet *o, unsigned i)
{
	return o->ring.sheets + (size_t)(i % RING_SHEETS) * RING_SHEET;
}

void outlet_publish(struct outlet *o, const struct ring_counts *counts)
{
	const struct caller *c;

	if (!ring_publish(&o->w, counts))
		return;
	c = reader_of(o);
	if (c != NULL) /* else it hears that its connection is gone */
		door_ring(c->fd);
	o->wakeups++;
}

int outlet_snapshot(struct outlet *o)
{
	struct frame_sink sink = { .ring = &o->w, .fd = -1 };

	return o->p.snapshot == NULL ? 0 : o->p.snapshot(o->p.ctx, &sink);
}

uint64_t outlet_generation(const struct outlet *o)
{
	return o->w.generation;
}

uint64_t outlet_next_seq(const struct outlet *o)
{
	return o->w.seq;
}

uint64_t outlet_written(const struct outlet *o)
{
	return o->w.head;
}

uint64_t outlet_read(const struct outlet *o)
{
	return o->w.read;
}

uint64_t outlet_offered(const struct outlet *o)
{
	return o->offered;
}

bool outlet_wants(struct outlet *o, struct ring_wants *ret)
{
	struct ring_wants wants = *ret;

	if (o->wants_again)
		wants.version = 0;
	if (!ring_writer_wants(&o->w, &wants))
		return false;
	o->wants_again = false;
	*ret = wants;
	return true;
}

bool outlet_asked(struct outlet *o, struct ring_ask *ret)
{
	return ring_writer_asked(&o->w, ret);
}

bool outlet_muted(struct outlet *o, uint64_t *ret_num)
{
	return ring_writer_muted(&o->w, ret_num);
}

bool outlet_names(struct outlet *o, uint8_t ret[RING_NAMES], size_t *ret_n)
{
	return ring_writer_names(&o->w, &o->names_version, ret, ret_n);
}

bool outlet_peer_counts(const struct outlet *o, struct ring_counts *ret)
{
	return ring_writer_peer_counts(&o->w, ret);
}

void outlet_status(const struct outlet *o, struct outlet_status *ret)
{
	struct ring_writer look = o->w; /* the refresh is not the stage's */

	(void)ring_writer_refresh(&look);
	*ret = (struct outlet_status){
		.size = o->w.size,
		.used = ring_unread(&look),
		.generation = o->w.generation,
		.frames = o->w.seq - 1,
		.wakeups = o->wakeups,
		.refused = o->refused,
		.has_reader = outlet_has_reader(o),
	};
}
