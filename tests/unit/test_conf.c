/* SPDX-License-Identifier: Apache-2.0
 *
 * Settings: what a text says is what is set, and what is wrong is said with its place.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf_output.h"
#include "support/conf_kit.h"

Test(conf, base_syscalls_are_taken_as_falco_writes_them)
{
	struct conf c;
	struct diag d;

	cr_assert(eq(int,
		     load("base_syscalls:\n  custom_set: [clone, \"!mkdir\"]\n  repair: true\n"
			  "  all: false\n",
			  "base_syscalls.custom_set[]=!open", &c, &d),
		     0));
	cr_assert(eq(uint, warnings, 0));
	cr_assert(eq(uint, c.base_syscalls.count, 3));
	cr_assert_str_eq(c.base_syscalls.item[1], "!mkdir");
	cr_assert_str_eq(c.base_syscalls.item[2], "!open");
	cr_assert(c.base_syscalls_repair);
	conf_release(&c);
}

Test(conf, an_empty_file_gives_the_defaults)
{
	struct conf c;
	struct diag d;

	cr_assert(eq(int, load("", NULL, &c, &d), 0));
	cr_assert(eq(uint, c.output_count, 1));
	cr_assert(c.outputs[0].kind == OUTPUT_STDOUT && c.outputs[0].enabled);
	cr_assert_not(c.json_output);
	cr_assert(c.json_include_output_property);
	cr_assert(eq(uint, c.priority, 7));
	cr_assert_not(c.rule_matching_all);
	cr_assert(eq(u64, c.kernel_buffer_bytes, 8ull << 20));
	cr_assert(eq(u64, c.ring_raw_bytes, 16ull << 20));
	cr_assert(eq(u64, c.thread_table_size, 262144));
	cr_assert(eq(uint, c.rules_files.count, 0));
	cr_assert_str_eq(c.log_level, "info");
	cr_assert(eq(uint, c.drops_actions, 6)); /* log and alert */
	cr_assert(c.drops_threshold == 0 && c.drops_rate == 1 && c.drops_max_burst == 1);
	cr_assert(eq(uint, warnings, 0));
	conf_release(&c);
}

Test(conf, a_default_may_have_several_items)
{
	struct conf c;
	struct diag d;

	cr_assert(eq(int, load("", NULL, &c, &d), 0));
	cr_assert(eq(u32, c.docker.sockets.count, 1));
	cr_assert(eq(u32, c.cri.sockets.count, 5));
	cr_assert_str_eq(c.cri.sockets.item[0], "/run/containerd/containerd.sock");
	cr_assert_str_eq(c.cri.sockets.item[4], "/run/cri-dockerd.sock");
	conf_release(&c);
}

Test(conf, every_key_of_the_table_can_be_set_to_its_default_in_a_file)
{
	unsigned n;
	const struct conf_row *rows = conf_rows(&n);

	for (unsigned i = 0; i < n; i++) {
		struct conf c;
		struct diag d;
		char option[256];

		snprintf(option, sizeof(option), "%s=%s", rows[i].key, rows[i].standard);
		cr_assert(eq(int, load("", option, &c, &d), 0), "%s: %s", option, d.message);
		cr_assert(eq(uint, warnings, 0));
		conf_release(&c);
	}
}

