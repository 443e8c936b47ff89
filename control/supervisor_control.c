/* SPDX-License-Identifier: Apache-2.0
 *
 * supervisor_control.c -- the supervisor's control socket, and what is answered there.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "jail.h"
#include "log.h"
#include "rundir.h"
#include "supervisor_core.h"

/* Without it the pipeline runs all the same. */
void supervisor_open_control(struct supervisor *sv)
{
	char path[RUN_DIR_PATH_MAX];
	gid_t gid = jail_identity(STAGE_COLLECTOR).gid;
	int err;

	run_dir_path(path, sv->p->run_dir, "mews", ".ctl");
	err = control_server_open(path, &sv->control);
	if (err < 0)
		log_warning("cannot listen at '%s': %s, running without control", path,
			    strerror(-err));
	else if (geteuid() == 0 && lchown(path, 0, gid) == -1)
		log_warning("cannot give '%s' to group mews: %s", path, strerror(errno));
}

static void answer_status(const struct supervisor *sv, struct control_answer *a)
{
	for (unsigned i = PLAN_PROCESSES; i-- > 0;) {
		const struct child *c = &sv->child[i];

		if (c->stage->id == STAGE_RECORDER && c->pid == 0 && !sv->captures)
			continue;
		a->supervised[a->nsupervised++] = (struct supervised){
			.stage = c->stage->id,
			.state = c->state,
			.pid = c->pid,
			.restarts = c->life.starts > 0 ? c->life.starts - 1 : 0,
		};
	}
}

static void answer_restart(struct supervisor *sv, const char *name, struct control_answer *a)
{
	enum stage_id id = stage_of_name(name);

	for (unsigned i = 0; i < PLAN_PROCESSES; i++) {
		struct child *c = &sv->child[i];

		if (c->stage->id != id || (id == STAGE_RECORDER && !sv->captures))
			continue;
		if (c->pid == 0 && !c->done)
			c->due = mono_now(); /* no more waiting */
		supervisor_ask_to_end(c, mono_now());
		return;
	}
	a->result = -EINVAL;
	snprintf(
		a->text, sizeof(a->text),
		"stages are collector, enricher, evaluator, emitter, and recorder where rules ask for captures");
}

static void answer_reload(struct supervisor *sv, const char *ticket, struct control_answer *a)
{
	if (sv->p->launch != NULL) {
		reload_answer(&sv->reload, ticket, a);
		return;
	}
	a->result = -EOPNOTSUPP;
	snprintf(a->text, sizeof(a->text), "this pipeline has its settings for its life");
}

static void set_log_level(const char *text, struct control_answer *a)
{
	enum log_level level;

	a->result = log_level_parse(text, &level);
	if (a->result == 0)
		log_set_level(level);
}

static void answer(void *ctx, const struct control_request *req, struct control_answer *ret)
{
	struct supervisor *sv = ctx;

	switch (req->kind) {
	case CONTROL_STATUS:
		answer_status(sv, ret);
		return;
	case CONTROL_STOP:
		supervisor_begin_stop(sv, EXIT_OK);
		return;
	case CONTROL_RESTART:
		answer_restart(sv, req->argument, ret);
		return;
	case CONTROL_RELOAD:
		answer_reload(sv, req->argument, ret);
		return;
	case CONTROL_LOG_LEVEL:
		set_log_level(req->argument, ret);
		return;
	default:
		ret->result = -EOPNOTSUPP;
		snprintf(ret->text, sizeof(ret->text), "ask the stages");
		return;
	}
}

void supervisor_answer_control(struct supervisor *sv)
{
	if (sv->control != NULL)
		control_server_poll(sv->control, answer, sv);
}
