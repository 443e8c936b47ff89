/* SPDX-License-Identifier: Apache-2.0
 *
 * The live source alone, without rings: what a child of this program does comes
 * out as events with the right values, the counts balance, and a snapshot shows
 * this program as it is.  A plain program that prints TAP; needs root and BTF,
 * else it skips and says why.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/tap_kit.h"
#include "procfs.h"
#include "sensor.h"

/* The same for events of CODE, if the kernel side makes them at all. */
static void check_event(unsigned code, bool ok, const char *what)
{
	switch (code) {
#define CAPTURE(event, family, class) case EVENT_##event:
#include "family.def"
#undef CAPTURE
		check(ok, "%s", what);
		return;
	}
	skipped(what, "the kernel side does not make this event");
}

/* ---- what came ---- */

enum { MAX_KEPT = 4096 };

struct kept {
	struct raw_event ev;
	uint8_t *bytes; /* of its spans */
};

static struct kept kept[MAX_KEPT];
static unsigned nkept;
static uint64_t taken, refused, last_ts, unordered;
static pid_t watched;	       /* a child that lives through the snapshot, */
static uint64_t watched_start; /* and its start as its events say */
/* How many were taken with a stamp before the counts were read, and how many until they had been. */
static uint64_t from_ts, until_ts, taken_from, taken_until;

static struct span keep_span(struct span s, uint8_t **at)
{
	struct span copy = span_of(*at, s.n);

	if (s.n > 0)
		memcpy(*at, s.p, s.n);
	*at += s.n;
	return copy;
}

static void keep(const struct raw_event *ev)
{
	struct kept *k = &kept[nkept];
	uint8_t *at;

	if (nkept == MAX_KEPT)
		return;
	k->ev = *ev;
	k->bytes = at = malloc(64 * 1024);
	for (unsigned i = 0; i < ev->nparams; i++)
		if (ev->params[i].kind == PARAM_BYTES)
			k->ev.params[i].s = keep_span(ev->params[i].s, &at);
	k->ev.file.path = ev->has_file ? keep_span(ev->file.path, &at) : SPAN_NONE;
	k->ev.file.tuple = ev->has_file ? keep_span(ev->file.tuple, &at) : SPAN_NONE;
	nkept++;
}

static bool wait_for(void *ctx, int fd, uint64_t timeout_ns)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	(void)ctx;
	return poll(&p, 1, (int)(timeout_ns / NS_PER_MSEC)) > 0;
}

/* Take events for a while; those of the process PID (0: of none) are kept. */
static void take(struct source *s, uint64_t ns, int64_t pid)
{
	uint64_t end = s->ops->now(s) + ns;
	struct raw_event ev;
	int err;

	while (s->ops->now(s) < end) {
		s->ops->begin(s);
		for (unsigned i = 0; i < 512 && (err = s->ops->next(s, &ev)) != 0; i++) {
			taken++;
			if (err == -EPROTO) {
				refused++;
				continue;
			}
			unordered += ev.ts_ns < last_ts;
			last_ts = ev.ts_ns;
			taken_from += ev.ts_ns <= from_ts;
			taken_until += ev.ts_ns <= until_ts;
			if (ev.tid == watched)
				watched_start = ev.start_ns;
			if (ev.pid == pid)
				keep(&ev);
		}
		s->ops->commit(s);
		s->ops->wait(s, 20 * NS_PER_MSEC, wait_for, NULL);
	}
}

static void forget(void)
{
	while (nkept > 0)
		free(kept[--nkept].bytes);
}

/* The first kept event of CODE whose parameter NAME is the text (NULL: any). */
static const struct raw_event *find(unsigned code, const char *name, const char *text)
{
	int at = name == NULL ? -1 : event_param_index(code, span_str(name));

	for (unsigned i = 0; i < nkept; i++)
		if (kept[i].ev.code == code &&
		    (at < 0 || (kept[i].ev.params[at].kind == PARAM_BYTES &&
				span_is(kept[i].ev.params[at].s, text))))
			return &kept[i].ev;
	return NULL;
}

static int64_t number_of(const struct raw_event *ev, const char *name)
{
	int at = event_param_index(ev->code, span_str(name));

	return at >= 0 && ev->params[at].kind == PARAM_INT ? ev->params[at].i : INT64_MIN;
}

