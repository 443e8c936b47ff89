/* SPDX-License-Identifier: Apache-2.0
 *
 * supervisor.c -- one loop over four descriptors: signals, the stages' words
 * that they are ready, control, and the clock.  What to do when a stage ends is
 * decided in plan.c.
 *
 * Nothing that a stage says is trusted: a word of readiness counts if the kernel
 * says that it comes from the stage's process, a request on the control socket
 * if the kernel says that its sender is root.
 *
 * The recorder is no stage of the pipeline: the evaluator says whether rules ask for captures, and
 * while they do it is started, watched and started again like one; its end ends nobody else.
 *
 * A replay (playback.h) differs in this: the stages end by themselves, one that dies
 * may take others with it to the beginning of the capture, and the emitter's standard
 * output goes through a pipe that is held here.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control.h"
#include "jail.h"
#include "log.h"
#include "notify_socket.h"
#include "plan.h"
#include "playback.h"
#include "reload.h"
#include "rundir.h"
#include "spawn_stage.h"
#include "supervisor.h"
#include "watch.h"

#define READY_NS  (120 * NS_PER_SEC) /* the first start of all stages */
#define OWN_ARGS  (8 + PLAYBACK_WORDS)
#define NEVER_NS  UINT64_MAX
#define NAME_SIZE 16

struct child {
	const struct plan_stage *stage;
	enum supervised_state state;
	struct plan_life life;
	pid_t pid;	      /* 0: none */
	bool asked;	      /* told to end */
	bool ready;	      /* in this life */
	bool done;	      /* a replay: said so in this life; with no pid, it is */
	struct mono due;      /* SUPERVISED_WAITING: when it starts */
	struct mono kill_at;  /* asked: when it is killed */
	int supply;	      /* our end of the socket by which it gets its settings; -1: none */
	struct fdstore store; /* what it has us keep for its successor */
};

struct supervisor {
	const struct supervisor_params *p;
	struct child child[PLAN_PROCESSES];
	struct reload reload; /* not of a replay */
	bool captures; /* the evaluator says that rules ask for them: the recorder is to run */
	struct control_server *control;
	int signal_fd, notify_fd, lock_fd;
	char notify_name[64]; /* as $NOTIFY_SOCKET has it */
	bool made_run_dir;
	bool complete;	     /* all stages were ready once */
	struct mono give_up; /* when the first start takes too long */
	bool stopping;
	int exit_code;
	int signal;	  /* that ended a replay */
	bool of_terminal; /* ends with its terminal: there was one, and no nohup */
};

static const struct mono never = { NEVER_NS };

/* ---- start ---- */

static void close_supply(struct child *c)
{
	if (c->supply != -1)
		close(c->supply);
	c->supply = -1;
}

/* The socket, in which the settings lie already; the stage's end, or -1. */
static int open_supply(struct supervisor *sv, struct child *c)
{
	int ends[2];

	close_supply(c);
	if (sv->p->launch == NULL || supply_pair(ends) < 0)
		return -1;
	if (supply_send(ends[0], SUPPLY_START, sv->reload.fd, "") < 0) {
		close(ends[0]);
		close(ends[1]);
		return -1;
	}
	c->supply = ends[0];
	return ends[1];
}

/* The words of C's program; ROOM is where numbers are written.  NULL: no memory. */
struct words {
	char path[4096], self[NAME_SIZE], supply[NAME_SIZE];
	char **argv;
};

static bool make_words(struct supervisor *sv, const struct child *c, struct words *w)
{
	unsigned n = 0;

	w->argv = calloc(sv->p->nargs + OWN_ARGS, sizeof(*w->argv));
	if (w->argv == NULL)
		return false;
	snprintf(w->path, sizeof(w->path), "%s/%s", sv->p->bin_dir, c->stage->program);
	snprintf(w->self, sizeof(w->self), "%d", (int)getpid());
	w->argv[n++] = (char *)(uintptr_t)c->stage->program;
	for (unsigned i = 0; i < sv->p->nargs; i++)
		w->argv[n++] = (char *)(uintptr_t)sv->p->args[i];
	if (sv->p->playback != NULL) {
		const char *words[PLAYBACK_WORDS];
		unsigned nwords = playback_words(sv->p->playback, c->stage->id, words);

		for (unsigned i = 0; i < nwords; i++)
			w->argv[n++] = (char *)(uintptr_t)words[i];
	}
	if (w->supply[0] != '\0') {
		w->argv[n++] = (char *)(uintptr_t) "--supply";
		w->argv[n++] = w->supply;
	}
	w->argv[n++] = (char *)(uintptr_t) "--run-dir";
	w->argv[n++] = (char *)(uintptr_t)sv->p->run_dir;
	w->argv[n++] = (char *)(uintptr_t) "--supervisor";
	w->argv[n++] = w->self;
	return true;
}

