/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_mirror.c -- frames from a peer that lies: [type, length (2, little-endian),
 * payload] one behind the other into a small mirror; then every field of an
 * EVENT frame, if one came, against what the mirror holds by then.
 */
#include <stdlib.h>

#include "field.h"
#include "mirror.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* All fields, as values and as text, at the event in PAYLOAD. */
static void ask_all(struct mirror *m, struct span payload)
{
	static uint8_t block[32768];
	static struct event_frame ev;
	static struct value any[FIELD_ANY_MAX];
	struct arena arena;
	struct field_event e = { .ev = &ev, .arena = &arena, .mirror = m };

	if (wire_decode_event(payload, &ev) < 0)
		return;
	e.info = event_info(ev.code);
	if (e.info == NULL)
		return;
	e.process = mirror_process(m, ev.process);
	for (unsigned id = FIELD_NONE + 1; id < FIELD_COUNT; id++) {
		struct field_ref ref = { .id = id, .type = field_info(id)->type };
		struct alert_value v;

		for (unsigned i = 0; i < 3; i++) {
			arena_init(&arena, block, sizeof(block));
			ref.has_index = i == 1;
			ref.has_key = i == 2;
			ref.index = 1;
			ref.key = span_str("fd");
			field_text(&ref, &e);
			field_alert_value(&ref, &e, &v);
			if (field_get_any(&ref, &e, any) > FIELD_ANY_MAX)
				abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mirror_limits limits = { 8, 4, 4, 4, 1, 100000 };
	struct mirror_status status;
	struct mirror *m;

	if (mirror_new(&limits, &m) < 0)
		abort();
	while (size >= 3) {
		size_t n = (size_t)(data[1] | data[2] << 8);
		struct span payload;

		n = n < size - 3 ? n : size - 3;
		payload = span_of(data + 3, n);
		if (data[0] == FRAME_EVENT)
			ask_all(m, payload);
		else
			mirror_apply(m, data[0], payload);
		mirror_status(m, &status);
		if (status.processes > limits.processes || status.bytes > limits.bytes)
			abort();
		data += 3 + n;
		size -= 3 + n;
	}
	mirror_free(m);
	return 0;
}
