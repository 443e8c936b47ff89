/* SPDX-License-Identifier: Apache-2.0
 *
 * door_message.h -- what goes over the socket between an outlet and an inlet: one
 * message of fixed size, with at most three descriptors.
 *
 *   reader                              writer
 *   HELLO what it holds: a ring, its
 *         cursor                     ->
 *                                    <- OFFER ring, cursor of a predecessor, snapshot
 *                                       (or KEPT: go on; or BUSY: somebody reads)
 *   TAKE  its new cursor             ->
 *
 * Then the connection stays open: its end is the other's death, and a single byte, the
 * bell, says that there is something to look at in the shared memory.
 * Shell; nothing blocks.
 */
#ifndef MEWS_DOOR_MESSAGE_H
#define MEWS_DOOR_MESSAGE_H

#include <sys/types.h>

#include "ring.h"

#define DOOR_PROTOCOL	  3
#define DOOR_FDS	  3
#define DOOR_SNAPSHOT_MAX (256u * 1024 * 1024) /* bytes of a snapshot */

enum door_kind { DOOR_NONE, DOOR_HELLO, DOOR_OFFER, DOOR_TAKE, DOOR_BUSY, DOOR_KIND_COUNT };

enum {
	DOOR_HAS_COUNTS = 1 << 0,   /* HELLO: the last ones of the writer of ring GENERATION */
	DOOR_HAS_CURSOR = 1 << 1,   /* HELLO, OFFER: a descriptor */
	DOOR_HAS_SNAPSHOT = 1 << 2, /* OFFER: a descriptor */
	DOOR_SKIP = 1 << 3,	    /* HELLO: what is in ring GENERATION cannot be read */
	DOOR_KEPT = 1 << 4,	    /* OFFER: go on where you are, no descriptors */
	DOOR_HAS_RING = 1 << 5,	    /* HELLO: a descriptor, of ring GENERATION */
	DOOR_NO_STATE =
		1 << 6, /* HELLO: what it holds was kept for it, and means nothing without state */
};

struct door_message {
	uint64_t magic;
	uint32_t protocol, kind;
	uint64_t flags;
	uint64_t generation;	/* HELLO: of the ring it holds, 0: none; others: of this ring */
	uint64_t size;		/* OFFER: of the data area */
	uint64_t position, seq; /* OFFER: where to start without a predecessor's cursor */
	struct ring_counts counts;
};

/* M's magic and protocol are filled in.  -EAGAIN: would block. */
int door_send(int fd, struct door_message *m, const int *fds, unsigned nfds);

#define DOOR_RANG 2

/* 1: a message that is well-formed, its descriptors in FDS (the caller's now); DOOR_RANG:
 * the bell; 0: the other end is gone; -EAGAIN: none yet; -EPROTO: nonsense. */
int door_receive(int fd, struct door_message *ret, int fds[DOOR_FDS], unsigned *ret_nfds);

/* Ring the other side's bell.  One that does not listen has enough of them already. */
void door_ring(int fd);

void door_close_all(int *fds, unsigned nfds);

/* The uid behind the connected FD; negative errno. */
int door_peer_uid(int fd, uid_t *ret);

#endif