static struct span text_of(const struct raw_event *ev, const char *name)
{
	int at = event_param_index(ev->code, span_str(name));

	return at >= 0 && ev->params[at].kind == PARAM_BYTES ? ev->params[at].s : SPAN_NONE;
}

/* ---- what the child does ---- */

static char *const child_argv[] = { (char *)"true-of-mews", (char *)"first", (char *)"second",
				    NULL };

static void child(int go)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(9),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char byte;
	int fd;

	if (read(go, &byte, 1) != 1)
		_exit(1);
	fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	close(fd);
	fd = open("/nonexistent/mews", O_RDONLY);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == -1 || chdir("/tmp") == -1)
		_exit(1);
	execve("/bin/true", child_argv, (char *const[]){ (char *)"MEWS=here", NULL });
	_exit(1);
}

static pid_t start_child(int *ret_go)
{
	int go[2];
	pid_t pid;

	if (pipe2(go, O_CLOEXEC) == -1)
		exit(1);
	pid = fork();
	if (pid == 0)
		child(go[0]);
	close(go[0]);
	*ret_go = go[1];
	return pid;
}

static void test_child(struct source *s)
{
	const struct raw_event *ev;
	struct stat st;
	uint64_t start;
	int go, status;
	pid_t pid = start_child(&go);

	if (write(go, "x", 1) != 1)
		exit(1);
	take(s, 300 * NS_PER_MSEC, pid);
	waitpid(pid, &status, 0);
	close(go);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child did what it should");

	ev = find(EVENT_SYSCALL_OPENAT_2_X, "name", "/etc/passwd");
	stat("/etc/passwd", &st);
	check(ev != NULL, "an openat is seen");
	check(ev != NULL && number_of(ev, "fd") >= 0 &&
		      (uint64_t)number_of(ev, "ino") == st.st_ino &&
		      (number_of(ev, "flags") & 0x1001) == 0x1001,
	      "with its descriptor, inode and flags");
	check(ev != NULL && ev->has_file && span_is(ev->file.path, "/etc/passwd") &&
		      S_ISREG(ev->file.mode) && ev->file.ino == st.st_ino,
	      "and the file that the kernel opened");
	check(ev != NULL && ev->has_kernel && ev->tid == pid && ev->uid == 0 && ev->start_ns != 0,
	      "and who did it");
	start = ev == NULL ? 0 : ev->start_ns;
	ev = find(EVENT_SYSCALL_OPENAT_2_X, "name", "/nonexistent/mews");
	check(ev != NULL && number_of(ev, "fd") == -ENOENT && !ev->has_file,
	      "an openat that fails has its error and no file");

	ev = find(EVENT_SYSCALL_EXECVE_19_X, NULL, NULL);
	check(ev != NULL && number_of(ev, "res") == 0 &&
		      span_is(text_of(ev, "exe"), child_argv[0]) &&
		      span_eq(span_chomp(text_of(ev, "args")), span_of("first\0second", 12)) &&
		      span_is(span_chomp(text_of(ev, "env")), "MEWS=here") &&
		      span_is(text_of(ev, "filename"), "/bin/true"),
	      "an execve has its program, arguments and environment");
	check(ev != NULL && ev->start_ns == start, "one thread has one start");

	ev = find(EVENT_PROCEXIT_1_E, NULL, NULL);
	check(ev != NULL && number_of(ev, "status") == 0, "its exit is seen");
	ev = find(EVENT_SYSCALL_CLONE_20_X, NULL, NULL);
	if (ev == NULL)
		ev = find(EVENT_SYSCALL_FORK_20_X, NULL, NULL);
	check(ev != NULL && number_of(ev, "res") == 0 && number_of(ev, "tid") == pid &&
		      number_of(ev, "ptid") == getpid(),
	      "its birth is seen");
	ev = find(EVENT_SYSCALL_CHDIR_X, "path", "/tmp");
	check_event(EVENT_SYSCALL_CHDIR_X, ev != NULL && number_of(ev, "res") == 0,
		    "a chdir is seen");
	ev = find(EVENT_SOCKET_CONNECT_X, NULL, NULL);
	check_event(EVENT_SOCKET_CONNECT_X,
		    ev != NULL && number_of(ev, "res") == 0 && text_of(ev, "tuple").n == 13 &&
			    memcmp(text_of(ev, "tuple").p + 7, "\x7f\0\0\1\x09\0", 6) == 0,
		    "a connect has its tuple");
	forget();
}

