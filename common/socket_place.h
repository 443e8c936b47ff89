/* SPDX-License-Identifier: Apache-2.0
 *
 * socket_place.h -- a listening unix socket that has a name in the run directory.  It takes the place of
 * one that a predecessor left, and at the end takes away its own name and nobody else's.  Shell.
 */
#ifndef MEWS_SOCKET_PLACE_H
#define MEWS_SOCKET_PLACE_H

#include <sys/types.h>
#include <sys/un.h>

struct socket_place {
	struct sockaddr_un addr;
	int fd;	   /* that listens, and never blocks; -1: none */
	dev_t dev; /* of the name */
	ino_t ino; /* 0: it has none */
};

#define SOCKET_PLACE_NONE ((struct socket_place){ .fd = -1 })

/* Listen at PATH, to the owner and to GID's members ((gid_t)-1: to the group that it gets).  TYPE:
 * SOCK_STREAM or SOCK_SEQPACKET; QUEUE: how many may wait to be let in.  -EADDRINUSE: somebody answers there,
 * -EEXIST: it is no socket, -ENAMETOOLONG, other negative errno; close it either way. */
int socket_place_open(struct socket_place *p, const char *path, int type, gid_t gid, int queue);
void socket_place_close(struct socket_place *p);

#endif
