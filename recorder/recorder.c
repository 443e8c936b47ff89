/* SPDX-License-Identifier: Apache-2.0
 *
 * recorder.c -- mews-recorder: reads ring tap, all that the collector gives to the
 * enricher, and ring captures, the matches of rules that want the events around
 * them; writes these to files.  It is there only while rules ask for it, and nobody waits
 * for it: what it is too slow for is missing in its files, and counted.
 *
 * It looks at its rings by the clock and never sleeps on them, so that nobody has to wake
 * it.  It may make files in one directory, and that is all.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "capture.h"
#include "capture_file.h"
#include "host_file.h"
#include "log.h"
#include "own_pid.h"
#include "rundir.h"
#include "stage.h"

#define TURN_FRAMES  4096
#define TURN_MATCHES 64
#define LOOK_NS	     (10 * NS_PER_MSEC)
#define POLL_NS	     NS_PER_MSEC
#define STATE_BYTES  ((size_t)256 << 20) /* of a file's beginning, in memory for a moment */
#define MAX_PLACES   5

struct recorder {
	struct capture *core;
	struct capture_place place;
	struct capture_params params;
	struct inlet *matches;
	struct mono polled;
	struct host_file passwd, group;
	char host_etc[HOST_PATH_MAX];
	struct confine_place places[MAX_PLACES];
};

/* ---- set-up ---- */

static uint64_t read_max_pid(void)
{
	FILE *f = fopen("/proc/sys/kernel/pid_max", "re");
	uint64_t n = 0;

	if (f == NULL)
		return 0;
	if (fscanf(f, "%" SCNu64, &n) != 1)
		n = 0;
	fclose(f);
	return n;
}

/* What is left of the file system: users' names, what the libraries look at, the run
 * directory for a socket of our own, the captures. */
static void name_places(struct stage *st, struct recorder *r)
{
	const char *root = getenv("HOST_ROOT");

	snprintf(r->host_etc, sizeof(r->host_etc), "%s/etc", root == NULL ? "" : root);
	r->places[st->nplaces++] = (struct confine_place){ "/etc", CONFINE_READ };
	r->places[st->nplaces++] = (struct confine_place){ r->host_etc, CONFINE_READ };
	r->places[st->nplaces++] =
		(struct confine_place){ "/sys/devices/system/cpu", CONFINE_READ };
	r->places[st->nplaces++] = (struct confine_place){ st->run_dir, CONFINE_SOCKETS };
	r->places[st->nplaces++] = (struct confine_place){ r->place.dir, CONFINE_FILES };
	st->places = r->places;
}

static int setup(struct stage *st, void *ctx)
{
	struct recorder *r = ctx;
	const struct conf *conf = &st->conf;

	if (st->replay) {
		log_error("a replay makes no captures");
		return EXIT_INPUT;
	}
	if (capture_place_open(&r->place, conf->capture_prefix, conf->capture_max_mb << 20) < 0)
		return EXIT_INPUT;
	if (host_file_init(&r->passwd, "passwd") < 0 || host_file_init(&r->group, "group") < 0) {
		log_error("HOST_ROOT is too long");
		return EXIT_INPUT;
	}
	r->params = (struct capture_params){
		.files = { &r->place, capture_file_open, capture_file_write, capture_file_close },
		.counts = st->counts.v,
		.history_bytes = conf->capture_history_bytes,
		.state_bytes = STATE_BYTES,
		.before_ns = conf->capture_before_ms * NS_PER_MSEC,
		.max_pid = read_max_pid(),
		.threads = (uint32_t)conf->thread_table_size,
		.own_pid = own_pid_in_initial_namespace(),
	};
	if (getrandom(&r->params.seed, sizeof(r->params.seed), 0) != sizeof(r->params.seed)) {
		log_error("no random numbers: %s", strerror(errno));
		return EXIT_HOST;
	}
	name_places(st, r);
	return EXIT_OK;
}

