/* SPDX-License-Identifier: Apache-2.0
 *
 * test_keep.c -- both ends of a ring die, and what was in it is read by their successors: by way of a
 * keeper, which the test plays with the supervisor's own store.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "fdstore.h"
#include "keep.h"
#include "notify_socket.h"
#include "support/door_kit.h"

enum { LARGE = 1024 * 1024 }; /* from here on rings are kept in part */

static struct fdstore store;
static struct keep keep;
static int keeper;

/* What was said until now. */
static void keeper_hears(void)
{
	struct notify_message m;
	int got;

	while ((got = notify_socket_receive(keeper, &m)) != -EAGAIN)
		cr_assert(got == 1 && fdstore_heard(&store, span_of(m.text, m.n), m.fds, m.nfds));
}

static unsigned kept_names(void)
{
	unsigned n = 0;

	keeper_hears();
	for (unsigned i = 0; i < FDSTORE_NAMES; i++)
		n += store.slot[i].nfds > 0;
	return n;
}

/* As a new process finds it. */
static void hand_over(void)
{
	keeper_hears();
	keep.n = 0;
	for (unsigned i = 0; i < FDSTORE_NAMES; i++) {
		struct kept *one = &keep.kept[keep.n];

		if (store.slot[i].nfds == 0)
			continue;
		memcpy(one->name, store.slot[i].name, sizeof(one->name));
		one->nfds = store.slot[i].nfds;
		for (unsigned k = 0; k < one->nfds; k++)
			one->fd[k] = fcntl(store.slot[i].fd[k], F_DUPFD_CLOEXEC, 3);
		keep.n++;
	}
}

static void keep_begin(void)
{
	char name[64];

	door_begin();
	keeper = notify_socket_open(name, sizeof(name));
	cr_assert(keeper >= 0);
	setenv("NOTIFY_SOCKET", name, 1);
	keep_open(&keep, notify_open());
	cr_assert(keep.fd != -1);
	world.ip.keep = &keep;
	world.ip.ring = "raw";
	world.ip.has_state = true;
	world.snapshot_frames = 2;
}

static void keep_end(void)
{
	fdstore_clear(&store);
	close(keep.fd);
	close(keeper);
	door_end();
}

TestSuite(keep, .init = keep_begin, .fini = keep_end);

static struct inlet *successor(void)
{
	hand_over();
	return new_inlet();
}

/* The frames of a snapshot, with FLAGS besides. */
static void expect_snapshot(struct inlet *in, uint16_t flags)
{
	for (unsigned i = 0; i < world.snapshot_frames; i++) {
		struct ring_frame f;

		cr_assert(eq(int, inlet_next(in, &f), 1));
		cr_assert(eq(uint, f.type, 7));
		cr_assert(eq(uint, f.flags, (unsigned)(RING_FRAME_SNAPSHOT | flags)));
	}
}

static void expect_flagged(struct inlet *in, uint64_t first, uint64_t last, uint16_t flags)
{
	for (uint64_t v = first; v <= last; v++) {
		struct ring_frame f;
		uint64_t got;

		cr_assert(eq(int, inlet_next(in, &f), 1));
		memcpy(&got, f.payload.p, sizeof(got));
		cr_assert(eq(u64, got, v));
		cr_assert(eq(uint, f.flags, flags));
	}
}

Test(keep, what_both_ends_left_is_read_by_their_successors)
{
	struct outlet *o = new_outlet();
	struct inlet *in = new_inlet();
	struct ring_counts c, of_writer = counts_of(20), of_reader = counts_of(77);
	struct ring_wants wants = { .version = 5, .extras = 3 }, got = { 0 };

	meet(o, in);
	expect_snapshot(in, 0);
	inlet_want(in, &wants);
	put_range(o, 1, 20);
	*outlet_sheet(o, 1) = 77;
	expect_range(in, 1, 5);
	inlet_set_note(in, 3, 1234);
	commit(in, 77);
	expect_range(in, 6, 9); /* not committed */
	inlet_close(in);
	outlet_close(o);

	in = successor();
	cr_assert(inlet_inherited(in, &c));
	cr_assert(eq(int, memcmp(&c, &of_reader, sizeof(c)), 0));
	cr_assert(eq(u64, inlet_note(in, 3), 1234));
	expect_none(in); /* not without state */
	o = new_outlet();
	put_range(o, 1001, 1003);
	meet(o, in);
	cr_assert(eq(uint, world.inherits, 1));
	cr_assert(eq(int, memcmp(&world.inherited, &of_writer, sizeof(of_writer)), 0));
	cr_assert(eq(u8, world.sheet, 77));
	cr_assert(outlet_wants(o, &got));
	cr_assert(eq(u64, got.extras, 3));
	expect_snapshot(in, RING_FRAME_ORPHAN);
	expect_flagged(in, 6, 20, RING_FRAME_ORPHAN);
	expect_none(in);
	commit(in, 78);
	expect_snapshot(in, 0);
	expect_range(in, 1001, 1003);
	commit(in, 79);
	expect_none(in);
	cr_assert(eq(uint, kept_names(), 1), "the old one is kept no longer");
	inlet_close(in);
	outlet_close(o);
}

