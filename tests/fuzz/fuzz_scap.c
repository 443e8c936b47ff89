/* SPDX-License-Identifier: Apache-2.0
 *
 * Captures from anywhere, uncompressed: read, converted, and made into frames.  What comes
 * out has spans inside of what was given, numbers of the widths of their types, and frames
 * that can be read; and the same comes out when the bytes come in pieces.
 */
#include <stdlib.h>

#include "../support/param_fits.h"
#include "must.h"
#include "scap_convert.h"
#include "scap_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a way through the bytes made. */
struct trace {
	uint64_t hash, items;
	int end; /* what the reader said last, or the converter */
};

static void mix(struct trace *t, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < n; i++)
		t->hash = (t->hash ^ p[i]) * UINT64_C(1099511628211);
}

/* ---- frames ---- */

static void must_decode(unsigned type, struct span payload)
{
	static union {
		struct host_frame host;
		struct user_frame user;
		struct group_frame group;
		struct task_frame task;
		struct task_file_frame file;
	} back;

	switch (type) {
	case FRAME_HOST:
		must(wire_decode_host(payload, &back.host) == 0);
		return;
	case FRAME_USER:
		must(wire_decode_user(payload, &back.user) == 0);
		return;
	case FRAME_GROUP:
		must(wire_decode_group(payload, &back.group) == 0);
		return;
	case FRAME_TASK:
		must(wire_decode_task(payload, &back.task) == 0);
		return;
	case FRAME_TASK_FILE:
		must(wire_decode_task_file(payload, &back.file) == 0);
		return;
	default:
		must(type == FRAME_SNAPSHOT_BEGIN || type == FRAME_SNAPSHOT_END);
		must(wire_decode_empty(payload) == 0);
	}
}

static void take_state(struct trace *t, struct scap_state *s, const struct scap_item *item)
{
	static uint8_t buf[WIRE_MAX_PAYLOAD];
	uint16_t type;
	ssize_t n;

	scap_state_meet(s, item);
	while (s->due != 0) {
		n = scap_state_next(s, item, buf, &type);
		must(n > 0); /* all that a capture can say has room */
		must_decode(type, span_of(buf, (size_t)n));
		mix(t, &type, sizeof(type));
		mix(t, buf, (size_t)n);
	}
}

/* ---- events ---- */

static int take_event(struct trace *t, struct scap_convert *c, const struct scap_event *in)
{
	static uint8_t buf[2 * SCAP_MAX_ITEM];
	static struct raw_event ev, back;
	const struct event_info *info;
	ssize_t n;
	int err = scap_convert(c, in, &ev);

	mix(t, &err, sizeof(err));
	if (err != 1)
		return err;
	info = event_info(ev.code);
	must(info != NULL && ev.nparams <= info->nparams);
	for (unsigned i = 0; i < ev.nparams; i++)
		must(param_fits(&ev.params[i], info->params[i].type));
	n = wire_encode_raw_event(buf, sizeof(buf), &ev); /* reads all that spans point to */
	must(n > 0 && (size_t)n <= wire_raw_event_bound(&ev));
	mix(t, buf, (size_t)n);
	if (n <= (ssize_t)WIRE_MAX_PAYLOAD)
		must(wire_decode_raw_event(span_of(buf, (size_t)n), &back) == 0 &&
		     back.code == ev.code && back.nparams == ev.nparams);
	return 1;
}

/* ---- ways through the bytes ---- */

static int take_item(struct trace *t, struct scap_convert *c, struct scap_state *s,
		     const struct scap_item *item)
{
	t->items++;
	mix(t, &item->kind, sizeof(item->kind));
	take_state(t, s, item);
	return item->kind == SCAP_EVENT ? take_event(t, c, &item->event) : 1;
}

/* All that the bytes which were given have: 0 when more must come, else how it ended. */
static int read_given(struct trace *t, struct scap_reader *r, struct scap_convert *c,
		      struct scap_state *s)
{
	static struct scap_item item;
	int err;

	while ((err = scap_read(r, &item)) == 1) {
		err = take_item(t, c, s, &item);
		if (err < 0)
			break;
	}
	return err;
}

/* PIECE bytes at a time, each time in memory of just the size of what is not taken. */
static struct trace read_in_pieces(const uint8_t *data, size_t size, size_t piece)
{
	struct scap_convert *c;
	struct scap_reader r;
	struct scap_state s;
	struct trace t = { 0 };
	uint8_t *window = NULL;
	size_t given = 0;

	must(scap_convert_new(1, &c) == 0);
	scap_reader_init(&r);
	scap_state_init(&s);
	do {
		size_t n = piece < size - given ? piece : size - given;
		uint8_t *next = malloc(r.in.n + n + 1);

		if (r.in.n > 0)
			memcpy(next, r.in.p, r.in.n);
		if (n > 0)
			memcpy(next + r.in.n, data + given, n);
		given += n;
		scap_give(&r, span_of(next, r.in.n + n), given == size);
		free(window);
		window = next;
		t.end = read_given(&t, &r, c, &s);
		must(t.end < 0 || r.in.n < SCAP_MAX_ITEM); /* a window of that size will do */
	} while (t.end == 0 && given < size);
	must(t.end < 0 || r.offset == size);
	mix(&t, &r.block, sizeof(r.block));
	mix(&t, &r.block_offset, sizeof(r.block_offset));
	free(window);
	scap_state_release(&s);
	scap_convert_free(c);
	return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trace whole = read_in_pieces(data, size, SIZE_MAX);
	struct trace pieces = read_in_pieces(data, size, 1 + size % 61);

	must(whole.end == pieces.end && whole.items == pieces.items && whole.hash == pieces.hash);
	return 0;
}
