/* SPDX-License-Identifier: Apache-2.0
 *
 * wire_capture.c -- the CAPTURE frame.
 */
#include "wire_parts.h"

enum { CAPTURE_ELEMENTS = 5 };

ssize_t wire_encode_capture(uint8_t *buf, size_t cap, const struct capture_frame *f)
{
	struct pack pk;

	pack_init(&pk, buf, cap);
	pack_array(&pk, CAPTURE_ELEMENTS);
	pack_uint64(&pk, f->ts_ns);
	pack_uint64(&pk, f->num);
	pack_int64(&pk, f->tid);
	pack_uint64(&pk, f->duration_ns);
	pack_span_or_nil(&pk, f->rule);
	return pack_length(&pk);
}

int wire_decode_capture(struct span payload, struct capture_frame *ret)
{
	struct cursor c = wire_start(payload);

	ret->ts_ns = cursor_uint(&c, 0);
	ret->num = cursor_uint(&c, 0);
	ret->tid = cursor_int(&c, -1);
	ret->duration_ns = cursor_uint(&c, 0);
	ret->rule = cursor_span(&c);
	return cursor_finish(&c);
}

size_t wire_capture_bound(const struct capture_frame *f)
{
	return PACK_MAX_HEADER + CAPTURE_ELEMENTS * PACK_MAX_INT + pack_span_bound(f->rule);
}
