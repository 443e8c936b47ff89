/* SPDX-License-Identifier: Apache-2.0
 *
 * Records from a kernel side that went wrong.  What the decoder believes has spans
 * inside the record only, parameters of the widths of their types, and goes on the
 * wire and back as it is.
 */

#include "../support/param_fits.h"
#include "decode.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void is_inside(struct span s, const uint8_t *data, size_t size)
{
	must(s.n == 0 || (s.p >= data && s.n <= size && s.p + s.n <= data + size));
}

static void check_param(const struct param *p, unsigned type, const uint8_t *data, size_t size)
{
	if (p->kind == PARAM_BYTES)
		is_inside(p->s, data, size);
	must(param_fits(p, type));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t frame[WIRE_MAX_PAYLOAD];
	struct raw_event ev, back;
	ssize_t n;

	if (decode_record(span_of(data, size), &ev) < 0)
		return 0;
	must(event_info(ev.code) != NULL && event_info(ev.code)->nparams == ev.nparams);
	for (unsigned i = 0; i < ev.nparams; i++)
		check_param(&ev.params[i], event_info(ev.code)->params[i].type, data, size);
	if (ev.has_file) {
		is_inside(ev.file.path, data, size);
		is_inside(ev.file.tuple, data, size);
	}
	n = wire_encode_raw_event(frame, sizeof(frame), &ev);
	must(n > 0 && (size_t)n <= wire_raw_event_bound(&ev));
	must(wire_decode_raw_event(span_of(frame, (size_t)n), &back) == 0);
	must(back.code == ev.code && back.ts_ns == ev.ts_ns && back.nparams == ev.nparams);
	return 0;
}
