/* SPDX-License-Identifier: Apache-2.0
 *
 * The real mews-collector with a reader at raw.door: the snapshot comes first, then
 * what happens, with numbers that count up; wants are followed; kill -9 and a new
 * start leave a gap, a new snapshot and a ledger that balances.
 *
 * This program reads as the enricher's user.  A child of it stays root, starts
 * and kills the collector and does what is to be seen, one letter a command.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/tap_kit.h"
#include "control.h"
#include "counter.h"
#include "door.h"
#include "jail.h"
#include "wire.h"

/* Does the kernel side make the event that test_live() wants? */
static bool kernel_makes_kill(void)
{
	static const unsigned made[] = {
#define CAPTURE(event, family, class) EVENT_##event,
#include "family.def"
#undef CAPTURE
	};

	for (unsigned i = 0; i < ARRAY_LEN(made); i++)
		if (made[i] == EVENT_SYSCALL_KILL_X)
			return true;
	return false;
}

/* ---- the child that stays root ---- */

static char run_dir[] = "/tmp/mews-test-XXXXXX";
static int commands, answers;

static pid_t start_collector(const char *program)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(2, 1);
	execl(program, program, "--run-dir", run_dir, "-c", "/dev/null", "-o",
	      "mews.rings.raw_mb=4", (char *)NULL);
	_exit(127);
}

