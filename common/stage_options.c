/* SPDX-License-Identifier: Apache-2.0
 *
 * stage_options.c -- the words behind a stage's name: those that all stages take, and
 * those of its own, which it is asked about.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "stage_core.h"

#ifndef MEWS_VERSION
#define MEWS_VERSION "unknown"
#endif

static void print_usage(const struct runtime *rt, FILE *f)
{
	fprintf(f,
		"usage: %s [-c FILE] [-o KEY=VALUE]... [-r RULES]... [--run-dir DIR]%s\n"
		"  -c FILE          settings (/etc/mews/mews.yaml)\n"
		"  -o KEY=VALUE     one setting; KEY[]=VALUE adds to a list\n"
		"  -r RULES         rules file or directory, in place of rules_files\n"
		"  --run-dir DIR    where the stages meet ($MEWS_RUN_DIR, /run/mews)\n"
		"  --version, -h, --help\n",
		rt->name, rt->ops->usage == NULL ? "" : " [OPTION]...");
	if (rt->ops->usage != NULL)
		fputs(rt->ops->usage, f);
}

/* An option that only the stage may know.  ARGV[*INDEX] is the word behind it. */
static int foreign_option(struct runtime *rt, const char *word, int argc, char **argv, int *index)
{
	char name[64];
	const char *eq = strchr(word, '=');
	const char *bare = word + strspn(word, "-");
	size_t n = eq == NULL ? strlen(bare) : (size_t)(eq - bare);
	int taken;

	if (rt->ops->option == NULL || n == 0 || n >= sizeof(name))
		return -EINVAL;
	memcpy(name, bare, n);
	name[n] = '\0';
	taken = rt->ops->option(&rt->st, rt->st.ctx, name,
				eq != NULL	? eq + 1
				: *index < argc ? argv[*index]
						: NULL);
	if (taken < 0 || (taken == 0 && eq != NULL) || (taken > 0 && eq == NULL && *index >= argc))
		return -EINVAL;
	if (taken > 0 && eq == NULL)
		(*index)++;
	return 0;
}

static int usage_error(const struct runtime *rt, const char *what, const char *word)
{
	char clean[128];

	log_escape(clean, sizeof(clean), word);
	fprintf(stderr, "%s: %s '%s'\n", rt->name, what, clean);
	print_usage(rt, stderr);
	return EXIT_USAGE;
}

enum { OPT_RUN_DIR = 256, OPT_VERSION, OPT_SUPERVISOR, OPT_SUPPLY, OPT_REPLAY };

static int take_option(struct runtime *rt, int opt, char *arg)
{
	switch (opt) {
	case 'c':
		rt->conf_file = arg;
		return -1;
	case 'o':
		if (rt->noptions == STAGE_MAX_OPTIONS)
			return usage_error(rt, "too many options at", arg);
		rt->options[rt->noptions++] = arg;
		return -1;
	case 'r':
		if (rt->nrules == CONF_MAX_LIST)
			return usage_error(rt, "too many rules files at", arg);
		rt->rules[rt->nrules++] = arg;
		return -1;
	case 'h':
		print_usage(rt, stdout);
		return EXIT_OK;
	case OPT_RUN_DIR:
		rt->run_dir_option = arg;
		return -1;
	case OPT_VERSION:
		printf("%s %s\n", rt->name, MEWS_VERSION);
		return EXIT_OK;
	case OPT_REPLAY:
		rt->st.replay = true;
		return -1;
	case OPT_SUPPLY:
		rt->supply_fd = (int)strtol(arg, NULL, 10);
		return rt->supply_fd > STDERR_FILENO &&
				       fcntl(rt->supply_fd, F_SETFD, FD_CLOEXEC) != -1
			       ? -1
			       : usage_error(rt, "not a descriptor", arg);
	case OPT_SUPERVISOR:
		rt->supervisor = (pid_t)strtol(arg, NULL, 10);
		return rt->supervisor > 1 ? -1 : usage_error(rt, "not a process", arg);
	default:
		return EXIT_USAGE;
	}
}

int stage_options(struct runtime *rt, int argc, char **argv)
{
	/* The collector's --replay has a value, and is its own. */
	static const struct option all[] = {
		{ "replay", no_argument, NULL, OPT_REPLAY },
		{ "run-dir", required_argument, NULL, OPT_RUN_DIR },
		{ "version", no_argument, NULL, OPT_VERSION },
		{ "help", no_argument, NULL, 'h' },
		{ "supervisor", required_argument, NULL, OPT_SUPERVISOR },
		{ "supply", required_argument, NULL, OPT_SUPPLY },
		{ 0 },
	};
	const struct option *longs = rt->ops->id == STAGE_COLLECTOR ? all + 1 : all;
	int code = -1;

	opterr = 0;
	optind = 1;
	while (code == -1 && optind < argc) {
		int at = optind;
		int opt = getopt_long(argc, argv, "+:c:o:r:h", longs, NULL);

		if (opt == -1)
			break;
		if (opt == ':')
			return usage_error(rt, "no value for", argv[at]);
		if (opt != '?') {
			code = take_option(rt, opt, optarg);
			continue;
		}
		optind = at + 1;
		if (foreign_option(rt, argv[at], argc, argv, &optind) < 0)
			return usage_error(rt, "no such option", argv[at]);
	}
	if (code == -1 && optind < argc)
		return usage_error(rt, "not expected", argv[optind]);
	return code;
}
