/* SPDX-License-Identifier: Apache-2.0
 *
 * -o KEY=VALUE: through maps and lists, by their keys and numbers.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>

#include "conf_output.h"
#include "support/conf_kit.h"

Test(conf_options, an_option_goes_through_maps_and_lists)
{
	static const char text[] = "rules_files: [a, b]\n"
				   "append_output: [{extra_output: a}, {extra_output: b}]\n"
				   "rules: [{disable: {rule: x}}]\n";
	static const struct {
		const char *option;
		unsigned files, appended, rules;
		const char *first_file, *last_output, *last_rule;
	} cases[] = {
		{ "rules_files[0]=c", 2, 2, 1, "c", "b", "x" },
		{ "rules_files[2]=c", 3, 2, 1, "a", "b", "x" },
		{ "rules_files[]=c", 3, 2, 1, "a", "b", "x" },
		{ "rules_files=[c, d, e, f]", 4, 2, 1, "c", "b", "x" },
		{ "rules_files=", 0, 2, 1, NULL, "b", "x" },
		{ "append_output[1].extra_output=y", 2, 2, 1, "a", "y", "x" },
		{ "append_output[1]={extra_output: z}", 2, 2, 1, "a", "z", "x" },
		{ "append_output={extra_output: q=r}", 2, 1, 1, "a", "q=r", "x" },
		{ "rules[0].disable.rule=*", 2, 2, 1, "a", "b", "*" },
		{ "rules[].enable.tag=t", 2, 2, 2, "a", "b", "t" },
		{ "rules[]={enable: {tag: u}}", 2, 2, 2, "a", "b", "u" },
		{ "rul\\es[].enable.tag=t", 2, 2, 2, "a", "b", "t" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct conf c;
		struct diag d;

		cr_assert(eq(int, load(text, cases[i].option, &c, &d), 0), "%s: %s",
			  cases[i].option, d.message);
		cr_assert(eq(uint, warnings, 0), "%s", last_warning.message);
		cr_assert(eq(uint, c.rules_files.count, cases[i].files), "%s", cases[i].option);
		if (cases[i].first_file != NULL)
			cr_assert_str_eq(c.rules_files.item[0], cases[i].first_file);
		cr_assert(eq(uint, c.append_output.count, cases[i].appended));
		cr_assert_str_eq(c.append_output.entry[c.append_output.count - 1].extra_output,
				 cases[i].last_output);
		cr_assert(eq(uint, c.rules.count, cases[i].rules));
		cr_assert_str_eq(c.rules.choice[c.rules.count - 1].pattern, cases[i].last_rule);
		conf_release(&c);
	}
}

Test(conf_options, a_key_with_a_dot_in_it_is_written_with_a_backslash)
{
	struct conf c;
	struct diag d;

	cr_assert(eq(int, load("", "log\\.level=debug", &c, &d), 0));
	cr_assert(eq(uint, warnings, 1));
	cr_assert_not_null(strstr(last_warning.message, "'log.level' is not a setting"));
	conf_release(&c);
}

Test(conf_options, an_option_that_leads_nowhere_is_refused)
{
	static const char *const options[] = {
		"priority.x=1",
		"priority[0]=error",
		"rules_files.x=1",
		"rules_files[9]=x",
		"rules_files[x]=y",
		"rules_files[1=y",
		"rules_files[99999]=x",
		".priority=error",
		"priority.=error",
		"a..b=1",
		"[0]=1",
		"rules_files]=x",
		"append_output={a",
		"append_output={a: [}",
		"engine={kind: {}}",
		"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r=1",
	};

	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		struct conf c;
		struct diag d;

		cr_assert(
			lt(int, load("priority: error\nrules_files: [a]\n", options[i], &c, &d), 0),
			"%s", options[i]);
		cr_assert_str_eq(d.file, "-o");
		cr_assert_neq(d.message[0], '\0', "%s", options[i]);
	}
}

Test(conf_options, braces_make_a_map)
{
	struct conf c;
	struct diag d;

	cr_assert(eq(int,
		     load("capture: {mode: all_rules}\n",
			  "capture={enabled: true, max_file_size_mb: 2}", &c, &d),
		     0));
	cr_assert(c.capture_enabled && !c.capture_all_rules);
	cr_assert(eq(u64, c.capture_max_mb, 2));
	conf_release(&c);
}

Test(conf_options, braces_are_all_of_a_key_that_takes_a_map)
{
	struct conf c;
	struct diag d;

	cr_assert(eq(int,
		     load("static_fields: {a: b}\n", "static_fields={env: prod, ver: 1.0}", &c, &d),
		     0),
		  "%s", d.message);
	cr_assert(eq(uint, c.static_fields.count, 2));
	cr_assert_str_eq(c.static_fields.item[1], "ver=1.0");
	conf_release(&c);
	cr_assert(eq(int, load("", "http_output.headers={X-A: \"1\"}", &c, &d), 0), "%s",
		  d.message);
	cr_assert_str_eq(conf_output_at(&c, OUTPUT_HTTP, 0)->headers.item[0], "X-A: 1");
	conf_release(&c);
	cr_assert(eq(int, load("", "static_fields=a=b", &c, &d), 0), "%s", d.message);
	cr_assert_str_eq(c.static_fields.item[0], "a=b");
	conf_release(&c);
}
