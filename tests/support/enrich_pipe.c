/* SPDX-License-Identifier: Apache-2.0
 *
 * enrich_pipe.c -- the enricher's core between two pipes: frames of ring raw on
 * stdin, frames of ring enriched on stdout, each as u16 type, u32 length, payload.
 * For tests/support/state_parity.py, and for looking into what the core does.
 */
#include <stdio.h>
#include <stdlib.h>

#include "enrich.h"

static uint8_t out[WIRE_MAX_PAYLOAD];
static uint8_t in[WIRE_MAX_PAYLOAD];

static uint8_t *reserve(void *ctx, size_t cap)
{
	(void)ctx;
	return cap <= sizeof(out) ? out : NULL;
}

static void submit(void *ctx, uint16_t type, size_t len)
{
	uint32_t n = (uint32_t)len;

	(void)ctx;
	fwrite(&type, sizeof(type), 1, stdout);
	fwrite(&n, sizeof(n), 1, stdout);
	fwrite(out, 1, len, stdout);
}

static void abandon(void *ctx)
{
	(void)ctx;
	fprintf(stderr, "a frame was given up\n");
}

int main(void)
{
	uint64_t counts[ENRICHER_COUNTERS] = { 0 };
	struct enrich_params p = { .sink = { NULL, reserve, submit, abandon },
				   .counts = counts,
				   .seed = 1 };
	struct ring_wants wants = { .version = 1, .extras = WANT_EXTRAS };
	struct ring_frame frame = { 0 };
	struct enrich *en;
	uint16_t type;
	uint32_t n;

	memset(wants.events, 0xff, sizeof(wants.events));
	if (enrich_new(&p, &en) < 0)
		return EXIT_FAILURE;
	enrich_want(en, &wants);
	while (fread(&type, sizeof(type), 1, stdin) == 1 && fread(&n, sizeof(n), 1, stdin) == 1 &&
	       n <= sizeof(in) && fread(in, 1, n, stdin) == n) {
		int err;

		frame.type = type;
		frame.seq++;
		frame.payload = span_of(in, n);
		err = enrich_frame(en, &frame, 1);
		if (err < 0)
			fprintf(stderr, "frame %llu of type %u: error %d\n",
				(unsigned long long)frame.seq, type, err);
	}
	for (unsigned i = 0; i < ENRICHER_COUNTERS; i++)
		fprintf(stderr, "%s%llu", i == 0 ? "counts " : " ", (unsigned long long)counts[i]);
	fprintf(stderr, "\n");
	enrich_free(en);
	return EXIT_SUCCESS;
}
