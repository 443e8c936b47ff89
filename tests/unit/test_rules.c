/* SPDX-License-Identifier: Apache-2.0
 *
 * Rule files: what they define, how definitions merge, and at which line and
 * column a mistake is shown.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "rulefile.h"
#include "support/host_names.h"

static struct rulefile_load load;

static void teardown(void)
{
	rulefile_release(&load);
}

TestSuite(rules, .fini = teardown);

#define RULE(name, condition)                                                                      \
	"- rule: " name "\n  desc: d\n  condition: " condition                                     \
	"\n  output: o %proc.name\n  priority: INFO\n"

static int load_text(const char *yaml)
{
	rulefile_release(&load);
	return rulefile_load_text("rules.yaml", span_str(yaml), &load);
}

/* The condition of rule I as it was compiled. */
static const char *condition_of(unsigned i)
{
	struct pool_text out = { .pool = ruleset_pool(load.rules) };

	ast_render(ruleset_rule(load.rules, i)->tree, &out);
	return (const char *)out.p;
}

/* The problem of this code; NULL if there is none. */
static const struct rule_problem *problem_of(enum rule_problem_code code)
{
	for (unsigned i = 0; i < load.nfiles; i++)
		for (unsigned j = 0; j < load.files[i].nproblems; j++)
			if (load.files[i].problems[j].code == code)
				return &load.files[i].problems[j];
	return NULL;
}

Test(rules, lists_and_macros_are_written_out)
{
	cr_assert(eq(int,
		     load_text("- list: shells\n  items: [bash, sh]\n"
			       "- list: more\n  items: [shells, \"my shell\"]\n"
			       "- list: none\n  items: []\n"
			       "- macro: shell\n  condition: proc.name in (more, none)\n"
			       "- macro: opens\n  condition: evt.type=open or evt.type=openat\n" //
			       RULE("r", "opens and not shell")),
		     0));
	cr_assert_str_eq(condition_of(0),
			 "((evt.type = open or evt.type = openat) and not proc.name in (bash, sh, "
			 "\"my shell\"))");
}

Test(rules, a_list_is_replaced_between_delimiters_only)
{
	cr_assert(eq(int,
		     load_text("- list: sh\n  items: [x, y]\n" RULE(
			     "r", "evt.type=open and proc.name in (zsh, sh,sh.d) and "
				  "proc.cmdline contains sh/")),
		     0));
	cr_assert_str_eq(condition_of(0), "(evt.type = open and proc.name in (zsh, x, y, sh.d) and "
					  "proc.cmdline contains sh/)");
}

Test(rules, appends_and_overrides_merge)
{
	cr_assert(eq(int,
		     load_text("- list: l\n  items: [a]\n"
			       "- list: l\n  items: [b]\n  override: {items: append}\n"
			       "- macro: m\n  condition: evt.type=open\n"
			       "- macro: m\n  condition: or evt.type=openat\n"
			       "  override: {condition: append}\n" //
			       RULE("r", "m and proc.name in (l)") //
			       "- rule: r\n  condition: and fd.num > 0\n  priority: error\n"
			       "  tags: [z, a, z]\n  enabled: false\n"
			       "  override: {condition: append, priority: replace, tags: append, "
			       "enabled: replace}\n"),
		     0));
	cr_assert_str_eq(condition_of(0),
			 "((evt.type = open or evt.type = openat) and proc.name in "
			 "(a, b) and fd.num > 0)");
	cr_assert(eq(uint, ruleset_rule(load.rules, 0)->priority, 3));
	cr_assert(eq(uint, ruleset_rule(load.rules, 0)->ntags, 2));
	cr_assert(span_is(ruleset_rule(load.rules, 0)->tags[0], "a"));
	cr_assert_not(ruleset_rule(load.rules, 0)->enabled);
}

