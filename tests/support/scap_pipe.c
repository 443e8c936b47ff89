/* SPDX-License-Identifier: Apache-2.0
 *
 * scap_pipe.c -- a capture as the frames of ring raw that the collector makes of it, on
 * stdout, each as u16 type, u32 length, payload: what enrich_pipe reads.
 */
#include <stdio.h>
#include <stdlib.h>

#include "log.h"
#include "replay.h"

static uint8_t buf[WIRE_MAX_PAYLOAD];

static void put(uint16_t type, struct span payload)
{
	uint32_t n = (uint32_t)payload.n;

	fwrite(&type, sizeof(type), 1, stdout);
	fwrite(&n, sizeof(n), 1, stdout);
	fwrite(payload.p, 1, payload.n, stdout);
}

/* One step.  0: there is no more; negative: it is damaged. */
static int take(struct source *s)
{
	static struct raw_event ev;
	struct source_frame frame;
	int err = s->ops->next(s, &ev);
	ssize_t n;

	if (err == 1) {
		n = wire_encode_raw_event(buf, sizeof(buf), &ev);
		if (n > 0)
			put(FRAME_RAW_EVENT, span_of(buf, (size_t)n));
	} else if (err == SOURCE_STATE) {
		s->ops->frame(s, &frame);
		put(frame.type, frame.payload);
	}
	return err == SOURCE_DAMAGED ? -1 : err != SOURCE_END;
}

int main(int argc, char **argv)
{
	struct source *s;
	int err;

	log_open("scap_pipe", LOG_LEVEL_INFO);
	if (argc != 2) {
		fprintf(stderr, "usage: scap_pipe FILE\n");
		return EXIT_USAGE;
	}
	err = replay_open(argv[1], &s);
	if (err != EXIT_OK)
		return err;
	while ((err = take(s)) == 1)
		;
	s->ops->close(s);
	return err == 0 ? EXIT_OK : EXIT_INPUT;
}
