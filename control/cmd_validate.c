/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_validate.c -- `mews validate`: rule files are loaded in order, and what
 * came of each is said as `falco -V` says it, as text or as JSON.  Beyond that,
 * each problem has its own place in the file, and the snippet shows it.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jstdout.h"
#include "line_file.h"
#include "mews.h"
#include "rulefile.h"

static unsigned count_problems(const struct rulefile_result *f, bool errors)
{
	unsigned n = 0;

	for (unsigned i = 0; i < f->nproblems; i++)
		n += rule_problem_is_error(f->problems[i].code) == errors;
	return n;
}

/* ---- text ---- */

static void put_place(struct line *t, struct span name, uint32_t line, uint32_t column)
{
	line_put_visible(t, name);
	line_put_char(t, ':');
	line_put_uint(t, line);
	line_put_char(t, ':');
	line_put_uint(t, column);
}

static void put_context(struct line *t, const struct rule_context *c, bool first)
{
	line_puts(t, first ? "In " : "    ");
	line_puts(t, c->type);
	if (c->file != NULL && c->name.n > 0) {
		line_puts(t, " '");
		line_put_visible(t, c->name);
		line_put_char(t, '\'');
	}
	line_puts(t, ": (");
	put_place(t, c->file != NULL ? span_str(c->file->name) : c->name, c->place.line,
		  c->place.column);
	line_puts(t, ")\n");
}

static void put_problem(struct line *t, const struct rule_problem *p)
{
	for (unsigned i = 0; i < p->ncontext; i++)
		put_context(t, &p->context[i], i == 0);
	if (p->diag.line > 0) {
		line_puts(t, "at ");
		put_place(t, span_str(p->diag.file), p->diag.line, p->diag.column);
		line_put_char(t, '\n');
	}
	if (p->snippet.n > 0) {
		line_puts(t, "------\n");
		line_put_block(t, p->snippet);
		line_puts(t, "------\n");
	}
	line_puts(t, rule_problem_name(p->code));
	line_puts(t, " (");
	line_puts(t, rule_problem_short(p->code));
	if (p->field.n > 0) {
		line_puts(t, ": field '");
		line_put_visible(t, p->field);
		line_put_char(t, '\'');
	}
	line_puts(t, "): ");
	line_put_visible(t, span_str(p->diag.message));
	line_puts(t, "\n\n");
}

static void put_problems(struct line *t, const struct rulefile_result *f, bool errors)
{
	unsigned n = count_problems(f, errors);

	if (n == 0)
		return;
	line_put_uint(t, n);
	line_puts(t, errors ? " Errors:\n" : " Warnings:\n");
	for (unsigned i = 0; i < f->nproblems; i++)
		if (rule_problem_is_error(f->problems[i].code) == errors)
			put_problem(t, &f->problems[i]);
	if (errors || f->left_out == 0)
		return;
	line_puts(t, "and ");
	line_put_uint(t, f->left_out);
	line_puts(t, " more warnings\n\n");
}

static void put_schema(struct line *t, const struct rulefile_result *f)
{
	if (f->nschema_rules == 0)
		return;
	line_put_uint(t, f->nschema_rules);
	line_puts(t, " Schema warnings:\n");
	for (unsigned i = 0; i < f->nschema_rules; i++) {
		line_puts(t, "------\n");
		line_put_visible(t, f->schema_rules[i]);
		line_put_char(t, '\n');
	}
	line_puts(t, "------\n\n");
}

static void put_head(struct line *t, const struct rulefile_result *f, const char *verdict)
{
	line_put_visible(t, span_str(f->name));
	line_puts(t, ": ");
	line_puts(t, verdict);
	line_put_char(t, '\n');
}

/* What is wrong goes to stdout with the verdict; what may be wrong, to stderr. */
static void put_result(struct line *out, struct line *err, const struct rulefile_result *f)
{
	bool warned = count_problems(f, false) > 0;

	put_head(out, f, !f->successful ? "Invalid" : warned ? "Ok, with warnings" : "Ok");
	if (!f->successful || !warned)
		put_schema(out, f);
	if (!f->successful) {
		put_problems(out, f, true);
		put_problems(out, f, false);
	} else if (warned) {
		put_head(err, f, "Ok, with warnings");
		put_schema(err, f);
		put_problems(err, f, false);
	}
}

static int print_text(const struct rulefile_load *load)
{
	uint8_t bufs[2][4096];
	struct line out, err;
	int failed;

	line_init_drained(&out, bufs[0], sizeof(bufs[0]), line_to_file, stdout);
	line_init_drained(&err, bufs[1], sizeof(bufs[1]), line_to_file, stderr);
	for (unsigned i = 0; i < load->nfiles; i++)
		put_result(&out, &err, &load->files[i]);
	failed = line_finish(&out);
	(void)line_finish(&err);
	return failed < 0 || fflush(stdout) != 0 ? EXIT_HOST : EXIT_OK;
}

