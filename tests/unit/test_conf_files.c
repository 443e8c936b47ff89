/* SPDX-License-Identifier: Apache-2.0
 *
 * Settings out of several files.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "conf_output.h"
#include "support/conf_kit.h"

static int load_two(const char *first, const char *second, enum conf_strategy strategy,
		    struct conf *c, struct diag *d)
{
	struct conf_text texts[] = {
		{ "x.yaml", span_str(first), CONF_STRATEGY_APPEND },
		{ "y.yaml", span_str(second), strategy },
	};

	warnings = 0;
	return conf_load_texts(texts, 2, NULL, 0, warn, c, d);
}

Test(conf_files, strategies_act_on_keys_at_the_top)
{
	static const char first[] = "rules_files: [a]\npriority: error\n"
				    "engine: {kind: kmod, modern_ebpf: {buf_size_preset: 9}}\n";
	static const char second[] = "rules_files: [b]\npriority: notice\nengine: {kind: "
				     "modern_ebpf}\njson_output: true\n";
	static const struct {
		enum conf_strategy strategy;
		unsigned files, priority;
		const char *last;
		uint64_t buffer;
	} cases[] = {
		{ CONF_STRATEGY_APPEND, 2, 5, "b", 8ull << 20 },
		{ CONF_STRATEGY_OVERRIDE, 1, 5, "b", 8ull << 20 },
		/* The whole map stays what it was: kmod's buffers are what they are by default. */
		{ CONF_STRATEGY_ADD_ONLY, 1, 3, "a", 8ull << 20 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct conf c;
		struct diag d;

		cr_assert(eq(int, load_two(first, second, cases[i].strategy, &c, &d), 0), "%s",
			  d.message);
		cr_assert(eq(uint, warnings, 0));
		cr_assert(eq(uint, c.rules_files.count, cases[i].files));
		cr_assert_str_eq(c.rules_files.item[c.rules_files.count - 1], cases[i].last);
		cr_assert(eq(uint, c.priority, cases[i].priority));
		cr_assert(eq(u64, c.kernel_buffer_bytes, cases[i].buffer));
		cr_assert(c.json_output);
		cr_assert(eq(uint, c.engine,
			     cases[i].strategy == CONF_STRATEGY_ADD_ONLY ? CONF_ENGINE_KMOD
									 : CONF_ENGINE_EBPF));
		conf_release(&c);
	}
}

Test(conf_files, a_map_of_a_later_file_takes_the_place_of_the_whole)
{
	struct conf c;
	struct diag d;

	cr_assert(eq(int,
		     load_two("capture: {enabled: true, mode: all_rules}\n",
			      "capture: {max_file_size_mb: 3}\n", CONF_STRATEGY_APPEND, &c, &d),
		     0));
	cr_assert_not(c.capture_enabled);
	cr_assert_not(c.capture_all_rules);
	cr_assert(eq(u64, c.capture_max_mb, 3));
	conf_release(&c);
}

Test(conf_files, what_is_wrong_in_a_later_file_has_its_name_and_place)
{
	struct conf c;
	struct diag d;

	cr_assert(eq(int, load_two("priority: error\n", "a: b: c\n", 0, &c, &d), -EINVAL));
	cr_assert_str_eq(d.file, "y.yaml");
	cr_assert(eq(int, load_two("priority: error\n", "\njson_output: maybe\n", 0, &c, &d),
		     -EINVAL));
	cr_assert_str_eq(d.file, "y.yaml");
	cr_assert(eq(u32, d.line, 2));
	cr_assert(eq(u32, d.column, 14));
	cr_assert(eq(int,
		     load_two("append_output: [{extra_output: a}]\n",
			      "append_output:\n- {extra_output: [x]}\n", 0, &c, &d),
		     -EINVAL));
	cr_assert_str_eq(d.file, "y.yaml");
	cr_assert(eq(u32, d.line, 2));
	cr_assert(eq(int, load_two("", "config_files: [z]\n", 0, &c, &d), -EINVAL));
	cr_assert_not_null(strstr(d.message, "first file only"));
	cr_assert(eq(int, load_two("", "[a]\n", 0, &c, &d), -EINVAL));
	cr_assert_str_eq(d.file, "y.yaml");
}

