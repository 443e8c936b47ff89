/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_output.c -- a rule's output from anybody: it parses or it is refused with
 * its place; what parses can be filled in without an event's process.
 */
#include <stdlib.h>

#include "mirror.h"
#include "output.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t block[65536];
	static struct alert_frame alert;
	struct mirror_limits limits = { 4, 4, 4, 4, 1, 0 };
	struct event_frame ev = { .code = EVENT_SYSCALL_OPENAT_2_X,
				  .ts_ns = 1,
				  .fd = 3,
				  .fd_file = -1,
				  .nparams = 2,
				  .params = { { .kind = PARAM_INT, .i = -2 } } };
	struct arena arena;
	struct field_event e = { .ev = &ev, .arena = &arena, .info = event_info(ev.code) };
	struct diag diag = { 0 };
	struct output *o = NULL;

	if (output_parse(span_of(data, size), &o, &diag) < 0) {
		if (diag.message[0] == 0 || o != NULL)
			abort();
		return 0;
	}
	arena_init(&arena, block, sizeof(block));
	if (mirror_new(&limits, &e.mirror) < 0)
		abort();
	output_message(o, &e);
	alert.nfields = 0;
	output_alert_fields(o, &e, &alert);
	mirror_free(e.mirror);
	output_free(o);
	return 0;
}