Test(conf, a_file_sets_what_it_names)
{
	struct conf c;
	struct diag d;
	const char *text = "rules_files: [a.yaml, b]\n"
			   "priority: Warning\n"
			   "rule_matching: all\n"
			   "json_output: yes\n"
			   "stdout_output:\n"
			   "  enabled: false\n"
			   "file_output: {enabled: true, filename: \"/x y\"}\n"
			   "engine: {modern_ebpf: {buf_size_preset: 10}}\n"
			   "mews: {rings: {raw_mb: 2}}\n";

	cr_assert(eq(int, load(text, NULL, &c, &d), 0), "%s", d.message);
	cr_assert(eq(uint, c.rules_files.count, 2));
	cr_assert_str_eq(c.rules_files.item[1], "b");
	cr_assert(eq(uint, c.priority, 4));
	cr_assert(c.rule_matching_all);
	cr_assert(c.json_output);
	cr_assert(eq(uint, c.output_count, 2));
	cr_assert(c.outputs[0].kind == OUTPUT_FILE && c.outputs[0].enabled);
	cr_assert_str_eq(c.outputs[0].filename, "/x y");
	cr_assert(c.outputs[1].kind == OUTPUT_STDOUT && !c.outputs[1].enabled);
	cr_assert(eq(u64, c.kernel_buffer_bytes, 512ull << 20));
	cr_assert(eq(u64, c.ring_raw_bytes, 2ull << 20));
	conf_release(&c);
}

Test(conf, nothing_behind_a_key_leaves_its_default)
{
	struct conf c;
	struct diag d;

	cr_assert(eq(int,
		     load("priority: Null\njson_output: NULL\nrule_matching: ~\nrules_files:\n"
			  "file_output: {filename: \"NULL\"}\n",
			  NULL, &c, &d),
		     0),
		  "%s", d.message);
	cr_assert(eq(uint, c.priority, 7));
	cr_assert(eq(uint, c.rules_files.count, 0));
	cr_assert_str_eq(c.outputs[0].filename, "NULL");
	conf_release(&c);
}

Test(conf, the_command_line_wins_over_the_file)
{
	struct conf c;
	struct diag d;

	cr_assert(eq(int, load("priority: error\n", "priority=notice", &c, &d), 0));
	cr_assert(eq(uint, c.priority, 5));
	conf_release(&c);
}

Test(conf, brackets_add_to_a_list_and_without_them_it_is_replaced)
{
	struct conf c;
	struct diag d;

	cr_assert(eq(int, load("rules_files: [a, b]\n", "rules_files[]=c", &c, &d), 0));
	cr_assert(eq(uint, c.rules_files.count, 3));
	cr_assert_str_eq(c.rules_files.item[2], "c");
	conf_release(&c);
	cr_assert(eq(int, load("rules_files: [a, b]\n", "rules_files=c", &c, &d), 0));
	cr_assert(eq(uint, c.rules_files.count, 1));
	conf_release(&c);
}

Test(conf, one_text_is_a_list_of_one)
{
	static const struct {
		const char *text, *option;
		unsigned count;
		const char *last;
	} cases[] = {
		{ "rules_files: a\n", NULL, 1, "a" },
		{ "rules_files: a\n", "rules_files[]=b", 2, "b" },
		{ "rules_files: a\n", "rules_files[0]=b", 1, "b" },
		{ "rules_files: a\n", "rules_files=b", 1, "b" },
	};
	struct conf c;
	struct diag d;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		cr_assert(eq(int, load(cases[i].text, cases[i].option, &c, &d), 0), "%s",
			  d.message);
		cr_assert(eq(uint, warnings, 0));
		cr_assert(eq(uint, c.rules_files.count, cases[i].count), "%zu", i);
		cr_assert_str_eq(c.rules_files.item[c.rules_files.count - 1], cases[i].last);
		conf_release(&c);
	}
	cr_assert(eq(int,
		     load("config_files: x\nsyscall_event_drops: {actions: exit}\n", NULL, &c, &d),
		     0),
		  "%s", d.message);
	cr_assert(eq(uint, c.config_files.count, 1));
	cr_assert(eq(uint, c.drops_actions, 8));
	conf_release(&c);
}

