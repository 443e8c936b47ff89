/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_test.c -- `mews test`: runs the tests that rules files carry or that stand
 * beside them, through the rules as the evaluator would.  TAP on stdout, JUnit XML
 * in a file, whatever keeps tests from being run on stderr.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "line_file.h"
#include "mews.h"
#include "ruletest_report.h"
#include "testfile.h"

struct options {
	struct conf_list rules, files;
	const char *junit;
};

struct totals {
	unsigned passed, failed;
};

/* ---- output ---- */

static void now_text(char ret[32])
{
	time_t now = time(NULL);
	struct tm tm;

	if (gmtime_r(&now, &tm) == NULL || strftime(ret, 32, "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		ret[0] = '\0';
}

/* The report of N OUTCOMES or, if there are none, of WHY. */
static int write_junit(const char *path, const struct ruletest_outcome *outcomes, unsigned n,
		       const char *why)
{
	uint8_t buf[4096];
	char timestamp[32];
	struct line t;
	FILE *f = fopen(path, "we");
	int err;

	if (f == NULL) {
		log_error("cannot write '%s': %s", path, strerror(errno));
		return EXIT_INPUT;
	}
	now_text(timestamp);
	line_init_drained(&t, buf, sizeof(buf), line_to_file, f);
	if (outcomes == NULL)
		report_junit_error(&t, why, timestamp);
	else
		report_junit(&t, outcomes, n, timestamp);
	err = line_finish(&t);
	if (fclose(f) != 0 || err < 0) {
		log_error("cannot write '%s'", path);
		return EXIT_HOST;
	}
	return EXIT_OK;
}

static int bail_out(const struct options *o, int code, const char *why)
{
	uint8_t buf[512];
	struct line t;

	line_init_drained(&t, buf, sizeof(buf), line_to_file, stdout);
	report_tap_bail_out(&t, why);
	(void)line_finish(&t);
	fflush(stdout);
	if (o->junit != NULL)
		(void)write_junit(o->junit, NULL, 0, why);
	return code;
}

/* ---- running ---- */

static int run_one(struct testfile *t, unsigned i, struct line *out, struct ruletest_outcome *o)
{
	struct mono begin = mono_now();
	int err;

	o->test = ruletests_at(t->tests, i);
	err = ruletest_run(t->stage, o->test, ruletests_pool(t->tests), &o->result);
	o->took_ns = mono_since(begin, mono_now());
	if (err < 0) {
		log_error("a test could not be run: %s", strerror(-err));
		return EXIT_HOST;
	}
	report_tap(out, i + 1, o);
	return EXIT_OK;
}

static int run_all(struct testfile *t, struct ruletest_outcome *outcomes, struct totals *ret)
{
	unsigned n = ruletests_count(t->tests);
	uint8_t buf[4096];
	struct line out;
	int code = EXIT_OK;

	*ret = (struct totals){ 0, 0 };
	line_init_drained(&out, buf, sizeof(buf), line_to_file, stdout);
	report_tap_begin(&out, n);
	for (unsigned i = 0; code == EXIT_OK && i < n; i++) {
		code = run_one(t, i, &out, &outcomes[i]);
		if (code == EXIT_OK)
			*(outcomes[i].result.passed ? &ret->passed : &ret->failed) += 1;
	}
	if ((line_finish(&out) < 0 || fflush(stdout) != 0) && code == EXIT_OK)
		code = EXIT_HOST;
	return code;
}

static int run_tests(const struct options *o, struct testfile *t)
{
	unsigned n = ruletests_count(t->tests);
	struct ruletest_outcome *outcomes = calloc(n, sizeof(*outcomes));
	struct totals totals;
	int code;

	if (outcomes == NULL)
		return bail_out(o, EXIT_HOST, "no memory");
	code = run_all(t, outcomes, &totals);
	if (code == EXIT_OK && o->junit != NULL)
		code = write_junit(o->junit, outcomes, n, NULL);
	if (code == EXIT_OK && totals.failed > 0) {
		fprintf(stderr, "%u of %u tests failed\n", totals.failed, n);
		code = EXIT_INPUT;
	}
	free(outcomes);
	return code;
}

/* ---- the command ---- */

static int add_file(struct conf_list *list, char *path)
{
	if (list->count == CONF_MAX_LIST)
		return usage_error("test", "too many files at", path);
	list->item[list->count++] = path;
	return -1;
}

/* -1: go on; else the exit code. */
static int parse_options(int argc, char **argv, struct options *ret)
{
	static const struct option longs[] = {
		{ "junit", required_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int opt, code = -1;

	*ret = (struct options){ .junit = NULL };
	opterr = 0;
	optind = 1;
	while (code == -1 && (opt = getopt_long(argc, argv, ":hr:", longs, NULL)) != -1) {
		if (opt == 'h') {
			(void)usage_of("test");
			return EXIT_OK;
		}
		if (opt == 'j')
			ret->junit = optarg;
		else if (opt == 'r')
			code = add_file(&ret->rules, optarg);
		else
			return usage_error("test", opt == ':' ? "no value for" : "no such option",
					   argv[optind - 1]);
	}
	for (; code == -1 && optind < argc; optind++)
		code = add_file(&ret->files, argv[optind]);
	if (code != -1)
		return code;
	return ret->files.count > 0 ? -1 : usage_of("test");
}

int cmd_test(int argc, char **argv)
{
	struct options o;
	struct testfile t;
	char why[256] = "";
	int code = parse_options(argc, argv, &o);

	if (code != -1)
		return code;
	code = testfile_load(&o.rules, &o.files, stderr, &t, why);
	code = code == 0 ? run_tests(&o, &t) : bail_out(&o, code, why);
	testfile_release(&t);
	return code;
}