Test(keep, they_may_die_again_before_they_have_met)
{
	struct outlet *o = new_outlet();
	struct inlet *in = new_inlet();

	world.snapshot_frames = 0;
	meet(o, in);
	put_range(o, 1, 10);
	expect_range(in, 1, 2);
	commit(in, 1);
	outlet_close(o);
	inlet_close(in);
	for (uint64_t i = 0; i < 10; i++) {
		in = successor();
		meet(NULL, in);
		expect_none(in);
		if (i % 2 == 0) { /* with a writer that dies before it is asked */
			o = new_outlet();
			outlet_close(o);
		}
		inlet_close(in);
	}
	in = successor();
	o = new_outlet();
	meet(o, in);
	expect_flagged(in, 3, 10, RING_FRAME_ORPHAN);
	inlet_close(in);
	outlet_close(o);
}

Test(keep, rings_that_wait_for_each_other_are_read_in_order)
{
	struct outlet *o = new_outlet();
	struct inlet *in = new_inlet();

	world.snapshot_frames = 0;
	for (uint64_t i = 0; i < 3; i++) {
		meet(o, in);
		put_range(o, 100 * i + 1, 100 * i + 9);
		if (i == 0) {
			expect_range(in, 1, 4);
			commit(in, 4);
		}
		outlet_close(o);
		inlet_close(in);
		in = successor();
		o = new_outlet();
	}
	/* Three of the dead are kept, which is all that there is room for: the oldest is read without state. */
	meet(o, in);
	put_range(o, 301, 309);
	expect_flagged(in, 5, 9, RING_FRAME_ORPHAN);
	expect_none(in);
	commit(in, 9);
	expect_flagged(in, 101, 109, RING_FRAME_ORPHAN);
	commit(in, 109);
	expect_flagged(in, 201, 209, RING_FRAME_ORPHAN);
	commit(in, 209);
	meet(o, in);
	expect_range(in, 301, 309);
	commit(in, 309);
	cr_assert(eq(uint, kept_names(), 1));
	inlet_close(in);
	outlet_close(o);
}

Test(keep, a_writer_that_lives_goes_on_with_a_snapshot)
{
	struct outlet *o = new_outlet();
	struct inlet *in = new_inlet();

	meet(o, in);
	expect_snapshot(in, 0);
	put_range(o, 1, 20);
	expect_range(in, 1, 5);
	commit(in, 5);
	inlet_close(in);
	meet(o, NULL);
	in = successor();
	meet(o, in);
	cr_assert(eq(uint, world.inherits, 0));
	cr_assert(eq(uint, world.snapshots, 2));
	expect_snapshot(in, 0);
	expect_range(in, 6, 20);
	cr_assert(eq(uint, kept_names(), 1));
	inlet_close(in);
	outlet_close(o);
}

static bool has_state;

static bool state(void *ctx)
{
	(void)ctx;
	return has_state;
}

Test(keep, a_writer_without_state_is_waited_for)
{
	struct outlet *o = new_outlet();
	struct inlet *in = new_inlet();

	world.op.has_state = state;
	meet(o, in);
	expect_snapshot(in, 0);
	put_range(o, 1, 5);
	inlet_close(in);
	outlet_close(o);
	o = new_outlet();
	in = successor();
	meet(o, in);
	expect_none(in);
	cr_assert(not(outlet_has_reader(o)));
	cr_assert(eq(uint, world.inherits, 1), "its counters are there all the same");
	has_state = true;
	meet(o, in);
	expect_snapshot(in, RING_FRAME_ORPHAN);
	expect_flagged(in, 1, 5, RING_FRAME_ORPHAN);
	cr_assert(eq(uint, world.inherits, 1));
	inlet_close(in);
	outlet_close(o);
}

/* Frames of 8 bytes are 24 in the ring. */
enum { IN_A_QUARTER = LARGE / 4 / 24 };