Test(conf, the_old_name_of_rules_files_is_taken_with_a_warning)
{
	static const struct {
		const char *text, *option;
		unsigned count;
	} cases[] = {
		{ "rules_file: a\n", NULL, 1 },
		{ "rules_file: [a, b]\n", NULL, 2 },
		{ "", "rules_file=a", 1 },
		{ "", "rules_file=[a, b]", 2 },
		{ "rules_file: a\n", "rules_file[]=b", 2 },
		{ "rules_file: a\n", "rules_file=b", 1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct conf c;
		struct diag d;

		cr_assert(eq(int, load(cases[i].text, cases[i].option, &c, &d), 0), "%s",
			  d.message);
		cr_assert(eq(uint, warnings, 1));
		cr_assert(eq(uint, last_warning.kind, CONF_FOUND_GONE));
		cr_assert(eq(uint, c.rules_files.count, cases[i].count), "%zu", i);
		conf_release(&c);
	}
}

Test(conf, the_old_name_beside_the_new_one_is_an_error)
{
	struct conf c;
	struct diag d;

	cr_assert(eq(int, load("priority: error\nrules_file: a\n", "rules_files=b", &c, &d),
		     -EINVAL));
	cr_assert_str_eq(d.file, "x.yaml");
	cr_assert(eq(u32, d.line, 2));
	cr_assert(eq(int, load("rules_files: [a]\n", "rules_file=b", &c, &d), -EINVAL));
	cr_assert_str_eq(d.file, "-o");
	cr_assert_not_null(strstr(d.message, "one of them must go"));
}

Test(conf, outputs_are_added_to)
{
	const char *text = "append_output:\n"
			   "  - match: {source: syscall, tags: [a, b]}\n"
			   "    extra_output: x %proc.name\n"
			   "    extra_fields: [evt.num, {who: \"%user.name\"}, evt.num]\n"
			   "  - suggested_output: true\n";
	const struct append_entry *e;
	struct conf c;
	struct diag d;

	cr_assert(eq(int, load(text, NULL, &c, &d), 0), "%s", d.message);
	cr_assert(eq(uint, c.append_output.count, 2));
	e = c.append_output.entry;
	cr_assert_str_eq(e->source, "syscall");
	cr_assert_null(e->rule);
	cr_assert(eq(uint, e->ntags, 2));
	cr_assert_str_eq(e->tags[1], "b");
	cr_assert_str_eq(e->extra_output, "x %proc.name");
	cr_assert(eq(uint, e->nfields, 3));
	cr_assert_str_eq(e->fields[0].name, "evt.num");
	cr_assert_null(e->fields[0].format);
	cr_assert_str_eq(e->fields[1].format, "%user.name");
	cr_assert(e[1].suggested_output);
	conf_release(&c);
	cr_assert(eq(int, load(text, "append_output[]={\"extra_output\":\"y\"}", &c, &d), 0));
	cr_assert(eq(uint, c.append_output.count, 3));
	conf_release(&c);
	cr_assert(eq(int, load(text, "append_output=[{extra_output: y}]", &c, &d), 0));
	cr_assert(eq(uint, c.append_output.count, 1));
	conf_release(&c);
	cr_assert(eq(int,
		     load("append_output: [{match: {rule: r, tags: [a]}, z: 1}]\n", NULL, &c, &d),
		     0));
	cr_assert(eq(uint, warnings, 2));
	conf_release(&c);
}

Test(conf, what_is_wrong_in_what_is_added_is_shown_with_its_place)
{
	static const struct {
		const char *text;
		unsigned column;
	} cases[] = {
		{ "append_output: yes", 16 },
		{ "append_output: [x]", 17 },
		{ "append_output: [{extra_output: [a]}]", 32 },
		{ "append_output: [{extra_output: a, extra_output: b}]", 35 },
		{ "append_output: [{suggested_output: perhaps}]", 36 },
		{ "append_output: [{match: x}]", 25 },
		{ "append_output: [{match: {tags: a}}]", 32 },
		{ "append_output: [{extra_fields: [{a: b, c: d}]}]", 33 },
		{ "append_output: [{extra_fields: [{a: b}, {c: d}, {a: e}]}]", 49 },
		{ "append_output: [{extra_fields: [a, {a: b}]}]", 36 },
		{ "append_output: [{extra_fields: [{a: b}, a]}]", 41 },
		{ "append_output: &a [*a]", 16 },
	};

	for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
		struct conf c;
		struct diag d;

		cr_assert(eq(int, load(cases[i].text, NULL, &c, &d), -EINVAL), "%s", cases[i].text);
		cr_assert(eq(uint, d.line, 1), "%s", cases[i].text);
		cr_assert(eq(uint, d.column, cases[i].column), "%s", cases[i].text);
	}
}

