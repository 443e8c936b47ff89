/* SPDX-License-Identifier: Apache-2.0
 *
 * outlet.c -- the writing end of a ring: makes it, serves the door, hands it to the
 * one uid that may read it, and gives a newcomer the state.
 *
 * A reader's page is foreign memory.  While a successor fills its fresh page from
 * its predecessor's, the old page stays the one that counts.
 */
#include "door.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "door_message.h"
#include "shm.h"

#define MAX_VISITORS 4
#define VISITOR_NS   NS_PER_SEC

struct visitor {
	int fd;
	struct mono since;
};

struct outlet {
	struct outlet_params p;
	char *path;
	struct ring_writer ring;
	struct shm memory, cursor, fresh; /* FRESH: the successor's, not filled yet */
	int listener, reader;		  /* READER: the connection; -1: nobody */
	struct visitor visitors[MAX_VISITORS];
	bool inherited;
	uint64_t wakeups, refused;
};

/* ---- where a snapshot's frames go ---- */

struct frame_sink {
	struct outlet *ring; /* straight into the ring, or: */
	uint8_t *bytes;
	size_t used, cap;
};

static int sink_grow(struct frame_sink *sink, size_t more)
{
	size_t cap = sink->cap == 0 ? 64 * 1024 : sink->cap;
	uint8_t *bytes;

	while (cap - sink->used < more)
		cap *= 2;
	if (cap > DOOR_MAX_SNAPSHOT)
		return -ENOSPC;
	bytes = realloc(sink->bytes, cap);
	if (bytes == NULL)
		return -ENOSPC;
	sink->bytes = bytes;
	sink->cap = cap;
	return 0;
}

int frame_sink_put(struct frame_sink *sink, uint16_t type, struct span payload)
{
	uint32_t len = (uint32_t)payload.n;
	size_t total = (RING_FRAME_HEADER + payload.n + 7) & ~(size_t)7;
	uint8_t *at;

	if (payload.n > DOOR_MAX_SNAPSHOT)
		return -ENOSPC;
	if (sink->ring != NULL) {
		at = outlet_reserve(sink->ring, payload.n, RING_STATE);
		if (at == NULL)
			return -ENOSPC;
		memcpy(at, payload.p, payload.n);
		outlet_submit(sink->ring, type, 0, payload.n);
		return 0;
	}
	if (sink->cap - sink->used < total && sink_grow(sink, total) < 0)
		return -ENOSPC;
	/* The form of a frame in a ring, with sequence number 0. */
	at = sink->bytes + sink->used;
	memset(at, 0, RING_FRAME_HEADER);
	memcpy(at, &len, sizeof(len));
	memcpy(at + 4, &type, sizeof(type));
	memcpy(at + RING_FRAME_HEADER, payload.p, payload.n);
	memset(at + RING_FRAME_HEADER + payload.n, 0, total - RING_FRAME_HEADER - payload.n);
	sink->used += total;
	return 0;
}

static int make_snapshot(struct outlet *o, struct shm *ret)
{
	struct frame_sink sink = { 0 };
	int err = o->p.snapshot(o->p.ctx, &sink);

	if (err >= 0)
		err = shm_make_blob(sink.bytes, sink.used, ret);
	free(sink.bytes);
	return err;
}

int outlet_snapshot(struct outlet *o)
{
	struct frame_sink sink = { .ring = o };

	return o->p.snapshot == NULL ? 0 : o->p.snapshot(o->p.ctx, &sink);
}

/* ---- making it ---- */

static uint64_t boot_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_SEC + (uint64_t)ts.tv_nsec;
}

