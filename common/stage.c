/* SPDX-License-Identifier: Apache-2.0
 *
 * stage.c -- the ritual that all four stages share: options, settings, setup,
 * jail, rings, control, the loop, the clean end.  What a stage does with an
 * event is in its ops; nothing here looks at one.
 *
 * Counters outlive the process: a predecessor's are in the memory that a
 * neighbour kept.  They are added once, from the reader's side where there is
 * one (they were committed with the cursor), else from the writer's.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef MEWS_ATTACKED /* tests/jail: a stage that somebody has taken over */
#include "attack.h"
#endif
#include "jail.h"
#include "jail_calls.h"
#include "keep.h"
#include "log.h"
#include "notify.h"
#include "rundir.h"
#include "stage.h"
#include "supply.h"
#include "wire.h"

#define POLL_HOT_NS   NS_PER_MSEC
#define POLL_IDLE_NS  NS_PER_SEC /* all that happens wakes: this is for what was forgotten */
#define POLL_STOP_NS  (10 * NS_PER_MSEC)
#define PROGRESS_NS   (100 * NS_PER_MSEC)
#define DRAIN_NS      (2 * NS_PER_SEC)
#define LAST_TURN_NS  (100 * NS_PER_MSEC) /* of a stage that reads no ring */
#define MAX_OPTIONS   64
/* Of libraries, and what a heap does not give back. */
#define WORKING_BYTES ((uint64_t)16 << 20)
#define SUPPLY_MS     10000 /* until the supervisor has said what the settings are */

#ifndef MEWS_VERSION
#define MEWS_VERSION "unknown"
#endif

enum inheritance { INHERIT_NOTHING, INHERIT_OFFERED, INHERIT_DONE };

/* A reload, from the time it is asked for. */
struct renewing {
	bool pending;	   /* ops->renew has it */
	bool for_supplier; /* who waits for the result */
	unsigned ticket;   /* by which it is asked for */
	int result;
	char text[sizeof(((struct control_answer *)NULL)->text)];
};

struct runtime {
	struct stage st;
	const struct stage_ops *ops;
	char name[32]; /* "mews-collector" */
	const char *conf_file, *run_dir_option;
	const char *options[MAX_OPTIONS], *rules[CONF_MAX_LIST];
	unsigned noptions, nrules;
	pid_t supervisor; /* 0: none; else its end is ours */
	int notify_fd;	  /* -1: nobody wants to know how we are */
	struct keep keep; /* of what outlives us with whoever started us */
	int supply_fd;	  /* settings come from the supervisor; -1: from files */
	struct renewing renewing;
	int bell_fd;  /* of signals and stage_wake(); -1: none */
	int statm_fd; /* how large we are; -1: nobody says */
	struct mono last_progress;
	uint64_t ready_bytes; /* resident when it was ready */

	struct control_server *control;
	struct ring_counts flushed; /* as the neighbours know them */
	struct mono last_poll;
	struct mono stop_at; /* ns 0: not told to stop */
	bool no_commit;	     /* a turn was broken off: its reads must be repeated */
	bool uncommitted;    /* what was read waits for a reader of what was written */
	bool in_reserve;     /* in the middle of a turn */
	bool broken;	     /* can not go on */
	bool ready;	     /* ... which was said */
	bool done;	     /* came to the end of a capture, and the reader has it */

	enum inheritance inheritance;
	struct ring_counts offered;
};

static volatile sig_atomic_t stop_signals, reload_signals, signal_bell = -1;

static struct runtime *runtime_of(struct stage *st)
{
	return (struct runtime *)(void *)((char *)st - offsetof(struct runtime, st));
}

/* ---- options ---- */

static void print_usage(const struct runtime *rt, FILE *f)
{
	fprintf(f,
		"usage: %s [-c FILE] [-o KEY=VALUE]... [-r RULES]... [--run-dir DIR]%s\n"
		"  -c FILE          settings (/etc/mews/mews.yaml)\n"
		"  -o KEY=VALUE     one setting; KEY[]=VALUE adds to a list\n"
		"  -r RULES         rules file or directory, in place of rules_files\n"
		"  --run-dir DIR    where the stages meet ($MEWS_RUN_DIR, /run/mews)\n"
		"  --version, -h, --help\n",
		rt->name, rt->ops->usage == NULL ? "" : " [OPTION]...");
	if (rt->ops->usage != NULL)
		fputs(rt->ops->usage, f);
}

/* An option that only the stage may know.  ARGV[*INDEX] is the word behind it. */
static int foreign_option(struct runtime *rt, const char *word, int argc, char **argv, int *index)
{
	char name[64];
	const char *eq = strchr(word, '=');
	const char *bare = word + strspn(word, "-");
	size_t n = eq == NULL ? strlen(bare) : (size_t)(eq - bare);
	int taken;

	if (rt->ops->option == NULL || n == 0 || n >= sizeof(name))
		return -EINVAL;
	memcpy(name, bare, n);
	name[n] = '\0';
	taken = rt->ops->option(&rt->st, rt->st.ctx, name,
				eq != NULL	? eq + 1
				: *index < argc ? argv[*index]
						: NULL);
	if (taken < 0 || (taken == 0 && eq != NULL) || (taken > 0 && eq == NULL && *index >= argc))
		return -EINVAL;
	if (taken > 0 && eq == NULL)
		(*index)++;
	return 0;
}

static int usage_error(const struct runtime *rt, const char *what, const char *word)
{
	char clean[128];

	log_escape(clean, sizeof(clean), word);
	fprintf(stderr, "%s: %s '%s'\n", rt->name, what, clean);
	print_usage(rt, stderr);
	return EXIT_USAGE;
}

