/* SPDX-License-Identifier: Apache-2.0
 *
 * test_door.c -- outlet and inlet over a real socket, both ends in this process
 * where that is enough: neither ever blocks, so a test polls them in turn.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "door.h"
#include "door_message.h"
#include "frame_sink.h"
#include "ring_layout.h"
#include "shm.h"

#define OTHER_UID 65533

struct world {
	char dir[64], door[80];
	unsigned snapshot_frames; /* of each snapshot */
	unsigned snapshots, inherits;
	struct ring_counts inherited;
	struct outlet_params op;
	struct inlet_params ip;
};

static struct world world;

static int snapshot(void *ctx, struct frame_sink *sink)
{
	struct world *w = ctx;

	w->snapshots++;
	for (unsigned i = 0; i < w->snapshot_frames; i++)
		if (frame_sink_put(sink, 7, span_of(&i, sizeof(i))) < 0)
			return -ENOSPC;
	return 0;
}

static void inherit(void *ctx, const struct ring_counts *counts)
{
	struct world *w = ctx;

	w->inherits++;
	w->inherited = *counts;
}

static void begin(void)
{
	world = (struct world){ 0 };
	snprintf(world.dir, sizeof(world.dir), "/tmp/test_door.XXXXXX");
	cr_assert(mkdtemp(world.dir) != NULL);
	chmod(world.dir, 0711);
	snprintf(world.door, sizeof(world.door), "%s/a.door", world.dir);
	world.op = (struct outlet_params){ .door = world.door,
					   .reader_uid = geteuid(),
					   .socket_gid = (gid_t)-1,
					   .size = RING_MIN_SIZE,
					   .snapshot = snapshot,
					   .inherit = inherit,
					   .ctx = &world };
	world.ip = (struct inlet_params){ .door = world.door, .writer_uid = geteuid() };
}

static void end(void)
{
	unlink(world.door);
	rmdir(world.dir);
}

TestSuite(door, .init = begin, .fini = end);

static struct outlet *new_outlet(void)
{
	struct outlet *o = NULL;

	cr_assert(eq(int, outlet_open(&world.op, &o), 0));
	return o;
}

static struct inlet *new_inlet(void)
{
	struct inlet *in = NULL;

	cr_assert(eq(int, inlet_open(&world.ip, &in), 0));
	return in;
}

/* Time as both ends see it: each turn is 30 ms. */
static struct mono turn(void)
{
	static struct mono t = { NS_PER_SEC };

	t.ns += 30 * NS_PER_MSEC;
	return t;
}

static void meet(struct outlet *o, struct inlet *in)
{
	for (unsigned i = 0; i < 6; i++) {
		struct mono t = turn();

		if (in != NULL)
			inlet_poll(in, t);
		if (o != NULL)
			outlet_poll(o, t);
	}
}

static void put(struct outlet *o, uint64_t value)
{
	uint8_t *room = outlet_reserve(o, sizeof(value), RING_BULK);

	cr_assert(room != NULL);
	memcpy(room, &value, sizeof(value));
	outlet_submit(o, 3, 0, sizeof(value));
}

static struct ring_counts counts_of(uint64_t n)
{
	struct ring_counts c = { 0 };

	for (unsigned i = 0; i < RING_COUNTS; i++)
		c.v[i] = n + i;
	return c;
}

/* Put FIRST..LAST and publish, with counts_of(LAST). */
static void put_range(struct outlet *o, uint64_t first, uint64_t last)
{
	struct ring_counts c = counts_of(last);

	for (uint64_t v = first; v <= last; v++)
		put(o, v);
	outlet_publish(o, &c);
}

/* The next frame that is no snapshot's holds VALUE. */
static void expect(struct inlet *in, uint64_t value)
{
	struct ring_frame f;
	uint64_t got;

	cr_assert(eq(int, inlet_next(in, &f), 1));
	cr_assert(eq(uint, f.type, 3));
	cr_assert(eq(sz, f.payload.n, sizeof(got)));
	memcpy(&got, f.payload.p, sizeof(got));
	cr_assert(eq(u64, got, value));
}

static void expect_range(struct inlet *in, uint64_t first, uint64_t last)
{
	for (uint64_t v = first; v <= last; v++)
		expect(in, v);
}

static void expect_none(struct inlet *in)
{
	struct ring_frame f;

	cr_assert(eq(int, inlet_next(in, &f), 0));
}

static void commit(struct inlet *in, uint64_t n)
{
	struct ring_counts c = counts_of(n);

	inlet_commit(in, &c);
}

static struct inlet_status status_of(const struct inlet *in)
{
	struct inlet_status s;

	inlet_status(in, &s);
	return s;
}

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

