/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules with their tests from anybody: read, run, explained, reported.  Whatever
 * stands in names and values, a report's line stays a line.
 */
#include <stdlib.h>

#include "rulefile.h"
#include "ruletest_report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a report consists of: lines that begin with one of BEGINS. */
struct reader {
	const char *begins;
	bool inside;
};

static bool read_report(void *ctx, struct span bytes)
{
	struct reader *r = ctx;

	for (size_t i = 0; i < bytes.n; i++) {
		uint8_t c = bytes.p[i];

		if ((c < ' ' && c != '\n') || c == 0x7f)
			abort();
		if (!r->inside && r->begins != NULL && strchr(r->begins, c) == NULL)
			abort();
		r->inside = c != '\n';
	}
	return true;
}

static void run(struct rulefile_load *load, struct ruletests *tests)
{
	struct reader tap = { "ont#", false }, xml = { NULL, false };
	uint8_t bufs[2][256];
	struct ruletest_stage *stage;
	struct line to_tap, to_xml;

	if (ruletest_stage_new(load->rules, 1, &stage) < 0)
		abort();
	line_init_drained(&to_tap, bufs[0], sizeof(bufs[0]), read_report, &tap);
	line_init_drained(&to_xml, bufs[1], sizeof(bufs[1]), read_report, &xml);
	for (unsigned i = 0; i < ruletests_count(tests); i++) {
		struct ruletest_outcome o = { .test = ruletests_at(tests, i) };

		if (ruletest_run(stage, o.test, ruletests_pool(tests), &o.result) < 0)
			abort();
		if (o.result.passed != (o.result.complaints.n == 0))
			abort();
		report_tap(&to_tap, i + 1, &o);
		report_junit(&to_xml, &o, 1, "2026-01-02T03:04:05");
	}
	if (line_finish(&to_tap) < 0 || line_finish(&to_xml) < 0)
		abort();
	ruletest_stage_free(stage);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rulefile_load load;
	struct ruletests *tests;
	struct span enabling;

	if (rulefile_load_text("fuzz.yaml", span_of(data, size), &load) == 0) {
		if (ruletests_new(&tests) < 0)
			abort();
		if (ruletests_read(tests, load.files[0].file, load.rules) == 0) {
			enabling = ruletests_enabling(tests, load.rules);
			if (enabling.n > 0 && rulefile_add_text(&load, "enabling", enabling) < 0)
				abort();
			if (ruleset_seal(load.rules, RULE_PRIORITY_DEBUG) < 0)
				abort();
			run(&load, tests);
		} else if (ruletests_problems(tests)->errors == 0) {
			abort(); /* what is refused is told why */
		}
		ruletests_free(tests);
	}
	rulefile_release(&load);
	return 0;
}
