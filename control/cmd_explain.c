/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_explain.c -- `mews explain`: what became of a rule; with --test, what each
 * part of its condition was at the events of a test.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain.h"
#include "launch.h"
#include "line_file.h"
#include "mews.h"
#include "testfile.h"

struct options {
	struct launch settings; /* and the rules */
	const char *rule;
	char *test;
};

/* Where the text goes. */
struct output {
	uint8_t buf[4096];
	struct line line;
};

static struct line *output_begin(struct output *o)
{
	line_init_drained(&o->line, o->buf, sizeof(o->buf), line_to_file, stdout);
	return &o->line;
}

/* ERR: what came of making it. */
static int output_end(struct output *o, int err)
{
	int failed = line_finish(&o->line);

	if (err < 0) {
		log_error("cannot explain it: %s", strerror(-err));
		return EXIT_INPUT;
	}
	return failed < 0 || fflush(stdout) != 0 ? EXIT_HOST : EXIT_OK;
}

static int not_found(const struct diag *diag)
{
	log_error("%s", diag->message);
	return EXIT_INPUT;
}

/* ---- the rule ---- */

static int explain_compiled(const struct options *o)
{
	const struct ruleset_rule *rule;
	struct diag diag = { .message = "" };
	struct rulefile_load load;
	static struct conf conf;
	struct output out;
	int code = launch_load_rules(&o->settings, &conf, &load);

	if (code == EXIT_OK) {
		rule = explain_find_rule(load.rules, span_str(o->rule), &diag);
		if (rule == NULL)
			code = not_found(&diag);
		else
			code = output_end(&out, explain_rule(output_begin(&out), load.rules, rule));
	}
	rulefile_release(&load);
	conf_release(&conf);
	return code;
}

/* ---- at events of tests ---- */

/* The one that is called NAME; without a name, all that speak of RULE. */
static int explain_tests(struct testfile *t, const struct ruleset_rule *rule, const char *name)
{
	const struct ruletest *one = NULL;
	struct diag diag = { .message = "" };
	struct output out;
	unsigned shown = 0;
	int err = 0;

	if (name != NULL) {
		one = explain_find_test(t->tests, span_str(name), &diag);
		if (one == NULL)
			return not_found(&diag);
	}
	output_begin(&out);
	for (unsigned i = 0; err == 0 && i < ruletests_count(t->tests); i++) {
		const struct ruletest *test = ruletests_at(t->tests, i);

		if (one != NULL ? test != one : !ruletest_names(test, rule->name))
			continue;
		err = explain_test(&out.line, t->stage, test, rule);
		shown++;
	}
	if (shown == 0) {
		log_error("no test speaks of that rule, say which: --test FILE:NAME");
		return EXIT_INPUT;
	}
	return output_end(&out, err);
}

/* FILE:NAME, cut at the colon, unless there is a file of the whole name. */
static const char *cut_name(char *test)
{
	char *colon = strchr(test, ':');

	while (colon != NULL) {
		*colon = '\0';
		if (access(test, F_OK) == 0)
			return colon + 1;
		*colon = ':';
		colon = strchr(colon + 1, ':');
	}
	return NULL;
}

/* Those of -r; of the settings, if -c or -o names some; else none, and the tests bring theirs. */
static int find_rules(const struct launch *l, struct conf *conf, struct conf_list *ret)
{
	int code = -1;

	memset(conf, 0, sizeof(*conf));
	if (l->nrules > 0 || launch_names_settings(l))
		code = launch_view_settings(l, conf);
	conf_rules_present(conf, ret);
	return code;
}

static int explain_found(const struct options *o, const struct conf_list *rules)
{
	const char *name = access(o->test, F_OK) == 0 ? NULL : cut_name(o->test);
	struct conf_list files = { .count = 1, .item = { o->test } };
	const struct ruleset_rule *rule;
	struct diag diag = { .message = "" };
	char why[256];
	struct testfile t;
	int code = testfile_load(rules, &files, stderr, &t, why);

	if (code == 0) {
		rule = explain_find_rule(t.load.rules, span_str(o->rule), &diag);
		code = rule == NULL ? not_found(&diag) : explain_tests(&t, rule, name);
	}
	testfile_release(&t);
	return code;
}

static int explain_at_tests(const struct options *o)
{
	static struct conf conf;
	struct conf_list rules;
	int code = find_rules(&o->settings, &conf, &rules);

	if (code == -1)
		code = explain_found(o, &rules);
	conf_release(&conf);
	return code;
}

/* ---- the command ---- */

static struct options options = { .settings = { .command = "explain" } };

static int take_option(struct launch *l, int opt, const char *arg)
{
	(void)l;
	(void)opt;
	options.test = (char *)arg;
	return -1;
}

int cmd_explain(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "test", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int code = launch_parse(&options.settings, argc, argv, longs, take_option);

	if (code != -1)
		return code;
	if (optind == argc)
		return usage_of("explain");
	options.rule = argv[optind++];
	if (optind < argc)
		return usage_error("explain", "not expected", argv[optind]);
	return options.test != NULL ? explain_at_tests(&options) : explain_compiled(&options);
}
