/* SPDX-License-Identifier: Apache-2.0
 *
 * What is told of a rule, and of its clauses at an event; and that the clauses,
 * each by itself, come to what the rules together come to.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "clauses.h"
#include "explain.h"
#include "rulefile.h"

static struct rulefile_load load;
static struct ruletests *tests;
static struct ruletest_stage *stage;
static struct diag diag;
static char text[16384];

static void release(void)
{
	ruletest_stage_free(stage);
	ruletests_free(tests);
	rulefile_release(&load);
}

#define RULES                                                                                      \
	"- list: readers\n  items: [cat, less]\n"                                                  \
	"- macro: reads\n  condition: (evt.type in (open, openat) and evt.is_open_read = true)\n"  \
	"- rule: Shadow read\n  desc: d\n  priority: WARNING\n"                                    \
	"  condition: reads and not (proc.name in (readers) or proc.pname endswith sh)\n"          \
	"    and fd.name pmatch (/etc, /root) and proc.nthreads > 1\n"                             \
	"  output: read %fd.name by %proc.name with %proc.fdopencount\n"                           \
	"- rule: Other read\n  desc: d\n  priority: INFO\n  enabled: false\n"                      \
	"  condition: reads and tolower(proc.name) regex c.t\n  output: o\n"                       \
	"- rule: All\n  desc: d\n  priority: INFO\n  warn_evttypes: false\n"                       \
	"  condition: proc.name = x\n  output: o\n"

static void load_text(const char *yaml)
{
	cr_assert(eq(int, rulefile_load_text("t.yaml", span_str(yaml), &load), 0));
	cr_assert(eq(int, ruletests_new(&tests), 0));
	cr_assert(eq(int, ruletests_read(tests, load.files[0].file, load.rules), 0));
	cr_assert(eq(int, ruleset_seal(load.rules, 7), 0));
	cr_assert(eq(int, ruletest_stage_new(load.rules, 1, &stage), 0));
}

TestSuite(explain, .fini = release);

static const char *ended(struct line *t)
{
	cr_assert(ge(i64, line_length(t), 0));
	*t->p = '\0';
	return text;
}

static const char *explained(unsigned rule)
{
	struct line t;

	line_init(&t, (uint8_t *)text, sizeof(text) - 1);
	cr_assert(eq(int, explain_rule(&t, load.rules, ruleset_rule(load.rules, rule)), 0));
	return ended(&t);
}

Test(explain, a_rule_is_told_as_written_and_as_compiled)
{
	load_text(RULES);
	cr_assert_str_eq(
		explained(0),
		"rule          Shadow read\n"
		"where         t.yaml:5:9\n"
		"priority      Warning\n"
		"enabled       yes\n"
		"event types   open, openat\n"
		"output fields fd.name, proc.name, proc.fdopencount\n"
		"\ncondition, as written\n"
		"  reads and not (proc.name in (readers) or proc.pname endswith sh) and fd.name "
		"pmatch (/etc, /root) and proc.nthreads > 1\n"
		"\ncondition, with its macros, lists and exceptions\n"
		"  and\n"
		"    macro reads\n"
		"      and\n"
		"        evt.type in (open, openat)  [1]\n"
		"        evt.is_open_read = true  [2]\n"
		"    not\n"
		"      or\n"
		"        proc.name in (cat, less)  [3]\n"
		"        proc.pname endswith sh  [4]\n"
		"    fd.name pmatch (/etc, /root)  [5]\n"
		"    proc.nthreads > 1  [6]\n"
		"\nchecks: what is found in a look-up of its field, beside those of all rules, can "
		"wake the rule\n"
		"   1  evt.type in (open, openat)\n"
		"        of the event type: decided when rules are loaded; shared with 1 other rule\n"
		"   2  evt.is_open_read = true\n"
		"        of the event; found in a hash set; shared with 1 other rule\n"
		"   3  proc.name in (cat, less)\n"
		"        of the process: remembered for each version of it; found in a hash set\n"
		"   4  proc.pname endswith sh\n"
		"        of the process: remembered for each version of it; found in a tree of "
		"endings\n"
		"   5  fd.name pmatch (/etc, /root)\n"
		"        of the event; found in a tree of beginnings\n"
		"   6  proc.nthreads > 1\n"
		"        of the event; tried by itself\n"
		"\nneeds         the number of the process's open descriptors, how many threads it "
		"has, with each event\n");
}

Test(explain, transformers_and_patterns_are_told)
{
	load_text(RULES);
	explained(1);
	cr_assert(ne(ptr, strstr(text, "enabled       no\n"), NULL));
	cr_assert(ne(ptr,
		     strstr(text, "tolower(proc.name) regex c.t\n        of the process: "
				  "remembered for each version of it; tried by itself\n"),
		     NULL));
	explained(2);
	cr_assert(ne(ptr, strstr(text, "event types   all: nothing in the condition says which\n"),
		     NULL));
}

Test(explain, the_hosts_that_are_resolved_for_a_rule_are_told)
{
	load_text("- list: ours\n  items: [a.example, b.example]\n"
		  "- rule: Some\n  desc: d\n  priority: INFO\n  output: o\n"
		  "  condition: evt.type = connect and (fd.sip.name in (ours) or\n"
		  "    fd.rip.name in (10.0.0.1, a.example))\n"
		  "- rule: None\n  desc: d\n  priority: INFO\n  output: o\n"
		  "  condition: evt.type = connect and fd.sip.name startswith a\n"
		  "- rule: No name\n  desc: d\n  priority: INFO\n  output: o\n"
		  "  condition: evt.type = connect and fd.sip.name = 10.0.0.1\n");
	explained(0);
	cr_assert(strstr(text,
			 "\nneeds         nothing beyond what each event carries\n"
			 "resolved      a.example, b.example; 1 that is no host's name\n") != NULL);
	cr_assert(strstr(text, "        of the event; found in a hash set\n") != NULL);
	explained(1);
	cr_assert(strstr(text, "resolved") == NULL);
	explained(2);
	cr_assert(strstr(text, "resolved      nothing; 1 that is no host's name\n") != NULL);
}

/* ---- names ---- */