static int start(struct supervisor *sv, struct child *c)
{
	const struct playback *pb = sv->p->playback;
	struct words w = { .path = "" };
	struct spawn s = {
		.path = w.path,
		.notify_name = sv->notify_name,
		.out = c->stage->out == PLAN_STDOUT_NONE ? -1
		       : pb != NULL			 ? pb->out.out
							 : STDOUT_FILENO,
		.supply = open_supply(sv, c),
		/* A replay that starts over has all of it again, from the beginning. */
		.store = pb != NULL ? NULL : &c->store,
		.renice = pb == NULL,
		.nice = c->stage->nice,
	};
	pid_t pid = -ENOMEM;

	if (s.supply != -1)
		snprintf(w.supply, sizeof(w.supply), "%d", spawn_supply_number(&s));
	if ((s.supply != -1 || sv->p->launch == NULL) && make_words(sv, c, &w)) {
		s.argv = w.argv;
		pid = spawn_start(&s);
	}
	if (s.supply != -1)
		close(s.supply);
	free(w.argv);
	return (int)pid;
}

static void begin_stop(struct supervisor *sv, int code)
{
	if (sv->stopping)
		return;
	sv->stopping = true;
	sv->exit_code = code;
}

static void start_due(struct supervisor *sv, struct child *c, struct mono now)
{
	int pid = start(sv, c);

	plan_started(&c->life, now);
	c->asked = c->ready = c->done = false;
	c->due = c->kill_at = never;
	if (pid > 0) {
		c->pid = (pid_t)pid;
		c->state = SUPERVISED_STARTING;
		return;
	}
	log_error("cannot start %s: no process or memory, trying again", c->stage->program);
	c->due = mono_after(now, NS_PER_SEC);
}

/* ---- end ---- */

static void ask_to_end(struct child *c, struct mono now)
{
	if (c->pid == 0 || c->asked)
		return;
	c->asked = true;
	c->state = SUPERVISED_STOPPING;
	c->kill_at = mono_after(now, PLAN_STOP_NS);
	kill(c->pid, SIGTERM);
}

static void kill_overdue(struct child *c, struct mono now)
{
	if (c->pid == 0 || !c->asked || now.ns < c->kill_at.ns)
		return;
	log_warning("%s does not end, killing it", c->stage->program);
	kill(c->pid, SIGKILL);
	c->kill_at = never;
}

static struct plan_end end_of(const struct child *c, int status)
{
	if (c->asked)
		return (struct plan_end){ PLAN_END_ASKED, 0 };
	if (WIFSIGNALED(status))
		return (struct plan_end){ PLAN_END_SIGNAL, WTERMSIG(status) };
	return (struct plan_end){ PLAN_END_EXIT, WEXITSTATUS(status) };
}

static void say_ended(const struct child *c, struct plan_end end, struct plan_decision d,
		      struct mono now)
{
	char what[64], next[64];

	if (end.kind == PLAN_END_SIGNAL)
		snprintf(what, sizeof(what), "was killed by signal %d (%s)", end.code,
			 strsignal(end.code));
	else
		snprintf(what, sizeof(what), "ended with exit code %d", end.code);
	if (d.verdict == PLAN_END_ALL || d.verdict == PLAN_DONE)
		snprintf(next, sizeof(next), "ending");
	else
		snprintf(next, sizeof(next), "starting %s again in %u ms",
			 d.verdict == PLAN_START_OVER ? "the replay" : "it",
			 (unsigned)(mono_since(now, d.at) / NS_PER_MSEC));
	log_warning("%s %s, %s", c->stage->program, what, next);
}

/* All but the emitter start over when all of them are gone: what a living one does with
 * another's new ring is nobody's business. */
