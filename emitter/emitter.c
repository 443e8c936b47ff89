/* SPDX-License-Identifier: Apache-2.0
 *
 * emitter.c -- reads alerts from their ring and brings them to the outputs: live through the
 * journal, from which each output fetches them in its own time; in a replay directly.  Only when
 * that is done they are taken out of the ring, so a crash repeats alerts and never loses one; what
 * was taken last is left in the ring's notes, and what comes again is dropped by its name: the
 * event's generation and number, and the rule's.
 *
 * Alerts hold what an attacker chose to call his files and processes: nothing here
 * trusts a byte of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/random.h>
#include <unistd.h>

#include "aggregate.h"
#include "bucket.h"
#include "delivered.h"
#include "direct.h"
#include "live.h"
#include "log.h"
#include "lossalert.h"
#include "places.h"
#include "reporter.h"
#include "spool_dir.h"
#include "stage.h"
#include "web.h"

#define LOOK_NS (100 * NS_PER_MSEC) /* between two looks at what is held back */
#define HELD_NS (10 * NS_PER_SEC)

enum { TURN_ALERTS = 256 }; /* frames in a turn */

/* The notes that a successor finds: the name of the alert that was delivered last, how
 * many bytes went to standard output, how many records to the journal. */
enum { NOTE_GENERATION, NOTE_SEQ, NOTE_RULE, NOTE_STDOUT, NOTE_JOURNAL };

struct emitter {
	struct format format;
	char hostname[256];
	char boot[64]; /* this run of the machine, for ids */
	struct outputs outputs;
	struct direct *direct; /* in a replay */
	struct live *live;     /* or this */
	char spool[PATH_MAX];
	struct places places;

	/* what is held back, live */
	struct bucket bucket;
	uint64_t held, held_said; /* by the bucket */
	struct mono held_at;
	struct aggregate *repeats; /* NULL: they are not summed up */
	struct mono last_look;
	struct mono now;	   /* of the turn */
	struct readings *readings; /* NULL: nobody asks for them */
	struct page *page;	   /* NULL: there is none */
	struct web *web;
	struct reporter *reporter;

	uint64_t stdout_at;	     /* of a replay: bytes that predecessors wrote there */
	bool knows_last;	     /* the notes were read, or an alert was delivered */
	struct delivered read;	     /* and delivered with the next batch */
	struct alert_name delivered; /* the last in order, behind the last batch */

	struct alert_frame alert;
};

static volatile sig_atomic_t reopen_asked;

static void on_reopen(int sig)
{
	(void)sig;
	reopen_asked = 1;
}

/* ---- setup ---- */

/* The zone's rules were read by tzset(), before the jail; this only computes. */
static void local_clock(void *ctx, uint64_t seconds, struct format_clock *ret)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	(void)ctx;
	if (localtime_r(&t, &tm) == NULL)
		return;
	*ret = (struct format_clock){ (unsigned)tm.tm_hour, (unsigned)tm.tm_min,
				      (unsigned)tm.tm_sec };
}

static void find_hostname(struct emitter *em)
{
	const char *given = getenv("FALCO_HOSTNAME");

	if (given == NULL) {
		if (gethostname(em->hostname, sizeof(em->hostname) - 1) == -1)
			em->hostname[0] = '\0';
		given = em->hostname;
	}
	em->format.hostname = span_str(given);
}

static void find_boot(struct emitter *em)
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return;
	if (read(fd, em->boot, sizeof(em->boot) - 1) == -1)
		em->boot[0] = '\0';
	close(fd);
}

/* What is wrong with it shows again when it is used, and is said then. */
static void make_spool(const struct stage *st, struct emitter *em)
{
	int err;

	if (st->conf.spool_bytes == 0)
		return; /* in memory only */
	err = spool_dir_choose(st->conf.spool_dir, st->run_dir, em->spool);

	if (err < 0) {
		log_error("cannot use the spool: %s", strerror(-err));
		em->spool[0] = '\0';
		return;
	}
	err = spool_dir_make(em->spool, st->run_dir, jail_identity(STAGE_EMITTER));
	if (err == -EPERM) {
		log_error("cannot use the spool in '%s': it is somebody else's, alerts that wait "
			  "are kept in memory",
			  em->spool);
		em->spool[0] = '\0';
	} else if (err < 0) {
		log_debug("cannot make '%s': %s", em->spool, strerror(-err));
	}
}

/* What lies elsewhere can neither be read nor written, and no program be started. */
static int confine(struct stage *st, struct emitter *em)
{
	int err = places_find(&em->places, st->run_dir, em->spool,
			      em->reporter == NULL ? "" : st->conf.metrics_file, &em->outputs);

	if (err == 0 && em->web != NULL && web_waits(em->web))
		err = places_add_tcp(&em->places);
	if (err < 0) {
		log_error("cannot name what is left of the file system: %s", strerror(-err));
		return EXIT_HOST;
	}
	st->places = em->places.place;
	st->nplaces = em->places.n;
	st->wants.network = em->places.network || em->web != NULL;
	return EXIT_OK;
}

