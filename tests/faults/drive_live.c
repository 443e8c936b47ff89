/* SPDX-License-Identifier: Apache-2.0
 *
 * drive_live.c -- the collector on the kernel's events with one call failing, at each point in turn, what libbpf asks
 * the kernel for among them: while it loads, works, is asked, watches other events, gets another reader, is stopped.
 * It ends with an error while it starts, or goes on: each event that it saw when nothing failed it sees, or it
 * names the gap; each snapshot has us and what we have open, or it has counted what it could not read.
 *
 *    drive_live [--share PERCENT] [--seed N] [--errors 1|3] DIRECTORY
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "counter.h"
#include "event.h"
#include "log.h"
#include "neighbours.h"
#include "own_pid.h"
#include "trial.h"

enum phase { START = TRIAL_START, WORK, ASK, CHANGE, OTHERS, STOP };

static const char *const phase_names[] = { "it loads",
					   "it works",
					   "it is asked",
					   "it watches other events",
					   "it has another reader",
					   "it is stopped" };

enum { PATIENCE_MS = 10000, LOAD_MS = 60000, SOON_MS = 3000, LEAST_SEEN = 20 };

struct deeds {
	bool not_ready, asked, answered;
	unsigned snapshots, tasks, files; /* begun; ours in them */
	unsigned fds;
	bool leaks_fds;
	struct stage_status status; /* the last one */
	bool seen[EVENT_CODE_COUNT];
};

struct bench {
	struct neighbours_params p;
	struct ring_wants wants[2]; /* at first, then */
	struct deeds did, good;
	bool has_good;
	int64_t own;   /* our number in the events */
	int held;      /* what we have open */
	char name[64]; /* where */
};

/* ---- what is to be seen ---- */

static const char nowhere[] = "/nonexistent/mews-faults";

static void begin_other(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(1);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static void take_signal(int number)
{
	(void)number;
}

/* One of each of the kernel side's programs; what comes of a call does not matter. */
static void make_events(void)
{
	struct pollfd none = { .fd = -1 };
	struct timespec at_once = { 0 };
	struct io_uring_params ring = { 0 };
	char text[64];
	int fd[2];

	close(open("/etc/hostname", O_RDONLY | O_CLOEXEC));
	(void)connect(-1, NULL, 0);
	syscall(SYS_unlinkat, AT_FDCWD, nowhere, 0);
	if (syscall(SYS_pipe2, fd, O_CLOEXEC) == 0) {
		close(fd[0]);
		close(fd[1]);
	}
	if (syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, fd) == 0) {
		close(fd[0]);
		close(fd[1]);
	}
	begin_other();
	raise(SIGURG);
	syscall(SYS_semget, IPC_PRIVATE, 0, 0);
	syscall(SYS_umount2, nowhere, 0);
	syscall(SYS_flock, -1, 0);
	close((int)syscall(SYS_eventfd2, 0, 0));
	syscall(SYS_munmap, 1, 0);
	syscall(SYS_io_uring_setup, 0, &ring);
	syscall(SYS_bind, -1, NULL, 0);
	syscall(SYS_accept4, -1, NULL, NULL, 0);
	syscall(SYS_pread64, -1, text, sizeof(text), 0);
	syscall(SYS_preadv, -1, NULL, 0, 0, 0);
	syscall(SYS_sendto, -1, text, 0, 0, NULL, 0);
	syscall(SYS_sendmsg, -1, NULL, 0);
	syscall(SYS_sendmmsg, -1, NULL, 0, 0);
	syscall(SYS_getsockopt, -1, 0, 0, NULL, NULL);
	syscall(SYS_ptrace, PTRACE_CONT, -1, 0, 0);
	syscall(SYS_ppoll, &none, 1, &at_once, NULL, 0);
	syscall(SYS_prlimit64, 0, 0, NULL, NULL);
	syscall(SYS_getcwd, text, sizeof(text));
	syscall(SYS_quotactl, 0, nowhere, 0, NULL);
	syscall(SYS_init_module, NULL, 0, "");
}