enum { OPT_RUN_DIR = 256, OPT_VERSION, OPT_SUPERVISOR, OPT_SUPPLY, OPT_REPLAY };

static int take_option(struct runtime *rt, int opt, char *arg)
{
	switch (opt) {
	case 'c':
		rt->conf_file = arg;
		return -1;
	case 'o':
		if (rt->noptions == MAX_OPTIONS)
			return usage_error(rt, "too many options at", arg);
		rt->options[rt->noptions++] = arg;
		return -1;
	case 'r':
		if (rt->nrules == CONF_MAX_LIST)
			return usage_error(rt, "too many rules files at", arg);
		rt->rules[rt->nrules++] = arg;
		return -1;
	case 'h':
		print_usage(rt, stdout);
		return EXIT_OK;
	case OPT_RUN_DIR:
		rt->run_dir_option = arg;
		return -1;
	case OPT_VERSION:
		printf("%s %s\n", rt->name, MEWS_VERSION);
		return EXIT_OK;
	case OPT_REPLAY:
		rt->st.replay = true;
		return -1;
	case OPT_SUPPLY:
		rt->supply_fd = (int)strtol(arg, NULL, 10);
		return rt->supply_fd > STDERR_FILENO &&
				       fcntl(rt->supply_fd, F_SETFD, FD_CLOEXEC) != -1
			       ? -1
			       : usage_error(rt, "not a descriptor", arg);
	case OPT_SUPERVISOR:
		rt->supervisor = (pid_t)strtol(arg, NULL, 10);
		return rt->supervisor > 1 ? -1 : usage_error(rt, "not a process", arg);
	default:
		return EXIT_USAGE;
	}
}

/* -1: go on; else the exit code. */
static int parse_options(struct runtime *rt, int argc, char **argv)
{
	/* The collector's --replay has a value, and is its own. */
	static const struct option all[] = {
		{ "replay", no_argument, NULL, OPT_REPLAY },
		{ "run-dir", required_argument, NULL, OPT_RUN_DIR },
		{ "version", no_argument, NULL, OPT_VERSION },
		{ "help", no_argument, NULL, 'h' },
		{ "supervisor", required_argument, NULL, OPT_SUPERVISOR },
		{ "supply", required_argument, NULL, OPT_SUPPLY },
		{ 0 },
	};
	const struct option *longs = rt->ops->id == STAGE_COLLECTOR ? all + 1 : all;
	int code = -1;

	opterr = 0;
	optind = 1;
	while (code == -1 && optind < argc) {
		int at = optind;
		int opt = getopt_long(argc, argv, "+:c:o:r:h", longs, NULL);

		if (opt == -1)
			break;
		if (opt == ':')
			return usage_error(rt, "no value for", argv[at]);
		if (opt != '?') {
			code = take_option(rt, opt, optarg);
			continue;
		}
		optind = at + 1;
		if (foreign_option(rt, argv[at], argc, argv, &optind) < 0)
			return usage_error(rt, "no such option", argv[at]);
	}
	if (code == -1 && optind < argc)
		return usage_error(rt, "not expected", argv[optind]);
	return code;
}

static void warn_diag(const struct diag *d)
{
	char text[1024];

	diag_format(d, text, sizeof(text));
	log_warning("%s", text);
}

static void follow_log(const struct conf *conf)
{
	enum log_level level = LOG_LEVEL_INFO;

	(void)log_level_parse(conf->log_level, &level);
	log_set_level(level);
	log_set_places(conf->log_stderr, conf->log_syslog);
}

/* -r, in place of what the settings say. */
static int add_rules(struct runtime *rt, struct conf *conf)
{
	int err = 0;

	if (rt->nrules > 0)
		conf_clear_rules(conf);
	for (unsigned i = 0; err == 0 && i < rt->nrules; i++)
		err = conf_add_rules(conf, rt->rules[i]);
	return err;
}

/* The first word of the supervisor's. */
static int wait_for_bundle(struct runtime *rt)
{
	struct pollfd p = { .fd = rt->supply_fd, .events = POLLIN };
	struct supply_message m;
	int err;

	if (poll(&p, 1, SUPPLY_MS) != 1)
		return -ETIMEDOUT;
	err = supply_receive(rt->supply_fd, &m);
	if (err < 0)
		return err;
	err = m.kind == SUPPLY_START && m.fd != -1 ? supply_read(m.fd, &rt->st.bundle) : -EPROTO;
	if (m.fd != -1)
		close(m.fd);
	return err;
}

/* Settings from BUNDLE, or, n 0, from files. */
static int read_settings(struct runtime *rt, struct span bundle, struct conf *ret,
			 struct diag *diag)
{
	int err;

	if (bundle.n > 0)
		err = conf_load_bundle(bundle, rt->options, rt->noptions, warn_diag, ret, diag);
	else
		err = conf_load(rt->conf_file, rt->options, rt->noptions, warn_diag, ret, diag);
	if (err == 0 && (err = add_rules(rt, ret)) < 0) {
		diag_set(diag, "cannot keep the rules' names: %s", strerror(-err));
		conf_release(ret);
	}
	return err;
}

static int load_settings(struct runtime *rt)
{
	struct diag diag;
	char text[1024];
	int err = rt->supply_fd == -1 ? 0 : wait_for_bundle(rt);

	if (err < 0) {
		log_error("the supervisor does not say what the settings are: %s", strerror(-err));
		return EXIT_STAGE;
	}
	if (read_settings(rt, rt->st.bundle, &rt->st.conf, &diag) < 0) {
		diag_format(&diag, text, sizeof(text));
		log_error("%s", text);
		return EXIT_INPUT;
	}
	follow_log(&rt->st.conf);
	return EXIT_OK;
}

