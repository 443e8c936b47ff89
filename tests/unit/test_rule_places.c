/* SPDX-License-Identifier: Apache-2.0
 *
 * Rule files: what is said of each mistake, in which order, and the way from the file down to
 * the place that it is shown with.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "rulefile.h"

static struct rulefile_load load;

static void teardown(void)
{
	rulefile_release(&load);
}

TestSuite(rule_places, .fini = teardown);

#define R "- {rule: r, desc: d, condition: evt.type=open, output: o, priority: INFO}\n"
#define WITH_EXCEPTION(x)                                                                          \
	"- rule: r\n  desc: d\n  condition: evt.type=open\n  output: o\n  priority: INFO\n"        \
	"  exceptions:\n  - " x "\n"
#define REPLACED(x)                                                                                \
	R "- {rule: r, exceptions: [{name: e, " x "}], override: {exceptions: replace}}\n"

/* Each problem as "CODE TYPE NAME LINE:COLUMN > ...", without the file's own place. */
static const char *problems(const char *yaml)
{
	static char out[2048];
	size_t n = 0;

	rulefile_release(&load);
	(void)rulefile_load_text("rules.yaml", span_str(yaml), &load);
	out[0] = '\0';
	for (unsigned i = 0; i < load.files[0].nproblems; i++) {
		const struct rule_problem *p = &load.files[0].problems[i];

		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%s", i > 0 ? "; " : "",
				      rule_problem_name(p->code) + strlen("LOAD_"));
		for (unsigned j = 1; j < p->ncontext; j++)
			n += (size_t)snprintf(
				out + n, sizeof(out) - n, "%s %s%s%.*s %u:%u", j > 1 ? " >" : "",
				p->context[j].type, p->context[j].name.n > 0 ? " " : "",
				(int)p->context[j].name.n, (const char *)p->context[j].name.p,
				p->context[j].place.line, p->context[j].place.column);
	}
	return out;
}

struct row {
	const char *yaml, *want;
};

static void expect(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		cr_expect_str_eq(problems(rows[i].yaml), rows[i].want, "%s", rows[i].yaml);
}

#define EXPECT(rows) expect(rows, ARRAY_LEN(rows))

Test(rule_places, values_of_the_wrong_shape)
{
	static const struct row rows[] = {
		{ "- {macro: m, condition: [x]}\n",
		  "ERR_YAML_VALIDATE macro m 0:2 > value for condition 0:24" },
		{ "- {list: \"\", items: []}\n",
		  "ERR_YAML_VALIDATE list 0:2 > value for list 0:9" },
		{ "- {list: l, items: b}\n",
		  "ERR_YAML_VALIDATE list l 0:2 > value for items 0:19" },
		{ "- {list: l, items: [b, ~]}\n",
		  "ERR_YAML_VALIDATE list l 0:2 > value for items 0:19 > list item 0:23" },
		{ "- {list: l, items: [b, [c]]}\n",
		  "ERR_YAML_VALIDATE list l 0:2 > value for items 0:19 > list item 0:23" },
		{ "- {list: l, items: ['', \"null\"]}\n", "UNUSED_LIST list l 0:2" },
		{ "- {list: l, items: [a]}\n- {list: l, items: [b], override: {items: add}}\n",
		  "ERR_YAML_VALIDATE list l 1:2 > overrides 1:2 > value for items 1:42" },
		{ R "- {rule: r}\n", "ERR_YAML_VALIDATE rule r 1:2" },
		{ "- {rule: r, desc: d, condition: evt.type=open, output: o, priority: INFO, "
		  "capture_duration: 4294967296}\n",
		  "ERR_YAML_VALIDATE rule r 0:2 > value for capture_duration 0:92" },
		{ "- required_engine_version: 4294967296\n",
		  "ERR_YAML_VALIDATE required_engine_version 0:2" },
		{ "this : is : not : yaml\n", "ERR_YAML_PARSE value for 0:10" },
	};

	EXPECT(rows);
}

