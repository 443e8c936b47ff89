/* SPDX-License-Identifier: Apache-2.0
 *
 * writer.c -- see writer.h.  A *show* is a ring that a reader has taken, and one way to lie about
 * it for a moment: the next is another.  In some of them a second thread bends the ring's memory while
 * the reader copies from it.
 */
#include "writer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "door.h"
#include "door_message.h"
#include "frames.h"
#include "jail.h"
#include "memory.h"
#include "ring_layout.h"
#include "rundir.h"
#include "shm.h"
#include "wire.h"

#define SHOW_NS	  (300 * NS_PER_MSEC)
#define ANSWER_NS (200 * NS_PER_MSEC) /* until a reader takes what it was offered */

struct writer {
	const struct twin_door *door;
	struct sockaddr_un addr;
	int listener, fd;
	struct shm ring, cursor;
	struct ring_writer w;
	uint64_t generation;
	unsigned bent; /* frames of 16 */
	_Atomic bool scribbles, ended;
	bool was_read; /* a good ring, by a reader: until then it behaves */
};

/* ---- the door ---- */

static bool open_door(struct writer *w)
{
	gid_t gid = jail_identity(twin_self).gid;

	run_dir_path(w->addr.sun_path, twin_run_dir, w->door->ring, ".door");
	w->addr.sun_family = AF_UNIX;
	unlink(w->addr.sun_path);
	w->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return w->listener != -1 &&
	       bind(w->listener, (struct sockaddr *)&w->addr, sizeof(w->addr)) == 0 &&
	       chown(w->addr.sun_path, (uid_t)-1, gid) == 0 && chmod(w->addr.sun_path, 0660) == 0 &&
	       listen(w->listener, 16) == 0;
}

static void close_door(struct writer *w)
{
	close(w->listener);
	unlink(w->addr.sun_path);
}

/* The next word of the reader's; its descriptors are looked at no further. */
static int hear(struct writer *w, uint64_t ns)
{
	struct mono begun = mono_now();
	struct door_message m;
	int fds[DOOR_FDS], got;
	unsigned n = 0;

	while ((got = door_receive(w->fd, &m, fds, &n)) == -EAGAIN || got == DOOR_RANG) {
		if (mono_since(begun, mono_now()) > ns || !twin_goes_on())
			return 0;
		twin_rest(200);
	}
	if (got != 1)
		return 0;
	for (unsigned i = 0; i < n; i++)
		memory_remember(fds[i]);
	if (m.kind == DOOR_TAKE && n > 0 &&
	    shm_cursor_map(fds[0], jail_identity(w->door->reader).uid, &w->cursor) == 0)
		fds[0] = -1;
	door_close_all(fds, n);
	return (int)m.kind;
}

/* ---- offers ---- */

static uint64_t boottime(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_SEC + (uint64_t)ts.tv_nsec;
}

static bool make_ring(struct writer *w)
{
	uint64_t size = RING_MIN_SIZE << chance_below(one_in(32) ? 11 : 5);

	shm_release(&w->ring);
	shm_release(&w->cursor);
	if (shm_ring_make(size, &w->ring) < 0)
		return false;
	/* The same name again, now and then: what was read of it before is another's. */
	if (w->generation == 0 || !one_in(4))
		w->generation = one_in(8) ? chance_word() : boottime();
	ring_writer_init(&w->w, w->ring.page, w->ring.data, size, 0, w->generation);
	return true;
}

/* An offer that a reader can take; what else comes with it may be anything. */
static bool offer(struct writer *w)
{
	struct door_message m = {
		.kind = DOOR_OFFER, .generation = w->generation, .size = w->ring.size, .seq = 1
	};
	int fds[DOOR_FDS] = { w->ring.fd }, snapshot = -1, old = -1;
	unsigned n = 1;
	bool sent;

	if (one_in(8) && (old = memory_bad()) != -1) {
		m.flags |= DOOR_HAS_CURSOR;
		fds[n++] = old;
	}
	if (one_in(3) &&
	    (snapshot = one_in(4) ? memory_bad() : memory_snapshot(w->door->types)) != -1) {
		m.flags |= DOOR_HAS_SNAPSHOT;
		fds[n++] = snapshot;
	}
	did(DEED_MESSAGES, 1);
	sent = door_send(w->fd, &m, fds, n) == 0;
	if (snapshot != -1)
		close(snapshot);
	if (old != -1)
		close(old);
	return sent && hear(w, ANSWER_NS) == DOOR_TAKE;
}

