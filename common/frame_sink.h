/* SPDX-License-Identifier: Apache-2.0
 *
 * frame_sink.h -- where a snapshot's frames go: a memfd that grows as it is
 * written, or a ring.  A snapshot in a memfd is frames one behind the other, in
 * the form that they have in a ring, with sequence number 0.  Shell.
 */
#ifndef MEWS_FRAME_SINK_H
#define MEWS_FRAME_SINK_H

#include "door.h"

struct frame_sink {
	struct ring_writer *ring; /* NULL: the memfd */
	int fd;
	uint8_t *buf;
	size_t fill;	  /* of BUF */
	uint64_t written; /* to the memfd */
	int err;	  /* the first that went wrong: it stays so */
};

/* A sink that is a new memfd. */
int frame_sink_open(struct frame_sink *s);

/* Seal what was put; the descriptor, for reading only.  -ENODATA: nothing was put. */
int frame_sink_finish(struct frame_sink *s);

/* After open, whether finished or not. */
void frame_sink_close(struct frame_sink *s);

/* The frame at *AT of a snapshot of SIZE bytes; *AT moves behind it.  1, 0: at its
 * end, -EPROTO.  RET's payload lies in SNAPSHOT. */
int frame_sink_read(const uint8_t *snapshot, uint64_t size, uint64_t *at, struct ring_frame *ret);

#endif
