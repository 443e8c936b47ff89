/* SPDX-License-Identifier: Apache-2.0
 *
 * test_door.c -- a ring goes from an outlet to an inlet, and on to successors of
 * either: frames, counters, wants and state with it.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "door_message.h"
#include "support/door_kit.h"

TestSuite(door, .init = door_begin, .fini = door_end);

Test(door, frames_go_from_an_outlet_to_an_inlet)
{
	struct outlet *o = new_outlet();
	struct inlet *in = new_inlet();

	meet(o, in);
	cr_assert(outlet_has_reader(o));
	cr_assert(status_of(in).writer_alive);
	put_range(o, 1, 10);
	expect_range(in, 1, 10);
	expect_none(in);
	cr_assert(eq(u64, inlet_generation(in), outlet_generation(o)));
	outlet_close(o);
	inlet_close(in);
}

Test(door, an_inlet_may_be_there_first)
{
	struct inlet *in = new_inlet();
	struct outlet *o;

	meet(NULL, in);
	expect_none(in);
	cr_assert(not(status_of(in).attached));
	o = new_outlet();
	meet(o, in);
	put_range(o, 1, 1);
	expect(in, 1);
	outlet_close(o);
	inlet_close(in);
}

Test(door, what_was_published_before_the_reader_came_waits_for_it)
{
	struct outlet *o = new_outlet();
	struct inlet *in = new_inlet();

	put_range(o, 1, 100);
	meet(o, in);
	expect_range(in, 1, 100);
	outlet_close(o);
	inlet_close(in);
}

Test(door, a_successor_reads_on_where_the_cursor_stands)
{
	struct outlet *o = new_outlet();
	struct inlet *in = new_inlet(), *successor;
	struct ring_counts c, expected = counts_of(77);

	meet(o, in);
	cr_assert(not(inlet_inherited(in, &c)));
	put_range(o, 1, 10);
	expect_range(in, 1, 4);
	inlet_set_note(in, 3, 1234);
	commit(in, 77);
	inlet_set_note(in, 3, 5678);
	expect_range(in, 5, 6); /* read, but not committed: again */
	inlet_close(in);
	meet(o, NULL);
	cr_assert(not(outlet_has_reader(o)));
	put_range(o, 11, 12);

	successor = new_inlet();
	meet(o, successor);
	expect_range(successor, 5, 12);
	cr_assert(inlet_inherited(successor, &c));
	cr_assert(eq(int, memcmp(&c, &expected, sizeof(c)), 0));
	cr_assert(eq(u64, inlet_note(successor, 3), 1234));
	outlet_close(o);
	inlet_close(successor);
}

Test(door, counters_pass_a_successor_that_committed_nothing)
{
	struct outlet *o = new_outlet();
	struct inlet *in = new_inlet();
	struct ring_counts c;

	meet(o, in);
	put_range(o, 1, 2);
	expect(in, 1);
	commit(in, 5);
	for (unsigned i = 0; i < 3; i++) {
		inlet_close(in);
		meet(o, NULL);
		in = new_inlet();
		meet(o, in);
		cr_assert(inlet_inherited(in, &c));
		cr_assert(eq(u64, c.v[0], 5));
		expect(in, 2);
	}
	outlet_close(o);
	inlet_close(in);
}

Test(door, a_dead_writers_ring_is_drained_before_the_new_one_is_read)
{
	struct outlet *o = new_outlet(), *successor;
	struct inlet *in = new_inlet();
	struct ring_counts expected = counts_of(20);
	uint64_t generation = outlet_generation(o);

	meet(o, in);
	put_range(o, 1, 20);
	put(o, 21); /* not published: never seen */
	*outlet_sheet(o, 1) = 77;
	expect_range(in, 1, 5);
	commit(in, 5);
	outlet_close(o);
	meet(NULL, in);
	cr_assert(not(status_of(in).writer_alive));
	expect(in, 6);

	successor = new_outlet();
	meet(successor, in);
	put_range(successor, 1001, 1005);
	cr_assert(eq(uint, world.inherits, 1));
	cr_assert(eq(int, memcmp(&world.inherited, &expected, sizeof(expected)), 0));
	cr_assert(world.has_sheet);
	cr_assert(eq(u8, world.sheet, 77));
	expect_range(in, 7, 20);
	cr_assert(eq(u64, inlet_generation(in), generation));
	expect_none(in); /* not before all of it is committed */
	commit(in, 20);
	expect_range(in, 1001, 1005);
	cr_assert(eq(u64, inlet_generation(in), outlet_generation(successor)));
	cr_assert(lt(u64, generation, inlet_generation(in)));
	outlet_close(successor);
	inlet_close(in);
}

