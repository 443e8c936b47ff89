/* SPDX-License-Identifier: Apache-2.0
 *
 * inlet.c -- the reading end of a ring: knocks at the door, checks what it is
 * given, reads, and comes back when the writer dies, after it has drained and
 * committed what that one had published.
 */
#include "door.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "door_message.h"
#include "shm.h"
#include "wire.h"

#define KNOCK_EVERY_NS (20 * NS_PER_MSEC)
#define ANSWER_NS      (10 * NS_PER_SEC)
#define SPINS	       200 /* a few microseconds */

struct inlet {
	struct inlet_params p;
	char *path;
	int connection; /* -1: none */
	bool knocking;	/* the hello is out, no answer yet */
	bool attached;	/* RING can be read */
	struct mono last_knock;
	struct ring_reader ring;
	struct shm memory, cursor;
	struct shm fresh; /* the page that went with the hello */
	struct shm snapshot;
	size_t snapshot_at;
	bool has_inherited, has_wants;
	struct ring_counts inherited; /* from this reader's predecessor */
	struct ring_wants wants;
	bool has_dead;
	struct ring_counts dead; /* from the writer that died */
	uint64_t attaches, lies;
	_Alignas(RING_LINE) uint8_t buf[WIRE_MAX_PAYLOAD];
};

int inlet_open(const struct inlet_params *p, struct inlet **ret_inlet)
{
	struct inlet *in =
		aligned_alloc(RING_LINE, (sizeof(*in) + RING_LINE - 1) & ~(size_t)(RING_LINE - 1));

	if (in == NULL)
		return -ENOMEM;
	memset(in, 0, sizeof(*in));
	in->p = *p;
	in->connection = -1;
	in->memory = in->cursor = in->fresh = in->snapshot = SHM_NONE;
	in->path = strdup(p->door);
	if (in->path == NULL) {
		inlet_close(in);
		return -ENOMEM;
	}
	*ret_inlet = in;
	return 0;
}

static void hang_up(struct inlet *in)
{
	if (in->connection >= 0)
		close(in->connection);
	in->connection = -1;
	in->knocking = false;
}

void inlet_close(struct inlet *in)
{
	if (in == NULL)
		return;
	hang_up(in);
	shm_drop(&in->snapshot);
	shm_drop(&in->fresh);
	shm_drop(&in->cursor);
	shm_drop(&in->memory);
	free(in->path);
	free(in);
}

/* ---- knocking ---- */

/* Let the ring go.  What its writer had counted goes to that one's successor. */
static void detach(struct inlet *in)
{
	if (in->attached)
		in->has_dead = ring_reader_peer_counts(&in->ring, &in->dead);
	in->attached = false;
	shm_drop(&in->cursor);
	shm_drop(&in->memory);
}

static void knock(struct inlet *in, struct mono now)
{
	struct door_hello hello = { .magic = DOOR_MAGIC, .abi = RING_ABI };
	int fd;

	in->last_knock = now;
	fd = door_connect(in->path, in->p.writer_uid);
	if (fd < 0)
		return;
	if (in->attached) { /* the socket broke, or the writer died: the answer's generation tells */
		hello.generation = in->ring.generation;
		in->has_dead = ring_reader_peer_counts(&in->ring, &in->dead);
	}
	if (in->has_dead) {
		hello.flags |= DOOR_HAS_COUNTS;
		hello.counts = in->dead;
	}
	if (in->fresh.fd < 0 && shm_make_cursor(&in->fresh) < 0)
		goto away;
	if (door_send(fd, &hello, sizeof(hello), &in->fresh.fd, 1) < 0)
		goto away;
	in->connection = fd;
	in->knocking = true;
	return;
away:
	close(fd);
}