Test(conf, what_is_said_of_what_is_added_names_the_key)
{
	static const char *const options[] = {
		"append_output[]={extra_output: a, extra_output: b}",
		"append_output[]=foo",
		"append_output[]={match: [a]}",
	};
	struct conf c;
	struct diag d;

	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		cr_assert(eq(int, load("", options[i], &c, &d), -EINVAL), "%s", options[i]);
		cr_assert(eq(int, strncmp(d.message, "append_output: ", 15), 0), "%s", d.message);
	}
	cr_assert(eq(int, load("", "append_output[]={extra: a}", &c, &d), 0));
	cr_assert_str_eq(last_warning.message,
			 "append_output does not know the key 'extra', ignored");
	conf_release(&c);
}

Test(conf, true_has_the_same_words_everywhere)
{
	static const char *const words[] = { "true", "Yes", "on", "y" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		char text[128];
		struct conf c;
		struct diag d;

		snprintf(text, sizeof(text),
			 "json_output: %s\nappend_output: [{suggested_output: %s}]\n", words[i],
			 words[i]);
		cr_assert(eq(int, load(text, NULL, &c, &d), 0), "%s", d.message);
		cr_assert(c.json_output && c.append_output.entry[0].suggested_output);
		conf_release(&c);
	}
}

Test(conf, variables_of_the_environment_are_put_in)
{
	struct conf c;
	struct diag d;

	setenv("MEWS_TEST_DIR", "/there", 1);
	unsetenv("MEWS_TEST_NONE");
	cr_assert(eq(int,
		     load("file_output: {filename: "
			  "'${MEWS_TEST_DIR}/a${MEWS_TEST_NONE}/$${HOME}/$x'}",
			  NULL, &c, &d),
		     0));
	cr_assert_str_eq(c.outputs[0].filename, "/there/a/${HOME}/$x");
	conf_release(&c);
}

Test(conf, variables_may_stand_in_each_other)
{
	static const struct {
		const char *raw, *value;
	} cases[] = {
		{ "${MEWS_TEST_OUTER}/foo", "inside/foo" },
		{ "a${MEWS_TEST_OUTER}b${MEWS_TEST_INNER}", "ainsidebinside" },
		{ "$${${MEWS_TEST_INNER}}", "${inside}" },
		{ "$${MEWS_TEST_INNER}", "${MEWS_TEST_INNER}" },
		{ "$$${MEWS_TEST_INNER}", "$${MEWS_TEST_INNER}" },
		{ "${MEWS_TEST_ESCAPED}", "${MEWS_TEST_INNER}" },
		{ "${}${MEWS_TEST_NONE}x", "x" },
		{ "${MEWS_TEST_INNER", "${MEWS_TEST_INNER" },
		{ "$x} ${MEWS_TEST_INNER} $", "$x} inside $" },
	};

	setenv("MEWS_TEST_INNER", "inside", 1);
	setenv("MEWS_TEST_OUTER", "${MEWS_TEST_INNER}", 1);
	setenv("MEWS_TEST_ESCAPED", "$${MEWS_TEST_INNER}", 1);
	unsetenv("MEWS_TEST_NONE");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[256];
		struct conf c;
		struct diag d;

		snprintf(text, sizeof(text),
			 "capture: {path_prefix: '%s'}\nappend_output: [{extra_output: '%s'}]\n",
			 cases[i].raw, cases[i].raw);
		cr_assert(eq(int, load(text, NULL, &c, &d), 0), "%s", d.message);
		cr_assert_str_eq(c.capture_prefix, cases[i].value);
		cr_assert_str_eq(c.append_output.entry[0].extra_output, cases[i].value);
		conf_release(&c);
	}
}

