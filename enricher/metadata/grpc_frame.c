/* SPDX-License-Identifier: Apache-2.0
 *
 * grpc_frame.c -- see grpc_frame.h.
 */
#include <errno.h>
#include <stdlib.h>

#include "grpc_frame.h"

void grpc_frame_header(uint8_t *buf, uint32_t n)
{
	buf[0] = 0; /* not compressed */
	buf[1] = (uint8_t)(n >> 24);
	buf[2] = (uint8_t)(n >> 16);
	buf[3] = (uint8_t)(n >> 8);
	buf[4] = (uint8_t)n;
}

static uint32_t length_of(const uint8_t *header)
{
	return (uint32_t)header[1] << 24 | (uint32_t)header[2] << 16 | (uint32_t)header[3] << 8 |
	       header[4];
}

bool grpc_frame_only(struct span body, struct span *ret)
{
	if (body.n < GRPC_HEADER || body.p[0] != 0 || length_of(body.p) != body.n - GRPC_HEADER)
		return false;
	*ret = span_of(body.p + GRPC_HEADER, body.n - GRPC_HEADER);
	return true;
}

void grpc_stream_init(struct grpc_stream *s, size_t max)
{
	*s = (struct grpc_stream){ .max = max };
}

void grpc_stream_release(struct grpc_stream *s)
{
	free(s->buf);
	*s = (struct grpc_stream){ .max = s->max };
}

static int append(struct grpc_stream *s, struct span piece)
{
	size_t cap = s->cap != 0 ? s->cap : 4096;
	uint8_t *more;

	if (piece.n == 0)
		return 0;
	while (cap - s->bytes < piece.n)
		cap *= 2;
	more = cap == s->cap ? s->buf : realloc(s->buf, cap);
	if (more == NULL)
		return -ENOMEM;
	s->buf = more;
	s->cap = cap;
	memcpy(s->buf + s->bytes, piece.p, piece.n);
	s->bytes += piece.n;
	return 0;
}

int grpc_stream_feed(struct grpc_stream *s, struct span piece,
		     void (*each)(void *ctx, struct span message), void *ctx)
{
	size_t at = 0;
	int err = append(s, piece);

	while (err == 0 && s->bytes - at >= GRPC_HEADER) {
		const uint8_t *header = s->buf + at;
		size_t n = length_of(header);

		if (header[0] != 0 || n > s->max)
			return -EPROTO;
		if (s->bytes - at - GRPC_HEADER < n)
			break;
		each(ctx, span_of(header + GRPC_HEADER, n));
		at += GRPC_HEADER + n;
	}
	if (at > 0)
		memmove(s->buf, s->buf + at, s->bytes - at);
	s->bytes -= at;
	return err;
}

/* ---- protobuf's wire ---- */

static bool take_varint(struct span *s, uint64_t *ret)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < 10 && s->n > 0; i++) {
		uint8_t c = s->p[0];

		*s = span_of(s->p + 1, s->n - 1);
		v |= (uint64_t)(c & 0x7f) << (7 * i);
		if ((c & 0x80) == 0) {
			*ret = v;
			return true;
		}
	}
	return false;
}

enum { WIRE_VARINT, WIRE_64, WIRE_BYTES, WIRE_32 = 5 };

static bool pass(struct span *s, size_t n)
{
	if (s->n < n)
		return false;
	*s = span_of(s->p + n, s->n - n);
	return true;
}

/* The next field of S: its number, and its bytes if it has some.  False: what follows is none. */
static bool take_field(struct span *s, uint64_t *ret_number, struct span *ret_bytes)
{
	uint64_t tag, v;

	*ret_bytes = SPAN_NONE;
	if (!take_varint(s, &tag))
		return false;
	*ret_number = tag >> 3;
	switch (tag & 7) {
	case WIRE_VARINT:
		return take_varint(s, &v);
	case WIRE_64:
		return pass(s, 8);
	case WIRE_32:
		return pass(s, 4);
	case WIRE_BYTES:
		if (!take_varint(s, &v) || v > s->n)
			return false;
		*ret_bytes = span_of(s->p, (size_t)v);
		return pass(s, (size_t)v);
	default:
		return false;
	}
}

static struct span first_field(struct span message)
{
	struct span bytes;
	uint64_t number;

	while (message.n > 0 && take_field(&message, &number, &bytes))
		if (number == 1)
			return bytes;
	return SPAN_NONE;
}

bool grpc_each_id(struct span message, void (*each)(void *ctx, struct span id), void *ctx)
{
	struct span bytes;
	uint64_t number;

	while (message.n > 0) {
		if (!take_field(&message, &number, &bytes))
			return false;
		if (number == 1 && first_field(bytes).n > 0)
			each(ctx, first_field(bytes));
	}
	return true;
}