static void start_over(struct supervisor *sv, struct mono at)
{
	playback_over(sv->p->playback);
	sv->exit_code = EXIT_OK;
	for (unsigned i = 0; i < PLAN_STAGES; i++) {
		struct child *c = &sv->child[i];

		if (c->stage->id == STAGE_EMITTER)
			continue;
		c->due = at;
		c->done = false;
		if (c->pid == 0)
			continue;
		c->asked = true;
		kill(c->pid, SIGKILL);
	}
}

static struct child *child_of(struct supervisor *sv, enum stage_id id)
{
	unsigned i = 0;

	while (sv->child[i].stage->id != id)
		i++;
	return &sv->child[i];
}

static struct child *recorder_of(struct supervisor *sv)
{
	return &sv->child[PLAN_STAGES];
}

static bool is_done(struct supervisor *sv, enum stage_id id)
{
	const struct child *c = child_of(sv, id);

	return c->pid == 0 && c->done;
}

static void replay_child_ended(struct supervisor *sv, struct child *c, struct plan_end end,
			       struct mono now)
{
	struct plan_reached reached = {
		.ready = c->ready,
		.done = c->done,
		.over = is_done(sv,
				c->stage->id == STAGE_EMITTER ? STAGE_EVALUATOR : STAGE_EMITTER),
	};
	struct plan_decision d;

	if (c->due.ns != NEVER_NS) /* killed to start over with another */
		return;
	d = plan_replay_ended(&c->life, c->stage->id, end, reached, now);
	c->done = d.verdict == PLAN_DONE;
	if (end.kind != PLAN_END_ASKED && !reached.done)
		say_ended(c, end, d, now);
	if (d.verdict == PLAN_END_ALL) {
		begin_stop(sv, d.code);
	} else if (d.verdict == PLAN_START_OVER) {
		start_over(sv, d.at);
	} else if (d.verdict == PLAN_START_AGAIN) {
		c->due = d.at;
	} else {
		if (d.code != EXIT_OK)
			sv->exit_code = d.code;
		/* The emitter is on its way out; but not one that came after that had read all. */
		if (c->stage->id == STAGE_EVALUATOR)
			ask_to_end(child_of(sv, STAGE_EMITTER), now);
	}
}

static unsigned max_deaths(const struct supervisor *sv)
{
	return sv->p->launch == NULL ? PLAN_MAX_DEATHS
				     : (unsigned)sv->reload.conf.restarts_per_minute;
}

/* Nothing of the pipeline depends on it: when it cannot be helped there are no captures. */
static void recorder_ended(struct supervisor *sv, struct child *c, struct plan_end end,
			   struct mono now)
{
	struct plan_decision d = plan_ended(&c->life, end, max_deaths(sv), now);

	c->due = never;
	if (!sv->captures)
		return;
	if (d.verdict != PLAN_END_ALL) {
		if (end.kind != PLAN_END_ASKED)
			say_ended(c, end, d, now);
		c->due = d.at;
		return;
	}
	sv->captures = false;
	log_error("%s ended with %s %d: there are no captures from here on, all else goes on",
		  c->stage->program, end.kind == PLAN_END_SIGNAL ? "signal" : "exit code",
		  end.code);
}

static void child_ended(struct supervisor *sv, struct child *c, int status, struct mono now)
{
	struct plan_end end = end_of(c, status);
	struct plan_decision d;

	c->pid = 0;
	c->state = SUPERVISED_WAITING;
	close_supply(c);
	if (sv->stopping)
		return;
	if (sv->p->playback != NULL) {
		replay_child_ended(sv, c, end, now);
		return;
	}
	if (c->stage->id == STAGE_RECORDER) {
		recorder_ended(sv, c, end, now);
		return;
	}
	d = plan_ended(&c->life, end, max_deaths(sv), now);
	/* It is the new settings' fault: with the old ones it will start. */
	if (sv->p->launch != NULL &&
	    reload_ended(&sv->reload, c->stage->id, d.verdict == PLAN_END_ALL)) {
		c->due = now;
		return;
	}
	if (end.kind != PLAN_END_ASKED)
		say_ended(c, end, d, now);
	if (d.verdict == PLAN_END_ALL)
		begin_stop(sv, d.code);
	else
		c->due = d.at;
}