Test(conf, a_variable_that_names_itself_has_an_end)
{
	static const struct {
		const char *text, *needle;
	} cases[] = {
		{ "\ncapture: {path_prefix: '${MEWS_TEST_SELF}'}\n", "stands for itself" },
		{ "\ncapture: {path_prefix: '${MEWS_TEST_MORE}'}\n", "longer than 4095 bytes" },
		{ "\nappend_output: [{extra_output: '${MEWS_TEST_ONE}'}]\n", "stands for itself" },
		{ "\nappend_output: [{extra_output: '${MEWS_TEST_MORE}'}]\n", "too long" },
	};

	setenv("MEWS_TEST_SELF", "${MEWS_TEST_SELF}", 1);
	setenv("MEWS_TEST_ONE", "${MEWS_TEST_TWO}", 1);
	setenv("MEWS_TEST_TWO", "${MEWS_TEST_ONE}", 1);
	setenv("MEWS_TEST_MORE", "${MEWS_TEST_MORE}${MEWS_TEST_MORE}", 1);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct conf c;
		struct diag d;

		cr_assert(eq(int, load(cases[i].text, NULL, &c, &d), -EINVAL));
		cr_assert_not_null(strstr(d.message, cases[i].needle), "%s", d.message);
		cr_assert_str_eq(d.file, "x.yaml");
		cr_assert(eq(u32, d.line, 2));
	}
}

Test(conf, an_unknown_key_is_a_warning_with_its_place)
{
	struct conf c;
	struct diag d;

	cr_assert(eq(int, load("json_output: true\nengine:\n  warp: {x: 1}\n", NULL, &c, &d), 0));
	cr_assert(eq(uint, warnings, 1));
	cr_assert(eq(u32, last_warning.line, 3));
	cr_assert(eq(u32, last_warning.column, 3));
	cr_assert_str_eq(last_warning.message, "'engine.warp' is not a setting, ignored");
	conf_release(&c);
}

Test(conf, a_key_that_comes_twice_is_a_warning_and_the_last_counts)
{
	struct conf c;
	struct diag d;

	cr_assert(eq(int, load("priority: error\npriority: debug\n", NULL, &c, &d), 0));
	cr_assert(eq(uint, warnings, 1));
	cr_assert(eq(uint, c.priority, 7));
	conf_release(&c);
}

Test(conf, what_is_done_about_losses_is_a_set_of_words)
{
	static const struct {
		const char *text, *option;
		unsigned actions;
	} cases[] = {
		{ "syscall_event_drops: {actions: [exit, log]}\n", NULL, 10 },
		{ "syscall_event_drops: {actions: []}\n", NULL, 0 },
		{ "syscall_event_drops: {actions: [ignore]}\n", NULL, 1 },
		{ "", "syscall_event_drops.actions=alert", 4 },
		{ "", "syscall_event_drops.actions[]=exit", 14 },
	};
	struct conf c;
	struct diag d;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		cr_assert(eq(int, load(cases[i].text, cases[i].option, &c, &d), 0), "%s",
			  d.message);
		cr_assert(eq(uint, c.drops_actions, cases[i].actions));
		conf_release(&c);
	}
	cr_assert(eq(int, load("syscall_event_drops: {actions: [ignore, alert]}\n", NULL, &c, &d),
		     -EINVAL));
	cr_assert(eq(int,
		     load("syscall_event_drops: {threshold: 0.25, rate: .03333}\n", NULL, &c, &d),
		     0));
	cr_assert(c.drops_threshold == 0.25 && c.drops_rate == 0.03333);
	conf_release(&c);
}

