/* SPDX-License-Identifier: Apache-2.0
 *
 * Frames from a writer that cannot be trusted.  The first byte says which type,
 * the rest is the payload.  What the decoder believes must encode within its
 * bound, be one msgpack value for msgpack-c, and decode to what encodes alike.
 * Type 0 is no frame: the names that an evaluator asks for.
 */

#include <msgpack.h>

#include "must.h"
#include "support/wire_samples.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void msgpack_c_accepts(struct span s)
{
	msgpack_unpacked un;
	size_t off = 0;

	msgpack_unpacked_init(&un);
	must(msgpack_unpack_next(&un, (const char *)s.p, s.n, &off) == MSGPACK_UNPACK_SUCCESS);
	must(off == s.n);
	msgpack_unpacked_destroy(&un);
}

static void read_extras(struct span extra)
{
	struct wire_stdio stdio[3];
	struct file_info files[4];
	uint64_t a, b;
	uint32_t types;
	uint8_t type;

	wire_extra_get_fd_count(extra, &a);
	wire_extra_get_stdio(extra, stdio);
	wire_extra_get_fd_types(extra, &types);
	wire_extra_get_threads(extra, &a, &b);
	must(!wire_extra_get_fd_named(extra, 4, &type) || type < FILE_TYPE_COUNT);
	must(wire_extra_get_fdlist(extra, files, 4) <= 4);
}

static const struct wire_sample *row_of(unsigned type)
{
	for (unsigned i = 0; i < wire_sample_count; i++)
		if (wire_samples[i].type == type)
			return &wire_samples[i];
	return NULL;
}

static int read_host_names(struct span payload)
{
	static uint8_t first[2 * WIRE_MAX_PAYLOAD];
	static struct host_names names, again;
	ssize_t n;

	if (wire_decode_host_names(payload, &names) < 0)
		return 0;
	n = wire_encode_host_names(first, sizeof(first), &names);
	must(n > 0);
	msgpack_c_accepts(span_of(first, (size_t)n));
	must(wire_decode_host_names(span_of(first, (size_t)n), &again) == 0);
	must(again.n == names.n);
	for (unsigned i = 0; i < names.n; i++)
		must(span_eq(again.name[i], names.name[i]) && is_host_name(names.name[i]));
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t first[2 * WIRE_MAX_PAYLOAD], second[2 * WIRE_MAX_PAYLOAD];
	static union any_frame f, again;
	const struct wire_sample *row;
	ssize_t n, m;

	if (size == 0)
		return 0;
	if (data[0] == FRAME_NONE)
		return read_host_names(span_of(data + 1, size - 1));
	row = row_of(data[0]);
	if (row == NULL || row->decode(span_of(data + 1, size - 1), &f) < 0)
		return 0;
	if (row->type == FRAME_EVENT)
		read_extras(f.event.extra);
	n = row->encode(first, sizeof(first), &f);
	must(n > 0 && (size_t)n <= row->bound(&f));
	msgpack_c_accepts(span_of(first, (size_t)n));
	if ((size_t)n > WIRE_MAX_PAYLOAD)
		return 0; /* longer forms than the writer's own */
	must(row->decode(span_of(first, (size_t)n), &again) == 0);
	m = row->encode(second, sizeof(second), &again);
	must(m == n && memcmp(first, second, (size_t)n) == 0);
	return 0;
}