/* Begin to read the ring in MEMORY; PREDECESSOR is a page or SHM_NONE. */
static int take(struct inlet *in, const struct door_answer *a, struct shm *memory,
		const struct shm *predecessor)
{
	/* The same ring again: go on exactly where this process is. */
	const void *before = in->attached && in->ring.generation == a->generation
				     ? in->cursor.header
				     : predecessor->header;
	struct ring_reader ring;
	int err = ring_reader_init(&ring, memory->header, memory->data, memory->size,
				   in->fresh.header, before, a->tail, a->seq);

	if (err < 0 || ring.generation != a->generation)
		return err < 0 ? err : -EPROTO;
	if (predecessor->header != NULL && !in->attached && in->attaches == 0)
		in->has_inherited = ring_reader_own_counts(&ring, &in->inherited);
	if (predecessor->header == NULL && before == NULL)
		memcpy(ring.notes, in->ring.notes,
		       sizeof(ring.notes)); /* notes outlive the writer */
	shm_drop(&in->cursor);
	shm_drop(&in->memory);
	in->ring = ring;
	in->memory = *memory;
	*memory = SHM_NONE;
	in->cursor = in->fresh;
	in->fresh = SHM_NONE;
	if (in->has_wants)
		ring_reader_want(&in->ring, &in->wants);
	in->attached = true;
	in->has_dead = false;
	in->attaches++;
	return 0;
}

static int accept_answer(struct inlet *in, const struct door_answer *a, int fds[DOOR_MAX_FDS],
			 unsigned nfds)
{
	struct shm memory = SHM_NONE, predecessor = SHM_NONE, snapshot = SHM_NONE;
	unsigned want =
		1 + ((a->flags & DOOR_HAS_CURSOR) != 0) + ((a->flags & DOOR_HAS_SNAPSHOT) != 0);
	unsigned i = 0;
	int err = -EPROTO;

	if (a->magic != DOOR_MAGIC || a->abi != RING_ABI || nfds != want)
		goto done;
	err = shm_map_ring(fds[i], in->p.writer_uid, &memory);
	if (err < 0)
		goto done;
	i++;
	if ((a->flags & DOOR_HAS_CURSOR) != 0) {
		err = shm_map_cursor(fds[i], geteuid(), &predecessor);
		if (err < 0)
			goto done;
		i++;
	}
	if ((a->flags & DOOR_HAS_SNAPSHOT) != 0) {
		err = shm_map_blob(fds[i], in->p.writer_uid, DOOR_MAX_SNAPSHOT, &snapshot);
		if (err < 0)
			goto done;
		i++;
	}
	err = take(in, a, &memory, &predecessor);
	if (err == 0) {
		shm_drop(&in->snapshot);
		in->snapshot = snapshot;
		in->snapshot_at = 0;
		snapshot = SHM_NONE;
	}
done:
	while (i < nfds)
		close(fds[i++]);
	shm_drop(&memory);
	shm_drop(&predecessor);
	shm_drop(&snapshot);
	return err;
}

static void hear_answer(struct inlet *in, struct mono now)
{
	struct door_answer a;
	int fds[DOOR_MAX_FDS];
	unsigned nfds = 0;
	int err = door_receive(in->connection, &a, sizeof(a), fds, &nfds);

	if (err == -EAGAIN && mono_since(in->last_knock, now) < ANSWER_NS)
		return;
	in->knocking = false;
	if (err == 0)
		err = accept_answer(in, &a, fds, nfds);
	if (err < 0) {
		if (err != -EPIPE && err != -EAGAIN)
			in->lies++;
		shm_drop(&in->fresh); /* the writer has seen it: never used again */
		hang_up(in);
	}
}

/* All that was published has been read, worked on and committed. */
static bool drained(const struct inlet *in)
{
	return in->snapshot.base == NULL && !ring_reader_has_more(&in->ring) &&
	       in->ring.committed == in->ring.tail;
}

void inlet_poll(struct inlet *in, struct mono now)
{
	if (in->knocking) {
		hear_answer(in, now);
		return;
	}
	if (in->connection >= 0) {
		if (door_alive(in->connection))
			return;
		hang_up(in);
	}
	if (in->attached && !drained(in))
		return;
	if (in->last_knock.ns != 0 && mono_since(in->last_knock, now) < KNOCK_EVERY_NS)
		return;
	knock(in, now);
}

/* ---- reading ---- */