/* ---- before the loop ---- */

static void ring_own_bell(int fd)
{
	static const uint64_t one = 1;

	(void)!write(fd, &one, sizeof(one));
}

static void on_signal(int sig)
{
	int saved = errno;

	if (sig == SIGHUP)
		reload_signals = 1;
	else
		stop_signals = stop_signals < 2 ? stop_signals + 1 : 2;
	/* It may have come a moment before we sleep. */
	ring_own_bell(signal_bell);
	errno = saved;
}

static void open_own_bell(struct runtime *rt)
{
	rt->bell_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	signal_bell = rt->bell_fd;
}

void stage_wake(struct stage *st)
{
	ring_own_bell(runtime_of(st)->bell_fd);
}

static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigemptyset(&sa.sa_mask);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
}

static void note_ceiling(struct runtime *rt);

/* False: it can not be said now. */
static bool say_ready(const struct runtime *rt)
{
	int err = rt->notify_fd == -1 ? 0 : notify_say(rt->notify_fd, NOTIFY_READY);

	if (err == -EINTR || err == -EAGAIN || err == -ENOBUFS || err == -ENOMEM)
		return false;
	if (err < 0)
		log_warning("cannot say that we are ready: %s", strerror(-err));
	return true;
}

static void look_if_ready(struct runtime *rt)
{
	if (rt->ready || rt->st.starting || rt->st.stopping)
		return;
	if (!say_ready(rt)) /* in the next turn, then */
		return;
	rt->ready = true;
	malloc_trim(0); /* what it took to get there */
	note_ceiling(rt);
}

/* The last word of a stage that is done: what was counted. */
static void say_counts(const struct runtime *rt)
{
	char text[sizeof(NOTIFY_COUNTS) + RING_COUNTS * 21];
	int n = snprintf(text, sizeof(text), NOTIFY_COUNTS);

	if (rt->notify_fd == -1)
		return;
	for (unsigned i = 0; i < RING_COUNTS; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%s%" PRIu64, i == 0 ? "" : " ",
			      rt->st.counts.v[i]);
	(void)notify_say(rt->notify_fd, text);
}

void stage_progress(struct stage *st, uint64_t done, uint64_t total, uint64_t events)
{
	struct runtime *rt = runtime_of(st);
	struct mono now = mono_now();
	char text[128];

	if (rt->notify_fd == -1 || mono_since(rt->last_progress, now) < PROGRESS_NS)
		return;
	rt->last_progress = now;
	snprintf(text, sizeof(text), NOTIFY_PROGRESS "%" PRIu64 " %" PRIu64 " %" PRIu64, done,
		 total, events);
	notify_try(rt->notify_fd, text);
}

void stage_say(struct stage *st, const char *text)
{
	const struct runtime *rt = runtime_of(st);

	if (rt->supervisor != 0)
		notify_try(rt->notify_fd, text);
}

#ifdef __SANITIZE_ADDRESS__
/* Who looks for leaks at the end traces himself, from another process: behind the jail there is neither.
 * The unit tests look for them. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}
#endif

static int enter_jail(struct runtime *rt)
{
	int err = jail_enter(rt->st.jail, &rt->st.wants);

	if (err < 0) {
		log_error("cannot drop privileges: %s", strerror(-err));
		return EXIT_HOST;
	}
	err = rt->st.nplaces == 0 ? 0 : confine_enter(rt->st.places, rt->st.nplaces);
	if (err == -EOPNOTSUPP) {
		log_info(
			"this kernel has no Landlock: its user's rights are all that binds this stage");
	} else if (err < 0) {
		log_error("cannot let go of the file system: %s", strerror(-err));
		return EXIT_HOST;
	}
	/* A change of user has cleared it, so it is asked for here and not before. */
	if (rt->supervisor != 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != rt->supervisor) {
			log_error("the supervisor is gone");
			return EXIT_STAGE;
		}
	}
	err = jail_calls_enter(rt->st.jail);
	if (err == -EOPNOTSUPP) {
		log_warning("this kernel has no seccomp: no system call is refused this stage");
	} else if (err < 0) {
		log_error("cannot let go of system calls: %s", strerror(-err));
		return EXIT_HOST;
	}
#ifdef MEWS_ATTACKED
	attack_from_inside(&rt->st);
#endif
	return EXIT_OK;
}

/* ---- counters that were there before us ---- */

static void inherit(struct runtime *rt, const struct ring_counts *counts, const uint8_t *sheets)
{
	rt->inheritance = INHERIT_DONE;
	if (rt->ops->inherit != NULL) {
		rt->ops->inherit(&rt->st, rt->st.ctx, counts, sheets);
		return;
	}
	for (unsigned i = 0; i < RING_COUNTS; i++)
		rt->st.counts.v[i] += counts->v[i];
}

static void offered_by_reader(void *ctx, const struct ring_counts *counts, const uint8_t *sheets)
{
	struct runtime *rt = ctx;

	/* A replay that starts over counts from the beginning, too. */
	if (rt->inheritance != INHERIT_NOTHING || rt->st.replay)
		return;
	if (rt->st.in == NULL) { /* there is nobody who might know better */
		inherit(rt, counts, sheets);
		return;
	}
	rt->offered = *counts;
	rt->inheritance = INHERIT_OFFERED;
}

/* The inlet's are the better ones; without an inlet, or when its writer knows
 * of none, those that the reader brought count. */
