/* SPDX-License-Identifier: Apache-2.0
 *
 * reader.c -- see reader.h.  A *visit* is a connection that came as far as a ring, and one way to
 * lie with its cursor for a moment.
 */
#include "reader.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "door_message.h"
#include "jail.h"
#include "memory.h"
#include "wire.h"
#include "ring_layout.h"
#include "rundir.h"
#include "shm.h"

#define VISIT_NS  (400 * NS_PER_MSEC)
#define ANSWER_NS (8 * NS_PER_SEC)
#define CROWD	  200 /* connections at once */

struct reader {
	const struct twin_source *from;
	struct sockaddr_un addr;
	int fd;
	struct shm ring, cursor;
	struct ring_reader r;
	uint64_t generation; /* of the ring that was seen last */
	bool has_read;	     /* anything: until then it behaves */
};

/* ---- the door ---- */

static int call(const struct reader *r)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd != -1 && connect(fd, (const struct sockaddr *)&r->addr, sizeof(r->addr)) == -1) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static bool wait_for_word(const struct reader *r)
{
	struct pollfd p = { .fd = r->fd, .events = POLLIN };

	return poll(&p, 1, (int)(ANSWER_NS / NS_PER_MSEC)) > 0;
}

static void say_hello(struct reader *r)
{
	struct door_message m = { .kind = DOOR_HELLO };
	int fds[DOOR_FDS];
	unsigned n = 0;

	/* What a predecessor of the writer is said to have counted; a cursor that is none. */
	if (r->has_read && one_in(3)) {
		m.flags |= one_in(2) ? DOOR_HAS_COUNTS : DOOR_SKIP;
		m.generation = one_in(2) ? r->generation : chance_word();
		for (unsigned i = 0; i < RING_COUNTS; i++)
			m.counts.v[i] = chance_word();
		did(DEED_MUTATIONS, 1);
	}
	if (r->has_read && one_in(6)) {
		m.flags |= DOOR_HAS_CURSOR;
		m.generation = r->generation;
		fds[n++] = r->cursor.fd != -1 && one_in(2) ? dup(r->cursor.fd) : memory_bad();
	}
	if (r->has_read && one_in(6)) {
		m.flags |= DOOR_HAS_RING;
		fds[n++] = r->ring.fd != -1 && one_in(2) ? dup(r->ring.fd) : memory_bad();
	}
	for (unsigned i = 0; i < n; i++)
		if (fds[i] == -1)
			n = i;
	did(DEED_MESSAGES, 1);
	(void)door_send(r->fd, &m, fds, n);
	door_close_all(fds, n);
}

/* The ring and a cursor of our own that can be believed. */
static bool take(struct reader *r, const struct door_message *m, int *fds, unsigned n)
{
	struct door_message take = { .kind = DOOR_TAKE, .generation = m->generation };
	struct ring_place place = { .generation = m->generation,
				    .position = m->position,
				    .seq = m->seq };
	struct shm old;
	int bad = -1;

	shm_release(&r->ring);
	shm_release(&r->cursor);
	r->generation = m->generation;
	if (n == 0 || shm_ring_map(fds[0], jail_identity(r->from->writer).uid, &r->ring) < 0)
		return false;
	fds[0] = -1;
	/* A predecessor's, which may be a liar's: ours were. */
	if ((m->flags & DOOR_HAS_CURSOR) != 0 && n > 1 &&
	    shm_cursor_map(fds[1], geteuid(), &old) == 0) {
		fds[1] = -1;
		if (ring_place_read(old.page, &place) == 0)
			place.generation = m->generation;
		shm_release(&old);
	}
	if (shm_cursor_make(&r->cursor) < 0 ||
	    ring_reader_init(&r->r, r->ring.page, r->ring.data, r->ring.size, r->cursor.page,
			     &place) < 0)
		return false;
	did(DEED_ATTACHED, 1);
	did(DEED_MESSAGES, 1);
	if (r->has_read && one_in(16))
		bad = memory_bad();
	(void)door_send(r->fd, &take, bad != -1 ? &bad : &r->cursor.fd, 1);
	if (bad != -1)
		close(bad);
	if (r->has_read && one_in(16)) /* twice */
		(void)door_send(r->fd, &take, &r->cursor.fd, 1);
	return true;
}

static bool attach(struct reader *r)
{
	struct door_message m;
	int fds[DOOR_FDS];
	unsigned n = 0;
	bool taken = false;

	say_hello(r);
	while (wait_for_word(r) && door_receive(r->fd, &m, fds, &n) == 1 && m.kind == DOOR_BUSY) {
		close(r->fd);
		twin_rest(4000);
		if (!twin_goes_on() || (r->fd = call(r)) == -1)
			return false;
		say_hello(r);
	}
	if (n == 0)
		return false;
	if (m.kind == DOOR_OFFER && (m.flags & DOOR_KEPT) == 0)
		taken = take(r, &m, fds, n);
	else if (m.kind == DOOR_OFFER)
		taken = r->cursor.page != NULL && r->ring.page != NULL;
	door_close_all(fds, n);
	return taken;
}