Test(conf, numbers_are_written_as_falco_takes_them)
{
	static const struct {
		const char *text;
		double rate;
	} cases[] = {
		{ "3e-2", 0.03 },
		{ "3E-2", 0.03 },
		{ "0.5e+1", 5 },
		{ "1.25e3", 1250 },
		{ "0e999", 0 },
		{ "1e-999", 0 },
		{ "0.10000000000000000555111512312578270211815834045410156250", 0.1 },
		{ "000000000000000000000001.50", 1.5 },
	};
	struct conf c;
	struct diag d;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[128];

		snprintf(text, sizeof(text), "syscall_event_drops: {rate: %s}\n", cases[i].text);
		cr_assert(eq(int, load(text, NULL, &c, &d), 0), "%s", d.message);
		cr_assert(eq(dbl, c.drops_rate, cases[i].rate), "%s", cases[i].text);
		conf_release(&c);
	}
	cr_assert(eq(int,
		     load("http_output: {max_consecutive_timeouts: 300}\n",
			  "webserver.threadiness=100", &c, &d),
		     0),
		  "%s", d.message);
	cr_assert(eq(u64, c.web_threads, 100));
	conf_release(&c);
}

Test(conf, a_wrong_value_is_refused_with_its_place)
{
	static const struct {
		const char *text;
		uint32_t line, column;
		const char *needle;
	} cases[] = {
		{ "json_output: maybe\n", 1, 14, "true or false" },
		{ "a: 1\npriority: loud\n", 2, 11, "one of emergency, alert" },
		{ "rule_matching: [all]\n", 1, 16, "single value" },
		{ "rules_files: {x: y}\n", 1, 14, "takes a list" },
		{ "rules_file: {x: y}\n", 1, 13, "'rules_files' takes a list" },
		{ "rules_file: x\nrules_files: [y]\n", 1, 1, "one of them must go" },
		{ "rules_files: [x, {y: 1}]\n", 1, 18, "list of texts" },
		{ "stdout_output: yes\n", 1, 16, "takes a map" },
		{ "http_output: [{url: x}, y]\n", 1, 25, "takes a map, or a list of maps" },
		{ "http_output: [{url: [x]}]\n", 1, 21, "takes a single value" },
		{ "http_output:\n  - {timeout_ms: 1}\n", 2, 18, "from 10 to 600000" },
		{ "syslog_output: {facility: x}\n", 1, 27, "one of kern, user" },
		{ "http_output: {headers: {a: [b]}}\n", 1, 25, "takes a map of texts" },
		{ "http_output: {headers: x}\n", 1, 24, "takes a list" },
		{ "http_output: {? [a]\n: b}\n", 1, 17, "plain text" },
		{ "engine: {modern_ebpf: {buf_size_preset: 0}}\n", 1, 41, "from 1 to 10" },
		{ "mews:\n  rings:\n    raw_mb: 99999999999999999999999\n", 3, 13,
		  "from 1 to 1024" },
		{ "mews: {rings: {raw_mb: -1}}\n", 1, 24, "from 1 to 1024" },
		{ "log_level: loud\n", 1, 12, "one of error" },
		{ "[1, 2]\n", 1, 1, "must be a map" },
		{ "? [a]\n: b\n", 1, 3, "plain text" },
		{ "a: 'b\n", 2, 1, "" },
		{ "\ta: b\n", 1, 1, "" },
		{ "a: *b\n", 1, 4, "" },
		{ "file_output: {filename: \"a\\0b\"}\n", 1, 25, "without NUL" },
		{ "engine: {kind: gvisor}\n", 1, 16, "one of modern_ebpf, kmod" },
		{ "engine: {modern_ebpf: {cpus_for_each_buffer: 70000}}\n", 1, 46,
		  "from 0 to 65535" },
		{ "syscall_event_drops: {threshold: 1.5}\n", 1, 34, "from 0 to 1" },
		{ "heartbeat: {interval: 10}\n", 1, 23, "as 30s or 1h30m" },
		{ "heartbeat: {interval: 99ms}\n", 1, 23, "a time from 100ms" },
		{ "heartbeat: {interval: 2d}\n", 1, 23, "to 86400s" },
		{ "syscall_event_drops: {threshold: .}\n", 1, 34, "from 0 to 1" },
		{ "syscall_event_drops: {threshold: 0.1.2}\n", 1, 34, "from 0 to 1" },
		{ "syscall_event_drops: {rate: 3e}\n", 1, 29, "from 0 to 1000000" },
		{ "syscall_event_drops: {rate: e2}\n", 1, 29, "from 0 to 1000000" },
		{ "syscall_event_drops: {rate: 1e2.5}\n", 1, 29, "from 0 to 1000000" },
		{ "syscall_event_drops: {rate: 1e999999}\n", 1, 29, "from 0 to 1000000" },
		{ "syscall_event_drops: {rate: -3e-2}\n", 1, 29, "from 0 to 1000000" },
		{ "syscall_event_drops: {rate: .inf}\n", 1, 29, "from 0 to 1000000" },
		{ "syscall_event_drops: {actions: {log: 1}}\n", 1, 32, "takes a list" },
		{ "syscall_event_drops: {actions: [log, shout]}\n", 1, 38, "one of ignore, log" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct conf c;
		struct diag d;

		cr_assert(lt(int, load(cases[i].text, NULL, &c, &d), 0), "%s", cases[i].text);
		cr_assert_str_eq(d.file, "x.yaml");
		cr_assert(eq(u32, d.line, cases[i].line), "%s: %s", cases[i].text, d.message);
		cr_assert(eq(u32, d.column, cases[i].column), "%s: %s", cases[i].text, d.message);
		cr_assert_not_null(strstr(d.message, cases[i].needle), "%s", d.message);
	}
}

Test(conf, a_wrong_option_is_refused)
{
	static const char *const options[] = {
		"json_output",	       "=true",
		"json_output=2",       "json_output[]=yes",
		"stdout_output=false", "mews.rings.raw_mb=0",
	};

	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		struct conf c;
		struct diag d;

		cr_assert(lt(int, load("", options[i], &c, &d), 0), "%s", options[i]);
		cr_assert_str_eq(d.file, "-o");
	}
}

