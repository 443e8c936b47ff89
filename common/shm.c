/* SPDX-License-Identifier: Apache-2.0
 *
 * shm.c -- makes, seals, checks and maps memfds.
 *
 * Mode 0600 and another uid keep the reader from opening the file for writing
 * again through /proc; F_SEAL_FUTURE_WRITE keeps everybody from mapping it
 * writable again, or from punching holes into it; the other seals keep its size.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"
#include "ring.h"
#include "shm.h"

#define SEALS_SHARED (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL)
#define SEALS_FROZEN (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* Page tables are filled at once up to here by who did not make it. */
#define POPULATE_MAX (64ull * 1024 * 1024)

size_t shm_page(void)
{
	long page = sysconf(_SC_PAGESIZE);

	return page > RING_PAGE ? (size_t)page : RING_PAGE;
}

void shm_release(struct shm *s)
{
	if (s->base != NULL)
		munmap(s->base, s->mapped);
	if (s->fd != -1)
		close(s->fd);
	*s = SHM_NONE;
}

static size_t whole_pages(size_t n)
{
	size_t page = shm_page();

	return (n + page - 1) / page * page;
}

size_t shm_cursor_size(void)
{
	return whole_pages(RING_CURSOR);
}

/* What lies before the data: whole pages. */
static size_t head_size(void)
{
	return shm_page() + whole_pages(RING_SHEETS * RING_SHEET);
}

/* Map header and data, and the data once more behind it.  A page that cannot be
 * touched follows.  Who makes it touches all of it: what nobody has touched is a
 * hole to check(), allotted or not. */
static int map_ring(int fd, int prot, uint64_t size, struct shm *s)
{
	size_t page = shm_page(), head = head_size();
	int again = MAP_SHARED | MAP_FIXED | (size <= POPULATE_MAX ? MAP_POPULATE : 0);
	int flags = again | ((prot & PROT_WRITE) != 0 ? MAP_POPULATE : 0);
	uint8_t *base;

	s->mapped = head + 2 * size + page;
	base = mmap(NULL, s->mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED)
		return -errno;
	s->base = base;
	if (mmap(base, head + size, prot, flags, fd, 0) == MAP_FAILED ||
	    mmap(base + head + size, size, prot, again, fd, (off_t)head) == MAP_FAILED)
		return -errno;
	s->page = base;
	s->sheets = base + page;
	s->data = base + head;
	s->size = size;
	return 0;
}

static int map_plain(int fd, int prot, int flags, size_t size, struct shm *s)
{
	void *base = mmap(NULL, size, prot, flags, fd, 0);

	if (base == MAP_FAILED)
		return -errno;
	s->base = s->page = base;
	s->mapped = size;
	return 0;
}

void shm_make_readonly(int *fd)
{
	char path[40];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", *fd);
	again = open(path, O_RDONLY | O_CLOEXEC);
	if (again == -1)
		return; /* no /proc: the seals alone must do, and they do */
	close(*fd);
	*fd = again;
}

static int make_memfd(const char *name, size_t size)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int err;

	if (fd == -1)
		return -errno;
	if (fchmod(fd, 0600) == -1 || fallocate(fd, 0, 0, (off_t)size) == -1) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

static int seal_shared(struct shm *s)
{
	if (fcntl(s->fd, F_ADD_SEALS, SEALS_SHARED) == -1)
		return -errno;
	shm_make_readonly(&s->fd);
	return 0;
}

int shm_ring_make(uint64_t size, struct shm *ret)
{
	struct shm s = SHM_NONE;
	int err;

	if (size < RING_MIN_SIZE || size > RING_MAX_SIZE || (size & (size - 1)) != 0)
		return -EINVAL;
	s.fd = err = make_memfd("mews-ring", head_size() + size);
	if (err < 0) {
		s.fd = -1;
		return err;
	}
	err = map_ring(s.fd, PROT_READ | PROT_WRITE, size, &s);
	if (err < 0 || (err = seal_shared(&s)) < 0) {
		shm_release(&s);
		return err;
	}
	*ret = s;
	return 0;
}

