/* SPDX-License-Identifier: Apache-2.0
 *
 * stress_crash.c -- a writer and a reader, joined by a door, are killed at random moments,
 * one of them or both at once, and started again.  Who kills them keeps the reader's memory meanwhile.
 *
 * Frames hold consecutive numbers.  A writer's successor goes on behind the count
 * that its predecessor published with its last frames, a reader's behind the one
 * committed with the cursor: so a frame that got lost, was skipped or comes twice
 * breaks the row of numbers, and so does a counter that does not fit the frames.
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "door.h"
#include "fdstore.h"
#include "keep.h"
#include "notify_socket.h"

#define RING_SIZE    (1024 * 1024) /* large enough to be kept in part */
#define STATE_FRAMES 20
#define TYPE_STATE   7
#define TYPE_NUMBER  3

struct shared {
	_Atomic uint64_t written, read; /* as the two sides know them; for the report */
	_Atomic uint64_t writer_ring;	/* generation; 0 until a successor writes */
	_Atomic uint64_t reader_ring;	/* that the reader has had a number from */
	_Atomic uint64_t repeated, restarts, again;
	_Atomic int failed;
};

static struct shared *shared;
static char dir[] = "/tmp/stress_crash.XXXXXX", door[64];

static uint64_t random_below(uint64_t n)
{
	return (uint64_t)random() % n;
}

static _Noreturn void fail(const char *what, uint64_t expected, uint64_t got)
{
	fprintf(stderr, "%s: expected %llu, got %llu\n", what, (unsigned long long)expected,
		(unsigned long long)got);
	atomic_store(&shared->failed, 1);
	_exit(1);
}

/* ---- writer ---- */

static bool has_inherited;
static struct ring_counts counts;

static void inherit(void *ctx, const struct ring_counts *old, const uint8_t *sheets)
{
	(void)sheets;
	(void)ctx;
	has_inherited = true;
	counts = *old;
}

static int snapshot(void *ctx, struct frame_sink *sink)
{
	(void)ctx;
	for (uint64_t i = 0; i < STATE_FRAMES; i++)
		if (frame_sink_put(sink, TYPE_STATE, span_of(&i, sizeof(i))) < 0)
			return -1;
	return 0;
}

static size_t len_of(uint64_t n)
{
	return sizeof(n) + n * 7919 % 600;
}

static void put(struct outlet *o, uint64_t n)
{
	size_t len = len_of(n);
	uint8_t *room;

	while ((room = outlet_reserve(o, len, RING_BULK)) == NULL) {
		outlet_publish(o, &counts);
		outlet_poll(o, mono_now());
		outlet_wait(o, 5 * NS_PER_MSEC);
	}
	memset(room, (int)(uint8_t)n, len);
	memcpy(room, &n, sizeof(n));
	outlet_submit(o, TYPE_NUMBER, 0, len);
	counts.v[0] = counts.v[RING_COUNTS - 1] = n;
}

static _Noreturn void writer(bool is_first)
{
	struct outlet_params p = { .door = door,
				   .reader_uid = geteuid(),
				   .socket_gid = (gid_t)-1,
				   .size = RING_SIZE,
				   .snapshot = snapshot,
				   .inherit = inherit };
	struct outlet *o;
	int err = outlet_open(&p, &o);

	if (err < 0)
		fail("outlet_open", 0, (uint64_t)-err);
	while (!is_first && !has_inherited) {
		outlet_poll(o, mono_now());
		outlet_wait(o, NS_PER_MSEC);
	}
	for (;;) {
		unsigned batch = (unsigned)random_below(60);

		for (unsigned i = 0; i < batch; i++)
			put(o, counts.v[0] + 1);
		outlet_publish(o, &counts);
		atomic_store(&shared->written, counts.v[0]);
		if (batch > 0)
			atomic_store(&shared->writer_ring, outlet_generation(o));
		outlet_poll(o, mono_now());
		if (random_below(50) == 0)
			usleep(100);
	}
}

/* ---- who keeps ---- */

static struct fdstore store;
static int keeper;