/* ---- wants ---- */

/* A child that sends itself no signal, and ends. */
static pid_t kill_in_child(struct source *s)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(kill(getpid(), 0) == -1);
	take(s, 50 * NS_PER_MSEC, pid);
	waitpid(pid, NULL, 0);
	return pid;
}

static void test_wants(struct source *s)
{
	struct ring_wants wants = { .version = 1 };
	struct selection set;

	kill_in_child(s);
	check(find(EVENT_PROCEXIT_1_E, NULL, NULL) != NULL &&
		      find(EVENT_SYSCALL_KILL_X, NULL, NULL) == NULL,
	      "what nobody wants does not come");
	forget();
	wants.events[EVENT_SYSCALL_KILL_X / 64] |= UINT64_C(1) << (EVENT_SYSCALL_KILL_X % 64);
	selection_fill(&set, &wants, NULL);
	s->ops->want(s, &set);
	kill_in_child(s);
	check_event(EVENT_SYSCALL_KILL_X, find(EVENT_SYSCALL_KILL_X, NULL, NULL) != NULL,
		    "what is wanted comes at once, nothing is attached anew");
	forget();
	selection_fill(&set, NULL, NULL);
	s->ops->want(s, &set);
	close(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
	take(s, 50 * NS_PER_MSEC, getpid());
	check(nkept == 0, "what the collector does itself is passed over");
	forget();
}

/* ---- sleep ---- */

/* A child that does what it is told, a letter for each, and says when it has. */
static int sleeper_in, sleeper_out;
static bool was_woken;

static void sleeper(int in, int out)
{
	char c;

	while (read(in, &c, 1) == 1) {
		if (c == 'q')
			(void)!syscall(SYS_quotactl, -1, NULL, 0, NULL);
		else if (chdir("/tmp") == -1)
			break;
		if (write(out, &c, 1) != 1)
			break;
	}
	_exit(0);
}

static pid_t start_sleeper(void)
{
	int down[2], up[2];
	pid_t pid;

	if (pipe2(down, O_CLOEXEC) == -1 || pipe2(up, O_CLOEXEC) == -1)
		exit(1);
	pid = fork();
	if (pid == 0) {
		close(down[1]);
		sleeper(down[0], up[1]);
	}
	close(down[0]);
	close(up[1]);
	sleeper_in = down[1];
	sleeper_out = up[0];
	return pid;
}

static void tell_sleeper(char c)
{
	if (write(sleeper_in, &c, 1) != 1 || read(sleeper_out, &c, 1) != 1)
		exit(1);
}

static bool sleep_a_little(void *ctx, int fd, uint64_t timeout_ns)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char c = *(char *)ctx;

	(void)timeout_ns;
	tell_sleeper(c);
	was_woken = poll(&p, 1, c == 'q' ? 1000 : 0) > 0;
	return was_woken;
}

/* Does what the child does wake who sleeps?  It has done BEFORE, if anything, already. */
static bool is_woken(struct source *s, char before, char what)
{
	take(s, NS_PER_MSEC, 0);
	if (before != 0)
		tell_sleeper(before);
	was_woken = true; /* if it never sleeps */
	s->ops->wait(s, NS_PER_SEC, sleep_a_little, &what);
	return was_woken;
}

static void test_sleep(struct source *s)
{
	struct ring_wants wants = { .version = 1 };
	struct selection set;
	unsigned slept = 0, woken = 0;
	pid_t pid = start_sleeper();

	wants.events[EVENT_SYSCALL_QUOTACTL_X / 64] |= UINT64_C(1)
						       << (EVENT_SYSCALL_QUOTACTL_X % 64);
	selection_fill(&set, &wants, NULL);
	s->ops->want(s, &set);
	/* Others may do so much meanwhile that it wakes whatever it is. */
	for (unsigned i = 0; i < 500 && slept == 0; i++)
		slept += !is_woken(s, 0, 'c');
	check(slept > 0, "what is the state's alone lets it sleep");
	for (unsigned i = 0; i < 5; i++)
		woken += is_woken(s, 0, 'q');
	check(woken == 5, "what is asked for wakes it each time");
	slept = 0;
	for (unsigned i = 0; i < 500 && slept == 0; i++) {
		(void)is_woken(s, 0, 'q');
		slept += !is_woken(s, 'c', 'c');
	}
	check(slept > 0, "and then what waits does not keep it awake");
	close(sleeper_in);
	close(sleeper_out);
	waitpid(pid, NULL, 0);
	selection_fill(&set, NULL, NULL);
	s->ops->want(s, &set);
}

