/* SPDX-License-Identifier: Apache-2.0
 *
 * cmd_record.c -- `mews record`: live events into a capture.  Two processes are started
 * and watched: the collector, and one that reads its ring in the enricher's place and
 * writes the file.  This one stays root for the two, and reads no event.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch.h"
#include "host.h"
#include "mews.h"
#include "plan.h"
#include "record_process.h"
#include "rundir.h"
#include "stage_gauge.h"

#define RUN_DIR		   "/run/mews-record.XXXXXX"
#define RAW_RING	   "mews.rings.raw_mb=64" /* all events: four times what the stages need */
#define READY_NS	   (30 * NS_PER_SEC)
#define MAX_SECONDS	   1e9
#define TAKEN_NS	   (10 * NS_PER_MSEC) /* between two looks at what is collected */
#define PEOPLE_MAX	   ((size_t)8 << 20)
#define COLLECTOR	   "mews-collector"
#define COLLECTOR_PRIORITY -10
#define NEVER_NS	   UINT64_MAX

static const struct mono never = { NEVER_NS };

struct record {
	const char *file, *condition;
	double seconds; /* 0: until it is told to stop */
	struct record_params recorder;
	struct launch launch; /* where the programs are */
	char run_dir[sizeof(RUN_DIR)];
	bool made_file;

	int signal_fd, ready[2];
	pid_t collector_pid, recorder_pid; /* 0: none */
	struct plan_life life;		   /* of the collector */
	bool has_state, is_recording, stopping;
	int code;
	struct mono start_at, end_at, kill_at, give_up, look_at;
};

/* ---- words ---- */

static int take_seconds(struct record *r, const char *arg)
{
	char *end;

	r->seconds = strtod(arg, &end);
	if (*arg == '\0' || *end != '\0' || !(r->seconds > 0) || r->seconds > MAX_SECONDS)
		return usage_error("record", "not a number of seconds", arg);
	return -1;
}

static int take_option(struct record *r, int opt, const char *arg)
{
	switch (opt) {
	case 'o':
		r->file = arg;
		return -1;
	case 'd':
		return take_seconds(r, arg);
	case 'f':
		r->condition = arg;
		return -1;
	case 'h':
		(void)usage_of("record");
		return EXIT_OK;
	default:
		return EXIT_USAGE;
	}
}

static int parse_options(struct record *r, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "duration", required_argument, NULL, 'd' },
		{ "filter", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int code = -1, opt;

	opterr = 0;
	optind = 1;
	while (code == -1 && (opt = getopt_long(argc, argv, ":o:h", longs, NULL)) != -1) {
		if (opt == '?' || opt == ':')
			return usage_error("record", opt == ':' ? "no value for" : "no such option",
					   argv[optind - 1]);
		code = take_option(r, opt, optarg);
	}
	if (code == -1 && optind < argc)
		return usage_error("record", "not expected", argv[optind]);
	if (code == -1 && r->file == NULL) {
		fprintf(stderr, "mews record: -o says where to write, and is missing\n");
		return usage_of("record");
	}
	return code;
}

/* ---- what must be good before anything starts ---- */

static int make_filter(struct record *r)
{
	struct diag diag = { 0 };
	uint64_t seed = 0;
	char clean[512];
	int err;

	if (r->condition == NULL)
		return -1;
	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		return EXIT_HOST;
	err = record_filter_new(span_str(r->condition), seed, &r->recorder.filter, &diag);
	if (err == 0)
		return -1;
	log_escape(clean, sizeof(clean), r->condition);
	if (err == -EINVAL)
		log_error("--filter '%s': column %u: %s", clean, diag.column, diag.message);
	else
		log_error("cannot make the filter: %s", strerror(-err));
	return err == -EINVAL ? EXIT_INPUT : EXIT_HOST;
}

