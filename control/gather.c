/* SPDX-License-Identifier: Apache-2.0
 *
 * gather.c -- see gather.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "bundle.h"
#include "gather.h"
#include "mews.h"
#include "rulefile.h"
#include "supply.h"

static void warn_diag(const struct diag *d)
{
	char text[1024];

	diag_format(d, text, sizeof(text));
	log_warning("%s", text);
}

static int take_settings(struct launch *l, struct bundle *keep, struct conf *ret, char *why,
			 size_t cap)
{
	struct diag diag;

	if (conf_load_keeping(l->conf_file, l->options, l->noptions, warn_diag, ret, &diag, keep) <
	    0) {
		diag_format(&diag, why, cap);
		log_error("%s", why);
		return EXIT_INPUT;
	}
	launch_follow_log(ret);
	return -1;
}

static void first_error(const struct rulefile_load *load, char *why, size_t cap)
{
	snprintf(why, cap, "the rules cannot be loaded");
	for (unsigned i = load->nfiles; i-- > 0;)
		for (unsigned k = load->files[i].nproblems; k-- > 0;)
			if (rule_problem_is_error(load->files[i].problems[k].code))
				diag_format(&load->files[i].problems[k].diag, why, cap);
}

/* As rules_load_with(), without a look at what is in the files. */
static int read_rules(const struct conf *conf, struct bundle *keep, struct rulefile_load *ret)
{
	bool by_default = conf->rules_files.count == 0;
	struct conf_list files = { .count = 0 };
	int err;

	if (by_default && rules_default_paths(&files) < 0) {
		log_error("no rules: none given, and there is no /etc/mews/rules.d");
		return EXIT_INPUT;
	}
	if (!by_default)
		conf_rules_present(conf, &files);
	err = rulefile_gather(&files, keep, ret);
	rulefile_print(ret, false, stderr);
	if (err < 0 && err != -EINVAL)
		log_error("cannot read the rules: %s", strerror(-err));
	if (by_default)
		free(files.item[0]);
	return err < 0 ? EXIT_INPUT : -1;
}

static int check_rules(const struct conf *conf, struct bundle *keep, struct rulefile_load *ret)
{
	if (rules_load_with(conf, ret, stderr) != 0)
		return EXIT_INPUT;
	return rulefile_keep(ret, keep) < 0 ? EXIT_HOST : -1;
}

static int take_rules(const struct launch *l, enum gather_how how, struct conf *conf,
		      struct bundle *keep, char *why, size_t cap)
{
	struct rulefile_load load = { .loader = NULL };
	int code;

	if (l->nrules > 0 && (code = launch_add_rules(l, conf)) != -1)
		return code;
	code = how == GATHER_ONLY ? read_rules(conf, keep, &load) : check_rules(conf, keep, &load);
	if (code != -1)
		first_error(&load, why, cap);
	rulefile_release(&load);
	return code;
}

int gather(struct launch *l, enum gather_how how, int *ret_fd, struct conf *ret_conf, char *why,
	   size_t cap)
{
	struct bundle bundle = { .p = NULL };
	struct conf conf;
	int fd, code;

	why[0] = '\0';
	code = take_settings(l, &bundle, &conf, why, cap);
	if (code != -1) {
		bundle_release(&bundle);
		return code;
	}
	code = take_rules(l, how, &conf, &bundle, why, cap);
	fd = code == -1 ? supply_seal(span_of(bundle.p, bundle.n)) : -EINVAL;
	bundle_release(&bundle);
	if (code == -1 && fd < 0) {
		snprintf(why, cap, "cannot keep settings and rules: %s", strerror(-fd));
		log_error("%s", why);
		code = EXIT_HOST;
	}
	if (code != -1) {
		conf_release(&conf);
		return code;
	}
	*ret_fd = fd;
	*ret_conf = conf;
	return -1;
}

int gathered_conf(const struct launch *l, int fd, struct conf *ret)
{
	struct span bytes;
	struct diag diag;
	int err = supply_read(fd, &bytes);

	if (err < 0)
		return err;
	err = conf_load_bundle(bytes, l->options, l->noptions, NULL, ret, &diag);
	free((void *)(uintptr_t)bytes.p);
	if (err == 0 && l->nrules > 0 && launch_add_rules(l, ret) != -1) {
		conf_release(ret);
		err = -ENOMEM;
	}
	return err;
}

/* ---- the process ---- */

/* In the child, after fork and before exec: nothing but system calls. */
static _Noreturn void become_gatherer(char **argv, int socket)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0);
	fcntl(socket, F_SETFD, 0);
	execve("/proc/self/exe", argv, environ);
	_exit(EXIT_HOST);
}

int gather_start(const struct launch *l, int *ret_socket)
{
	char **argv = calloc(l->nwords + 4, sizeof(*argv)), number[16];
	int ends[2], err = argv == NULL ? -ENOMEM : supply_pair(ends);
	unsigned n = 0;
	pid_t pid;

	if (err < 0) {
		free(argv);
		return err;
	}
	snprintf(number, sizeof(number), "%d", ends[1]);
	argv[n++] = (char *)(uintptr_t) "mews";
	argv[n++] = (char *)(uintptr_t)GATHER_WORD;
	argv[n++] = number;
	for (unsigned i = 0; i < l->nwords; i++)
		argv[n++] = (char *)(uintptr_t)l->words[i];
	pid = fork();
	if (pid == 0)
		become_gatherer(argv, ends[1]);
	err = pid == -1 ? -errno : (int)pid;
	free(argv);
	close(ends[1]);
	if (err < 0)
		close(ends[0]);
	else
		*ret_socket = ends[0];
	return err;
}

static int no_option(struct launch *l, int opt, const char *arg)
{
	(void)l;
	(void)opt;
	(void)arg;
	return EXIT_USAGE;
}

int gather_main(int argc, char **argv)
{
	static const struct option longs[] = { { 0 } };
	static struct launch l = { .command = "run" };
	char why[SUPPLY_TEXT_MAX];
	struct conf conf;
	int socket = argc < 2 ? -1 : (int)strtol(argv[1], NULL, 10), fd, code;

	if (socket <= STDERR_FILENO)
		return EXIT_USAGE;
	code = launch_parse(&l, argc - 1, argv + 1, longs, no_option);
	if (code == -1)
		code = gather(&l, GATHER_AND_CHECK, &fd, &conf, why, sizeof(why));
	else
		snprintf(why, sizeof(why), "the options make no sense any more");
	if (code != -1) {
		(void)supply_send(socket, SUPPLY_REFUSED, -1, why);
		return code;
	}
	conf_release(&conf);
	return supply_send(socket, SUPPLY_DONE, fd, "") < 0 ? EXIT_HOST : EXIT_OK;
}
