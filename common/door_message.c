/* SPDX-License-Identifier: Apache-2.0
 *
 * door_message.c -- the unix socket of a door.
 */
#include "door_message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int address_of(const char *path, struct sockaddr_un *ret)
{
	size_t len = strlen(path);

	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (len == 0 || len >= sizeof(ret->sun_path))
		return -ENAMETOOLONG;
	memcpy(ret->sun_path, path, len);
	return 0;
}

int door_listen(const char *path, gid_t gid)
{
	struct sockaddr_un address;
	struct stat st;
	int fd, err = address_of(path, &address);

	if (err < 0)
		return err;
	if (lstat(path, &st) == 0 && (!S_ISSOCK(st.st_mode) || unlink(path) == -1))
		return S_ISSOCK(st.st_mode) ? -errno : -EEXIST;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -errno;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == -1 ||
	    (gid != (gid_t)-1 && chown(path, (uid_t)-1, gid) == -1) || chmod(path, 0660) == -1 ||
	    listen(fd, 4) == -1) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

uid_t door_peer_uid(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 ? cred.uid : (uid_t)-1;
}

int door_connect(const char *path, uid_t uid)
{
	struct sockaddr_un address;
	int fd, err = address_of(path, &address);

	if (err < 0)
		return err;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == -1)
		err = -errno;
	else if (door_peer_uid(fd) != uid)
		err = -EPERM;
	if (err < 0) {
		close(fd);
		return err;
	}
	return fd;
}

union control_buffer {
	char bytes[CMSG_SPACE(DOOR_MAX_FDS * sizeof(int))];
	struct cmsghdr align;
};

int door_send(int fd, const void *msg, size_t len, const int *fds, unsigned nfds)
{
	struct iovec iov = { (void *)(uintptr_t)msg, len };
	union control_buffer control = { .bytes = { 0 } };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (nfds > DOOR_MAX_FDS)
		return -EINVAL;
	if (nfds > 0) {
		m.msg_control = control.bytes;
		m.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, nfds * sizeof(int));
	}
	if (sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)len)
		return errno != 0 ? -errno : -EPROTO;
	return 0;
}

static unsigned take_fds(struct msghdr *m, int fds[DOOR_MAX_FDS])
{
	unsigned n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		size_t bytes;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		bytes = c->cmsg_len - CMSG_LEN(0);
		for (size_t i = 0; i < bytes / sizeof(int); i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (n < DOOR_MAX_FDS)
				fds[n++] = fd;
			else
				close(fd);
		}
	}
	return n;
}

int door_receive(int fd, void *msg, size_t len, int fds[DOOR_MAX_FDS], unsigned *ret_nfds)
{
	struct iovec iov = { msg, len };
	union control_buffer control;
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control.bytes,
			    .msg_controllen = sizeof(control.bytes) };
	ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	unsigned nfds;

	if (n == -1)
		return errno == EAGAIN || errno == EINTR ? -EAGAIN : -EPIPE;
	nfds = take_fds(&m, fds);
	if ((size_t)n != len || (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
		while (nfds > 0)
			close(fds[--nfds]);
		return n == 0 ? -EPIPE : -EPROTO;
	}
	*ret_nfds = nfds;
	return 0;
}

bool door_alive(int fd)
{
	char byte;
	ssize_t n = recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK);

	return n > 0 || (n == -1 && (errno == EAGAIN || errno == EINTR));
}
