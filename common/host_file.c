/* SPDX-License-Identifier: Apache-2.0
 *
 * host_file.c -- see host_file.h.
 */
#include "host_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX ((size_t)8 << 20)

int host_file_init(struct host_file *f, const char *name)
{
	const char *root = getenv("HOST_ROOT");

	*f = (struct host_file){ 0 };
	return snprintf(f->path, HOST_PATH_MAX, "%s/etc/%s", root == NULL ? "" : root, name) <
			       HOST_PATH_MAX
		       ? 0
		       : -EINVAL;
}

bool host_file_changed(struct host_file *f)
{
	struct stat st;

	if (stat(f->path, &st) == -1)
		return false;
	if (st.st_ino == f->ino && st.st_size == f->size && st.st_mtim.tv_sec == f->mtime.tv_sec &&
	    st.st_mtim.tv_nsec == f->mtime.tv_nsec)
		return false;
	f->ino = st.st_ino;
	f->size = st.st_size;
	f->mtime = st.st_mtim;
	return true;
}

struct span host_file_read(const struct host_file *f)
{
	int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	uint8_t *buf = NULL;
	size_t n = 0;
	struct stat st;
	ssize_t got;

	if (fd == -1)
		return SPAN_NONE;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    (size_t)st.st_size <= FILE_MAX)
		buf = malloc((size_t)st.st_size);
	while (buf != NULL && n < (size_t)st.st_size) {
		got = read(fd, buf + n, (size_t)st.st_size - n);
		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	close(fd);
	return span_of(buf, n);
}