static void look_if_complete(struct supervisor *sv)
{
	unsigned running = 0;

	for (unsigned i = 0; i < PLAN_STAGES; i++)
		running += sv->child[i].ready;
	if (sv->complete || running < PLAN_STAGES)
		return;
	sv->complete = true;
	if (sv->p->playback == NULL)
		log_info("watching, run directory '%s'", sv->p->run_dir);
}

/* Rules ask for captures, or none does any more: the evaluator has read them. */
static void hear_captures(struct supervisor *sv, bool captures)
{
	struct child *c = recorder_of(sv);

	sv->captures = captures;
	if (!captures) {
		c->due = never;
		ask_to_end(c, mono_now());
	} else if (c->pid == 0 && c->due.ns == NEVER_NS) {
		c->life = (struct plan_life){ 0 };
		c->due = mono_now();
	}
}

static void hear(struct supervisor *sv, struct child *c, struct span text)
{
	if (span_is(text, NOTIFY_READY)) {
		c->ready = true;
		if (c->state == SUPERVISED_STARTING)
			c->state = SUPERVISED_RUNNING;
		look_if_complete(sv);
		if (sv->p->launch != NULL)
			reload_ready(&sv->reload, c->stage->id);
	} else if (sv->p->launch != NULL && span_is(text, NOTIFY_RELOAD)) {
		reload_ask(&sv->reload, mono_now());
	} else if (sv->p->playback == NULL && c->stage->id == STAGE_EVALUATOR &&
		   span_starts(text, span_str(NOTIFY_CAPTURES))) {
		hear_captures(sv, span_is(text, NOTIFY_CAPTURES "1"));
	} else if (sv->p->playback != NULL) {
		c->done |= playback_heard(sv->p->playback, c->stage->id, text);
	}
}

/* Nobody is believed but who the kernel says it is. */
static struct child *child_with(struct supervisor *sv, pid_t pid)
{
	for (unsigned i = 0; i < PLAN_PROCESSES; i++)
		if (sv->child[i].pid == pid)
			return &sv->child[i];
	return NULL;
}

static void on_notify(struct supervisor *sv)
{
	struct notify_message m;
	int got;

	while ((got = notify_socket_receive(sv->notify_fd, &m)) >= 0) {
		struct span text = span_of(m.text, m.n);
		struct child *c = got == 0 ? NULL : child_with(sv, m.pid);

		if (c != NULL && !fdstore_heard(&c->store, text, m.fds, m.nfds))
			hear(sv, c, text);
		for (unsigned i = 0; got > 0 && i < m.nfds; i++)
			if (m.fds[i] != -1)
				close(m.fds[i]);
	}
}

static void reap(struct supervisor *sv, struct mono now)
{
	for (unsigned i = 0; i < PLAN_PROCESSES; i++) {
		struct child *c = &sv->child[i];
		struct rusage ru;
		int status;

		if (c->pid == 0 || wait4(c->pid, &status, WNOHANG, &ru) != c->pid)
			continue;
		on_notify(sv); /* its last words lie there, if it had any */
		if (sv->p->playback != NULL)
			playback_reaped(sv->p->playback, c->stage->id, &ru);
		child_ended(sv, c, status, now);
	}
}

/* Ends the other way round than they were started: the next one is told when
 * the one before it is gone, and has something to work off; not so in a replay that is
 * broken off.  True when all are. */
static bool stop_step(struct supervisor *sv, struct mono now)
{
	bool gone = true;

	if (sv->p->playback != NULL) {
		for (unsigned i = 0; i < PLAN_STAGES; i++) {
			ask_to_end(&sv->child[i], now);
			gone &= sv->child[i].pid == 0;
		}
		return gone;
	}
	for (unsigned i = PLAN_STAGES; i-- > 0;) {
		if (sv->child[i].pid == 0)
			continue;
		ask_to_end(&sv->child[i], now);
		return false;
	}
	ask_to_end(recorder_of(sv), now);
	return recorder_of(sv)->pid == 0;
}

/* ---- what comes in ---- */

static bool has_terminal(void)
{
	int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd == -1)
		return false;
	close(fd);
	return true;
}