/* What asks the whole pipeline how it is.  Without it alerts come out all the same, so only wrong
 * settings are an error. */
static int open_watch(struct stage *st, struct emitter *em)
{
	const struct conf *conf = &st->conf;
	bool reports =
		conf->metrics_enabled && (conf->metrics_rule || conf->metrics_file[0] != '\0');

	if (!reports && !conf->web_enabled)
		return EXIT_OK;
	em->readings = readings_new(st->run_dir, (const char *)em->format.hostname.p);
	if (em->readings == NULL)
		return EXIT_HOST;
	if (reports)
		em->reporter = reporter_open(conf, em->readings, &em->format);
	if (!conf->web_enabled)
		return EXIT_OK;
	if (conf->page_enabled &&
	    page_open(conf, st->run_dir, &em->format, em->readings, &em->page) == -EINVAL)
		return EXIT_INPUT;
	return web_open(conf, em->readings, em->page, &em->web) == -EINVAL ? EXIT_INPUT : EXIT_OK;
}

/* The alerts that wait in memory, and for each output, the page and the socket of `mews alerts` what goes
 * out at once. */
static uint64_t may_grow(const struct conf *conf, const struct outputs *outputs)
{
	enum { AT_ONCE = (2 << 20) + FORMAT_MAX_LINE };

	return conf->spool_memory_bytes + conf->page_history_bytes +
	       (outputs->count + 2) * (uint64_t)AT_ONCE;
}

static int open_live(struct stage *st, struct emitter *em)
{
	make_spool(st, em);
	return open_watch(st, em);
}

static int open_direct(struct emitter *em)
{
	em->direct = direct_new(&em->outputs);
	if (em->direct != NULL)
		return EXIT_OK;
	log_error("cannot hold alerts: no memory");
	return EXIT_HOST;
}

static int setup(struct stage *st, void *ctx)
{
	struct sigaction sa = { .sa_handler = on_reopen, .sa_flags = SA_RESTART };
	const struct conf *conf = &st->conf;
	struct emitter *em = ctx;
	int code;

	tzset();
	em->format = (struct format){
		.iso_8601 = conf->time_format_iso_8601,
		.include_output = conf->json_include_output_property,
		.include_message = conf->json_include_message_property,
		.include_tags = conf->json_include_tags_property,
		.include_fields = conf->json_include_output_fields_property,
		.local = local_clock,
	};
	find_hostname(em);
	find_boot(em);
	sigemptyset(&sa.sa_mask);
	sigaction(SIGUSR1, &sa, NULL);
	code = outputs_open(&em->outputs, conf, &em->format);
	if (code != EXIT_OK)
		return code;
	st->grows_bytes = may_grow(conf, &em->outputs);
	code = st->replay ? open_direct(em) : open_live(st, em);
	return code == EXIT_OK ? confine(st, em) : code;
}

static void begin_holding(const struct stage *st, struct emitter *em)
{
	const struct conf *conf = &st->conf;
	uint64_t seed = mono_now().ns;

	em->bucket = bucket_full(conf->outputs_rate, conf->outputs_max_burst, mono_now());
	if (!conf->repeats_summed_up)
		return;
	(void)!getrandom(&seed, sizeof(seed), 0);
	em->repeats =
		aggregate_new(&conf->repeats_fields, conf->repeats_window_ms * NS_PER_MSEC, seed);
	if (em->repeats == NULL)
		log_error("cannot sum up repeats: no memory");
}

/* Behind the jail: threads come into being. */
static void wake(void *ctx)
{
	stage_wake(ctx);
}

/* From here on the page, if there is one, is told of alerts. */
static void show(struct emitter *em)
{
	if (em->page != NULL)
		live_show(em->live, page_recent(em->page));
}

static int start(struct stage *st, void *ctx)
{
	struct emitter *em = ctx;
	int err;

	if (st->replay)
		return EXIT_OK;
	begin_holding(st, em);
	err = live_open(&st->conf, em->spool[0] == '\0' ? NULL : em->spool, em->boot, &em->outputs,
			&em->live);
	if (err == 0 && em->web != NULL && web_start(em->web) == 0)
		show(em);
	if (err == 0 && em->reporter != NULL)
		err = reporter_start(em->reporter, wake, st);
	if (err == 0)
		return EXIT_OK;
	log_error("cannot start the outputs: %s", strerror(-err));
	return EXIT_HOST;
}

/* ---- a batch ---- */

/* Write what there is to all ways out.  From here on it counts as delivered, also
 * where it could not be. */