/* ---- JSON ---- */

static void json_location(struct jout *j, const struct rule_context *c)
{
	jout_object(j, NULL);
	jout_string(j, "item_name", c->file != NULL ? c->name : SPAN_NONE);
	jout_str(j, "item_type", c->type);
	jout_object(j, "position");
	jout_uint(j, "column", c->place.column);
	jout_uint(j, "line", c->place.line);
	jout_string(j, "name", c->file != NULL ? span_str(c->file->name) : c->name);
	jout_uint(j, "offset", c->place.offset);
	jout_end(j);
	jout_end(j);
}

static void json_problem(struct jout *j, const struct rule_problem *p)
{
	jout_object(j, NULL);
	jout_str(j, "code", rule_problem_name(p->code));
	jout_str(j, "codedesc",
		 rule_problem_is_error(p->code) ? rule_problem_short(p->code)
						: rule_problem_text(p->code));
	jout_object(j, "context");
	jout_array(j, "locations");
	for (unsigned i = 0; i < p->ncontext; i++)
		json_location(j, &p->context[i]);
	jout_end(j);
	jout_string(j, "snippet", p->snippet);
	jout_end(j);
	if (p->field.n > 0)
		jout_string(j, "deprecated_field", p->field);
	jout_str(j, "message", p->diag.message);
	if (p->diag.line > 0) { /* ours: where exactly, as people count */
		jout_object(j, "place");
		jout_uint(j, "column", p->diag.column);
		jout_str(j, "file", p->diag.file);
		jout_uint(j, "line", p->diag.line);
		jout_end(j);
	}
	jout_end(j);
}

static void json_problems(struct jout *j, const struct rulefile_result *f, bool errors)
{
	jout_array(j, errors ? "errors" : "warnings");
	for (unsigned i = 0; i < f->nproblems; i++)
		if (rule_problem_is_error(f->problems[i].code) == errors)
			json_problem(j, &f->problems[i]);
	jout_end(j);
}

static void json_result(struct jout *j, const struct rulefile_result *f)
{
	jout_object(j, NULL);
	json_problems(j, f, true);
	jout_str(j, "name", f->name);
	if (f->schema_checked) {
		jout_bool(j, "schema_valid", f->nschema == 0);
		jout_array(j, "schema_warnings");
		for (unsigned i = 0; i < f->nschema; i++)
			jout_string(j, NULL, f->schema[i]);
		jout_end(j);
	}
	jout_bool(j, "successful", f->successful);
	json_problems(j, f, false);
	if (f->left_out > 0)
		jout_uint(j, "warnings_left_out", f->left_out);
	jout_end(j);
}

static int print_json(const struct rulefile_load *load)
{
	static struct jstdout out;
	struct jout *j = jstdout_begin(&out);

	jout_object(j, NULL);
	jout_array(j, "falco_load_results");
	for (unsigned i = 0; i < load->nfiles; i++)
		json_result(j, &load->files[i]);
	jout_end(j);
	jout_end(j);
	return jstdout_end(&out);
}

/* ---- the command ---- */

/* -1: go on; else the exit code. */
static int parse_options(int argc, char **argv, bool *ret_json, struct conf_list *ret_files)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int opt;

	opterr = 0;
	optind = 1;
	*ret_json = false;
	ret_files->count = 0;
	while ((opt = getopt_long(argc, argv, ":h", longs, NULL)) != -1) {
		if (opt == 'h') {
			(void)usage_of("validate");
			return EXIT_OK;
		}
		if (opt != 'j')
			return usage_error("validate", "no such option", argv[optind - 1]);
		*ret_json = true;
	}
	for (; optind < argc; optind++) {
		if (ret_files->count == CONF_MAX_LIST)
			return usage_error("validate", "too many files at", argv[optind]);
		ret_files->item[ret_files->count++] = argv[optind];
	}
	return ret_files->count > 0 ? -1 : usage_of("validate");
}

int cmd_validate(int argc, char **argv)
{
	struct conf_list files;
	struct rulefile_load load;
	bool json;
	int code = parse_options(argc, argv, &json, &files), err;

	if (code != -1)
		return code;
	err = rulefile_validate(&files, &load);
	code = json ? print_json(&load) : print_text(&load);
	if (err < 0 && err != -EINVAL)
		log_error("cannot load the rules: %s", strerror(-err));
	rulefile_release(&load);
	return err < 0 ? EXIT_INPUT : code;
}