int outlet_open(const struct outlet_params *p, struct outlet **ret_outlet)
{
	struct outlet *o = calloc(1, sizeof(*o));
	uint64_t size = RING_MIN_SIZE;
	int err = -ENOMEM;

	if (o == NULL)
		return -ENOMEM;
	o->p = *p;
	o->listener = o->reader = -1;
	o->memory = o->cursor = o->fresh = SHM_NONE;
	for (int i = 0; i < MAX_VISITORS; i++)
		o->visitors[i].fd = -1;
	while (size < p->size && size < RING_MAX_SIZE)
		size *= 2;
	o->path = strdup(p->door);
	if (o->path == NULL || (err = shm_make_ring(size, &o->memory)) < 0)
		goto fail;
	/* Grows over restarts, and with seq names a frame for ever. */
	ring_writer_init(&o->ring, o->memory.header, o->memory.data, size, p->reserve, boot_ns());
	o->listener = door_listen(o->path, p->socket_gid);
	if (o->listener < 0) {
		err = o->listener;
		goto fail;
	}
	*ret_outlet = o;
	return 0;
fail:
	outlet_close(o);
	return err;
}

void outlet_close(struct outlet *o)
{
	if (o == NULL)
		return;
	if (o->listener >= 0) {
		close(o->listener);
		unlink(o->path);
	}
	if (o->reader >= 0)
		close(o->reader);
	for (int i = 0; i < MAX_VISITORS; i++)
		if (o->visitors[i].fd >= 0)
			close(o->visitors[i].fd);
	shm_drop(&o->fresh);
	shm_drop(&o->cursor);
	shm_drop(&o->memory);
	free(o->path);
	free(o);
}

/* ---- the door ---- */

/* Send ring, predecessor's page and state to a visitor whose page is in FRESH. */
static int answer(struct outlet *o, int fd, bool knows_us)
{
	struct door_answer a = { DOOR_MAGIC, RING_ABI, 0, o->ring.generation, 0, 0 };
	int fds[DOOR_MAX_FDS] = { o->memory.fd, -1, -1 };
	struct shm snapshot = SHM_NONE;
	unsigned nfds = 1;
	int err = 0;

	ring_writer_start(&o->ring, &a.tail, &a.seq);
	if (!knows_us && o->cursor.fd >= 0 && !o->ring.reader_lies) {
		a.flags |= DOOR_HAS_CURSOR;
		fds[nfds++] = o->cursor.fd;
	}
	if (!knows_us && o->p.snapshot != NULL) {
		err = make_snapshot(o, &snapshot);
		if (err < 0)
			return err;
		a.flags |= DOOR_HAS_SNAPSHOT;
		fds[nfds++] = snapshot.fd;
	}
	err = door_send(fd, &a, sizeof(a), fds, nfds);
	shm_drop(&snapshot);
	return err;
}

/* Take the visitor in, or send it away. */
static int admit(struct outlet *o, int fd, const struct door_hello *hello, int cursor_fd)
{
	struct shm page = SHM_NONE;
	int err = shm_map_cursor(cursor_fd, o->p.reader_uid, &page);

	if (err < 0) {
		close(cursor_fd);
		return err;
	}
	/* A reader whose socket broke brings our own counters back: they are no dead writer's. */
	if ((hello->flags & DOOR_HAS_COUNTS) != 0 && hello->generation != o->ring.generation &&
	    o->p.inherit != NULL && !o->inherited)
		o->p.inherit(o->p.ctx, &hello->counts);
	o->inherited = true;
	err = answer(o, fd, hello->generation == o->ring.generation);
	if (err < 0) {
		shm_drop(&page);
		return err;
	}
	shm_drop(&o->fresh);
	o->fresh = page;
	if (o->reader >= 0)
		close(o->reader);
	o->reader = fd;
	return 0;
}

/* A filled fresh page takes the place of the old one. */
static void adopt_cursor(struct outlet *o)
{
	bool lied = o->ring.reader_lies;
	int err;

	if (o->fresh.fd < 0)
		return;
	err = ring_writer_attach(&o->ring, o->fresh.header);
	if (err == -EAGAIN)
		return;
	if (err < 0) {
		o->ring.reader_lies = lied;
		o->refused++;
		shm_drop(&o->fresh);
		if (o->reader >= 0)
			close(o->reader);
		o->reader = -1;
		return;
	}
	shm_drop(&o->cursor);
	o->cursor = o->fresh;
	o->fresh = SHM_NONE;
}