Test(conf, maps_that_hold_themselves_end)
{
	struct conf c;
	struct diag d;

	cr_assert(eq(int, load("mews: &a {rings: {raw_mb: 3}, mews: *a}\n", NULL, &c, &d), 0));
	cr_assert(eq(u64, c.ring_raw_bytes, 3ull << 20));
	conf_release(&c);
}

Test(conf, a_list_has_an_end)
{
	char text[4096] = "rules_files: [a";
	struct conf c;
	struct diag d;

	for (unsigned i = 0; i < CONF_MAX_LIST; i++)
		strncat(text, ", a", sizeof(text) - strlen(text) - 1);
	strncat(text, "]\n", sizeof(text) - strlen(text) - 1);
	cr_assert(lt(int, load(text, NULL, &c, &d), 0));
	cr_assert_not_null(strstr(d.message, "more than 512"));
}

Test(conf, a_missing_file_is_an_error_only_when_it_was_named)
{
	struct conf c;
	struct diag d;

	cr_assert(lt(int, conf_load("/nonexistent/x.yaml", NULL, 0, NULL, &c, &d), 0));
	cr_assert_str_eq(d.file, "/nonexistent/x.yaml");
}

/* ---- rules ---- */

Test(conf, rules_are_enabled_and_disabled_in_order)
{
	struct conf c;
	struct diag d;

	cr_assert(eq(int,
		     load("rules:\n  - disable: {rule: \"*\"}\n  - enable: {tag: net, rule: a}\n",
			  NULL, &c, &d),
		     0));
	cr_assert(eq(uint, c.rules.count, 3));
	cr_assert_not(c.rules.choice[0].enable || c.rules.choice[0].by_tag);
	cr_assert(c.rules.choice[1].enable && c.rules.choice[1].by_tag);
	cr_assert_str_eq(c.rules.choice[1].pattern, "net");
	cr_assert(c.rules.choice[2].enable && !c.rules.choice[2].by_tag);
	conf_release(&c);
	cr_assert(lt(int, load("rules: [{disable: {}}]\n", NULL, &c, &d), 0));
	cr_assert(eq(u32, d.column, 19));
	cr_assert(lt(int, load("rules: [{disable: x}]\n", NULL, &c, &d), 0));
	cr_assert(lt(int, load("rules: {disable: x}\n", NULL, &c, &d), 0));
}