static void look_for_inheritance(struct runtime *rt)
{
	struct ring_counts counts;
	struct inlet_status in;

	if (rt->inheritance == INHERIT_DONE)
		return;
	if (rt->st.in != NULL) {
		inlet_status(rt->st.in, &in);
		if (!in.attached)
			return;
		if (inlet_inherited(rt->st.in, &counts)) {
			inherit(rt, &counts, NULL);
			return;
		}
	}
	if (rt->inheritance == INHERIT_OFFERED)
		inherit(rt, &rt->offered, NULL);
}

/* ---- rings ---- */

/* What each stage reads and writes; whether what it reads outlives both ends, and whether it makes a
 * state of it.  The reserve of ring raw is for events that carry state. */
static const struct {
	const char *in, *out;
	enum stage_id writer, reader;
	bool kept, has_state;
} wiring[STAGE_COUNT] = {
	[STAGE_COLLECTOR] = { NULL, "raw", STAGE_NONE, STAGE_ENRICHER, false, false },
	[STAGE_ENRICHER] = { "raw", "enriched", STAGE_COLLECTOR, STAGE_EVALUATOR, true, true },
	[STAGE_EVALUATOR] = { "enriched", "alerts", STAGE_ENRICHER, STAGE_EMITTER, true, true },
	[STAGE_EMITTER] = { "alerts", NULL, STAGE_EVALUATOR, STAGE_NONE, true, false },
	[STAGE_RECORDER] = { "tap", NULL, STAGE_COLLECTOR, STAGE_NONE, false, false },
};

static uint64_t out_size(const struct runtime *rt)
{
	switch (rt->ops->id) {
	case STAGE_COLLECTOR:
		return rt->st.conf.ring_raw_bytes;
	case STAGE_ENRICHER:
		return rt->st.conf.ring_enriched_bytes;
	default:
		return rt->st.conf.ring_alerts_bytes;
	}
}

static int snapshot_of_stage(void *ctx, struct frame_sink *sink)
{
	struct runtime *rt = ctx;

	return rt->ops->snapshot(rt->st.ctx, sink);
}

static bool stage_has_state(void *ctx)
{
	struct runtime *rt = ctx;

	return rt->ops->has_state(rt->st.ctx);
}

static int open_rings(struct runtime *rt)
{
	enum stage_id id = rt->ops->id;
	char path[RUN_DIR_PATH_MAX];
	int err = 0;

	if (wiring[id].out != NULL) {
		struct outlet_params p = {
			.door = path,
			.reader_uid = jail_identity(wiring[id].reader).uid,
			.socket_gid = jail_identity(id).gid,
			.size = out_size(rt),
			.reserve = id == STAGE_COLLECTOR ? out_size(rt) / 8 : 0,
			.snapshot = rt->ops->snapshot == NULL ? NULL : snapshot_of_stage,
			.has_state = rt->ops->has_state == NULL ? NULL : stage_has_state,
			.inherit = offered_by_reader,
			.ctx = rt,
		};

		run_dir_path(path, rt->st.run_dir, wiring[id].out, ".door");
		err = outlet_open(&p, &rt->st.out);
	}
	if (err == 0 && wiring[id].in != NULL) {
		struct inlet_params p = {
			.door = path,
			.writer_uid = jail_identity(wiring[id].writer).uid,
			.keep = wiring[id].kept ? &rt->keep : NULL,
			.ring = wiring[id].in,
			.has_state = wiring[id].has_state,
		};

		run_dir_path(path, rt->st.run_dir, wiring[id].in, ".door");
		err = inlet_open(&p, &rt->st.in);
	}
	keep_settle(&rt->keep);
	if (err < 0)
		log_error("cannot open '%s': %s", path, strerror(-err));
	return err < 0 ? EXIT_HOST : EXIT_OK;
}

/* The other stages ask how we are, and may, even if it is another group that we were started with. */
static void let_group_in(const char *path, gid_t gid)
{
	struct stat st;

	if (lstat(path, &st) == 0 && st.st_gid != gid && lchown(path, (uid_t)-1, gid) == -1)
		log_warning("cannot give '%s' to group %u: %s, other stages cannot ask there", path,
			    (unsigned)gid, strerror(errno));
}

/* Without it the pipeline runs all the same. */
static void open_control(struct runtime *rt)
{
	char path[RUN_DIR_PATH_MAX];
	int err;

	run_dir_path(path, rt->st.run_dir, stage_name(rt->ops->id), ".ctl");
	err = control_server_open(path, &rt->control);
	if (err < 0)
		log_warning("cannot listen at '%s': %s, running without control", path,
			    strerror(-err));
	else
		let_group_in(path, jail_identity(rt->ops->id).gid);
}

/* ---- control ---- */

static void fill_rings(const struct runtime *rt, struct stage_status *s)
{
	enum stage_id id = rt->ops->id;

	if (rt->st.in != NULL) {
		struct ring_status *r = &s->rings[s->nrings++];
		struct inlet_status in;

		inlet_status(rt->st.in, &in);
		snprintf(r->name, sizeof(r->name), "%s", wiring[id].in);
		r->capacity = in.size;
		r->used = in.used;
		r->generation = in.generation;
		r->attached = in.attached && in.writer_alive;
		r->refused = in.lies;
	}
	if (rt->st.out != NULL) {
		struct ring_status *r = &s->rings[s->nrings++];
		struct outlet_status out;

		outlet_status(rt->st.out, &out);
		snprintf(r->name, sizeof(r->name), "%s", wiring[id].out);
		r->capacity = out.size;
		r->used = out.used;
		r->generation = out.generation;
		r->attached = out.has_reader;
		r->refused = out.refused;
		if (id == STAGE_COLLECTOR)
			r->lost = s->counts.v[COLLECTOR_LOST_RING];
	}
}

