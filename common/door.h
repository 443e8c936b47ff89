/* SPDX-License-Identifier: Apache-2.0
 *
 * door.h -- the two ends of a ring as a stage uses them.
 *
 * An *outlet* makes the ring, serves the door (a unix socket in the run
 * directory) and hands the ring to the one uid that may read it.  An *inlet*
 * knocks at the door, checks what it is given, reads, and comes back when the
 * other side dies: it drains the old ring to its last published frame, then
 * takes the new one.
 *
 * What goes over the door: the reader's hello (protocol, the counters that the
 * writer's dead predecessor left, its cursor memfd if it has one); the writer's
 * answer (ring memfd, the cursor memfd of the reader's predecessor, a sealed
 * memfd of state frames made for this reader).  SO_PEERCRED, seals and sizes
 * are checked on both sides.  docs/wire.md has the messages.
 *
 * Who sleeps is woken over the same connection, so that one poll() waits for frames, for
 * room, for callers and for the end of the peer alike.
 *
 * Nothing here blocks except the two wait functions, which have a bound.
 * Shell: one thread each.
 */
#ifndef MEWS_DOOR_H
#define MEWS_DOOR_H

#include <sys/types.h>

#include "clock.h"
#include "ring.h"

/* ---- where a snapshot's frames go ---- */

/* Either the memfd that a new reader gets at the door, or the ring itself (after
 * a loss).  frame_sink_put() copies; it returns 0 or -ENOSPC, after which the
 * snapshot is void. */
struct frame_sink;
int frame_sink_put(struct frame_sink *sink, uint16_t type, struct span payload);

/* ---- outlet ---- */

struct outlet;

struct outlet_params {
	const char *door; /* path of the socket; an old one is replaced */
	uid_t reader_uid; /* the only uid that gets the ring */
	gid_t socket_gid; /* group that may connect; (gid_t)-1: leave it */
	size_t size;	  /* of the data area; rounded up to a power of two */
	size_t reserve;	  /* of it: see enum ring_class */
	/* State for a reader that starts afresh (it has no memory of this ring):
	 * puts SNAPSHOT_BEGIN ... SNAPSHOT_END.  NULL: there is no state. */
	int (*snapshot)(void *ctx, struct frame_sink *sink);
	/* Is there any by now?  A reader who can do nothing without waits for it.  NULL: yes. */
	bool (*has_state)(void *ctx);
	/* Counters that a predecessor of this writer left with the reader; called
	 * at most once, when the reader brings them.  SHEETS: what it had written there, all
	 * RING_SHEETS of them, valid during the call; NULL: they were not brought. */
	void (*inherit)(void *ctx, const struct ring_counts *counts, const uint8_t *sheets);
	void *ctx;
};

/* Make the ring and the door.  Negative errno. */
int outlet_open(const struct outlet_params *p, struct outlet **ret_outlet);
void outlet_close(struct outlet *o);

/* As the ring_*() of the same names. */
uint8_t *outlet_reserve(struct outlet *o, size_t cap, enum ring_class cls);
bool outlet_fits(const struct outlet *o, size_t cap, enum ring_class cls);
void outlet_submit(struct outlet *o, uint16_t type, uint16_t flags, size_t len);
void outlet_abandon(struct outlet *o);
void outlet_publish(struct outlet *o, const struct ring_counts *counts); /* wakes too */

/* Sheet I of the ring, RING_SHEET bytes to write to: they outlive this process with the ring.  Which of
 * the sheets holds must be said by a counter, since that moves with the frames. */
uint8_t *outlet_sheet(const struct outlet *o, unsigned i);

/* Serve the door and look at the reader: call it once per turn. */
void outlet_poll(struct outlet *o, struct mono now);
bool outlet_has_reader(const struct outlet *o);
bool outlet_was_taken(const struct outlet *o); /* by a reader, ever */
uint64_t outlet_generation(const struct outlet *o);
uint64_t outlet_next_seq(const struct outlet *o); /* that the next submit gets */

/* Positions in the ring: where the next frame begins, and up to where the reader had read when it was last
 * looked at; within the snapshot callback, where its reader is going to begin. */
uint64_t outlet_written(const struct outlet *o);
uint64_t outlet_read(const struct outlet *o);
uint64_t outlet_offered(const struct outlet *o);

/* The descriptors at which callers are heard, at most OUTLET_FDS; how many. */
#define OUTLET_FDS 5
struct pollfd;
unsigned outlet_fds(const struct outlet *o, struct pollfd *p);

/* Sleep for room is due, nothing has changed since the last outlet_reserve(): then the reader's
 * commit makes one of the descriptors readable.  False: it has changed.  Call outlet_awake() after
 * either, and outlet_poll() for a descriptor that is readable. */
bool outlet_nap(struct outlet *o);
void outlet_awake(struct outlet *o);

