/* SPDX-License-Identifier: Apache-2.0
 *
 * stage.c -- the ritual that all stages share, in its order; each part of it is a file stage_*.c.
 * What a stage does with an event is in its ops; nothing here looks at one.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "notify.h"
#include "rundir.h"
#include "stage_core.h"

static int check_run_dir(struct runtime *rt)
{
	bool made;
	int err;

	rt->st.run_dir = run_dir_choose(rt->run_dir_option);
	err = run_dir_make(rt->st.run_dir, &made);
	if (err == 0) {
		if (run_dir_reclaim(rt->st.run_dir, rt->ops->id) > 0)
			log_warning("somebody else had taken our places in '%s', taken back",
				    rt->st.run_dir);
		return EXIT_OK;
	}
	log_error("cannot use the run directory '%s': %s", rt->st.run_dir, strerror(-err));
	return EXIT_HOST;
}

static int run(struct runtime *rt)
{
	int code;

	if (rt->ops->setup != NULL && (code = rt->ops->setup(&rt->st, rt->st.ctx)) != EXIT_OK)
		return code;
	if ((code = stage_enter_jail(rt)) != EXIT_OK || (code = stage_open_rings(rt)) != EXIT_OK)
		return code;
	stage_open_control(rt);
	stage_keep_house(rt, mono_now());
	if (rt->ops->start != NULL && (code = rt->ops->start(&rt->st, rt->st.ctx)) != EXIT_OK)
		return code;
	stage_look_if_ready(rt);
	log_debug("running as uid %u", (unsigned)geteuid());
	code = stage_loop(rt);
	if (rt->ops->stop != NULL)
		rt->ops->stop(&rt->st, rt->st.ctx);
	if (code == rt->st.exit_code) /* it was not broken off */
		stage_flush(&rt->st);
	if (rt->done)
		stage_say_counts(rt);
	return code;
}

int stage_main(const struct stage_ops *ops, void *ctx, int argc, char **argv)
{
	static struct runtime rt; /* large, and one to a process */
	int code;

	rt = (struct runtime){ .st = { .ops = ops, .ctx = ctx, .jail = ops->id },
			       .ops = ops,
			       .notify_fd = -1,
			       .supply_fd = -1,
			       .bell_fd = -1,
			       .statm_fd = -1 };
	rt.st.started = mono_now();
	snprintf(rt.name, sizeof(rt.name), "mews-%s", stage_name(ops->id));
	log_open(rt.name, LOG_LEVEL_INFO);
	umask(0007);
	code = stage_options(&rt, argc, argv);
	if (code != -1)
		return code;
	code = stage_load_settings(&rt);
	if (code == EXIT_OK && rt.st.only_setup) {
		code = ops->setup(&rt.st, ctx);
	} else if (code == EXIT_OK && (code = check_run_dir(&rt)) == EXIT_OK) {
		stage_open_bell(&rt);
		rt.statm_fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
		stage_catch_signals();
		rt.notify_fd = notify_open();
		keep_open(&rt.keep, rt.notify_fd);
		code = run(&rt);
	}
	control_server_close(rt.control);
	outlet_close(rt.st.out);
	inlet_close(rt.st.in);
	conf_release(&rt.st.conf);
	free((void *)(uintptr_t)rt.st.bundle.p);
	return code;
}
