/* SPDX-License-Identifier: Apache-2.0
 *
 * supervisor.c -- one loop over four descriptors: signals, the stages' words
 * that they are ready, control, and the clock.  What to do when a stage ends is
 * decided in plan.c.
 *
 * Nothing that a stage says is trusted: a word of readiness counts if the kernel
 * says that it comes from the stage's process, a request on the control socket
 * if the kernel says that its sender is root.
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
#include "plan.h"
#include "rundir.h"
#include "supervisor.h"

#define READY_NS  (30 * NS_PER_SEC) /* the first start of all stages */
#define OWN_ARGS  6
#define NEVER_NS  UINT64_MAX
#define NAME_SIZE 16

struct child {
	const struct plan_stage *stage;
	enum supervised_state state;
	struct plan_life life;
	pid_t pid;	     /* 0: none */
	bool asked;	     /* told to end */
	struct mono due;     /* SUPERVISED_WAITING: when it starts */
	struct mono kill_at; /* asked: when it is killed */
};

struct supervisor {
	const struct supervisor_params *p;
	struct child child[PLAN_STAGES];
	struct control_server *control;
	int signal_fd, notify_fd, lock_fd;
	char notify_name[64]; /* as $NOTIFY_SOCKET has it */
	bool made_run_dir;
	bool complete;	     /* all stages were ready once */
	struct mono give_up; /* when the first start takes too long */
	bool stopping;
	int exit_code;
};

static const struct mono never = { NEVER_NS };

/* ---- start ---- */

/* In the child, after fork and before exec: nothing but system calls. */
static _Noreturn void become_stage(const struct child *c, const char *path, char **argv,
				   char **envp)
{
	static const char failed[] = "mews: cannot start a stage's program\n";
	sigset_t none;
	int null = open("/dev/null", O_RDWR);
	ssize_t written;

	/* A group of its own: the terminal's Ctrl-C is for the supervisor alone. */
	setpgid(0, 0);
	if (null == -1 || dup2(null, STDIN_FILENO) == -1 ||
	    (c->stage->out == PLAN_STDOUT_NONE && dup2(null, STDOUT_FILENO) == -1))
		_exit(EXIT_HOST);
	close_range(STDERR_FILENO + 1, ~0u, 0);
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	(void)setpriority(PRIO_PROCESS, 0, c->stage->nice); /* better, not needed */
	signal(SIGTTOU, SIG_IGN); /* alerts reach the terminal from that group too */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(path, argv, envp);
	written = write(STDERR_FILENO, failed, sizeof(failed) - 1);
	(void)written;
	_exit(EXIT_HOST);
}

/* The environment with the place where readiness is told. */
static char **make_environment(const struct supervisor *sv, char *entry, size_t cap)
{
	unsigned n = 0, at = 0;
	char **envp;

	while (environ[n] != NULL)
		n++;
	envp = calloc(n + 2, sizeof(*envp));
	if (envp == NULL)
		return NULL;
	for (unsigned i = 0; i < n; i++)
		if (strncmp(environ[i], "NOTIFY_SOCKET=", 14) != 0)
			envp[at++] = environ[i];
	snprintf(entry, cap, "NOTIFY_SOCKET=%s", sv->notify_name);
	envp[at] = entry;
	return envp;
}

static int start(struct supervisor *sv, struct child *c)
{
	char path[4096], self[NAME_SIZE], notify[96];
	char **argv = calloc(sv->p->nargs + OWN_ARGS, sizeof(*argv));
	char **envp = make_environment(sv, notify, sizeof(notify));
	unsigned n = 0;
	pid_t pid = -1;

	if (argv == NULL || envp == NULL)
		goto done;
	snprintf(path, sizeof(path), "%s/%s", sv->p->bin_dir, c->stage->program);
	snprintf(self, sizeof(self), "%d", (int)getpid());
	argv[n++] = (char *)(uintptr_t)c->stage->program;
	for (unsigned i = 0; i < sv->p->nargs; i++)
		argv[n++] = (char *)(uintptr_t)sv->p->args[i];
	argv[n++] = (char *)(uintptr_t) "--run-dir";
	argv[n++] = (char *)(uintptr_t)sv->p->run_dir;
	argv[n++] = (char *)(uintptr_t) "--supervisor";
	argv[n++] = self;
	pid = fork();
	if (pid == 0)
		become_stage(c, path, argv, envp);
done:
	free(argv);
	free(envp);
	return pid == -1 ? -ENOMEM : (int)pid;
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
	c->asked = false;
	c->kill_at = never;
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
	if (d.verdict == PLAN_END_ALL)
		snprintf(next, sizeof(next), "ending");
	else
		snprintf(next, sizeof(next), "starting it again in %u ms",
			 (unsigned)(mono_since(now, d.at) / NS_PER_MSEC));
	log_warning("%s %s, %s", c->stage->program, what, next);
}