/* What a reader says that the dead writer counted may be anything; the writer's own memory says it. */
Test(door, counters_are_not_taken_from_a_readers_word)
{
	struct outlet *o = new_outlet();
	struct door_message m = { .kind = DOOR_HELLO,
				  .flags = DOOR_HAS_COUNTS,
				  .generation = 5,
				  .counts = counts_of(1000) };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	memcpy(addr.sun_path, world.door, strlen(world.door));
	cr_assert(eq(int, connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0));
	cr_assert(eq(int, door_send(fd, &m, NULL, 0), 0));
	meet(o, NULL);
	cr_assert(eq(uint, world.inherits, 0));
	close(fd);
	outlet_close(o);
}

Test(door, what_was_committed_while_draining_is_in_the_new_cursor)
{
	struct outlet *o = new_outlet(), *second;
	struct inlet *in = new_inlet();
	struct ring_counts c;

	meet(o, in);
	put_range(o, 1, 3);
	outlet_close(o);
	second = new_outlet();
	meet(second, in);
	expect_range(in, 1, 3);
	inlet_set_note(in, 0, 99);
	commit(in, 300);
	inlet_close(in);
	meet(second, NULL);

	in = new_inlet();
	meet(second, in);
	cr_assert(inlet_inherited(in, &c));
	cr_assert(eq(u64, c.v[0], 300));
	cr_assert(eq(u64, inlet_note(in, 0), 99));
	outlet_close(second);
	inlet_close(in);
}

Test(door, a_new_reader_gets_a_snapshot_first)
{
	struct outlet *o = new_outlet();
	struct inlet *in = new_inlet();
	struct ring_frame f;

	world.snapshot_frames = 50000;
	put_range(o, 1, 3);
	meet(o, in);
	cr_assert(eq(uint, world.snapshots, 1));
	for (unsigned i = 0; i < 50000; i++) {
		unsigned got;

		cr_assert(eq(int, inlet_next(in, &f), 1));
		cr_assert(eq(uint, f.type, 7));
		cr_assert(eq(uint, f.flags, RING_FRAME_SNAPSHOT));
		cr_assert(eq(u64, f.seq, 0));
		cr_assert(eq(sz, f.payload.n, sizeof(got)));
		memcpy(&got, f.payload.p, sizeof(got));
		cr_assert(eq(uint, got, i));
	}
	expect_range(in, 1, 3);
	cr_assert(eq(u64, status_of(in).used, 0));
	outlet_close(o);
	inlet_close(in);
}

Test(door, a_snapshot_that_is_too_large_is_void)
{
	struct frame_sink sink;
	static uint8_t big[RING_MAX_PAYLOAD];
	unsigned n = 0;
	int err;

	cr_assert(eq(int, frame_sink_open(&sink), 0));
	while ((err = frame_sink_put(&sink, 1, span_of(big, sizeof(big)))) == 0)
		n++;
	cr_assert(eq(int, err, -ENOSPC));
	cr_assert(eq(uint, n, DOOR_SNAPSHOT_MAX / (sizeof(big) + RING_FRAME_HEADER)));
	cr_assert(eq(int, frame_sink_put(&sink, 1, SPAN_NONE), -ENOSPC));
	cr_assert(lt(int, frame_sink_finish(&sink), 0));
	frame_sink_close(&sink);
}

Test(door, a_snapshot_can_be_put_in_line)
{
	struct outlet *o = new_outlet();
	struct inlet *in = new_inlet();
	struct ring_frame f;

	meet(o, in);
	world.snapshot_frames = 5;
	cr_assert(eq(int, outlet_snapshot(o), 0));
	put_range(o, 1, 1);
	for (unsigned i = 0; i < 5; i++) {
		cr_assert(eq(int, inlet_next(in, &f), 1));
		cr_assert(eq(uint, f.type, 7));
		cr_assert(eq(u64, f.seq, i + 1));
	}
	expect(in, 1);
	world.snapshot_frames = RING_MIN_SIZE / 16;
	cr_assert(eq(int, outlet_snapshot(o), -ENOSPC));
	outlet_close(o);
	inlet_close(in);
}