static const uint16_t at_first[] = {
	EVENT_SYSCALL_OPENAT_2_X, EVENT_SOCKET_CONNECT_X,    EVENT_SYSCALL_UNLINKAT_2_X,
	EVENT_SYSCALL_PIPE2_X,	  EVENT_SOCKET_SOCKETPAIR_X, EVENT_SYSCALL_EXECVE_19_X,
	EVENT_SYSCALL_CLONE_20_X,
};

static const uint16_t then[] = {
	EVENT_SIGNALDELIVER_E,		EVENT_SYSCALL_SEMGET_X,	  EVENT_SYSCALL_UMOUNT2_X,
	EVENT_SYSCALL_FLOCK_X,		EVENT_SYSCALL_EVENTFD2_X, EVENT_SYSCALL_MUNMAP_X,
	EVENT_SYSCALL_IO_URING_SETUP_X, EVENT_SOCKET_BIND_X,	  EVENT_SOCKET_ACCEPT4_6_X,
	EVENT_SYSCALL_PREAD_X,		EVENT_SYSCALL_PREADV_X,	  EVENT_SOCKET_SENDTO_X,
	EVENT_SOCKET_SENDMSG_X,		EVENT_SOCKET_SENDMMSG_X,  EVENT_SOCKET_GETSOCKOPT_X,
	EVENT_SYSCALL_PTRACE_X,		EVENT_SYSCALL_PPOLL_X,	  EVENT_SYSCALL_PRLIMIT_X,
	EVENT_SYSCALL_GETCWD_X,		EVENT_SYSCALL_QUOTACTL_X, EVENT_SYSCALL_INIT_MODULE_X,
};

static void add_wants(struct ring_wants *w, const uint16_t *codes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		w->events[codes[i] / 64] |= UINT64_C(1) << (codes[i] % 64);
}

static void make_wants(struct bench *b)
{
	b->wants[0].version = 1;
	add_wants(&b->wants[0], at_first, ARRAY_LEN(at_first));
	b->wants[1] = b->wants[0];
	b->wants[1].version = 2;
	b->wants[1].extras = WANT_TAP;
	add_wants(&b->wants[1], then, ARRAY_LEN(then));
	b->p.wants = &b->wants[0];
}

/* ---- what is seen ---- */

static void take_frame(void *ctx, const struct ring_frame *f)
{
	static struct raw_event ev;
	struct bench *b = ctx;
	struct task_frame task;
	struct task_file_frame file;
	struct task_read_frame again;

	if (f->type == FRAME_RAW_EVENT && wire_decode_raw_event(f->payload, &ev) == 0) {
		if (ev.tid == b->own && ev.code < EVENT_CODE_COUNT)
			b->did.seen[ev.code] = true;
	} else if (f->type == FRAME_SNAPSHOT_BEGIN) {
		b->did.snapshots++;
	} else if (f->type == FRAME_TASK && wire_decode_task(f->payload, &task) == 0) {
		b->did.tasks += task.info.tid == b->own;
	} else if (f->type == FRAME_TASK_FILE && wire_decode_task_file(f->payload, &file) == 0) {
		b->did.files += file.tid == b->own && span_is(file.file.name, b->name);
	} else if (f->type == FRAME_TASK_READ && wire_decode_task_read(f->payload, &again) == 0) {
		b->did.answered |= again.tid == b->own;
	}
}

/* Everything that was seen when nothing failed, of N codes, or is said to be a gap. */
static bool is_accounted_for(const struct deeds *did, unsigned code)
{
	if (did->seen[code])
		return true;
	for (unsigned i = 0; i < did->status.ngaps && i < CONTROL_MAX_GAPS; i++)
		if (did->status.gaps[i].events[code / 64] >> (code % 64) & 1)
			return true;
	return false;
}

