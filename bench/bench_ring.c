/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-ring [--json]: one hop through a ring between two processes on two
 * CPUs, with all checks on: ns a frame at saturation, round trip by spinning,
 * wake-up of a sleeper. Beside them, in the same run, what others take:
 * ck_ring (128-byte elements, shared memory, two processes), a plain memcpy of 128
 * bytes into memory of the ring's size, and a bare word that goes there and back.
 *
 * Rounds are interleaved; the median of all rounds is what counts.  On a busy machine
 * there are fewer of them, at least one, so that it ends in time.
 */
#include <ck_ring.h>

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "ring.h"
#include "shm.h"

enum {
	ROUNDS = 9,
	BATCH = 64,
	HOPS = 1000000,
	TRIPS = 50000,
	WAKES = 300,
	RING_SIZE = 1 << 20,
	CK_SLOTS = 8192,
};

#define BUDGET_NS (10 * NS_PER_SEC)

struct element {
	uint8_t bytes[128];
};
CK_RING_PROTOTYPE(element, element)

/* What both processes see: results, and ck_ring with its elements. */
struct arena_shared {
	_Atomic uint64_t ready, wake_at;
	_Alignas(128) _Atomic uint64_t ping;
	_Alignas(128) _Atomic uint64_t pong;
	_Atomic uint64_t woken[WAKES];
	ck_ring_t ck;
	struct element elements[CK_SLOTS];
};
static struct arena_shared *arena;

/* Both ends of one ring, as two processes have them after fork. */
struct link {
	struct shm ring, cursor;
	struct ring_writer w;
	struct ring_reader r;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) == -1)
		die("sched_setaffinity");
}

static void link_make(struct link *l)
{
	const struct ring_place start = { .generation = 1, .seq = 1 };

	if (shm_ring_make(RING_SIZE, &l->ring) < 0 || shm_cursor_make(&l->cursor) < 0)
		die("shared memory");
	ring_writer_init(&l->w, l->ring.page, l->ring.data, RING_SIZE, 0, 1);
	if (ring_reader_init(&l->r, l->ring.page, l->ring.data, RING_SIZE, l->cursor.page, &start) <
		    0 ||
	    ring_writer_attach(&l->w, l->cursor.page) < 0)
		die("ring");
}

static void link_drop(struct link *l)
{
	shm_release(&l->ring);
	shm_release(&l->cursor);
}

static void relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#endif
}

/* ---- saturation ---- */

static void read_all(struct link *l, unsigned hops)
{
	static _Alignas(64) uint8_t buf[4096];
	struct ring_counts counts = { { 0 } };
	struct ring_frame f;
	int got;

	for (unsigned n = 0; n < hops;) {
		unsigned in_batch = 0;

		while (in_batch < BATCH && (got = ring_next(&l->r, buf, sizeof(buf), &f)) == 1)
			in_batch++;
		if (in_batch == 0) {
			relax();
			continue;
		}
		counts.v[0] = n += in_batch;
		ring_commit(&l->r, &counts);
	}
}

static void write_all(struct link *l, unsigned hops, size_t len)
{
	static const uint8_t payload[4096];
	struct ring_counts counts = { { 0 } };

	for (unsigned n = 0; n < hops; n++) {
		uint8_t *at;

		while ((at = ring_reserve(&l->w, len, RING_BULK)) == NULL)
			relax();
		memcpy(at, payload, len);
		ring_submit(&l->w, 1, 0, len);
		if (n % BATCH == BATCH - 1) {
			counts.v[0] = n;
			ring_publish(&l->w, &counts);
		}
	}
	ring_publish(&l->w, &counts);
}

/* Run READ in a child on CPU 1 and WRITE here on CPU 0; ns from start to the child's end. */
static uint64_t race(void (*reads)(void *), void (*writes)(void *), void *ctx)
{
	uint64_t start;
	pid_t child;

	atomic_store(&arena->ready, 0);
	child = fork();
	if (child == -1)
		die("fork");
	if (child == 0) {
		pin(1);
		atomic_store(&arena->ready, 1);
		reads(ctx);
		_exit(0);
	}
	while (atomic_load(&arena->ready) == 0)
		sched_yield(); /* the child begins on this CPU */
	start = mono_now().ns;
	writes(ctx);
	if (waitpid(child, NULL, 0) == -1)
		die("waitpid");
	return mono_now().ns - start;
}

