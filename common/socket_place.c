/* SPDX-License-Identifier: Apache-2.0
 *
 * socket_place.c -- see socket_place.h.
 */
#include "socket_place.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEAF_NS (100 * NS_PER_MSEC)

/* Take away what a predecessor left.  Only a socket, and only if nobody answers. */
static int clear_path(const struct sockaddr_un *addr, int type)
{
	struct stat st;
	int fd, err = 0;

	if (lstat(addr->sun_path, &st) == -1)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -errno;
	if (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) == 0 || errno == EAGAIN)
		err = -EADDRINUSE;
	close(fd);
	if (err == 0 && unlink(addr->sun_path) == -1 && errno != ENOENT)
		err = -errno;
	return err;
}

int socket_place_open(struct socket_place *p, const char *path, int type, gid_t gid, int queue)
{
	struct stat st;
	int err;

	*p = SOCKET_PLACE_NONE;
	if (strlen(path) >= sizeof(p->addr.sun_path))
		return -ENAMETOOLONG;
	p->addr.sun_family = AF_UNIX;
	memcpy(p->addr.sun_path, path, strlen(path));
	if ((err = clear_path(&p->addr, type)) < 0)
		return err;
	p->fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (p->fd == -1 || bind(p->fd, (const struct sockaddr *)&p->addr, sizeof(p->addr)) == -1 ||
	    lstat(path, &st) == -1)
		return -errno;
	p->dev = st.st_dev;
	p->ino = st.st_ino;
	/* Nobody can connect before listen(), so mode and group are right by then. */
	if ((gid != (gid_t)-1 && gid != st.st_gid && lchown(path, (uid_t)-1, gid) == -1) ||
	    chmod(path, 0660) == -1 || listen(p->fd, queue) == -1)
		return -errno;
	return 0;
}

void socket_place_close(struct socket_place *p)
{
	struct stat st;

	if (p->ino != 0 && lstat(p->addr.sun_path, &st) == 0 && st.st_dev == p->dev &&
	    st.st_ino == p->ino)
		unlink(p->addr.sun_path);
	if (p->fd != -1)
		close(p->fd);
	*p = SOCKET_PLACE_NONE;
}

int socket_place_accept(struct socket_place *p)
{
	int fd = accept4(p->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd == -1 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS))
		p->deaf_until = mono_after(mono_now(), DEAF_NS);
	return fd;
}

bool socket_place_is_deaf(const struct socket_place *p)
{
	return p->deaf_until.ns != 0 && mono_now().ns < p->deaf_until.ns;
}