static void deliver(struct stage *st, struct emitter *em)
{
	struct direct_done done = direct_deliver(em->direct);

	st->counts.v[EMITTER_OUT] += done.count - done.failed;
	st->counts.v[EMITTER_FAILED] += done.failed;
	st->counts.v[EMITTER_STDOUT_FAILED] += done.by_kind[OUTPUT_STDOUT];
	st->counts.v[EMITTER_FILE_FAILED] += done.by_kind[OUTPUT_FILE];
}

/* All that was taken is on its way: so it may be told the ring. */
static void flush(struct stage *st, struct emitter *em)
{
	if (em->live != NULL)
		live_flush(em->live);
	else
		deliver(st, em);
	em->delivered = em->read.last;
}

/* ---- alerts ---- */

/* What a predecessor delivered last, once there is a ring to ask. */
static void look_for_last(struct stage *st, struct emitter *em)
{
	if (em->knows_last)
		return;
	em->knows_last = true;
	em->read.from_start = st->replay;
	em->read.last =
		(struct alert_name){ inlet_note(st->in, NOTE_GENERATION),
				     inlet_note(st->in, NOTE_SEQ), inlet_note(st->in, NOTE_RULE) };
	em->delivered = em->read.last;
	if (st->replay)
		sink_stdout_resume(inlet_note(st->in, NOTE_STDOUT), em->stdout_at);
	else
		live_skip_to(em->live, inlet_note(st->in, NOTE_JOURNAL));
}

/* Of its name, or if it has none of all that it says. */
static struct uuid id_of(const struct emitter *em, const struct alert_frame *a, struct span payload)
{
	struct alert_name name = { a->origin_generation, a->origin_seq, a->rule_index };
	struct span parts[] = { span_str(em->boot), span_of(&name, sizeof(name)) };

	if (name.generation == 0)
		parts[1] = payload;
	return uuid_of(parts, ARRAY_LEN(parts));
}

static void put_direct(struct stage *st, struct emitter *em, const struct uuid *id)
{
	char text[UUID_TEXT];

	uuid_print(*id, text);
	if (!direct_put(em->direct, &(struct letter){ text, &em->alert }))
		st->counts.v[EMITTER_REFUSED]++;
	if (direct_is_full(em->direct))
		deliver(st, em);
}

/* What mews says about itself goes on in any case. */
static bool is_held(struct stage *st, struct emitter *em, struct span payload)
{
	if (span_is(em->alert.source, FORMAT_INTERNAL))
		return false;
	if (em->repeats != NULL && aggregate_holds(em->repeats, &em->alert, payload, em->now)) {
		st->counts.v[EMITTER_REPEATED]++;
		return true;
	}
	if (bucket_take(&em->bucket, em->now))
		return false;
	st->counts.v[EMITTER_HELD]++;
	em->held++;
	return true;
}

static void take_alert(struct stage *st, struct emitter *em, const struct ring_frame *f)
{
	const struct alert_frame *a = &em->alert;
	struct uuid id;

	st->counts.v[EMITTER_IN]++;
	if (f->type != FRAME_ALERT || wire_decode_alert(f->payload, &em->alert) < 0) {
		st->counts.v[EMITTER_REFUSED]++;
		return;
	}
	if (delivered_before(
		    &em->read,
		    (struct alert_name){ a->origin_generation, a->origin_seq, a->rule_index },
		    (f->flags & ALERT_FRAME_LATE) != 0)) {
		st->counts.v[EMITTER_DOUBLES]++;
		return;
	}
	if (a->origin_generation != 0) /* others have no event */
		stage_sample(st, a->ts_ns);
	id = id_of(em, a, f->payload);
	if (em->live == NULL) {
		put_direct(st, em, &id);
	} else if (live_had(em->live, &id)) {
		/* A predecessor put it in the journal, and did not come to tell the ring. */
		st->counts.v[EMITTER_OUT]++;
	} else if (!is_held(st, em, f->payload)) {
		live_put(em->live, &id, f->flags, f->payload);
		if (f->flags & ALERT_FRAME_HEARTBEAT)
			live_beat(em->live, a->ts_ns);
		st->counts.v[EMITTER_OUT]++;
	}
}

static void reopen(struct emitter *em)
{
	if (em->live != NULL)
		live_reopen(em->live);
	else
		direct_reopen(em->direct);
}

static void count_made(struct stage *st, uint64_t made)
{
	st->counts.v[EMITTER_MADE] += made;
	st->counts.v[EMITTER_OUT] += made;
}