/* Nobody can make it take more.  Ring memory is mapped twice over, and its pages count each time. */
static uint64_t memory_ceiling(const struct runtime *rt)
{
	uint64_t rings = 0;

	if (rt->st.in != NULL) {
		struct inlet_status in;

		inlet_status(rt->st.in, &in);
		rings += 2 * in.size;
	}
	if (rt->st.out != NULL) {
		struct outlet_status out;

		outlet_status(rt->st.out, &out);
		rings += 2 * out.size;
	}
	return rt->ready_bytes == 0 ? 0
				    : rt->ready_bytes + rt->st.grows_bytes + rings + WORKING_BYTES;
}

/* Asked of the descriptor that was opened before the jail. */
static void fill_usage(const struct runtime *rt, struct stage_usage *u)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), size = 0, resident = 0;
	struct rusage r;
	char text[128];
	ssize_t n = rt->statm_fd == -1 ? -1 : pread(rt->statm_fd, text, sizeof(text) - 1, 0);

	if (getrusage(RUSAGE_SELF, &r) == 0)
		u->cpu_ns = (uint64_t)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * NS_PER_SEC +
			    (uint64_t)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) * NS_PER_USEC;
	if (n <= 0)
		return;
	text[n] = '\0';
	if (sscanf(text, "%" SCNu64 " %" SCNu64, &size, &resident) == 2) {
		u->vsz_bytes = size * page;
		u->rss_bytes = resident * page;
	}
	u->ceiling_bytes = memory_ceiling(rt);
}

static void note_ceiling(struct runtime *rt)
{
	struct stage_usage u = { 0 };

	fill_usage(rt, &u);
	rt->ready_bytes = u.rss_bytes;
	if (u.rss_bytes > 0 && !rt->st.replay)
		log_info("takes %" PRIu64 " MiB of memory, at most %" PRIu64, u.rss_bytes >> 20,
			 memory_ceiling(rt) >> 20);
}

static void fill_status(struct runtime *rt, struct stage_status *s)
{
	s->stage = rt->ops->id;
	s->pid = getpid();
	s->uptime_ns = mono_since(rt->st.started, mono_now());
	/* In the middle of a turn the stage's own tables are not to be looked at. */
	if (rt->ops->status != NULL && !rt->in_reserve)
		rt->ops->status(&rt->st, rt->st.ctx, s);
	s->mid_event = rt->in_reserve;
	s->counts = rt->st.counts;
	s->latency = rt->st.latency;
	fill_rings(rt, s);
	fill_usage(rt, &s->usage);
}

static void ask_stop(struct runtime *rt)
{
	if (rt->stop_at.ns == 0)
		rt->stop_at = mono_now();
}

void stage_renewed(struct stage *st, int result, const char *text)
{
	struct runtime *rt = runtime_of(st);
	struct renewing *r = &rt->renewing;

	r->pending = false;
	r->result = result;
	snprintf(r->text, sizeof(r->text), "%s", text);
	malloc_trim(0);
	if (result < 0)
		log_error("cannot reload, what was stays in force: %s", text);
	else if (text[0] != '\0')
		log_info("reloaded: %s", text);
	if (r->for_supplier)
		(void)supply_send(rt->supply_fd, result < 0 ? SUPPLY_REFUSED : SUPPLY_DONE, -1,
				  text);
}

/* What is outside, of a stage that keeps its settings. */
static void look_again(struct runtime *rt)
{
	char text[sizeof(rt->renewing.text)] = "";
	int err = 0;

	if (rt->ops->reload != NULL)
		err = rt->ops->reload(&rt->st, rt->st.ctx, text, sizeof(text));
	stage_renewed(&rt->st, err, text);
}

/* All that is to be in force from now on, from BUNDLE, or, n 0, from files. */
static void renew(struct runtime *rt, struct span bundle, bool for_supplier)
{
	struct conf fresh;
	struct diag diag;
	char text[1024];

	rt->renewing = (struct renewing){ .pending = true,
					  .for_supplier = for_supplier,
					  .ticket = rt->renewing.ticket + 1 };
	if (read_settings(rt, bundle, &fresh, &diag) < 0) {
		diag_format(&diag, text, sizeof(text));
		free((void *)(uintptr_t)bundle.p);
		stage_renewed(&rt->st, -EINVAL, text);
		return;
	}
	follow_log(&fresh);
	if (rt->ops->renew != NULL) {
		rt->ops->renew(&rt->st, rt->st.ctx, &fresh, bundle);
		return;
	}
	conf_release(&fresh);
	free((void *)(uintptr_t)bundle.p);
	look_again(rt);
}

/* CONTROL_RELOAD: with no argument it begins; with the ticket that it gave, how it went. */
static void answer_reload(struct runtime *rt, const char *ticket, struct control_answer *a)
{
	if (rt->supply_fd != -1) {
		a->result = -EOPNOTSUPP;
		snprintf(a->text, sizeof(a->text), "ask the supervisor");
		return;
	}
	if (rt->in_reserve) {
		a->result = -EBUSY;
		snprintf(a->text, sizeof(a->text), "the next stage does not keep up, try again");
		return;
	}
	if (ticket[0] == '\0' && !rt->renewing.pending)
		renew(rt, SPAN_NONE, false);
	a->result = rt->renewing.result;
	snprintf(a->text, sizeof(a->text), "%s", rt->renewing.text);
	if (ticket[0] != '\0' && strtoul(ticket, NULL, 10) != rt->renewing.ticket) {
		a->result = -ESTALE;
		snprintf(a->text, sizeof(a->text), "another reload has begun since");
	} else if (rt->renewing.pending) {
		a->result = -EINPROGRESS;
		snprintf(a->text, sizeof(a->text), "%u", rt->renewing.ticket);
	}
}