static int open_file(struct record *r)
{
	r->recorder.file = r->file;
	if (strcmp(r->file, "-") == 0) {
		if (isatty(STDOUT_FILENO)) {
			log_error("a capture is nothing for a terminal: name a file");
			return EXIT_INPUT;
		}
		r->recorder.fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		r->recorder.file = "standard output";
	} else {
		/* It holds what programs were given: for its owner alone. */
		r->recorder.fd = open(r->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		r->made_file = r->recorder.fd != -1;
		if (r->recorder.fd == -1 && errno == EEXIST)
			r->recorder.fd = open(r->file, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	}
	if (r->recorder.fd != -1)
		return -1;
	log_error("cannot write '%s': %s", r->file, strerror(errno));
	return EXIT_INPUT;
}

/* The first bytes of a file, at most MOST; free() them.  Empty if there are none. */
static struct span read_file(const char *path, size_t most)
{
	FILE *f = fopen(path, "re");
	uint8_t *bytes = malloc(most);
	size_t n = f == NULL || bytes == NULL ? 0 : fread(bytes, 1, most, f);

	if (f != NULL)
		fclose(f);
	if (n == 0) {
		free(bytes);
		return SPAN_NONE;
	}
	return span_of(bytes, n);
}

static void read_host(struct record *r)
{
	const char *root = getenv("HOST_ROOT");
	struct span max;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/etc/passwd", root == NULL ? "" : root);
	r->recorder.passwd = read_file(path, PEOPLE_MAX);
	snprintf(path, sizeof(path), "%s/etc/group", root == NULL ? "" : root);
	r->recorder.group = read_file(path, PEOPLE_MAX);
	max = read_file("/proc/sys/kernel/pid_max", 32);
	for (size_t i = 0; i < max.n && max.p[i] >= '0' && max.p[i] <= '9'; i++)
		r->recorder.max_pid = 10 * r->recorder.max_pid + (max.p[i] - '0');
	free((void *)(uintptr_t)max.p);
}

static int find_places(struct record *r)
{
	bool made;
	int err, code = launch_find_programs(&r->launch);

	if (code != -1)
		return code;
	memcpy(r->run_dir, RUN_DIR, sizeof(RUN_DIR));
	err = mkdtemp(r->run_dir) == NULL ? -errno : run_dir_make(r->run_dir, &made);
	if (err == 0)
		return -1;
	log_error("cannot make a run directory in /run: %s", strerror(-err));
	return EXIT_HOST;
}

/* ---- the two processes ---- */

static void open_standard(int fd)
{
	int null = open("/dev/null", O_RDWR);

	if (null == -1 || dup2(null, fd) == -1)
		_exit(EXIT_HOST);
}

/* In a child: a group of its own, since the terminal's Ctrl-C is for us alone. */
static void begin_child(void)
{
	setpgid(0, 0);
	open_standard(STDIN_FILENO);
	open_standard(STDOUT_FILENO);
}

static void start_collector(struct record *r, struct mono now)
{
	char path[PATH_MAX], self[16];
	sigset_t none;

	if (snprintf(path, sizeof(path), "%s/" COLLECTOR, r->launch.bin_dir) >= (int)sizeof(path))
		return;
	snprintf(self, sizeof(self), "%d", (int)getpid());
	plan_started(&r->life, now);
	r->start_at = never;
	r->collector_pid = fork();
	if (r->collector_pid == -1) {
		r->collector_pid = 0;
		r->start_at = mono_after(now, NS_PER_SEC);
	}
	if (r->collector_pid != 0)
		return;
	begin_child();
	close_range(STDERR_FILENO + 1, ~0u, 0);
	(void)setpriority(PRIO_PROCESS, 0, COLLECTOR_PRIORITY);
	unsetenv("NOTIFY_SOCKET");
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execl(path, COLLECTOR, "-o", RAW_RING, "--run-dir", r->run_dir, "--supervisor", self,
	      "--at-once", (char *)NULL);
	log_error("cannot start '%s': %s", path, strerror(errno));
	_exit(EXIT_HOST);
}

static int start_recorder(struct record *r)
{
	r->recorder.run_dir = r->run_dir;
	r->recorder.ready_fd = r->ready[1];
	r->recorder.supervisor = getpid();
	r->recorder_pid = fork();
	if (r->recorder_pid == -1) {
		r->recorder_pid = 0;
		log_error("cannot start a process: %s", strerror(errno));
		return EXIT_HOST;
	}
	if (r->recorder_pid != 0)
		return -1;
	begin_child();
	close(r->signal_fd);
	close(r->ready[0]);
	_exit(record_process_run(&r->recorder));
}

/* ---- what happens ---- */

static void begin_stop(struct record *r, int code)
{
	if (r->stopping)
		return;
	r->stopping = true;
	r->code = code;
	r->start_at = r->end_at = never;
}

/* What ends early ends all; the collector is started again as `mews run` does it. */
static void collector_ended(struct record *r, int status, struct mono now)
{
	struct plan_end end = { PLAN_END_EXIT, WEXITSTATUS(status) };
	struct plan_decision d;

	if (WIFSIGNALED(status))
		end = (struct plan_end){ PLAN_END_SIGNAL, WTERMSIG(status) };
	r->collector_pid = 0;
	r->kill_at = never;
	if (r->stopping)
		return;
	d = plan_ended(&r->life, end, PLAN_MAX_DEATHS, now);
	if (d.verdict == PLAN_END_ALL) {
		begin_stop(r, d.code);
		return;
	}
	log_warning(COLLECTOR " ended, starting it again: the recording will have a gap");
	r->start_at = d.at;
}

static void recorder_ended(struct record *r, int status)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_STAGE;

	r->recorder_pid = 0;
	if (WIFSIGNALED(status))
		log_error("the recording was killed by signal %d, '%s' is cut off",
			  WTERMSIG(status), r->recorder.file);
	if (r->stopping && r->code == EXIT_OK)
		r->code = code;
	begin_stop(r, code);
}

static void reap(struct record *r, struct mono now)
{
	int status;

	if (r->collector_pid != 0 && waitpid(r->collector_pid, &status, WNOHANG) > 0)
		collector_ended(r, status, now);
	if (r->recorder_pid != 0 && waitpid(r->recorder_pid, &status, WNOHANG) > 0)
		recorder_ended(r, status);
}

static void on_signals(struct record *r, struct mono now)
{
	struct signalfd_siginfo si;

	while (read(r->signal_fd, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (si.ssi_signo == SIGCHLD)
			reap(r, now);
		else if (!r->stopping)
			begin_stop(r, EXIT_OK);
		else if (r->recorder_pid != 0)
			kill(r->recorder_pid, SIGKILL); /* asked twice */
	}
}

static void on_state(struct record *r, struct mono now)
{
	char byte;

	if (r->has_state || read(r->ready[0], &byte, 1) != 1)
		return;
	r->has_state = true;
	r->look_at = now;
}

/* The state that was there is written: when all is collected that is asked for, too, nothing is missed any more. */
static void look_for_begin(struct record *r, struct mono now)
{
	uint64_t taken;

	if (!stage_gauge(r->run_dir, STAGE_COLLECTOR, COLLECTOR_GAUGE_WANTS_VERSION, &taken) ||
	    taken == 0) {
		r->look_at = mono_after(now, TAKEN_NS);
		return;
	}
	r->is_recording = true;
	log_info("recording to '%s'%s", r->recorder.file, r->seconds > 0 ? "" : ", Ctrl-C ends it");
	if (r->seconds > 0)
		r->end_at = mono_after(now, (uint64_t)(r->seconds * (double)NS_PER_SEC));
}

/* The collector first; when it is gone, the recorder takes what it has left.  True: both
 * are gone. */
static bool stop_step(struct record *r, struct mono now)
{
	if (r->collector_pid != 0) {
		if (r->kill_at.ns == NEVER_NS) {
			r->kill_at = mono_after(now, PLAN_STOP_NS);
			kill(r->collector_pid, SIGTERM);
		} else if (now.ns >= r->kill_at.ns) {
			kill(r->collector_pid, SIGKILL);
		}
		return false;
	}
	if (r->recorder_pid != 0) {
		kill(r->recorder_pid, SIGTERM);
		return false;
	}
	return true;
}

static void clockwork(struct record *r, struct mono now)
{
	if (now.ns >= r->end_at.ns)
		begin_stop(r, EXIT_OK);
	if (!r->stopping && r->collector_pid == 0 && now.ns >= r->start_at.ns)
		start_collector(r, now);
	if (!r->stopping && r->has_state && !r->is_recording && now.ns >= r->look_at.ns)
		look_for_begin(r, now);
	if (!r->stopping && !r->is_recording && now.ns >= r->give_up.ns) {
		log_error("the recording does not begin, giving up");
		begin_stop(r, EXIT_STAGE);
	}
}

static int timeout_ms(const struct record *r, struct mono now)
{
	struct mono next = r->is_recording ? never : r->give_up;

	if (r->stopping)
		return 100;
	if (r->has_state && !r->is_recording)
		next = r->look_at;
	if (r->start_at.ns < next.ns)
		next = r->start_at;
	if (r->end_at.ns < next.ns)
		next = r->end_at;
	if (next.ns == NEVER_NS || next.ns - now.ns > NS_PER_SEC * 3600)
		return 3600 * 1000;
	return next.ns <= now.ns ? 0 : (int)((next.ns - now.ns) / NS_PER_MSEC) + 1;
}

static void loop(struct record *r)
{
	struct pollfd fds[] = {
		{ .fd = r->signal_fd, .events = POLLIN },
		{ .fd = r->ready[0], .events = POLLIN },
	};

	for (;;) {
		struct mono now = mono_now();

		clockwork(r, now);
		if (r->stopping && stop_step(r, now))
			return;
		(void)poll(fds, r->has_state ? 1 : 2, timeout_ms(r, now));
		now = mono_now();
		on_signals(r, now);
		on_state(r, now);
	}
}

static int open_signals(struct record *r)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	r->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (r->signal_fd != -1 && pipe2(r->ready, O_CLOEXEC | O_NONBLOCK) == 0)
		return -1;
	log_error("cannot watch processes: %s", strerror(errno));
	return EXIT_HOST;
}

static void leave(struct record *r)
{
	struct stat st;

	run_dir_clear(r->run_dir);
	rmdir(r->run_dir);
	if (r->made_file && stat(r->file, &st) == 0 && st.st_size == 0)
		unlink(r->file);
	free((void *)(uintptr_t)r->recorder.passwd.p);
	free((void *)(uintptr_t)r->recorder.group.p);
}

int cmd_record(int argc, char **argv)
{
	static struct record r;
	struct mono now = mono_now();
	int code = parse_options(&r, argc, argv);

	if (code != -1 || (code = make_filter(&r)) != -1)
		return code;
	if ((code = host_check_live()) != EXIT_OK)
		return code;
	if ((code = open_file(&r)) != -1 || (code = find_places(&r)) != -1)
		return code;
	read_host(&r);
	r.start_at = now;
	r.end_at = r.kill_at = never;
	r.give_up = mono_after(now, READY_NS);
	if ((code = open_signals(&r)) == -1 && (code = start_recorder(&r)) == -1) {
		close(r.recorder.fd);
		loop(&r);
		code = r.code;
	}
	leave(&r);
	return code;
}
