/* SPDX-License-Identifier: Apache-2.0
 *
 * secret_file.c -- see secret_file.h.
 */
#include "secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

static int read_all(int fd, size_t cap, char **ret, size_t *ret_n)
{
	char *text = malloc(cap + 1);
	size_t n = 0;
	ssize_t got = 1;

	if (text == NULL)
		return -ENOMEM;
	while (n < cap && (got = read(fd, text + n, cap - n)) > 0)
		n += (size_t)got;
	if (got == -1) {
		free(text);
		return -errno;
	}
	text[n] = '\0';
	*ret = text;
	*ret_n = n;
	return 0;
}

static void forget(struct secret_file *f)
{
	if (f->text != NULL)
		explicit_bzero(f->text, f->n);
	free(f->text);
	f->text = NULL;
	f->n = 0;
}

int secret_file_open(struct secret_file *f, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), err = 0;
	struct stat sb;
	char *text = NULL;
	size_t n = 0;

	if (fd == -1)
		return -errno;
	if (fstat(fd, &sb) == -1)
		err = -errno;
	else if (!S_ISREG(sb.st_mode))
		err = -EINVAL;
	else if (sb.st_size > (off_t)SECRET_FILE_MAX)
		err = -EMSGSIZE;
	else
		err = read_all(fd, (size_t)sb.st_size, &text, &n);
	close(fd);
	if (err < 0)
		return err;
	forget(f);
	*f = (struct secret_file){ .path = path,
				   .text = text,
				   .n = n,
				   .dev = sb.st_dev,
				   .ino = sb.st_ino,
				   .mtime = sb.st_mtim,
				   .size = sb.st_size };
	return 0;
}

void secret_file_close(struct secret_file *f)
{
	forget(f);
	*f = (struct secret_file){ 0 };
}

static bool is_same(const struct secret_file *f, const struct stat *sb)
{
	return f->dev == sb->st_dev && f->ino == sb->st_ino && f->size == sb->st_size &&
	       f->mtime.tv_sec == sb->st_mtim.tv_sec && f->mtime.tv_nsec == sb->st_mtim.tv_nsec;
}

bool secret_file_renewed(struct secret_file *f)
{
	struct stat sb;
	int err;

	if (f->path == NULL || stat(f->path, &sb) == -1 || is_same(f, &sb))
		return false;
	err = secret_file_open(f, f->path);
	if (err == 0)
		return true;
	if (!f->is_stale)
		log_warning("cannot read '%s' again: %s, what it held stays in use", f->path,
			    strerror(-err));
	f->is_stale = true;
	return false;
}
