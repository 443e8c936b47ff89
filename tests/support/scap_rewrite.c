/* SPDX-License-Identifier: Apache-2.0
 *
 * scap_rewrite.c -- a capture read as the collector reads it and written again as `mews
 * record` writes, uncompressed: scap_rewrite FROM TO [CONDITION].
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "log.h"
#include "record_filter.h"
#include "recording.h"
#include "replay.h"

static int write_bytes(void *ctx, struct span bytes)
{
	return fwrite(bytes.p, 1, bytes.n, ctx) == bytes.n ? 0 : -EIO;
}

/* What the filter says of a frame; without one, all is recorded. */
static enum record_verdict ask(struct record_filter *f, uint16_t type, struct span payload,
			       unsigned code)
{
	static struct ring_frame frame;

	frame.type = type;
	frame.seq++;
	frame.payload = payload;
	return f == NULL ? RECORD_EVENT : record_filter_frame(f, &frame, 1, code);
}

static int take_event(struct recording *r, struct record_filter *f, struct raw_event *ev)
{
	static uint8_t buf[WIRE_MAX_PAYLOAD];
	ssize_t n = wire_encode_raw_event(buf, sizeof(buf), ev);
	enum record_verdict verdict =
		ask(f, FRAME_RAW_EVENT, span_of(buf, n < 0 ? 0 : (size_t)n), ev->code);

	if (verdict == RECORD_STATE)
		ev->flags |= EVENT_STATE_ONLY;
	return verdict == RECORD_NOT ? 0 : recording_event(r, ev);
}

/* One step; 0: there is no more. */
static int take(struct source *s, struct recording *r, struct record_filter *f)
{
	static struct raw_event ev;
	struct source_frame frame;
	int err = s->ops->next(s, &ev);

	if (err == 1)
		return take_event(r, f, &ev) == 0 ? 1 : -1;
	if (err == SOURCE_STATE) {
		s->ops->frame(s, &frame);
		(void)ask(f, frame.type, frame.payload, EVENT_CODE_COUNT);
		return recording_state(r, frame.type, frame.payload) == 0 ? 1 : -1;
	}
	return err == SOURCE_END ? 0 : err == SOURCE_DAMAGED ? -1 : 1;
}

int main(int argc, char **argv)
{
	FILE *to = argc == 3 || argc == 4 ? fopen(argv[2], "we") : NULL;
	struct recording_params p = { .write = write_bytes, .ctx = to, .state_bytes = 64u << 20 };
	const struct recording_counts *counts;
	struct record_filter *f = NULL;
	struct diag diag = { 0 };
	struct recording *r;
	struct source *s;
	int err;

	log_open("scap_rewrite", LOG_LEVEL_INFO);
	if (to == NULL) {
		fprintf(stderr, "usage: scap_rewrite FROM TO [CONDITION]\n");
		return EXIT_USAGE;
	}
	if (argc == 4 && record_filter_new(span_str(argv[3]), 1, &f, &diag) < 0) {
		fprintf(stderr, "column %u: %s\n", diag.column, diag.message);
		return EXIT_INPUT;
	}
	if (replay_open(argv[1], &s) != EXIT_OK || recording_new(&p, &r) < 0)
		return EXIT_INPUT;
	while ((err = take(s, r, f)) == 1)
		;
	if (recording_flush(r) < 0 || fclose(to) != 0)
		err = -1;
	counts = recording_counts(r);
	if (counts->refused + counts->too_long + counts->left_out > 0)
		err = -1;
	fprintf(stderr, "%llu events, %llu for state, %llu refused, %llu too long, %llu left out\n",
		(unsigned long long)(counts->events - counts->state_only),
		(unsigned long long)counts->state_only, (unsigned long long)counts->refused,
		(unsigned long long)counts->too_long, (unsigned long long)counts->left_out);
	recording_free(r);
	record_filter_free(f);
	s->ops->close(s);
	return err == 0 ? EXIT_OK : EXIT_INPUT;
}