static int connect_raw(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	memcpy(addr.sun_path, world.door, strlen(world.door));
	cr_assert(eq(int, connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0));
	return fd;
}

static bool is_hung_up(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_DONTWAIT) == 0 || errno == ECONNRESET;
}

Test(door, a_silent_client_is_dropped_and_disturbs_nobody)
{
	struct outlet *o = new_outlet();
	struct inlet *in = new_inlet();
	struct mono t = turn();
	int silent[3];

	for (unsigned i = 0; i < ARRAY_LEN(silent); i++) {
		silent[i] = connect_raw();
		outlet_poll(o, t);
	}
	meet(o, in);
	cr_assert(outlet_has_reader(o));
	cr_assert(not(is_hung_up(silent[0])));
	outlet_poll(o, mono_after(t, 1001 * NS_PER_MSEC));
	for (unsigned i = 0; i < ARRAY_LEN(silent); i++) {
		cr_assert(is_hung_up(silent[i]));
		close(silent[i]);
	}
	cr_assert(outlet_has_reader(o));
	outlet_close(o);
	inlet_close(in);
}

Test(door, nonsense_is_refused)
{
	struct outlet *o = new_outlet();
	struct door_message good = { .kind = DOOR_TAKE, .generation = outlet_generation(o) };
	char junk[2000] = { 1, 2, 3 };
	int fd;

	/* Nothing that makes sense at all. */
	for (size_t n = 1; n < sizeof(junk); n += 111) {
		fd = connect_raw();
		cr_assert(eq(int, (int)send(fd, junk, n, 0), (int)n));
		meet(o, NULL);
		cr_assert(is_hung_up(fd));
		close(fd);
	}
	/* The right message at the wrong time, and with the wrong descriptors. */
	fd = connect_raw();
	cr_assert(eq(int, door_send(fd, &good, &fd, 1), 0));
	meet(o, NULL);
	cr_assert(is_hung_up(fd));
	close(fd);
	good.kind = DOOR_HELLO;
	fd = connect_raw();
	cr_assert(eq(int, door_send(fd, &good, (int[]){ fd, fd }, 2), 0));
	meet(o, NULL);
	cr_assert(is_hung_up(fd));
	close(fd);
	outlet_close(o);
}

/* Say hello and take the offer with FD as the cursor: is it taken? */
static bool is_taken_with(struct outlet *o, int cursor)
{
	struct door_message m = { .kind = DOOR_HELLO };
	int fds[DOOR_FDS], fd = connect_raw();
	unsigned n;
	bool taken;

	cr_assert(eq(int, door_send(fd, &m, NULL, 0), 0));
	meet(o, NULL);
	cr_assert(eq(int, door_receive(fd, &m, fds, &n), 1));
	cr_assert(eq(uint, m.kind, DOOR_OFFER));
	door_close_all(fds, n);
	m.kind = DOOR_TAKE;
	cr_assert(eq(int, door_send(fd, &m, &cursor, 1), 0));
	meet(o, NULL);
	taken = !is_hung_up(fd);
	cr_assert(eq(int, taken, outlet_has_reader(o)));
	close(fd);
	meet(o, NULL);
	return taken;
}

