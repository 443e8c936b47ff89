/* SPDX-License-Identifier: Apache-2.0
 *
 * field_pipe.c -- the evaluator's mirror and fields behind a pipe: frames of ring
 * enriched on stdin (u16 type, u32 length, payload), and for each event one line:
 * the message of the output in the file that is the argument ("text FILE"), or
 * its output_fields as JSON ("json FILE").  For tests/support/field_parity.py.
 */
#include <stdio.h>
#include <stdlib.h>

#include "mirror.h"
#include "output.h"
#include "print_json.h"

static uint8_t in[WIRE_MAX_PAYLOAD];
static uint8_t block[4 << 20];
static struct event_frame ev;
static struct alert_frame alert;

static void print_event(const struct output *o, struct field_event *e, bool json)
{
	struct span s;

	if (!json) {
		s = output_message(o, e);
		for (size_t i = 0; i < s.n; i++)
			putchar(s.p[i] < 0x20 ? '.' : s.p[i]);
		putchar('\n');
		return;
	}
	alert.nfields = 0;
	output_alert_fields(o, e, &alert);
	print_fields(&alert);
	putchar('\n');
}

static struct output *load(const char *file)
{
	struct output *o = NULL;
	struct diag diag = { 0 };
	size_t n;
	FILE *f = fopen(file, "r");

	if (f == NULL)
		return NULL;
	n = fread(block, 1, sizeof(block), f);
	fclose(f);
	if (output_parse(span_of(block, n), &o, &diag) < 0)
		fprintf(stderr, "%s:%u: %s\n", file, diag.column, diag.message);
	return o;
}

int main(int argc, char **argv)
{
	struct mirror_limits limits = { 100000, 10000, 10000, 1000, 1, 0 };
	struct field_context context = { 0 };
	struct arena arena;
	struct field_event e = {
		.ev = &ev, .arena = &arena, .source = "syscall", .context = &context
	};
	struct output *o;
	uint16_t type;
	uint32_t n;

	if (argc != 3 || (o = load(argv[2])) == NULL || mirror_new(&limits, &e.mirror) < 0)
		return EXIT_FAILURE;
	while (fread(&type, sizeof(type), 1, stdin) == 1 && fread(&n, sizeof(n), 1, stdin) == 1 &&
	       n <= sizeof(in) && fread(in, 1, n, stdin) == n) {
		if (type != FRAME_EVENT) {
			if (mirror_apply(e.mirror, type, span_of(in, n)) < 0 && type != FRAME_GAP)
				fprintf(stderr, "frame of type %u refused\n", type);
			continue;
		}
		if (wire_decode_event(span_of(in, n), &ev) < 0) {
			fprintf(stderr, "event refused\n");
			continue;
		}
		arena_init(&arena, block, sizeof(block));
		e.info = event_info(ev.code);
		e.process = ev.process != 0 ? mirror_process(e.mirror, ev.process) : NULL;
		print_event(o, &e, argv[1][0] == 'j');
	}
	output_free(o);
	mirror_free(e.mirror);
	return EXIT_SUCCESS;
}
