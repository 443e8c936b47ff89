/* SPDX-License-Identifier: Apache-2.0
 *
 * stage_control.c -- the control socket of a stage, and what is answered there.  Without it the
 * pipeline runs all the same.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "rundir.h"
#include "stage_core.h"

/* The other stages ask how we are, and may, even if it is another group that we were started with. */
static void let_group_in(const char *path, gid_t gid)
{
	struct stat st;

	if (lstat(path, &st) == 0 && st.st_gid != gid && lchown(path, (uid_t)-1, gid) == -1)
		log_warning("cannot give '%s' to group %u: %s, other stages cannot ask there", path,
			    (unsigned)gid, strerror(errno));
}

/* Without it the pipeline runs all the same. */
void stage_open_control(struct runtime *rt)
{
	char path[RUN_DIR_PATH_MAX];
	int err;

	run_dir_path(path, rt->st.run_dir, stage_name(rt->ops->id), ".ctl");
	err = control_server_open(path, &rt->control);
	if (err < 0)
		log_warning("cannot listen at '%s': %s, running without control", path,
			    strerror(-err));
	else
		let_group_in(path, jail_identity(rt->ops->id).gid);
}

static void set_log_level(const char *text, struct control_answer *a)
{
	enum log_level level;

	a->result = log_level_parse(text, &level);
	if (a->result < 0)
		snprintf(a->text, sizeof(a->text), "levels are error, warning, info, debug");
	else
		log_set_level(level);
}

static void list(struct runtime *rt, const struct control_request *req, struct control_answer *a)
{
	if (rt->ops->list == NULL) {
		a->result = -EOPNOTSUPP;
		snprintf(a->text, sizeof(a->text), "another stage knows that");
	} else if (rt->in_reserve) {
		a->result = -EBUSY;
		snprintf(a->text, sizeof(a->text), "the next stage does not keep up, try again");
	} else {
		rt->ops->list(&rt->st, rt->st.ctx, req, a);
	}
}

void stage_answer(void *ctx, const struct control_request *req, struct control_answer *ret)
{
	struct runtime *rt = ctx;

	switch (req->kind) {
	case CONTROL_STATUS:
		ret->has_status = true;
		stage_fill_status(rt, &ret->status);
		return;
	case CONTROL_STOP:
		stage_ask_stop(rt);
		return;
	case CONTROL_RELOAD:
		stage_answer_reload(rt, req->argument, ret);
		return;
	case CONTROL_CONTAINERS:
	case CONTROL_PODS:
	case CONTROL_ACTIVITY:
	case CONTROL_RULES:
	case CONTROL_ALERTS:
		list(rt, req, ret);
		return;
	case CONTROL_LOG_LEVEL:
		set_log_level(req->argument, ret);
		return;
	default:
		ret->result = -EOPNOTSUPP;
		snprintf(ret->text, sizeof(ret->text), "ask the supervisor");
		return;
	}
}
