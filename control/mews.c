/* SPDX-License-Identifier: Apache-2.0
 *
 * mews.c -- the operator's program: one table of commands.  It is not on the
 * event path; what it knows of a running pipeline it has from the control
 * sockets.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "gather.h"
#include "mews.h"
#include "rundir.h"

static const struct command {
	const char *name, *args, *text;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "run", "[-c FILE] [-r RULES]... [-o KEY=VALUE]... [--run-dir DIR]",
	  "start the pipeline on live events; alerts to stdout", cmd_run },
	{ "replay",
	  "FILE.scap [-c FILE] [-r RULES]... [-o KEY=VALUE]... [--stats FILE] [--run-dir DIR]",
	  "the pipeline on a capture; ends by itself; alerts to stdout", cmd_replay },
	{ "record", "-o FILE.scap [--duration SECONDS] [--filter CONDITION]",
	  "live events into a capture that other tools read", cmd_record },
	{ "events",
	  "[--filter CONDITION] [--format FORMAT] [--json] [--read FILE.scap] [-o KEY=VALUE]...",
	  "events as they come, in the form that is asked for", cmd_events },
	{ "validate", "FILE... [--json]", "check rules, all files and directories merged in order",
	  cmd_validate },
	{ "list",
	  "fields|events|rules [-c FILE] [-r RULES]... [-o KEY=VALUE]... [--json] [-v] [--all]",
	  "what there is", cmd_list },
	{ "test", "FILE... [-r RULES]... [--junit FILE]", "run the tests of rules; TAP to stdout",
	  cmd_test },
	{ "explain", "RULE [-c FILE] [-r RULES]... [-o KEY=VALUE]... [--test FILE[:NAME]]",
	  "what became of a rule, and at an event", cmd_explain },
	{ "config", "check [FILE] [-o KEY=VALUE]... [--json] | convert FALCO_YAML [-o OUT]",
	  "what is wrong with settings; settings from those of Falco", cmd_config },
	{ "doctor",
	  "[-c FILE] [-r RULES]... [-o KEY=VALUE]... [--run-dir DIR] [--json] [--verbose]",
	  "what can be seen on this host, what cannot, and why", cmd_doctor },
	{ "status", "[--json] [--run-dir DIR]", "how the stages and the ledger are", cmd_status },
	{ "top", "[--once] [--interval SECONDS] [--run-dir DIR]",
	  "the pipeline, rules, processes and containers, live on the terminal", cmd_top },
	{ "alerts", "[--follow] [--json] [--priority PRIORITY] [--run-dir DIR]",
	  "the last alerts, and those that come", cmd_alerts },
	{ "page", "[--run-dir DIR]", "the address of the web page, with its token", cmd_page },
	{ "containers", "[--json] [--run-dir DIR]", "what is known of the containers that run",
	  cmd_containers },
	{ "pods", "[--json] [--run-dir DIR]", "what is known of the pods of this node", cmd_pods },
	{ "restart", "STAGE [--run-dir DIR]", "end one stage and start it again", cmd_restart },
	{ "reload", "[--run-dir DIR]",
	  "read settings and rules again; what is wrong changes nothing", cmd_reload },
	{ "stop", "[--run-dir DIR]", "end the pipeline", cmd_stop },
	{ "log-level", "LEVEL [--run-dir DIR]", "what the stages say: error, warning, info, debug",
	  cmd_log_level },
};

static void print_help(FILE *f)
{
	fputs("usage: mews COMMAND [ARGUMENT]...\n\n", f);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		fprintf(f, "  %-10s %s\n  %-10s   %s\n", commands[i].name, commands[i].args, "",
			commands[i].text);
	fputs("  help, --help, --version\n", f);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

int usage_of(const char *command)
{
	const struct command *c = find_command(command);

	if (c != NULL)
		fprintf(stderr, "usage: mews %s %s\n", c->name, c->args);
	return EXIT_USAGE;
}

int usage_error(const char *command, const char *what, const char *word)
{
	char clean[128];

	log_escape(clean, sizeof(clean), word);
	fprintf(stderr, "mews %s: %s '%s'\n", command, what, clean);
	return usage_of(command);
}

/* RET_JSON NULL: there is no such option. */
static int parse(int argc, char **argv, bool *ret_json, const char **ret_run_dir,
		 const char **words, unsigned most, unsigned *ret_count)
{
	static const struct option all[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "run-dir", required_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const struct option *longs = ret_json != NULL ? all : all + 1;
	const char *option = NULL;
	unsigned n = 0;
	int opt;

	opterr = 0;
	optind = 1;
	while ((opt = getopt_long(argc, argv, ":h", longs, NULL)) != -1) {
		if (opt == 'h') {
			(void)usage_of(argv[0]);
			return EXIT_OK;
		}
		if (opt == 'd')
			option = optarg;
		else if (opt == 'j')
			*ret_json = true;
		else
			return usage_error(argv[0], opt == ':' ? "no value for" : "no such option",
					   argv[optind - 1]);
	}
	for (; optind < argc; optind++) {
		if (n == most)
			return usage_error(argv[0], "not expected", argv[optind]);
		words[n++] = argv[optind];
	}
	*ret_run_dir = run_dir_choose(option);
	*ret_count = n;
	return -1;
}

int parse_simple(int argc, char **argv, const char **ret_run_dir, const char **words, unsigned most,
		 unsigned *ret_count)
{
	return parse(argc, argv, NULL, ret_run_dir, words, most, ret_count);
}

int parse_view(int argc, char **argv, bool *ret_json, const char **ret_run_dir)
{
	unsigned none;

	*ret_json = false;
	return parse(argc, argv, ret_json, ret_run_dir, NULL, 0, &none);
}

int main(int argc, char **argv)
{
	const struct command *c;

	log_open("mews", LOG_LEVEL_INFO);
	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("mews " MEWS_VERSION);
		return EXIT_OK;
	}
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
	    strcmp(argv[1], "-h") == 0) {
		print_help(stdout);
		return EXIT_OK;
	}
	if (strcmp(argv[1], GATHER_WORD) == 0)
		return gather_main(argc - 1, argv + 1);
	c = find_command(argv[1]);
	if (c == NULL) {
		char clean[128];

		log_escape(clean, sizeof(clean), argv[1]);
		fprintf(stderr, "mews: no such command '%s'\n", clean);
		print_help(stderr);
		return EXIT_USAGE;
	}
	return c->run(argc - 1, argv + 1);
}