/* ---- lies ---- */

static struct ring_page *page_of(const struct reader *r)
{
	return r->cursor.page;
}

static unsigned read_some(struct reader *r, unsigned most)
{
	static _Thread_local _Alignas(8) uint8_t buf[RING_MAX_PAYLOAD];
	struct ring_frame f;
	unsigned n = 0;

	while (n < most && ring_next(&r->r, buf, sizeof(buf), &f) == 1)
		n++;
	r->has_read |= n > 0;
	did(DEED_READ, n);
	return n;
}

static void commit(struct reader *r)
{
	struct ring_counts counts;

	for (unsigned i = 0; i < RING_COUNTS; i++)
		counts.v[i] = one_in(8) ? chance_word() : i;
	for (unsigned i = 0; i < RING_NOTES; i++)
		if (one_in(4))
			ring_reader_set_note(&r->r, i, chance_word());
	if (ring_commit(&r->r, &counts))
		door_ring(r->fd);
}

static void lie_nothing(struct reader *r)
{
	if (read_some(r, 256) == 0)
		twin_rest(500);
	commit(r);
}

static void lie_cursor(struct reader *r)
{
	uint64_t tail = r->r.tail;

	lie_nothing(r);
	switch (chance_below(5)) {
	case 0:
		tail += 8 * chance_below(64);
		break;
	case 1:
		tail -= 8 * chance_below(64);
		break;
	case 2: /* all that there is, read or not */
		tail = atomic_load(&((const struct ring_page *)r->ring.page)->word) &
		       ~RING_WORD_BITS;
		break;
	case 3:
		tail |= chance_below(8);
		break;
	default:
		tail = chance_word();
		break;
	}
	atomic_store(&page_of(r)->word, tail);
	did(DEED_MUTATIONS, 1);
	door_ring(r->fd);
}

static void lie_page(struct reader *r)
{
	_Atomic uint64_t *words = r->cursor.page;
	uint64_t at = chance_below((one_in(2) ? sizeof(struct ring_page) : RING_CURSOR) / 8);

	lie_nothing(r);
	atomic_store(&words[at], chance_word());
	did(DEED_MUTATIONS, 1);
}

/* All, nothing, anything: as often as it can be said. */
static void lie_wants(struct reader *r)
{
	for (unsigned i = 0; i < 64; i++) {
		struct ring_wants w = { .version = chance_word(), .extras = chance_word() };
		uint64_t all = one_in(3) ? UINT64_MAX : one_in(2) ? 0 : chance();

		for (unsigned j = 0; j < 8; j++)
			w.events[j] = w.syscalls[j] = all;
		if (one_in(4)) /* the last number that there is */
			r->r.wants_version = UINT64_MAX - chance_below(2);
		ring_reader_want(&r->r, &w);
		door_ring(r->fd);
	}
	did(DEED_MUTATIONS, 64);
	lie_nothing(r);
}

static void lie_asks(struct reader *r)
{
	for (unsigned i = 0; i < 64; i++) {
		struct ring_ask ask = {
			one_in(2) ? (int32_t)chance_below(100000) : (int32_t)chance_word(),
			one_in(2) ? -2 + (int32_t)chance_below(8) : (int32_t)chance_word()
		};

		ring_reader_ask(&r->r, &ask);
	}
	if (one_in(16))
		atomic_store(&page_of(r)->asks.asked, chance_word());
	door_ring(r->fd);
	did(DEED_MUTATIONS, 64);
	lie_nothing(r);
}

/* Of events that there are, and of others. */
static void lie_mutes(struct reader *r)
{
	for (unsigned i = 0; i < 128; i++)
		ring_reader_mute(&r->r, one_in(4) ? chance_word() : chance_below(1 << 20));
	if (one_in(16))
		atomic_store(&page_of(r)->mutes.said, chance_word());
	did(DEED_MUTATIONS, 128);
	lie_nothing(r);
}

/* As an evaluator says them, of none to all that there may be; nobody has these. */
static size_t make_names(uint8_t *ret)
{
	static _Thread_local char text[HOST_NAMES_MAX][24];
	static _Thread_local struct host_names names;
	ssize_t n;

	names.n = (uint16_t)chance_below(one_in(2) ? 8 : HOST_NAMES_MAX + 1);
	for (unsigned i = 0; i < names.n; i++) {
		snprintf(text[i], sizeof(text[i]), "x%u.invalid", (unsigned)chance_below(1000));
		names.name[i] = span_str(text[i]);
	}
	n = wire_encode_host_names(ret, RING_NAMES, &names);
	return n < 0 ? 0 : (size_t)n;
}

