/* SPDX-License-Identifier: Apache-2.0
 *
 * door_message.c -- sends and receives the door's messages.  Whatever a peer
 * sends, the descriptors that came with it are either the caller's or closed.
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "door_message.h"

#define BELL_BYTES 1
#define DOOR_MAGIC UINT64_C(0x726f6f647377656d) /* "mewsdoor" */

union control {
	char bytes[CMSG_SPACE(DOOR_FDS * sizeof(int))];
	struct cmsghdr align;
};

int door_send(int fd, struct door_message *m, const int *fds, unsigned nfds)
{
	union control c = { 0 };
	struct iovec iov = { m, sizeof(*m) };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (nfds > DOOR_FDS)
		return -EINVAL;
	m->magic = DOOR_MAGIC;
	m->protocol = DOOR_PROTOCOL;
	if (nfds > 0) {
		struct cmsghdr *cm;

		h.msg_control = c.bytes;
		h.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		cm = CMSG_FIRSTHDR(&h);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(cm), fds, nfds * sizeof(int));
	}
	if (sendmsg(fd, &h, MSG_NOSIGNAL | MSG_DONTWAIT) == -1)
		return -errno;
	return 0;
}

void door_ring(int fd)
{
	(void)!send(fd, "", BELL_BYTES, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void door_close_all(int *fds, unsigned nfds)
{
	for (unsigned i = 0; i < nfds; i++) {
		if (fds[i] != -1)
			close(fds[i]);
		fds[i] = -1;
	}
}

/* Several control messages can come; together they hold no more than DOOR_FDS. */
static unsigned take_descriptors(struct msghdr *h, int fds[DOOR_FDS])
{
	unsigned n = 0;

	for (struct cmsghdr *cm = CMSG_FIRSTHDR(h); cm != NULL; cm = CMSG_NXTHDR(h, cm)) {
		size_t count;

		if (cm->cmsg_level != SOL_SOCKET || cm->cmsg_type != SCM_RIGHTS)
			continue;
		count = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int one;

			memcpy(&one, CMSG_DATA(cm) + i * sizeof(int), sizeof(one));
			if (n < DOOR_FDS)
				fds[n++] = one;
			else
				close(one);
		}
	}
	return n;
}

int door_receive(int fd, struct door_message *ret, int fds[DOOR_FDS], unsigned *ret_nfds)
{
	union control c;
	struct door_message m;
	struct iovec iov = { &m, sizeof(m) };
	struct msghdr h = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = c.bytes,
			    .msg_controllen = sizeof(c.bytes) };
	ssize_t n = recvmsg(fd, &h, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	unsigned nfds;

	if (n == -1)
		return errno == EAGAIN || errno == EINTR ? -EAGAIN : 0;
	nfds = take_descriptors(&h, fds);
	if (n == 0 && nfds == 0)
		return 0;
	if (n == BELL_BYTES && nfds == 0)
		return DOOR_RANG;
	if (n != sizeof(m) || (h.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 ||
	    m.magic != DOOR_MAGIC || m.protocol != DOOR_PROTOCOL || m.kind == DOOR_NONE ||
	    m.kind >= DOOR_KIND_COUNT) {
		door_close_all(fds, nfds);
		return -EPROTO;
	}
	*ret = m;
	*ret_nfds = nfds;
	return 1;
}

int door_peer_uid(int fd, uid_t *ret)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1)
		return -errno;
	if (len != sizeof(cred))
		return -EPROTO;
	*ret = cred.uid;
	return 0;
}
