/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules with their tests from anybody: read, run, reported, explained.  Whatever
 * stands in names and values, a report's line stays a line; and the clauses of a
 * rule, each by itself, come to what all rules together come to.
 */
#include <stdlib.h>

#include "clauses.h"
#include "explain.h"
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

/* Looking changes what is seen next: not to be compared. */
static bool is_stateful(const struct ruleset_rule *rule)
{
	static const char *const fields[] = { "deltatime", "util.cnt" };

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (rule->condition.n > 0 && memmem(rule->condition.p, rule->condition.n, fields[i],
						    strlen(fields[i])) != NULL)
			return true;
	return false;
}

/* RULE is tripped, or not, by the event in hand, by its clauses, too. */
static void compare(const struct ruleset_rule *rule, bool tripped, struct field_event *e)
{
	struct clause *c;
	struct pool pool;

	if (!rule->enabled || is_stateful(rule))
		return;
	pool_init(&pool, 64 * 1024 * 1024);
	if (clauses_at(rule->tree, e, &pool, &c) == 0 && c->truth != tripped)
		abort();
	pool_release(&pool);
}

static void compare_event(struct ruleset *rules, struct ruletest_stage *stage,
			  const struct ruletest_event *event)
{
	bool *tripped = calloc(ruleset_count(rules) + 1, sizeof(*tripped));
	const struct ruleset_rule *rule;
	struct ruleset_walk walk;
	struct field_event *e;

	if (tripped == NULL || ruletest_stage_play(stage, event->frames, event->nframes, &e) < 0)
		abort();
	ruleset_begin(rules, e, &walk);
	while ((rule = ruleset_next(rules, &walk)) != NULL)
		for (unsigned i = 0; walk.view == 0 && i < ruleset_count(rules); i++)
			tripped[i] |= ruleset_rule(rules, i) == rule;
	for (unsigned i = 0; i < ruleset_count(rules); i++)
		compare(ruleset_rule(rules, i), tripped[i], e);
	free(tripped);
}

static void explain_all(struct ruleset *rules, struct ruletest_stage *stage,
			const struct ruletest *test, struct line *to)
{
	for (unsigned i = 0; i < ruleset_count(rules); i++)
		(void)explain_test(to, stage, test, ruleset_rule(rules, i));
	if (ruletest_stage_clear(stage) < 0)
		abort();
	for (unsigned i = 0; i < test->nevents; i++)
		compare_event(rules, stage, &test->events[i]);
}

static void run(struct rulefile_load *load, struct ruletests *tests)
{
	struct reader tap = { "ont#", false }, xml = { NULL, false }, told = { NULL, false };
	uint8_t bufs[3][256];
	struct ruletest_stage *stage;
	struct line to_tap, to_xml, to_people;

	if (ruletest_stage_new(load->rules, 1, &stage) < 0)
		abort();
	line_init_drained(&to_tap, bufs[0], sizeof(bufs[0]), read_report, &tap);
	line_init_drained(&to_xml, bufs[1], sizeof(bufs[1]), read_report, &xml);
	line_init_drained(&to_people, bufs[2], sizeof(bufs[2]), read_report, &told);
	for (unsigned i = 0; i < ruleset_count(load->rules); i++)
		(void)explain_rule(&to_people, load->rules, ruleset_rule(load->rules, i));
	for (unsigned i = 0; i < ruletests_count(tests); i++) {
		struct ruletest_outcome o = { .test = ruletests_at(tests, i) };

		if (ruletest_run(stage, o.test, ruletests_pool(tests), &o.result) < 0)
			abort();
		if (o.result.passed != (o.result.complaints.n == 0))
			abort();
		report_tap(&to_tap, i + 1, &o);
		report_junit(&to_xml, &o, 1, "2026-01-02T03:04:05");
		explain_all(load->rules, stage, o.test, &to_people);
	}
	if (line_finish(&to_tap) < 0 || line_finish(&to_xml) < 0 || line_finish(&to_people) < 0)
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
			ruleset_match_other_paths(load.rules, true);
			run(&load, tests);
		} else if (ruletests_problems(tests)->errors == 0) {
			abort(); /* what is refused is told why */
		}
		ruletests_free(tests);
	}
	rulefile_release(&load);
	return 0;
}
