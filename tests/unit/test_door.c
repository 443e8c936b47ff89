/* SPDX-License-Identifier: Apache-2.0
 *
 * The two ends of a ring over a real door: what is published arrives, once, in
 * order, over the deaths of either side; what a stranger or a liar brings is refused.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "door.h"
#include "door_message.h"
#include "shm.h"

static char dir[] = "/tmp/mews-door-XXXXXX";
static char door[128];

static void make_dir(void)
{
	cr_assert_not_null(mkdtemp(dir));
	snprintf(door, sizeof(door), "%s/test.door", dir);
}

static void remove_dir(void)
{
	unlink(door);
	rmdir(dir);
}

TestSuite(door, .init = make_dir, .fini = remove_dir);

static int state_frames(void *ctx, struct frame_sink *sink)
{
	const char *text = ctx;

	return frame_sink_put(sink, 42, span_str(text));
}

static struct outlet *writer(void *state)
{
	struct outlet_params p = { .door = door,
				   .reader_uid = geteuid(),
				   .socket_gid = (gid_t)-1,
				   .size = RING_MIN_SIZE,
				   .snapshot = state == NULL ? NULL : state_frames,
				   .ctx = state };
	struct outlet *o = NULL;

	cr_assert(eq(int, outlet_open(&p, &o), 0));
	return o;
}

static struct inlet *reader(void)
{
	struct inlet_params p = { .door = door, .writer_uid = geteuid() };
	struct inlet *in = NULL;

	cr_assert(eq(int, inlet_open(&p, &in), 0));
	return in;
}

/* Turn both sides until they have met. */
static void meet(struct outlet *o, struct inlet *in)
{
	struct inlet_status st;
	struct mono now = mono_now();

	for (int i = 0; i < 200; i++) {
		now = mono_after(now, 30 * NS_PER_MSEC);
		inlet_poll(in, now);
		outlet_poll(o, now);
		inlet_poll(in, now);
		outlet_poll(o, now);
		inlet_status(in, &st);
		if (st.attached && st.writer_alive && outlet_has_reader(o) &&
		    st.generation == outlet_generation(o))
			return;
	}
	cr_assert(0, "the two sides do not find each other");
}

static void put(struct outlet *o, const char *text)
{
	uint8_t *at = outlet_reserve(o, strlen(text), RING_BULK);

	cr_assert_not_null(at);
	memcpy(at, text, strlen(text));
	outlet_submit(o, 7, 0, strlen(text));
}

static void expect(struct inlet *in, const char *text)
{
	struct ring_frame f;

	cr_assert(eq(int, inlet_next(in, &f), 1), "no frame where '%s' should be", text);
	cr_assert(span_is(f.payload, text), "not '%s'", text);
}

static void expect_none(struct inlet *in)
{
	struct ring_frame f;

	cr_assert(eq(int, inlet_next(in, &f), 0));
}

Test(door, what_is_published_arrives_and_what_is_not_does_not)
{
	struct outlet *o = writer(NULL);
	struct inlet *in = reader();

	put(o, "before");
	outlet_publish(o, NULL);
	meet(o, in);
	put(o, "after");
	expect(in, "before");
	expect_none(in);
	outlet_publish(o, NULL);
	expect(in, "after");
	inlet_close(in);
	outlet_close(o);
}

Test(door, a_successor_reads_on_from_the_last_commit_with_state_counters_and_notes)
{
	char state[] = "the state";
	struct outlet *o = writer(state);
	struct inlet *in = reader();
	struct ring_counts counts = { { 3, 1, 4 } }, got;

	meet(o, in);
	put(o, "one");
	put(o, "two");
	put(o, "three");
	outlet_publish(o, NULL);
	expect(in, "the state");
	expect(in, "one");
	inlet_set_note(in, 2, 77);
	inlet_commit(in, &counts);
	expect(in, "two"); /* read, not committed */
	inlet_close(in);

	in = reader();
	meet(o, in);
	expect(in, "the state");
	expect(in, "two");
	expect(in, "three");
	cr_assert(inlet_inherited(in, &got));
	cr_assert(eq(u64, got.v[2], 4));
	cr_assert(eq(u64, inlet_note(in, 2), 77));
	inlet_close(in);
	outlet_close(o);
}