static void offer_nonsense(struct writer *w)
{
	struct door_message m = { .kind = one_in(4) ? DOOR_BUSY : DOOR_OFFER,
				  .flags = chance_below(64),
				  .generation = one_in(2) ? w->generation : chance_word(),
				  .size = chance_word(),
				  .position = chance_word(),
				  .seq = chance_word() };
	int fds[DOOR_FDS] = { one_in(2) ? dup(w->ring.fd) : memory_bad(), memory_bad(),
			      memory_bad() };
	unsigned n = (unsigned)chance_below(DOOR_FDS + 1);

	for (unsigned i = 0; i < n; i++)
		if (fds[i] == -1)
			n = i;
	did(DEED_MUTATIONS, 1);
	did(DEED_MESSAGES, 1);
	(void)door_send(w->fd, &m, fds, n);
	door_close_all(fds, DOOR_FDS);
	(void)hear(w, ANSWER_NS / 8);
}

/* ---- shows ---- */

/* As an honest writer does it: whole frames behind the head, never over what is not read. */
static unsigned put_frames(struct writer *w, unsigned most)
{
	static _Thread_local uint8_t buf[RING_MAX_PAYLOAD];
	unsigned done = 0;

	if (w->cursor.page != NULL)
		w->w.cursor = w->cursor.page;
	for (; done < most; done++) {
		uint16_t type;
		size_t n = frame_make(buf, sizeof(buf), w->door->types, w->bent, &type);
		uint8_t *room = ring_reserve(&w->w, n, RING_STATE);

		if (room == NULL)
			break;
		if (n > 0)
			memcpy(room, buf, n);
		ring_submit(&w->w, type, (uint16_t)(one_in(16) ? chance() : 0), n);
	}
	if (ring_publish(&w->w, NULL))
		door_ring(w->fd);
	did(DEED_FRAMES, done);
	return done;
}

static void show_frames(struct writer *w)
{
	if (put_frames(w, 256) == 0)
		twin_rest(500);
}

/* Sequence numbers to and fro, in frames that are good. */
static void show_numbers(struct writer *w)
{
	show_frames(w);
	if (one_in(8)) {
		w->w.seq = one_in(2) ? w->w.seq + chance_below(4) - 2 : chance_word();
		did(DEED_MUTATIONS, 1);
	}
}

static void put_word(struct writer *w, uint64_t word)
{
	atomic_store(&((struct ring_page *)w->ring.page)->word, word);
	did(DEED_MUTATIONS, 1);
	door_ring(w->fd);
}

static void show_heads(struct writer *w)
{
	uint64_t head = w->w.published;

	show_frames(w);
	switch (chance_below(5)) {
	case 0:
		put_word(w, head + 8 * chance_below(64));
		return;
	case 1:
		put_word(w, head - 8 * chance_below(64));
		return;
	case 2:
		put_word(w, head + w->ring.size);
		return;
	case 3:
		put_word(w, head | chance_below(8));
		return;
	default:
		put_word(w, chance_word());
		return;
	}
}

/* Any word of the header: identity, slots, naps, what is zero. */
static void show_header(struct writer *w)
{
	_Atomic uint64_t *words = w->ring.page;
	uint64_t at = chance_below(sizeof(struct ring_page) / 8);

	show_frames(w);
	atomic_store(&words[at], one_in(4) ? atomic_load(&words[at]) ^ 1 : chance_word());
	did(DEED_MUTATIONS, 1);
}

/* Over what is not read, with no regard for the reader. */
static void show_overrun(struct writer *w)
{
	w->w.tail = w->w.head;
	w->w.cursor = NULL;
	(void)put_frames(w, 256);
	did(DEED_MUTATIONS, 1);
}

static void show_noise(struct writer *w)
{
	chance_fill(w->ring.data + chance_below(w->ring.size / 2), chance_below(4096));
	put_word(w, 8 * chance_below(w->ring.size / 8));
}

static void show_bells(struct writer *w)
{
	for (unsigned i = 0; i < 512; i++)
		door_ring(w->fd);
	did(DEED_MESSAGES, 512);
	twin_rest(100);
}

static void show_messages(struct writer *w)
{
	memory_send_noise(w->fd);
	twin_rest(1000);
}

/* Lengths that grow when they were looked at: what a second thread bends meanwhile. */
static void show_scribbles(struct writer *w)
{
	atomic_store(&w->scribbles, true);
	show_frames(w);
}

/* State that is forgotten and told again, as often as it goes. */
static void show_snapshots(struct writer *w)
{
	static const uint16_t types[] = { FRAME_SNAPSHOT_BEGIN, FRAME_SNAPSHOT_END };
	uint8_t empty = 0x90;

	if (w->door->types[0] == FRAME_ALERT || w->door->types[0] == FRAME_CAPTURE) {
		show_frames(w);
		return;
	}
	if (w->cursor.page != NULL)
		w->w.cursor = w->cursor.page;
	for (unsigned i = 0; i < 512; i++) {
		uint8_t *room = ring_reserve(&w->w, 1, RING_STATE);

		if (room == NULL)
			break;
		*room = empty;
		ring_submit(&w->w, types[i & 1], 0, 1);
		did(DEED_FRAMES, 1);
	}
	if (ring_publish(&w->w, NULL))
		door_ring(w->fd);
	if (one_in(4))
		show_frames(w);
	else
		twin_rest(500);
}