static void child_ended(struct supervisor *sv, struct child *c, int status, struct mono now)
{
	struct plan_end end = end_of(c, status);
	struct plan_decision d;

	c->pid = 0;
	c->state = SUPERVISED_WAITING;
	c->due = never;
	if (sv->stopping)
		return;
	d = plan_ended(&c->life, end, now);
	if (end.kind != PLAN_END_ASKED)
		say_ended(c, end, d, now);
	if (d.verdict == PLAN_END_ALL)
		begin_stop(sv, d.code);
	else
		c->due = d.at;
}

static void reap(struct supervisor *sv, struct mono now)
{
	for (unsigned i = 0; i < PLAN_STAGES; i++) {
		struct child *c = &sv->child[i];
		int status;

		if (c->pid != 0 && waitpid(c->pid, &status, WNOHANG) == c->pid)
			child_ended(sv, c, status, now);
	}
}

/* Ends the other way round than they were started: the next one is told when
 * the one before it is gone.  True when all are. */
static bool stop_step(struct supervisor *sv, struct mono now)
{
	for (unsigned i = PLAN_STAGES; i-- > 0;) {
		if (sv->child[i].pid == 0)
			continue;
		ask_to_end(&sv->child[i], now);
		return false;
	}
	return true;
}

/* ---- what comes in ---- */

