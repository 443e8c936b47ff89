/* SPDX-License-Identifier: Apache-2.0
 *
 * shm.h -- the memory under a ring: sealed memfds, mapped so that only their
 * maker can write, and the two futex calls.
 *
 * Whatever comes from a peer is checked before it is mapped: owner, size, and the
 * seals that say nobody can ever shrink it (which would kill the reader) or map
 * it writable anew.  Shell.  All functions: 0 or negative errno.
 */
#ifndef MEWS_SHM_H
#define MEWS_SHM_H

#include <sys/types.h>

#include "ring_layout.h"

struct shm {
	int fd;	       /* -1: none */
	void *base;    /* as mapped; NULL: not mapped */
	size_t mapped; /* bytes of address space at BASE */
	void *header;  /* rings: the header; pages and blobs: the content */
	uint8_t *data; /* rings only: the data, twice in a row */
	uint64_t size; /* rings: of the data; others: of the content */
};

#define SHM_NONE ((struct shm){ .fd = -1 })

/* Make memory of our own, writable by us alone; SIZE of a ring is a power of two. */
int shm_make_ring(uint64_t size, struct shm *ret);
int shm_make_cursor(struct shm *ret);
/* Memory that holds these bytes and never changes again. */
int shm_make_blob(const void *bytes, size_t len, struct shm *ret);

/* Map, read only, what a peer of uid OWNER made.  On success FD belongs to RET;
 * on failure it stays the caller's. */
int shm_map_ring(int fd, uid_t owner, struct shm *ret);
int shm_map_cursor(int fd, uid_t owner, struct shm *ret);
int shm_map_blob(int fd, uid_t owner, size_t max, struct shm *ret);

/* Unmap and close; takes SHM_NONE. */
void shm_drop(struct shm *s);

/* Sleep while *WORD is VALUE, at most TIMEOUT_NS; WORD may be mapped read only. */
void shm_wait(const _Atomic uint32_t *word, uint32_t value, uint64_t timeout_ns);
void shm_wake(_Atomic uint32_t *word);

#endif
