/* SPDX-License-Identifier: Apache-2.0
 *
 * shm.h -- the memory under a ring: memfds of fixed size that one process may
 * write and one other may read.  Who makes one maps it writable once, then
 * seals it, so that nobody (its maker neither) can map it writable again,
 * shrink it or grow it.  Who is given one checks owner, mode, seals and size
 * before it maps it.  Shell; no logs, negative errno.
 *
 * A ring's memfd holds the header page, two sheets and the data area; a cursor's RING_CURSOR bytes
 * and what fills the last page.
 * A "page" is RING_PAGE bytes, or the system's page where that is larger.
 */
#ifndef MEWS_SHM_H
#define MEWS_SHM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A mapping and the descriptor behind it.  The maker's descriptor is open for
 * reading only, where /proc is there to make it so: it is for handing out. */
struct shm {
	int fd;		 /* -1: none */
	void *page;	 /* header or cursor */
	uint8_t *sheets; /* of a ring: RING_SHEETS times RING_SHEET bytes */
	uint8_t *data;	 /* of a ring: the data area, mapped twice in a row */
	uint64_t size;	 /* of the data area */
	void *base;	 /* what release unmaps */
	size_t mapped;
};

#define SHM_NONE ((struct shm){ .fd = -1 })

/* SIZE: a power of two of at least a page.  All of the memory is there before it
 * returns: no write into it can fail later. */
int shm_ring_make(uint64_t size, struct shm *ret);
int shm_cursor_make(struct shm *ret);

/* Map what a peer handed over, read only, if OWNER made it and all its promises
 * hold (-EPERM: owner, mode or seals; -EINVAL: size or kind).  On success FD is
 * RET's, on failure it is still the caller's. */
int shm_ring_map(int fd, uid_t owner, struct shm *ret);
int shm_cursor_map(int fd, uid_t owner, struct shm *ret);

/* As shm_ring_map(), but header and sheets alone: what a dead writer left of its own. */
int shm_ring_look(int fd, uid_t owner, struct shm *ret);

/* A memfd that nobody can change any more: its whole content; at most CAP bytes. */
int shm_sealed_map(int fd, uid_t owner, size_t cap, struct shm *ret);

/* A descriptor for reading the sealed *FD, which is replaced by it. */
void shm_make_readonly(int *fd);

/* Unmap and close; SHM_NONE afterwards. */
void shm_release(struct shm *s);

size_t shm_page(void);

/* Of a cursor's memfd: whole pages. */
size_t shm_cursor_size(void);

/* For two ends without a door between them: sleep while *WORD is VALUE, until shm_wake() on
 * it, or TIMEOUT_NS; may return early.  WORD may lie in a mapping that is read only. */
void shm_sleep(const void *word, uint32_t value, uint64_t timeout_ns);
void shm_wake(const void *word);

#endif