Test(rules, exceptions_become_conditions)
{
	cr_assert(eq(int,
		     load_text(RULE("r", "evt.type=open") //
			       "  exceptions:\n"
			       "  - name: one\n    fields: proc.name\n    values: [cat, my cat]\n"
			       "  - name: two\n    fields: [proc.name, fd.name]\n"
			       "    comps: [=, startswith]\n"
			       "    values:\n    - [ls, /tmp]\n    - [ps, /var]\n"
			       "  - name: idle\n    fields: proc.pname\n"),
		     0));
	cr_assert_str_eq(condition_of(0),
			 "(evt.type = open and not proc.name in (cat, \"my cat\") and not "
			 "((proc.name = ls and fd.name startswith /tmp) or (proc.name = ps and "
			 "fd.name startswith /var)))");
}

Test(rules, an_exception_s_value_that_is_null_is_empty)
{
	cr_assert(eq(int,
		     load_text(RULE("r", "evt.type=open") //
			       "  exceptions: [{name: one, fields: proc.name, values: [~]}]\n"),
		     0));
	cr_assert_str_eq(condition_of(0), "(evt.type = open and not proc.name in ())");
	cr_assert(lt(int,
		     load_text(RULE("r", "evt.type=open") //
			       "  exceptions: [{name: one, fields: [proc.name], values: [[~]]}]\n"),
		     0));
	cr_assert_not_null(problem_of(PROBLEM_LOAD_ERR_COMPILE_CONDITION));
}

Test(rules, an_override_without_keys_is_none)
{
	cr_assert(eq(int,
		     load_text(RULE("r", "evt.type=open") //
			       RULE("r", "evt.type=openat") "  override: append\n"),
		     0));
	cr_assert_str_eq(condition_of(0), "evt.type = openat");
	cr_assert(lt(int, load_text(RULE("r", "evt.type=open") "  override: [append]\n"), 0));
}

Test(rules, what_stands_for_a_list_in_an_exception_is_the_authors_text)
{
	cr_assert(
		eq(int,
		   load_text(RULE("r", "evt.type=open") //
			     "  exceptions:\n"
			     "  - name: one\n    fields: [proc.name, fd.name]\n"
			     "    comps: [=, in]\n"
			     "    values:\n    - [cat, \"(/a, /b)\"]\n    - [\"a b\", \"/c, /d\"]\n"
			     "    - [ls, '\"/e f\"']\n"
			     "  - name: two\n    fields: [proc.name]\n    comps:\n"
			     "    values: [[ps]]\n"),
		   0));
	cr_assert_str_eq(condition_of(0),
			 "(evt.type = open and not ((proc.name = cat and fd.name in (/a, /b)) or "
			 "(proc.name = \"a b\" and fd.name in (/c, /d)) or (proc.name = ls and "
			 "fd.name in (\"/e f\"))) and not proc.name = ps)");
}