Test(door, wants_reach_the_writer_and_outlive_both)
{
	struct outlet *o = new_outlet();
	struct inlet *in = new_inlet();
	struct ring_wants said = { .version = 1, .events = { 5 }, .extras = 9 }, got = { 0 };

	inlet_want(in, &said);
	cr_assert(not(outlet_wants(o, &got)));
	meet(o, in);
	cr_assert(outlet_wants(o, &got));
	cr_assert(eq(u64, got.events[0], 5));
	cr_assert(eq(u64, got.extras, 9));
	cr_assert(not(outlet_wants(o, &got)));
	said.events[0] = 6;
	inlet_want(in, &said);
	cr_assert(outlet_wants(o, &got));
	cr_assert(eq(u64, got.events[0], 6));

	inlet_close(in);
	meet(o, NULL);
	in = new_inlet();
	meet(o, in); /* says nothing: its predecessor's hold */
	got = (struct ring_wants){ 0 };
	cr_assert(outlet_wants(o, &got));
	cr_assert(eq(u64, got.events[0], 6));

	outlet_close(o);
	o = new_outlet();
	meet(o, in);
	got = (struct ring_wants){ 0 };
	cr_assert(outlet_wants(o, &got));
	cr_assert(eq(u64, got.events[0], 6));

	/* A new reader that says version 1 is heard all the same. */
	inlet_close(in);
	meet(o, NULL);
	in = new_inlet();
	said = (struct ring_wants){ .version = 1, .events = { 8 } };
	inlet_want(in, &said);
	meet(o, in);
	cr_assert(outlet_wants(o, &got));
	cr_assert(eq(u64, got.events[0], 8));
	outlet_close(o);
	inlet_close(in);
}

static bool has_names(struct outlet *o, const char *text)
{
	uint8_t names[RING_NAMES];
	size_t n;

	return outlet_names(o, names, &n) && span_is(span_of(names, n), text);
}

static bool has_no_names(struct outlet *o)
{
	uint8_t names[RING_NAMES];
	size_t n;

	return !outlet_names(o, names, &n);
}

static void say_names(struct inlet *in, const char *text)
{
	char copy[32]; /* that is gone when they are told to whoever comes */

	snprintf(copy, sizeof(copy), "%s", text);
	cr_assert(eq(int, inlet_say_names(in, span_str(copy)), 0));
	memset(copy, 0, sizeof(copy));
}

Test(door, names_reach_the_writer_once_and_each_writer_that_comes)
{
	struct outlet *o = new_outlet();
	struct inlet *in = new_inlet();

	say_names(in, "one.example"); /* before there is a ring */
	cr_assert(has_no_names(o));
	meet(o, in);
	cr_assert(has_names(o, "one.example"));
	cr_assert(has_no_names(o));
	say_names(in, "two.example");
	say_names(in, "three.example");
	cr_assert(has_names(o, "three.example"));
	cr_assert(has_no_names(o));

	outlet_close(o);
	o = new_outlet();
	meet(o, in);
	cr_assert(has_names(o, "three.example"));
	cr_assert(has_no_names(o));
	say_names(in, "");
	cr_assert(has_names(o, ""), "that there are none is something to say");
	outlet_close(o);
	o = new_outlet();
	meet(o, in);
	cr_assert(has_names(o, ""));
	outlet_close(o);
	inlet_close(in);
}

Test(door, names_of_a_new_reader_are_heard_though_they_have_the_number_of_the_olds)
{
	struct outlet *o = new_outlet();
	struct inlet *in = new_inlet();

	meet(o, in);
	say_names(in, "one.example");
	cr_assert(has_names(o, "one.example"));
	inlet_close(in);
	meet(o, NULL);
	cr_assert(has_no_names(o));
	in = new_inlet();
	meet(o, in);
	cr_assert(has_no_names(o), "its predecessor's are not its own");
	say_names(in, "two.example");
	cr_assert(has_names(o, "two.example"));
	cr_assert(has_no_names(o));
	outlet_close(o);
	inlet_close(in);
}

