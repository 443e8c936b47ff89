/* SPDX-License-Identifier: Apache-2.0
 *
 * drive_live.c -- the collector on the kernel's events with one call failing, at each point in turn, what libbpf asks
 * the kernel for among them: while it loads, works, is asked, watches other events, gets another reader, is stopped.
 * It ends with an error while it starts, or goes on: each event that it saw when nothing failed it sees, or it
 * names the gap; each snapshot has us and what we have open, or it has counted what it could not read.
 *
 *    drive_live [OPTION...] DIRECTORY
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

enum { LOAD_MS = 60000, SOON_MS = 3000, LEAST_SEEN = 20 };

struct deeds {
	bool not_ready, asked, answered;
	unsigned snapshots, tasks, files; /* begun; ours in them */
	struct stage_status status;	  /* the last one */
	bool seen[EVENT_CODE_COUNT];
};

struct bench {
	struct neighbours_params p;
	struct ring_wants wants[2]; /* at first, then */
	struct deeds did, good;
	int64_t own;	  /* our number in the events */
	unsigned awaited; /* so many snapshots with us in them */
	int held;	  /* what we have open */
	char name[64];	  /* where */
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

	if (!trial_ask(nb, &a))
		return false;
	b->did.status = a.status;
	return true;
}

/* Events, until all of CODES have come that are to come. */
static void work(struct bench *b, struct neighbours *nb, bool is_first, const uint16_t *codes,
		 size_t n)
{
	struct mono begun = mono_now();

	do {
		make_events();
		neighbours_wait(nb, neighbours_never, 10);
		if (first_missing(b, codes, n) != 0)
			(void)ask(b, nb);
	} while (nb->pid != 0 && mono_since(begun, mono_now()) < SOON_MS * NS_PER_MSEC &&
		 (is_first ? mono_since(begun, mono_now()) < 500 * NS_PER_MSEC
			   : first_missing(b, codes, n) != 0));
}

static bool has_snapshot(struct neighbours *nb)
{
	const struct bench *b = nb->p->ctx;

	return b->did.snapshots >= b->awaited && b->did.tasks >= b->awaited;
}

static bool has_answer(struct neighbours *nb)
{
	const struct bench *b = nb->p->ctx;

	return b->did.answered;
}

/* Another reader has a snapshot, and asks for us alone. */
static bool renew(struct bench *b, struct neighbours *nb)
{
	struct ring_ask about = { .tid = (int32_t)b->own, .of = RING_ASK_FILES };

	b->awaited = b->did.snapshots + 1;
	if (!neighbours_renew(nb))
		return false;
	(void)neighbours_wait(nb, has_snapshot, SOON_MS);
	(void)inlet_ask(nb->out, &about);
	(void)neighbours_wait(nb, has_answer, SOON_MS);
	return nb->pid != 0;
}

/* False: it has ended, or hangs. */
static bool live(void *ctx, struct neighbours *nb, struct trial_run *r)
{
	struct bench *b = ctx;
	bool is_first = r->good == NULL;

	memset(&b->did, 0, sizeof(b->did));
	b->did.not_ready = !neighbours_wait(nb, neighbours_is_ready, LOAD_MS);
	if (nb->pid == 0)
		return false;
	trial_phase(r, WORK);
	work(b, nb, is_first, at_first, ARRAY_LEN(at_first));
	trial_phase(r, ASK);
	b->did.asked = ask(b, nb);
	trial_phase(r, CHANGE);
	inlet_want(nb->out, &b->wants[1]);
	b->p.wants = &b->wants[1];
	work(b, nb, is_first, then, ARRAY_LEN(then));
	trial_phase(r, OTHERS);
	if (nb->pid == 0 || !renew(b, nb))
		return false;
	trial_look_at_fds(r, nb);
	b->did.asked = ask(b, nb) || b->did.asked;
	return nb->pid != 0;
}

/* The next one begins as this one did. */
static void after(void *ctx, struct neighbours *nb)
{
	struct bench *b = ctx;

	(void)nb;
	b->p.wants = &b->wants[0];
}

/* ---- what is to be said of it ---- */

static const char *judge_good(void *ctx, const struct trial_run *r)
{
	struct bench *b = ctx;
	unsigned n = 0;

	for (unsigned code = 0; code < EVENT_CODE_COUNT; code++)
		n += b->did.seen[code];
	b->good = b->did;
	if (r->at != STOP || b->did.not_ready || !b->did.asked || n < LEAST_SEEN)
		return "does not do all";
	return b->did.tasks < b->did.snapshots || b->did.files < b->did.snapshots ||
			       !b->did.answered
		       ? "does not tell of us"
		       : NULL;
}

static const char *judge(void *ctx, const struct trial_run *r)
{
	static char text[96];
	struct bench *b = ctx;
	const struct deeds *did = &b->did;
	bool says_more = trial_says_more(r);
	unsigned missing;

	if (!did->asked)
		return says_more ? NULL : "does not answer, without a word";
	missing = first_missing(b, at_first, ARRAY_LEN(at_first));
	if (missing == 0)
		missing = first_missing(b, then, ARRAY_LEN(then));
	if (missing != 0) {
		snprintf(text, sizeof(text), "does not see %s, nor that it does not",
			 event_info(missing)->name);
		return text;
	}
	if (says_more)
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
			   .stop = STOP,
			   .p = &b.p,
			   .ctx = &b,
			   .live = live,
			   .after = after,
			   .judge_good = judge_good,
			   .judge = judge };
	struct trial_options o;
	int at = trial_options(argc, argv, "DIRECTORY", 1, &o);

	b.p.program = trial_program(argv[at], "faulted-", "collector");
	snprintf(b.name, sizeof(b.name), "/tmp/mews-faults-held.%d", (int)getpid());
	b.held = open(b.name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	b.own = own_pid_in_initial_namespace();
	if (b.held == -1 || b.own < 0) {
		fprintf(stderr, "drive_live: this process has no name that the kernel knows\n");
		return EXIT_FAILURE;
	}
	signal(SIGURG, take_signal);
	make_wants(&b);
	at = trial_all(&t, &o) ? EXIT_SUCCESS : EXIT_FAILURE;
	unlink(b.name);
	return at;
}