/* Good ones, and noise of any length; a length that cannot be, versions that do not fit. */
static void lie_names(struct reader *r)
{
	static _Thread_local uint8_t text[RING_NAMES];
	struct ring_names_page *p = &((struct ring_cursor *)r->cursor.page)->names;

	for (unsigned i = 0; i < 16; i++) {
		size_t n = one_in(2) ? make_names(text) : chance_below(RING_NAMES + 1);

		if (one_in(2))
			chance_fill(text + chance_below(n + 1) / 2, n / 2);
		(void)ring_reader_say_names(&r->r, span_of(text, n));
		if (one_in(4))
			atomic_store(&p->length, one_in(2) ? chance_word() : RING_NAMES);
		if (one_in(8))
			atomic_store(one_in(2) ? &p->begin : &p->end, chance_word());
		door_ring(r->fd);
	}
	did(DEED_MUTATIONS, 16);
	lie_nothing(r);
}

static void lie_bells(struct reader *r)
{
	for (unsigned i = 0; i < 512; i++)
		door_ring(r->fd);
	did(DEED_MESSAGES, 512);
	lie_nothing(r);
}

/* Asleep, awake, another nap, all the time: each is a bell that must be rung. */
static void lie_naps(struct reader *r)
{
	for (unsigned i = 0; i < 256; i++)
		atomic_store(&page_of(r)->asleep, (uint32_t)chance());
	atomic_store(&page_of(r)->futex, (uint32_t)chance());
	did(DEED_MUTATIONS, 256);
	lie_nothing(r);
}

static void lie_messages(struct reader *r)
{
	memory_send_noise(r->fd);
	lie_nothing(r);
}

static void lie_lazily(struct reader *r)
{
	twin_rest(100000);
	if (read_some(r, 1) > 0)
		commit(r);
}

static void lie_asleep(struct reader *r)
{
	(void)r;
	twin_rest(50000);
}

static void (*const lies[])(struct reader *r) = {
	lie_nothing, lie_nothing, lie_cursor, lie_page,	    lie_wants,	lie_asks,   lie_mutes,
	lie_names,   lie_bells,	  lie_naps,   lie_messages, lie_lazily, lie_asleep,
};

static void want_all(struct reader *r)
{
	struct ring_wants w = { .version = 1, .extras = 1 | WANT_MUTES | WANT_MUTES_ALL };

	memset(w.events, 0xff, sizeof(w.events));
	memset(w.syscalls, 0xff, sizeof(w.syscalls));
	ring_reader_want(&r->r, &w);
	door_ring(r->fd);
}

static void visit(struct reader *r)
{
	struct mono begun = mono_now();
	uint64_t ns = 1 + chance_below(VISIT_NS);
	void (*lie)(struct reader * r) = lies[chance_below(ARRAY_LEN(lies))];

	if (one_in(3)) /* not all of them end at once */
		ns *= 4;
	if (!r->has_read) {
		want_all(r);
		lie = lie_nothing;
		ns = 4 * VISIT_NS;
	}
	while (mono_since(begun, mono_now()) < ns && twin_goes_on()) {
		uint8_t bell[16];

		lie(r);
		while (recv(r->fd, bell, sizeof(bell), MSG_DONTWAIT) > 0)
			;
		if (recv(r->fd, bell, sizeof(bell), MSG_DONTWAIT | MSG_PEEK) == 0)
			return;
	}
}

/* ---- floods ---- */

/* Hello, and away again: each would be a snapshot. */
static void say_hello_often(struct reader *r)
{
	struct mono begun = mono_now();

	while (mono_since(begun, mono_now()) < VISIT_NS && twin_goes_on()) {
		r->fd = call(r);
		if (r->fd == -1) {
			twin_rest(200);
			continue;
		}
		say_hello(r);
		if (one_in(2))
			(void)wait_for_word(r);
		close(r->fd);
	}
}

static void come_in_a_crowd(struct reader *r)
{
	int fds[CROWD];

	for (unsigned i = 0; i < CROWD; i++)
		fds[i] = call(r);
	r->fd = fds[chance_below(CROWD)];
	if (r->fd != -1)
		say_hello(r);
	twin_rest(one_in(4) ? 1200000 : 20000);
	for (unsigned i = 0; i < CROWD; i++)
		if (fds[i] != -1)
			close(fds[i]);
}

static void call_properly(struct reader *r)
{
	r->fd = call(r);
	if (r->fd == -1) {
		twin_rest(2000);
		return;
	}
	if (r->has_read && one_in(12)) /* says nothing */
		twin_rest(one_in(4) ? 1200000 : 50000);
	else if (r->has_read && one_in(12))
		memory_send_noise(r->fd);
	else if (attach(r))
		visit(r);
	if (r->fd != -1)
		close(r->fd);
}

void reader_run(const struct twin *t, unsigned which)
{
	struct reader *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return;
	*r = (struct reader){ .from = &t->reads[which], .ring = SHM_NONE, .cursor = SHM_NONE };
	r->addr.sun_family = AF_UNIX;
	run_dir_path(r->addr.sun_path, twin_run_dir, r->from->ring, ".door");
	while (twin_goes_on()) {
		switch (r->has_read ? chance_below(12) : 2) {
		case 0:
			say_hello_often(r);
			break;
		case 1:
			come_in_a_crowd(r);
			break;
		default:
			call_properly(r);
			break;
		}
	}
	shm_release(&r->ring);
	shm_release(&r->cursor);
	free(r);
}