/* That is all, says it: and goes on. */
static void show_end(struct writer *w)
{
	uint8_t *room = ring_reserve(&w->w, 1, RING_STATE);

	if (room != NULL) {
		*room = 0x90;
		ring_submit(&w->w, FRAME_END, 0, 1);
	}
	show_frames(w);
}

static void (*const shows[])(struct writer *w) = {
	show_frames,  show_frames,    show_numbers,   show_heads,     show_header,
	show_overrun, show_noise,     show_scribbles, show_scribbles, show_messages,
	show_bells,   show_snapshots, show_end,
};

static void play(struct writer *w)
{
	struct mono begun = mono_now();
	uint64_t ns = 1 + chance_below(SHOW_NS);
	void (*show)(struct writer * w) = shows[w->was_read ? chance_below(ARRAY_LEN(shows)) : 0];

	w->bent = show == show_frames ? (unsigned)chance_below(12) : (unsigned)chance_below(3);
	while (mono_since(begun, mono_now()) < ns && twin_goes_on()) {
		struct pollfd p = { .fd = w->fd };

		show(w);
		if (poll(&p, 1, 0) != 0) /* it has had enough */
			break;
	}
	atomic_store(&w->scribbles, false);
	w->was_read = true;
}

/* ---- the second thread ---- */

static void scribble_once(struct writer *w)
{
	_Atomic uint32_t *words = (_Atomic uint32_t *)(void *)w->ring.data;
	uint64_t n = w->ring.size / 4, head = w->w.published & w->w.mask;
	/* Near the head, where the reader is. */
	uint64_t at = (head / 4 + n - chance_below(one_in(2) ? 512 : n)) % n;
	uint32_t old = atomic_load(&words[at]);

	atomic_store(&words[at],
		     one_in(2) ? (uint32_t)chance_word() : old ^ 1u << chance_below(32));
	if (one_in(2))
		atomic_store(&words[at], old);
}

static void *scribble(void *arg)
{
	struct writer *w = arg;

	chance_seed(mono_now().ns);
	while (!atomic_load(&w->ended)) {
		unsigned n = 0;

		for (; atomic_load(&w->scribbles) && n < 4096; n++)
			scribble_once(w);
		did(DEED_MUTATIONS, n);
		if (n == 0)
			usleep(500);
	}
	return NULL;
}

/* With the ring that is there now, and a thread that goes with it. */
static void perform(struct writer *w)
{
	pthread_t second;

	did(DEED_TAKEN, 1);
	atomic_store(&w->ended, false);
	if (pthread_create(&second, NULL, scribble, w) != 0)
		return;
	for (uint64_t i = 1 + chance_below(4); i > 0; i--)
		play(w);
	atomic_store(&w->ended, true);
	pthread_join(second, NULL);
}

/* ---- a caller ---- */

static void serve(struct writer *w)
{
	if (hear(w, ANSWER_NS) == DOOR_NONE && one_in(2))
		return;
	if (!make_ring(w))
		return;
	switch (w->was_read ? chance_below(8) : 7) {
	case 0:
		offer_nonsense(w);
		return;
	case 1:
		for (unsigned i = 0; i < 16; i++)
			memory_send_noise(w->fd);
		return;
	case 2: /* no answer, for longer than anybody should wait */
		twin_rest(one_in(8) ? 300000 : 5000);
		return;
	case 3: /* none that makes sense to a reader who has nothing of that name */
		(void)door_send(w->fd,
				&(struct door_message){ .kind = DOOR_OFFER,
							.flags = DOOR_KEPT,
							.generation = w->generation },
				NULL, 0);
		return;
	default:
		if (offer(w))
			perform(w);
		return;
	}
}

void writer_run(const struct twin *t, unsigned which)
{
	struct writer *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return;
	*w = (struct writer){ .door = &t->writes[which], .ring = SHM_NONE, .cursor = SHM_NONE };
	while (twin_goes_on()) {
		struct mono begun = mono_now();

		if (!open_door(w)) {
			close_door(w);
			twin_rest(10000);
			continue;
		}
		/* The door itself goes away, now and then. */
		while (twin_goes_on() && mono_since(begun, mono_now()) < 3 * NS_PER_SEC) {
			w->fd = accept4(w->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
			if (w->fd == -1) {
				twin_rest(500);
				continue;
			}
			did(DEED_CALLED, 1);
			serve(w);
			close(w->fd);
		}
		close_door(w);
	}
	shm_release(&w->ring);
	shm_release(&w->cursor);
	free(w);
}