/* ---- files on the disk ---- */

static char dir[] = "/tmp/mews-conf-XXXXXX";

static void write_file(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	cr_assert_not_null(f);
	fputs(text, f);
	fclose(f);
}

static int load_file(const char *name, const char *option, struct conf *c, struct diag *d)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	warnings = 0;
	return conf_load(path, &option, option == NULL ? 0 : 1, warn, c, d);
}

Test(conf_files, files_that_config_files_names_are_merged)
{
	char text[512], option[300];
	struct conf c;
	struct diag d;

	cr_assert_not_null(mkdtemp(dir));
	snprintf(text, sizeof(text), "%s/d", dir);
	cr_assert(eq(int, mkdir(text, 0700), 0));
	snprintf(text, sizeof(text), "%s/d/below", dir);
	cr_assert(eq(int, mkdir(text, 0700), 0));
	write_file("d/b.yaml", "priority: notice\n");
	write_file("d/a.yaml", "priority: alert\nlog_level: debug\n");
	write_file("d/below/c.yaml", "priority: debug\n");
	write_file("o.yaml", "rules_files: [o]\n");
	setenv("MEWS_TEST_DIR", dir, 1);
	write_file("x.yaml", "config_files:\n- ${MEWS_TEST_DIR}/d\n- ${MEWS_TEST_DIR}/none\n"
			     "- {path: \"${MEWS_TEST_DIR}/o.yaml\", strategy: override}\n"
			     "rules_files: [x]\npriority: error\n");
	cr_assert(eq(int, load_file("x.yaml", NULL, &c, &d), 0), "%s: %s", d.file, d.message);
	cr_assert(eq(uint, warnings, 0));
	cr_assert(eq(uint, c.priority, 5));
	cr_assert_str_eq(c.log_level, "debug");
	cr_assert(eq(uint, c.rules_files.count, 1));
	cr_assert_str_eq(c.rules_files.item[0], "o");
	cr_assert(eq(uint, c.config_files.count, 3));
	cr_assert(eq(uint, c.read_files.count, 4));
	conf_release(&c);

	snprintf(option, sizeof(option), "config_files=%s/d/a.yaml", dir);
	cr_assert(eq(int, load_file("x.yaml", option, &c, &d), 0), "%s", d.message);
	cr_assert(eq(uint, c.priority, 1));
	cr_assert_str_eq(c.rules_files.item[0], "x");
	conf_release(&c);

	/* What the command line says wins over all files. */
	cr_assert(eq(int, load_file("x.yaml", "priority=critical", &c, &d), 0));
	cr_assert(eq(uint, c.priority, 2));
	conf_release(&c);

	snprintf(option, sizeof(option), "config_files[]=%s/x.yaml", dir);
	cr_assert(eq(int, load_file("x.yaml", option, &c, &d), -EINVAL));
	cr_assert_not_null(strstr(d.message, "the file that it stands in"));
	write_file("d/b.yaml", "config_files: []\n");
	cr_assert(eq(int, load_file("x.yaml", NULL, &c, &d), -EINVAL));
	cr_assert_not_null(strstr(d.file, "/d/b.yaml"));
	write_file("d/b.yaml", "");
	write_file("x.yaml", "config_files: [{path: x, strategy: sideways}]\n");
	cr_assert(eq(int, load_file("x.yaml", NULL, &c, &d), 0));
	conf_release(&c);
	cr_assert(eq(uint, warnings, 1));
	snprintf(text, sizeof(text), "rm -r %s", dir);
	cr_assert(eq(int, system(text), 0));
}
