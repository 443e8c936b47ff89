/* SPDX-License-Identifier: Apache-2.0
 *
 * notify_socket.c -- see notify_socket.h.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "notify_socket.h"

/* An address that the kernel chooses: nothing of it lies in a file system. */
int notify_socket_open(char *name, size_t cap)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(addr);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;

	if (fd == -1)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == -1 ||
	    bind(fd, (struct sockaddr *)&addr, sizeof(sa_family_t)) == -1 ||
	    getsockname(fd, (struct sockaddr *)&addr, &len) == -1) {
		int err = -errno;

		close(fd);
		return err;
	}
	snprintf(name, cap, "@%.*s", (int)(len - sizeof(sa_family_t) - 1), addr.sun_path + 1);
	return fd;
}

/* More of them than there is room for the kernel has closed. */
static void take_control(struct msghdr *msg, struct notify_message *m)
{
	for (struct cmsghdr *cm = CMSG_FIRSTHDR(msg); cm != NULL; cm = CMSG_NXTHDR(msg, cm)) {
		size_t count = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		struct ucred who;

		if (cm->cmsg_level != SOL_SOCKET)
			continue;
		if (cm->cmsg_type == SCM_CREDENTIALS) {
			memcpy(&who, CMSG_DATA(cm), sizeof(who));
			m->pid = who.pid;
		}
		for (size_t i = 0; cm->cmsg_type == SCM_RIGHTS && i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(cm) + i * sizeof(int), sizeof(fd));
			if (m->nfds < NOTIFY_FDS)
				m->fds[m->nfds++] = fd;
			else
				close(fd);
		}
	}
}

int notify_socket_receive(int fd, struct notify_message *m)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(NOTIFY_FDS * sizeof(int))];
	} control;
	struct iovec iov = { m->text, sizeof(m->text) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n == -1)
		return -EAGAIN;
	m->n = (size_t)n;
	m->pid = 0;
	m->nfds = 0;
	take_control(&msg, m);
	if (m->pid != 0 && n > 0)
		return 1;
	for (unsigned i = 0; i < m->nfds; i++)
		close(m->fds[i]);
	return 0;
}
