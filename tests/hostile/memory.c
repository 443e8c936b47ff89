/* SPDX-License-Identifier: Apache-2.0
 *
 * memory.c -- see memory.h.
 */
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "frames.h"
#include "kit.h"
#include "rundir.h"
#include "shm.h"

#define SEALS_RING   (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL)
#define SEALS_FROZEN (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)
#define MANY_FDS     64
#define HIDDEN_MAX   ((size_t)4 << 20)

static int memfd(size_t size, mode_t mode, int seals, bool sparse)
{
	int fd = memfd_create("hostile", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd == -1)
		return -1;
	if (sparse)
		(void)!ftruncate(fd, (off_t)size);
	else
		(void)!fallocate(fd, 0, 0, (off_t)size);
	/* As many pages as there should be, in the wrong place. */
	if (sparse && size <= HIDDEN_MAX && one_in(2))
		(void)!fallocate(fd, FALLOC_FL_KEEP_SIZE, (off_t)size, (off_t)size);
	(void)fchmod(fd, mode);
	if (seals != 0)
		(void)fcntl(fd, F_ADD_SEALS, seals);
	return fd;
}

/* ---- what was a peer's ---- */

enum { REMEMBERED = 8 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int remembered[REMEMBERED] = { -1, -1, -1, -1, -1, -1, -1, -1 };

void memory_remember(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0), old;
	uint64_t at = chance_below(REMEMBERED);

	if (copy == -1)
		return;
	pthread_mutex_lock(&lock);
	old = remembered[at];
	remembered[at] = copy;
	pthread_mutex_unlock(&lock);
	if (old != -1)
		close(old);
}

static int old_one(void)
{
	int fd;

	pthread_mutex_lock(&lock);
	fd = remembered[chance_below(REMEMBERED)];
	if (fd != -1)
		fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	pthread_mutex_unlock(&lock);
	return fd;
}

/* ---- bad ones ---- */

static size_t ring_bytes(uint64_t size)
{
	return shm_page() + (size_t)(RING_SHEETS * RING_SHEET) + size;
}

static int a_file(void)
{
	char path[RUN_DIR_PATH_MAX], name[32];
	int fd;

	snprintf(name, sizeof(name), "x%u-%llu", (unsigned)getpid(), (unsigned long long)chance());
	run_dir_path(path, twin_run_dir, name, "");
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	unlink(path);
	(void)!ftruncate(fd, (off_t)ring_bytes(RING_MIN_SIZE));
	return fd;
}

static int one_end(void)
{
	int fds[2];

	if (one_in(2) ? pipe2(fds, O_CLOEXEC) == -1
		      : socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == -1)
		return -1;
	close(fds[1]);
	return fds[0];
}

int memory_bad(void)
{
	did(DEED_MUTATIONS, 1);
	switch (chance_below(16)) {
	case 0:
		return memfd(ring_bytes(RING_MIN_SIZE), 0600, 0, false);
	case 1: /* can still grow and shrink */
		return memfd(ring_bytes(RING_MIN_SIZE), 0600, F_SEAL_FUTURE_WRITE, false);
	case 2:
		return memfd(ring_bytes(RING_MIN_SIZE), 0666, SEALS_RING, false);
	case 3: /* no power of two */
		return memfd(ring_bytes(RING_MIN_SIZE + 8 * chance_below(4096)), 0600, SEALS_RING,
			     false);
	case 4:
		return memfd(chance_below(2 * shm_cursor_size()), 0600, SEALS_RING, false);
	case 5: /* nothing behind it: whoever looks pays for the memory */
		return memfd(ring_bytes(RING_MIN_SIZE << chance_below(15)), 0600, SEALS_RING, true);
	case 6:
		return memfd((size_t)1 << chance_below(40), 0600, SEALS_FROZEN, true);
	case 7:
		return memfd(shm_cursor_size(), 0600, SEALS_RING, one_in(2));
	case 8:
		return a_file();
	case 9:
		return open(one_in(2) ? "/dev/zero" : "/dev/null", O_RDWR | O_CLOEXEC);
	case 10:
		return open(one_in(2) ? "/" : "/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	case 11:
		return open("/etc/passwd", (one_in(2) ? O_PATH : O_RDONLY) | O_CLOEXEC);
	case 12:
		return one_end();
	default:
		return old_one();
	}
}

int memory_snapshot(const uint16_t *types)
{
	static _Thread_local uint8_t buf[RING_MAX_PAYLOAD + 64];
	int fd = memfd_create("hostile", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	uint64_t frames = one_in(8) ? chance_below(20000) : chance_below(300);
	unsigned bent = one_in(2) ? 0 : 4;

	if (fd == -1 || fchmod(fd, 0600) == -1)
		return fd;
	for (uint64_t i = 0; i < frames && twin_goes_on(); i++) {
		struct {
			uint32_t len;
			uint16_t type, flags;
			uint64_t seq;
		} h = { 0 };

		h.len = (uint32_t)frame_make(buf + sizeof(h), RING_MAX_PAYLOAD, types, bent,
					     &h.type);
		memcpy(buf, &h, sizeof(h));
		if (one_in(2000))
			chance_fill(buf, sizeof(h));
		if (write(fd, buf, (sizeof(h) + h.len + 7) & ~(size_t)7) == -1)
			break;
	}
	did(DEED_FRAMES, frames);
	(void)fcntl(fd, F_ADD_SEALS, SEALS_FROZEN);
	return fd;
}

/* ---- over doors ---- */

int memory_send(int fd, const void *m, size_t len, const int *fds, unsigned n)
{
	union {
		char bytes[CMSG_SPACE(MANY_FDS * sizeof(int))];
		struct cmsghdr align;
	} c = { 0 };
	struct iovec iov = { (void *)(uintptr_t)m, len };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (n > MANY_FDS)
		n = MANY_FDS;
	if (n > 0) {
		struct cmsghdr *cm;

		h.msg_control = c.bytes;
		h.msg_controllen = CMSG_SPACE(n * sizeof(int));
		cm = CMSG_FIRSTHDR(&h);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(cm), fds, n * sizeof(int));
	}
	did(DEED_MESSAGES, 1);
	return sendmsg(fd, &h, MSG_NOSIGNAL | MSG_DONTWAIT) == -1 ? -errno : 0;
}

void memory_send_noise(int fd)
{
	uint8_t bytes[2 * sizeof(struct door_message)];
	struct door_message m = { .kind = (uint32_t)chance_below(DOOR_KIND_COUNT + 1),
				  .flags = chance_below(64),
				  .generation = chance_word(),
				  .size = chance_word(),
				  .position = chance_word(),
				  .seq = chance_word() };
	int fds[MANY_FDS];
	unsigned n = one_in(3) ? 0 : (unsigned)chance_below(one_in(8) ? MANY_FDS : 5);
	size_t len = one_in(4) ? chance_below(sizeof(bytes)) : sizeof(m);

	for (unsigned i = 0; i < n; i++)
		if ((fds[i] = memory_bad()) == -1)
			n = i;
	chance_fill(bytes, sizeof(bytes));
	chance_fill(&m.counts, sizeof(m.counts));
	if (one_in(3)) {
		(void)memory_send(fd, bytes, len, fds, n);
	} else if (n <= DOOR_FDS) {
		did(DEED_MESSAGES, 1);
		(void)door_send(fd, &m, fds, n);
	}
	did(DEED_MUTATIONS, 1);
	door_close_all(fds, n);
}