/* SIGHUP. */
static void reload_by_signal(struct runtime *rt)
{
	if (rt->supply_fd != -1)
		stage_say(&rt->st, NOTIFY_RELOAD);
	else if (!rt->renewing.pending)
		renew(rt, SPAN_NONE, false);
}

static void take_bundle(struct runtime *rt, int fd)
{
	struct span bundle;
	int err = fd == -1 ? -EPROTO : supply_read(fd, &bundle);

	if (err < 0) {
		rt->renewing.for_supplier = true;
		stage_renewed(&rt->st, err, strerror(-err));
		return;
	}
	renew(rt, bundle, true);
}

static void hear_supplier(struct runtime *rt)
{
	struct supply_message m;
	int err;

	while (rt->supply_fd != -1 && !rt->renewing.pending &&
	       (err = supply_receive(rt->supply_fd, &m)) != -EAGAIN) {
		if (err == -EPROTO)
			continue;
		if (err < 0) { /* it is gone, and with it we will be */
			close(rt->supply_fd);
			rt->supply_fd = -1;
			return;
		}
		if (m.kind == SUPPLY_RELOAD)
			take_bundle(rt, m.fd);
		else if (m.kind == SUPPLY_FAILED && rt->ops->reload_failed != NULL)
			rt->ops->reload_failed(&rt->st, rt->st.ctx, m.text);
		if (m.fd != -1)
			close(m.fd);
	}
}

static void set_log_level(const char *text, struct control_answer *a)
{
	enum log_level level;

	a->result = log_level_parse(text, &level);
	if (a->result < 0)
		snprintf(a->text, sizeof(a->text), "levels are error, warning, info, debug");
	else
		log_set_level(level);
}

static void list(struct runtime *rt, const struct control_request *req, struct control_answer *a)
{
	if (rt->ops->list == NULL) {
		a->result = -EOPNOTSUPP;
		snprintf(a->text, sizeof(a->text), "another stage knows that");
	} else if (rt->in_reserve) {
		a->result = -EBUSY;
		snprintf(a->text, sizeof(a->text), "the next stage does not keep up, try again");
	} else {
		rt->ops->list(&rt->st, rt->st.ctx, req, a);
	}
}

static void answer(void *ctx, const struct control_request *req, struct control_answer *ret)
{
	struct runtime *rt = ctx;

	switch (req->kind) {
	case CONTROL_STATUS:
		ret->has_status = true;
		fill_status(rt, &ret->status);
		return;
	case CONTROL_STOP:
		ask_stop(rt);
		return;
	case CONTROL_RELOAD:
		answer_reload(rt, req->argument, ret);
		return;
	case CONTROL_CONTAINERS:
	case CONTROL_PODS:
	case CONTROL_ACTIVITY:
	case CONTROL_RULES:
	case CONTROL_ALERTS:
		list(rt, req, ret);
		return;
	case CONTROL_LOG_LEVEL:
		set_log_level(req->argument, ret);
		return;
	default:
		ret->result = -EOPNOTSUPP;
		snprintf(ret->text, sizeof(ret->text), "ask the supervisor");
		return;
	}
}

/* ---- the loop ---- */

/* What is not events.  Cheap enough for once a millisecond. */
static void housekeeping(struct runtime *rt, struct mono now)
{
	rt->last_poll = now;
	if (stop_signals > 0)
		ask_stop(rt);
	if (rt->st.out != NULL)
		outlet_poll(rt->st.out, now);
	if (rt->st.in != NULL && !rt->in_reserve)
		inlet_poll(rt->st.in, now);
	look_for_inheritance(rt);
	if (rt->control != NULL)
		control_server_poll(rt->control, answer, rt);
	if (rt->in_reserve)
		return;
	hear_supplier(rt);
	if (reload_signals) {
		reload_signals = 0;
		reload_by_signal(rt);
	}
}

/* Is there nothing left to wait for?  A live writer waits for our successor, so
 * there is no draining then; a second signal means now. */
static bool must_stop(const struct runtime *rt, struct mono now)
{
	struct inlet_status in;

	if (rt->stop_at.ns == 0)
		return false;
	if (stop_signals > 1)
		return true;
	if (rt->st.in == NULL)
		return mono_since(rt->stop_at, now) > LAST_TURN_NS;
	inlet_status(rt->st.in, &in);
	return in.writer_alive || mono_since(rt->stop_at, now) > DRAIN_NS;
}

static bool is_drained(const struct runtime *rt)
{
	struct inlet_status in;

	if (rt->st.in == NULL)
		return true;
	inlet_status(rt->st.in, &in);
	return in.used == 0;
}

void stage_flush(struct stage *st)
{
	struct runtime *rt = runtime_of(st);

	if (rt->no_commit)
		return;
	if (st->out != NULL)
		outlet_publish(st->out, &st->counts);
	/* As long as nobody else holds what is written, it is gone with us: a successor does it again. */
	rt->uncommitted = st->out != NULL && !outlet_was_taken(st->out);
	if (st->in != NULL && !rt->uncommitted)
		inlet_commit(st->in, &st->counts);
	rt->flushed = st->counts;
}

/* ---- sleeping ---- */

enum { OWN_FDS = 3, INLET_AT = OWN_FDS, FOREIGN_AT, OUTLET_AT, ALL_FDS = OUTLET_AT + OUTLET_FDS };

