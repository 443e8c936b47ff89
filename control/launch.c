/* SPDX-License-Identifier: Apache-2.0
 *
 * launch.c -- see launch.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launch.h"
#include "mews.h"
#include "rundir.h"

#define OWN_DIR "mews-replay.XXXXXX"

/* ---- words ---- */

static int add_words(struct launch *l, const char *option, const char *value)
{
	if (l->nwords + 2 > LAUNCH_MAX_WORDS) {
		fprintf(stderr, "mews %s: too many options\n", l->command);
		return EXIT_USAGE;
	}
	l->words[l->nwords++] = option;
	l->words[l->nwords++] = value;
	return -1;
}

static int take_option(struct launch *l, int opt, const char *arg)
{
	switch (opt) {
	case 'c':
		l->conf_file = arg;
		return add_words(l, "-c", arg);
	case 'r':
		if (l->nrules == CONF_MAX_LIST)
			return usage_error(l->command, "too many rules files at", arg);
		l->rules[l->nrules++] = arg;
		return add_words(l, "-r", arg);
	case 'o':
		if (l->noptions == ARRAY_LEN(l->options))
			return usage_error(l->command, "too many options at", arg);
		l->options[l->noptions++] = arg;
		return add_words(l, "-o", arg);
	case 'h':
		(void)usage_of(l->command);
		return EXIT_OK;
	default:
		return EXIT_USAGE;
	}
}

int launch_parse(struct launch *l, int argc, char **argv, const struct option *longs,
		 int (*take)(struct launch *l, int opt, const char *arg))
{
	int code = -1, opt;

	opterr = 0;
	optind = 1;
	while (code == -1 && (opt = getopt_long(argc, argv, ":c:r:o:h", longs, NULL)) != -1) {
		if (opt == '?' || opt == ':')
			return usage_error(l->command,
					   opt == ':' ? "no value for" : "no such option",
					   argv[optind - 1]);
		code = strchr("croh", opt) != NULL ? take_option(l, opt, optarg)
						   : take(l, opt, optarg);
	}
	return code;
}

/* ---- places ---- */

int launch_find_programs(struct launch *l)
{
	ssize_t n = readlink("/proc/self/exe", l->bin_dir, sizeof(l->bin_dir) - 1);
	char *slash;

	l->bin_dir[n > 0 ? n : 0] = '\0';
	slash = strrchr(l->bin_dir, '/');
	if (slash == NULL) {
		log_error("cannot tell where the programs of mews are (/proc/self/exe: %s)",
			  strerror(errno));
		return EXIT_HOST;
	}
	*slash = '\0';
	return -1;
}

int launch_set_run_dir(struct launch *l, const char *dir)
{
	char here[PATH_MAX];
	int n;

	if (dir[0] == '/') {
		n = snprintf(l->run_dir, sizeof(l->run_dir), "%s", dir);
	} else {
		if (getcwd(here, sizeof(here)) == NULL) {
			log_error("cannot tell what directory this is, and '%s' is below it: %s",
				  dir, strerror(errno));
			return EXIT_HOST;
		}
		n = snprintf(l->run_dir, sizeof(l->run_dir), "%s/%s", here, dir);
	}
	if (n >= (int)sizeof(l->run_dir) || strlen(l->run_dir) > RUN_DIR_MAX) {
		log_error("the path of the run directory is longer than %d bytes", RUN_DIR_MAX);
		return EXIT_INPUT;
	}
	return -1;
}

/* ---- a run directory that is nobody else's ---- */

static bool try_place(const char *place, char dir[PATH_MAX])
{
	return place != NULL && place[0] == '/' &&
	       strlen(place) + sizeof("/" OWN_DIR) <= RUN_DIR_MAX &&
	       snprintf(dir, PATH_MAX, "%s/" OWN_DIR, place) < PATH_MAX && mkdtemp(dir) != NULL;
}

int launch_make_run_dir(char dir[PATH_MAX])
{
	/* Root's stages become users that could not reach its TMPDIR. */
	bool root = geteuid() == 0;

	if (try_place(root ? "/run" : getenv("XDG_RUNTIME_DIR"), dir) ||
	    try_place(root ? NULL : getenv("TMPDIR"), dir) || try_place("/tmp", dir))
		return -1;
	log_error("cannot make a run directory in /tmp: %s, name one with --run-dir",
		  strerror(errno));
	return EXIT_HOST;
}

/* ---- settings ---- */

bool launch_names_settings(const struct launch *l)
{
	return l->conf_file != NULL || l->noptions > 0;
}

static void warn_diag(const struct diag *d)
{
	char text[1024];

	diag_format(d, text, sizeof(text));
	log_warning("%s", text);
}

void launch_follow_log(const struct conf *conf)
{
	enum log_level level = LOG_LEVEL_INFO;

	(void)log_level_parse(conf->log_level, &level);
	log_set_level(level);
	log_set_places(conf->log_stderr, conf->log_syslog);
}

static int read_settings(const struct launch *l, struct conf *ret_conf)
{
	struct diag diag;
	char text[1024];

	if (conf_load(l->conf_file, l->options, l->noptions, warn_diag, ret_conf, &diag) == 0)
		return -1;
	diag_format(&diag, text, sizeof(text));
	log_error("%s", text);
	return EXIT_INPUT;
}

int launch_check_settings(struct launch *l, struct conf *ret_conf)
{
	int code = read_settings(l, ret_conf);

	if (code == -1)
		launch_follow_log(ret_conf);
	return code;
}

int launch_view_settings(const struct launch *l, struct conf *ret_conf)
{
	int code = -1;

	memset(ret_conf, 0, sizeof(*ret_conf));
	if (l->nrules == 0 || launch_names_settings(l))
		code = read_settings(l, ret_conf);
	if (code == -1 && l->nrules > 0)
		code = launch_add_rules(l, ret_conf);
	return code;
}

int launch_load_rules(const struct launch *l, struct conf *ret_conf, struct rulefile_load *ret)
{
	int code = launch_view_settings(l, ret_conf);

	*ret = (struct rulefile_load){ .loader = NULL };
	return code == -1 ? rules_load_with(ret_conf, ret, stderr) : code;
}

int launch_add_rules(const struct launch *l, struct conf *conf)
{
	conf_clear_rules(conf);
	for (unsigned i = 0; i < l->nrules; i++) {
		if (conf_add_rules(conf, l->rules[i]) < 0) {
			log_error("more than %d rules files", CONF_MAX_LIST);
			return EXIT_INPUT;
		}
	}
	return -1;
}
