/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_run.c -- `mews run`: first what the host must give, then settings and
 * rules, then the supervisor.  Nothing is started before all are found good.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <unistd.h>

#include "conf.h"
#include "mews.h"
#include "rulefile.h"
#include "rundir.h"
#include "supervisor.h"

#define MAX_WORDS  256
#define KERNEL_BTF "/sys/kernel/btf/vmlinux"

struct run {
	const char *run_dir_option, *conf_file;
	const char *options[64], *rules[CONF_MAX_LIST];
	unsigned noptions, nrules;
	const char *words[MAX_WORDS]; /* what the stages get */
	unsigned nwords;
	char bin_dir[PATH_MAX], run_dir[PATH_MAX];
};

static int add_words(struct run *r, const char *option, const char *value)
{
	if (r->nwords + 2 > MAX_WORDS) {
		fprintf(stderr, "mews run: too many options\n");
		return EXIT_USAGE;
	}
	r->words[r->nwords++] = option;
	r->words[r->nwords++] = value;
	return -1;
}

static int take_option(struct run *r, int opt, const char *arg)
{
	switch (opt) {
	case 'c':
		r->conf_file = arg;
		return add_words(r, "-c", arg);
	case 'r':
		if (r->nrules == CONF_MAX_LIST)
			return usage_error("run", "too many rules files at", arg);
		r->rules[r->nrules++] = arg;
		return add_words(r, "-r", arg);
	case 'o':
		if (r->noptions == ARRAY_LEN(r->options))
			return usage_error("run", "too many options at", arg);
		r->options[r->noptions++] = arg;
		return add_words(r, "-o", arg);
	case 'd':
		r->run_dir_option = arg;
		return -1;
	case 'h':
		(void)usage_of("run");
		return EXIT_OK;
	default:
		return EXIT_USAGE;
	}
}

static int parse_options(struct run *r, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "run-dir", required_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int code = -1, opt;

	opterr = 0;
	optind = 1;
	while (code == -1 && (opt = getopt_long(argc, argv, ":c:r:o:h", longs, NULL)) != -1) {
		if (opt == '?' || opt == ':')
			return usage_error("run", opt == ':' ? "no value for" : "no such option",
					   argv[optind - 1]);
		code = take_option(r, opt, optarg);
	}
	if (code == -1 && optind < argc)
		return usage_error("run", "not expected", argv[optind]);
	return code;
}

/* ---- the host ---- */

static bool has_capability(cap_t caps, cap_value_t cap)
{
	cap_flag_value_t value;

	return caps != NULL && cap_get_flag(caps, cap, CAP_EFFECTIVE, &value) == 0 &&
	       value == CAP_SET;
}

/* What the collector and the change of users need. */
static int check_privilege(void)
{
	static const struct {
		cap_value_t cap;
		const char *name;
	} needed[] = {
		{ CAP_BPF, "CAP_BPF" },		{ CAP_PERFMON, "CAP_PERFMON" },
		{ CAP_SETUID, "CAP_SETUID" },	{ CAP_SETGID, "CAP_SETGID" },
		{ CAP_SETPCAP, "CAP_SETPCAP" }, { CAP_CHOWN, "CAP_CHOWN" },
	};
	cap_t caps;
	int code = EXIT_OK;

	if (geteuid() != 0) {
		log_error("not root: live events need root to start (each stage then drops to a "
			  "user of its own)");
		return EXIT_HOST;
	}
	caps = cap_get_proc();
	for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
		if (has_capability(caps, needed[i].cap))
			continue;
		log_error("%s is missing: give it to this container or service", needed[i].name);
		code = EXIT_HOST;
	}
	cap_free(caps);
	return code;
}

static int check_host(void)
{
	int code = check_privilege();

	if (access(KERNEL_BTF, R_OK) == -1) {
		log_error("this kernel has no type information (" KERNEL_BTF
			  ": %s): it must be built with CONFIG_DEBUG_INFO_BTF",
			  strerror(errno));
		code = EXIT_HOST;
	}
	return code;
}

/* ---- places ---- */

static int find_bin_dir(struct run *r)
{
	ssize_t n = readlink("/proc/self/exe", r->bin_dir, sizeof(r->bin_dir) - 1);
	char *slash;

	if (n <= 0)
		return EXIT_HOST;
	r->bin_dir[n] = '\0';
	slash = strrchr(r->bin_dir, '/');
	if (slash == NULL)
		return EXIT_HOST;
	*slash = '\0';
	return -1;
}

static int find_run_dir(struct run *r)
{
	const char *dir = run_dir_choose(r->run_dir_option);
	char here[PATH_MAX];
	int n;

	if (dir[0] == '/') {
		n = snprintf(r->run_dir, sizeof(r->run_dir), "%s", dir);
	} else {
		if (getcwd(here, sizeof(here)) == NULL)
			return EXIT_HOST;
		n = snprintf(r->run_dir, sizeof(r->run_dir), "%s/%s", here, dir);
	}
	if (n >= (int)sizeof(r->run_dir) || strlen(r->run_dir) > RUN_DIR_MAX) {
		log_error("the path of the run directory is longer than %d bytes", RUN_DIR_MAX);
		return EXIT_INPUT;
	}
	return -1;
}

static void warn_diag(const struct diag *d)
{
	char text[1024];

	diag_format(d, text, sizeof(text));
	log_warning("%s", text);
}

/* Says itself what is wrong with them. */
static int check_rules(const struct run *r, struct conf *conf)
{
	if (r->nrules > 0)
		conf_clear_rules(conf);
	for (unsigned i = 0; i < r->nrules; i++) {
		if (conf_add_rules(conf, r->rules[i]) < 0) {
			log_error("more than %d rules files", CONF_MAX_LIST);
			return EXIT_INPUT;
		}
	}
	return rules_check(conf, stderr) == 0 ? -1 : EXIT_INPUT;
}

static int check_settings(struct run *r)
{
	enum log_level level = LOG_LEVEL_INFO;
	struct conf conf;
	struct diag diag;
	char text[1024];
	int code;

	if (conf_load(r->conf_file, r->options, r->noptions, warn_diag, &conf, &diag) < 0) {
		diag_format(&diag, text, sizeof(text));
		log_error("%s", text);
		return EXIT_INPUT;
	}
	(void)log_level_parse(conf.log_level, &level);
	log_set_level(level);
	code = check_rules(r, &conf);
	conf_release(&conf);
	return code;
}

int cmd_run(int argc, char **argv)
{
	static struct run r;
	struct supervisor_params params = { .bin_dir = r.bin_dir, .run_dir = r.run_dir };
	int code = parse_options(&r, argc, argv);

	if (code != -1)
		return code;
	if ((code = check_host()) != EXIT_OK)
		return code;
	if ((code = find_bin_dir(&r)) != -1 || (code = find_run_dir(&r)) != -1 ||
	    (code = check_settings(&r)) != -1)
		return code;
	params.args = r.words;
	params.nargs = r.nwords;
	return supervisor_run(&params);
}
