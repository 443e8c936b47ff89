/* SPDX-License-Identifier: Apache-2.0
 *
 * gzip_file.c -- see gzip_file.h.
 */
#include "gzip_file.h"

#include <errno.h>
#include <isa-l/igzip_lib.h>
#include <stdlib.h>
#include <unistd.h>

enum { OUTPUT = 256 * 1024 };

struct gzip_file {
	int fd;
	uint64_t size;
	uint64_t held; /* bytes that were given since it was last between two blocks */
	struct isal_zstream z;
	uint8_t level[ISAL_DEF_LVL1_DEFAULT];
	uint8_t output[OUTPUT];
};

int gzip_file_open(int fd, struct gzip_file **ret)
{
	struct gzip_file *z = calloc(1, sizeof(*z));

	if (z == NULL) {
		close(fd);
		return -ENOMEM;
	}
	z->fd = fd;
	isal_deflate_init(&z->z);
	z->z.gzip_flag = IGZIP_GZIP;
	z->z.level = 1;
	z->z.level_buf = z->level;
	z->z.level_buf_size = sizeof(z->level);
	z->z.next_out = z->output;
	z->z.avail_out = OUTPUT;
	*ret = z;
	return 0;
}

void gzip_file_free(struct gzip_file *z)
{
	if (z == NULL)
		return;
	if (z->fd != -1)
		close(z->fd);
	free(z);
}

uint64_t gzip_file_size(const struct gzip_file *z)
{
	return z->size;
}

/* What is compressed goes to the file. */
static int drain(struct gzip_file *z)
{
	size_t n = OUTPUT - z->z.avail_out, at = 0;

	while (at < n) {
		ssize_t got = write(z->fd, z->output + at, n - at);

		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			return got == 0 ? -EIO : -errno;
		at += (size_t)got;
	}
	z->size += n;
	z->z.next_out = z->output;
	z->z.avail_out = OUTPUT;
	return 0;
}

/* Compress all of the input; LAST: nothing comes behind it. */
static int compress(struct gzip_file *z, struct span bytes, uint16_t last)
{
	int err = 0;

	z->z.next_in = (uint8_t *)(uintptr_t)bytes.p;
	z->z.avail_in = (uint32_t)bytes.n;
	z->z.end_of_stream = last;
	while (err == 0 &&
	       (z->z.avail_in > 0 || (last && z->z.internal_state.state != ZSTATE_END))) {
		if (isal_deflate(&z->z) != COMP_OK)
			return -EIO;
		if (z->z.avail_out == 0)
			err = drain(z);
	}
	return err;
}

int gzip_file_write(struct gzip_file *z, struct span bytes)
{
	enum { PART = 1 << 30 }; /* the library counts in 32 bits */

	while (bytes.n > 0) {
		size_t n = bytes.n < PART ? bytes.n : PART;
		int err = compress(z, span_of(bytes.p, n), 0);

		z->held += n;
		if (err < 0)
			return err;
		bytes = span_of(bytes.p + n, bytes.n - n);
	}
	return 0;
}

uint64_t gzip_file_bound(const struct gzip_file *z, size_t more)
{
	uint64_t held = z->held + more;

	/* What cannot be compressed grows by its blocks' heads; then comes the end. */
	return z->size + OUTPUT - z->z.avail_out + held + held / 1000 + 1024;
}

int gzip_file_sync(struct gzip_file *z)
{
	int err = 0;

	z->z.next_in = NULL;
	z->z.avail_in = 0;
	z->z.end_of_stream = 0;
	z->z.flush = SYNC_FLUSH;
	/* The library is between two blocks when it has given all that it had. */
	while (err == 0 && z->z.internal_state.state != ZSTATE_NEW_HDR) {
		if (isal_deflate(&z->z) != COMP_OK)
			return -EIO;
		err = drain(z);
	}
	z->z.flush = NO_FLUSH;
	z->held = 0;
	return err == 0 ? drain(z) : err;
}

int gzip_file_finish(struct gzip_file *z)
{
	int err = compress(z, SPAN_NONE, 1);

	if (err == 0)
		err = drain(z);
	/* Some file systems say only now that there was no room. */
	if (err == 0 && close(z->fd) == -1)
		err = -errno;
	if (err == 0)
		z->fd = -1;
	return err;
}
