/* SPDX-License-Identifier: Apache-2.0
 *
 * record_process.c -- see record_process.h.
 *
 * It looks at the ring by the clock and never sleeps on it: to be woken would be an
 * event, which would wake it again.  What it does itself is not recorded.
 */
#include "record_process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "door.h"
#include "gzip_file.h"
#include "jail.h"
#include "log.h"
#include "own_pid.h"
#include "recording.h"
#include "rundir.h"
#include "usertab.h"

#define LOOK_NS	    (10 * NS_PER_MSEC)
#define DRAIN_NS    (30 * NS_PER_SEC)
#define TURN_FRAMES 4096
#define STATE_BYTES ((size_t)256 << 20) /* of a snapshot, as much as comes through a door */

struct record_process {
	const struct record_params *p;
	struct inlet *in;
	struct gzip_file *out;
	struct recording *rec;
	int64_t own[2]; /* processes that are not recorded */
	bool is_ready;
	struct raw_event ev;
};

static volatile sig_atomic_t stop_signal;

static void on_stop(int sig)
{
	stop_signal = sig;
}

/* ---- frames ---- */

static bool is_own(const struct record_process *r)
{
	return r->ev.pid != -1 && (r->ev.pid == r->own[0] || r->ev.pid == r->own[1]);
}

static int take_event(struct record_process *r, const struct ring_frame *f)
{
	enum record_verdict verdict = RECORD_EVENT;

	if (wire_decode_raw_event(f->payload, &r->ev) < 0 || event_info(r->ev.code) == NULL) {
		recording_refused(r->rec);
		return 0;
	}
	if (is_own(r))
		return 0;
	if (r->p->filter != NULL)
		verdict = record_filter_frame(r->p->filter, f, inlet_generation(r->in), r->ev.code);
	if (verdict == RECORD_NOT)
		return 0;
	if (verdict == RECORD_STATE)
		r->ev.flags |= EVENT_STATE_ONLY;
	return recording_event(r->rec, &r->ev);
}

static int take_frame(struct record_process *r, const struct ring_frame *f)
{
	if (f->type == FRAME_RAW_EVENT)
		return take_event(r, f);
	if (r->p->filter != NULL)
		(void)record_filter_frame(r->p->filter, f, inlet_generation(r->in),
					  EVENT_CODE_COUNT);
	return recording_state(r->rec, f->type, f->payload);
}

/* How many frames were taken, or what writing said. */
static int turn(struct record_process *r)
{
	struct ring_frame frame;
	int n = 0, err = 0;

	inlet_poll(r->in, mono_now());
	for (; err == 0 && n < TURN_FRAMES && inlet_next(r->in, &frame) == 1; n++)
		err = take_frame(r, &frame);
	inlet_commit(r->in, NULL);
	return err < 0 ? err : n;
}

/* ---- the loop ---- */

/* The writer is gone, and with it all that it has written. */
static bool is_over(const struct record_process *r)
{
	struct inlet_status s;

	inlet_status(r->in, &s);
	return !s.attached || (!s.writer_alive && s.used == 0);
}

static void tell_ready(struct record_process *r)
{
	ssize_t n;

	if (r->is_ready || recording_counts(r->rec)->sections == 0)
		return;
	r->is_ready = true;
	n = write(r->p->ready_fd, "", 1);
	(void)n; /* who is gone does not wait for it */
}

/* Until it is told to stop.  Negative errno: it cannot be written. */
static int loop(struct record_process *r)
{
	const struct timespec pause = { 0, LOOK_NS };
	struct mono stop_at = { 0 };
	int n;

	while ((n = turn(r)) >= 0) {
		tell_ready(r);
		if (stop_signal && stop_at.ns == 0)
			stop_at = mono_now();
		if (n > 0)
			continue;
		if (stop_at.ns != 0 && (is_over(r) || mono_since(stop_at, mono_now()) > DRAIN_NS))
			return 0;
		nanosleep(&pause, NULL);
	}
	return n;
}

/* ---- begin and end ---- */

static int write_bytes(void *ctx, struct span bytes)
{
	struct record_process *r = ctx;
	struct stat st;

	/* What the file held is given up when there is something to put in its place. */
	if (gzip_file_size(r->out) == 0 && !r->is_ready && fstat(r->p->fd, &st) == 0 &&
	    S_ISREG(st.st_mode) && st.st_size > 0 && ftruncate(r->p->fd, 0) == -1)
		return -errno;
	return gzip_file_write(r->out, bytes);
}