Test(rule_places, a_rule_that_is_only_named_lacks_its_enabled)
{
	problems(R "- {rule: r}\n");
	cr_assert_str_eq(load.files[0].problems[0].diag.message,
			 "Item has no mapping for key 'enabled'");
}

Test(rule_places, what_is_changed_of_a_rule)
{
	static const struct row rows[] = {
		{ R "- {rule: r, condition: and fd.num=1, source: \"\", append: true}\n",
		  "DEPRECATED_ITEM rule r 1:2" },
		{ R "- {rule: r, condition: and fd.num=1, source: k8s_audit, append: true}\n",
		  "DEPRECATED_ITEM rule r 1:2; ERR_VALIDATE rule r 1:2" },
		{ R "- {rule: r, desc: e, source: , override: {desc: append}}\n", "" },
		{ R "- {rule: r, desc: e, source: k8s_audit, override: {desc: append}}\n", "" },
		{ R
		  "- {rule: r, condition: x, source: k8s_audit, override: {condition: replace}}\n",
		  "ERR_VALIDATE rule r 1:2" },
		{ R "- {rule: r, desc: x, append: true, override: {desc: replace}}\n",
		  "DEPRECATED_ITEM rule r 1:2; ERR_YAML_VALIDATE rule r 1:2" },
		{ "- {list: l, items: []}\n"
		  "- {list: l, items: [a], append: true, override: {items: append}}\n",
		  "DEPRECATED_ITEM list l 1:2; ERR_YAML_VALIDATE list l 1:2" },
	};

	EXPECT(rows);
}

Test(rule_places, exceptions_by_their_names)
{
	static const struct row rows[] = {
		{ WITH_EXCEPTION("{name: e}"), "ERR_YAML_VALIDATE rule r 0:2 > exception e 6:4" },
		{ WITH_EXCEPTION("{fields: proc.name}"),
		  "ERR_YAML_VALIDATE rule r 0:2 > exceptions 6:2 > exception 6:4" },
		{ WITH_EXCEPTION("{name: e, fields: proc.name, values: a}"),
		  "ERR_YAML_VALIDATE rule r 0:2 > exception e 6:4 > exception values 6:41" },
		{ WITH_EXCEPTION("{name: e, fields: proc.name, values: [[a]]}"),
		  "ERR_VALIDATE rule r 0:2 > exception e 6:4" },
		{ WITH_EXCEPTION("{name: e, fields: [proc.name], values: [[a, b]]}"),
		  "ERR_VALIDATE rule r 0:2 > exception e 6:4" },
		/* What is appended is held against the exception as it was written first. */
		{ WITH_EXCEPTION(
			  "{name: e, fields: [proc.name], values: [[a]]}") "- {rule: r, exceptions: [{name: e, values: [[b, c]]}], "
									   "override: {exceptions: append}}\n",
		  "ERR_VALIDATE rule r 0:2 > exception e 6:4" },
		{ R "- {rule: r, exceptions: [{name: e, fields: [proc.name], values: [[b, c]]}], "
		    "override: {exceptions: append}}\n",
		  "ERR_VALIDATE rule r 1:2 > exception e 1:25" },
		/* And a mistake further down comes before it. */
		{ WITH_EXCEPTION(
			  "{name: e, fields: [proc.name], values: [[a, b]]}") "- {rule: s}\n",
		  "ERR_YAML_VALIDATE rule s 7:2" },
	};

	EXPECT(rows);
}

