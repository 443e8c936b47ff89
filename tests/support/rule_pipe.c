/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_pipe.c -- the evaluator's core behind a pipe: frames of ring enriched on
 * stdin (u16 type, u32 length, payload), rules files as arguments ("all" before
 * them: every rule that matches an event, not the first alone); one JSON line for
 * each alert.  For tests/support/rule_parity.py.
 */
#include <stdio.h>
#include <stdlib.h>

#include "conf.h"
#include "mirror.h"
#include "output.h"
#include "print_json.h"
#include "rulefile.h"
#include "ruleset.h"

static uint8_t in[WIRE_MAX_PAYLOAD];
static uint8_t block[1 << 20];
static struct event_frame ev;
static struct alert_frame alert;

static void print_alert(const struct ruleset_rule *rule, struct field_event *e)
{
	alert.nfields = 0;
	alert.message = output_message(rule->output, e);
	output_alert_fields(rule->output, e, &alert);
	printf("{\"ts\":%llu,\"num\":%llu,\"priority\":%u,\"rule\":", (unsigned long long)ev.ts_ns,
	       (unsigned long long)ev.num, rule->priority);
	print_string(rule->name);
	printf(",\"message\":");
	print_string(alert.message);
	printf(",\"fields\":");
	print_fields(&alert);
	printf(",\"tags\":[");
	for (unsigned i = 0; i < rule->ntags; i++) {
		if (i > 0)
			putchar(',');
		print_string(rule->tags[i]);
	}
	printf("]}\n");
}

static void run(struct ruleset *rules, struct field_event *e, bool all)
{
	const struct ruleset_rule *rule;
	struct ruleset_walk walk;

	ruleset_begin(rules, e, &walk);
	while ((rule = ruleset_next(rules, &walk)) != NULL) {
		print_alert(rule, e);
		if (!all)
			break;
	}
}

int main(int argc, char **argv)
{
	struct mirror_limits limits = { 100000, 10000, 10000, 1000, 1, 0 };
	bool all = argc > 1 && strcmp(argv[1], "all") == 0;
	struct conf_list files = { 0 };
	struct rulefile_load load = { 0 };
	struct field_context context = { 0 };
	struct arena arena;
	struct field_event e = {
		.ev = &ev, .arena = &arena, .source = "syscall", .context = &context
	};
	uint16_t type;
	uint32_t n;

	for (int i = all ? 2 : 1; i < argc && files.count < CONF_MAX_LIST; i++)
		files.item[files.count++] = argv[i];
	if (rulefile_load(&files, &load) < 0 || ruleset_seal(load.rules, 7) < 0) {
		rulefile_print(&load, false, stderr);
		return EXIT_FAILURE;
	}
	arena_init(&arena, block, sizeof(block));
	if (mirror_new(&limits, &e.mirror) < 0)
		return EXIT_FAILURE;
	while (fread(&type, sizeof(type), 1, stdin) == 1 && fread(&n, sizeof(n), 1, stdin) == 1 &&
	       n <= sizeof(in) && fread(in, 1, n, stdin) == n) {
		if (type != FRAME_EVENT) {
			mirror_apply(e.mirror, type, span_of(in, n));
			continue;
		}
		if (wire_decode_event(span_of(in, n), &ev) < 0)
			continue;
		e.info = event_info(ev.code);
		e.process = ev.process != 0 ? mirror_process(e.mirror, ev.process) : NULL;
		run(load.rules, &e, all);
	}
	mirror_free(e.mirror);
	rulefile_release(&load);
	return EXIT_SUCCESS;
}