static void flood(void)
{
	for (unsigned i = 0; i < 30000; i++)
		close(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

/* Nothing stays behind, whatever the collector left. */
static void clean_up(void)
{
	static const char *const names[] = { "raw.door", "collector.ctl" };
	char path[sizeof(run_dir) + 32];

	for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", run_dir, names[i]);
		unlink(path);
	}
	if (rmdir(run_dir) == -1)
		printf("# cannot remove '%s': %s\n", run_dir, strerror(errno));
}

static void act(const char *program)
{
	pid_t collector = start_collector(program);
	int status;
	char c;

	while (read(commands, &c, 1) == 1) {
		switch (c) {
		case 'o': /* something to see */
			close(open("/etc/shadow", O_RDONLY | O_CLOEXEC));
			break;
		case 'w':
			kill(getpid(), 0);
			break;
		case 'f':
			flood();
			break;
		case 'F': /* the same, beside what comes next */
			if (fork() == 0) {
				flood();
				_exit(0);
			}
			break;
		case 'k':
			kill(collector, SIGKILL);
			waitpid(collector, &status, 0);
			break;
		case 's':
			collector = start_collector(program);
			break;
		case 't': /* a clean end: its exit code */
			kill(collector, SIGTERM);
			waitpid(collector, &status, 0);
			c = WIFEXITED(status) ? (char)('0' + WEXITSTATUS(status)) : 'x';
			break;
		}
		if (write(answers, &c, 1) != 1)
			break;
	}
	kill(collector, SIGKILL);
	waitpid(collector, &status, 0);
	clean_up();
	_exit(0);
}

static int to_child, from_child;

static char command(char c)
{
	if (write(to_child, &c, 1) != 1 || read(from_child, &c, 1) != 1)
		exit(1);
	return c;
}

/* ---- reading ---- */

static struct {
	unsigned begins, ends, hosts, tasks, files, events, gaps, bad, inits;
	unsigned shadows, kills;
	uint64_t gap_count[GAP_CAUSE_COUNT];
	unsigned gap_seen[GAP_CAUSE_COUNT];
	uint64_t last_num, disorder;
	uint64_t latency_ns;
	bool event_before_snapshot_end, doubt;
	struct task_read_frame told[4];
	unsigned ntold;
	int64_t task, file_of; /* the last ones */
} got;

static void see_event(struct span payload)
{
	struct raw_event ev;

	if (wire_decode_raw_event(payload, &ev) < 0) {
		got.bad++;
		return;
	}
	got.events++;
	got.event_before_snapshot_end |= got.ends == 0;
	if (got.last_num != 0 && ev.num != got.last_num + 1)
		got.disorder++;
	got.last_num = ev.num;
	if (ev.code == EVENT_SYSCALL_OPENAT_2_X && span_is(ev.params[2].s, "/etc/shadow") &&
	    ev.has_file && span_is(ev.file.path, "/etc/shadow")) {
		got.shadows++;
		got.latency_ns = wall_now().ns - ev.ts_ns;
	}
	got.kills += ev.code == EVENT_SYSCALL_KILL_X;
}

static void see(const struct ring_frame *f)
{
	struct task_file_frame file;
	struct task_frame task;
	struct gap_frame gap;

	switch (f->type) {
	case FRAME_RAW_EVENT:
		see_event(f->payload);
		return;
	case FRAME_GAP:
		if (wire_decode_gap(f->payload, &gap) < 0 || gap.cause >= GAP_CAUSE_COUNT) {
			got.bad++;
			return;
		}
		got.gaps++;
		got.gap_seen[gap.cause]++;
		got.gap_count[gap.cause] += gap.count;
		got.doubt |= gap.doubt;
		return;
	case FRAME_TASK:
		got.tasks++;
		got.bad += wire_decode_task(f->payload, &task) < 0;
		got.inits += task.info.tid == 1;
		got.task = task.info.tid;
		return;
	case FRAME_TASK_FILE:
		got.files++;
		got.bad += wire_decode_task_file(f->payload, &file) < 0;
		got.file_of = file.tid;
		return;
	case FRAME_TASK_READ:
		if (got.ntold == ARRAY_LEN(got.told) ||
		    wire_decode_task_read(f->payload, &got.told[got.ntold++]) < 0)
			got.bad++;
		return;
	}
	got.begins += f->type == FRAME_SNAPSHOT_BEGIN;
	got.ends += f->type == FRAME_SNAPSHOT_END;
	got.hosts += f->type == FRAME_HOST;
}

static struct inlet *in;
static struct ring_counts mine;

/* Read until DONE says so, or SECONDS are over. */
static bool read_until(bool (*done)(void), double seconds)
{
	uint64_t end = mono_now().ns + (uint64_t)(seconds * 1e9);
	struct ring_frame f;

	while (mono_now().ns < end) {
		inlet_poll(in, mono_now());
		while (inlet_next(in, &f) == 1)
			see(&f);
		inlet_commit(in, &mine);
		if (done())
			return true;
		inlet_wait(in, 5 * NS_PER_MSEC);
	}
	return done();
}

static bool never(void)
{
	return false;
}

static bool has_snapshot(void)
{
	return got.ends > 0;
}

static bool has_another_snapshot(void)
{
	return got.ends > 1;
}

static bool has_shadow(void)
{
	return got.shadows > 0;
}

static bool has_kill(void)
{
	return got.kills > 0;
}

static bool has_gap(void)
{
	return got.gaps > 0;
}

static bool has_restart(void)
{
	return got.gap_seen[GAP_RESTART] > 0 && got.ends > 0;
}

static bool has_doubt(void)
{
	return got.doubt;
}

static bool is_told(void)
{
	return got.ntold > 0;
}

/* ---- the ledger ---- */

static struct ring_counts collectors_counts(void)
{
	static const struct control_request req = { .kind = CONTROL_STATUS };
	static struct control_answer a;
	char path[sizeof(run_dir) + 32];
	int err;

	snprintf(path, sizeof(path), "%s/collector.ctl", run_dir);
	err = control_ask(path, &req, 2 * NS_PER_SEC, &a);
	if (err < 0 || !a.has_status) {
		printf("# no status: %s\n", strerror(-err));
		memset(&a, 0, sizeof(a));
	}
	return a.status.counts;
}

static void check_ledger(const char *what)
{
	bool seen_ok = false, taken_ok = false;
	struct ring_counts c = { 0 };
	const uint64_t *v = c.v;
	uint64_t dealt;

	for (unsigned i = 0; i < 100 && !(seen_ok && taken_ok); i++) {
		read_until(never, 0.06);
		c = collectors_counts();
		dealt = v[COLLECTOR_TAKEN] + v[COLLECTOR_LOST_KERNEL] + v[COLLECTOR_LOST_RESTART];

		/* Other programs go on: what waits in the kernel's buffers is little, more when
		 * nobody asked for it, and never less than nothing. */
		seen_ok = v[COLLECTOR_SEEN] >= dealt && v[COLLECTOR_SEEN] - dealt < 1000;
		taken_ok = v[COLLECTOR_TAKEN] == v[COLLECTOR_OUT] + v[COLLECTOR_REFUSED] +
							 v[COLLECTOR_LOST_RING] +
							 v[COLLECTOR_FILTERED];
	}
	printf("# seen %llu taken %llu out %llu filtered %llu refused %llu lost: kernel %llu ring "
	       "%llu restart %llu\n",
	       (unsigned long long)c.v[COLLECTOR_SEEN], (unsigned long long)c.v[COLLECTOR_TAKEN],
	       (unsigned long long)c.v[COLLECTOR_OUT], (unsigned long long)c.v[COLLECTOR_FILTERED],
	       (unsigned long long)c.v[COLLECTOR_REFUSED],
	       (unsigned long long)c.v[COLLECTOR_LOST_KERNEL],
	       (unsigned long long)c.v[COLLECTOR_LOST_RING],
	       (unsigned long long)c.v[COLLECTOR_LOST_RESTART]);
	check(seen_ok && taken_ok && v[COLLECTOR_TAKEN] > 0 && v[COLLECTOR_REFUSED] == 0, "%s",
	      what);
}

/* ---- the tests ---- */

static void test_live(void)
{
	struct ring_wants wants = { .version = 1 };
	uint64_t worst = 0;

	check(read_until(has_snapshot, 10), "a reader that comes gets a snapshot");
	check(got.begins == 1 && got.hosts == 1 && got.inits == 1 && got.tasks > 1 &&
		      got.files > 1 && got.bad == 0 && !got.event_before_snapshot_end,
	      "whole, and before the first event");
	check(read_until(has_another_snapshot, 20) && got.bad == 0,
	      "when all programs are loaded it gets another, in line");
	for (unsigned i = 0; i < 20; i++) {
		got.shadows = 0;
		command('o');
		if (!read_until(has_shadow, 2))
			break;
		worst = got.latency_ns > worst ? got.latency_ns : worst;
	}
	printf("# from the system call to the reader: at most %llu us\n",
	       (unsigned long long)worst / 1000);
	check(got.shadows > 0, "what happens comes through, each time");
	command('w');
	read_until(never, 0.2);
	check(got.kills == 0, "what nobody wants does not");
	wants.events[EVENT_SYSCALL_KILL_X / 64] |= UINT64_C(1) << (EVENT_SYSCALL_KILL_X % 64);
	inlet_want(in, &wants);
	read_until(never, 0.2);
	command('w');
	if (kernel_makes_kill())
		check(read_until(has_kill, 1), "what somebody wants now does, at once");
	check(got.disorder == 0 && got.bad == 0, "events are numbered without a hole");
	check_ledger("the ledger balances");
}

static void test_loss(void)
{
	uint64_t lost;

	memset(&got, 0, sizeof(got));
	command('f'); /* nobody reads meanwhile, and ring raw is small */
	command('f');
	check(read_until(has_gap, 5), "a flood that is not read leaves a gap in the line");
	check(read_until(has_doubt, 10), "that says that state may be wrong");
	check_ledger("the ledger balances after it");
	lost = got.gap_count[GAP_RING] + got.gap_count[GAP_KERNEL_BUFFER];
	check(got.disorder == 0 && got.bad == 0, "events are still numbered without a hole");
	check(lost == collectors_counts().v[COLLECTOR_LOST_RING] +
			      collectors_counts().v[COLLECTOR_LOST_KERNEL],
	      "the gaps say exactly how many were lost");
}

/* Ask, and have the answer. */
static bool asked(int32_t tid, int32_t of)
{
	struct ring_ask ask = { tid, of };

	memset(&got, 0, sizeof(got));
	return inlet_ask(in, &ask) && read_until(is_told, 10) && got.bad == 0 && got.ntold == 1 &&
	       got.told[0].tid == tid && got.told[0].of == of;
}

static void *wait_there(void *arg)
{
	pthread_mutex_lock(arg);
	pthread_mutex_unlock(arg);
	return NULL;
}

static void test_asks(void)
{
	pthread_mutex_t there = PTHREAD_MUTEX_INITIALIZER;
	int32_t self = getpid(), gone = fork(), thread = 0;
	pthread_t other;
	DIR *dir;

	if (gone == 0)
		_exit(0);
	check(asked(self, RING_ASK_FILES) && !got.told[0].gone && got.tasks == 1 &&
		      got.task == self && got.files > 3 && got.file_of == self,
	      "a process that is asked for comes again, with its files");
	check(asked(self, RING_ASK_TASK) && !got.told[0].gone && got.tasks == 1 && got.files == 0,
	      "or without");
	check(asked(self, 0) && !got.told[0].gone && got.tasks == 0 && got.files == 1,
	      "or one of its descriptors");
	check(asked(self, 9999) && got.told[0].gone && got.files == 0, "that is there");
	check(asked(gone, RING_ASK_FILES) && got.told[0].gone && got.tasks == 0,
	      "who has ended is gone, though nobody waited for it yet");
	waitpid(gone, NULL, 0);
	check(asked(gone, RING_ASK_TASK) && got.told[0].gone, "and then, too");
	check(asked(-7, RING_ASK_FILES) && got.told[0].gone && asked(self, INT32_MIN),
	      "nonsense is answered");

	pthread_mutex_lock(&there);
	pthread_create(&other, NULL, wait_there, &there);
	dir = opendir("/proc/self/task");
	for (const struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;)
		if (atoi(e->d_name) > 0 && atoi(e->d_name) != self)
			thread = atoi(e->d_name);
	closedir(dir);
	check(asked(thread, RING_ASK_FILES) && got.tasks == 2 && got.task == thread &&
		      got.files > 3 && got.file_of == self,
	      "of a thread that nobody knew, its process comes first");
	check(asked(thread, RING_ASK_TASK) && got.tasks == 1 && got.task == thread &&
		      got.files == 0,
	      "of another one, that alone");
	pthread_mutex_unlock(&there);
	pthread_join(other, NULL);
}

static void test_kill(void)
{
	struct ring_counts before = collectors_counts(), after;

	memset(&got, 0, sizeof(got));
	command('k');
	command('s');
	check(read_until(has_restart, 10), "kill -9 and a new start: a gap and a new snapshot");
	command('o');
	check(read_until(has_shadow, 5), "and events come again");
	after = collectors_counts();
	check(after.v[COLLECTOR_OUT] > before.v[COLLECTOR_OUT] &&
		      after.v[COLLECTOR_SEEN] > before.v[COLLECTOR_SEEN] &&
		      after.v[COLLECTOR_SNAPSHOTS] > before.v[COLLECTOR_SNAPSHOTS],
	      "the counters go on");
	check_ledger("the ledger balances after it");
	for (unsigned i = 0; i < 3; i++) {
		memset(&got, 0, sizeof(got));
		command('F');
		read_until(never, 0.02 * (i + 1)); /* somewhere in the middle of it */
		command('k');
		command('s');
		read_until(has_restart, 10);
	}
	check(got.gap_seen[GAP_RESTART] == 1 && got.bad == 0,
	      "and kill -9 in a flood, again and again");
	check_ledger("the ledger balances after that too");
	check(command('t') == '0', "a clean end has exit code 0");
}

static void become_reader(void)
{
	struct jail_identity id = jail_identity(STAGE_ENRICHER);

	if (setgroups(1, &id.gid) == -1 || setresgid(id.gid, id.gid, id.gid) == -1 ||
	    setresuid(id.uid, id.uid, id.uid) == -1)
		exit(1);
}

int main(int argc, char **argv)
{
	struct inlet_params p = { 0 };
	char program[4096], door[4096];
	int down[2], up[2];
	char *slash;
	pid_t child;

	(void)argc;
	if (geteuid() != 0 || access("/sys/kernel/btf/vmlinux", R_OK) == -1) {
		printf("1..1\nok 1 - the collector # SKIP needs root and a kernel with BTF\n");
		return 0;
	}
	snprintf(program, sizeof(program), "%s", argv[0]);
	slash = strstr(program, "/tests/privileged/");
	if (slash == NULL || mkdtemp(run_dir) == NULL || pipe2(down, O_CLOEXEC) == -1 ||
	    pipe2(up, O_CLOEXEC) == -1)
		return 1;
	snprintf(slash, sizeof(program) - (size_t)(slash - program), "/bin/mews-collector");
	chmod(run_dir, 0755);
	p.writer_uid = jail_identity(STAGE_COLLECTOR).uid;
	child = fork();
	if (child == 0) {
		close(down[1]);
		close(up[0]);
		commands = down[0];
		answers = up[1];
		act(program);
	}
	close(down[0]);
	to_child = down[1];
	from_child = up[0];
	become_reader();
	snprintf(door, sizeof(door), "%s/raw.door", run_dir);
	p.door = door;
	if (inlet_open(&p, &in) < 0)
		return 1;
	test_live();
	test_loss();
	test_asks();
	test_kill();
	printf("1..%u\n", tests);
	inlet_close(in);
	close(to_child);
	waitpid(child, NULL, 0);
	return failures > 0;
}