static void keeper_hears(void)
{
	struct notify_message m;
	int got;

	while ((got = notify_socket_receive(keeper, &m)) != -EAGAIN)
		if (got == 1)
			(void)fdstore_heard(&store, span_of(m.text, m.n), m.fds, m.nfds);
}

/* In the reader: what its predecessor had kept. */
static struct keep *take_kept(void)
{
	static struct keep keep;

	keep.fd = notify_open();
	for (unsigned i = 0; i < FDSTORE_NAMES; i++) {
		struct kept *one = &keep.kept[keep.n];

		if (store.slot[i].nfds == 0)
			continue;
		memcpy(one->name, store.slot[i].name, sizeof(one->name));
		memcpy(one->fd, store.slot[i].fd, sizeof(one->fd));
		one->nfds = store.slot[i].nfds;
		keep.n++;
	}
	return &keep;
}

/* ---- reader ---- */

static void check_state(const struct ring_frame *f, uint64_t *at)
{
	uint64_t i;

	memcpy(&i, f->payload.p, sizeof(i));
	if (f->payload.n != sizeof(i) || f->seq != 0 ||
	    (f->flags & ~RING_FRAME_ORPHAN) != RING_FRAME_SNAPSHOT || i != *at % STATE_FRAMES)
		fail("state", *at % STATE_FRAMES, i);
	(*at)++;
}

/* Of those that were committed, one behind the other. */
static void check_again(const struct ring_frame *f, uint64_t last, uint64_t *at)
{
	uint64_t n;

	memcpy(&n, f->payload.p, sizeof(n));
	if (n > last || (*at != 0 && n != *at + 1))
		fail("number that was committed", *at + 1, n);
	*at = n;
	atomic_fetch_add(&shared->again, 1);
}

static void check_number(const struct ring_frame *f, uint64_t expected)
{
	uint64_t n;

	memcpy(&n, f->payload.p, sizeof(n));
	if (n != expected)
		fail("number", expected, n);
	if (f->payload.n != len_of(n) ||
	    (f->payload.n > sizeof(n) && f->payload.p[f->payload.n - 1] != (uint8_t)n))
		fail("bytes of number", n, f->payload.n);
}

static void take_over(const struct inlet *in, uint64_t *last)
{
	struct ring_counts old;

	if (!inlet_inherited(in, &old))
		fail("counters of the predecessor", 1, 0);
	if (old.v[0] != old.v[RING_COUNTS - 1] || old.v[0] != inlet_note(in, 5))
		fail("counters and notes agree", old.v[0], inlet_note(in, 5));
	*last = old.v[0];
	atomic_fetch_add(&shared->restarts, 1);
	atomic_fetch_add(&shared->repeated, atomic_load(&shared->read) - *last);
}

static _Noreturn void reader(bool is_first)
{
	struct inlet_params p = { .door = door,
				  .writer_uid = geteuid(),
				  .keep = take_kept(),
				  .ring = "stress",
				  .has_state = true };
	struct ring_counts c = { 0 };
	uint64_t last = 0, state = 0, again = 0;
	struct ring_frame f;
	struct inlet *in;
	bool knows_last = is_first;

	if (inlet_open(&p, &in) < 0)
		fail("inlet_open", 0, 1);
	for (;;) {
		unsigned batch = 1 + (unsigned)random_below(100);

		inlet_poll(in, mono_now());
		while (batch-- > 0 && inlet_next(in, &f) == 1) {
			if (!knows_last)
				take_over(in, &last);
			knows_last = true;
			if (f.type == TYPE_STATE) {
				check_state(&f, &state);
				continue;
			}
			if (state % STATE_FRAMES != 0 || state == 0)
				fail("state is whole", STATE_FRAMES, state);
			if ((f.flags & RING_FRAME_AGAIN) != 0) {
				check_again(&f, last, &again);
				continue;
			}
			if (again != 0 && again != last)
				fail("what was committed comes up to that", last, again);
			again = 0;
			check_number(&f, last + 1);
			last++;
			atomic_store(&shared->read, last);
			atomic_store(&shared->reader_ring, inlet_generation(in));
		}
		if (knows_last && random_below(4) != 0) {
			c.v[0] = c.v[RING_COUNTS - 1] = last;
			inlet_set_note(in, 5, last);
			inlet_commit(in, &c);
		}
		inlet_wait(in, 2 * NS_PER_MSEC);
	}
}