Test(rules, mistakes_are_shown_where_they_were_written)
{
	static const struct {
		const char *yaml;
		enum rule_problem_code code;
		uint32_t line, column;
		const char *message;
	} rows[] = {
		{ RULE("r", "evt.type=open and proc.nme=x"), PROBLEM_LOAD_ERR_COMPILE_CONDITION, 3,
		  32, "did you mean 'proc.name'" },
		{ RULE("r", "evt.type=open and nomacro"), PROBLEM_LOAD_ERR_VALIDATE, 3, 32,
		  "Undefined macro 'nomacro'" },
		{ RULE("r", ">\n    evt.type=open and\n      proc.pid = cat"),
		  PROBLEM_LOAD_ERR_COMPILE_CONDITION, 5, 18, "not a valid number" },
		{ RULE("r", "\"evt.type=open\n     and 'x\""), PROBLEM_LOAD_ERR_COMPILE_CONDITION,
		  4, 10, "expected" },
		{ "- list: l\n  items: [1, cat]\n" RULE("r", "proc.pid in (l)"),
		  PROBLEM_LOAD_ERR_COMPILE_CONDITION, 5, 27, "cat is not a valid number" },
		{ "- macro: m\n  condition: proc.pid contains x\n" RULE("r", "m"),
		  PROBLEM_LOAD_ERR_COMPILE_CONDITION, 2, 14, "not supported for numeric" },
		{ "- rule: r\n  desc: d\n\tcondition: x\n", PROBLEM_LOAD_ERR_YAML_PARSE, 3, 1,
		  "tab" },
		{ "- rule: r\n  desc: d\n  condition: evt.type=open\n  output: o\n"
		  "  priority: sometimes\n",
		  PROBLEM_LOAD_ERR_YAML_VALIDATE, 5, 13,
		  "Invalid priority. There are EMERGENCY, ALERT, CRITICAL, ERROR, WARNING, "
		  "NOTICE, INFO and DEBUG" },
		{ "- rule: r\n  desc: d\n  condition: evt.type=open\n  output: o\n"
		  "  priority: warnng\n",
		  PROBLEM_LOAD_ERR_YAML_VALIDATE, 5, 13,
		  "Invalid priority. Did you mean 'WARNING'?" },
		{ "- rule: r\n  desc: d\n  condition: evt.type=open\n  output: by %proc.nme\n"
		  "  priority: INFO\n",
		  PROBLEM_LOAD_ERR_COMPILE_OUTPUT, 4, 14, "did you mean 'proc.name'" },
		{ "- rule: r\n  desc: d\n", PROBLEM_LOAD_ERR_YAML_VALIDATE, 1, 3,
		  "no mapping for key 'condition'" },
		{ "a: b\n", PROBLEM_LOAD_ERR_YAML_VALIDATE, 1, 1, "array of objects" },
		{ RULE("r", "evt.type=open") "  exceptions:\n  - name: x\n    fields: proc.name\n"
					     "    values:\n",
		  PROBLEM_LOAD_ERR_YAML_VALIDATE, 9, 12, "must be a sequence" },
		{ RULE("r", "evt.type=open") "  exceptions:\n  - name: x\n    fields: [proc.name]\n"
					     "    comps: [in]\n    values: [[a b]]\n",
		  PROBLEM_LOAD_ERR_COMPILE_CONDITION, 7, 5, "expected" },
		{ "- macro: m\n  condition: m2\n- macro: m2\n  condition: evt.type=open\n"
		  "- macro: m\n  condition: evt.type=open or m3\n",
		  PROBLEM_LOAD_ERR_VALIDATE, 6, 31, "Undefined macro 'm3'" },
	};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		const struct rule_problem *p;

		cr_expect(load_text(rows[i].yaml) < 0, "row %u was accepted", i);
		p = problem_of(rows[i].code);
		cr_assert_not_null(p, "row %u", i);
		cr_expect(p->diag.line == rows[i].line && p->diag.column == rows[i].column,
			  "row %u: %u:%u: %s", i, p->diag.line, p->diag.column, p->diag.message);
		cr_expect_not_null(strstr(p->diag.message, rows[i].message), "row %u: %s", i,
				   p->diag.message);
		cr_expect(p->snippet.n > 0);
		cr_expect_null(load.rules);
	}
}

Test(rules, a_macro_that_comes_back_to_itself_is_refused)
{
	cr_assert(lt(int,
		     load_text("- macro: a\n  condition: evt.type=open\n"
			       "- macro: b\n  condition: a\n"
			       "- macro: a\n  condition: b\n"),
		     0));
	cr_assert_not_null(strstr(problem_of(PROBLEM_LOAD_ERR_VALIDATE)->diag.message,
				  "reference loop in macro 'b'"));
}