/* The terminal is gone, and who started us with it; or somebody wants a reload. */
static void on_hangup(struct supervisor *sv)
{
	if (sv->of_terminal && !has_terminal()) {
		begin_stop(sv, EXIT_OK);
		return;
	}
	if (sv->p->launch != NULL)
		reload_ask(&sv->reload, mono_now());
}

static void on_signals(struct supervisor *sv, struct mono now)
{
	struct signalfd_siginfo si;

	while (read(sv->signal_fd, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (si.ssi_signo == SIGCHLD) {
			reap(sv, now);
		} else if (si.ssi_signo == SIGHUP) {
			on_hangup(sv);
		} else if (!sv->stopping) {
			sv->signal = (int)si.ssi_signo;
			begin_stop(sv, EXIT_OK);
		} else {
			for (unsigned i = 0; i < PLAN_PROCESSES; i++)
				if (sv->child[i].pid != 0)
					kill(sv->child[i].pid, SIGKILL);
		}
	}
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
		if (sv->child[i].stage->id != id || (id == STAGE_RECORDER && !sv->captures))
			continue;
		if (sv->child[i].pid == 0 && !sv->child[i].done)
			sv->child[i].due = mono_now(); /* no more waiting */
		ask_to_end(&sv->child[i], mono_now());
		return;
	}
	a->result = -EINVAL;
	snprintf(
		a->text, sizeof(a->text),
		"stages are collector, enricher, evaluator, emitter, and recorder where rules ask for captures");
}

static void answer(void *ctx, const struct control_request *req, struct control_answer *ret)
{
	struct supervisor *sv = ctx;
	enum log_level level;

	switch (req->kind) {
	case CONTROL_STATUS:
		answer_status(sv, ret);
		return;
	case CONTROL_STOP:
		begin_stop(sv, EXIT_OK);
		return;
	case CONTROL_RESTART:
		answer_restart(sv, req->argument, ret);
		return;
	case CONTROL_RELOAD:
		if (sv->p->launch != NULL) {
			reload_answer(&sv->reload, req->argument, ret);
			return;
		}
		ret->result = -EOPNOTSUPP;
		snprintf(ret->text, sizeof(ret->text),
			 "this pipeline has its settings for its life");
		return;
	case CONTROL_LOG_LEVEL:
		ret->result = log_level_parse(req->argument, &level);
		if (ret->result == 0)
			log_set_level(level);
		return;
	default:
		ret->result = -EOPNOTSUPP;
		snprintf(ret->text, sizeof(ret->text), "ask the stages");
		return;
	}
}

/* ---- settings ---- */

static bool tell(void *ctx, enum stage_id stage, enum supply_kind kind, int fd, const char *text)
{
	const struct child *c = child_of(ctx, stage);

	return c->pid != 0 && !c->asked && c->supply != -1 &&
	       supply_send(c->supply, kind, fd, text) == 0;
}

static bool restart(void *ctx, enum stage_id stage)
{
	struct child *c = child_of(ctx, stage);
	bool runs = c->pid != 0;

	/* One that is on its way out may have settings that are neither. */
	ask_to_end(c, mono_now());
	return runs;
}

static void hear_supplied(struct supervisor *sv)
{
	for (unsigned i = 0; i < PLAN_PROCESSES; i++) {
		struct child *c = &sv->child[i];
		struct supply_message m;
		int err;

		while (c->supply != -1 && (err = supply_receive(c->supply, &m)) != -EAGAIN) {
			if (err == -EPROTO)
				continue;
			if (err < 0) {
				close_supply(c);
				break;
			}
			reload_heard(&sv->reload, c->stage->id, &m);
			if (m.fd != -1)
				close(m.fd);
		}
	}
}

/* ---- the loop ---- */

/* When C is to be started.  Those of a replay that start over do so together. */
static struct mono due_of(const struct supervisor *sv, const struct child *c)
{
	if (sv->stopping || c->pid != 0)
		return never;
	if (sv->p->playback != NULL && c->stage->id != STAGE_EMITTER)
		for (unsigned i = 0; i < PLAN_STAGES; i++)
			if (sv->child[i].pid != 0 && sv->child[i].due.ns != NEVER_NS)
				return never;
	return c->due;
}