static void on_signals(struct supervisor *sv, struct mono now)
{
	struct signalfd_siginfo si;

	while (read(sv->signal_fd, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (si.ssi_signo == SIGCHLD) {
			reap(sv, now);
		} else if (si.ssi_signo == SIGHUP) {
			for (unsigned i = 0; i < PLAN_STAGES; i++)
				if (sv->child[i].pid != 0)
					kill(sv->child[i].pid, SIGHUP);
		} else if (!sv->stopping) {
			begin_stop(sv, EXIT_OK);
		} else {
			for (unsigned i = 0; i < PLAN_STAGES; i++)
				if (sv->child[i].pid != 0)
					kill(sv->child[i].pid, SIGKILL);
		}
	}
}

static void look_if_complete(struct supervisor *sv)
{
	unsigned running = 0;

	for (unsigned i = 0; i < PLAN_STAGES; i++)
		running += sv->child[i].state == SUPERVISED_RUNNING;
	/* The collector comes last: the others must be there to take what it sees. */
	if (!sv->complete && running == PLAN_STAGES - 1 && sv->child[PLAN_STAGES - 1].pid == 0)
		sv->child[PLAN_STAGES - 1].due = mono_now();
	if (sv->complete || running < PLAN_STAGES)
		return;
	sv->complete = true;
	log_info("watching, run directory '%s'", sv->p->run_dir);
}

static void on_notify(struct supervisor *sv)
{
	char text[64];
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec iov = { text, sizeof(text) };

	for (;;) {
		struct msghdr msg = { .msg_iov = &iov,
				      .msg_iovlen = 1,
				      .msg_control = &control,
				      .msg_controllen = sizeof(control) };
		ssize_t n = recvmsg(sv->notify_fd, &msg, MSG_DONTWAIT);
		const struct cmsghdr *cm = n > 0 ? CMSG_FIRSTHDR(&msg) : NULL;
		struct ucred who;

		if (n < 0)
			return;
		if (n != 7 || memcmp(text, "READY=1", 7) != 0 || cm == NULL ||
		    cm->cmsg_level != SOL_SOCKET || cm->cmsg_type != SCM_CREDENTIALS)
			continue;
		memcpy(&who, CMSG_DATA(cm), sizeof(who));
		for (unsigned i = 0; i < PLAN_STAGES; i++)
			if (sv->child[i].pid == who.pid && who.pid != 0 &&
			    sv->child[i].state == SUPERVISED_STARTING)
				sv->child[i].state = SUPERVISED_RUNNING;
		look_if_complete(sv);
	}
}

static void answer_status(const struct supervisor *sv, struct control_answer *a)
{
	for (unsigned i = PLAN_STAGES; i-- > 0;) {
		const struct child *c = &sv->child[i];

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

	for (unsigned i = 0; i < PLAN_STAGES; i++) {
		if (sv->child[i].stage->id != id)
			continue;
		if (sv->child[i].pid == 0)
			sv->child[i].due = mono_now(); /* no more waiting */
		ask_to_end(&sv->child[i], mono_now());
		return;
	}
	a->result = -EINVAL;
	snprintf(a->text, sizeof(a->text), "stages are collector, enricher, evaluator, emitter");
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

/* ---- the loop ---- */

static int timeout_ms(const struct supervisor *sv, struct mono now)
{
	struct mono next = sv->complete || sv->stopping ? never : sv->give_up;

	for (unsigned i = 0; i < PLAN_STAGES; i++) {
		const struct child *c = &sv->child[i];
		struct mono at = c->pid == 0 ? c->due : c->asked ? c->kill_at : never;

		if (!(sv->stopping && c->pid == 0) && at.ns < next.ns)
			next = at;
	}
	if (next.ns == NEVER_NS)
		return -1;
	return (int)((mono_since(now, next) + NS_PER_MSEC - 1) / NS_PER_MSEC);
}

static void clockwork(struct supervisor *sv, struct mono now)
{
	for (unsigned i = 0; i < PLAN_STAGES; i++) {
		struct child *c = &sv->child[i];

		kill_overdue(c, now);
		if (!sv->stopping && c->pid == 0 && now.ns >= c->due.ns)
			start_due(sv, c, now);
	}
	if (!sv->complete && !sv->stopping && now.ns >= sv->give_up.ns) {
		log_error("not all stages are ready after %u s, ending",
			  (unsigned)(READY_NS / NS_PER_SEC));
		begin_stop(sv, EXIT_STAGE);
	}
}

static void loop(struct supervisor *sv)
{
	struct pollfd fds[] = {
		{ .fd = sv->signal_fd, .events = POLLIN },
		{ .fd = sv->notify_fd, .events = POLLIN },
		{ .fd = sv->control == NULL ? -1 : control_server_fd(sv->control),
		  .events = POLLIN },
	};

	for (;;) {
		struct mono now = mono_now();

		clockwork(sv, now);
		if (sv->stopping && stop_step(sv, now))
			return;
		(void)poll(fds, 3, timeout_ms(sv, now));
		now = mono_now();
		on_notify(sv);
		on_signals(sv, now);
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
	sigset_t set;

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

/* An address that the kernel chooses: nothing of it lies in a file system. */
static int open_notify(struct supervisor *sv)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(addr);
	int on = 1;

	sv->notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sv->notify_fd == -1 ||
	    setsockopt(sv->notify_fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == -1 ||
	    bind(sv->notify_fd, (struct sockaddr *)&addr, sizeof(sa_family_t)) == -1 ||
	    getsockname(sv->notify_fd, (struct sockaddr *)&addr, &len) == -1)
		return -errno;
	snprintf(sv->notify_name, sizeof(sv->notify_name), "@%.*s",
		 (int)(len - sizeof(sa_family_t) - 1), addr.sun_path + 1);
	return 0;
}

static int prepare_run_dir(struct supervisor *sv)
{
	int err = run_dir_make(sv->p->run_dir, &sv->made_run_dir);

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
		if (sv->made_run_dir)
			rmdir(sv->p->run_dir);
	}
	if (sv->signal_fd != -1)
		close(sv->signal_fd);
	if (sv->notify_fd != -1)
		close(sv->notify_fd);
}

int supervisor_run(const struct supervisor_params *params)
{
	struct supervisor sv = { .p = params, .signal_fd = -1, .notify_fd = -1, .lock_fd = -1 };
	struct mono now = mono_now();
	int err;

	sv.exit_code = prepare_run_dir(&sv);
	if (sv.exit_code == EXIT_OK) {
		if ((err = open_signals(&sv)) < 0 || (err = open_notify(&sv)) < 0) {
			log_error("cannot watch the stages: %s", strerror(-err));
			sv.exit_code = EXIT_HOST;
		}
	}
	if (sv.exit_code == EXIT_OK) {
		run_dir_clear(params->run_dir); /* what a killed one has left */
		open_control(&sv);
		for (unsigned i = 0; i < PLAN_STAGES; i++)
			sv.child[i] = (struct child){
				.stage = plan_stage(i),
				.state = SUPERVISED_WAITING,
				.due = i < PLAN_STAGES - 1 ? now : never,
			};
		sv.give_up = mono_after(now, READY_NS);
		loop(&sv);
	}
	leave(&sv);
	return sv.exit_code;
}
