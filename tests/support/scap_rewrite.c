/* SPDX-License-Identifier: Apache-2.0
 *
 * scap_rewrite.c -- a capture read as the collector reads it and written again as `mews
 * record` writes, uncompressed: scap_rewrite FROM TO.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "log.h"
#include "recording.h"
#include "replay.h"

static int write_bytes(void *ctx, struct span bytes)
{
	return fwrite(bytes.p, 1, bytes.n, ctx) == bytes.n ? 0 : -EIO;
}

/* One step; 0: there is no more. */
static int take(struct source *s, struct recording *r)
{
	static struct raw_event ev;
	struct source_frame frame;
	int err = s->ops->next(s, &ev);

	if (err == 1)
		return recording_event(r, &ev) == 0 ? 1 : -1;
	if (err == SOURCE_STATE) {
		s->ops->frame(s, &frame);
		return recording_state(r, frame.type, frame.payload) == 0 ? 1 : -1;
	}
	return err == SOURCE_END ? 0 : err == SOURCE_DAMAGED ? -1 : 1;
}

int main(int argc, char **argv)
{
	FILE *to = argc == 3 ? fopen(argv[2], "we") : NULL;
	struct recording_params p = { .write = write_bytes, .ctx = to, .state_bytes = 64u << 20 };
	const struct recording_counts *counts;
	struct recording *r;
	struct source *s;
	int err;

	log_open("scap_rewrite", LOG_LEVEL_INFO);
	if (to == NULL) {
		fprintf(stderr, "usage: scap_rewrite FROM TO\n");
		return EXIT_USAGE;
	}
	if (replay_open(argv[1], &s) != EXIT_OK || recording_new(&p, &r) < 0)
		return EXIT_INPUT;
	while ((err = take(s, r)) == 1)
		;
	if (recording_flush(r) < 0 || fclose(to) != 0)
		err = -1;
	counts = recording_counts(r);
	if (counts->refused + counts->too_long + counts->left_out > 0)
		err = -1;
	fprintf(stderr, "%llu events, %llu refused, %llu too long, %llu left out\n",
		(unsigned long long)counts->events, (unsigned long long)counts->refused,
		(unsigned long long)counts->too_long, (unsigned long long)counts->left_out);
	recording_free(r);
	s->ops->close(s);
	return err == 0 ? EXIT_OK : EXIT_INPUT;
}
