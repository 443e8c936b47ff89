/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_run.c -- `mews run`: first what the host must give, then settings and
 * rules, then the supervisor.  Nothing is started before all are found good.
 */
#include <errno.h>
#include <string.h>
#include <sys/capability.h>
#include <unistd.h>

#include "launch.h"
#include "mews.h"
#include "rundir.h"
#include "supervisor.h"

#define KERNEL_BTF "/sys/kernel/btf/vmlinux"

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

int host_check_live(void)
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

/* ---- the command ---- */

static int take_option(struct launch *l, int opt, const char *arg)
{
	(void)opt; /* there is but one */
	l->run_dir_option = arg;
	return -1;
}

static int check_settings(struct launch *l)
{
	struct conf conf;
	int code = launch_check_settings(l, &conf);

	if (code != -1)
		return code;
	code = launch_check_rules(l, &conf);
	conf_release(&conf);
	return code;
}

int cmd_run(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "run-dir", required_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	static struct launch l = { .command = "run" };
	struct supervisor_params params = { .bin_dir = l.bin_dir, .run_dir = l.run_dir };
	int code = launch_parse(&l, argc, argv, longs, take_option);

	if (code != -1)
		return code;
	if (optind < argc)
		return usage_error("run", "not expected", argv[optind]);
	if ((code = host_check_live()) != EXIT_OK)
		return code;
	if ((code = launch_find_programs(&l)) != -1 ||
	    (code = launch_set_run_dir(&l, run_dir_choose(l.run_dir_option))) != -1 ||
	    (code = check_settings(&l)) != -1)
		return code;
	params.args = l.words;
	params.nargs = l.nwords;
	return supervisor_run(&params);
}
