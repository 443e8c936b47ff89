/* SPDX-License-Identifier: Apache-2.0
 *
 * reload.c -- see reload.h.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gather.h"
#include "log.h"
#include "reload.h"
#include "watch.h"

#define SETTLE_NS  (100 * NS_PER_MSEC) /* files change one after the other: as in Falco */
#define ONE(stage) (1u << (stage))

static const struct mono never = { UINT64_MAX };

/* ---- life ---- */

int reload_init(struct reload *r, const struct reload_ops *ops, void *ctx,
		const struct launch *launch, int fd, const struct conf *conf)
{
	int err;

	*r = (struct reload){ .ops = ops,
			      .ctx = ctx,
			      .launch = launch,
			      .fd = fd,
			      .conf = *conf,
			      .gather_fd = -1,
			      .other_fd = -1 };
	err = watch_open(&r->watch);
	if (err < 0)
		log_warning("cannot watch files for changes: %s", strerror(-err));
	watch_follow(r->watch, launch->conf_file, &r->conf);
	return err;
}

static void drop_other(struct reload *r)
{
	if (r->other_fd == -1)
		return;
	close(r->other_fd);
	r->other_fd = -1;
	conf_release(&r->other);
}

void reload_release(struct reload *r)
{
	watch_close(r->watch);
	if (r->gatherer > 0) {
		kill(r->gatherer, SIGKILL);
		waitpid(r->gatherer, NULL, 0);
	}
	if (r->gather_fd != -1)
		close(r->gather_fd);
	drop_other(r);
	close(r->fd);
	conf_release(&r->conf);
}

/* ---- the end of one ---- */

static void end(struct reload *r, int result, const char *text)
{
	r->state = RELOAD_IDLE;
	r->result = result;
	snprintf(r->text, sizeof(r->text), "%.500s", text);
	drop_other(r);
	if (result < 0)
		log_error("cannot reload, what was stays in force: %s", text);
	else
		log_info("reloaded: %s", text);
}

/* It failed where no stage has heard of it: the evaluator makes an alert of that. */
static void fail(struct reload *r, const char *why)
{
	(void)r->ops->tell(r->ctx, STAGE_EVALUATOR, SUPPLY_FAILED, -1, why);
	end(r, -EINVAL, why);
}

static void add_text(char *to, size_t cap, const char *what, const char *more)
{
	size_t n = strlen(to);

	snprintf(to + n, cap - n, "%s%s", n > 0 ? what : "", more);
}

static void succeed(struct reload *r)
{
	char text[sizeof(r->text)];

	snprintf(text, sizeof(text), "%.300s", r->said);
	for (unsigned id = STAGE_NONE + 1; id < STAGE_COUNT; id++)
		if (r->change.again & ONE(id))
			add_text(text, sizeof(text),
				 "; started again: ", stage_name((enum stage_id)id));
	if (r->by_hand[0] != '\0')
		add_text(text, sizeof(text), "; in force only behind ", r->by_hand);
	end(r, 0, text);
}

/* ---- follow ---- */

static bool tell_evaluator(struct reload *r, int fd)
{
	bool told = r->ops->tell(r->ctx, STAGE_EVALUATOR, SUPPLY_RELOAD, fd, "");

	r->owed += told;
	return told;
}

static void swap(struct reload *r)
{
	struct conf conf = r->conf;
	int fd = r->fd;

	r->conf = r->other;
	r->fd = r->other_fd;
	r->other = conf;
	r->other_fd = fd;
	watch_follow(r->watch, r->launch->conf_file, &r->conf);
	launch_follow_log(&r->conf);
}

static void restart_changed(struct reload *r)
{
	unsigned again = r->change.again;

	r->awaited = r->change.again = 0;
	for (unsigned id = STAGE_NONE + 1; id < STAGE_COUNT; id++) {
		if ((again & ONE(id)) == 0) {
			if (id != STAGE_EVALUATOR)
				(void)r->ops->tell(r->ctx, (enum stage_id)id, SUPPLY_RELOAD, r->fd,
						   "");
			continue;
		}
		if (!r->ops->restart(r->ctx, (enum stage_id)id))
			continue;
		r->change.again |= ONE(id);
		if (id != STAGE_RECORDER) /* nothing depends on it */
			r->awaited |= ONE(id);
	}
}

/* The evaluator has it, or there is none: what is left is to be in force, too. */
static void follow(struct reload *r)
{
	swap(r);
	r->state = RELOAD_FOLLOW;
	restart_changed(r);
	if (r->awaited == 0)
		succeed(r);
}

static void go_back(struct reload *r, enum stage_id stage)
{
	char why[128];

	snprintf(why, sizeof(why),
		 "%s does not start with the new settings, all go back to the old",
		 stage_name(stage));
	swap(r);
	(void)tell_evaluator(r, r->fd);
	for (unsigned id = STAGE_NONE + 1; id < STAGE_COUNT; id++)
		if (r->change.again & ONE(id))
			(void)r->ops->restart(r->ctx, (enum stage_id)id);
	r->awaited = 0;
	fail(r, why);
}

void reload_ready(struct reload *r, enum stage_id stage)
{
	if (r->state != RELOAD_FOLLOW || (r->awaited & ONE(stage)) == 0)
		return;
	r->awaited &= ~ONE(stage);
	if (r->awaited == 0)
		succeed(r);
}