/* ---- the killer ---- */

static pid_t start(void (*side)(bool), bool is_first, unsigned seed)
{
	pid_t child = fork();

	if (child == -1)
		exit(1);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		srandom(seed);
		side(is_first);
	}
	return child;
}

/* Both are at it, in the same ring; false: that did not come about. */
static bool wait_until_joined(void)
{
	struct mono begin = mono_now();

	while (mono_since(begin, mono_now()) < 10 * NS_PER_SEC) {
		uint64_t ring = atomic_load(&shared->writer_ring);

		if (atomic_load(&shared->failed))
			return false;
		if (ring != 0 && atomic_load(&shared->reader_ring) == ring)
			return true;
		usleep(200);
	}
	fprintf(stderr, "they did not find each other again\n");
	return false;
}

/* AT is the ring that the dead one was at: known to be nothing once it is dead. */
static bool kill_one(pid_t *side, void (*again)(bool), _Atomic uint64_t *at, unsigned seed)
{
	int status;

	kill(*side, SIGKILL);
	if (waitpid(*side, &status, 0) == -1 || !WIFSIGNALED(status))
		return false;
	atomic_store(at, 0);
	keeper_hears();
	*side = start(again, false, seed);
	return true;
}

static bool kill_both(pid_t *w, pid_t *r, unsigned seed)
{
	kill(*w, SIGKILL);
	kill(*r, SIGKILL);
	if (waitpid(*w, NULL, 0) == -1 || waitpid(*r, NULL, 0) == -1)
		return false;
	atomic_store(&shared->writer_ring, 0);
	atomic_store(&shared->reader_ring, 0);
	keeper_hears();
	*r = start(reader, false, seed * 2);
	*w = start(writer, false, seed * 2 + 1);
	return true;
}

static bool run(uint64_t run_ns, unsigned *ret_kills)
{
	struct mono begin = mono_now();
	pid_t w = start(writer, true, 1), r = start(reader, true, 2);
	bool good = true;
	unsigned kills = 0;

	while (good && mono_since(begin, mono_now()) < run_ns) {
		good = wait_until_joined();
		usleep((useconds_t)random_below(15000));
		if (!good)
			break;
		kills++;
		switch (random_below(3)) {
		case 0:
			good = kill_one(&r, reader, &shared->reader_ring, kills * 2);
			break;
		case 1:
			good = kill_one(&w, writer, &shared->writer_ring, kills * 2 + 1);
			break;
		default:
			good = kill_both(&w, &r, kills);
		}
	}
	good = good && wait_until_joined();
	kill(w, SIGKILL);
	kill(r, SIGKILL);
	waitpid(w, NULL, 0);
	waitpid(r, NULL, 0);
	*ret_kills = kills;
	return good && !atomic_load(&shared->failed);
}

int main(void)
{
	unsigned kills = 0;
	char name[64];
	bool good;

	keeper = notify_socket_open(name, sizeof(name));
	if (keeper < 0)
		return 1;
	setenv("NOTIFY_SOCKET", name, 1);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED || mkdtemp(dir) == NULL)
		return 1;
	snprintf(door, sizeof(door), "%s/a.door", dir);
	srandom((unsigned)getpid());
	good = run(getenv("MEWS_LONG") != NULL ? 60 * NS_PER_SEC : 5 * NS_PER_SEC, &kills);
	good = good && kills > 10;
	printf("%s - %u kills: %llu frames came once each and in order "
	       "(%llu reader restarts repeated %llu that were not committed, and read %llu again)\n",
	       good ? "ok" : "not ok", kills, (unsigned long long)atomic_load(&shared->read),
	       (unsigned long long)atomic_load(&shared->restarts),
	       (unsigned long long)atomic_load(&shared->repeated),
	       (unsigned long long)atomic_load(&shared->again));
	unlink(door);
	rmdir(dir);
	return good ? 0 : 1;
}
