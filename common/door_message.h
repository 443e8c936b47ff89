/* SPDX-License-Identifier: Apache-2.0
 *
 * door_message.h -- what goes over a door's socket, and the socket itself.  For
 * outlet.c and inlet.c.  One hello, one answer, then silence: the open connection
 * is a sign of life.  Both run on one machine, so numbers are in its byte order.
 */
#ifndef MEWS_DOOR_MESSAGE_H
#define MEWS_DOOR_MESSAGE_H

#include <sys/types.h>

#include "ring.h"

#define DOOR_MAGIC   UINT64_C(0x726f6f647377656d)
#define DOOR_MAX_FDS 3

/* The most that a snapshot may take. */
#define DOOR_MAX_SNAPSHOT (256u * 1024 * 1024)

enum {
	DOOR_HAS_COUNTS = 1 << 0,   /* hello: what the dead writer had counted */
	DOOR_HAS_CURSOR = 1 << 1,   /* answer: the reader's predecessor's cursor page comes along */
	DOOR_HAS_SNAPSHOT = 1 << 2, /* answer: so does the state */
};

/* Reader to writer, with one descriptor: its cursor page. */
struct door_hello {
	uint64_t magic;
	uint32_t abi, flags;
	uint64_t generation; /* of the ring that the reader holds; 0: none */
	struct ring_counts counts;
};

/* Writer to reader, with the ring, then the cursor page, then the snapshot, as flags say. */
struct door_answer {
	uint64_t magic;
	uint32_t abi, flags;
	uint64_t generation;
	uint64_t tail, seq; /* where a reader without a cursor begins */
};

/* Make a listening socket at PATH, taking the place of a stale one; non-blocking. */
int door_listen(const char *path, gid_t gid);

/* Connect to PATH; non-blocking.  -EPERM if somebody else than UID listens there. */
int door_connect(const char *path, uid_t uid);

/* The uid at the other end; (uid_t)-1 if it cannot be told. */
uid_t door_peer_uid(int fd);

/* One message with up to DOOR_MAX_FDS descriptors.  Never blocks. */
int door_send(int fd, const void *msg, size_t len, const int *fds, unsigned nfds);

/* 0: a message of exactly LEN bytes with *RET_NFDS descriptors (the caller's now);
 * -EAGAIN: none yet; -EPIPE: the other side is gone; -EPROTO: another message. */
int door_receive(int fd, void *msg, size_t len, int fds[DOOR_MAX_FDS], unsigned *ret_nfds);

/* False once the other side has closed. */
bool door_alive(int fd);

#endif
