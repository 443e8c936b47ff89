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
#include "log.h"

static unsigned warnings;
static struct diag last_warning;

static void warn(const struct diag *d)
{
	warnings++;
	last_warning = *d;
}

static int load(const char *text, const char *option, struct conf *c, struct diag *d)
{
	warnings = 0;
	return conf_load_text(span_str(text), "x.yaml", &option, option == NULL ? 0 : 1, warn, c,
			      d);
}

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
	cr_assert(c.base_syscalls_repair && !c.base_syscalls_all);
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

Test(conf, outputs_are_added_to)
{
	const char *text = "append_output:\n"
			   "  - match: {source: syscall, tags: [a, b]}\n"
			   "    extra_output: x %proc.name\n"
			   "    extra_fields: [evt.num, {who: \"%user.name\"}]\n"
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
	cr_assert(eq(uint, e->nfields, 2));
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

Test(conf, an_unknown_key_is_a_warning_with_its_place)
{
	struct conf c;
	struct diag d;

	cr_assert(eq(int, load("json_output: true\nengine:\n  gvisor: {x: 1}\n", NULL, &c, &d), 0));
	cr_assert(eq(uint, warnings, 1));
	cr_assert(eq(u32, last_warning.line, 3));
	cr_assert(eq(u32, last_warning.column, 3));
	cr_assert_str_eq(last_warning.message, "'engine.gvisor' is not a setting, ignored");
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
		{ "rules_files: x\n", 1, 14, "takes a list" },
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
		{ "syscall_event_drops: {threshold: .}\n", 1, 34, "from 0 to 1" },
		{ "syscall_event_drops: {threshold: 0.1.2}\n", 1, 34, "from 0 to 1" },
		{ "syscall_event_drops: {actions: log}\n", 1, 32, "takes a list" },
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

Test(conf, a_file_output_needs_a_file)
{
	struct conf c;
	struct diag d;

	cr_assert(lt(int, load("file_output: {enabled: true}\n", NULL, &c, &d), 0));
	cr_assert_not_null(strstr(d.message, "file_output.filename"));
}

Test(conf, outputs_of_one_kind_may_be_several)
{
	const char *text = "json_output: true\n"
			   "http_output:\n"
			   "  - {enabled: true, url: a, headers: {X-A: b}, keep_alive: true}\n"
			   "  - {url: c, headers: [\"Y: d\"], minimum_priority: informational,\n"
			   "     rules: [\"a*\", b], tags: [t]}\n"
			   "loki_output: {labels: {job: mews}, url: l}\n"
			   "file_output: {filename: f, json: false, include_uuid: true}\n";
	struct conf c;
	struct diag d;

	cr_assert(eq(int, load(text, NULL, &c, &d), 0), "%s", d.message);
	cr_assert(eq(uint, warnings, 0));
	cr_assert(eq(uint, c.output_count, 5)); /* Falco's order, with stdout */
	cr_assert_str_eq(c.outputs[0].name, "file");
	cr_assert(c.outputs[0].json == CONF_JSON_NO && c.outputs[0].include_uuid);
	cr_assert_str_eq(c.outputs[1].name, "stdout");
	cr_assert(c.outputs[1].json == CONF_JSON_YES);
	cr_assert_str_eq(c.outputs[2].name, "http");
	cr_assert(c.outputs[2].enabled && c.outputs[2].keep_alive);
	cr_assert_str_eq(c.outputs[2].headers.item[0], "X-A: b");
	cr_assert(eq(uint, c.outputs[2].minimum_priority, 7));
	cr_assert_str_eq(c.outputs[2].ca_path, "/etc/ssl/certs");
	cr_assert_str_eq(c.outputs[3].name, "http-2");
	cr_assert_not(c.outputs[3].enabled);
	cr_assert_str_eq(c.outputs[3].headers.item[0], "Y: d");
	cr_assert(eq(uint, c.outputs[3].minimum_priority, 6));
	cr_assert(eq(uint, c.outputs[3].rules.count, 2));
	cr_assert_str_eq(c.outputs[3].tags.item[0], "t");
	cr_assert_str_eq(c.outputs[4].labels.item[0], "job=mews");
	conf_release(&c);
}

Test(conf, options_set_outputs)
{
	static const struct {
		const char *option, *url, *name;
		unsigned count, place; /* of http; of the one with URL */
	} cases[] = {
		{ "http_output.url=x", "x", "http", 2, 0 },
		{ "http_output[1].url=x", "x", "http-2", 2, 1 },
		{ "http_output[2].url=x", "x", "http-3", 3, 2 },
		{ "http_output[]={url: x, name: n}", "x", "n", 3, 2 },
		{ "http_output={url: x}", "x", "http", 1, 0 },
		{ "http_output=[{url: y}, {url: x}]", "x", "http-2", 2, 1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct conf_output *o;
		struct conf c;
		struct diag d;

		cr_assert(eq(int,
			     load("http_output: [{url: a}, {url: b}]\n", cases[i].option, &c, &d),
			     0),
			  "%s: %s", cases[i].option, d.message);
		cr_assert(eq(uint, warnings, 0));
		cr_assert(eq(uint, c.output_count, cases[i].count + 1));
		o = conf_output_at(&c, OUTPUT_HTTP, cases[i].place);
		cr_assert_not_null(o);
		cr_assert_str_eq(o->url, cases[i].url);
		cr_assert_str_eq(o->name, cases[i].name);
		conf_release(&c);
	}
}

Test(conf, what_is_wrong_with_outputs_is_said)
{
	static const struct {
		const char *text, *option, *needle;
	} cases[] = {
		{ "program_output: {enabled: true}\n", NULL, "program_output.program" },
		{ "http_output: {enabled: true}\n", NULL, "http_output.url" },
		{ "http_output: [{name: a}, {name: a}]\n", NULL, "two outputs have the name 'a'" },
		{ "http_output: {name: ../x}\n", NULL, "takes up to 31 letters" },
		{ "http_output: {name: a/b}\n", NULL, "takes up to 31 letters" },
		{ "", "http_output[5].url=x", "not that many" },
		{ "", "http_output.url[]=x", "not a list" },
		{ "", "http_output=x", "takes a map" },
	};
	struct conf c;
	struct diag d;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		cr_assert(eq(int, load(cases[i].text, cases[i].option, &c, &d), -EINVAL), "%zu", i);
		cr_assert_not_null(strstr(d.message, cases[i].needle), "%s", d.message);
	}
	/* Not a setting of that kind: said, and passed over. */
	cr_assert(eq(int, load("stdout_output: {url: x}\n", "file_output.brokers=x", &c, &d), 0));
	cr_assert(eq(uint, warnings, 2));
	conf_release(&c);
	cr_assert(eq(int, load("file_output: {a: 1}\nfile_output: {filename: x}\n", NULL, &c, &d),
		     0));
	cr_assert(eq(uint, warnings, 2));
	cr_assert(eq(uint, c.output_count, 2));
	conf_release(&c);
}

Test(conf, outputs_have_an_end)
{
	char text[1024] = "http_output: [{}";
	struct conf c;
	struct diag d;

	for (unsigned i = 0; i < CONF_MAX_OUTPUTS; i++)
		strncat(text, ", {}", sizeof(text) - strlen(text) - 1);
	strncat(text, "]\n", sizeof(text) - strlen(text) - 1);
	cr_assert(lt(int, load(text, NULL, &c, &d), 0));
	cr_assert_not_null(strstr(d.message, "more than 32 outputs"));
}

Test(conf, every_key_of_an_output_can_be_set_to_its_default)
{
	unsigned n;
	const struct conf_output_row *rows = conf_output_rows(&n);

	for (unsigned kind = 0; kind < OUTPUT_KIND_COUNT; kind++) {
		for (unsigned i = 0; i < n; i++) {
			struct conf c;
			struct diag d;
			char option[256];

			if ((rows[i].kinds & 1u << kind) == 0)
				continue;
			snprintf(option, sizeof(option), "%s.%s=%s", conf_output_key(kind),
				 rows[i].row.key, rows[i].row.standard);
			cr_assert(eq(int, load("", option, &c, &d), 0), "%s: %s", option,
				  d.message);
			cr_assert(eq(uint, warnings, 0), "%s", option);
			conf_release(&c);
		}
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
	cr_assert_not_null(strstr(d.message, "more than 64"));
}

Test(conf, a_missing_file_is_an_error_only_when_it_was_named)
{
	struct conf c;
	struct diag d;

	cr_assert(lt(int, conf_load("/nonexistent/x.yaml", NULL, 0, NULL, &c, &d), 0));
	cr_assert_str_eq(d.file, "/nonexistent/x.yaml");
}