Test(rules, warnings_leave_the_rules_in_force)
{
	cr_assert(eq(int,
		     load_text("- list: unused\n  items: [a]\n"
			       "- macro: lonely\n  condition: evt.type=open\n"
			       "- nonsense: 1\n"				    //
			       RULE("broad", "proc.name=cat")			    //
			       RULE("foreign", "ka.verb=x") "  source: k8s_audit\n" //
			       RULE("skipped", "evt.type=open and foo.bar=1")	    //
			       "  skip-if-unknown-filter: true\n  typo: x\n"),
		     0));
	cr_assert_not_null(problem_of(PROBLEM_LOAD_UNUSED_LIST));
	cr_assert_not_null(problem_of(PROBLEM_LOAD_UNUSED_MACRO));
	cr_assert_not_null(problem_of(PROBLEM_LOAD_UNKNOWN_ITEM));
	cr_assert_not_null(problem_of(PROBLEM_LOAD_NO_EVTTYPE));
	cr_assert_not_null(problem_of(PROBLEM_LOAD_UNKNOWN_SOURCE));
	cr_assert_not_null(problem_of(PROBLEM_LOAD_UNKNOWN_FILTER));
	cr_assert_not_null(problem_of(PROBLEM_LOAD_UNKNOWN_KEY));
	cr_assert(eq(uint, ruleset_count(load.rules), 1));
}

