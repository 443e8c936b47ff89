/* SPDX-License-Identifier: Apache-2.0
 *
 * shm.c -- memfds, seals, mappings, futexes.
 */
#include "shm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* After these nobody changes the size, maps it writable or writes; mappings that are
 * writable already stay so. */
#define SEALS_LIVE (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL)
#define SEALS_DEAD (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

static bool power_of_two(uint64_t n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

/* 0600: with another uid and this mode, /proc/self/fd does not reopen it. */
static int memfd_of(const char *name, uint64_t size)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING), err;

	if (fd == -1)
		return -errno;
	if (fchmod(fd, 0600) == -1 || ftruncate(fd, (off_t)size) == -1) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/* Header once, data twice in a row, in one stretch of address space. */
static int map_ring(int fd, uint64_t size, int prot, struct shm *ret)
{
	size_t whole = RING_HEADER_SIZE + 2 * size;
	uint8_t *base =
		mmap(NULL, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int err;

	if (base == MAP_FAILED)
		return -errno;
	if (mmap(base, RING_HEADER_SIZE + size, prot, MAP_SHARED | MAP_FIXED, fd, 0) ==
		    MAP_FAILED ||
	    mmap(base + RING_HEADER_SIZE + size, size, prot, MAP_SHARED | MAP_FIXED, fd,
		 RING_HEADER_SIZE) == MAP_FAILED) {
		err = -errno;
		munmap(base, whole);
		return err;
	}
	*ret = (struct shm){ fd, base, whole, base, base + RING_HEADER_SIZE, size };
	return 0;
}

static int map_flat(int fd, size_t size, int prot, struct shm *ret)
{
	void *base = mmap(NULL, size, prot, MAP_SHARED, fd, 0);

	if (base == MAP_FAILED)
		return -errno;
	*ret = (struct shm){ fd, base, size, base, NULL, size };
	return 0;
}

int shm_make_ring(uint64_t size, struct shm *ret)
{
	struct shm s = SHM_NONE;
	int err;

	if (!power_of_two(size) || size < RING_MIN_SIZE || size > RING_MAX_SIZE)
		return -EINVAL;
	s.fd = memfd_of("mews-ring", RING_HEADER_SIZE + size);
	if (s.fd < 0)
		return s.fd;
	err = map_ring(s.fd, size, PROT_READ | PROT_WRITE, &s);
	if (err == 0 && fcntl(s.fd, F_ADD_SEALS, SEALS_LIVE) == -1)
		err = -errno;
	if (err < 0) {
		shm_drop(&s);
		return err;
	}
	*ret = s;
	return 0;
}

int shm_make_cursor(struct shm *ret)
{
	struct shm s = SHM_NONE;
	int err;

	s.fd = memfd_of("mews-cursor", RING_CURSOR_SIZE);
	if (s.fd < 0)
		return s.fd;
	err = map_flat(s.fd, RING_CURSOR_SIZE, PROT_READ | PROT_WRITE, &s);
	if (err == 0 && fcntl(s.fd, F_ADD_SEALS, SEALS_LIVE) == -1)
		err = -errno;
	if (err < 0) {
		shm_drop(&s);
		return err;
	}
	*ret = s;
	return 0;
}

int shm_make_blob(const void *bytes, size_t len, struct shm *ret)
{
	struct shm s = SHM_NONE;
	size_t done = 0;
	int err = 0;

	s.fd = memfd_of("mews-snapshot", 0);
	if (s.fd < 0)
		return s.fd;
	while (err == 0 && done < len) {
		ssize_t n = write(s.fd, (const uint8_t *)bytes + done, len - done);

		if (n == -1 && errno != EINTR)
			err = -errno;
		else if (n > 0)
			done += (size_t)n;
	}
	if (err == 0 && fcntl(s.fd, F_ADD_SEALS, SEALS_DEAD) == -1)
		err = -errno;
	if (err < 0) {
		shm_drop(&s);
		return err;
	}
	s.size = len;
	*ret = s;
	return 0;
}

/* What a peer of uid OWNER may hand us: a memfd of its own with at least these seals. */
static int check_foreign(int fd, uid_t owner, int seals, uint64_t *ret_size)
{
	struct stat st;
	int have = fcntl(fd, F_GET_SEALS);

	if (have == -1 || fstat(fd, &st) == -1)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_uid != owner || (have & seals) != seals || st.st_size < 0)
		return -EPERM;
	*ret_size = (uint64_t)st.st_size;
	return 0;
}

int shm_map_ring(int fd, uid_t owner, struct shm *ret)
{
	uint64_t size;
	int err = check_foreign(fd, owner, SEALS_LIVE, &size);

	if (err < 0)
		return err;
	if (size <= RING_HEADER_SIZE || !power_of_two(size - RING_HEADER_SIZE) ||
	    size - RING_HEADER_SIZE < RING_MIN_SIZE || size - RING_HEADER_SIZE > RING_MAX_SIZE)
		return -EPROTO;
	return map_ring(fd, size - RING_HEADER_SIZE, PROT_READ, ret);
}

int shm_map_cursor(int fd, uid_t owner, struct shm *ret)
{
	uint64_t size;
	int err = check_foreign(fd, owner, SEALS_LIVE, &size);

	if (err < 0)
		return err;
	if (size != RING_CURSOR_SIZE)
		return -EPROTO;
	return map_flat(fd, RING_CURSOR_SIZE, PROT_READ, ret);
}

int shm_map_blob(int fd, uid_t owner, size_t max, struct shm *ret)
{
	uint64_t size;
	int err = check_foreign(fd, owner, SEALS_DEAD, &size);

	if (err < 0)
		return err;
	if (size > max)
		return -EFBIG;
	if (size == 0) {
		*ret = (struct shm){ .fd = fd };
		return 0;
	}
	return map_flat(fd, size, PROT_READ, ret);
}

void shm_drop(struct shm *s)
{
	if (s->base != NULL)
		munmap(s->base, s->mapped);
	if (s->fd >= 0)
		close(s->fd);
	*s = SHM_NONE;
}

void shm_wait(const _Atomic uint32_t *word, uint32_t value, uint64_t timeout_ns)
{
	struct timespec ts = { (time_t)(timeout_ns / 1000000000), (long)(timeout_ns % 1000000000) };

	/* Not PRIVATE: two processes.  Time-outs, signals and changed words are all the same
	 * to the caller, who looks again. */
	syscall(SYS_futex, word, FUTEX_WAIT, value, &ts, NULL, 0);
}

void shm_wake(_Atomic uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}