static unsigned first_missing(const struct bench *b, const uint16_t *codes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (b->good.seen[codes[i]] && !is_accounted_for(&b->did, codes[i]))
			return codes[i];
	return 0;
}

/* ---- one run ---- */

static bool ask(struct bench *b, struct neighbours *nb)
{
	static struct control_answer a;

	/* The first may meet the fault. */
	for (unsigned i = 0; i < 3 && nb->pid != 0; i++) {
		if (neighbours_ask(nb, CONTROL_STATUS, "", &a) == 0 && a.has_status) {
			b->did.status = a.status;
			return true;
		}
		neighbours_step(nb);
	}
	return false;
}

/* Events, until all of CODES have come that are to come. */
static void work(struct bench *b, struct neighbours *nb, const uint16_t *codes, size_t n)
{
	struct mono begun = mono_now();

	do {
		make_events();
		neighbours_wait(nb, neighbours_never, 10);
		if (first_missing(b, codes, n) != 0)
			(void)ask(b, nb);
	} while (nb->pid != 0 && mono_since(begun, mono_now()) < SOON_MS * NS_PER_MSEC &&
		 (b->has_good ? first_missing(b, codes, n) != 0
			      : mono_since(begun, mono_now()) < 500 * NS_PER_MSEC));
}

/* As many as in the good run, when what was asked for last is over. */
static void look_at_fds(struct bench *b, struct neighbours *nb)
{
	for (unsigned i = 0; i < 20; i++) {
		neighbours_wait(nb, neighbours_never, b->has_good ? 5 : 20);
		b->did.fds = neighbours_fds(nb);
		if (b->has_good && b->did.fds <= b->good.fds)
			return;
	}
	b->did.leaks_fds = b->has_good;
}

static bool has_both(const struct bench *b, unsigned snapshots)
{
	return b->did.snapshots >= snapshots && b->did.tasks >= snapshots;
}

/* Another reader has a snapshot, and asks for us alone. */
static bool renew(struct bench *b, struct neighbours *nb)
{
	struct ring_ask about = { .tid = (int32_t)b->own, .of = RING_ASK_FILES };
	struct mono begun = mono_now();
	unsigned before = b->did.snapshots;

	if (!neighbours_renew(nb))
		return false;
	while (nb->pid != 0 && mono_since(begun, mono_now()) < SOON_MS * NS_PER_MSEC &&
	       !has_both(b, before + 1))
		neighbours_wait(nb, neighbours_never, 5);
	begun = mono_now();
	(void)inlet_ask(nb->out, &about);
	while (nb->pid != 0 && mono_since(begun, mono_now()) < SOON_MS * NS_PER_MSEC &&
	       !b->did.answered)
		neighbours_wait(nb, neighbours_never, 5);
	return nb->pid != 0;
}

/* False: it has ended, or hangs. */
static bool live(struct bench *b, struct neighbours *nb, struct trial_run *r)
{
	b->did.not_ready = !neighbours_wait(nb, neighbours_is_ready, LOAD_MS);
	if (nb->pid == 0)
		return false;
	trial_phase(r, WORK);
	work(b, nb, at_first, ARRAY_LEN(at_first));
	trial_phase(r, ASK);
	b->did.asked = ask(b, nb);
	trial_phase(r, CHANGE);
	inlet_want(nb->out, &b->wants[1]);
	b->p.wants = &b->wants[1];
	work(b, nb, then, ARRAY_LEN(then));
	trial_phase(r, OTHERS);
	if (nb->pid == 0 || !renew(b, nb))
		return false;
	look_at_fds(b, nb);
	b->did.asked = ask(b, nb) || b->did.asked;
	return nb->pid != 0;
}

