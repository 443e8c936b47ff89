/* SPDX-License-Identifier: Apache-2.0
 *
 * supply.c -- see supply.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle.h"
#include "supply.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

union control {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(sizeof(int))];
};

int supply_pair(int ret[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ret) == -1
		       ? -errno
		       : 0;
}

int supply_send(int socket, enum supply_kind kind, int fd, const char *text)
{
	uint8_t message[1 + SUPPLY_TEXT_MAX] = { (uint8_t)kind };
	size_t n = strnlen(text, SUPPLY_TEXT_MAX - 1);
	struct iovec iov = { message, 1 + n };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	union control control = { 0 };

	memcpy(message + 1, text, n);
	if (fd != -1) {
		struct cmsghdr *cm;

		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		cm = CMSG_FIRSTHDR(&msg);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cm), &fd, sizeof(fd));
	}
	return sendmsg(socket, &msg, MSG_NOSIGNAL) == -1 ? -errno : 0;
}

static int take_fd(struct msghdr *msg)
{
	const struct cmsghdr *cm = CMSG_FIRSTHDR(msg);
	int fd;

	if (cm == NULL || cm->cmsg_level != SOL_SOCKET || cm->cmsg_type != SCM_RIGHTS ||
	    cm->cmsg_len != CMSG_LEN(sizeof(int)))
		return -1;
	memcpy(&fd, CMSG_DATA(cm), sizeof(fd));
	return fd;
}

int supply_receive(int socket, struct supply_message *ret)
{
	uint8_t message[1 + SUPPLY_TEXT_MAX];
	struct iovec iov = { message, sizeof(message) };
	union control control;
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	ssize_t n;

	do
		n = recvmsg(socket, &msg, MSG_CMSG_CLOEXEC);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return -errno;
	if (n == 0)
		return -EPIPE;
	*ret = (struct supply_message){ .kind = message[0], .fd = take_fd(&msg) };
	if (ret->kind <= SUPPLY_NONE || ret->kind >= SUPPLY_KIND_COUNT || n > SUPPLY_TEXT_MAX) {
		if (ret->fd != -1)
			close(ret->fd);
		return -EPROTO;
	}
	memcpy(ret->text, message + 1, (size_t)n - 1);
	return 0;
}

static int write_all(int fd, struct span bytes)
{
	while (bytes.n > 0) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? -EIO : -errno;
		bytes = span_of(bytes.p + n, bytes.n - (size_t)n);
	}
	return 0;
}

int supply_seal(struct span bytes)
{
	int fd = memfd_create("mews-settings", MFD_CLOEXEC | MFD_ALLOW_SEALING), err;

	if (fd == -1)
		return -errno;
	err = write_all(fd, bytes);
	if (err == 0 && fcntl(fd, F_ADD_SEALS, SEALS) == -1)
		err = -errno;
	if (err == 0)
		return fd;
	close(fd);
	return err;
}

int supply_read(int fd, struct span *ret)
{
	struct stat st;
	uint8_t *bytes;
	size_t n = 0;

	if (fstat(fd, &st) == -1)
		return -errno;
	if (st.st_size <= 0 || st.st_size > (off_t)BUNDLE_MAX_BYTES ||
	    fcntl(fd, F_GET_SEALS) != SEALS)
		return -EPROTO;
	bytes = malloc((size_t)st.st_size);
	if (bytes == NULL)
		return -ENOMEM;
	while (n < (size_t)st.st_size) {
		ssize_t got = pread(fd, bytes + n, (size_t)st.st_size - n, (off_t)n);

		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0) {
			free(bytes);
			return got == 0 ? -EPROTO : -errno;
		}
		n += (size_t)got;
	}
	*ret = span_of(bytes, n);
	return 0;
}
