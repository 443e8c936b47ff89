/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_config.c -- `mews config`: says what is wrong with settings, and takes over those
 * of Falco.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_convert.h"
#include "jstdout.h"
#include "launch.h"
#include "mews.h"

/* What each kind of finding is called, and whether it is something to do about. */
static const struct {
	const char *name, *word;
} kinds[CONF_FOUND_COUNT] = {
	[CONF_FOUND_WRONG] = { "wrong", "error" },
	[CONF_FOUND_UNKNOWN] = { "unknown", "warning" },
	[CONF_FOUND_GONE] = { "deprecated", "warning" },
	[CONF_FOUND_TWICE] = { "twice", "warning" },
	[CONF_FOUND_UNUSED] = { "without_effect", "note" },
	[CONF_FOUND_BY_HAND] = { "needs_restart", "note" },
	[CONF_FOUND_OTHER] = { "other", "warning" },
};

/* The checks say it one by one, without a place for more. */
static struct jout *json;
static unsigned warnings;

static void hear(const struct diag *d)
{
	char text[1024];

	warnings += strcmp(kinds[d->kind].word, "warning") == 0;
	if (json == NULL) {
		struct diag place = *d;

		place.message[0] = '\0';
		diag_format(&place, text, sizeof(text));
		printf("%s%s: %s\n", text, kinds[d->kind].word, d->message);
		return;
	}
	jout_object(json, NULL);
	jout_str(json, "kind", kinds[d->kind].name);
	jout_str(json, "severity", kinds[d->kind].word);
	jout_str(json, "file", d->file);
	jout_uint(json, "line", d->line);
	jout_uint(json, "column", d->column);
	jout_str(json, "message", d->message);
	jout_end(json);
}

/* ---- check ---- */

static int check(const char *file, struct launch *l, bool as_json)
{
	struct jstdout o;
	unsigned errors;
	int code = EXIT_OK;

	if (as_json) {
		json = jstdout_begin(&o);
		jout_object(json, NULL);
		jout_array(json, "findings");
	}
	errors = conf_check(file, l->options, l->noptions, hear);
	if (as_json) {
		jout_end(json);
		jout_bool(json, "ok", errors == 0);
		jout_end(json);
		code = jstdout_end(&o);
	} else if (errors == 0) {
		puts(warnings > 0 ? "Ok, with warnings" : "Ok");
	}
	return errors > 0 ? EXIT_INPUT : code;
}

static bool json_option;

static int take_json(struct launch *l, int opt, const char *arg)
{
	(void)l;
	(void)opt;
	(void)arg;
	json_option = true;
	return -1;
}

static int config_check(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	static struct launch l = { .command = "config" };
	const char *file;
	int code = launch_parse(&l, argc, argv, longs, take_json);

	if (code != -1)
		return code;
	file = optind < argc ? argv[optind++] : l.conf_file;
	if (optind < argc || l.nrules > 0)
		return usage_error("config", "not expected", optind < argc ? argv[optind] : "-r");
	return check(file, &l, json_option);
}

/* ---- convert ---- */

static void say(const struct diag *d)
{
	char text[1024];

	diag_format(d, text, sizeof(text));
	fprintf(stderr, "%s\n", text);
}

/* What was made must be good here. */
static int check_converted(const char *text, size_t n, const char *name)
{
	struct conf conf;
	struct diag diag;

	if (conf_load_text(span_of(text, n), name, NULL, 0, say, &conf, &diag) < 0) {
		say(&diag);
		return EXIT_INPUT;
	}
	conf_release(&conf);
	return EXIT_OK;
}

static int write_out(const char *path, const char *text, size_t n)
{
	FILE *f = path == NULL ? stdout : fopen(path, "we");
	bool good = f != NULL && fwrite(text, 1, n, f) == n && fflush(f) == 0;

	if (!good)
		log_error("cannot write '%s': %s", path == NULL ? "-" : path, strerror(errno));
	if (f != NULL && f != stdout && fclose(f) != 0)
		good = false;
	return good ? EXIT_OK : EXIT_INPUT;
}

static int convert(const char *file, const char *path)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	struct diag diag;
	int err = f == NULL ? -ENOMEM : conf_convert(file, f, say, &diag);
	int code;

	if (f == NULL || fclose(f) != 0) {
		log_error("no memory");
		free(text);
		return EXIT_HOST;
	}
	if (err < 0) {
		say(&diag);
		free(text);
		return EXIT_INPUT;
	}
	code = write_out(path, text, n);
	if (code == EXIT_OK)
		code = check_converted(text, n, path == NULL ? "<converted>" : path);
	free(text);
	return code;
}

static int config_convert(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *path = NULL;
	int opt;

	opterr = 0;
	optind = 1;
	while ((opt = getopt_long(argc, argv, ":o:h", longs, NULL)) != -1) {
		if (opt == 'h')
			return usage_of("config"), EXIT_OK;
		if (opt != 'o')
			return usage_error("config", opt == ':' ? "no value for" : "no such option",
					   argv[optind - 1]);
		path = optarg;
	}
	if (optind + 1 != argc)
		return usage_of("config");
	return convert(argv[optind], path);
}

int cmd_config(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} words[] = {
		{ "check", config_check },
		{ "convert", config_convert },
	};

	if (argc < 2)
		return usage_of("config");
	if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0) {
		(void)usage_of("config");
		return EXIT_OK;
	}
	for (unsigned i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i].name, argv[1]) == 0)
			return words[i].run(argc - 1, argv + 1);
	return usage_error("config", "no such word", argv[1]);
}