/* ---- counts ---- */

/* What was seen and not lost up to a moment is taken soon after; only records that
 * were just being made at that moment may be counted and have a later stamp. */
struct counted {
	uint64_t seen, lost, cells, lost_state;
	bool bad;
};

static void lose(void *ctx, const struct loss *loss)
{
	struct counted *c = ctx;

	c->lost += loss->count;
	c->cells++;
	if (state_set_matters(loss->code))
		c->lost_state += loss->count;
	c->bad |= loss->count == 0 || loss->cause == GAP_NONE || loss->cause >= GAP_CAUSE_COUNT ||
		  (loss->cause == GAP_KERNEL_BUFFER && event_info(loss->code) == NULL);
}

static void balance(struct source *s, struct counted *c, const char *what)
{
	uint64_t before = taken, expected;

	from_ts = s->ops->now(s);
	taken_from = taken_until = 0;
	c->seen = s->ops->count(s, lose, c);
	until_ts = s->ops->now(s);
	take(s, 50 * NS_PER_MSEC, 0);
	expected = c->seen - c->lost - before;
	printf("# seen %llu, lost %llu, to take %llu, taken %llu to %llu, refused %llu, out of order "
	       "%llu\n",
	       (unsigned long long)c->seen, (unsigned long long)c->lost,
	       (unsigned long long)expected, (unsigned long long)taken_from,
	       (unsigned long long)taken_until, (unsigned long long)refused,
	       (unsigned long long)unordered);
	check(expected + 4 >= taken_from && expected <= taken_until + 4, "%s", what);
}

static void flood(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		close(open("/dev/null", O_RDONLY | O_CLOEXEC));
	_exit(0);
}

static void test_counts(struct source *s)
{
	struct counted all = { 0 }, before;
	pid_t pids[4];

	balance(s, &all, "the counts balance");
	all.seen = s->ops->count(s, lose, &all);
	before = all;
	for (unsigned i = 0; i < 4; i++)
		if ((pids[i] = fork()) == 0)
			flood(20000);
	for (unsigned i = 0; i < 4; i++) /* nobody reads meanwhile: the buffers run full */
		waitpid(pids[i], NULL, 0);
	all.seen = s->ops->count(s, lose, &all);
	printf("# a flood: %llu seen, %llu lost, %llu of state, in %llu cells\n",
	       (unsigned long long)(all.seen - before.seen),
	       (unsigned long long)(all.lost - before.lost),
	       (unsigned long long)(all.lost_state - before.lost_state),
	       (unsigned long long)(all.cells - before.cells));
	check(all.lost > before.lost, "a flood that nobody reads is lost and counted");
	check(!all.bad, "with the cause, the processor and the event of each");
	take(s, 200 * NS_PER_MSEC, 0);
	balance(s, &all, "and the counts balance after it");
}

/* ---- snapshot ---- */

struct frame_sink {
	unsigned tasks, files, begins, ends, hosts, bad;
	bool me, my_file, my_socket, watched;
	int file, socket;
	size_t bytes;
};

