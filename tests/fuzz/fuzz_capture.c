/* SPDX-License-Identifier: Apache-2.0
 *
 * What the recorder reads: frames of ring tap, and matches between them, from writers out of
 * their minds.  Each is a type (u8), a length (u16, little endian) and a payload; matches have
 * their own frame type.  Files are whole blocks, one at a time, and are closed in the end.
 */
#include <errno.h>
#include <stdlib.h>

#include "capture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILE_BYTES = 64 * 1024, HISTORY_BYTES = 1 << 20 };

static bool is_open;
static size_t written;

static int open_file(void *ctx, const struct capture_frame *m)
{
	(void)ctx;
	if (is_open)
		abort();
	if (m->num % 5 == 4)
		return -EACCES;
	is_open = true;
	written = 0;
	return 0;
}

/* What comes at once are blocks, or one list. */
static int write_file(void *ctx, struct span bytes)
{
	uint32_t total;
	size_t at = 0;

	(void)ctx;
	if (!is_open)
		abort();
	if (bytes.n > FILE_BYTES - written)
		return written % 2 == 0 ? -EFBIG : -ENOSPC;
	while (at < bytes.n) {
		if (bytes.n - at < 12)
			abort();
		memcpy(&total, bytes.p + at + 4, sizeof(total));
		if (total < 12 || total > bytes.n - at)
			abort();
		at += total;
	}
	written += bytes.n;
	return 0;
}

static int close_file(void *ctx, uint64_t *ret_size)
{
	(void)ctx;
	if (!is_open)
		abort();
	is_open = false;
	*ret_size = written;
	return 0;
}

static void take(struct capture *c, const struct ring_frame *f, struct mono now)
{
	struct capture_frame match;

	if (f->type != FRAME_CAPTURE)
		capture_frame(c, f, 1);
	else if (wire_decode_capture(f->payload, &match) == 0)
		capture_match(c, &match, now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t counts[RECORDER_COUNTERS] = { 0 };
	struct capture_params p = { .files = { NULL, open_file, write_file, close_file },
				    .counts = counts,
				    .seed = 3,
				    .history_bytes = HISTORY_BYTES,
				    .state_bytes = 1 << 20,
				    .before_ns = 1000,
				    .threads = 24,
				    .own_pid = 7 };
	struct mono now = { 1 };
	struct ring_frame f = { 0 };
	struct capture *c;
	size_t at = 0;

	if (capture_new(&p, &c) < 0)
		abort();
	while (at + 3 <= size) {
		size_t n = data[at + 1] | (size_t)data[at + 2] << 8;

		f.type = data[at];
		f.seq++;
		at += 3;
		f.payload = span_of(data + at, n < size - at ? n : size - at);
		at += f.payload.n;
		take(c, &f, now);
		now = mono_after(now, f.payload.n * NS_PER_MSEC);
		capture_step(c, now);
	}
	capture_end(c);
	capture_free(c);
	if (is_open)
		abort();
	return 0;
}