Test(rule_places, what_an_item_says_is_read_before_it_is_asked_for_its_rule)
{
#define TYPO(keys, override)	"- {rule: typo, " keys ", override: {" override "}}\n"
#define CHANGED(keys, override) R "- {rule: r, " keys ", override: {" override "}}\n"
	static const struct row rows[] = {
		{ TYPO("condition: and evt.num>0, priority: INFO", "condition: append"),
		  "ERR_VALIDATE rule typo 0:2" },
		{ TYPO("condition: and evt.num>0", "condition: append, priority: replace"),
		  "ERR_VALIDATE rule typo 0:2" },
		{ TYPO("priority: INFO", "condition: append, priority: replace"),
		  "ERR_YAML_VALIDATE rule typo 0:2" },
		{ TYPO("priority: LOUD", "priority: replace"),
		  "ERR_YAML_VALIDATE rule typo 0:2 > rule priority 0:25" },
		{ TYPO("enabled: maybe", "enabled: replace"),
		  "ERR_YAML_VALIDATE rule typo 0:2 > value for enabled 0:24" },
		{ TYPO("exceptions: [{fields: proc.name}]", "exceptions: append"),
		  "ERR_YAML_VALIDATE rule typo 0:2 > exceptions 0:27 > exception 0:28" },
		{ TYPO("exceptions: [{name: e}]", "exceptions: replace"),
		  "ERR_YAML_VALIDATE rule typo 0:2 > exception e 0:28" },
		{ "- {rule: typo, condition: [], append: true}\n",
		  "DEPRECATED_ITEM rule typo 0:2; "
		  "ERR_YAML_VALIDATE rule typo 0:2 > value for condition 0:26" },
		{ "- {rule: typo, append: true, exceptions: [{name: a}]}\n",
		  "DEPRECATED_ITEM rule typo 0:2; "
		  "APPEND_NO_VALUES rule typo 0:2 > exception a 0:42; "
		  "ERR_VALIDATE rule typo 0:2" },
		/* Keys that nothing is said of come last. */
		{ CHANGED("priority: INFO, exceptions: [{name: q, fields: nope.x, values: [a]}]",
			  "exceptions: append"),
		  "ERR_VALIDATE rule r 1:2 > exception q 1:41" },
		{ CHANGED("priority: INFO, desc: e", "desc: append"),
		  "ERR_YAML_VALIDATE rule r 1:2 > overrides priority 1:22" },
		{ CHANGED("desc: e, enabled: maybe", "desc: replace"),
		  "ERR_YAML_VALIDATE rule r 1:2 > overrides enabled 1:30" },
	};

	EXPECT(rows);
}

Test(rule_places, exceptions_of_one_name_are_told_before_what_is_wrong)
{
#define TWICE "exceptions: [{name: e, fields: proc.name}, {name: e, fields: fd.name}]"
	static const struct row rows[] = {
		{ WITH_EXCEPTION("{name: e, fields: proc.name}") "  - {name: e}\n",
		  "EXCEPTION_NAME_NOT_UNIQUE rule r 0:2 > exception e 7:4; "
		  "ERR_YAML_VALIDATE rule r 0:2 > exception e 7:4" },
		{ R "- {rule: r, source: k8s_audit, desc: d, condition: x, output: o, "
		    "priority: INFO, " TWICE "}\n",
		  "EXCEPTION_NAME_NOT_UNIQUE rule r 1:2 > exception e 1:124; "
		  "ERR_VALIDATE rule r 1:2" },
		{ TYPO(TWICE, "exceptions: replace"),
		  "EXCEPTION_NAME_NOT_UNIQUE rule typo 0:2 > exception e 0:58; "
		  "ERR_VALIDATE rule typo 0:2" },
	};

	EXPECT(rows);
}

Test(rule_places, exceptions_that_are_replaced)
{
	static const struct row rows[] = {
		{ REPLACED("values: [[b]]"), "ERR_YAML_VALIDATE rule r 1:2 > exception e 1:25" },
		{ REPLACED("comps: in"), "ERR_YAML_VALIDATE rule r 1:2 > exception e 1:25" },
		{ REPLACED("fields: [proc.name, proc.pname], comps: [=, =], values: [[b]]"),
		  "ERR_VALIDATE rule r 1:2 > exception e 1:25" },
		{ REPLACED("fields: proc.name, comps: in, values: [[b, c]]"),
		  "ERR_VALIDATE rule r 1:2 > exception e 1:25" },
		{ REPLACED("fields: [proc.name], comps: [in], values: [b]"),
		  "ERR_VALIDATE rule r 1:2 > exception e 1:25" },
		{ REPLACED("fields: [proc.name], comps: [in], values: [[b]]"), "" },
	};

	EXPECT(rows);
}