static int timeout_ms(const struct supervisor *sv, struct mono now, struct mono next)
{
	if (!sv->complete && !sv->stopping && sv->give_up.ns < next.ns)
		next = sv->give_up;
	for (unsigned i = 0; i < PLAN_PROCESSES; i++) {
		const struct child *c = &sv->child[i];
		struct mono at = c->pid == 0 ? due_of(sv, c) : c->asked ? c->kill_at : never;

		if (at.ns < next.ns)
			next = at;
	}
	if (next.ns == NEVER_NS)
		return -1;
	return (int)((mono_since(now, next) + NS_PER_MSEC - 1) / NS_PER_MSEC);
}

/* The collector is the first to start: it has the most to do until it is ready. */
static void clockwork(struct supervisor *sv, struct mono now)
{
	for (unsigned i = PLAN_PROCESSES; i-- > 0;) {
		struct child *c = &sv->child[i];

		kill_overdue(c, now);
		if (now.ns >= due_of(sv, c).ns)
			start_due(sv, c, now);
	}
	if (!sv->complete && !sv->stopping && now.ns >= sv->give_up.ns) {
		log_error("not all stages are ready after %u s, ending",
			  (unsigned)(READY_NS / NS_PER_SEC));
		begin_stop(sv, EXIT_STAGE);
	}
}

/* A replay: are all alerts out? */
static bool all_is_out(struct supervisor *sv)
{
	for (unsigned i = 0; i < PLAN_STAGES; i++)
		if (!is_done(sv, sv->child[i].stage->id))
			return false;
	return forward_is_done(&sv->p->playback->out);
}

static void loop(struct supervisor *sv)
{
	struct playback *pb = sv->p->playback;
	enum { FORWARD = 3, READER, GATHER, WATCH, SUPPLY, ALL = SUPPLY + PLAN_PROCESSES };
	struct pollfd fds[ALL] = {
		{ .fd = sv->signal_fd, .events = POLLIN },
		{ .fd = sv->notify_fd, .events = POLLIN },
		{ .fd = sv->control == NULL ? -1 : control_server_fd(sv->control),
		  .events = POLLIN },
		[FORWARD] = { .fd = -1 },
		[GATHER] = { .fd = -1 },
		[WATCH] = { .fd = -1 },
		[READER] = { .fd = sv->p->until_nobody_reads ? STDOUT_FILENO : -1 }, /* POLLERR */
	};

	for (;;) {
		struct mono now = mono_now(), next = never;

		clockwork(sv, now);
		if (pb != NULL) {
			next = playback_step(pb, now);
			fds[FORWARD].fd = forward_fd(&pb->out, &fds[FORWARD].events);
		} else if (sv->p->launch != NULL && !sv->stopping) {
			next = reload_step(&sv->reload, now);
		}
		if (sv->p->launch != NULL) {
			fds[GATHER] =
				(struct pollfd){ .fd = sv->reload.gather_fd, .events = POLLIN };
			fds[WATCH] =
				(struct pollfd){ .fd = sv->stopping ? -1
								    : watch_fd(sv->reload.watch),
						 .events = POLLIN };
		}
		for (unsigned i = 0; i < PLAN_PROCESSES; i++)
			fds[SUPPLY + i] =
				(struct pollfd){ .fd = sv->child[i].supply, .events = POLLIN };
		if ((sv->stopping && stop_step(sv, now)) || (pb != NULL && all_is_out(sv)))
			return;
		(void)poll(fds, ALL, timeout_ms(sv, now, next));
		now = mono_now();
		hear_supplied(sv);
		on_notify(sv);
		on_signals(sv, now);
		if ((fds[READER].revents & (POLLERR | POLLNVAL)) != 0) {
			fds[READER].fd = -1;
			begin_stop(sv, EXIT_OK);
		}
		if (sv->control != NULL)
			control_server_poll(sv->control, answer, sv);
	}
}

/* ---- set-up ---- */

/* One pipeline to a run directory. */
static int lock_run_dir(struct supervisor *sv)
{
	char path[RUN_DIR_PATH_MAX];
	struct stat ours, there;

	run_dir_path(path, sv->p->run_dir, "lock", "");
	for (unsigned i = 0; i < 10; i++) {
		sv->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (sv->lock_fd == -1)
			return -errno;
		if (flock(sv->lock_fd, LOCK_EX | LOCK_NB) == -1) {
			int err = -errno;

			close(sv->lock_fd);
			sv->lock_fd = -1;
			return err;
		}
		/* One that ended in between has taken the file away with it. */
		if (fstat(sv->lock_fd, &ours) == 0 && stat(path, &there) == 0 &&
		    ours.st_ino == there.st_ino && ours.st_dev == there.st_dev)
			return 0;
		close(sv->lock_fd);
		sv->lock_fd = -1;
	}
	return -EAGAIN;
}