/* The next frame of the snapshot that came with the ring. */
static int next_of_snapshot(struct inlet *in, struct ring_frame *ret)
{
	const uint8_t *p = (const uint8_t *)in->snapshot.header + in->snapshot_at;
	size_t left = in->snapshot.size - in->snapshot_at, total;
	uint32_t len;
	uint16_t type;

	if (left < RING_FRAME_HEADER)
		goto end;
	memcpy(&len, p, sizeof(len));
	memcpy(&type, p + 4, sizeof(type));
	total = (RING_FRAME_HEADER + (size_t)len + 7) & ~(size_t)7;
	if (len > sizeof(in->buf) || total > left) {
		in->lies++;
		goto end;
	}
	memcpy(in->buf, p + RING_FRAME_HEADER, len);
	in->snapshot_at += total;
	*ret = (struct ring_frame){ type, RING_FRAME_SNAPSHOT, 0, { in->buf, len } };
	return 1;
end:
	shm_drop(&in->snapshot);
	return 0;
}

int inlet_next(struct inlet *in, struct ring_frame *ret)
{
	int got;

	if (__builtin_expect(in->snapshot.base != NULL, 0) && next_of_snapshot(in, ret) == 1)
		return 1;
	if (!in->attached)
		return 0;
	got = ring_next(&in->ring, in->buf, sizeof(in->buf), ret);
	if (__builtin_expect(got < 0, 0)) {
		in->lies++;
		detach(in);
		hang_up(in);
		return 0;
	}
	return got;
}

void inlet_commit(struct inlet *in, const struct ring_counts *counts)
{
	if (in->attached && ring_commit(&in->ring, counts))
		shm_wake(&((struct ring_cursor *)in->cursor.header)->room);
}

void inlet_wait(struct inlet *in, uint64_t timeout_ns)
{
	const struct ring_shared *sh = in->ring.header;
	uint32_t wake;

	if (timeout_ns > NS_PER_SEC)
		timeout_ns = NS_PER_SEC;
	if (!in->attached || in->snapshot.base != NULL) {
		if (in->snapshot.base == NULL)
			nanosleep(&(struct timespec){ 0, timeout_ns < KNOCK_EVERY_NS
								 ? (long)timeout_ns
								 : (long)KNOCK_EVERY_NS },
				  NULL);
		return;
	}
	for (int i = 0; i < SPINS; i++) {
		if (ring_reader_has_more(&in->ring))
			return;
#if defined(__x86_64__)
		__builtin_ia32_pause();
#endif
	}
	wake = atomic_load_explicit(&sh->wake, memory_order_acquire);
	ring_reader_set_sleeping(&in->ring, true);
	if (!ring_reader_has_more(&in->ring))
		shm_wait(&sh->wake, wake, timeout_ns);
	ring_reader_set_sleeping(&in->ring, false);
}

/* ---- what goes with the cursor ---- */

uint64_t inlet_generation(const struct inlet *in)
{
	return in->ring.generation;
}

void inlet_want(struct inlet *in, const struct ring_wants *wants)
{
	in->wants = *wants;
	in->has_wants = true;
	if (in->attached)
		ring_reader_want(&in->ring, wants);
}

uint64_t inlet_note(const struct inlet *in, unsigned i)
{
	return ring_reader_note(&in->ring, i);
}

void inlet_set_note(struct inlet *in, unsigned i, uint64_t value)
{
	ring_reader_set_note(&in->ring, i, value);
}

bool inlet_inherited(const struct inlet *in, struct ring_counts *ret)
{
	if (in->has_inherited)
		*ret = in->inherited;
	return in->has_inherited;
}

void inlet_status(const struct inlet *in, struct inlet_status *ret)
{
	*ret = (struct inlet_status){ .attaches = in->attaches,
				      .lies = in->lies,
				      .attached = in->attached,
				      .writer_alive = in->connection >= 0 && !in->knocking };
	if (in->attached) {
		ret->size = in->ring.size;
		ret->used = ring_used(&in->ring);
		ret->generation = in->ring.generation;
	}
}