static int timeout_ms(uint64_t ns)
{
	return (int)((ns + NS_PER_MSEC - 1) / NS_PER_MSEC);
}

static void quiet_own_bell(struct runtime *rt)
{
	uint64_t rings;

	(void)!read(rt->bell_fd, &rings, sizeof(rings));
}

/* Sleep until something of P can be read: true.  Doors and control are to be heard at once if it
 * is theirs, and were looked at just now if it is not. */
static bool sleep_on(struct runtime *rt, struct pollfd *p, uint64_t timeout_ns)
{
	/* A signal may have come without its bell; what was forgotten is looked at when nothing came. */
	bool has_news, is_any;
	unsigned n = OUTLET_AT;
	int got;

	p[0] = (struct pollfd){ .fd = rt->bell_fd, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = rt->control == NULL ? -1 : control_server_fd(rt->control),
				.events = POLLIN };
	/* In the middle of a turn, or with one reload under way, it is not listened to. */
	p[2] = (struct pollfd){ .fd = rt->in_reserve || rt->renewing.pending ? -1 : rt->supply_fd,
				.events = POLLIN };
	if (rt->st.out != NULL)
		n += outlet_fds(rt->st.out, p + OUTLET_AT);
	got = poll(p, n, timeout_ms(timeout_ns));
	is_any = got > 0;
	if (!is_any)
		for (unsigned i = 0; i < n; i++)
			p[i].revents = 0;
	if (p[0].revents != 0)
		quiet_own_bell(rt);
	has_news = got < 0 || (got == 0 && timeout_ns >= POLL_IDLE_NS);
	for (unsigned i = 0; i < n; i++)
		has_news |= p[i].revents != 0 && i != INLET_AT && i != FOREIGN_AT;
	rt->last_poll = has_news ? (struct mono){ 0 } : mono_now();
	return is_any;
}

bool stage_sleep(struct stage *st, int fd, uint64_t timeout_ns)
{
	struct runtime *rt = runtime_of(st);
	struct pollfd p[ALL_FDS];
	uint64_t most_ns = UINT64_MAX;
	bool is_any = true;

	p[INLET_AT] = p[FOREIGN_AT] = (struct pollfd){ .fd = -1 };
	p[FOREIGN_AT] = (struct pollfd){ .fd = fd, .events = POLLIN };
	if (st->in != NULL) {
		most_ns = inlet_nap(st->in, mono_now());
		p[INLET_AT] = (struct pollfd){ .fd = inlet_fd(st->in), .events = POLLIN };
	}
	if (timeout_ns > most_ns)
		timeout_ns = most_ns;
	if (timeout_ns > 0)
		is_any = sleep_on(rt, p, timeout_ns);
	if (st->in != NULL) {
		inlet_awake(st->in, p[INLET_AT].revents != 0);
		/* The door is on its way: an answer, a new writer, the end of the old one. */
		if (p[INLET_AT].fd == -1 || inlet_fd(st->in) == -1)
			rt->last_poll = (struct mono){ 0 };
	}
	return is_any;
}

/* For room: what comes in meanwhile stays where it is. */
static void wait_for_room(struct runtime *rt)
{
	struct pollfd p[ALL_FDS];

	p[INLET_AT] = p[FOREIGN_AT] = (struct pollfd){ .fd = -1 };
	if (outlet_nap(rt->st.out))
		(void)sleep_on(rt, p, POLL_IDLE_NS);
	outlet_awake(rt->st.out);
}

static void wait_for_work(struct runtime *rt)
{
	uint64_t timeout_ns = POLL_IDLE_NS, left;

	if (rt->st.due.ns != 0) {
		left = mono_since(mono_now(), rt->st.due);
		timeout_ns = left < timeout_ns ? left : timeout_ns;
	}
	if (rt->stop_at.ns != 0 && timeout_ns > POLL_STOP_NS)
		timeout_ns = POLL_STOP_NS;
	if (rt->ops->wait != NULL)
		rt->ops->wait(&rt->st, rt->st.ctx, timeout_ns);
	else
		(void)stage_sleep(&rt->st, -1, timeout_ns);
}

/* ---- room ---- */

/* No turn follows on a frame that found no room: the loop ends behind it. */
static uint8_t *give_up(struct runtime *rt)
{
	rt->in_reserve = false;
	rt->no_commit = true;
	rt->st.stopping = true;
	return NULL;
}

uint8_t *stage_reserve(struct stage *st, size_t cap)
{
	struct runtime *rt = runtime_of(st);
	uint8_t *room = outlet_reserve(st->out, cap, RING_BULK);

	if (__builtin_expect(room != NULL, 1))
		return room;
	if (!outlet_fits(st->out, cap, RING_BULK)) {
		log_error("a frame of %zu bytes can never fit the ring", cap);
		rt->broken = true;
		return give_up(rt);
	}
	/* What is written must be seen, or no room ever comes; what was read is not
	 * committed, since it is not all dealt with. */
	outlet_publish(st->out, &st->counts);
	rt->in_reserve = true;
	while ((room = outlet_reserve(st->out, cap, RING_BULK)) == NULL) {
		struct mono now = mono_now();

		if (mono_since(rt->last_poll, now) >= POLL_HOT_NS)
			housekeeping(rt, now);
		if (must_stop(rt, now))
			return give_up(rt);
		wait_for_room(rt);
	}
	rt->in_reserve = false;
	return room;
}

