/* SPDX-License-Identifier: Apache-2.0
 *
 * socket_place.h -- a listening unix socket that has a name in the run directory.  It takes the place of
 * one that a predecessor left, and at the end takes away its own name and nobody else's.  Shell.
 */
#ifndef MEWS_SOCKET_PLACE_H
#define MEWS_SOCKET_PLACE_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/un.h>

#include "clock.h"

struct socket_place {
	struct sockaddr_un addr;
	int fd;	   /* that listens, and never blocks; -1: none */
	dev_t dev; /* of the name */
	ino_t ino; /* 0: it has none */
	struct mono deaf_until;
};

#define SOCKET_PLACE_NONE ((struct socket_place){ .fd = -1 })

/* Listen at PATH, to the owner and to GID's members ((gid_t)-1: to the group that it gets).  TYPE:
 * SOCK_STREAM or SOCK_SEQPACKET; QUEUE: how many may wait to be let in.  -EADDRINUSE: somebody answers there,
 * -EEXIST: it is no socket, -ENAMETOOLONG, other negative errno; close it either way. */
int socket_place_open(struct socket_place *p, const char *path, int type, gid_t gid, int queue);
void socket_place_close(struct socket_place *p);

/* Let one in; what it gets never blocks.  -1: nobody is there, or there are no descriptors. */
int socket_place_accept(struct socket_place *p);

/* For a while after that: who waits outside keeps the descriptor ready, and whoever looked at it would be
 * kept busy with that. */
bool socket_place_is_deaf(const struct socket_place *p);

#endif