Test(door, names_reach_a_writer_whose_predecessors_ring_is_still_read)
{
	struct outlet *o = new_outlet();
	struct inlet *in = new_inlet();

	meet(o, in);
	put_range(o, 1, 2);
	outlet_close(o);
	o = new_outlet();
	meet(o, in); /* two rings by now */
	say_names(in, "one.example");
	cr_assert(has_names(o, "one.example"));
	expect_range(in, 1, 2);
	commit(in, 2);
	meet(o, in);
	cr_assert(has_no_names(o));
	say_names(in, "two.example");
	cr_assert(has_names(o, "two.example"));
	outlet_close(o);
	inlet_close(in);
}

Test(door, names_that_are_too_long_are_refused)
{
	static uint8_t text[RING_NAMES + 1];
	static uint8_t names[RING_NAMES];
	struct outlet *o = new_outlet();
	struct inlet *in = new_inlet();
	size_t n;

	meet(o, in);
	say_names(in, "one.example");
	cr_assert(eq(int, inlet_say_names(in, span_of(text, RING_NAMES + 1)), -EMSGSIZE));
	cr_assert(has_names(o, "one.example"));
	cr_assert(eq(int, inlet_say_names(in, span_of(text, RING_NAMES)), 0));
	cr_assert(outlet_names(o, names, &n));
	cr_assert(eq(sz, n, RING_NAMES));
	outlet_close(o);
	inlet_close(in);
}

/* The writer was asleep when they were said. */
Test(door, names_ring_the_bell)
{
	struct outlet *o = new_outlet();
	struct inlet *in = new_inlet();
	struct pollfd p[OUTLET_FDS];
	unsigned n;

	meet(o, in);
	n = outlet_fds(o, p);
	cr_assert(eq(int, poll(p, n, 0), 0));
	say_names(in, "one.example");
	cr_assert(eq(int, poll(p, n, 0), 1));
	outlet_close(o);
	inlet_close(in);
}

Test(door, a_second_reader_waits_until_the_first_is_gone)
{
	struct outlet *o = new_outlet();
	struct inlet *first = new_inlet(), *second = new_inlet();

	meet(o, first);
	put_range(o, 1, 2);
	meet(o, second);
	cr_assert(not(status_of(second).attached));
	expect(first, 1);
	commit(first, 1);
	inlet_close(first);
	meet(o, second);
	expect(second, 2);
	outlet_close(o);
	inlet_close(second);
}

Test(door, a_stale_socket_is_replaced_and_nothing_else)
{
	struct outlet *o, *second = NULL;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	memcpy(addr.sun_path, world.door, strlen(world.door));
	cr_assert(eq(int, bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0));
	close(fd);
	o = new_outlet();
	cr_assert(eq(int, outlet_open(&world.op, &second), -EADDRINUSE));
	outlet_close(o);
	cr_assert(eq(int, access(world.door, F_OK), -1));
	fd = open(world.door, O_CREAT | O_WRONLY, 0600);
	close(fd);
	cr_assert(eq(int, outlet_open(&world.op, &second), -EEXIST));
	cr_assert(eq(int, access(world.door, F_OK), 0));
}

Test(door, a_path_that_is_too_long_is_refused)
{
	char path[200];
	struct outlet *o;
	struct inlet *in;

	memset(path, 'a', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	world.op.door = world.ip.door = path;
	cr_assert(eq(int, outlet_open(&world.op, &o), -ENAMETOOLONG));
	cr_assert(eq(int, inlet_open(&world.ip, &in), -ENAMETOOLONG));
}

Test(door, a_wait_ends_with_a_frame_or_in_time)
{
	struct outlet *o = new_outlet();
	struct inlet *in = new_inlet();
	struct mono before;

	inlet_wait(in, NS_PER_MSEC);
	outlet_wait(o, NS_PER_MSEC);
	meet(o, in);
	before = mono_now();
	inlet_wait(in, 30 * NS_PER_MSEC);
	cr_assert(ge(u64, mono_since(before, mono_now()), 29 * NS_PER_MSEC));
	put_range(o, 1, 1);
	before = mono_now();
	inlet_wait(in, NS_PER_SEC);
	cr_assert(lt(u64, mono_since(before, mono_now()), NS_PER_SEC / 2));
	outlet_wait(o, NS_PER_MSEC);
	outlet_close(o);
	inlet_close(in);
}
