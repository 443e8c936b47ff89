/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_list.c -- `mews list`: the fields, the events, or the rules that there
 * are, as text or as JSON.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "columns.h"
#include "describe.h"
#include "jstdout.h"
#include "launch.h"
#include "line_file.h"
#include "list.h"
#include "mews.h"

struct list {
	const char *what;
	struct launch settings; /* and the rules */
	struct list_form form;
	bool json;
};

/* ---- rules ---- */

static void rules_text(const struct ruleset *rules, struct line *t)
{
	enum { INDENT = 51, WIDTH = 110 - INDENT };

	columns_put(t, span_str("Rule"), span_str("Description"), INDENT, WIDTH);
	columns_put(t, span_str("----"), span_str("-----------"), INDENT, WIDTH);
	for (unsigned i = 0; i < ruleset_count(rules); i++) {
		const struct ruleset_rule *r = ruleset_rule(rules, i);

		columns_put(t, r->name, r->desc, INDENT, WIDTH);
		line_put_char(t, '\n');
	}
}

/* ---- the two forms ---- */

static int print_json(const struct list *list, const struct rulefile_load *load)
{
	static struct jstdout out;
	struct jout *j = jstdout_begin(&out);

	if (load != NULL && !describe_rules(load->loader, load->rules, j)) {
		log_error("cannot describe the rules: they are too large");
		return EXIT_INPUT;
	}
	if (strcmp(list->what, "fields") == 0)
		list_fields_json(&list->form, j);
	else if (strcmp(list->what, "events") == 0)
		list_events_json(&list->form, j);
	return jstdout_end(&out);
}

static int print_text(const struct list *list, const struct rulefile_load *load)
{
	uint8_t buf[4096];
	struct line t;

	line_init_drained(&t, buf, sizeof(buf), line_to_file, stdout);
	if (load != NULL)
		rules_text(load->rules, &t);
	else if (strcmp(list->what, "fields") == 0)
		list_fields_text(&list->form, &t);
	else
		list_events_text(&list->form, &t);
	return line_finish(&t) == 0 && fflush(stdout) == 0 ? EXIT_OK : EXIT_HOST;
}

static int print_list(const struct list *list, const struct rulefile_load *load)
{
	return list->json ? print_json(list, load) : print_text(list, load);
}

static int print_rules(const struct list *list)
{
	struct rulefile_load load;
	static struct conf conf;
	int code = launch_load_rules(&list->settings, &conf, &load);

	if (code == EXIT_OK)
		code = print_list(list, &load);
	rulefile_release(&load);
	conf_release(&conf);
	return code;
}

/* ---- the command ---- */

static bool is_list(const char *word)
{
	static const char *const words[] = { "fields", "events", "rules" };

	for (unsigned i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

static int take_word(struct list *list, const char *word)
{
	if (list->what != NULL)
		return usage_error("list", "not expected", word);
	if (!is_list(word))
		return usage_error("list", "there is no list of", word);
	list->what = word;
	return -1;
}

static int add(const char **to, unsigned *n, unsigned max, const char *arg)
{
	if (*n == max)
		return usage_error("list", "too many of", arg);
	to[(*n)++] = arg;
	return -1;
}

static int take_option(struct list *list, int opt, const char *arg)
{
	struct launch *l = &list->settings;

	switch (opt) {
	case 'r':
		return add(l->rules, &l->nrules, ARRAY_LEN(l->rules), arg);
	case 'o':
		return add(l->options, &l->noptions, ARRAY_LEN(l->options), arg);
	case 'c':
		l->conf_file = arg;
		break;
	case 'j':
		list->json = true;
		break;
	case 'v':
		list->form.types = true;
		break;
	case 'a':
		list->form.all = true;
		break;
	default:
		(void)usage_of("list");
		return EXIT_OK;
	}
	return -1;
}

/* -1: go on; else the exit code. */
static int parse_options(struct list *list, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "json", no_argument, NULL, 'j' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int code = -1, opt;

	opterr = 0;
	optind = 1;
	while (code == -1 && (opt = getopt_long(argc, argv, ":c:r:o:vh", longs, NULL)) != -1) {
		if (opt == '?' || opt == ':')
			return usage_error("list", opt == ':' ? "no value for" : "no such option",
					   argv[optind - 1]);
		code = take_option(list, opt, optarg);
	}
	for (; code == -1 && optind < argc; optind++)
		code = take_word(list, argv[optind]);
	if (code == -1 && list->what == NULL)
		return usage_of("list");
	return code;
}

int cmd_list(int argc, char **argv)
{
	static struct list list = { .settings = { .command = "list" } };
	int code = parse_options(&list, argc, argv);

	if (code != -1)
		return code;
	if (strcmp(list.what, "rules") == 0)
		return print_rules(&list);
	if (list.settings.nrules > 0 || launch_names_settings(&list.settings))
		return usage_error("list",
				   list.settings.nrules > 0 ? "-r goes with rules, not with"
							    : "settings go with rules, not with",
				   list.what);
	return print_list(&list, NULL);
}
