/* SPDX-License-Identifier: Apache-2.0
 *
 * supervisor.c -- the supervisor from its start to its end; each part of it is a file supervisor_*.c.
 *
 * Nothing that a stage says is trusted: a word of readiness counts if the kernel
 * says that it comes from the stage's process, a request on the control socket
 * if the kernel says that its sender is root.
 *
 * The recorder is no stage of the pipeline: the evaluator says whether rules ask for captures, and
 * while they do it is started, watched and started again like one; its end ends nobody else.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "notify_socket.h"
#include "rundir.h"
#include "supervisor_core.h"

static int open_ears(struct supervisor *sv)
{
	int err = supervisor_open_signals(sv);

	if (err == 0)
		err = sv->notify_fd = notify_socket_open(sv->notify_name, sizeof(sv->notify_name));
	if (err >= 0)
		return EXIT_OK;
	log_error("cannot watch the stages: %s", strerror(-err));
	return EXIT_HOST;
}

/* The recorder waits until it is asked for. */
static void init_children(struct supervisor *sv, struct mono now)
{
	for (unsigned i = 0; i < PLAN_PROCESSES; i++)
		sv->child[i] = (struct child){
			.stage = plan_stage(i),
			.state = SUPERVISED_WAITING,
			.due = i < PLAN_STAGES ? now : never(),
			.supply = -1,
		};
}

/* All that we hold open, and all that lies in the run directory. */
static void leave(struct supervisor *sv)
{
	control_server_close(sv->control);
	supervisor_leave_dir(sv);
	if (sv->signal_fd != -1)
		close(sv->signal_fd);
	if (sv->notify_fd >= 0)
		close(sv->notify_fd);
	for (unsigned i = 0; i < PLAN_PROCESSES; i++)
		fdstore_clear(&sv->child[i].store);
}

int supervisor_run(const struct supervisor_params *params)
{
	struct supervisor sv = { .p = params, .signal_fd = -1, .notify_fd = -1, .lock_fd = -1 };
	struct mono now = mono_now();

	/* The settings are ours from here on, whatever comes of the rest. */
	if (params->launch != NULL)
		(void)reload_init(&sv.reload, &supervisor_reload_ops, &sv, params->launch,
				  params->bundle_fd, params->conf);
	sv.exit_code = supervisor_take_dir(&sv);
	if (sv.exit_code == EXIT_OK)
		sv.exit_code = open_ears(&sv);
	if (sv.exit_code == EXIT_OK) {
		run_dir_clear(params->run_dir); /* what a killed one has left */
		supervisor_open_control(&sv);
		init_children(&sv, now);
		sv.give_up = mono_after(now, READY_NS);
		supervisor_loop(&sv);
	}
	if (params->launch != NULL)
		reload_release(&sv.reload);
	leave(&sv);
	return params->playback != NULL && sv.signal != 0 ? -sv.signal : sv.exit_code;
}
