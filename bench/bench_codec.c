/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-codec [--json]: what it costs to encode and decode a frame, an openat
 * with all that the kernel knew of it, and what msgpack-c's own unpacker takes
 * for the same bytes.  The best and the median of many batches, in ns.
 */
#include <stdio.h>
#include <stdlib.h>

#include <msgpack.h>

#include "clock.h"
#include "support/wire_samples.h"

enum { BATCHES = 201, PER_BATCH = 20000 };

struct measured {
	double best, median, worst;
};

static uint8_t buf[4096];
static size_t len;
static struct raw_event sample, decoded;

/* Whatever it is, the compiler must believe that it is looked at. */
static void looked_at(const void *p)
{
	__asm__ volatile("" : : "r"(p) : "memory");
}

static void encode_once(void)
{
	len = (size_t)wire_encode_raw_event(buf, sizeof(buf), &sample);
	looked_at(buf);
}

static void decode_once(void)
{
	if (wire_decode_raw_event(span_of(buf, len), &decoded) < 0)
		abort();
	looked_at(&decoded);
}

static msgpack_zone zone;

/* As cheap as msgpack-c's object unpacker gets: one zone, used again. */
static void unpack_once(void)
{
	msgpack_object object;

	if (msgpack_unpack((const char *)buf, len, NULL, &zone, &object) != MSGPACK_UNPACK_SUCCESS)
		abort();
	looked_at(&object);
	msgpack_zone_clear(&zone);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static struct measured measure(void (*once)(void))
{
	static double ns[BATCHES];

	for (int b = 0; b < BATCHES; b++) {
		struct mono from = mono_now();

		for (int i = 0; i < PER_BATCH; i++)
			once();
		ns[b] = (double)mono_since(from, mono_now()) / PER_BATCH;
	}
	qsort(ns, BATCHES, sizeof(ns[0]), by_value);
	return (struct measured){ ns[0], ns[BATCHES / 2], ns[BATCHES - 1] };
}

int main(int argc, char **argv)
{
	bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
	struct measured encode, decode, unpack;

	if (argc > 2 || (argc == 2 && !json)) {
		fprintf(stderr, "usage: bench-codec [--json]\n");
		return 2;
	}
	wire_sample_openat(&sample);
	msgpack_zone_init(&zone, MSGPACK_ZONE_CHUNK_SIZE);
	encode = measure(encode_once);
	decode = measure(decode_once);
	unpack = measure(unpack_once);
	msgpack_zone_destroy(&zone);

	if (json) {
		printf("{\"encode_openat_ns\":%.1f,\"decode_openat_ns\":%.1f,"
		       "\"msgpackc_unpack_openat_ns\":%.1f,\"openat_bytes\":%zu}\n",
		       encode.median, decode.median, unpack.median, len);
		return 0;
	}
	printf("an openat with all its parts: %zu bytes; ns, %d batches of %d\n\n", len, BATCHES,
	       PER_BATCH);
	printf("%-28s %8s %8s %8s\n", "", "best", "median", "worst");
	printf("%-28s %8.1f %8.1f %8.1f\n", "encode", encode.best, encode.median, encode.worst);
	printf("%-28s %8.1f %8.1f %8.1f\n", "decode", decode.best, decode.median, decode.worst);
	printf("%-28s %8.1f %8.1f %8.1f\n", "unpack with msgpack-c", unpack.best, unpack.median,
	       unpack.worst);
	return 0;
}