Test(rules, an_output_that_cannot_be_shown_is_an_unknown_filter)
{
	static const struct {
		const char *output;
		bool is_skipped;
	} cases[] = {
		{ "%nope.x", true },
		{ "%proc.", true },
		{ "50% done", true },
		{ "%fd.port", true },
		{ "%evt.arg", true },
		{ "%evt.rawarg[0]", true },
		{ "%evt.around[1]", true },
		{ "%thread.cgroup", true },
		{ "%k8s.pod.label", true },
		{ "%static.x", true },
		{ "%toupper(proc.pid)", true },
		{ "%toupper(proc.aname)", true },
		{ "%toupper(proc.name", true },
		{ "%concat(proc.name)", true },
		{ "%val(proc.name)", true },
		{ "at the end %", false },
		{ "at the end %5", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char yaml[256];

		snprintf(yaml, sizeof(yaml),
			 "- {rule: r, desc: d, condition: evt.type=open, priority: INFO, "
			 "skip-if-unknown-filter: true, output: '%s'}\n",
			 cases[i].output);
		cr_expect(eq(int, load_text(yaml) == 0, cases[i].is_skipped), "%s",
			  cases[i].output);
		cr_expect_not_null(problem_of(cases[i].is_skipped
						      ? PROBLEM_LOAD_UNKNOWN_FILTER
						      : PROBLEM_LOAD_ERR_COMPILE_OUTPUT),
				   "%s", cases[i].output);
	}
}

Test(rules, required_versions_are_checked)
{
	cr_assert(eq(int, load_text("- required_engine_version: 0.26.0\n"), 0));
	cr_assert(eq(int, load_text("- required_engine_version: 15\n"), 0));
	cr_assert(eq(int, load_text("- required_engine_version: \" 0. 26.\\t0 .1\"\n"), 0));
	cr_assert(lt(int, load_text("- required_engine_version: \"0 .26.0\"\n"), 0));
	cr_assert(lt(int, load_text("- required_engine_version: \"0.26. \"\n"), 0));
	cr_assert(lt(int, load_text("- required_engine_version: 0.64.0\n"), 0));
	cr_assert(lt(int, load_text("- required_engine_version: 1.0.0\n"), 0));
	cr_assert(lt(int, load_text("- required_engine_version: \"0.26\"\n"), 0));
	cr_assert(lt(int, load_text("- required_plugin_versions:\n  - name: x\n    version: 1\n"),
		     0));
}

Test(rules, yaml_that_would_grow_without_end_does_not)
{
	cr_assert(eq(int,
		     load_text("- list: a\n  items: &a [x, y]\n- list: b\n  items: *a\n" RULE(
			     "r", "evt.type=open and proc.name in (b)")),
		     0));
	cr_assert_str_eq(condition_of(0), "(evt.type = open and proc.name in (x, y))");
}

/* Load two rules, "r" with tags a and b, and "s", with this one entry of append_output. */
static int load_appending(struct append_entry *entry)
{
	static const char yaml[] = RULE("r", "evt.type=open") "  tags: [a, b]\n" //
		RULE("s", "evt.type=open");
	struct append_list append = { 1, entry };
	struct rule_extras extras = { .append = &append };

	rulefile_release(&load);
	return rulefile_load_text_with("rules.yaml", span_str(yaml), &extras, &load);
}

static void outputs_are(const char *r, const char *s)
{
	cr_assert(span_is(ruleset_rule(load.rules, 0)->output_text, r), "r is '%.*s'",
		  (int)ruleset_rule(load.rules, 0)->output_text.n,
		  (const char *)ruleset_rule(load.rules, 0)->output_text.p);
	cr_assert(span_is(ruleset_rule(load.rules, 1)->output_text, s));
}

Test(rules, the_settings_add_to_the_outputs_of_rules_that_match)
{
	char *both[] = { (char *)"b", (char *)"a" }, *none[] = { (char *)"a", (char *)"c" };
	struct append_entry e = { .extra_output = (char *)"at %evt.num" };

	cr_assert(eq(int, load_appending(&e), 0));
	outputs_are("o %proc.name at %evt.num", "o %proc.name at %evt.num");
	e.rule = (char *)"s";
	cr_assert(eq(int, load_appending(&e), 0));
	outputs_are("o %proc.name", "o %proc.name at %evt.num");
	e.rule = NULL;
	e.tags = both;
	e.ntags = 2;
	cr_assert(eq(int, load_appending(&e), 0));
	outputs_are("o %proc.name at %evt.num", "o %proc.name");
	e.tags = none;
	cr_assert(eq(int, load_appending(&e), 0));
	outputs_are("o %proc.name", "o %proc.name");
	e.ntags = 0;
	e.source = (char *)"k8s_audit";
	cr_assert(eq(int, load_appending(&e), 0));
	outputs_are("o %proc.name", "o %proc.name");
}

Test(rules, suggested_fields_come_last)
{
	struct append_entry e = { .extra_output = (char *)"x", .suggested_output = true };

	cr_assert(eq(int, load_appending(&e), 0));
	cr_assert(span_starts(ruleset_rule(load.rules, 0)->output_text,
			      span_str("o %proc.name x container_id=%container.id ")));
}

Test(rules, what_is_added_wrongly_is_an_error_of_the_output)
{
	struct append_field wrong[] = { { (char *)"x", (char *)"%proc.nam" } },
			    none[] = { { (char *)"proc.nam", NULL } };
	struct append_entry text = { .extra_output = (char *)"%proc.nam" };
	struct append_entry fields = { .nfields = 1, .fields = wrong };

	cr_assert(eq(int, load_appending(&text), -EINVAL));
	cr_assert_not_null(problem_of(PROBLEM_LOAD_ERR_COMPILE_OUTPUT));
	cr_assert(eq(int, load_appending(&fields), -EINVAL));
	cr_assert_not_null(problem_of(PROBLEM_LOAD_ERR_COMPILE_OUTPUT));
	fields.fields = none;
	cr_assert(eq(int, load_appending(&fields), -EINVAL));
	cr_assert(eq(u32, problem_of(PROBLEM_LOAD_ERR_COMPILE_OUTPUT)->diag.line, 4));
}

Test(rules, a_file_that_is_not_there_is_an_error_with_its_name)
{
	struct conf_list paths = { .count = 1, .item = { (char *)"/nowhere/rules.yaml" } };

	cr_assert(lt(int, rulefile_load(&paths, &load), 0));
	cr_assert_str_eq(problem_of(PROBLEM_LOAD_ERR_FILE_READ)->diag.file, "/nowhere/rules.yaml");
}

Test(rules, the_check_prints_what_is_wrong)
{
	struct conf conf = { .rules_files = { 1, { (char *)"/nowhere/rules.yaml" } },
			     .rules_asked_for = true };
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	cr_assert(eq(int, rules_check(&conf, f), 1));
	fclose(f);
	cr_assert_not_null(strstr(text, "/nowhere/rules.yaml: cannot read the file"));
	free(text);
}

Test(rules, files_that_settings_name_need_not_be_there)
{
	char path[] = "/tmp/mews-rules-XXXXXX";
	FILE *f = fdopen(mkstemp(path), "w");
	struct conf conf = { .rules_files = { 3,
					      { (char *)"/nowhere/rules.yaml", path,
						(char *)"/dev/null/rules.yaml" } } };
	struct conf_list present;

	cr_assert_not_null(f);
	fputs(RULE("r", "evt.type=open"), f);
	fclose(f);
	cr_assert(eq(int, rules_load_with(&conf, &load, stderr), 0));
	cr_assert(eq(uint, ruleset_count(load.rules), 1));
	rulefile_release(&load);
	unlink(path);
	/* None of them is there: that does not bring those by default. */
	cr_assert(eq(int, rules_load_with(&conf, &load, stderr), 0));
	cr_assert(eq(uint, ruleset_count(load.rules), 0));
	conf_rules_present(&conf, &present);
	cr_assert(eq(uint, present.count, 0));
	conf.rules_asked_for = true;
	conf_rules_present(&conf, &present);
	cr_assert(eq(uint, present.count, 3));
}

/* ---- what is said ---- */

static const char *message_of(enum rule_problem_code code)
{
	const struct rule_problem *p = problem_of(code);

	return p == NULL ? "" : p->diag.message;
}

#define cr_assert_says(code, words)                                                                \
	cr_assert_not_null(strstr(message_of(code), words), "%s", message_of(code))

Test(rules, a_misspelt_name_is_told_with_what_was_meant)
{
	load_text(RULE("r", "evt.type=opne"));
	cr_assert_says(PROBLEM_LOAD_ERR_COMPILE_CONDITION, "did you mean 'open'");
	load_text(RULE("r", "evt.type=open and proc.nmae=cat"));
	cr_assert_says(PROBLEM_LOAD_ERR_COMPILE_CONDITION, "'proc.name'");
	load_text("- macro: spawned\n  condition: evt.type=execve\n" RULE("r", "spawnd"));
	cr_assert_says(PROBLEM_LOAD_ERR_VALIDATE, "Did you mean 'spawned'?");
	load_text("- macro: m\n  conditon: evt.type=execve\n");
	cr_assert_says(PROBLEM_LOAD_ERR_YAML_VALIDATE, "Is 'conditon' a misspelling of it?");
	load_text("- list: shells\n  items: [sh]\n- list: shels\n  items: [ash]\n  append: true\n");
	cr_assert_says(PROBLEM_LOAD_ERR_VALIDATE, "Did you mean 'shells'?");
	load_text(RULE("r", "evt.type=open") "  tgas: [a]\n");
	cr_assert_says(PROBLEM_LOAD_UNKNOWN_KEY, "Did you mean 'tags'?");
	load_text(
		RULE("r", "evt.type=open") "- rule: r\n  tgas: [a]\n  override: {tgas: replace}\n");
	cr_assert_says(PROBLEM_LOAD_ERR_YAML_VALIDATE, "Did you mean 'tags'?");
	load_text("- rul: r\n  desc: d\n");
	cr_assert_says(PROBLEM_LOAD_UNKNOWN_ITEM, "Did you mean 'rule'?");
	load_text(RULE("r", "evt.type=open") "  source: syscal\n");
	cr_assert_says(PROBLEM_LOAD_UNKNOWN_SOURCE, "Did you mean 'syscall'?");
	load_text(
		"- rule: r\n  desc: d\n  condition: evt.type=open\n  output: o\n  priority: warnig\n");
	cr_assert_says(PROBLEM_LOAD_ERR_YAML_VALIDATE, "Did you mean 'WARNING'?");
}

Test(rules, a_list_that_nobody_uses_may_have_been_meant_by_a_word_that_is_near)
{
	load_text("- list: shell_binaries\n  items: [sh]\n" //
		  RULE("r", "evt.type=open and proc.name in (cat, shell_binarys)"));
	cr_assert_says(PROBLEM_LOAD_UNUSED_LIST, "meant by 'shell_binarys' in rule 'r'");
	load_text("- list: shell_binaries\n  items: [sh]\n" RULE(
		"r", "evt.type=open and proc.name=cat"));
	cr_assert_str_eq(message_of(PROBLEM_LOAD_UNUSED_LIST),
			 "List not referred to by any other rule/macro");
}

Test(rules, a_macro_sees_only_those_that_are_defined_before)
{
	load_text("- macro: a\n  condition: b\n- macro: b\n  condition: evt.type=open\n");
	cr_assert_says(PROBLEM_LOAD_ERR_VALIDATE, "Undefined macro 'b' used in filter. It is not "
						  "defined before");
}

Test(rules, an_exception_s_name_that_comes_twice_is_told)
{
#define TWICE                                                                                      \
	"  exceptions:\n    - {name: x, fields: proc.name, values: [a]}\n"                         \
	"    - {name: x, fields: fd.name, values: [b]}\n"
	cr_assert(eq(int, load_text(RULE("r", "evt.type=open") TWICE), 0));
	cr_assert_not_null(problem_of(PROBLEM_LOAD_EXCEPTION_NAME_NOT_UNIQUE));
	cr_assert(eq(uint, problem_of(PROBLEM_LOAD_EXCEPTION_NAME_NOT_UNIQUE)->diag.line, 8));
}

Test(rules, a_snippet_shows_characters_and_keeps_its_caret_below_the_place)
{
	char yaml[2048], spaces[301];

	load_text("- rule: r\n  desc: d\n  condition: \"proc.name = \xc3\xa9\t and  evt.type=x\"\n"
		  "  output: o\n  priority: INFO\n");
	cr_assert_str_eq((const char *)problem_of(PROBLEM_LOAD_ERR_COMPILE_CONDITION)->snippet.p,
			 "  condition: \"proc.name = \xc3\xa9\t and  evt.type=x\"\n"
			 "                           \t               ^\n");
	memset(spaces, ' ', 300);
	spaces[300] = '\0';
	snprintf(yaml, sizeof(yaml),
		 "- rule: r\n  desc: d\n  condition: evt.type=open%sand evt.type=x%sand "
		 "evt.type=close\n  output: o\n  priority: INFO\n",
		 spaces, spaces);
	load_text(yaml);
	cr_assert(problem_of(PROBLEM_LOAD_ERR_COMPILE_CONDITION)->snippet.n < 300);
	cr_assert_not_null(strstr(
		(const char *)problem_of(PROBLEM_LOAD_ERR_COMPILE_CONDITION)->snippet.p, "...\n"));
}

Test(rules, of_many_warnings_the_first_are_kept_and_all_counted)
{
	static char yaml[32 * 2000];
	size_t n = (size_t)snprintf(yaml, sizeof(yaml), "- list: a\n  items: []\n");

	for (unsigned i = 0; i < 1500; i++)
		n += (size_t)snprintf(yaml + n, sizeof(yaml) - n, "  key%u: x\n", i);
	cr_assert(eq(int, load_text(yaml), 0));
	cr_assert(eq(uint, load.files[0].nproblems, RULE_PROBLEMS_MAX));
	cr_assert(eq(uint, load.files[0].left_out, 501));
}

Test(rules, macros_that_double_end_before_they_are_written_out)
{
	char yaml[8192] = "- macro: m0\n  condition: (proc.name=a or fd.name=b)\n";
	size_t n = strlen(yaml);

	for (unsigned i = 1; i < 64; i++)
		n += (size_t)snprintf(yaml + n, sizeof(yaml) - n,
				      "- macro: m%u\n  condition: (m%u and m%u)\n", i, i - 1,
				      i - 1);
	snprintf(yaml + n, sizeof(yaml) - n, "%s", RULE("r", "evt.type=open and m63"));
	cr_assert(lt(int, load_text(yaml), 0));
	cr_assert_says(PROBLEM_LOAD_ERR_COMPILE_CONDITION, "too large");
}

/* ---- fields static.* ---- */

static int load_with_statics(const char *condition, const char *output)
{
	static char env[] = "env=prod", site[] = "site.name=a=b";
	static char *pairs[] = { env, site };
	struct rule_extras extras = { .statics = { ARRAY_LEN(pairs), pairs } };
	char yaml[256];

	snprintf(yaml, sizeof(yaml),
		 "- rule: r\n  desc: d\n  condition: %s\n  output: \"%s\"\n  priority: INFO\n",
		 condition, output);
	rulefile_release(&load);
	return rulefile_load_text_with("rules.yaml", span_str(yaml), &extras, &load);
}

Test(rules, static_fields_are_those_of_the_settings)
{
	static const struct {
		const char *condition, *output;
		int err;
	} cases[] = {
		{ "evt.type=open and static.env = prod", "x", 0 },
		{ "evt.type=open and static.site.name in (a, b)", "%static.site.name.", 0 },
		{ "evt.type=open", "%static.env", 0 },
		{ "evt.type=open", "in %static.env.", 0 },
		{ "evt.type=open and toupper(static.env) = PROD", "%toupper(static.env)", 0 },
		{ "evt.type=open and static.en = prod", "x", -EINVAL },
		{ "evt.type=open and static. = prod", "x", -EINVAL },
		{ "evt.type=open", "%static.envs", -EINVAL },
		{ "evt.type=open", "%toupper(static.other)", -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		cr_expect(eq(int, load_with_statics(cases[i].condition, cases[i].output),
			     cases[i].err),
			  "%s, %s", cases[i].condition, cases[i].output);
	cr_expect(eq(int, load_text(RULE("r", "evt.type=open and static.env = prod")), -EINVAL));
}

Test(rules, the_last_of_several_static_fields_counts)
{
	static char first[] = "a=1", second[] = "ab=2", third[] = "a=3", empty[] = "e=";
	static char *pairs[] = { first, second, third, empty };
	const struct static_fields s = { ARRAY_LEN(pairs), pairs };
	struct span value;

	cr_assert(static_fields_find(&s, span_str("a"), &value) && span_is(value, "3"));
	cr_assert(static_fields_find(&s, span_str("ab"), &value) && span_is(value, "2"));
	cr_assert(static_fields_find(&s, span_str("e"), &value) && value.n == 0);
	cr_assert_not(static_fields_find(&s, span_str("b"), &value));
	cr_assert_not(static_fields_find(&s, span_str(""), &value));
	cr_assert_not(static_fields_find(NULL, span_str("a"), &value));
}

/* ---- names of hosts ---- */

static const char *hosts(void)
{
	cr_assert(eq(int, ruleset_seal(load.rules, 7), 0));
	return host_names_of(load.rules);
}

Test(rules, names_of_hosts_are_found_in_lists_and_macros)
{
	cr_assert(eq(
		int,
		load_text(
			"- list: more\n  items: [c.example, d.example]\n"
			"- list: known\n  items: [b.example, more]\n"
			"- macro: ours\n  condition: (fd.sip.name in (known))\n"
			"- macro: unused\n  condition: (fd.sip.name = unused.example)\n" RULE(
				"a", "evt.type = connect and ours and fd.rip.name = a.example")
				RULE("b", "evt.type = connect and not ours") RULE(
					"off",
					"evt.type = connect and fd.sip.name = off.example") "  enabled: false\n"),
		0));
	cr_assert_str_eq(hosts(), "b.example c.example d.example a.example 0");
}

Test(rules, the_official_ones_ask_for_one_host)
{
	static char path[] = "../shared/rules/falco_rules.yaml";
	struct conf_list paths = { .count = 1, .item = { path } };

	if (access(path, R_OK) != 0)
		cr_skip_test("there is no %s", path);
	cr_assert(eq(int, rulefile_load(&paths, &load), 0));
	cr_assert_str_eq(hosts(), "kubernetes.default.svc.cluster.local 0");
}
