/* SPDX-License-Identifier: Apache-2.0
 *
 * notify_socket.h -- where the stages tell how they are, and who it was that said it is the kernel's
 * word.  Shell.
 */
#ifndef MEWS_NOTIFY_SOCKET_H
#define MEWS_NOTIFY_SOCKET_H

#include <sys/types.h>

#include "notify.h"

/* The descriptor, or a negative errno; NAME as $NOTIFY_SOCKET has it. */
int notify_socket_open(char *name, size_t cap);

struct notify_message {
	char text[NOTIFY_MAX];
	size_t n;
	pid_t pid; /* of who said it */
	int fds[NOTIFY_FDS];
	unsigned nfds;
};

/* 1: a message, whose descriptors are the caller's; 0: one that is nobody's; -EAGAIN: there is none. */
int notify_socket_receive(int fd, struct notify_message *ret);

#endif