/* ---- what is no key ---- */

Test(conf, an_unknown_key_says_which_may_be_meant)
{
	static const struct {
		const char *text, *needle;
		enum conf_finding kind;
	} cases[] = {
		{ "prioritty: error\n", "is 'priority' meant?", CONF_FOUND_UNKNOWN },
		{ "engine: {modern_bpf: {buf_size_preset: 4}}\n", "is 'engine.modern_ebpf' meant?",
		  CONF_FOUND_UNKNOWN },
		{ "buf_size: 3\n", "not a setting, ignored", CONF_FOUND_UNKNOWN },
		{ "capture: {max_file_size: 3}\n", "is 'capture.max_file_size_mb' meant?",
		  CONF_FOUND_UNKNOWN },
		{ "raw_mb: 3\n", "is 'mews.rings.raw_mb' meant?", CONF_FOUND_UNKNOWN },
		{ "syscall_buf_size_preset: 4\n", "'engine.modern_ebpf.buf_size_preset'",
		  CONF_FOUND_GONE },
		{ "grpc: {enabled: true}\n", "there is no gRPC", CONF_FOUND_GONE },
		{ "rules_file: x\n", "old name of 'rules_files'", CONF_FOUND_GONE },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct conf c;
		struct diag d;

		cr_assert(eq(int, load(cases[i].text, NULL, &c, &d), 0));
		cr_assert(eq(uint, warnings, 1));
		cr_assert_not_null(strstr(last_warning.message, cases[i].needle), "%s",
				   last_warning.message);
		cr_assert(eq(uint, last_warning.kind, cases[i].kind));
		conf_release(&c);
	}
}

Test(conf, no_key_is_in_the_table_twice_or_gone)
{
	unsigned n;
	const struct conf_row *rows = conf_rows(&n);

	for (unsigned i = 0; i < n; i++) {
		cr_assert(conf_row_find(rows[i].key) == &rows[i], "%s", rows[i].key);
		cr_assert_null(conf_gone_find(rows[i].key), "%s", rows[i].key);
		cr_assert_neq(rows[i].text[0], '\0');
	}
}

Test(conf, what_yaml_cpp_takes_is_taken)
{
	struct conf c;
	struct diag d;

	cr_assert(
		eq(int,
		   load("# caf\xe9\n\t\nrules_files: [::1, \"it\\'s\",\n\t\t\x93\x1b\x94\n\t]\n\t# c\n"
			"log_level: info\n...\n",
			"rules_files[]=\xc2\x85\xff", &c, &d),
		   0),
		"%s", d.message);
	cr_assert(eq(uint, c.rules_files.count, 4));
	cr_assert_str_eq(c.rules_files.item[0], "::1");
	cr_assert_str_eq(c.rules_files.item[1], "it's");
	cr_assert_str_eq(c.rules_files.item[2], "\x93\x1b\x94");
	conf_release(&c);
	cr_assert(eq(int, load("json_output: true\n", "rules_files=[::1, a]", &c, &d), 0));
	cr_assert_str_eq(c.rules_files.item[0], "::1");
	conf_release(&c);
}

Test(conf, what_is_wrong_for_yaml_cpp_too_is_said)
{
	struct conf c;
	struct diag d;

	cr_assert(eq(int, load("json_output: true\n\tlog_level: info\n", NULL, &c, &d), -EINVAL));
	cr_assert(d.line == 2 && d.column == 1, "%u:%u", d.line, d.column);
	cr_assert(eq(int, load("# \xe9\nrules_files: [::1\njson_output: x\n", NULL, &c, &d),
		     -EINVAL));
	cr_assert(d.line == 3, "%u:%u %s", d.line, d.column, d.message);
}