bool reload_ended(struct reload *r, enum stage_id stage, bool final)
{
	if (stage == STAGE_EVALUATOR)
		r->owed = 0;
	if (r->state == RELOAD_EVALUATOR && stage == STAGE_EVALUATOR) {
		end(r, -EPIPE, "the evaluator has ended over it");
		return false;
	}
	if (r->state != RELOAD_FOLLOW || (r->awaited & ONE(stage)) == 0 || !final)
		return false;
	go_back(r, stage);
	return true;
}

/* ---- evaluator ---- */

static void note_by_hand(void *ctx, const char *key, struct conf_change change)
{
	struct reload *r = ctx;
	char one[160];
	unsigned id = STAGE_NONE + 1;

	if (change.by_hand == 0)
		return;
	while ((change.by_hand & ONE(id)) == 0)
		id++;
	snprintf(one, sizeof(one), "`mews restart %s': %s", stage_name((enum stage_id)id), key);
	add_text(r->by_hand, sizeof(r->by_hand), ", ", one);
}

static void offer(struct reload *r)
{
	r->by_hand[0] = '\0';
	r->said[0] = '\0';
	r->change = conf_compare(&r->conf, &r->other, note_by_hand, r);
	r->state = RELOAD_EVALUATOR;
	if (tell_evaluator(r, r->other_fd))
		return;
	snprintf(r->said, sizeof(r->said), "the evaluator starts with it");
	follow(r);
}

void reload_heard(struct reload *r, enum stage_id stage, const struct supply_message *m)
{
	if (stage != STAGE_EVALUATOR || r->owed == 0 || --r->owed > 0 ||
	    r->state != RELOAD_EVALUATOR)
		return; /* what others say, or it says of one before, is in their log */
	if (m->kind == SUPPLY_DONE) {
		snprintf(r->said, sizeof(r->said), "%s", m->text);
		follow(r);
	} else if (m->kind == SUPPLY_REFUSED) {
		end(r, -EINVAL, m->text);
	}
}

/* ---- gather ---- */

static bool same_bytes(int a, int b)
{
	struct span x = SPAN_NONE, y = SPAN_NONE;
	bool same = supply_read(a, &x) == 0 && supply_read(b, &y) == 0 && span_eq(x, y);

	free((void *)(uintptr_t)x.p);
	free((void *)(uintptr_t)y.p);
	return same;
}

static void take_gathered(struct reload *r, int fd)
{
	int err = gathered_conf(r->launch, fd, &r->other);

	if (err < 0) {
		close(fd);
		fail(r, strerror(-err));
		return;
	}
	r->other_fd = fd;
	if (r->by_watch && same_bytes(r->fd, fd))
		end(r, 0, "nothing has changed");
	else
		offer(r);
}

static void reap(struct reload *r)
{
	if (r->gatherer > 0)
		waitpid(r->gatherer, NULL, 0);
	r->gatherer = 0;
	close(r->gather_fd);
	r->gather_fd = -1;
}

static void look_at_gatherer(struct reload *r)
{
	struct supply_message m;
	int err = supply_receive(r->gather_fd, &m);

	if (err == -EAGAIN)
		return;
	reap(r);
	if (err < 0)
		fail(r, "the check of settings and rules ended before it was done");
	else if (m.kind == SUPPLY_DONE && m.fd != -1)
		take_gathered(r, m.fd);
	else
		fail(r, m.text);
}

static void begin(struct reload *r)
{
	int pid;

	r->due = (struct mono){ 0 };
	r->ticket++;
	r->state = RELOAD_GATHER;
	pid = gather_start(r->launch, &r->gather_fd);
	if (pid > 0) {
		r->gatherer = (pid_t)pid;
		return;
	}
	r->gather_fd = -1;
	fail(r, strerror(-pid));
}

/* ---- from outside ---- */

void reload_ask(struct reload *r, struct mono at)
{
	r->by_watch = false;
	r->due = at;
}

void reload_answer(struct reload *r, const char *ticket, struct control_answer *ret)
{
	bool waits = r->state != RELOAD_IDLE || r->due.ns != 0;

	if (ticket[0] == '\0') {
		/* One that runs may have read the files already: there is another behind it. */
		reload_ask(r, mono_now());
		ret->result = -EINPROGRESS;
		snprintf(ret->text, sizeof(ret->text), "%u", r->ticket + 1);
		return;
	}
	if (strtoul(ticket, NULL, 10) > r->ticket || waits) {
		ret->result = -EINPROGRESS;
		snprintf(ret->text, sizeof(ret->text), "%s", ticket);
		return;
	}
	ret->result = r->result;
	snprintf(ret->text, sizeof(ret->text), "%s", r->text);
}

struct mono reload_step(struct reload *r, struct mono now)
{
	if (r->watch != NULL && watch_heard(r->watch)) {
		/* Somebody's wish that waits is not made less by it. */
		r->by_watch = r->due.ns == 0 || r->by_watch;
		r->due = mono_after(now, SETTLE_NS);
	}
	if (r->state == RELOAD_GATHER)
		look_at_gatherer(r);
	if (r->state == RELOAD_IDLE && r->due.ns != 0 && now.ns >= r->due.ns)
		begin(r);
	return r->state == RELOAD_IDLE && r->due.ns != 0 ? r->due : never;
}
