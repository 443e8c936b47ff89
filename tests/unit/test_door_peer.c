/* SPDX-License-Identifier: Apache-2.0
 *
 * test_door_peer.c -- what the other side of a door may be and do: nobody, somebody
 * else, nonsense, a liar; and that what it is given cannot be written.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "door_message.h"
#include "ring_layout.h"
#include "support/door_kit.h"
#include "support/few_fds.h"

#define OTHER_UID 65533

TestSuite(door_peer, .init = door_begin, .fini = door_end);

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

Test(door_peer, a_silent_client_is_dropped_and_disturbs_nobody)
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

Test(door_peer, nonsense_is_refused)
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

	cr_assert(eq(int, fallocate(fd, 0, 0, (off_t)size), 0));
	fchmod(fd, mode);
	page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
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

Test(door_peer, a_cursor_that_is_not_sealed_is_refused)
{
	enum { GOOD = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL };
	static const struct {
		const char *name;
		int seals;
		mode_t mode;
		enum { WHOLE, PAGE_ALONE, LARGER } size;
		uint64_t position;
		bool taken;
	} rows[] = {
		{ "good", GOOD, 0600, WHOLE, 0, true },
		{ "may shrink", GOOD & ~F_SEAL_SHRINK, 0600, WHOLE, 0, false },
		{ "may grow", GOOD & ~F_SEAL_GROW, 0600, WHOLE, 0, false },
		{ "may be written", GOOD & ~F_SEAL_FUTURE_WRITE, 0600, WHOLE, 0, false },
		{ "mode", GOOD, 0644, WHOLE, 0, false },
		{ "page alone", GOOD, 0600, PAGE_ALONE, 0, false },
		{ "larger", GOOD, 0600, LARGER, 0, false },
		{ "position", GOOD, 0600, WHOLE, 64, false },
		{ "not aligned", GOOD, 0600, WHOLE, 4, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const size_t sizes[] = { shm_cursor_size(), shm_page(),
					 shm_cursor_size() + shm_page() };
		struct outlet *o = new_outlet();
		int fd = make_cursor(o, rows[i].seals, rows[i].mode, sizes[rows[i].size],
				     rows[i].position);

		cr_assert(eq(int, is_taken_with(o, fd), rows[i].taken), "%s", rows[i].name);
		close(fd);
		outlet_close(o);
	}
}

Test(door_peer, a_cursor_that_is_no_memfd_is_refused)
{
	struct outlet *o = new_outlet();
	FILE *f = tmpfile();
	int fds[2];

	fchmod(fileno(f), 0600);
	cr_assert(eq(int, ftruncate(fileno(f), (off_t)shm_cursor_size()), 0));
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

Test(door_peer, a_writer_that_lies_is_dropped_and_asked_again)
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

Test(door_peer, a_frame_that_cannot_be_read_is_given_up_and_counted)
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

Test(door_peer, a_reader_of_the_wrong_uid_is_refused)
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

Test(door_peer, a_writer_of_the_wrong_uid_is_refused)
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
	ret = try_to_write(fds[0], shm_page() + RING_SHEETS * RING_SHEET + RING_MIN_SIZE);
	if (ret != 0)
		return ret;
	map = mmap(NULL, shm_page(), PROT_READ, MAP_SHARED, fds[0], 0);
	if (map == MAP_FAILED)
		return 11;
	return mprotect(map, shm_page(), PROT_READ | PROT_WRITE) == 0 ? 12 : 0;
}

Test(door_peer, another_user_cannot_have_the_ring_for_writing)
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

Test(door_peer, a_user_who_is_not_the_reader_gets_nothing)
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

/* Whoever touches a hole first pays for the page, or dies of it. */
Test(door_peer, memory_with_holes_is_refused)
{
	int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL;
	int fd = memfd_create("hole", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct shm s;

	cr_assert(eq(int, ftruncate(fd, (off_t)shm_cursor_size()), 0));
	cr_assert(eq(int, fchmod(fd, 0600), 0));
	cr_assert(eq(int, fcntl(fd, F_ADD_SEALS, seals), 0));
	cr_assert(eq(int, shm_cursor_map(fd, geteuid(), &s), -EPERM));
	close(fd);
}

Test(door_peer, pages_behind_the_end_do_not_make_up_for_holes)
{
	int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL;
	int fd = memfd_create("hole", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	off_t size = (off_t)shm_cursor_size();
	struct shm s;

	cr_assert(eq(int, ftruncate(fd, size), 0));
	cr_assert(eq(int, fallocate(fd, FALLOC_FL_KEEP_SIZE, size, size), 0));
	cr_assert(eq(int, fchmod(fd, 0600), 0));
	cr_assert(eq(int, fcntl(fd, F_ADD_SEALS, seals), 0));
	cr_assert(eq(int, shm_cursor_map(fd, geteuid(), &s), -EPERM));
	close(fd);
}

/* Also one whose page tables its reader does not fill at once. */
Test(door_peer, rings_and_cursors_have_no_holes_whatever_their_size)
{
	struct shm s, other;

	for (uint64_t size = RING_MIN_SIZE; size <= (uint64_t)128 << 20; size *= 2) {
		cr_assert(eq(int, shm_ring_make(size, &s), 0));
		cr_assert(eq(int, shm_ring_map(dup(s.fd), geteuid(), &other), 0), "%lu",
			  (unsigned long)size);
		shm_release(&other);
		shm_release(&s);
	}
	cr_assert(eq(int, shm_cursor_make(&s), 0));
	cr_assert(eq(int, shm_cursor_map(dup(s.fd), geteuid(), &other), 0));
	shm_release(&other);
	shm_release(&s);
}

Test(door_peer, memory_that_its_maker_could_shrink_is_refused)
{
	int fd = memfd_create("loose", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct shm s;

	fchmod(fd, 0600);
	cr_assert(eq(int, ftruncate(fd, (off_t)shm_cursor_size()), 0));
	cr_assert(eq(int, shm_cursor_map(fd, geteuid(), &s), -EPERM));
	cr_assert(eq(int, ftruncate(fd, (off_t)(shm_page() + RING_MIN_SIZE)), 0));
	cr_assert(eq(int, shm_ring_map(fd, geteuid(), &s), -EPERM));
	cr_assert(eq(int, shm_sealed_map(fd, geteuid(), 1 << 20, &s), -EPERM));
	close(fd);
}

Test(door_peer, a_ring_cannot_be_mapped_writable_by_who_gets_it)
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

Test(door_peer, data_is_mapped_twice_in_a_row)
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

static bool is_woken(struct outlet *o)
{
	struct pollfd p[OUTLET_FDS];
	unsigned n = outlet_fds(o, p);

	return poll(p, n, 0) > 0;
}

/* A writer without descriptors is not kept busy by who waits to be let in. */
Test(door_peer, who_cannot_be_let_in_waits_and_is_let_in_later)
{
	struct outlet *o = new_outlet();
	struct inlet *in = new_inlet();
	struct rlimit all;

	inlet_poll(in, turn());
	cr_assert(is_woken(o));
	all = few_fds_begin();
	outlet_poll(o, turn());
	cr_assert_not(is_woken(o));
	few_fds_end(&all);
	for (unsigned i = 0; i < 100 && !outlet_has_reader(o); i++) {
		usleep(20000);
		meet(o, in);
	}
	put_range(o, 1, 3);
	expect_range(in, 1, 3);
	outlet_close(o);
	inlet_close(in);
}
