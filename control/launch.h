/* SPDX-License-Identifier: Apache-2.0
 *
 * launch.h -- what `mews run` and `mews replay` share before the supervisor: their
 * words, the places, settings and rules that must be good.  Commands that only look at
 * rules take them from here, too.
 */
#ifndef MEWS_LAUNCH_H
#define MEWS_LAUNCH_H

#include <getopt.h>
#include <limits.h>

#include "conf.h"
#include "rulefile.h"

#define LAUNCH_MAX_WORDS 256

struct launch {
	const char *command; /* for messages */
	const char *run_dir_option, *conf_file;
	const char *options[64], *rules[CONF_MAX_LIST];
	unsigned noptions, nrules;
	const char *words[LAUNCH_MAX_WORDS]; /* what the stages get */
	unsigned nwords;
	char bin_dir[PATH_MAX], run_dir[PATH_MAX];
};

/* Each returns -1: go on; else the exit code, after it has said why. */

/* The options -c, -r, -o, -h and those of LONGS; TAKE gets what is not known here, and
 * returns the same.  optind stands at the first word that is no option. */
int launch_parse(struct launch *l, int argc, char **argv, const struct option *longs,
		 int (*take)(struct launch *l, int opt, const char *arg));

int launch_find_programs(struct launch *l);

/* DIR as an absolute path that is not too long, to l->run_dir. */
int launch_set_run_dir(struct launch *l, const char *dir);

/* A run directory that is nobody else's, to DIR; rmdir() it behind. */
int launch_make_run_dir(char dir[PATH_MAX]);

/* The settings are good, and their log level is ours now. */
int launch_check_settings(struct launch *l, struct conf *ret_conf);

/* -r's, in place of what CONF says. */
int launch_add_rules(const struct launch *l, struct conf *conf);

/* With -c or -o. */
bool launch_names_settings(const struct launch *l);

/* The settings with which L would run, for a command that only looks at them; our log stays as it is.
 * Where -r names the rules, none are read but those that L names.  RET_CONF is to be released in any case. */
int launch_view_settings(const struct launch *l, struct conf *ret_conf);

/* The same, and the rules.  EXIT_OK; else the exit code, after it has said why.  RET_CONF and RET are to be
 * released in any case, RET first. */
int launch_load_rules(const struct launch *l, struct conf *ret_conf, struct rulefile_load *ret);

/* The settings' log level is ours. */
void launch_follow_log(const struct conf *conf);

#endif