static size_t hop_len;

static void hop_reads(void *ctx)
{
	read_all(ctx, HOPS);
}

static void hop_writes(void *ctx)
{
	write_all(ctx, HOPS, hop_len);
}

/* LEN is the whole frame, header included. */
static double hop_ns(size_t len)
{
	struct link l;
	double ns;

	link_make(&l);
	hop_len = len - RING_FRAME_HEADER;
	ns = (double)race(hop_reads, hop_writes, &l) / HOPS;
	link_drop(&l);
	return ns;
}

/* ---- round trip ---- */

static struct ring_counts bounced; /* each process has its own */

static void send_one(struct link *l)
{
	memset(ring_reserve(&l->w, 112, RING_BULK), 1, 112);
	ring_submit(&l->w, 1, 0, 112);
	bounced.v[0]++;
	ring_publish(&l->w, &bounced);
}

/* Spins as inlet_wait() does. */
static void take_one(struct link *l)
{
	static _Alignas(64) uint8_t buf[256];
	struct ring_frame f;

	while (ring_next(&l->r, buf, sizeof(buf), &f) != 1)
		relax();
}

static void echo(void *ctx)
{
	struct link *l = ctx;

	for (unsigned n = 0; n < TRIPS; n++) {
		take_one(&l[0]);
		send_one(&l[1]);
		ring_commit(&l[0].r, &bounced); /* as a stage does it: behind finished work */
	}
}

static void call(void *ctx)
{
	struct link *l = ctx;

	for (unsigned n = 0; n < TRIPS; n++) {
		send_one(&l[0]);
		take_one(&l[1]);
		ring_commit(&l[1].r, &bounced);
	}
}

static double rtt_ns(void)
{
	struct link l[2];
	double ns;

	link_make(&l[0]);
	link_make(&l[1]);
	ns = (double)race(echo, call, l) / TRIPS;
	link_drop(&l[0]);
	link_drop(&l[1]);
	return ns;
}

/* What the machine itself takes: one word there and back. */
static void line_echo(void *ctx)
{
	(void)ctx;
	for (uint64_t n = 1; n <= TRIPS; n++) {
		while (atomic_load_explicit(&arena->ping, memory_order_acquire) != n)
			;
		atomic_store_explicit(&arena->pong, n, memory_order_release);
	}
}

static void line_call(void *ctx)
{
	(void)ctx;
	for (uint64_t n = 1; n <= TRIPS; n++) {
		atomic_store_explicit(&arena->ping, n, memory_order_release);
		while (atomic_load_explicit(&arena->pong, memory_order_acquire) != n)
			;
	}
}

static double line_rtt_ns(void)
{
	atomic_store(&arena->ping, 0);
	atomic_store(&arena->pong, 0);
	return (double)race(line_echo, line_call, NULL) / TRIPS;
}

/* ---- wake-up ---- */

static void sleeps(void *ctx)
{
	struct link *l = ctx;
	uint8_t buf[256];
	struct ring_nap nap;
	struct ring_frame f;

	for (unsigned n = 0; n < WAKES;) {
		if (ring_reader_nap(&l->r, &nap)) {
			shm_sleep(nap.word, nap.value, NS_PER_SEC);
			ring_reader_awake(&l->r);
		}
		if (ring_next(&l->r, buf, sizeof(buf), &f) != 1)
			continue;
		atomic_store(&arena->woken[n++], mono_now().ns - atomic_load(&arena->wake_at));
		ring_commit(&l->r, NULL);
	}
}

static void wakes(void *ctx)
{
	struct link *l = ctx;

	for (unsigned n = 0; n < WAKES; n++) {
		usleep(200); /* the other one sleeps by now */
		memset(ring_reserve(&l->w, 112, RING_BULK), 1, 112);
		ring_submit(&l->w, 1, 0, 112);
		atomic_store(&arena->wake_at, mono_now().ns);
		if (ring_publish(&l->w, NULL))
			shm_wake(ring_writer_bell(&l->w));
	}
}