static bool run_once(void *ctx, struct trial_run *r)
{
	struct bench *b = ctx;
	struct neighbours nb;

	memset(&b->did, 0, sizeof(b->did));
	b->p.wants = &b->wants[0];
	trial_begin(r);
	if (!neighbours_begin(&nb, &b->p))
		return false;
	if (live(b, &nb, r)) {
		trial_phase(r, STOP);
		kill(nb.pid, SIGTERM);
		(void)neighbours_wait(&nb, neighbours_has_ended, PATIENCE_MS);
	}
	r->hung = nb.pid != 0;
	r->words = neighbours_words(&nb);
	neighbours_end(&nb);
	r->status = nb.status;
	return true;
}

/* ---- what is to be said of it ---- */

static const char *judge_good(struct bench *b, const struct trial_run *r)
{
	unsigned n = 0;

	for (unsigned code = 0; code < EVENT_CODE_COUNT; code++)
		n += b->did.seen[code];
	b->has_good = true;
	b->good = b->did;
	if (r->at != STOP || b->did.not_ready || !b->did.asked || n < LEAST_SEEN)
		return "does not do all";
	return b->did.tasks < b->did.snapshots || b->did.files < b->did.snapshots ||
			       !b->did.answered
		       ? "does not tell of us"
		       : NULL;
}

static const char *judge(void *ctx, const struct trial_run *r, const struct trial_run *good)
{
	static char text[96];
	struct bench *b = ctx;
	const struct deeds *did = &b->did;
	int code = WEXITSTATUS(r->status);
	unsigned missing;

	if (did->leaks_fds)
		return "keeps descriptors open";
	if (!b->has_good)
		return judge_good(b, r);
	if (code == EXIT_OK && r->at != STOP)
		return "ends as if all were done";
	if (code != EXIT_OK)
		return r->at == START ? NULL : "does not go on";
	if (!did->asked)
		return trial_says_more(r, good) ? NULL : "does not answer, without a word";
	missing = first_missing(b, at_first, ARRAY_LEN(at_first));
	if (missing == 0)
		missing = first_missing(b, then, ARRAY_LEN(then));
	if (missing != 0) {
		snprintf(text, sizeof(text), "does not see %s, nor that it does not",
			 event_info(missing)->name);
		return text;
	}
	if (trial_says_more(r, good))
		return NULL;
	if (did->not_ready)
		return "is never ready, without a word";
	/* What it may not read it does not tell of; the other is counted. */
	if (trial_page->plan.error == EACCES || did->status.counts.v[COLLECTOR_UNREAD] > 0)
		return NULL;
	if (did->snapshots < b->good.snapshots || did->tasks < b->good.tasks ||
	    did->files < b->good.files || !did->answered)
		return "does not tell of a task, without a word";
	return NULL;
}

int main(int argc, char **argv)
{
	static struct bench b = { .p = { .stage = "collector",
					 .out = "raw",
					 .frame = take_frame,
					 .ctx = &b,
					 .words = { "-o", "mews.rings.raw_mb=4", "-o",
						    "mews.rings.tap_mb=1" } } };
	struct trial t = { .name = "live collector",
			   .phases = phase_names,
			   .ctx = &b,
			   .run = run_once,
			   .judge = judge };
	struct trial_options o;
	int at = trial_options(argc, argv, &o);
	char *program;

	if (argc - at != 1 || asprintf(&program, "%s/faulted-collector", argv[at]) == -1) {
		fprintf(stderr,
			"usage: drive_live [--share PERCENT] [--seed N] [--errors 1|3] DIRECTORY\n");
		return 2;
	}
	snprintf(b.name, sizeof(b.name), "/tmp/mews-faults-held.%d", (int)getpid());
	b.held = open(b.name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	b.own = own_pid_in_initial_namespace();
	if (b.held == -1 || b.own < 0) {
		fprintf(stderr, "drive_live: this process has no name that the kernel knows\n");
		return EXIT_FAILURE;
	}
	signal(SIGURG, take_signal);
	make_wants(&b);
	neighbours_tick = trial_tick;
	b.p.program = t.program = program;
	b.p.page_fd = o.page_fd;
	at = trial_all(&t, &o) ? EXIT_SUCCESS : EXIT_FAILURE;
	unlink(b.name);
	return at;
}