static int open_signals(struct supervisor *sv)
{
	struct sigaction hangup;
	sigset_t set;

	sv->of_terminal = has_terminal() && sigaction(SIGHUP, NULL, &hangup) == 0 &&
			  hangup.sa_handler != SIG_IGN;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	sv->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return sv->signal_fd == -1 ? -errno : 0;
}

static int prepare_run_dir(struct supervisor *sv)
{
	char closed[RUN_DIR_PATH_MAX];
	int err = run_dir_make(sv->p->run_dir, &sv->made_run_dir);

	if (run_dir_closed_above(sv->p->run_dir, closed))
		log_warning("the run directory lies below '%s', which is closed to the stages: "
			    "they are users of their own",
			    closed);
	if (err < 0) {
		log_error("cannot use the run directory '%s': %s", sv->p->run_dir, strerror(-err));
		return err == -ENAMETOOLONG || err == -ENOENT ? EXIT_INPUT : EXIT_HOST;
	}
	err = lock_run_dir(sv);
	if (err == -EWOULDBLOCK) {
		log_error("a pipeline runs in '%s' already: stop it, or take another --run-dir",
			  sv->p->run_dir);
		return EXIT_INPUT;
	}
	if (err < 0) {
		log_error("cannot lock the run directory '%s': %s", sv->p->run_dir, strerror(-err));
		return EXIT_HOST;
	}
	return EXIT_OK;
}

static void open_control(struct supervisor *sv)
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

/* All that we hold open, and all that lies in the run directory. */
static void leave(struct supervisor *sv)
{
	control_server_close(sv->control);
	if (sv->lock_fd != -1) {
		char path[RUN_DIR_PATH_MAX];

		run_dir_clear(sv->p->run_dir);
		run_dir_path(path, sv->p->run_dir, "lock", "");
		unlink(path);
		close(sv->lock_fd);
	}
	if (sv->made_run_dir)
		rmdir(sv->p->run_dir);
	if (sv->signal_fd != -1)
		close(sv->signal_fd);
	if (sv->notify_fd >= 0)
		close(sv->notify_fd);
	for (unsigned i = 0; i < PLAN_PROCESSES; i++)
		fdstore_clear(&sv->child[i].store);
}

int supervisor_run(const struct supervisor_params *params)
{
	static const struct reload_ops reload_ops = { .tell = tell, .restart = restart };
	struct supervisor sv = { .p = params, .signal_fd = -1, .notify_fd = -1, .lock_fd = -1 };
	struct mono now = mono_now();
	int err;

	/* The settings are ours from here on, whatever comes of the rest. */
	if (params->launch != NULL)
		(void)reload_init(&sv.reload, &reload_ops, &sv, params->launch, params->bundle_fd,
				  params->conf);
	sv.exit_code = prepare_run_dir(&sv);
	if (sv.exit_code == EXIT_OK) {
		if ((err = open_signals(&sv)) < 0 ||
		    (err = sv.notify_fd =
			     notify_socket_open(sv.notify_name, sizeof(sv.notify_name))) < 0) {
			log_error("cannot watch the stages: %s", strerror(-err));
			sv.exit_code = EXIT_HOST;
		}
	}
	if (sv.exit_code == EXIT_OK) {
		run_dir_clear(params->run_dir); /* what a killed one has left */
		open_control(&sv);
		for (unsigned i = 0; i < PLAN_PROCESSES; i++)
			sv.child[i] = (struct child){
				.stage = plan_stage(i),
				.state = SUPERVISED_WAITING,
				.due = i < PLAN_STAGES ? now : never,
				.supply = -1,
			};
		sv.give_up = mono_after(now, READY_NS);
		loop(&sv);
	}
	if (params->launch != NULL)
		reload_release(&sv.reload);
	leave(&sv);
	return params->playback != NULL && sv.signal != 0 ? -sv.signal : sv.exit_code;
}
