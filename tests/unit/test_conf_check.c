/* SPDX-License-Identifier: Apache-2.0
 *
 * What no single setting shows, and what is said to who only asks whether settings are good.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "conf_output.h"
#include "support/conf_kit.h"

Test(conf_check, what_could_not_start_is_refused_with_its_place)
{
	static const struct {
		const char *text;
		uint32_t line, column;
		const char *needle;
	} cases[] = {
		{ "stdout_output: {enabled: false}\n", 1, 26, "no output is enabled" },
		{ "stdout_output:\n  - {enabled: false}\n", 2, 15, "no output is enabled" },
		{ "stdout_output: {enabled: false}\nhttp_output: {url: x}\n", 1, 26,
		  "no output is enabled" },
		{ "a: 1\nhttp_output: {enabled: true}\n", 2, 24, "needs 'http_output.url'" },
		{ "http_output:\n- {enabled: true, url: x}\n- {url: '', enabled: true}\n", 3, 22,
		  "needs 'http_output.url'" },
		{ "http_output: [{name: a}, {name: a}]\n", 1, 33, "two outputs" },
		{ "http_output: {name: stdout}\n", 1, 21, "two outputs" },
		{ "file_output: {name: ../x}\n", 1, 21, "takes up to 31 letters" },
		{ "syscall_event_drops: {actions: [ignore, log]}\n", 1, 32, "to ignore is all" },
		{ "metrics:\n  enabled: true\n", 2, 12, "metrics go nowhere" },
		{ "metrics: {enabled: true, output_rule: true, interval: 5000}\n", 1, 55,
		  "'5000' is no duration" },
		{ "metrics: {enabled: true, interval: 99ms}\n"
		  "webserver: {prometheus_metrics_enabled: true}\n",
		  1, 36, "'99ms' is no duration" },
		{ "webserver: {enabled: true, listen_address: localhost}\n", 1, 44,
		  "'localhost' is no IPv4 or IPv6 address" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct conf c;
		struct diag d;

		cr_assert(eq(int, load(cases[i].text, NULL, &c, &d), -EINVAL), "%s", cases[i].text);
		cr_assert_not_null(strstr(d.message, cases[i].needle), "%s", d.message);
		cr_assert_str_eq(d.file, "x.yaml");
		cr_assert(eq(u32, d.line, cases[i].line), "%s", cases[i].text);
		cr_assert(eq(u32, d.column, cases[i].column), "%s", cases[i].text);
	}
}

Test(conf_check, what_is_switched_off_may_be_as_it_is)
{
	static const char text[] = "metrics: {interval: 5000}\nwebserver: {listen_address: x}\n"
				   "engine: {kind: replay}\nhttp_output: {url: ''}\n";
	struct conf c;
	struct diag d;

	cr_assert(eq(int, load(text, NULL, &c, &d), 0), "%s", d.message);
	conf_release(&c);
	cr_assert(eq(int,
		     load("webserver: {enabled: true, listen_address: '::1'}\n"
			  "metrics: {enabled: true, interval: 100ms}\n",
			  "metrics.output_file=x", &c, &d),
		     0),
		  "%s", d.message);
	conf_release(&c);
}

static unsigned heard[CONF_FOUND_COUNT];

static void hear(const struct diag *d)
{
	heard[d->kind]++;
}

static unsigned check_text(const char *text, const char *option)
{
	char path[] = "/tmp/mews-check-XXXXXX";
	FILE *f = fdopen(mkstemp(path), "w");
	unsigned errors;

	cr_assert_not_null(f);
	fputs(text, f);
	fclose(f);
	memset(heard, 0, sizeof(heard));
	errors = conf_check(path, &option, option == NULL ? 0 : 1, hear);
	unlink(path);
	cr_assert(eq(uint, errors, heard[CONF_FOUND_WRONG]));
	return errors;
}

Test(conf_check, no_error_of_the_whole_hides_another)
{
	cr_assert(eq(uint,
		     check_text("http_output: {enabled: true}\nfile_output: {enabled: true}\n"
				"syscall_event_drops: {actions: [ignore, log]}\n"
				"metrics: {enabled: true, interval: 1}\n"
				"webserver: {enabled: true, listen_address: x}\n",
				NULL),
		     6));
	cr_assert(eq(uint, check_text("config_files: {a: b}\npriority: loud\n", NULL), 2));
	cr_assert(eq(uint, check_text("config_files: {a: b}\n", "config_files[]=x"), 2));
}

Test(conf_check, a_check_is_about_events_of_the_kernel)
{
	cr_assert(eq(uint, check_text("engine: {kind: replay}\n", NULL), 1));
	cr_assert(eq(uint, check_text("engine: {kind: replay, replay: {capture_file: ''}}\n", NULL),
		     1));
	cr_assert(eq(uint, check_text("engine: {kind: replay, replay: {capture_file: x}}\n", NULL),
		     0));
	cr_assert(eq(uint, heard[CONF_FOUND_OTHER], 1));
	cr_assert(eq(uint, check_text("engine: {kind: nodriver}\n", NULL), 0));
	cr_assert(eq(uint, heard[CONF_FOUND_OTHER], 1));
}

Test(conf_check, a_check_hears_all)
{
	cr_assert(eq(uint,
		     check_text("json_output: maybe\nrule_matching: some\n"
				"engine: {kind: x, knd: y}\nplugins: [{name: k8saudit}]\n"
				"grpc: {}\nlog_level: loud\nlog_level: info\n",
				"priority=lowd"),
		     5));
	cr_assert(eq(uint, heard[CONF_FOUND_UNKNOWN], 1));
	cr_assert(eq(uint, heard[CONF_FOUND_GONE], 1));
	cr_assert(eq(uint, heard[CONF_FOUND_TWICE], 1));
	cr_assert(eq(uint, heard[CONF_FOUND_UNUSED], 1));
}