/* What was held back is said: repeats when their time is up, or ALL; others every 10 s at most. */
static uint64_t say_held(struct emitter *em, struct mono now, bool all)
{
	uint64_t total = em->held, made = 0;
	char text[160];

	while (em->repeats != NULL && aggregate_next(em->repeats, now, all, &em->alert))
		made += live_put_own(em->live, &em->alert);
	if (total <= em->held_said ||
	    (!all && em->held_at.ns != 0 && mono_since(em->held_at, now) < HELD_NS))
		return made;
	heldalert_make(total - em->held_said, total, wall_now().ns, text, &em->alert);
	em->held_said = total;
	em->held_at = now;
	return made + live_put_own(em->live, &em->alert);
}

static void tick(struct stage *st, struct emitter *em, struct mono now)
{
	struct span report = reporter_take(em->reporter);
	uint64_t made = 0;

	live_tick(em->live, now, &made);
	if (em->web != NULL && web_tick(em->web, now))
		show(em);
	if (report.n > 0) {
		live_put_report(em->live, report);
		made++;
	}
	if (mono_since(em->last_look, now) >= LOOK_NS) {
		em->last_look = now;
		made += say_held(em, now, false);
	}
	count_made(st, made);
}

/* The loop commits behind each turn, so the batch must be out by then. */
static int turn(struct stage *st, void *ctx, struct mono now)
{
	struct emitter *em = ctx;
	struct ring_frame frame;
	bool ended = false;
	int n = 0;

	em->now = now;
	if (reopen_asked) {
		reopen_asked = 0;
		reopen(em);
	}
	while (n < TURN_ALERTS && !ended && inlet_next(st->in, &frame) > 0) {
		look_for_last(st, em);
		n++;
		/* What lives has no end: who says so would end us. */
		ended = frame.type == FRAME_END && st->replay;
		if (!ended)
			take_alert(st, em, &frame);
	}
	if (em->live != NULL)
		tick(st, em, now);
	flush(st, em);
	if (n > 0) {
		inlet_set_note(st->in, NOTE_GENERATION, em->delivered.generation);
		inlet_set_note(st->in, NOTE_SEQ, em->delivered.seq);
		inlet_set_note(st->in, NOTE_RULE, em->delivered.rule);
		inlet_set_note(st->in, NOTE_STDOUT, sink_stdout_done());
		if (em->live != NULL)
			inlet_set_note(st->in, NOTE_JOURNAL, live_next(em->live));
	}
	return ended ? stage_end(st) : n;
}

/* The supervisor's word to a successor, in a replay. */
static int option(struct stage *st, void *ctx, const char *name, const char *arg)
{
	struct emitter *em = ctx;
	char *end;

	(void)st;
	if (strcmp(name, "stdout-at") != 0 || arg == NULL || arg[0] < '0' || arg[0] > '9')
		return -EINVAL;
	em->stdout_at = strtoull(arg, &end, 10);
	return *end == '\0' ? 1 : -EINVAL;
}

static int reload(struct stage *st, void *ctx, char *text, size_t cap)
{
	struct emitter *em = ctx;

	(void)st;
	reopen(em);
	snprintf(text, cap, "the outputs are open anew");
	return 0;
}

static void status(struct stage *st, void *ctx, struct stage_status *ret)
{
	const struct emitter *em = ctx;

	(void)st;
	outputs_names(&em->outputs, ret->detail, sizeof(ret->detail));
	if (em->live != NULL)
		live_status(em->live, ret);
}

static void list(struct stage *st, void *ctx, const struct control_request *req,
		 struct control_answer *ret)
{
	static uint8_t page[CONTROL_PAGE_BYTES];
	struct emitter *em = ctx;
	struct format form = em->format;

	(void)st;
	if (req->kind != CONTROL_ALERTS || em->live == NULL) {
		ret->result = -EOPNOTSUPP;
		return;
	}
	form.include_output = form.include_tags = form.include_fields = true;
	ret->next = strtoull(req->argument, NULL, 10);
	ret->page = span_of(page, live_list(em->live, &ret->next, &form, page, sizeof(page)));
}

static void stop(struct stage *st, void *ctx)
{
	struct emitter *em = ctx;

	(void)st;
	web_close(em->web); /* its threads are gone */
	reporter_close(em->reporter);
	readings_free(em->readings);
	direct_free(em->direct);
	em->direct = NULL;
	if (em->live != NULL)
		count_made(st, say_held(em, mono_now(), true));
	places_release(&em->places);
	aggregate_free(em->repeats);
	em->repeats = NULL;
	if (live_close(em->live)) {
		outputs_close(&em->outputs);
		em->live = NULL;
	}
	page_close(em->page);
}

int main(int argc, char **argv)
{
	static const struct stage_ops ops = {
		.id = STAGE_EMITTER,
		.option = option,
		.setup = setup,
		.start = start,
		.turn = turn,
		.reload = reload,
		.status = status,
		.list = list,
		.stop = stop,
	};
	static struct emitter em; /* large, and one to a process */

	return stage_main(&ops, &em, argc, argv);
}