static struct ring_counts inherited;

static void take_counts(void *ctx, const struct ring_counts *counts)
{
	(void)ctx;
	inherited = *counts;
}

Test(door, a_dead_writers_ring_is_drained_before_the_new_one_is_taken)
{
	struct outlet_params p = { .door = door,
				   .reader_uid = geteuid(),
				   .socket_gid = (gid_t)-1,
				   .size = RING_MIN_SIZE,
				   .inherit = take_counts };
	struct outlet *o = writer(NULL), *next = NULL;
	struct inlet *in = reader();
	struct ring_counts counts = { { 11, 22 } };
	uint64_t generation;

	meet(o, in);
	put(o, "last words");
	outlet_publish(o, &counts);
	put(o, "never said");
	generation = outlet_generation(o);
	outlet_close(o); /* as a crash: nothing more is published */

	cr_assert(eq(int, outlet_open(&p, &next), 0));
	put(next, "first words");
	outlet_publish(next, NULL);
	inlet_poll(in, mono_now());
	expect(in, "last words");
	cr_assert(eq(u64, inlet_generation(in), generation));
	expect_none(in);
	inlet_commit(in, NULL);
	meet(next, in);
	expect(in, "first words");
	cr_assert(gt(u64, inlet_generation(in), generation));
	cr_assert(eq(u64, inherited.v[1], 22));
	inlet_close(in);
	outlet_close(next);
}

Test(door, while_one_reads_nobody_else_is_let_in)
{
	struct outlet *o = writer(NULL);
	struct inlet *in = reader(), *other = reader();
	struct inlet_status st;

	meet(o, in);
	for (int i = 0; i < 20; i++) {
		struct mono now = mono_after(mono_now(), (uint64_t)i * 30 * NS_PER_MSEC);

		inlet_poll(other, now);
		outlet_poll(o, now);
		inlet_poll(in, now);
	}
	inlet_status(other, &st);
	cr_assert_not(st.attached);
	inlet_status(in, &st);
	cr_assert(st.attached);
	inlet_close(other);
	inlet_close(in);
	outlet_close(o);
}

Test(door, wants_reach_the_writer_and_outlive_it)
{
	struct outlet *o = writer(NULL);
	struct inlet *in = reader();
	struct ring_wants wants = { .events = { 5 }, .extras = 2 }, got = { 0 };

	inlet_want(in, &wants);
	meet(o, in);
	cr_assert(outlet_wants(o, &got));
	cr_assert(eq(u64, got.events[0], 5));
	cr_assert_not(outlet_wants(o, &got), "nothing new");
	outlet_close(o);
	o = writer(NULL);
	meet(o, in);
	got = (struct ring_wants){ 0 };
	cr_assert(outlet_wants(o, &got));
	cr_assert(eq(u64, got.extras, 2));
	inlet_close(in);
	outlet_close(o);
}

Test(door, memory_that_its_maker_could_shrink_is_refused)
{
	int fd = memfd_create("loose", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct shm s = SHM_NONE;

	cr_assert(eq(int, ftruncate(fd, RING_CURSOR_SIZE), 0));
	cr_assert(eq(int, shm_map_cursor(fd, geteuid(), &s), -EPERM));
	cr_assert(eq(int, shm_map_ring(fd, geteuid(), &s), -EPERM));
	close(fd);
}

Test(door, a_ring_cannot_be_mapped_writable_by_who_gets_it)
{
	struct shm s = SHM_NONE, other = SHM_NONE;

	cr_assert(eq(int, shm_make_ring(RING_MIN_SIZE, &s), 0));
	cr_assert(eq(ptr, mmap(NULL, RING_HEADER_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, s.fd, 0),
		     MAP_FAILED));
	cr_assert(eq(int, shm_map_ring(dup(s.fd), geteuid() + 1, &other), -EPERM));
	cr_assert(eq(int, shm_map_ring(dup(s.fd), geteuid(), &other), 0));
	cr_assert(eq(int, mprotect(other.base, 4096, PROT_READ | PROT_WRITE), -1));
	shm_drop(&other);
	shm_drop(&s);
}
