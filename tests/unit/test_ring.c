/* SPDX-License-Identifier: Apache-2.0
 *
 * test_ring.c -- the protocol of a ring on plain memory, and what one side does
 * when the other lies.  Data that is mapped twice comes from shm.c.
 */
#include <errno.h>
#include <signal.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "ring_layout.h"
#include "shm.h"

#define SIZE	   RING_MIN_SIZE
#define RESERVE	   (SIZE / 4)
#define GENERATION 42

static struct shm ring, cursor;
static struct ring_writer w;
static struct ring_reader r;
static uint8_t buf[RING_MAX_PAYLOAD], names[RING_NAMES];
static uint64_t names_seen; /* the version of what was taken last */

static const struct ring_place start = { .generation = GENERATION, .seq = 1 };

static struct ring_page *header(void)
{
	return ring.page;
}

static struct ring_page *page(void)
{
	return cursor.page;
}

static void begin(void)
{
	cr_assert(eq(int, shm_ring_make(SIZE, &ring), 0));
	cr_assert(eq(int, shm_cursor_make(&cursor), 0));
	ring_writer_init(&w, ring.page, ring.data, SIZE, RESERVE, GENERATION);
	cr_assert(
		eq(int, ring_reader_init(&r, ring.page, ring.data, SIZE, cursor.page, &start), 0));
	cr_assert(eq(int, ring_writer_attach(&w, cursor.page), 0));
}

/* A successor, with a cursor of its own. */
static void begin_again(void)
{
	shm_release(&cursor);
	cr_assert(eq(int, shm_cursor_make(&cursor), 0));
	cr_assert(
		eq(int, ring_reader_init(&r, ring.page, ring.data, SIZE, cursor.page, &start), 0));
	cr_assert(eq(int, ring_writer_attach(&w, cursor.page), 0));
}

static void end(void)
{
	shm_release(&ring);
	shm_release(&cursor);
}

TestSuite(ring, .init = begin, .fini = end);

/* A frame of LEN bytes that tell which it is. */
static bool put_class(size_t len, uint8_t fill, enum ring_class cls)
{
	uint8_t *room = ring_reserve(&w, len, cls);

	if (room == NULL)
		return false;
	cr_assert(eq(uint, (unsigned)((uintptr_t)room % 8), 0));
	memset(room, fill, len);
	ring_submit(&w, fill, 0x100 | fill, len);
	return true;
}

static bool put(size_t len, uint8_t fill)
{
	return put_class(len, fill, RING_STATE);
}

static void expect(size_t len, uint8_t fill)
{
	struct ring_frame f;

	cr_assert(eq(int, ring_next(&r, buf, sizeof(buf), &f), 1));
	cr_assert(eq(uint, f.type, fill));
	cr_assert(eq(uint, f.flags, 0x100u | fill));
	cr_assert(eq(sz, f.payload.n, len));
	for (size_t i = 0; i < len; i++)
		cr_assert(f.payload.p[i] == fill, "byte %zu", i);
}

static int next(void)
{
	struct ring_frame f;

	return ring_next(&r, buf, sizeof(buf), &f);
}

static struct ring_counts counts_of(uint64_t n)
{
	struct ring_counts c;

	for (unsigned i = 0; i < RING_COUNTS; i++)
		c.v[i] = n * 1000 + i;
	return c;
}

static void publish(uint64_t n)
{
	struct ring_counts c = counts_of(n);

	ring_publish(&w, &c);
}

static bool is_counts_of(const struct ring_counts *c, uint64_t n)
{
	struct ring_counts expected = counts_of(n);

	return memcmp(c, &expected, sizeof(expected)) == 0;
}

/* ---- frames ---- */

Test(ring, an_empty_ring_has_no_frame)
{
	cr_assert(eq(int, next(), 0));
	cr_assert(eq(u64, ring_used(&r), 0));
	cr_assert(not(ring_has_more(&r)));
}

Test(ring, a_frame_is_seen_when_it_is_published_and_not_before)
{
	struct ring_frame f;

	put(5, 1);
	put(0, 2);
	cr_assert(eq(int, next(), 0));
	publish(1);
	cr_assert(eq(u64, ring_used(&r), 24 + 16));
	cr_assert(eq(int, ring_next(&r, buf, sizeof(buf), &f), 1));
	cr_assert(eq(u64, f.seq, 1));
	cr_assert(eq(int, ring_next(&r, buf, sizeof(buf), &f), 1));
	cr_assert(eq(u64, f.seq, 2));
	cr_assert(eq(sz, f.payload.n, 0));
	cr_assert(eq(int, next(), 0));
}