/* A cursor of O's ring at its very start, made by hand; seals and mode as given. */
static int make_cursor(struct outlet *o, int seals, mode_t mode, size_t size, uint64_t position)
{
	int fd = memfd_create("cursor", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct ring_page *page;

	cr_assert(eq(int, ftruncate(fd, (off_t)size), 0));
	fchmod(fd, mode);
	page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	cr_assert(page != MAP_FAILED);
	page->id.magic = CURSOR_MAGIC;
	page->id.abi = RING_ABI;
	page->id.size = RING_MIN_SIZE;
	page->id.generation = outlet_generation(o);
	page->word = position;
	munmap(page, size);
	cr_assert(eq(int, fcntl(fd, F_ADD_SEALS, seals), 0));
	return fd;
}

Test(door, a_cursor_that_is_not_sealed_is_refused)
{
	enum { GOOD = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL };
	static const struct {
		const char *name;
		int seals;
		mode_t mode;
		size_t pages;
		uint64_t position;
		bool taken;
	} rows[] = {
		{ "good", GOOD, 0600, 1, 0, true },
		{ "may shrink", GOOD & ~F_SEAL_SHRINK, 0600, 1, 0, false },
		{ "may grow", GOOD & ~F_SEAL_GROW, 0600, 1, 0, false },
		{ "may be written", GOOD & ~F_SEAL_FUTURE_WRITE, 0600, 1, 0, false },
		{ "mode", GOOD, 0644, 1, 0, false },
		{ "size", GOOD, 0600, 2, 0, false },
		{ "position", GOOD, 0600, 1, 64, false },
		{ "not aligned", GOOD, 0600, 1, 4, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct outlet *o = new_outlet();
		int fd = make_cursor(o, rows[i].seals, rows[i].mode, rows[i].pages * shm_page(),
				     rows[i].position);

		cr_assert(eq(int, is_taken_with(o, fd), rows[i].taken), "%s", rows[i].name);
		close(fd);
		outlet_close(o);
	}
}

Test(door, a_cursor_that_is_no_memfd_is_refused)
{
	struct outlet *o = new_outlet();
	FILE *f = tmpfile();
	int fds[2];

	fchmod(fileno(f), 0600);
	cr_assert(eq(int, ftruncate(fileno(f), (off_t)shm_page()), 0));
	cr_assert(not(is_taken_with(o, fileno(f))));
	fclose(f);
	cr_assert(eq(int, pipe(fds), 0));
	cr_assert(not(is_taken_with(o, fds[0])));
	close(fds[0]);
	close(fds[1]);
	outlet_close(o);
}

/* The shared page of O's ring as a writer that lies would have it. */
static struct ring_page *page_of(struct outlet *o)
{
	return *(struct ring_page **)((char *)o + sizeof(struct outlet_params));
}

Test(door, a_writer_that_lies_is_dropped_and_asked_again)
{
	struct outlet *o = new_outlet();
	struct inlet *in = new_inlet();
	struct ring_page *page = page_of(o);

	meet(o, in);
	cr_assert(eq(u64, page->id.magic, RING_MAGIC), "the test looks at the right place");
	put_range(o, 1, 4);
	expect_range(in, 1, 2);
	commit(in, 2);
	page->word += RING_MIN_SIZE * 4;
	expect(in, 3); /* seen before the lie */
	expect(in, 4);
	expect_none(in);
	cr_assert(eq(u64, status_of(in).lies, 1));
	cr_assert(not(status_of(in).attached));
	page->word -= RING_MIN_SIZE * 4;
	for (unsigned i = 0; i < 10; i++)
		meet(o, in);
	cr_assert(status_of(in).attached);
	put_range(o, 5, 6);
	expect_range(in, 5, 6);
	outlet_close(o);
	inlet_close(in);
}

Test(door, a_frame_that_cannot_be_read_is_given_up_and_counted)
{
	struct outlet *o = new_outlet();
	struct inlet *in = new_inlet();
	uint8_t *room;

	meet(o, in);
	put_range(o, 1, 2);
	room = outlet_reserve(o, 8, RING_BULK);
	outlet_submit(o, 3, 0, 8);
	memset(room - RING_FRAME_HEADER, 0xff, 4); /* its length */
	put_range(o, 4, 5);
	expect_range(in, 1, 2);
	expect_none(in);
	for (unsigned i = 0; i < 10; i++)
		meet(o, in);
	put_range(o, 6, 7);
	expect_range(in, 6, 7);
	cr_assert(eq(u64, status_of(in).skipped, 3));
	outlet_close(o);
	inlet_close(in);
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

Test(door, a_reader_of_the_wrong_uid_is_refused)
{
	struct outlet *o;
	struct inlet *in = new_inlet();
	struct outlet_status s;

	world.op.reader_uid = geteuid() + 1;
	o = new_outlet();
	meet(o, in);
	cr_assert(not(outlet_has_reader(o)));
	outlet_status(o, &s);
	cr_assert(lt(u64, 0, s.refused));
	outlet_close(o);
	inlet_close(in);
}

Test(door, a_writer_of_the_wrong_uid_is_refused)
{
	struct outlet *o = new_outlet();
	struct inlet *in;

	world.ip.writer_uid = geteuid() + 1;
	in = new_inlet();
	meet(o, in);
	cr_assert(not(outlet_has_reader(o)));
	cr_assert(not(status_of(in).attached));
	cr_assert(lt(u64, 0, status_of(in).lies));
	outlet_close(o);
	inlet_close(in);
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

/* ---- with two users ---- */

/* As another user: 0 if FD's memory cannot be had for writing in any way. */
static int try_to_write(int fd, size_t size)
{
	static const int ways[] = { O_RDWR, O_WRONLY, O_RDWR | O_TRUNC };
	char path[64];
	int again;

	if (mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED)
		return 1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		again = open(path, ways[i]);
		if (again != -1)
			return 2;
	}
	if (ftruncate(fd, 0) == 0 ||
	    fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)size) == 0)
		return 3;
	if (fchmod(fd, 0666) == 0 || write(fd, "x", 1) == 1)
		return 4;
	return 0;
}

static int reader_of_another_user(void)
{
	struct door_message m = { .kind = DOOR_HELLO };
	int fds[DOOR_FDS], fd = connect_raw(), ret;
	unsigned n;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	void *map;

	if (door_send(fd, &m, NULL, 0) < 0 || poll(&p, 1, 5000) != 1 ||
	    door_receive(fd, &m, fds, &n) != 1 || n != 1)
		return 10;
	ret = try_to_write(fds[0], shm_page() + RING_MIN_SIZE);
	if (ret != 0)
		return ret;
	map = mmap(NULL, shm_page(), PROT_READ, MAP_SHARED, fds[0], 0);
	if (map == MAP_FAILED)
		return 11;
	return mprotect(map, shm_page(), PROT_READ | PROT_WRITE) == 0 ? 12 : 0;
}

Test(door, another_user_cannot_have_the_ring_for_writing)
{
	struct outlet *o;
	pid_t child;
	int status;

	if (geteuid() != 0)
		cr_skip_test("needs root to become another user");
	world.op.snapshot = NULL;
	world.op.reader_uid = OTHER_UID;
	world.op.socket_gid = OTHER_UID;
	o = new_outlet();
	child = fork();
	if (child == 0) {
		if (setgid(OTHER_UID) == -1 || setuid(OTHER_UID) == -1)
			_exit(20);
		_exit(reader_of_another_user());
	}
	while (waitpid(child, &status, WNOHANG) == 0) {
		outlet_poll(o, mono_now());
		usleep(1000);
	}
	cr_assert(eq(int, status, 0));
	outlet_close(o);
}

Test(door, a_user_who_is_not_the_reader_gets_nothing)
{
	struct outlet *o;
	pid_t child;
	int status;

	if (geteuid() != 0)
		cr_skip_test("needs root to become another user");
	world.op.socket_gid = OTHER_UID;
	o = new_outlet();
	child = fork();
	if (child == 0) {
		if (setgid(OTHER_UID) == -1 || setuid(OTHER_UID) == -1)
			_exit(20);
		_exit(reader_of_another_user());
	}
	while (waitpid(child, &status, WNOHANG) == 0) {
		outlet_poll(o, mono_now());
		usleep(1000);
	}
	cr_assert(eq(int, status, 10 << 8));
	cr_assert(not(outlet_has_reader(o)));
	outlet_close(o);
}

/* ---- memory by itself ---- */

Test(door, memory_that_its_maker_could_shrink_is_refused)
{
	int fd = memfd_create("loose", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct shm s;

	fchmod(fd, 0600);
	cr_assert(eq(int, ftruncate(fd, (off_t)shm_page()), 0));
	cr_assert(eq(int, shm_cursor_map(fd, geteuid(), &s), -EPERM));
	cr_assert(eq(int, ftruncate(fd, (off_t)(shm_page() + RING_MIN_SIZE)), 0));
	cr_assert(eq(int, shm_ring_map(fd, geteuid(), &s), -EPERM));
	cr_assert(eq(int, shm_sealed_map(fd, geteuid(), 1 << 20, &s), -EPERM));
	close(fd);
}

Test(door, a_ring_cannot_be_mapped_writable_by_who_gets_it)
{
	struct shm s, other;
	int fd;

	cr_assert(eq(int, shm_ring_make(RING_MIN_SIZE, &s), 0));
	cr_assert(eq(ptr, mmap(NULL, shm_page(), PROT_READ | PROT_WRITE, MAP_SHARED, s.fd, 0),
		     MAP_FAILED));
	cr_assert(eq(int, fcntl(s.fd, F_GETFL) & O_ACCMODE, O_RDONLY));
	fd = dup(s.fd);
	cr_assert(eq(int, shm_ring_map(fd, geteuid() + 1, &other), -EPERM));
	cr_assert(eq(int, shm_ring_map(fd, geteuid(), &other), 0));
	cr_assert(eq(int, mprotect(other.base, shm_page(), PROT_READ | PROT_WRITE), -1));
	shm_release(&other);
	shm_release(&s);
}

Test(door, data_is_mapped_twice_in_a_row)
{
	struct shm s;

	cr_assert(eq(int, shm_ring_make(RING_MIN_SIZE, &s), 0));
	memcpy(s.data + s.size - 4, "12345678", 8);
	cr_assert(eq(int, memcmp(s.data, "5678", 4), 0));
	cr_assert(eq(int, memcmp(s.data + 2 * s.size - 4, "1234", 4), 0));
	shm_release(&s);
	cr_assert(eq(int, shm_ring_make(RING_MIN_SIZE + 8, &s), -EINVAL));
	cr_assert(eq(int, shm_ring_make(RING_MIN_SIZE / 2, &s), -EINVAL));
}
