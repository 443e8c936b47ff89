/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_ring.c -- the ring's memory as a peer that went mad would leave it: first as
 * header and data under a reader, then as a cursor under a writer.  Whatever is
 * there, both ends stay within their memory and within bounds of time; a frame that is
 * handed out is a copy, and its parts make sense.  So does a snapshot's.
 */
#include <errno.h>

#include "frame_sink.h"
#include "must.h"
#include "ring_layout.h"
#include "shm.h"

#define SIZE	   RING_MIN_SIZE
#define GENERATION 5

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct shm ring, cursor;
static uint8_t buf[4096], names[RING_NAMES];

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Identity is put right where the input's first byte says so, or nothing would get far. */
static void lay_out(const uint8_t *data, size_t size, struct ring_page *page, uint64_t magic)
{
	memset(page, 0, sizeof(*page));
	memcpy(page, data, least(size, sizeof(*page)));
	if (size == 0 || data[0] % 16 == 0)
		return;
	page->id.magic = magic;
	page->id.abi = RING_ABI;
	page->id.size = SIZE;
	page->id.generation = GENERATION;
}

static void read_it(const uint8_t *data, size_t size)
{
	size_t head = least(size, sizeof(struct ring_page));
	struct ring_place place = { .generation = GENERATION, .seq = 1 };
	struct ring_counts counts;
	struct ring_reader r;
	struct ring_frame f;
	struct ring_nap nap;
	unsigned frames = 0;
	int got;

	memset(ring.data, 0, SIZE);
	memcpy(ring.data, data + head, least(size - head, SIZE));
	lay_out(data, size, ring.page, RING_MAGIC);
	memset(cursor.page, 0, RING_CURSOR);
	if (ring_reader_init(&r, ring.page, ring.data, SIZE, cursor.page, &place) < 0)
		return;
	while ((got = ring_next(&r, buf, sizeof(buf), &f)) == 1) {
		must(f.payload.p == buf && f.payload.n <= sizeof(buf) && f.seq == ++frames);
		must(r.tail % 8 == 0 && r.tail <= SIZE);
	}
	must(got == 0 || got == -EPROTO || got == -EMSGSIZE);
	must(frames <= SIZE / RING_FRAME_HEADER);
	must(ring_used(&r) <= SIZE);
	(void)ring_reader_peer_counts(&r, &counts);
	(void)ring_commit(&r, NULL);
	if (ring_reader_nap(&r, &nap))
		ring_reader_awake(&r);
}

/* What is behind the page; the version is put right as identity is. */
static void lay_out_names(const uint8_t *data, size_t size, struct ring_names_page *p)
{
	size_t head = least(size, sizeof(struct ring_page));

	memset(p, 0, sizeof(*p));
	memcpy(p, data + head, least(size - head, sizeof(*p)));
	if (size > 0 && data[0] % 8 != 0)
		p->end = p->begin;
}

static void read_names(const struct ring_writer *w)
{
	uint64_t version = 0;
	size_t n;

	if (!ring_writer_names(w, &version, names, &n))
		return;
	must(n <= sizeof(names) && version != 0);
	must(!ring_writer_names(w, &version, names, &n));
}

static void write_it(const uint8_t *data, size_t size)
{
	struct ring_wants wants = { 0 };
	struct ring_counts counts;
	struct ring_place place;
	struct ring_writer w;
	struct ring_nap nap;
	unsigned frames = 0;

	ring_writer_init(&w, ring.page, ring.data, SIZE, SIZE / 4, GENERATION);
	for (unsigned i = 0; i < 64; i++) { /* so that there is something to have read */
		must(ring_reserve(&w, 48, RING_BULK) != NULL);
		ring_submit(&w, 1, 0, 48);
	}
	ring_publish(&w, NULL);
	lay_out(data, size, cursor.page, CURSOR_MAGIC);
	lay_out_names(data, size, &((struct ring_cursor *)cursor.page)->names);
	(void)ring_place_read(cursor.page, &place);
	if (ring_writer_attach(&w, cursor.page) < 0)
		return;
	while (ring_reserve(&w, 112, RING_STATE) != NULL && frames <= 2 * SIZE / 128) {
		ring_submit(&w, 1, 0, 112);
		(void)ring_publish(&w, NULL);
		frames++;
	}
	must(frames <= SIZE / 128 && w.head - w.tail <= SIZE && w.tail <= w.published);
	(void)ring_writer_wants(&w, &wants);
	read_names(&w);
	(void)ring_writer_peer_counts(&w, &counts);
	if (ring_writer_nap(&w, &nap))
		ring_writer_awake(&w);
}

static void read_as_snapshot(const uint8_t *data, size_t size)
{
	struct ring_frame f;
	uint64_t at = 0, before = 0;
	int got;

	while ((got = frame_sink_read(data, size, &at, &f)) == 1) {
		must(at > before && at <= size);
		must(f.payload.p >= data && f.payload.n <= size &&
		     f.payload.p + f.payload.n <= data + size);
		must((f.flags & RING_FRAME_SNAPSHOT) != 0 && f.seq == 0);
		before = at;
	}
	must(got == 0 || got == -EPROTO);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (ring.base == NULL)
		must(shm_ring_make(SIZE, &ring) == 0 && shm_cursor_make(&cursor) == 0);
	read_it(data, size);
	write_it(data, size);
	read_as_snapshot(data, size);
	return 0;
}
