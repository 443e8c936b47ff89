/* SPDX-License-Identifier: Apache-2.0
 *
 * notify.c -- see notify.h.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"
#include "notify.h"

int notify_open(void)
{
	static const struct timeval patience = { .tv_sec = 1 };
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t n = path == NULL ? 0 : strlen(path);
	int fd;

	if (n < 2 || n > sizeof(addr.sun_path) - 1 || (path[0] != '/' && path[0] != '@'))
		return -1;
	memcpy(addr.sun_path, path, n);
	if (path[0] == '@')
		addr.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd != -1)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (fd == -1 || connect(fd, (struct sockaddr *)&addr,
				(socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) == -1) {
		log_warning("cannot reach '%s': %s, nobody hears that we are ready", path,
			    strerror(errno));
		if (fd != -1)
			close(fd);
		fd = -1;
	}
	unsetenv("NOTIFY_SOCKET"); /* PATH lies there */
	return fd;
}

int notify_say_with(int fd, const char *text, const int *fds, unsigned nfds)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(NOTIFY_FDS * sizeof(int))];
	} control = { 0 };
	struct iovec iov = { (void *)(uintptr_t)text, strlen(text) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd == -1 || nfds > NOTIFY_FDS)
		return -EINVAL;
	if (nfds > 0) {
		m.msg_control = &control;
		m.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		control.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(nfds * sizeof(int)),
						 .cmsg_level = SOL_SOCKET,
						 .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&control.head), fds, nfds * sizeof(int));
	}
	return sendmsg(fd, &m, MSG_NOSIGNAL) == -1 ? -errno : 0;
}

int notify_say(int fd, const char *text)
{
	return notify_say_with(fd, text, NULL, 0);
}

void notify_try(int fd, const char *text)
{
	if (fd != -1)
		(void)!send(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
}