int frame_sink_put(struct frame_sink *k, uint16_t type, struct span payload)
{
	struct task_file_frame file;
	struct task_frame task;
	struct host_frame host;
	uint64_t want_ino;
	struct stat st;

	k->bytes += payload.n + 16;
	switch (type) {
	case FRAME_SNAPSHOT_BEGIN:
		k->begins++;
		return 0;
	case FRAME_SNAPSHOT_END:
		k->ends++;
		return 0;
	case FRAME_HOST:
		k->hosts++;
		k->bad += wire_decode_host(payload, &host) < 0 || host.hostname.n == 0 ||
			  host.num_cpus == 0 || host.memory_bytes == 0 || host.naddrs == 0;
		return 0;
	case FRAME_TASK:
		k->tasks++;
		if (wire_decode_task(payload, &task) < 0)
			k->bad++;
		else if (task.info.tid == watched)
			k->watched = task.start_ns == watched_start;
		else if (task.info.tid == getpid())
			k->me = task.info.pid == getpid() && task.info.ptid == getppid() &&
				span_ends(task.info.exepath, span_str("/test_sensor")) &&
				span_starts(task.info.comm, span_str("test_sensor")) &&
				task.info.exe_ino != 0 && task.info.cgroups.n > 0 &&
				task.info.uid == geteuid() && task.start_ns != 0 &&
				task.info.fdlimit > 0 && span_ends(task.info.cwd, span_str("/"));
		return 0;
	case FRAME_TASK_FILE:
		k->files++;
		if (wire_decode_task_file(payload, &file) < 0) {
			k->bad++;
		} else if (file.tid == getpid() && file.file.fd == k->file) {
			want_ino = fstat(k->file, &st) == 0 ? st.st_ino : 0;
			k->my_file = file.file.type == FILE_REGULAR && file.file.ino == want_ino &&
				     span_is(file.file.name, "/etc/passwd") &&
				     (file.file.flags & FILE_CLOEXEC);
		} else if (file.tid == getpid() && file.file.fd == k->socket) {
			k->my_socket = file.file.type == FILE_IPV4_SERVER &&
				       file.file.l4proto == L4_TCP && file.file.dport != 0 &&
				       span_starts(file.file.name, span_str("127.0.0.1:"));
		}
		return 0;
	}
	return -EINVAL;
}

static void test_snapshot(struct source *s)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct frame_sink k = { .file = open("/etc/passwd", O_RDONLY | O_CLOEXEC),
				.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	uint64_t start;
	int n;

	if (bind(k.socket, (struct sockaddr *)&at, sizeof(at)) == -1 || listen(k.socket, 1) == -1)
		exit(1);
	watched = fork();
	if (watched == 0) {
		close(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
		pause();
	}
	take(s, 50 * NS_PER_MSEC, 0);
	start = s->ops->now(s);
	n = s->ops->snapshot(s, &k, 64 << 20);
	printf("# snapshot: %d frames, %u tasks, %u files in %llu us\n", n, k.tasks, k.files,
	       (unsigned long long)(s->ops->now(s) - start) / 1000);
	check(n > 0 && k.begins == 1 && k.ends == 1 && k.hosts == 1 && k.bad == 0,
	      "a snapshot is whole and its frames are good");
	check((unsigned)n == k.tasks + k.files + 3, "it counts its frames");
	check(k.me, "this program is in it as it is");
	check(k.watched && watched_start != 0, "a task has the start that its events have");
	check(k.my_file, "and the file that it has open");
	check(k.my_socket, "and the socket that it listens on");
	k = (struct frame_sink){ .file = k.file, .socket = k.socket };
	n = s->ops->snapshot(s, &k, 65536);
	check(n > 0 && k.ends == 1 && k.tasks > 0 && k.bytes <= 65536,
	      "with little room it says less, and is whole");
	kill(watched, SIGKILL);
	waitpid(watched, NULL, 0);
	close(k.file);
	close(k.socket);
	take(s, 50 * NS_PER_MSEC, 0);
}

int main(void)
{
	struct selection set;
	struct source *s;

	if (geteuid() != 0 || access("/sys/kernel/btf/vmlinux", R_OK) == -1) {
		printf("1..1\nok 1 - the live source # SKIP needs root and a kernel with BTF\n");
		return 0;
	}
	if (sensor_open(&(struct sensor_params){ .buffer_bytes = 256 * 1024, .cpus_per_buffer = 1 },
			&s) != 0 ||
	    sensor_complete(s) != 0) {
		printf("1..1\nnot ok 1 - the kernel side loads and attaches\n");
		return 1;
	}
	check(true, "the kernel side loads and attaches");
	selection_fill(&set, NULL, NULL);
	s->ops->want(s, &set);
	take(s, 50 * NS_PER_MSEC, 0); /* what others did while the rest was loaded */
	test_child(s);
	test_wants(s);
	test_sleep(s);
	test_snapshot(s);
	test_counts(s);
	check(refused == 0, "no record is refused");
	check(unordered == 0, "events come in order of time");
	s->ops->close(s);
	return tests_end();
}
