/* SPDX-License-Identifier: Apache-2.0
 *
 * frame_sink.c -- writes a snapshot, and reads one.  It is written with write(2)
 * and never mapped here, so that it can be sealed against all writes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "door_message.h"
#include "frame_sink.h"
#include "shm.h"

#define BUF_SIZE (RING_FRAME_HEADER + RING_MAX_PAYLOAD)

struct frame_header {
	uint32_t len;
	uint16_t type, flags;
	uint64_t seq;
};
_Static_assert(sizeof(struct frame_header) == RING_FRAME_HEADER, "docs/wire.md has the layout");

int frame_sink_open(struct frame_sink *s)
{
	*s = (struct frame_sink){ .fd = -1, .buf = malloc(BUF_SIZE) };
	if (s->buf == NULL)
		return -ENOMEM;
	s->fd = memfd_create("mews-snapshot", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (s->fd == -1 || fchmod(s->fd, 0600) == -1) {
		int err = -errno;

		frame_sink_close(s);
		return err;
	}
	return 0;
}

void frame_sink_close(struct frame_sink *s)
{
	if (s->fd != -1)
		close(s->fd);
	free(s->buf);
	*s = (struct frame_sink){ .fd = -1 };
}

static int flush(struct frame_sink *s)
{
	size_t done = 0;

	while (done < s->fill) {
		ssize_t n = write(s->fd, s->buf + done, s->fill - done);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -ENOSPC;
		done += (size_t)n;
	}
	s->written += s->fill;
	s->fill = 0;
	return 0;
}

static int put_in_memfd(struct frame_sink *s, uint16_t type, struct span payload)
{
	struct frame_header h = { (uint32_t)payload.n, type, RING_FRAME_SNAPSHOT, 0 };
	size_t need = (sizeof(h) + payload.n + 7) & ~(size_t)7;
	uint8_t *at;

	if (s->written + s->fill + need > DOOR_SNAPSHOT_MAX)
		return -ENOSPC;
	if (need > BUF_SIZE - s->fill && flush(s) < 0)
		return -ENOSPC;
	at = s->buf + s->fill;
	memset(at + need - 8, 0, 8); /* the padding */
	memcpy(at, &h, sizeof(h));
	if (payload.n > 0)
		memcpy(at + sizeof(h), payload.p, payload.n);
	s->fill += need;
	return 0;
}

static int put_in_ring(struct ring_writer *w, uint16_t type, struct span payload)
{
	uint8_t *room = ring_reserve(w, payload.n, RING_STATE);

	if (room == NULL)
		return -ENOSPC;
	if (payload.n > 0)
		memcpy(room, payload.p, payload.n);
	ring_submit(w, type, 0, payload.n);
	return 0;
}

int frame_sink_put(struct frame_sink *s, uint16_t type, struct span payload)
{
	if (s->err == 0 && payload.n > RING_MAX_PAYLOAD)
		s->err = -ENOSPC;
	if (s->err == 0)
		s->err = s->ring != NULL ? put_in_ring(s->ring, type, payload)
					 : put_in_memfd(s, type, payload);
	return s->err;
}

int frame_sink_finish(struct frame_sink *s)
{
	int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
	int fd;

	if (s->err < 0 || flush(s) < 0)
		return -ENOSPC;
	if (s->written == 0)
		return -ENODATA;
	if (fcntl(s->fd, F_ADD_SEALS, seals) == -1)
		return -errno;
	shm_make_readonly(&s->fd);
	fd = s->fd;
	s->fd = -1;
	return fd;
}

int frame_sink_read(const uint8_t *snapshot, uint64_t size, uint64_t *at, struct ring_frame *ret)
{
	struct frame_header h;
	uint64_t left = size - *at;

	if (left == 0)
		return 0;
	if (left < sizeof(h))
		return -EPROTO;
	memcpy(&h, snapshot + *at, sizeof(h));
	if (h.len > RING_MAX_PAYLOAD || sizeof(h) + h.len > left)
		return -EPROTO;
	*ret = (struct ring_frame){ .type = h.type,
				    .flags = h.flags | RING_FRAME_SNAPSHOT,
				    .payload = { snapshot + *at + sizeof(h), h.len } };
	*at += (sizeof(h) + h.len + 7) & ~UINT64_C(7);
	if (*at > size)
		return -EPROTO;
	return 1;
}