static void look_at_people(struct recorder *r)
{
	bool passwd = host_file_changed(&r->passwd), group = host_file_changed(&r->group);
	struct span users, groups;

	if (!passwd && !group)
		return;
	users = host_file_read(&r->passwd);
	groups = host_file_read(&r->group);
	if (users.n > 0)
		capture_people(r->core, users, groups);
	free((void *)(uintptr_t)users.p);
	free((void *)(uintptr_t)groups.p);
}

static int start(struct stage *st, void *ctx)
{
	struct recorder *r = ctx;
	char door[RUN_DIR_PATH_MAX];
	struct inlet_params in = { .door = door, .writer_uid = jail_identity(STAGE_EVALUATOR).uid };
	int err;

	run_dir_path(door, st->run_dir, "captures", ".door");
	if ((err = inlet_open(&in, &r->matches)) < 0 ||
	    (err = capture_new(&r->params, &r->core)) < 0) {
		log_error("cannot begin: %s", strerror(-err));
		return EXIT_HOST;
	}
	st->grows_bytes = capture_may_grow(r->core);
	capture_place_check(&r->place);
	look_at_people(r);
	return EXIT_OK;
}

/* ---- turns ---- */

static void take_match(struct stage *st, struct recorder *r, const struct ring_frame *f,
		       struct mono now)
{
	struct capture_frame match;

	if (f->type != FRAME_CAPTURE || wire_decode_capture(f->payload, &match) < 0) {
		st->counts.v[RECORDER_REFUSED]++;
		return;
	}
	look_at_people(r);
	capture_match(r->core, &match, now);
}

/* How many there were.  What is counted goes back with the cursor: the evaluator looks
 * there for files that came to their limit. */
static int take_matches(struct stage *st, struct recorder *r, struct mono now)
{
	struct ring_frame frame;
	int n = 0;

	if (mono_since(r->polled, now) >= POLL_NS) {
		r->polled = now;
		inlet_poll(r->matches, now);
	}
	for (; n < TURN_MATCHES && inlet_next(r->matches, &frame) == 1; n++)
		take_match(st, r, &frame, now);
	return n;
}

static int turn(struct stage *st, void *ctx, struct mono now)
{
	struct recorder *r = ctx;
	struct ring_frame frame;
	int n = 0;

	for (; n < TURN_FRAMES && inlet_next(st->in, &frame) == 1; n++)
		capture_frame(r->core, &frame, inlet_generation(st->in));
	n += take_matches(st, r, now);
	capture_step(r->core, now);
	capture_file_sync(&r->place, now);
	inlet_commit(r->matches, &st->counts);
	return n;
}

static void wait_by_clock(struct stage *st, void *ctx, uint64_t timeout_ns)
{
	struct timespec ts = { 0, LOOK_NS };

	(void)st;
	(void)ctx;
	(void)timeout_ns;
	nanosleep(&ts, NULL);
}

static void status(struct stage *st, void *ctx, struct stage_status *ret)
{
	const struct recorder *r = ctx;
	struct capture_status cs;

	(void)st;
	capture_status(r->core, &cs);
	snprintf(ret->detail, sizeof(ret->detail), "%s%.100s, history %zu of %zu MiB, threads %u",
		 cs.is_open ? "writing " : "no file open", cs.is_open ? r->place.name : "",
		 cs.history_bytes >> 20, cs.history_max >> 20, cs.threads);
}

static void stop(struct stage *st, void *ctx)
{
	struct recorder *r = ctx;

	(void)st;
	capture_end(r->core);
	capture_free(r->core);
	capture_place_close(&r->place);
	inlet_close(r->matches);
}

int main(int argc, char **argv)
{
	static struct recorder r;
	static const struct stage_ops ops = {
		.id = STAGE_RECORDER,
		.setup = setup,
		.start = start,
		.turn = turn,
		.wait = wait_by_clock,
		.status = status,
		.stop = stop,
	};

	return stage_main(&ops, &r, argc, argv);
}