Test(ring, frames_lie_as_the_document_says)
{
	static const uint8_t expected[] = {
		3, 0, 0, 0, 7, 0, 7, 1, 1, 0, 0, 0, 0, 0, 0, 0, 7, 7, 7
	};

	put(3, 7);
	publish(1);
	cr_assert(eq(int, memcmp(ring.data, expected, sizeof(expected)), 0));
	cr_assert(eq(u64, header()->word & ~RING_SLOT_BIT, 24));
	cr_assert(eq(u64, header()->slot[header()->word & RING_SLOT_BIT].position, 24));
	cr_assert(eq(u64, *(uint64_t *)((uint8_t *)ring.page + 128), header()->word));
	cr_assert(eq(int, memcmp(ring.page, "mewsring", 8), 0));
	cr_assert(eq(int, memcmp(cursor.page, "mewscurs", 8), 0));
}

Test(ring, a_full_ring_takes_nothing_until_the_reader_commits)
{
	unsigned n = 0;

	while (put(240, 9))
		n++;
	cr_assert(eq(uint, n, SIZE / 256));
	publish(1);
	cr_assert(not(put(0, 9)));
	expect(240, 9);
	cr_assert(not(put(0, 9)), "what was read is not yet free");
	ring_commit(&r, NULL);
	cr_assert(put(240, 10));
	cr_assert(not(put(0, 9)));
}

Test(ring, frames_cross_the_end_of_the_memory_whole)
{
	for (unsigned round = 0; round < 3000; round++) {
		size_t len = round * 37 % 3001;

		cr_assert(put(len, (uint8_t)round));
		publish(round);
		expect(len, (uint8_t)round);
		ring_commit(&r, NULL);
	}
	cr_assert(lt(u64, 20 * SIZE, w.head));
}

Test(ring, a_frame_that_can_never_fit_is_refused)
{
	static const struct {
		size_t cap;
		enum ring_class cls;
		bool fits;
	} rows[] = {
		{ SIZE - 16, RING_STATE, true },
		{ SIZE - 15, RING_STATE, false },
		{ SIZE - RESERVE - 16, RING_BULK, true },
		{ SIZE - RESERVE - 15, RING_BULK, false },
		{ RING_MAX_PAYLOAD + 1, RING_STATE, false },
		{ SIZE_MAX, RING_STATE, false },
		{ SIZE_MAX - 15, RING_BULK, false },
		{ (size_t)UINT32_MAX + 1, RING_BULK, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cr_assert(eq(int, ring_fits(&w, rows[i].cap, rows[i].cls), rows[i].fits));
		cr_assert(
			eq(int, ring_reserve(&w, rows[i].cap, rows[i].cls) != NULL, rows[i].fits));
		ring_abandon(&w);
	}
}

Test(ring, bulk_leaves_the_reserve_to_state)
{
	unsigned bulk = 0, state = 0;

	while (put_class(240, 1, RING_BULK))
		bulk++;
	while (put_class(240, 2, RING_STATE))
		state++;
	cr_assert(eq(uint, bulk, (SIZE - RESERVE) / 256));
	cr_assert(eq(uint, state, RESERVE / 256));
	cr_assert(not(put_class(0, 1, RING_BULK)));
}

Test(ring, what_only_the_readers_end_says_no_writer_can)
{
	struct ring_frame f;

	cr_assert_not_null(ring_reserve(&w, 8, RING_STATE));
	ring_submit(&w, 1, 0xffff, 8);
	publish(1);
	cr_assert(eq(int, ring_next(&r, buf, sizeof(buf), &f), 1));
	cr_assert(eq(uint, f.flags, 0xffffu & ~(unsigned)RING_FRAME_READERS));
}

Test(ring, an_abandoned_frame_leaves_no_trace)
{
	memset(ring_reserve(&w, 100, RING_BULK), 0xee, 100);
	ring_abandon(&w);
	put(3, 1);
	publish(1);
	expect(3, 1);
	cr_assert(eq(int, next(), 0));
}

Test(ring, a_frame_may_turn_out_shorter_than_its_room)
{
	uint8_t *room = ring_reserve(&w, 1000, RING_BULK);

	memset(room, 4, 10);
	ring_submit(&w, 4, 0x104, 10);
	put(5, 5);
	publish(1);
	expect(10, 4);
	expect(5, 5);
}

Test(ring, a_frame_longer_than_its_room_ends_the_program, .signal = SIGILL)
{
	ring_reserve(&w, 10, RING_BULK);
	ring_submit(&w, 1, 0, 11);
}

Test(ring, a_buffer_that_is_too_small_is_told_and_nothing_is_lost)
{
	struct ring_frame f;

	put(100, 1);
	publish(1);
	cr_assert(eq(int, ring_next(&r, buf, 99, &f), -EMSGSIZE));
	expect(100, 1);
}

/* ---- a writer that lies ---- */

Test(ring, a_head_that_cannot_be_is_a_lie)
{
	static const uint64_t heads[] = { SIZE + 64 + 8,  64 + 4,	    64 + 2, 56, 0,
					  UINT64_MAX - 7, (uint64_t)1 << 63 };

	put(48, 1);
	publish(1);
	expect(48, 1);
	ring_commit(&r, NULL);
	cr_assert(eq(u64, w.head, 64));
	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		struct ring_reader copy = r;
		struct ring_frame f;

		header()->word = heads[i];
		cr_assert(eq(int, ring_next(&copy, buf, sizeof(buf), &f), -EPROTO), "%zu", i);
	}
	header()->word = 64;
	cr_assert(eq(int, next(), 0));
}