/* All of that: sleep until the reader made room, or TIMEOUT_NS (at most 1 s). */
void outlet_wait(struct outlet *o, uint64_t timeout_ns);

/* The reader's wants; true when their version is not RET->version, and once for
 * each new reader that has said any. */
bool outlet_wants(struct outlet *o, struct ring_wants *ret);

/* What the reader asks for, one after the other: ring_writer_asked(). */
bool outlet_asked(struct outlet *o, struct ring_ask *ret);

/* The same of what it wants no more of: ring_writer_muted(). */
bool outlet_muted(struct outlet *o, uint64_t *ret_num);

/* The names that the reader asks for: ring_writer_names().  Once for each time that they are said, and once for each
 * reader that comes, or comes back. */
bool outlet_names(struct outlet *o, uint8_t ret[RING_NAMES], size_t *ret_n);

/* The reader's counters as it committed them last.  False: there are none. */
bool outlet_peer_counts(const struct outlet *o, struct ring_counts *ret);

/* Run the snapshot callback into the ring, now, in line. */
int outlet_snapshot(struct outlet *o);

struct outlet_status {
	uint64_t size, used, generation, frames, wakeups, refused;
	bool has_reader;
};
void outlet_status(const struct outlet *o, struct outlet_status *ret);

/* ---- inlet ---- */

struct inlet;
struct keep;

struct inlet_params {
	const char *door;
	uid_t writer_uid; /* who must stand behind the door */
	uint64_t spin_ns; /* how long inlet_wait() looks before it sleeps; 0: the standard */
	struct keep
		*keep; /* who keeps the rings if both ends die; NULL: nobody.  Outlives the inlet */
	const char *ring; /* by which name */
	/* What is made of frames depends on those before: a successor reads some of them once more
	 * (RING_FRAME_AGAIN), and those of a writer that died with its reader by the state of
	 * another (RING_FRAME_ORPHAN). */
	bool has_state;
};

/* Does not need the writer to be there yet. */
int inlet_open(const struct inlet_params *p, struct inlet **ret_inlet);
void inlet_close(struct inlet *in);

/* The next frame, copied to private memory; valid until the next call.  First
 * come the frames of the snapshot (flag RING_FRAME_SNAPSHOT, seq 0), then the
 * ring's from the cursor on.  1: a frame; 0: none now (the writer may be away:
 * inlet_poll() sees to it); never an error: a ring that lies is dropped,
 * counted, and knocked for again. */
int inlet_next(struct inlet *in, struct ring_frame *ret);

/* Which ring the last frame came from: with its seq, its name for ever. */
uint64_t inlet_generation(const struct inlet *in);

void inlet_commit(struct inlet *in, const struct ring_counts *counts); /* wakes too */

/* Attach, or attach again, when that is due.  Call it once per turn. */
void inlet_poll(struct inlet *in, struct mono now);

/* The connection to the writer; -1: there is none. */
int inlet_fd(const struct inlet *in);

/* Spin a little, then say that sleep is due: from here on the writer makes the connection readable when
 * there is a frame.  How long to sleep at most, however long it takes otherwise: inlet_poll() is
 * due then; 0: there is something already.  Call inlet_awake() afterwards. */
uint64_t inlet_nap(struct inlet *in, struct mono now);

/* READABLE: the connection was. */
void inlet_awake(struct inlet *in, bool readable);

/* All of that: sleep until there is a frame, or TIMEOUT_NS (at most 1 s). */
void inlet_wait(struct inlet *in, uint64_t timeout_ns);

void inlet_want(struct inlet *in, const struct ring_wants *wants);

/* False: there is nobody to ask. */
bool inlet_ask(struct inlet *in, const struct ring_ask *ask);

/* ring_reader_mute(), if there is one writer and it lives. */
void inlet_mute(struct inlet *in, uint64_t num);

/* ring_reader_say_names() to all writers, and to those that come.  TEXT is copied.  -EMSGSIZE. */
int inlet_say_names(struct inlet *in, struct span text);

/* Words that outlive this process with the writer: set before a commit.  They are
 * there once it is attached; what is set before that stays. */
uint64_t inlet_note(const struct inlet *in, unsigned i);
void inlet_set_note(struct inlet *in, unsigned i, uint64_t value);

/* The counters that this reader's predecessor committed last.  False: it had
 * none.  Ask once after the first frame or attach. */
bool inlet_inherited(const struct inlet *in, struct ring_counts *ret);

struct inlet_status {
	uint64_t size, used, generation, attaches, lies;
	bool attached;	   /* there is a ring to read */
	bool writer_alive; /* its door's connection stands */
	uint64_t skipped;  /* frames of the same ring that were given up after a lie */
};
void inlet_status(const struct inlet *in, struct inlet_status *ret);

#endif