static void hear(struct outlet *o, struct visitor *v, struct mono now)
{
	struct door_hello hello;
	int fds[DOOR_MAX_FDS];
	unsigned nfds = 0;
	int err = door_receive(v->fd, &hello, sizeof(hello), fds, &nfds);

	if (err == -EAGAIN && mono_since(v->since, now) < VISITOR_NS)
		return;
	if (err == 0 && (hello.magic != DOOR_MAGIC || hello.abi != RING_ABI || nfds != 1))
		err = -EPROTO;
	/* While the one who reads lives, nobody else does. */
	if (err == 0 && o->reader >= 0 && door_alive(o->reader))
		err = -EBUSY;
	if (err == 0) {
		err = admit(o, v->fd, &hello, fds[0]);
		nfds = 0;
	}
	while (nfds > 0)
		close(fds[--nfds]);
	if (err < 0) {
		close(v->fd);
		o->refused++;
	}
	v->fd = -1;
}

void outlet_poll(struct outlet *o, struct mono now)
{
	for (int i = 0; i < MAX_VISITORS; i++) {
		struct visitor *v = &o->visitors[i];

		if (v->fd < 0) {
			v->fd = accept4(o->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
			v->since = now;
			if (v->fd < 0)
				continue;
			if (door_peer_uid(v->fd) != o->p.reader_uid) {
				close(v->fd);
				v->fd = -1;
				o->refused++;
				continue;
			}
		}
		hear(o, v, now);
	}
	adopt_cursor(o);
	if (o->reader >= 0 && !door_alive(o->reader)) {
		close(o->reader);
		o->reader = -1;
	}
}

/* ---- writing ---- */

uint8_t *outlet_reserve(struct outlet *o, size_t cap, enum ring_class cls)
{
	return ring_reserve(&o->ring, cap, cls);
}

void outlet_submit(struct outlet *o, uint16_t type, uint16_t flags, size_t len)
{
	ring_submit(&o->ring, type, flags, len);
}

void outlet_abandon(struct outlet *o)
{
	ring_abandon(&o->ring);
}

void outlet_publish(struct outlet *o, const struct ring_counts *counts)
{
	if (ring_publish(&o->ring, counts)) {
		shm_wake(&((struct ring_shared *)o->ring.header)->wake);
		o->wakeups++;
	}
}

void outlet_wait(struct outlet *o, uint64_t timeout_ns)
{
	const struct ring_cursor *c = o->ring.cursor;
	uint64_t tail = o->ring.tail;
	uint32_t room;

	if (timeout_ns > NS_PER_SEC)
		timeout_ns = NS_PER_SEC;
	if (c == NULL || o->ring.reader_lies) { /* nobody to wake us: a short nap */
		nanosleep(&(struct timespec){ 0, timeout_ns < NS_PER_MSEC ? (long)timeout_ns
									  : (long)NS_PER_MSEC },
			  NULL);
		return;
	}
	room = atomic_load_explicit(&c->room, memory_order_acquire);
	ring_writer_set_waiting(&o->ring, true);
	if (ring_writer_refresh(&o->ring) == 0 && o->ring.tail == tail)
		shm_wait(&c->room, room, timeout_ns);
	ring_writer_set_waiting(&o->ring, false);
}

/* ---- questions ---- */

bool outlet_has_reader(const struct outlet *o)
{
	return o->reader >= 0;
}

uint64_t outlet_generation(const struct outlet *o)
{
	return o->ring.generation;
}

uint64_t outlet_next_seq(const struct outlet *o)
{
	return o->ring.seq;
}

bool outlet_wants(struct outlet *o, struct ring_wants *ret)
{
	return ring_writer_wants(&o->ring, ret);
}

void outlet_status(const struct outlet *o, struct outlet_status *ret)
{
	const struct ring_cursor *c = o->ring.cursor;
	uint64_t tail = c == NULL || o->ring.reader_lies ? o->ring.tail : atomic_load(&c->tail);
	uint64_t used = o->ring.head - tail;

	*ret = (struct outlet_status){ .size = o->ring.size,
				       .used = used <= o->ring.size ? used : o->ring.size,
				       .generation = o->ring.generation,
				       .frames = o->ring.seq,
				       .wakeups = o->wakeups,
				       .refused = o->refused,
				       .has_reader = o->reader >= 0 };
}