Test(keep, what_was_dealt_with_is_read_once_more_for_the_state)
{
	struct outlet *o;
	struct inlet *in;
	struct ring_frame f;
	uint64_t first, n = 0;

	world.op.size = LARGE;
	world.snapshot_frames = 1;
	o = new_outlet();
	in = new_inlet();
	meet(o, in);
	expect_snapshot(in, 0);
	/* Several times round, so that something was given up. */
	for (uint64_t v = 1; v <= 20 * IN_A_QUARTER; v += 1000) {
		put_range(o, v, v + 999);
		expect_range(in, v, v + 999);
		commit(in, v);
		n = v + 999;
	}
	put_range(o, n + 1, n + 7);
	inlet_close(in);
	meet(o, NULL);
	in = successor();
	meet(o, in);
	expect_snapshot(in, 0);
	cr_assert(eq(int, inlet_next(in, &f), 1));
	memcpy(&first, f.payload.p, sizeof(first));
	cr_assert(eq(uint, f.flags, RING_FRAME_AGAIN));
	cr_assert(first > n - IN_A_QUARTER && first < n - IN_A_QUARTER * 3 / 4, "%u of %u",
		  (unsigned)(n - first), (unsigned)IN_A_QUARTER);
	expect_flagged(in, first + 1, n - 500, RING_FRAME_AGAIN);
	commit(in, 99); /* in the middle of it: who dies now does it all again */
	inlet_close(in);
	meet(o, NULL);
	in = successor();
	meet(o, in);
	expect_snapshot(in, 0);
	expect_flagged(in, first, n, RING_FRAME_AGAIN);
	expect_range(in, n + 1, n + 7);
	commit(in, 100);
	expect_none(in);
	put_range(o, n + 8, n + 9);
	expect_range(in, n + 8, n + 9);
	inlet_close(in);
	outlet_close(o);
}

Test(keep, both_ends_dead_it_is_read_once_more_as_well)
{
	struct outlet *o;
	struct inlet *in;

	world.op.size = LARGE;
	o = new_outlet();
	in = new_inlet();
	meet(o, in);
	expect_snapshot(in, 0);
	put_range(o, 1, 100);
	expect_range(in, 1, 90);
	commit(in, 90);
	inlet_close(in);
	outlet_close(o);
	o = new_outlet();
	in = successor();
	meet(o, in);
	expect_snapshot(in, RING_FRAME_ORPHAN);
	expect_flagged(in, 1, 90, RING_FRAME_AGAIN | RING_FRAME_ORPHAN);
	expect_flagged(in, 91, 100, RING_FRAME_ORPHAN);
	commit(in, 100);
	expect_snapshot(in, 0);
	inlet_close(in);
	outlet_close(o);
}

Test(keep, what_is_no_ring_is_forgotten)
{
	int fds[2], got[NOTIFY_FDS];
	struct inlet *in;
	struct outlet *o;

	for (unsigned i = 0; i < 2; i++) {
		fds[i] = memfd_create("none", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		cr_assert(fds[i] != -1 && ftruncate(fds[i], 4096) == 0);
		fcntl(fds[i], F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	}
	cr_assert(eq(int, keep_put(&keep, "raw.1", fds, 2), 0));
	cr_assert(eq(int, keep_put(&keep, "other", fds, 1), 0));
	cr_assert(eq(uint, kept_names(), 2));
	in = successor();
	cr_assert(eq(uint, kept_names(), 1));
	cr_assert(eq(uint, keep_take(&keep, "nobody's", got), 0));
	keep_settle(&keep);
	cr_assert(eq(uint, kept_names(), 0));
	o = new_outlet();
	meet(o, in);
	cr_assert(outlet_has_reader(o));
	inlet_close(in);
	outlet_close(o);
}

Test(keep, the_store_takes_memory_of_a_fixed_size_alone_and_so_many_names)
{
	int fds[NOTIFY_FDS] = { open("/dev/null", O_RDWR | O_CLOEXEC), -1 }, list[FDSTORE_FDS];
	char names[FDSTORE_FDS * NOTIFY_NAME_MAX], name[40];

	fdstore_heard(&store, span_str(NOTIFY_STORE "a"), fds, 1);
	cr_assert(fds[0] != -1, "a device is not kept");
	close(fds[0]);
	fds[0] = memfd_create("a", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	fdstore_heard(&store, span_str(NOTIFY_STORE "a"), fds, 1);
	cr_assert(fds[0] != -1, "nor memory that grows");
	close(fds[0]);
	for (unsigned i = 0; i < 10; i++) {
		fds[0] = memfd_create("a", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		fcntl(fds[0], F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
		snprintf(name, sizeof(name), NOTIFY_STORE "n%u", i);
		fdstore_heard(&store, span_str(name), fds, 1);
		cr_assert(eq(int, fds[0], -1));
	}
	cr_assert(eq(uint, fdstore_list(&store, list, names), FDSTORE_NAMES));
	static const char *const no_names[] = { NOTIFY_STORE, NOTIFY_STORE "a:b",
						NOTIFY_STORE "a b",
						NOTIFY_STORE "123456789012345678901234567890123" };
	fds[0] = memfd_create("a", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	fcntl(fds[0], F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	for (unsigned i = 0; i < ARRAY_LEN(no_names); i++) {
		cr_assert(fdstore_heard(&store, span_str(no_names[i]), fds, 1));
		cr_assert(fds[0] != -1);
	}
	close(fds[0]);
	cr_assert(not(fdstore_heard(&store, span_str(NOTIFY_READY), fds, 0)));
	fdstore_clear(&store);
	cr_assert(eq(uint, fdstore_list(&store, list, names), 0));
}