Test(ring, a_head_may_not_lap_what_is_not_committed)
{
	put(48, 1);
	publish(1);
	expect(48, 1);
	header()->word = SIZE + 8;
	cr_assert(eq(int, next(), -EPROTO));
	ring_commit(&r, NULL);
	header()->word = SIZE + 64;
	put(48, 1); /* so that a frame lies there */
	cr_assert(eq(int, next(), 1));
}

Test(ring, a_frame_that_reaches_beyond_the_head_is_a_lie)
{
	static const uint32_t lengths[] = { 49, 56, SIZE, UINT32_MAX, UINT32_MAX - 7, 0x80000000 };

	put(48, 1);
	publish(1);
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		memcpy(ring.data, &lengths[i], 4);
		cr_assert(eq(int, next(), -EPROTO), "%x", lengths[i]);
	}
	memcpy(ring.data, (uint32_t[]){ 48 }, 4);
	expect(48, 1);
}

Test(ring, a_head_in_the_middle_of_a_header_is_a_lie)
{
	header()->word = 8;
	cr_assert(eq(int, next(), -EPROTO));
}

Test(ring, a_sequence_number_that_is_not_the_next_is_a_lie)
{
	put(8, 1);
	put(8, 2);
	publish(1);
	expect(8, 1);
	memcpy(ring.data + 24 + 8, (uint64_t[]){ 1 }, 8);
	cr_assert(eq(int, next(), -EPROTO));
	memcpy(ring.data + 24 + 8, (uint64_t[]){ 3 }, 8);
	cr_assert(eq(int, next(), -EPROTO));
}

