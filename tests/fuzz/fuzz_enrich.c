/* SPDX-License-Identifier: Apache-2.0
 *
 * A sequence of frames of ring raw, as a collector out of its mind would write
 * them: each is a type (u8), a length (u16, little endian) and a payload.  What
 * comes out must be frames that a reader takes, and the counters must balance.
 */
#include <stdlib.h>

#include "enrich.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t room[WIRE_MAX_PAYLOAD];

static uint8_t *reserve(void *ctx, size_t cap)
{
	(void)ctx;
	if (cap > sizeof(room))
		abort();
	return room;
}

static void check(uint16_t type, struct span payload)
{
	static struct event_frame event;
	static struct process_frame process;
	struct process_gone_frame process_gone;
	int err = 0;

	switch (type) {
	case FRAME_EVENT:
		err = wire_decode_event(payload, &event);
		break;
	case FRAME_PROCESS:
		err = wire_decode_process(payload, &process);
		break;
	case FRAME_PROCESS_GONE:
		err = wire_decode_process_gone(payload, &process_gone);
		break;
	default:
		break;
	}
	if (err < 0)
		abort();
}

static uint64_t frames; /* written; their reader is half as far */

static void submit(void *ctx, uint16_t type, size_t len)
{
	(void)ctx;
	check(type, span_of(room, len));
	frames++;
}

static uint64_t written(void *ctx)
{
	(void)ctx;
	return frames;
}

static uint64_t read_by_now(void *ctx)
{
	(void)ctx;
	return frames / 2;
}

static void abandon(void *ctx)
{
	(void)ctx;
	abort();
}

static int take(void *ctx, uint16_t type, struct span payload)
{
	(void)ctx;
	check(type, payload);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t counts[ENRICHER_COUNTERS] = { 0 };
	struct enrich_params p = { .sink = { NULL, reserve, submit, abandon },
				   .written = written,
				   .read = read_by_now,
				   .counts = counts,
				   .seed = 3,
				   .threads = 24,
				   .fds_per_process = 16,
				   .users = 8,
				   .containers = 3,
				   .memory_bytes = (size_t)4 << 20 };
	struct ring_wants wants = { .version = 1, .extras = WANT_EXTRAS };
	struct ring_frame f = { 0 };
	struct enrich *en;
	size_t at = 0;

	frames = 0;
	memset(wants.events, 0xff, sizeof(wants.events));
	if (enrich_new(&p, &en) < 0)
		abort();
	enrich_want(en, &wants);
	while (at + 3 <= size) {
		size_t n = data[at + 1] | (size_t)data[at + 2] << 8;

		f.type = data[at];
		f.seq++;
		at += 3;
		f.payload = span_of(data + at, n < size - at ? n : size - at);
		at += f.payload.n;
		(void)enrich_frame(en, &f, 1);
	}
	if (counts[ENRICHER_IN] !=
	    counts[ENRICHER_OUT] + counts[ENRICHER_FOLDED] + counts[ENRICHER_REFUSED])
		abort();
	if (enrich_snapshot(en, UINT64_MAX, take, NULL) < 0 ||
	    enrich_snapshot(en, frames / 2, take, NULL) < 0 ||
	    enrich_snapshot(en, 0, take, NULL) < 0)
		abort();
	enrich_free(en);
	return 0;
}