Test(rule_places, of_a_rule_that_is_skipped_no_exception_is_wrong)
{
	static const struct row rows[] = {
		{ "- {rule: r, desc: d, condition: ka.x=1, output: o, priority: INFO, "
		  "source: k8s_audit, exceptions: [{name: e, fields: [ka.x, ka.y], values: [[a]]}]}\n",
		  "UNKNOWN_SOURCE rule r 0:2" },
	};

	EXPECT(rows);
}

#define MACRO "- {macro: m, condition: proc.name = proc.pname}\n"
#define RULE(name, condition)                                                                      \
	"- {rule: " name ", desc: d, condition: '" condition "', output: o, priority: INFO}\n"

Test(rule_places, hints_are_for_the_rules_that_are_compiled)
{
	static const struct row rows[] = {
		{ RULE("r", "evt.type = open and proc.name in (a, proc.pname)"),
		  "COMPILE_CONDITION rule r 0:2 > rule condition 0:32 > condition expression "
		  "\"evt.type = open a...\" 1:66" },
		{ MACRO, "UNUSED_MACRO macro m 0:2" },
		{ MACRO RULE("r", "evt.type=open and m") RULE("s", "evt.type=open and m"),
		  "COMPILE_CONDITION rule r 1:2 > rule condition 1:32 > condition expression "
		  "\"evt.type=open and m\" 2:45; "
		  "COMPILE_CONDITION rule s 2:2 > rule condition 2:32 > condition expression "
		  "\"evt.type=open and m\" 3:45" },
		/* A check in a macro is where it is in the macro. */
		{ "- {macro: m, condition: evt.type=open and proc.nope=1}\n" RULE(
			  "r", "proc.name=x and proc.pid=1 and m"),
		  "ERR_COMPILE_CONDITION rule r 1:2 > rule condition 1:32 > condition expression "
		  "\"proc.name=x and p...\" 2:51" },
		{ RULE("r", "evt.type=open and proc.name = proc.pname and proc.nope = 1"),
		  "ERR_COMPILE_CONDITION rule r 0:2 > rule condition 0:32 > condition expression "
		  "\"evt.type=open and...\" 1:78" },
	};

	EXPECT(rows);
}

Test(rule_places, deprecated_fields_are_named_before_the_condition_is_compiled)
{
	static const struct row rows[] = {
		{ RULE("r", "evt.dir=< and proc.nope=1"),
		  "DEPRECATED_ITEM rule r 0:2 > rule condition 0:32 > condition expression "
		  "\"evt.dir=< and pro...\" 0:32; "
		  "ERR_COMPILE_CONDITION rule r 0:2 > rule condition 0:32 > condition expression "
		  "\"evt.dir=< and pro...\" 1:47" },
		{ "- {rule: r, desc: d, condition: evt.type=open, output: '%evt.dir %nope.x', "
		  "priority: INFO}\n",
		  "ERR_COMPILE_OUTPUT rule r 0:2 > rule output 0:55" },
		{ "- {rule: r, desc: d, condition: evt.type=open, priority: INFO, "
		  "output: 'a %container.info b %container.info'}\n",
		  "DEPRECATED_ITEM rule r 0:2" },
	};

	EXPECT(rows);
}