Test(ring, what_is_no_ring_is_refused)
{
	static const struct {
		const char *name;
		uint64_t magic, abi, size, generation, mapped, position, word;
	} rows[] = {
		{ "magic", CURSOR_MAGIC, RING_ABI, SIZE, GENERATION, SIZE, 0, 0 },
		{ "ABI", RING_MAGIC, RING_ABI + 1, SIZE, GENERATION, SIZE, 0, 0 },
		{ "larger than mapped", RING_MAGIC, RING_ABI, SIZE * 2, GENERATION, SIZE, 0, 0 },
		{ "smaller than mapped", RING_MAGIC, RING_ABI, SIZE / 2, GENERATION, SIZE, 0, 0 },
		{ "generation", RING_MAGIC, RING_ABI, SIZE, GENERATION + 1, SIZE, 0, 0 },
		{ "mapped size", RING_MAGIC, RING_ABI, SIZE - 8, GENERATION, SIZE - 8, 0, 0 },
		{ "too small", RING_MAGIC, RING_ABI, SIZE / 2, GENERATION, SIZE / 2, 0, 0 },
		{ "behind the head", RING_MAGIC, RING_ABI, SIZE, GENERATION, SIZE, 8, 0 },
		{ "lapped", RING_MAGIC, RING_ABI, SIZE, GENERATION, SIZE, 0, SIZE + 8 },
		{ "not aligned", RING_MAGIC, RING_ABI, SIZE, GENERATION, SIZE, 4, 8 },
		{ "head not aligned", RING_MAGIC, RING_ABI, SIZE, GENERATION, SIZE, 0, 12 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ring_place place = { .generation = GENERATION,
					    .seq = 1,
					    .position = rows[i].position };
		struct ring_reader new;
		struct shm own;

		cr_assert(eq(int, shm_cursor_make(&own), 0));
		header()->id.magic = rows[i].magic;
		header()->id.abi = rows[i].abi;
		header()->id.size = rows[i].size;
		header()->id.generation = rows[i].generation;
		header()->word = rows[i].word;
		cr_assert(eq(int,
			     ring_reader_init(&new, ring.page, ring.data, rows[i].mapped, own.page,
					      &place),
			     -EPROTO),
			  "%s", rows[i].name);
		shm_release(&own);
	}
}

/* ---- a reader that lies ---- */

Test(ring, a_tail_that_cannot_be_is_a_lie)
{
	static const uint64_t tails[] = { 64 * 4 + 8, 64 + 4, 64 + 2, 56, 0, UINT64_MAX - 7 };

	for (unsigned i = 0; i < 4; i++)
		put(48, 1);
	publish(1);
	put(48, 2); /* not published: cannot have been read */
	expect(48, 1);
	ring_commit(&r, NULL);
	cr_assert(eq(int, ring_writer_refresh(&w), 0));
	cr_assert(eq(u64, w.tail, 64));
	for (size_t i = 0; i < ARRAY_LEN(tails); i++) {
		struct ring_writer copy = w;

		page()->word = tails[i];
		cr_assert(eq(int, ring_writer_refresh(&copy), -EPROTO), "%zu", i);
		cr_assert(eq(u64, copy.tail, 64));
		page()->word = 64;
		cr_assert(eq(int, ring_writer_refresh(&copy), -EPROTO), "once a liar");
		cr_assert(eq(int, ring_writer_attach(&copy, page()), 0));
		cr_assert(eq(int, ring_writer_refresh(&copy), 0));
	}
}

Test(ring, a_liar_frees_no_room)
{
	while (put(240, 1))
		;
	publish(1);
	page()->word = w.head + 8;
	cr_assert(not(put(0, 1)));
	cr_assert(w.reader_lies);
	page()->word = w.head;
	cr_assert(not(put(0, 1)));
}

Test(ring, a_liar_is_not_asked_for_anything)
{
	struct ring_wants wants = { .version = 1 }, got = { 0 };
	struct ring_counts c;
	struct ring_nap nap;
	size_t n;

	ring_reader_want(&r, &wants);
	cr_assert(eq(int, ring_reader_say_names(&r, span_str("a")), 0));
	page()->word = 8;
	cr_assert(eq(int, ring_writer_refresh(&w), -EPROTO));
	cr_assert(not(ring_writer_wants(&w, &got)));
	cr_assert(not(ring_writer_names(&w, &names_seen, names, &n)));
	cr_assert(not(ring_writer_peer_counts(&w, &c)));
	cr_assert(not(ring_writer_nap(&w, &nap)));
}

Test(ring, a_cursor_of_another_ring_is_refused)
{
	page()->id.generation++;
	cr_assert(eq(int, ring_writer_attach(&w, page()), -EPROTO));
	page()->id.generation--;
	page()->id.size *= 2;
	cr_assert(eq(int, ring_writer_attach(&w, page()), -EPROTO));
	page()->id.size /= 2;
	page()->id.magic = RING_MAGIC;
	cr_assert(eq(int, ring_writer_attach(&w, page()), -EPROTO));
	page()->id.magic = CURSOR_MAGIC;
	page()->id.abi++;
	cr_assert(eq(int, ring_writer_attach(&w, page()), -EPROTO));
	page()->id.abi--;
	cr_assert(eq(int, ring_writer_attach(&w, page()), 0));
}

/* ---- counters, notes, wants ---- */

Test(ring, counters_go_with_the_head_even_when_no_frame_does)
{
	struct ring_counts c;

	for (uint64_t n = 1; n < 50; n++) {
		if (n % 3 == 0)
			put(8, 1);
		publish(n);
		cr_assert(ring_reader_peer_counts(&r, &c));
		cr_assert(is_counts_of(&c, n));
	}
	ring_publish(&w, NULL);
	cr_assert(ring_reader_peer_counts(&r, &c));
	cr_assert(is_counts_of(&c, 49), "they stay as they were");
	ring_publish(&w, NULL);
	cr_assert(ring_reader_peer_counts(&r, &c));
	cr_assert(is_counts_of(&c, 49));
}

/* What a writer that dies between two stores of a publish leaves: the slot that is not
 * in force in any state, the word as it was. */
Test(ring, counters_fit_the_frames_whenever_the_writer_died)
{
	struct ring_page before, after;
	struct ring_counts c;

	publish(1);
	put(8, 1);
	publish(2);
	memcpy(&before, header(), sizeof(before));
	put(8, 2);
	publish(3);
	memcpy(&after, header(), sizeof(after));
	for (size_t done = offsetof(struct ring_page, slot); done <= sizeof(after); done += 8) {
		memcpy(header(), &before, sizeof(before));
		memcpy((uint8_t *)header() + offsetof(struct ring_page, slot),
		       (uint8_t *)&after + offsetof(struct ring_page, slot),
		       done - offsetof(struct ring_page, slot));
		cr_assert(ring_reader_peer_counts(&r, &c), "%zu", done);
		cr_assert(is_counts_of(&c, 2), "%zu", done);
	}
	header()->word = after.word;
	cr_assert(ring_reader_peer_counts(&r, &c));
	cr_assert(is_counts_of(&c, 3));
}

Test(ring, a_slot_in_the_middle_of_a_change_is_not_believed)
{
	struct ring_counts c;

	publish(1);
	header()->slot[header()->word & 1].begin++;
	cr_assert(not(ring_reader_peer_counts(&r, &c)));
	header()->slot[header()->word & 1].end++;
	cr_assert(ring_reader_peer_counts(&r, &c));
	header()->slot[header()->word & 1].position += 8;
	cr_assert(not(ring_reader_peer_counts(&r, &c)));
}

Test(ring, a_successor_finds_what_was_committed_and_nothing_else)
{
	struct ring_counts seven = counts_of(7);
	struct ring_place place;
	struct ring_reader successor;
	struct shm own;

	for (uint8_t i = 1; i <= 5; i++)
		put(8, i);
	publish(1);
	expect(8, 1);
	expect(8, 2);
	ring_reader_set_note(&r, 0, 11);
	ring_reader_set_note(&r, RING_NOTES - 1, 22);
	ring_reader_set_note(&r, RING_NOTES, 33);
	ring_commit(&r, &seven);
	expect(8, 3);
	ring_reader_set_note(&r, 0, 99);
	cr_assert(eq(u64, ring_reader_note(&r, 0), 99));
	cr_assert(eq(u64, ring_reader_note(&r, RING_NOTES), 0));

	cr_assert(eq(int, ring_place_read(cursor.page, &place), 0));
	cr_assert(eq(u64, place.generation, GENERATION));
	cr_assert(eq(u64, place.seq, 3));
	cr_assert(is_counts_of(&place.counts, 7));
	cr_assert(eq(u64, place.notes[0], 11));
	cr_assert(eq(u64, place.notes[RING_NOTES - 1], 22));

	cr_assert(eq(int, shm_cursor_make(&own), 0));
	cr_assert(eq(int,
		     ring_reader_init(&successor, ring.page, ring.data, SIZE, own.page, &place),
		     0));
	cr_assert(eq(int, ring_writer_attach(&w, own.page), 0));
	r = successor;
	expect(8, 3);
	cr_assert(eq(int, ring_place_read(own.page, &place), 0));
	cr_assert(is_counts_of(&place.counts, 7), "before the first commit too");
	cr_assert(eq(u64, place.notes[0], 11));
	shm_release(&own);
}

Test(ring, what_is_no_cursor_has_no_place)
{
	struct ring_place place;

	page()->id.magic++;
	cr_assert(eq(int, ring_place_read(cursor.page, &place), -EPROTO));
	page()->id.magic--;
	page()->word |= 4;
	cr_assert(eq(int, ring_place_read(cursor.page, &place), -EPROTO));
}

/* A predecessor that was taken over may have left any number. */
Test(ring, wants_are_heard_behind_the_last_version_that_there_is)
{
	struct ring_wants last = { .version = UINT64_MAX, .extras = 1 },
			  next = { .version = 5, .extras = 2 }, got = { 0 };

	ring_reader_want(&r, &last);
	cr_assert(ring_writer_wants(&w, &got));
	ring_reader_want(&r, &next);
	cr_assert(ring_writer_wants(&w, &got));
	cr_assert(eq(u64, got.extras, 2));
}

Test(ring, wants_come_whole_or_not_at_all)
{
	struct ring_wants wants = { .version = 3,
				    .events = { 1, 2, 3, 4, 5, 6, 7, 8 },
				    .extras = 9 };
	struct ring_wants got = { 0 };

	cr_assert(not(ring_writer_wants(&w, &got)));
	ring_reader_want(&r, &wants);
	page()->wants.begin++;
	cr_assert(not(ring_writer_wants(&w, &got)), "in the middle of a change");
	page()->wants.begin--;
	cr_assert(ring_writer_wants(&w, &got));
	cr_assert(eq(int, memcmp(&got, &wants, sizeof(got)), 0));
	cr_assert(not(ring_writer_wants(&w, &got)), "nothing new");
	ring_reader_want(&r, &wants); /* the same version again: it gets the next */
	cr_assert(ring_writer_wants(&w, &got));
	cr_assert(eq(u64, got.version, 4));
}

/* ---- sleep ---- */

Test(ring, who_sleeps_is_woken_and_who_does_not_is_not)
{
	struct ring_nap nap;

	put(8, 1);
	cr_assert(not(ring_publish(&w, NULL)));
	cr_assert(not(ring_reader_nap(&r, &nap)), "there is a frame");
	cr_assert(not(ring_publish(&w, NULL)));
	expect(8, 1);
	cr_assert(ring_reader_nap(&r, &nap));
	cr_assert(eq(u64, *(const uint32_t *)nap.word, nap.value));
	cr_assert(not(ring_publish(&w, &(struct ring_counts){ { 1 } })), "counters are no frames");
	cr_assert(eq(u64, *(const uint32_t *)nap.word, nap.value));
	put(8, 2);
	cr_assert(ring_publish(&w, NULL));
	cr_assert(ne(u64, *(const uint32_t *)nap.word, nap.value));
	cr_assert(eq(ptr, (void *)(uintptr_t)nap.word, (void *)(uintptr_t)ring_writer_bell(&w)));
	ring_reader_awake(&r);
	cr_assert(not(ring_publish(&w, NULL)));

	cr_assert(not(ring_commit(&r, NULL)));
	cr_assert(eq(int, ring_writer_refresh(&w), 0));
	cr_assert(ring_writer_nap(&w, &nap));
	cr_assert(not(ring_commit(&r, &(struct ring_counts){ { 1 } })), "counters are no room");
	expect(8, 2);
	cr_assert(ring_commit(&r, NULL));
	cr_assert(ne(u64, *(const uint32_t *)nap.word, nap.value));
	cr_assert(eq(ptr, (void *)(uintptr_t)nap.word, (void *)(uintptr_t)ring_reader_bell(&r)));
	ring_writer_awake(&w);
	cr_assert(not(ring_commit(&r, NULL)));
	cr_assert(not(ring_writer_nap(&w, &nap)), "there is new room");
}

Test(ring, who_sleeps_is_woken_once_a_nap)
{
	struct ring_nap nap;

	cr_assert(ring_reader_nap(&r, &nap));
	put(8, 1);
	cr_assert(ring_publish(&w, NULL));
	put(8, 2);
	cr_assert(not(ring_publish(&w, NULL)), "it is on its way");
	ring_reader_awake(&r);
	expect(8, 1);
	expect(8, 2);
	cr_assert(ring_reader_nap(&r, &nap));
	put(8, 3);
	cr_assert(ring_publish(&w, NULL), "the next nap, although nobody saw the end of the last");
	expect(8, 3);
	ring_reader_awake(&r);
	cr_assert(not(ring_commit(&r, NULL)));

	cr_assert(eq(int, ring_writer_refresh(&w), 0));
	cr_assert(ring_writer_nap(&w, &nap));
	put(8, 4);
	(void)ring_publish(&w, NULL);
	put(8, 5);
	(void)ring_publish(&w, NULL);
	expect(8, 4);
	cr_assert(ring_commit(&r, NULL));
	expect(8, 5);
	cr_assert(not(ring_commit(&r, NULL)), "it is on its way");
}

static struct ring_ask ask_of(int32_t tid, int32_t of)
{
	return (struct ring_ask){ tid, of };
}

static void asked(int32_t tid, int32_t of)
{
	struct ring_ask ask = { 0 };

	cr_assert(ring_writer_asked(&w, &ask));
	cr_assert(eq(i32, ask.tid, tid));
	cr_assert(eq(i32, ask.of, of));
}

Test(ring, asks_come_one_by_one_and_once)
{
	struct ring_ask ask = ask_of(INT32_MAX, RING_ASK_FILES);

	cr_assert(not(ring_writer_asked(&w, &ask)));
	ring_reader_ask(&r, &ask);
	ask = ask_of(7, 3);
	ring_reader_ask(&r, &ask);
	ask = ask_of(-1, INT32_MAX);
	ring_reader_ask(&r, &ask);
	asked(INT32_MAX, RING_ASK_FILES);
	asked(7, 3);
	asked(-1, INT32_MAX);
	cr_assert(not(ring_writer_asked(&w, &ask)));
}

Test(ring, of_too_many_asks_the_oldest_are_forgotten)
{
	struct ring_ask ask;

	for (int32_t i = 0; i < RING_ASKS + 5; i++) {
		ask = ask_of(i, -1);
		ring_reader_ask(&r, &ask);
	}
	for (int32_t i = 5; i < RING_ASKS + 5; i++)
		asked(i, -1);
	cr_assert(not(ring_writer_asked(&w, &ask)));
	/* A number that cannot be: no more work than that. */
	atomic_store(&page()->asks.asked, UINT64_MAX);
	for (unsigned i = 0; i < RING_ASKS; i++)
		cr_assert(ring_writer_asked(&w, &ask));
	cr_assert(not(ring_writer_asked(&w, &ask)));
}

Test(ring, asks_die_with_their_cursor)
{
	struct ring_ask ask = ask_of(7, -1);

	ring_reader_ask(&r, &ask);
	asked(7, -1);
	begin_again();
	cr_assert(not(ring_writer_asked(&w, &ask)));
	ring_reader_ask(&r, &ask);
	asked(7, -1);
	cr_assert(eq(int, ring_writer_attach(&w, NULL), 0));
	cr_assert(not(ring_writer_asked(&w, &ask)));
}

Test(ring, events_are_muted_one_by_one_and_of_too_many_the_oldest_are_forgotten)
{
	uint64_t num;

	cr_assert(not(ring_writer_muted(&w, &num)));
	ring_reader_mute(&r, UINT64_MAX);
	cr_assert(ring_writer_muted(&w, &num));
	cr_assert(eq(u64, num, UINT64_MAX));
	cr_assert(not(ring_writer_muted(&w, &num)));
	for (uint64_t i = 0; i < RING_MUTES + 3; i++)
		ring_reader_mute(&r, i);
	for (uint64_t i = 3; i < RING_MUTES + 3; i++) {
		cr_assert(ring_writer_muted(&w, &num));
		cr_assert(eq(u64, num, i));
	}
	cr_assert(not(ring_writer_muted(&w, &num)));
	atomic_store(&page()->mutes.said, 1); /* less than were taken: a lie */
	for (unsigned i = 0; i < RING_MUTES; i++)
		cr_assert(ring_writer_muted(&w, &num));
	cr_assert(not(ring_writer_muted(&w, &num)));
	cr_assert(eq(int, ring_writer_attach(&w, NULL), 0));
	cr_assert(not(ring_writer_muted(&w, &num)));
}

/* ---- names ---- */

static struct ring_names_page *names_page(void)
{
	return &((struct ring_cursor *)cursor.page)->names;
}

static void say(struct span text)
{
	cr_assert(eq(int, ring_reader_say_names(&r, text), 0));
}

static void said(struct span text)
{
	size_t n = SIZE;

	memset(names, 0xee, sizeof(names));
	cr_assert(ring_writer_names(&w, &names_seen, names, &n));
	cr_assert(eq(sz, n, text.n));
	cr_assert(eq(int, memcmp(names, text.p, n), 0));
}

static void said_nothing_new(void)
{
	uint64_t seen = names_seen;
	size_t n = SIZE;

	cr_assert(not(ring_writer_names(&w, &names_seen, names, &n)));
	cr_assert(eq(u64, names_seen, seen));
	cr_assert(eq(sz, n, SIZE));
}

/* Bytes that differ from their neighbours, and those of one FIRST from another's. */
static struct span text_of(size_t n, uint8_t first)
{
	for (size_t i = 0; i < n; i++)
		buf[i] = (uint8_t)(first + i * 7 + i / 256);
	return span_of(buf, n);
}

Test(ring, names_are_seen_once)
{
	said_nothing_new();
	say(span_str("one.example"));
	said(span_str("one.example"));
	said_nothing_new();
	say(span_str("one.example")); /* said again is new again */
	said(span_str("one.example"));
	said_nothing_new();
}

Test(ring, names_said_later_replace_those_before)
{
	say(text_of(100, 1));
	say(span_str("two.example"));
	said(span_str("two.example"));
	say(span_str(""));
	said(span_str(""));
	say(text_of(9, 3));
	said(text_of(9, 3));
	said_nothing_new();
}

Test(ring, names_of_each_length_come_whole)
{
	for (size_t n = 0; n <= 33; n++) {
		say(text_of(n, (uint8_t)n));
		said(text_of(n, (uint8_t)n));
	}
	for (size_t n = RING_NAMES - 17; n <= RING_NAMES; n++) {
		say(text_of(n, (uint8_t)n));
		said(text_of(n, (uint8_t)n));
	}
}

Test(ring, names_that_are_too_long_are_refused_and_those_before_hold)
{
	say(span_str("one.example"));
	cr_assert(eq(int, ring_reader_say_names(&r, text_of(RING_NAMES + 1, 1)), -EMSGSIZE));
	cr_assert(eq(int, ring_reader_say_names(&r, span_of(buf, SIZE_MAX)), -EMSGSIZE));
	said(span_str("one.example"));
	said_nothing_new();
}

Test(ring, names_lie_as_the_document_says)
{
	const uint64_t *words = (const uint64_t *)(const void *)((uint8_t *)cursor.page + 4096);

	say(span_str("one.example"));
	say(span_str("two.example"));
	cr_assert(eq(u64, words[0], 2));
	cr_assert(eq(u64, words[1], 11));
	cr_assert(eq(int, memcmp(&words[2], "two.example\0\0\0\0\0", 16), 0));
	cr_assert(eq(u64, words[2047], 2));
}

Test(ring, names_come_whole_or_not_at_all)
{
	say(span_str("one.example"));
	names_page()->begin++;
	said_nothing_new();
	names_page()->begin--;
	said(span_str("one.example"));
	/* Who says them died behind the first store: then they stay as they were. */
	names_page()->begin++;
	said_nothing_new();
}

Test(ring, names_that_cannot_be_are_not_believed)
{
	static const uint64_t lengths[] = { RING_NAMES + 1,    RING_NAMES + 8, UINT32_MAX,
					    (uint64_t)1 << 63, UINT64_MAX - 7, UINT64_MAX };

	say(span_str("one.example"));
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		names_page()->length = lengths[i];
		said_nothing_new();
	}
	names_page()->length = 11;
	names_page()->begin = names_page()->end = 0; /* no version at all */
	said_nothing_new();
	names_page()->end = 7;
	said_nothing_new();
	names_page()->begin = 7;
	said(span_str("one.example"));
}

Test(ring, names_are_heard_behind_the_last_version_that_there_is)
{
	names_page()->begin = names_page()->end = UINT64_MAX;
	said(span_str(""));
	say(span_str("one.example"));
	said(span_str("one.example"));
	cr_assert(eq(u64, names_seen, 1));
}

Test(ring, names_die_with_their_cursor)
{
	say(span_str("one.example"));
	said(span_str("one.example"));
	begin_again();
	names_seen = 0;
	said_nothing_new();
	say(span_str("two.example")); /* its first, as the other's was */
	said(span_str("two.example"));
	cr_assert(eq(int, ring_writer_attach(&w, NULL), 0));
	names_seen = 0;
	said_nothing_new();
}