static void put_user(void *ctx, const struct user_frame *u)
{
	recording_user(ctx, u);
}

static void put_group(void *ctx, const struct group_frame *g)
{
	recording_group(ctx, g);
}

static void want(struct record_process *r)
{
	struct ring_wants wants = { .version = 1 };

	if (r->p->filter != NULL) {
		record_filter_wants(r->p->filter, &wants);
	} else {
		memset(wants.events, 0xff, sizeof(wants.events));
		memset(wants.syscalls, 0xff, sizeof(wants.syscalls));
	}
	wants.extras |= WANT_CLOSES; /* whoever reads the file has no kernel to ask */
	inlet_want(r->in, &wants);
}

static int enter_jail(const struct record_process *r)
{
	struct sigaction sa = { .sa_handler = on_stop };
	sigset_t none;
	int err = jail_enter(STAGE_ENRICHER, NULL);

	if (err < 0) {
		log_error("cannot drop privileges: %s", strerror(-err));
		return EXIT_HOST;
	}
	sigaction(SIGTERM, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	return getppid() == r->p->supervisor ? EXIT_OK : EXIT_STAGE;
}

static int begin(struct record_process *r)
{
	char door[RUN_DIR_PATH_MAX];
	struct inlet_params in = { .door = door };
	struct recording_params rec = {
		.write = write_bytes, .ctx = r, .state_bytes = STATE_BYTES, .max_pid = r->p->max_pid
	};
	int err;

	run_dir_path(door, r->p->run_dir, "raw", ".door");
	in.writer_uid = jail_identity(STAGE_COLLECTOR).uid;
	if ((err = inlet_open(&in, &r->in)) < 0 || (err = gzip_file_open(r->p->fd, &r->out)) < 0 ||
	    (err = recording_new(&rec, &r->rec)) < 0) {
		log_error("cannot begin to record: %s", strerror(-err));
		return EXIT_HOST;
	}
	usertab_parse_passwd(r->p->passwd, put_user, r->rec);
	usertab_parse_group(r->p->group, put_group, r->rec);
	if (r->p->filter != NULL)
		record_filter_people(r->p->filter, r->p->passwd, r->p->group);
	want(r);
	return EXIT_OK;
}

static void say_counts(const struct record_process *r)
{
	const struct recording_counts *c = recording_counts(r->rec);
	char state[64] = "";

	if (c->state_only > 0)
		snprintf(state, sizeof(state), " and %llu for the state behind them",
			 (unsigned long long)c->state_only);
	log_info("'%s': %llu events%s, %llu lost, %.1f MiB", r->p->file,
		 (unsigned long long)(c->events - c->state_only), state,
		 (unsigned long long)c->lost, (double)gzip_file_size(r->out) / (1024 * 1024));
	if (c->lost + c->gaps_unknown > 0)
		log_warning("the recording has gaps: %llu events were lost%s",
			    (unsigned long long)c->lost,
			    c->gaps_unknown > 0 ? ", and nobody knows how many more" : "");
	if (c->refused + c->too_long > 0)
		log_warning("%llu frames made no sense, %llu events were too long for a capture",
			    (unsigned long long)c->refused, (unsigned long long)c->too_long);
	if (c->left_out > 0)
		log_warning("%llu entries of lists found no room, the state is not complete",
			    (unsigned long long)c->left_out);
	if (c->events == 0)
		log_warning("'%s' has no event in it, readers may refuse it", r->p->file);
}

static int finish(struct record_process *r, int err)
{
	if (recording_counts(r->rec)->sections == 0 && err == 0)
		return EXIT_OK; /* it never began */
	if (err == 0)
		err = recording_flush(r->rec);
	if (err == 0)
		err = gzip_file_finish(r->out);
	if (err < 0) {
		log_error("cannot write '%s': %s, the capture is cut off", r->p->file,
			  strerror(-err));
		return EXIT_INPUT;
	}
	say_counts(r);
	return EXIT_OK;
}

int record_process_run(const struct record_params *p)
{
	static struct record_process r;
	int code;

	r.p = p;
	r.own[0] = pid_in_initial_namespace(getpid());
	r.own[1] = pid_in_initial_namespace(p->supervisor);
	code = enter_jail(&r);
	if (code == EXIT_OK && (code = begin(&r)) == EXIT_OK)
		code = finish(&r, loop(&r));
	recording_free(r.rec);
	gzip_file_free(r.out);
	inlet_close(r.in);
	record_filter_free(p->filter);
	return code;
}