int shm_cursor_make(struct shm *ret)
{
	struct shm s = SHM_NONE;
	int err;

	s.fd = err = make_memfd("mews-cursor", shm_cursor_size());
	if (err < 0) {
		s.fd = -1;
		return err;
	}
	err = map_plain(s.fd, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, shm_cursor_size(),
			&s);
	if (err < 0 || (err = seal_shared(&s)) < 0) {
		shm_release(&s);
		return err;
	}
	*ret = s;
	return 0;
}

/* Owner, mode and seals of what a peer says is a memfd, and that all of it is there; its size. */
static int check(int fd, uid_t owner, int seals, uint64_t *ret_size)
{
	struct stat st;
	int have;

	if (fstat(fd, &st) == -1)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_uid != owner || (st.st_mode & 07777) != 0600)
		return -EPERM;
	have = fcntl(fd, F_GET_SEALS);
	if (have == -1)
		return errno == EINVAL ? -EPERM : -errno; /* no memfd at all */
	if ((have & seals) != seals)
		return -EPERM;
	/* Holes would be filled at the reader's expense, or not at all: it would be the one to die of it.
	 * How many blocks there are says nothing: they may lie behind the end. */
	if (lseek(fd, 0, SEEK_HOLE) != st.st_size)
		return -EPERM;
	*ret_size = (uint64_t)st.st_size;
	return 0;
}

/* The size of the data area of the ring that FD is. */
static int check_ring(int fd, uid_t owner, uint64_t *ret)
{
	uint64_t size = 0;
	int err = check(fd, owner, SEALS_SHARED, &size);

	if (err < 0)
		return err;
	if (size < head_size() + RING_MIN_SIZE || size > head_size() + RING_MAX_SIZE)
		return -EINVAL;
	size -= head_size();
	if ((size & (size - 1)) != 0)
		return -EINVAL;
	*ret = size;
	return 0;
}

int shm_ring_map(int fd, uid_t owner, struct shm *ret)
{
	struct shm s = SHM_NONE;
	uint64_t size = 0;
	int err = check_ring(fd, owner, &size);

	if (err < 0)
		return err;
	err = map_ring(fd, PROT_READ, size, &s);
	if (err < 0) {
		shm_release(&s);
		return err;
	}
	s.fd = fd;
	*ret = s;
	return 0;
}

static int map_whole(int fd, int flags, size_t size, struct shm *ret)
{
	struct shm s = SHM_NONE;
	int err = map_plain(fd, PROT_READ, flags, size, &s);

	if (err < 0)
		return err;
	s.fd = fd;
	*ret = s;
	return 0;
}

int shm_ring_look(int fd, uid_t owner, struct shm *ret)
{
	uint64_t size = 0;
	int err = check_ring(fd, owner, &size);

	if (err < 0)
		return err;
	err = map_whole(fd, MAP_SHARED, head_size(), ret);
	if (err == 0)
		ret->sheets = (uint8_t *)ret->page + shm_page();
	return err;
}

int shm_cursor_map(int fd, uid_t owner, struct shm *ret)
{
	uint64_t size = 0;
	int err = check(fd, owner, SEALS_SHARED, &size);

	if (err < 0)
		return err;
	return size != shm_cursor_size() ? -EINVAL : map_whole(fd, MAP_SHARED, size, ret);
}

int shm_sealed_map(int fd, uid_t owner, size_t cap, struct shm *ret)
{
	uint64_t size = 0;
	int err = check(fd, owner, SEALS_FROZEN, &size);

	if (err < 0)
		return err;
	if (size == 0 || size > cap)
		return -EINVAL;
	/* Older kernels refuse a shared mapping of what is sealed against writes; a
	 * private one that nobody writes is the same memory. */
	err = map_whole(fd, MAP_PRIVATE, size, ret);
	if (err == 0)
		ret->size = size;
	return err;
}

void shm_sleep(const void *word, uint32_t value, uint64_t timeout_ns)
{
	struct timespec ts = { (time_t)(timeout_ns / NS_PER_SEC), (long)(timeout_ns % NS_PER_SEC) };

	/* Not FUTEX_PRIVATE: the other end is another process. */
	syscall(SYS_futex, word, FUTEX_WAIT, value, &ts, NULL, 0);
}

void shm_wake(const void *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}
