/* SPDX-License-Identifier: Apache-2.0
 *
 * stress_ring.c -- one ring under load: random sizes, batches and pauses, both
 * sides sleeping when they have nothing to do, first as two threads, then as two
 * processes.  Each frame's bytes follow from its number, so that a wrong one shows.  The reader
 * says names all the while, of which the writer may see some, but whole.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "ring.h"
#include "shm.h"

#define SIZE	RING_MIN_SIZE
#define MAX_LEN 5000

/* What both sides see, beside the ring. */
struct shared {
	_Atomic uint64_t end_at;      /* ns; the writer's last frame comes then */
	_Atomic uint64_t read, heard; /* frames; names */
	_Atomic uint64_t naps[2], wakes[2];
	_Atomic int failed;
};

static struct shared *shared;
static struct shm ring, cursor;

static uint64_t hash(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

/* Mostly small, as events are; every 64th of any size. */
static size_t len_of(uint64_t n)
{
	uint64_t h = hash(n);

	return h % 64 == 0 ? (h >> 8) % MAX_LEN : (h >> 8) % 200;
}

static void fill(uint8_t *p, size_t len, uint64_t n)
{
	memset(p, (int)(uint8_t)hash(n + 1), len);
	if (len >= sizeof(n))
		memcpy(p + len - sizeof(n), &n, sizeof(n));
}

static void fail(const char *what, uint64_t n)
{
	fprintf(stderr, "frame %llu: %s\n", (unsigned long long)n, what);
	atomic_store(&shared->failed, 1);
}

/* Their first word is what they follow from. */
static size_t names_of(uint64_t n, uint8_t ret[RING_NAMES])
{
	size_t len = sizeof(n) + hash(n * 7) % (RING_NAMES - sizeof(n) + 1);

	memset(ret, (int)(uint8_t)hash(n + 2), len);
	memcpy(ret, &n, sizeof(n));
	return len;
}

static void check_names(const struct ring_writer *w, uint64_t *version)
{
	static uint8_t names[RING_NAMES], expected[RING_NAMES];
	size_t len;
	uint64_t n;

	if (!ring_writer_names(w, version, names, &len))
		return;
	memcpy(&n, names, sizeof(n));
	if (len != names_of(n, expected) || memcmp(names, expected, len) != 0)
		fail("names are torn", n);
	atomic_fetch_add(&shared->heard, 1);
}

static void say_names(struct ring_reader *r, uint64_t n)
{
	static uint8_t names[RING_NAMES];

	if (ring_reader_say_names(r, span_of(names, names_of(n, names))) < 0)
		fail("names are refused", n);
}

/* Type 2 ends it. */
static void write_side(struct ring_writer *w)
{
	uint64_t n = 0, end_at = atomic_load(&shared->end_at), version = 0;
	struct ring_counts counts = { 0 };
	bool last = false;

	while (!last && !atomic_load(&shared->failed)) {
		unsigned batch = 1 + (unsigned)(hash(n * 3) % 100);

		last = mono_now().ns > end_at;
		for (unsigned i = 0; i < batch; i++, n++) {
			size_t len = len_of(n);
			uint8_t *room;

			while ((room = ring_reserve(w, len, RING_BULK)) == NULL) {
				struct ring_nap nap;

				if (ring_publish(w, &counts))
					shm_wake(ring_writer_bell(w));
				if (!ring_writer_nap(w, &nap))
					continue;
				atomic_fetch_add(&shared->naps[0], 1);
				shm_sleep(nap.word, nap.value, NS_PER_SEC);
				ring_writer_awake(w);
			}
			fill(room, len, n);
			ring_submit(w, last && i == batch - 1 ? 2 : 1, 0, len);
			counts.v[0] = counts.v[RING_COUNTS - 1] = n + 1;
		}
		if (ring_publish(w, &counts)) {
			atomic_fetch_add(&shared->wakes[0], 1);
			shm_wake(ring_writer_bell(w));
		}
		check_names(w, &version);
		if (hash(n) % 512 == 0)
			usleep(100);
	}
}

static void check_peer_counts(const struct ring_reader *r, uint64_t n)
{
	struct ring_counts c;

	if (!ring_reader_peer_counts(r, &c))
		return; /* the writer was faster than we; at the end it must work */
	if (c.v[0] != c.v[RING_COUNTS - 1])
		fail("counters are torn", n);
	if (c.v[0] < n)
		fail("counters are behind the frames", n);
}

static void read_side(struct ring_reader *r)
{
	static uint8_t buf[8192], expected[8192];
	struct ring_counts counts = { 0 };
	bool last = false;
	uint64_t n = 0;

	while (!last && !atomic_load(&shared->failed)) {
		struct ring_frame f;
		struct ring_nap nap;
		unsigned batch = 1 + (unsigned)(hash(n * 5) % 100);
		int got = 0;

		while (batch-- > 0 && !last && (got = ring_next(r, buf, sizeof(buf), &f)) == 1) {
			fill(expected, len_of(n), n);
			if (f.seq != n + 1 || f.payload.n != len_of(n) ||
			    memcmp(expected, f.payload.p, f.payload.n) != 0)
				return fail("is not what was written", n);
			last = f.type == 2;
			n++;
		}
		if (got < 0)
			return fail("the ring is said to lie", n);
		check_peer_counts(r, n);
		if (hash(n) % 8 == 0)
			say_names(r, n);
		counts.v[0] = n;
		if (ring_commit(r, &counts)) {
			atomic_fetch_add(&shared->wakes[1], 1);
			shm_wake(ring_reader_bell(r));
		}
		if (got == 0 && ring_reader_nap(r, &nap)) {
			atomic_fetch_add(&shared->naps[1], 1);
			shm_sleep(nap.word, nap.value, NS_PER_SEC);
			ring_reader_awake(r);
		}
		if (hash(n) % 700 == 0)
			usleep(200);
	}
	atomic_store(&shared->read, n);
}

/* ---- the two ways to run it ---- */

static void begin(struct ring_writer *w, struct ring_reader *r, uint64_t run_ns)
{
	const struct ring_place start = { .generation = 1, .seq = 1 };

	memset(shared, 0, sizeof(*shared));
	atomic_store(&shared->end_at, mono_after(mono_now(), run_ns).ns);
	if (shm_ring_make(SIZE, &ring) < 0 || shm_cursor_make(&cursor) < 0)
		exit(1);
	ring_writer_init(w, ring.page, ring.data, SIZE, 0, 1);
	if (ring_reader_init(r, ring.page, ring.data, SIZE, cursor.page, &start) < 0 ||
	    ring_writer_attach(w, cursor.page) < 0)
		exit(1);
}

static bool end(const char *name, const struct ring_writer *w, const struct ring_reader *r)
{
	uint64_t read = atomic_load(&shared->read);
	struct ring_counts c;
	bool good = !atomic_load(&shared->failed) && read > 1000 && atomic_load(&shared->heard) > 0;

	if (good && w != NULL)
		good = w->seq == read + 1;
	if (good && r != NULL)
		good = ring_reader_peer_counts(r, &c) && c.v[0] == read;
	printf("%s - %s: %llu frames, each in its place and whole "
	       "(writer slept %llu times, reader %llu; names heard %llu times)\n",
	       good ? "ok" : "not ok", name, (unsigned long long)read,
	       (unsigned long long)atomic_load(&shared->naps[0]),
	       (unsigned long long)atomic_load(&shared->naps[1]),
	       (unsigned long long)atomic_load(&shared->heard));
	fflush(stdout);
	shm_release(&ring);
	shm_release(&cursor);
	return good;
}

static void *reader_thread(void *ctx)
{
	read_side(ctx);
	return NULL;
}

static bool run_threads(uint64_t run_ns)
{
	struct ring_writer w;
	struct ring_reader r;
	pthread_t thread;

	begin(&w, &r, run_ns);
	if (pthread_create(&thread, NULL, reader_thread, &r) != 0)
		exit(1);
	write_side(&w);
	pthread_join(thread, NULL);
	return end("two threads", &w, &r);
}

#ifndef STRESS_THREADS_ONLY
static bool run_processes(uint64_t run_ns)
{
	struct ring_writer w;
	struct ring_reader r;
	int status = -1;
	pid_t child;

	begin(&w, &r, run_ns);
	child = fork();
	if (child == -1)
		exit(1);
	if (child == 0) {
		read_side(&r);
		_exit(0);
	}
	write_side(&w);
	if (waitpid(child, &status, 0) == -1 || status != 0)
		fail("the reader died", 0);
	return end("two processes", &w, NULL);
}
#endif

int main(void)
{
	uint64_t run_ns = getenv("MEWS_LONG") != NULL ? 30 * NS_PER_SEC : 2 * NS_PER_SEC;
	bool good;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		return 1;
	alarm(120); /* a side that sleeps for ever is a failure too */
	good = run_threads(run_ns);
#ifndef STRESS_THREADS_ONLY
	good = run_processes(run_ns) && good;
#endif
	return good ? 0 : 1;
}