Test(rule_places, plugins_that_are_required)
{
#define NEEDS(x) "- required_plugin_versions:\n    - " x "\n"
#define VALUE	 "required plugin versions 1:4"
#define ENTRY	 VALUE " > required plugin versions entry"
#define OTHER	 " > required plugin versions alternative"
	static const struct row rows[] = {
		{ "- required_plugin_versions: container\n",
		  "ERR_YAML_VALIDATE required plugin versions 0:28" },
		{ NEEDS("a"), "ERR_YAML_VALIDATE " ENTRY " 1:6" },
		{ NEEDS("version: 0.1.0"), "ERR_YAML_VALIDATE " ENTRY " 1:6" },
		{ NEEDS("name: container"), "ERR_YAML_VALIDATE " ENTRY " container 1:6" },
		{ NEEDS("{name: container, version: 0.1.0, alternatives: x}"),
		  "ERR_YAML_VALIDATE " ENTRY " container 1:6" },
		{ NEEDS("{name: container, version: 0.1.0, alternatives: [{version: 1.0.0}]}"),
		  "ERR_YAML_VALIDATE " ENTRY " container 1:6" OTHER " 1:55" },
		{ NEEDS("{name: container, version: 0.1.0, alternatives: [{name: b}]}"),
		  "ERR_YAML_VALIDATE " ENTRY " container 1:6" OTHER " b 1:55" },
		/* What is read is checked when all of it is read. */
		{ NEEDS("{name: container, version: x, alternatives: [{name: b}]}"),
		  "ERR_YAML_VALIDATE " ENTRY " container 1:6" OTHER " b 1:51" },
		{ NEEDS("{name: container, version: x}"), "ERR_VALIDATE " ENTRY " container 1:6" },
		{ NEEDS("{name: container, version: 0.1.0, "
			"alternatives: [{name: b, version: x}]}"),
		  "ERR_VALIDATE " ENTRY " container 1:6" },
		{ NEEDS("{name: container, version: 0.1.0, "
			"alternatives: [{name: container, version: 0.1.0}]}"),
		  "ERR_VALIDATE " ENTRY " container 1:6" },
	};

	EXPECT(rows);
}

Test(rule_places, all_alternatives_of_a_requirement_are_named)
{
	static const struct rule_plugin_version any[] = {
		{ { (const uint8_t *)"a", 1 }, { (const uint8_t *)"1.0.0", 5 } },
		{ { (const uint8_t *)"b", 1 }, { (const uint8_t *)"2.0.0", 5 } }
	};
	const struct rule_plugin_requirement r = { .n = 2, .any = any };
	struct diag diag = { .message = "" };

	cr_assert(lt(int, rule_requirement_check(&r, NULL, 0, &diag), 0));
	cr_assert_str_eq(diag.message, "Plugin requirement not satisfied, must load one of: "
				       "a (>= 1.0.0), b (>= 2.0.0)");
}

/* What the first problem of YAML is shown with: its place, and the line as it is written. */
static void expect_snippet(const char *yaml, unsigned line, unsigned column, const char *want)
{
	const struct rule_problem *p;

	rulefile_release(&load);
	(void)rulefile_load_text("rules.yaml", span_str(yaml), &load);
	cr_assert(load.files[0].nproblems > 0, "%s", yaml);
	p = load.files[0].problems;
	cr_expect(p->diag.line == line && p->diag.column == column, "%s: %u:%u %s", yaml,
		  p->diag.line, p->diag.column, p->diag.message);
	cr_expect(span_is(p->snippet, want), "%s: %.*s", yaml, (int)p->snippet.n,
		  (const char *)p->snippet.p);
}

Test(rule_places, files_that_yaml_cpp_alone_takes_are_shown_as_they_are)
{
	expect_snippet("- {rule: r, tags: [::1, \"\\'\"], desc: d, output: o, priority: INFO,\n"
		       "\n   condition: evt.type=open and \x93 x\x94 = (}\n",
		       3, 33,
		       "   condition: evt.type=open and \x93 x\x94 = (}\n"
		       "                                ^\n");
	expect_snippet("# \xe9\n- {macro: \x93\xc2\x9b\x94, condition: x}\n", 2, 11,
		       "- {macro: \x93?\x94, condition: x}\n          ^\n");
	expect_snippet("- macro: m\n  condition: \"evt.type=\\'open\\' and \xc2\x9b )\"\n", 2, 37,
		       "  condition: \"evt.type=\\'open\\' and ? )\"\n"
		       "                                    ^\n");
}
