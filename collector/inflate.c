/* SPDX-License-Identifier: Apache-2.0
 *
 * inflate.c -- see inflate.h.  gzip files may be several in a row, as after `cat`; what
 * stands behind the last one and is no gzip is passed over, as gzip does.
 */
#include "inflate.h"

#include <errno.h>
#include <isa-l/igzip_lib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

enum { INPUT = 256 * 1024 };

struct inflate {
	int fd;
	bool is_gzip, at_end;
	int err;	   /* what comes when the good bytes are out */
	uint64_t position; /* of the end of INPUT in the file */
	struct inflate_state state;
	size_t fill, used; /* of INPUT; for gzip the state knows what is used */
	uint8_t input[INPUT];
};

/* More input, behind what is left of it (which is moved to the front). */
static int fill(struct inflate *in)
{
	ssize_t n;

	memmove(in->input, in->input + in->used, in->fill - in->used);
	in->fill -= in->used;
	in->used = 0;
	do
		n = read(in->fd, in->input + in->fill, sizeof(in->input) - in->fill);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return -errno;
	in->at_end = n == 0;
	in->fill += (size_t)n;
	in->position += (uint64_t)n;
	return 0;
}

static bool starts_gzip(const struct inflate *in)
{
	const uint8_t *p = in->input + in->used;

	return in->fill - in->used >= 2 && p[0] == 0x1f && p[1] == 0x8b;
}

static int fill_at_least(struct inflate *in, size_t n)
{
	int err = 0;

	while (err == 0 && !in->at_end && in->fill - in->used < n)
		err = fill(in);
	return err;
}

static void begin_member(struct inflate *in)
{
	isal_inflate_init(&in->state);
	in->state.crc_flag = ISAL_GZIP;
}

int inflate_rewind(struct inflate *in)
{
	int err;

	if (lseek(in->fd, 0, SEEK_SET) == -1)
		return -errno;
	in->fill = in->used = 0;
	in->position = 0;
	in->err = 0;
	in->at_end = false;
	err = fill_at_least(in, 2);
	in->is_gzip = starts_gzip(in);
	begin_member(in);
	return err;
}

int inflate_open(int fd, struct inflate **ret)
{
	struct inflate *in = malloc(sizeof(*in));
	int err;

	if (in == NULL)
		return -ENOMEM;
	in->fd = fd;
	err = inflate_rewind(in);
	if (err < 0) {
		free(in);
		return err;
	}
	*ret = in;
	return 0;
}

void inflate_close(struct inflate *in)
{
	free(in);
}

uint64_t inflate_position(const struct inflate *in)
{
	return in->position - (in->fill - in->used);
}

/* One call of the library.  How many bytes of BUF it filled; an error is left in IN->err. */
static size_t inflate_some(struct inflate *in, uint8_t *buf, size_t cap)
{
	struct inflate_state *s = &in->state;
	int err;

	s->next_in = in->input + in->used;
	s->avail_in = (uint32_t)(in->fill - in->used);
	s->next_out = buf;
	s->avail_out = (uint32_t)cap;
	err = isal_inflate(s);
	in->used = in->fill - s->avail_in;
	if (err != ISAL_DECOMP_OK)
		in->err = -EBADMSG;
	return cap - s->avail_out;
}

/* Behind a member: another one, or the end. */
static void next_member(struct inflate *in)
{
	in->err = fill_at_least(in, 2);
	if (in->err == 0 && starts_gzip(in))
		begin_member(in);
	else if (in->err == 0)
		in->fill = in->used = 0; /* and AT_END, or as good as */
}

static bool is_member_done(const struct inflate *in)
{
	return in->state.block_state == ISAL_BLOCK_FINISH;
}

static ssize_t read_gzip(struct inflate *in, uint8_t *buf, size_t cap)
{
	size_t n = 0;

	while (n < cap && in->err == 0) {
		size_t got;

		if (is_member_done(in)) {
			next_member(in);
			if (is_member_done(in))
				break;
		}
		if (in->used == in->fill && !in->at_end)
			in->err = fill(in);
		got = in->err == 0 ? inflate_some(in, buf + n, cap - n) : 0;
		n += got;
		if (got == 0 && in->err == 0 && in->at_end && !is_member_done(in))
			in->err = -ENODATA;
	}
	return n > 0 || in->err == 0 ? (ssize_t)n : in->err;
}

static ssize_t read_plain(struct inflate *in, uint8_t *buf, size_t cap)
{
	size_t n = in->fill - in->used < cap ? in->fill - in->used : cap;

	memcpy(buf, in->input + in->used, n);
	in->used += n;
	while (n < cap && !in->at_end) {
		ssize_t got = read(in->fd, buf + n, cap - n);

		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1 && n == 0)
			return -errno;
		if (got <= 0)
			in->at_end = got == 0;
		if (got <= 0)
			break;
		n += (size_t)got;
		in->position += (uint64_t)got;
	}
	return (ssize_t)n;
}

ssize_t inflate_read(struct inflate *in, uint8_t *buf, size_t cap)
{
	return in->is_gzip ? read_gzip(in, buf, cap) : read_plain(in, buf, cap);
}
