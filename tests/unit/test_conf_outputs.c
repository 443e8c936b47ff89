/* SPDX-License-Identifier: Apache-2.0
 *
 * Settings of outputs: several of a kind, what each needs, what is wrong with them.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>

#include "conf_output.h"
#include "support/conf_kit.h"

Test(conf_outputs, a_file_output_needs_a_file)
{
	struct conf c;
	struct diag d;

	cr_assert(lt(int, load("file_output: {enabled: true}\n", NULL, &c, &d), 0));
	cr_assert_not_null(strstr(d.message, "file_output.filename"));
}

Test(conf_outputs, outputs_of_one_kind_may_be_several)
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

Test(conf_outputs, options_set_outputs)
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

Test(conf_outputs, what_is_wrong_with_outputs_is_said)
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
		{ "", "http_output.url[]=x", "takes a single value" },
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

Test(conf_outputs, outputs_have_an_end)
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

Test(conf_outputs, every_key_of_an_output_can_be_set_to_its_default)
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