int stage_end(struct stage *st)
{
	uint8_t *room;
	ssize_t n;

	if (st->out == NULL)
		return STAGE_DONE;
	room = stage_reserve(st, WIRE_EMPTY_BOUND);
	if (room == NULL) /* told to stop */
		return 0;
	n = wire_encode_empty(room, WIRE_EMPTY_BOUND);
	BUG_ON(n < 0);
	outlet_submit(st->out, FRAME_END, 0, (size_t)n);
	return STAGE_DONE;
}

/* The source is at its end: stay until a reader has committed all of it; that one
 * may be gone by now, since its work is done. */
static void outstay(struct runtime *rt)
{
	struct outlet_status out;

	rt->done = true;
	while (rt->st.out != NULL) {
		struct mono now = mono_now();

		housekeeping(rt, now);
		if (rt->stop_at.ns != 0)
			rt->done = false;
		outlet_status(rt->st.out, &out);
		if (!rt->done || (out.frames > 0 && out.used == 0))
			return;
		wait_for_room(rt);
	}
}

/* A capture's events are as old as it is.  The clock is read without a system call. */
static void take_sample(struct stage *st)
{
	uint64_t now_ns;

	if (!st->replay) {
		now_ns = wall_now().ns;
		histogram_add(&st->latency, now_ns > st->sample_ns ? now_ns - st->sample_ns : 0);
	}
	st->sample_ns = 0;
}

static bool is_flush_due(const struct runtime *rt)
{
	return memcmp(&rt->flushed, &rt->st.counts, sizeof(rt->flushed)) != 0 ||
	       (rt->uncommitted && outlet_was_taken(rt->st.out));
}

static int loop(struct runtime *rt)
{
	for (;;) {
		struct mono now = mono_now();
		int n;

		if (mono_since(rt->last_poll, now) >= POLL_HOT_NS)
			housekeeping(rt, now);
		if (must_stop(rt, now))
			break;
		rt->st.due = (struct mono){ 0 };
		n = rt->ops->turn(&rt->st, rt->st.ctx, now);
		if (rt->broken)
			return EXIT_STAGE;
		look_if_ready(rt);
		if (n != 0 || is_flush_due(rt))
			stage_flush(&rt->st);
		if (rt->st.sample_ns != 0)
			take_sample(&rt->st);
		if (rt->st.stopping)
			break;
		if (n == STAGE_DONE) {
			outstay(rt);
			rt->st.stopping = true;
			return rt->st.exit_code;
		}
		if (n < 0) {
			log_error("cannot go on: %s", strerror(-n));
			return EXIT_STAGE;
		}
		if (n > 0)
			continue;
		if (rt->stop_at.ns != 0 && is_drained(rt))
			break;
		wait_for_work(rt);
	}
	rt->st.stopping = true;
	return rt->st.exit_code;
}

/* ---- all of it ---- */

static int check_run_dir(struct runtime *rt)
{
	bool made;
	int err;

	rt->st.run_dir = run_dir_choose(rt->run_dir_option);
	err = run_dir_make(rt->st.run_dir, &made);
	if (err == 0) {
		if (run_dir_reclaim(rt->st.run_dir, rt->ops->id) > 0)
			log_warning("somebody else had taken our places in '%s', taken back",
				    rt->st.run_dir);
		return EXIT_OK;
	}
	log_error("cannot use the run directory '%s': %s", rt->st.run_dir, strerror(-err));
	return EXIT_HOST;
}

static int run(struct runtime *rt)
{
	int code;

	if (rt->ops->setup != NULL && (code = rt->ops->setup(&rt->st, rt->st.ctx)) != EXIT_OK)
		return code;
	if ((code = enter_jail(rt)) != EXIT_OK || (code = open_rings(rt)) != EXIT_OK)
		return code;
	open_control(rt);
	housekeeping(rt, mono_now());
	if (rt->ops->start != NULL && (code = rt->ops->start(&rt->st, rt->st.ctx)) != EXIT_OK)
		return code;
	look_if_ready(rt);
	log_debug("running as uid %u", (unsigned)geteuid());
	code = loop(rt);
	if (rt->ops->stop != NULL)
		rt->ops->stop(&rt->st, rt->st.ctx);
	if (code == rt->st.exit_code) /* it was not broken off */
		stage_flush(&rt->st);
	if (rt->done)
		say_counts(rt);
	return code;
}

int stage_main(const struct stage_ops *ops, void *ctx, int argc, char **argv)
{
	static struct runtime rt; /* large, and one to a process */
	int code;

	rt = (struct runtime){ .st = { .ops = ops, .ctx = ctx, .jail = ops->id },
			       .ops = ops,
			       .notify_fd = -1,
			       .supply_fd = -1,
			       .bell_fd = -1,
			       .statm_fd = -1 };
	rt.st.started = mono_now();
	snprintf(rt.name, sizeof(rt.name), "mews-%s", stage_name(ops->id));
	log_open(rt.name, LOG_LEVEL_INFO);
	umask(0007);
	code = parse_options(&rt, argc, argv);
	if (code != -1)
		return code;
	code = load_settings(&rt);
	if (code == EXIT_OK && rt.st.only_setup) {
		code = ops->setup(&rt.st, ctx);
	} else if (code == EXIT_OK && (code = check_run_dir(&rt)) == EXIT_OK) {
		open_own_bell(&rt);
		rt.statm_fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
		catch_signals();
		rt.notify_fd = notify_open();
		keep_open(&rt.keep, rt.notify_fd);
		code = run(&rt);
	}
	control_server_close(rt.control);
	outlet_close(rt.st.out);
	inlet_close(rt.st.in);
	conf_release(&rt.st.conf);
	free((void *)(uintptr_t)rt.st.bundle.p);
	return code;
}