static const char *found(const char *name)
{
	const struct ruleset_rule *rule = explain_find_rule(load.rules, span_str(name), &diag);

	return rule == NULL ? diag.message : (const char *)rule->name.p;
}

Test(explain, a_rule_is_found_by_a_part_of_its_name)
{
	load_text(RULES);
	cr_assert_str_eq(found("Shadow read"), "Shadow read");
	cr_assert_str_eq(found("other"), "Other read");
	cr_assert_str_eq(found("All"), "All");
	cr_assert_str_eq(found("READ"),
			 "'READ' is in the name of 2 rules: 'Shadow read', 'Other read'");
	cr_assert_str_eq(found("Shadow raed"),
			 "there is no rule 'Shadow raed', did you mean 'Shadow read'?");
	cr_assert_str_eq(found("xyzzy"), "there is no rule 'xyzzy'");
	cr_assert_str_eq(found(""), "there is no rule ''");
}

/* ---- at an event ---- */

static const char *told(unsigned test, unsigned rule)
{
	struct line t;

	line_init(&t, (uint8_t *)text, sizeof(text) - 1);
	cr_assert(eq(
		int,
		explain_test(&t, stage, ruletests_at(tests, test), ruleset_rule(load.rules, rule)),
		0));
	return ended(&t);
}

Test(explain, each_clause_is_told_with_what_it_saw)
{
	load_text(RULES "- test: one\n  event: openat\n  alerts: []\n"
			"  process: {name: vi, parent: ~}\n  fd: /etc/x\n"
			"  fields: {proc.nthreads: 4}\n");
	cr_assert_str_eq(
		told(0, 0),
		"\ntest 'one', event 1, openat: 'Shadow read' is true (> marks what decides)\n"
		"> true   and\n"
		"> true     macro reads\n"
		"> true       and\n"
		"> true         evt.type in (open, openat)  -- evt.type is 'openat'\n"
		"> true         evt.is_open_read = true  -- evt.is_open_read is true\n"
		"> true     not\n"
		"> false      or\n"
		"> false        proc.name in (cat, less)  -- proc.name is 'vi'\n"
		"> false        proc.pname endswith sh  -- proc.pname is missing\n"
		"> true     fd.name pmatch (/etc, /root)  -- fd.name is '/etc/x'\n"
		"> true     proc.nthreads > 1  -- proc.nthreads is 4\n");
}

Test(explain, what_is_true_by_another_path_is_told_as_that)
{
	load_text(RULES
		  "- test: one\n  event: openat\n  alerts: []\n"
		  "  process: {name: vi, parent: ~}\n"
		  "  fields: {proc.nthreads: 4, fd.name: /tmp/x, fd.path.resolved: /etc/x}\n");
	told(0, 0);
	cr_assert(strstr(text, "\ntest 'one', event 1, openat: 'Shadow read' is false (") != NULL);
	cr_assert(strstr(text,
			 "\ntest 'one', event 1, openat by the path '/etc/x': 'Shadow read' is "
			 "true (> marks what decides)\n") != NULL);
	cr_assert(strstr(text, "fd.name is '/etc/x'\n") != NULL);
	told(0, 1); /* which is false in both ways */
	cr_assert(strstr(text, "by the path") == NULL);
}

Test(explain, the_first_clause_that_is_enough_decides)
{
	load_text(RULES "- test: one\n  event: openat\n  alerts: []\n"
			"  process: {name: cat, parent: bash}\n  fd: /home/x\n");
	cr_assert_str_eq(
		told(0, 0),
		"\ntest 'one', event 1, openat: 'Shadow read' is false (> marks what decides)\n"
		"> false  and\n"
		"  true     macro reads\n"
		"  true       and\n"
		"  true         evt.type in (open, openat)  -- evt.type is 'openat'\n"
		"  true         evt.is_open_read = true  -- evt.is_open_read is true\n"
		"> false    not\n"
		"> true       or\n"
		"> true         proc.name in (cat, less)  -- proc.name is 'cat'\n"
		"  true         proc.pname endswith sh  -- proc.pname is 'bash'\n"
		"  false    fd.name pmatch (/etc, /root)  -- fd.name is '/home/x'\n"
		"  false    proc.nthreads > 1  -- proc.nthreads is 1\n");
}

Test(explain, what_is_long_is_cut_between_characters)
{
	struct pool pool;
	struct node *tree;
	struct clause *c;
	struct field_event *e;
	const struct ruletest_event *event;

	load_text(
		"- rule: R\n  desc: d\n  priority: INFO\n  output: o\n  condition: >\n"
		"    evt.type = close and proc.name in (aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, "
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\xa4, b)\n"
		"- test: t\n  event: close\n  alerts: []\n");
	event = &ruletests_at(tests, 0)->events[0];
	tree = (struct node *)ruleset_rule(load.rules, 0)->tree;
	pool_init(&pool, 1024 * 1024);
	cr_assert(eq(int, ruletest_stage_play(stage, event->frames, event->nframes, &e), 0));
	cr_assert(eq(int, clauses_at(tree, e, &pool, &c), 0));
	cr_assert(eq(uint, c->n, 2));
	cr_assert(le(sz, c->child[1].text.n, CLAUSE_TEXT + 3));
	cr_assert_str_eq((const char *)c->child[1].text.p + c->child[1].text.n - 4, "a...");
	pool_release(&pool);
}