static int by_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static double wakeup_ns(void)
{
	uint64_t took[WAKES];
	struct link l;

	link_make(&l);
	race(sleeps, wakes, &l);
	link_drop(&l);
	for (unsigned i = 0; i < WAKES; i++)
		took[i] = atomic_load(&arena->woken[i]);
	qsort(took, WAKES, sizeof(took[0]), by_u64);
	return (double)took[WAKES / 2];
}

/* ---- what others take ---- */

static void ck_reads(void *ctx)
{
	static struct element e;

	(void)ctx;
	for (unsigned n = 0; n < HOPS;)
		if (CK_RING_DEQUEUE_SPSC(element, &arena->ck, arena->elements, &e))
			n++;
}

static void ck_writes(void *ctx)
{
	static struct element e;

	(void)ctx;
	for (unsigned n = 0; n < HOPS;)
		if (CK_RING_ENQUEUE_SPSC(element, &arena->ck, arena->elements, &e))
			n++;
}

static double ck_ns(void)
{
	ck_ring_init(&arena->ck, CK_SLOTS);
	return (double)race(ck_reads, ck_writes, NULL) / HOPS;
}

static double memcpy_ns(void)
{
	static uint8_t to[RING_SIZE], from[128];
	uint64_t start = mono_now().ns;

	for (unsigned n = 0; n < HOPS; n++) {
		memcpy(to + (n * 128u) % RING_SIZE, from, sizeof(from));
		__asm__ volatile("" : : "r"(to) : "memory");
	}
	return (double)(mono_now().ns - start) / HOPS;
}

static double hop_64(void)
{
	return hop_ns(64);
}
static double hop_128(void)
{
	return hop_ns(128);
}
static double hop_256(void)
{
	return hop_ns(256);
}

static const struct bench {
	const char *key, *text;
	double (*measure)(void);
} benches[] = {
	{ "hop_64_ns", "64-byte frame, at saturation", hop_64 },
	{ "hop_128_ns", "128-byte frame, at saturation", hop_128 },
	{ "hop_256_ns", "256-byte frame, at saturation", hop_256 },
	{ "rtt_spin_ns", "128-byte frame there and back, both spinning", rtt_ns },
	{ "wakeup_ns", "publish to awake, the reader asleep on its futex", wakeup_ns },
	{ "memcpy_128_ns", "plain memcpy of 128 bytes", memcpy_ns },
	{ "ck_ring_128_ns", "ck_ring, SPSC, 128-byte elements", ck_ns },
	{ "line_rtt_ns", "one word of memory there and back: the machine's floor", line_rtt_ns },
};

static int by_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static double ns[ARRAY_LEN(benches)][ROUNDS];
	struct mono begin = mono_now();
	int rounds = 0;
	bool json = argc > 1 && strcmp(argv[1], "--json") == 0;

	arena = mmap(NULL, sizeof(*arena), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (arena == MAP_FAILED)
		die("mmap");
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
		fprintf(stderr, "bench-ring: two CPUs are needed, one for each side\n");
		return 3;
	}
	pin(0);
	for (; rounds < ROUNDS && mono_since(begin, mono_now()) < BUDGET_NS; rounds++)
		for (size_t i = 0; i < ARRAY_LEN(benches); i++)
			ns[i][rounds] = benches[i].measure();
	if (json)
		printf("{");
	else
		printf("%-18s %9s %9s\n", "", "median", "best");
	for (size_t i = 0; i < ARRAY_LEN(benches); i++) {
		qsort(ns[i], (size_t)rounds, sizeof(ns[i][0]), by_double);
		if (json)
			printf("%s\"%s\":%.1f", i == 0 ? "" : ",", benches[i].key,
			       ns[i][rounds / 2]);
		else
			printf("%-18s %9.1f %9.1f   %s\n", benches[i].key, ns[i][rounds / 2],
			       ns[i][0], benches[i].text);
	}
	if (json)
		printf("}\n");
	return 0;
}
