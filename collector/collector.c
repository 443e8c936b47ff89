/* SPDX-License-Identifier: Apache-2.0
 *
 * collector.c -- mews-collector: events out of the kernel, or out of a capture, into
 * ring raw.  With the kernel it holds capabilities, so it does as little as can be: it
 * decodes, counts and passes on, and never judges.
 *
 * A turn takes a bounded number of events, so a flood cannot keep it from its
 * door.  When it has nothing to do it sleeps until the kernel side wakes it.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "coverage.h"
#include "feed.h"
#include "log.h"
#include "replay.h"
#include "sensor.h"
#include "sensor_probe.h"
#include "sockets.h"
#include "stage.h"
#include "raw_tap.h"

#define TURN_EVENTS	512u
#define LOOK_NS		(10 * NS_PER_MSEC) /* at the kernel's counters, while there are events */
#define LOOK_IDLE_NS	NS_PER_SEC
#define LOOK_LAST_NS	(100 * NS_PER_MSEC) /* when there are none any more, and were many */
#define MANY_EVENTS	256u
#define SOON_NS		(50 * NS_PER_MSEC) /* what waits for room, or for its time */
#define BEAT_LOOK_NS	(2 * NS_PER_MSEC)  /* a heartbeat is looked for this long behind it */
#define SNAPSHOT_GAP_NS (5 * NS_PER_SEC)
#define WANTS_NS	(500 * NS_PER_MSEC) /* between two changes of what is watched */
#define ANSWERS_PART	20u		    /* of the time goes by answering asks, at most */
#define DOOR_BUDGET	(64u * 1024 * 1024) /* bytes of a snapshot that is handed over at the door */

struct collector {
	const char *capture; /* to replay; NULL: live */
	bool at_once;	     /* nothing is seen before all can be */
	bool probe;	     /* say what can be seen, and end */
	struct source *source;
	struct feed feed;
	struct ring_wants wants;
	struct base_syscalls base;
	struct selection selection;
	struct event_set unseen; /* of what rules ask for */
	struct mono looked, next_snapshot, next_answers, next_wants, next_unmute;
	uint64_t beat_ns; /* between two heartbeats; 0: there are none */
	struct mono next_beat, beat_look;
	size_t ring_budget; /* bytes of a snapshot in line; 0: it is not in line */
	unsigned taken_since_look;
	bool has_predecessor;
	uint64_t now_ns; /* of that look, in the clock of the events' stamps */
	uint64_t unread; /* of the source's, as counted */
	uint8_t *room;	 /* of the frame that is being written */
	struct tap tap;
	struct stage *st;
};

static uint8_t *out_reserve(void *ctx, size_t cap, enum ring_class cls)
{
	struct stage *st = ctx;
	struct collector *c = st->ctx;

	return c->room = outlet_reserve(st->out, cap, cls);
}

/* For what must not be lost: waits for the reader.  NULL: the stage is told to stop. */
static uint8_t *out_reserve_patiently(void *ctx, size_t cap, enum ring_class cls)
{
	struct stage *st = ctx;
	struct collector *c = st->ctx;
	uint8_t *p = outlet_reserve(st->out, cap, cls);

	if (__builtin_expect(p != NULL, 1))
		return p;
	feed_settle(&c->feed); /* it is going to be published */
	return stage_reserve(st, cap);
}

static void out_submit(void *ctx, uint16_t type, uint16_t flags, size_t len)
{
	struct stage *st = ctx;
	struct collector *c = st->ctx;

	if (__builtin_expect(c->tap.out != NULL, 0)) /* a capture's events have none */
		tap_put(&c->tap, type, span_of(c->room, len));
	outlet_submit(st->out, type, flags, len);
}

static void out_abandon(void *ctx)
{
	outlet_abandon(((struct stage *)ctx)->out);
}

static int option(struct stage *st, void *ctx, const char *name, const char *arg)
{
	struct collector *c = ctx;

	if (strcmp(name, "probe") == 0) {
		c->probe = true;
		st->only_setup = true;
		return 0;
	}
	if (strcmp(name, "at-once") == 0) {
		c->at_once = true;
		return 0;
	}
	if (strcmp(name, "replay") != 0)
		return -EINVAL;
	c->capture = arg;
	st->replay = true;
	return 1;
}

#ifdef MEWS_BPF
static struct sensor_params params_of(const struct stage *st)
{
	static const enum stage_id behind[] = { STAGE_ENRICHER, STAGE_EVALUATOR, STAGE_EMITTER,
						STAGE_RECORDER };
	struct sensor_params p = { .buffer_bytes = st->conf.kernel_buffer_bytes,
				   .snaplen = (unsigned)st->conf.snaplen,
				   .cpus_per_buffer = st->conf.cpus_per_buffer,
				   .drop_failed = st->conf.drop_failed,
				   .beats = st->conf.heartbeat_ns > 0 };

	_Static_assert(ARRAY_LEN(behind) <= ARRAY_LEN(p.quiet_uids), "room for each");
	/* Where they are all one user, he may be somebody else as well. */
	for (unsigned i = 0; i < ARRAY_LEN(behind); i++)
		if (jail_identity(behind[i]).uid != geteuid())
			p.quiet_uids[p.nquiet++] = (uint32_t)jail_identity(behind[i]).uid;
	return p;
}
#endif

#ifdef MEWS_BPF
/* The kernel's buffers, each of whose pages is mapped twice; and all sockets, for a snapshot. */
static uint64_t may_grow(const struct source *source)
{
	struct sensor_inside in;

	sensor_look_inside(source, &in);
	return 2 * in.buffer_bytes + sockets_most_bytes();
}
#endif

/* A file is open already.  Who looks at the host's processes is not confined: Landlock would hide them all. */
static int open_capture(struct stage *st, struct collector *c)
{
	static struct confine_place place;

	place = (struct confine_place){ st->run_dir, CONFINE_SOCKETS };
	st->places = &place;
	st->nplaces = 1;
	st->jail = JAIL_REPLAY;
	return replay_open(c->capture, &c->source);
}

static int open_source(struct stage *st, struct collector *c)
{
	if (c->capture != NULL)
		return open_capture(st, c);
	if (st->conf.engine >= CONF_ENGINE_REPLAY) {
		log_error("'engine.kind' says that no events come from the kernel: for a capture "
			  "there is 'mews replay FILE'");
		return EXIT_INPUT;
	}
	if (st->conf.engine == CONF_ENGINE_KMOD)
		log_info(
			"'engine.kind' is kmod: there is no kernel module, its settings hold for eBPF");
#ifdef MEWS_BPF
	struct sensor_params params = params_of(st);

	int code;

	params.at_once = c->at_once;
	code = sensor_open(&params, &c->source);
	if (code == EXIT_OK)
		st->grows_bytes = may_grow(c->source);
	return code;
#else
	log_error("cannot see system calls: built without the kernel side, this can only --replay");
	return EXIT_HOST;
#endif
}

static int probe(const struct stage *st)
{
#ifdef MEWS_BPF
	struct sensor_params params = params_of(st);

	return sensor_probe(&params);
#else
	(void)st;
	log_error("built without the kernel side: there is nothing to probe");
	return EXIT_HOST;
#endif
}

static void take_settings(struct collector *c, const struct conf *conf)
{
	c->base.repair = conf->base_syscalls_repair;
	for (unsigned i = 0; i < conf->base_syscalls.count; i++)
		if (!base_syscalls_add(&c->base, conf->base_syscalls.item[i]))
			log_warning("base_syscalls.custom_set: there is no system call '%s', it is "
				    "passed over",
				    conf->base_syscalls.item[i]);
}

/* The outlet is opened after this, and may ask for a snapshot or bring counters before start(). */
static int setup(struct stage *st, void *ctx)
{
	struct feed_out out = { st, out_reserve, out_submit, out_abandon };
	struct collector *c = ctx;
	int code;

	if (c->probe)
		return probe(st);
	code = open_source(st, c);

	if (code != EXIT_OK)
		return code;
	c->st = st;
	if (c->source->is_recorded)
		out.reserve = out_reserve_patiently;
	feed_init(&c->feed, &out, &st->counts, c->source->own_pid);
	c->feed.is_recorded = c->source->is_recorded;
	c->feed.looked_ns = c->source->ops->now(c->source);
	take_settings(c, &st->conf);
	c->beat_ns = c->source->ops->beat == NULL ? 0 : st->conf.heartbeat_ns;
	selection_fill(&c->selection, NULL, &c->base);
	c->feed.set = c->selection.events;
	c->source->ops->want(c->source, &c->selection);
	return EXIT_OK;
}

static void wake(void *ctx)
{
	stage_wake(ctx);
}

/* What the source can do without for now comes behind its back, and with it we are ready. */
static int start(struct stage *st, void *ctx)
{
	struct collector *c = ctx;
	int err;

	if (c->source->ops->begin_rest == NULL)
		return EXIT_OK;
	err = c->source->ops->begin_rest(c->source, wake, st);
	st->starting = err == 0;
	if (err < 0)
		log_error("cannot start a thread: %s", strerror(-err));
	return err < 0 ? EXIT_HOST : EXIT_OK;
}

static struct event_set wanted_by_rules(const struct collector *c)
{
	struct event_set ret;

	_Static_assert(sizeof(ret.bits) == sizeof(c->wants.events), "a bit per event code");
	memcpy(ret.bits, c->wants.events, sizeof(ret.bits));
	return ret;
}

/* Rules that wait for what is not seen here would look as if nothing happened. */
static void say_unseen(struct collector *c)
{
	struct event_set wanted = wanted_by_rules(c), unseen = { { 0 } };
	char names[512];

	if (c->source->coverage == NULL || c->st->starting)
		return;
	(void)coverage_unseen(c->source->coverage, &wanted, &unseen);
	if (memcmp(&unseen, &c->unseen, sizeof(unseen)) == 0)
		return;
	c->unseen = unseen;
	coverage_names(&unseen, names, sizeof(names));
	if (names[0] != '\0')
		log_warning("rules ask for events that are not seen on this host: %s", names);
}

/* What is watched, and what the settings leave out. */
static void say_selection(const struct collector *c, const struct selection *before)
{
	static const struct call_set none;
	const struct selection *s = &c->selection;
	char names[512];

	if (c->source->is_recorded || memcmp(&s->calls, &before->calls, sizeof(s->calls)) == 0)
		return;
	log_info("%u system calls are watched: %u for rules, the others for the state", s->ncalls,
		 s->nasked);
	call_set_names(&s->asked, names, sizeof(names));
	if (memcmp(&s->asked, &none, sizeof(none)) != 0)
		log_warning(
			"rules ask for system calls that base_syscalls.custom_set leaves out: %s",
			names);
	call_set_names(&s->missing, names, sizeof(names));
	if (memcmp(&s->missing, &none, sizeof(none)) != 0)
		log_warning("base_syscalls leaves out system calls that state is made of, which "
			    "may be missing or old in alerts: %s",
			    names);
}

/* What the evaluator wants of the kernel now: for system calls, nothing is attached or detached.  Whoever
 * wants something else all the time must not keep us busy with it, nor open and close ring tap. */
static void follow_wants(struct stage *st, struct collector *c, struct mono now)
{
	struct selection before = c->selection;

	if (now.ns < c->next_wants.ns || !outlet_wants(st->out, &c->wants))
		return;
	c->next_wants = mono_after(now, WANTS_NS);
	selection_fill(&c->selection, &c->wants, &c->base);
	c->feed.set = c->selection.events;
	c->source->ops->want(c->source, &c->selection);
	feed_other_rules(&c->feed, &c->wants);
	c->feed.stale |= !c->source->is_recorded && selection_grows(&before, &c->selection);
	say_unseen(c);
	say_selection(c, &before);
	tap_switch(&c->tap, st, c->source,
		   !c->source->is_recorded && (c->wants.extras & WANT_TAP) != 0);
}

/* What the evaluator needs no more of; the enricher passes it on. */
static void follow_mutes(struct stage *st, struct collector *c, struct mono now)
{
	const struct source_ops *ops = c->source->ops;
	uint64_t num, mute;

	if (ops->mute == NULL || !c->selection.mutes)
		return;
	if (now.ns >= c->next_unmute.ns) {
		ops->mute(c->source, 0);
		c->next_unmute = mono_after(now, MUTE_NS);
	}
	for (unsigned i = 0; i < RING_MUTES && outlet_muted(st->out, &num); i++) {
		mute = mute_log_find(&c->feed.mutes, num);
		if (mute != 0)
			ops->mute(c->source, mute);
	}
}

/* Until now some events were not seen that state is made of.  At a first start nobody had said that
 * they would be; at a later one they were seen before. */
static void take_rest(struct stage *st, struct collector *c)
{
	static const struct event_set none;
	struct event_set unseen = c->source->coverage->put_off;
	int got = c->source->ops->take_rest(c->source);
	char names[512];

	if (got == 0)
		return;
	if (got < 0) {
		st->exit_code = EXIT_HOST;
		st->stopping = true;
		return;
	}
	st->starting = false;
	/* Of the rest nothing may be, and whoever records has one section for all. */
	c->feed.stale |= memcmp(&unseen, &none, sizeof(none)) != 0;
	coverage_names(&unseen, names, sizeof(names));
	if (c->has_predecessor && names[0] != '\0')
		log_warning("all is seen again; since the collector's end these were not: %s",
			    names);
	say_unseen(c);
}

/* State that could not be told. */
static void count_unread(struct stage *st, struct collector *c)
{
	const struct unread *u = &c->source->unread;

	if (u->count == c->unread)
		return;
	st->counts.v[COLLECTOR_UNREAD] += u->count - c->unread;
	c->unread = u->count;
	log_rationed(LOG_LEVEL_WARNING,
		     "state of some tasks is missing: of /proc not all could be read, at last: %s",
		     strerror(u->err));
}

static void lose(void *ctx, const struct loss *loss)
{
	struct collector *c = ctx;

	feed_lost(&c->feed, loss, c->now_ns);
}

static void look(struct collector *c)
{
	uint64_t seen;

	c->taken_since_look = 0;
	c->now_ns = c->source->ops->now(c->source);
	seen = c->source->ops->count(c->source, lose, c);
	feed_counts(&c->feed, seen, c->now_ns);
	if (c->source->ops->muted != NULL)
		feed_muted(&c->feed, c->source->ops->muted(c->source));
}

/* The table of losses, before the counters that it goes with are published. */
static void write_sheets(struct collector *c)
{
	uint8_t *sheets[RING_SHEETS];

	for (unsigned i = 0; i < RING_SHEETS; i++)
		sheets[i] = outlet_sheet(c->st->out, i);
	feed_sheets(&c->feed, sheets);
}

static void say_progress(struct stage *st, struct collector *c)
{
	struct source_progress p;

	if (c->source->ops->progress == NULL)
		return;
	c->source->ops->progress(c->source, &p);
	stage_progress(st, p.done, p.total, p.events);
}

/* After a loss of state events: all state again, in line, when the reader has caught up
 * enough for it, and not too often. */
static void make_good(struct stage *st, struct collector *c, struct mono now)
{
	struct outlet_status ring;
	int err;

	if (!c->feed.stale || now.ns < c->next_snapshot.ns)
		return;
	outlet_status(st->out, &ring);
	if (!ring.has_reader || ring.used > ring.size / 4)
		return;
	c->next_snapshot = mono_after(now, SNAPSHOT_GAP_NS);
	c->ring_budget = ring.size / 2;
	err = outlet_snapshot(st->out);
	c->ring_budget = 0;
	if (err < 0)
		log_rationed(LOG_LEVEL_WARNING,
			     "cannot write a snapshot after events were lost: %s, trying again",
			     strerror(-err));
}

static int put_state(void *ctx, uint16_t type, struct span payload)
{
	feed_state(ctx, type, payload);
	return 0;
}

static void answer(struct collector *c, const struct ring_ask *ask, size_t budget)
{
	struct task_read_frame f = { .tid = ask->tid, .of = ask->of };
	uint8_t buf[WIRE_TASK_READ_BOUND];
	ssize_t n;

	f.gone = c->source->ops->read_again(c->source, ask, put_state, &c->feed, budget) == -ESRCH;
	n = wire_encode_task_read(buf, sizeof(buf), &f);
	if (n > 0)
		feed_state(&c->feed, FRAME_TASK_READ, span_of(buf, (size_t)n));
	c->st->counts.v[COLLECTOR_ANSWERS]++;
}

/* What the reader asks to be told again, if the ring has room and we have time: what it may cost
 * is ours to say, however much is asked. */
static void answer_asks(struct stage *st, struct collector *c, struct mono now)
{
	struct outlet_status ring;
	struct ring_ask ask;
	struct mono begun;
	unsigned n = 0;

	if (c->source->ops->read_again == NULL || now.ns < c->next_answers.ns)
		return;
	outlet_status(st->out, &ring);
	if (ring.used > ring.size / 4) {
		c->next_answers = mono_after(now, SOON_NS);
		return;
	}
	if (!outlet_asked(st->out, &ask))
		return;
	begun = mono_now();
	do {
		answer(c, &ask, ring.size / 16);
		outlet_status(st->out, &ring);
	} while (++n < RING_ASKS && ring.used <= ring.size / 4 && outlet_asked(st->out, &ask));
	c->source->ops->settle(c->source);
	now = mono_now();
	c->next_answers = mono_after(now, (ANSWERS_PART - 1) * mono_since(begun, now));
}

/* One event or frame from the source to the ring.  1, or what the source said. */
static int take_one(struct collector *c)
{
	struct source *s = c->source;
	struct source_frame frame;
	struct raw_event ev;
	int err = s->ops->next(s, &ev);

	switch (err) {
	case 1:
		stage_sample(c->st, ev.ts_ns);
		feed_event(&c->feed, &ev);
		return 1;
	case SOURCE_STATE:
		s->ops->frame(s, &frame);
		feed_state(&c->feed, frame.type, frame.payload);
		return 1;
	case SOURCE_SKIPPED:
		feed_skipped(&c->feed);
		return 1;
	case -EPROTO:
		feed_refused(&c->feed);
		return 1;
	default:
		return err;
	}
}

/* The heartbeat, when it is time; its record is young enough to be there in the next turn only. */
static void beat(struct collector *c, struct mono now)
{
	if (c->beat_ns == 0 || now.ns < c->next_beat.ns)
		return;
	c->source->ops->beat(c->source);
	c->next_beat = mono_after(now, c->beat_ns);
	c->beat_look = mono_after(now, BEAT_LOOK_NS);
}

/* The stage is to be called at T, if nothing is before. */
static void be_called_at(struct stage *st, struct mono t)
{
	if (st->due.ns == 0 || st->due.ns > t.ns)
		st->due = t;
}

static int turn(struct stage *st, void *ctx, struct mono now)
{
	struct collector *c = ctx;
	struct source *s = c->source;
	int done = 0, err = 1;

	if (st->starting)
		take_rest(st, c);
	follow_wants(st, c, now);
	follow_mutes(st, c, now);
	/* What rules want rides with the events: a capture can wait until that is known. */
	if (s->is_recorded && c->wants.version == 0)
		return 0;
	beat(c, now);
	s->ops->begin(s);
	while (done < (int)TURN_EVENTS && !st->stopping && (err = take_one(c)) == 1)
		done++;
	s->ops->commit(s);

	c->taken_since_look += (unsigned)done;
	if (mono_since(c->looked, now) >= (c->taken_since_look > 0 ? LOOK_NS : LOOK_IDLE_NS)) {
		c->looked = now;
		look(c);
		say_progress(st, c);
	}
	feed_settle(&c->feed);
	feed_gaps(&c->feed);
	c->tap.stale |= c->feed.stale; /* what the kernel's buffer lost is missing there, too */
	make_good(st, c, now);
	answer_asks(st, c, now);
	tap_turn(&c->tap, st, now);
	count_unread(st, c);
	write_sheets(c);
	if (c->feed.stale || feed_has_gaps(&c->feed) || c->tap.out != NULL)
		st->due = mono_after(now, SOON_NS);
	else if (c->taken_since_look >= MANY_EVENTS)
		st->due = mono_after(now, LOOK_LAST_NS);
	if (c->next_answers.ns > now.ns)
		be_called_at(st, c->next_answers);
	if (c->next_wants.ns > now.ns)
		be_called_at(st, c->next_wants);
	if (c->beat_ns > 0)
		be_called_at(st, c->beat_look.ns > now.ns ? c->beat_look : c->next_beat);
	if (done > 0 && err != SOURCE_END && err != SOURCE_DAMAGED)
		return done;
	if (err == SOURCE_DAMAGED)
		st->exit_code = EXIT_INPUT;
	return err == SOURCE_END || err == SOURCE_DAMAGED ? stage_end(st) : err;
}

static bool until(void *ctx, int fd, uint64_t timeout_ns)
{
	return stage_sleep(ctx, fd, timeout_ns);
}

static void wait_for_events(struct stage *st, void *ctx, uint64_t timeout_ns)
{
	struct collector *c = ctx;

	if (c->source->is_recorded) /* it always has something, and waits for its reader's wants */
		(void)stage_sleep(st, -1, timeout_ns);
	else
		c->source->ops->wait(c->source, timeout_ns, until, st);
}

static int snapshot(void *ctx, struct frame_sink *sink)
{
	struct collector *c = ctx;
	int n = c->source->ops->snapshot(c->source, sink,
					 c->ring_budget > 0 ? c->ring_budget : DOOR_BUDGET);

	if (n < 0)
		return n;
	feed_told(&c->feed);
	c->st->counts.v[COLLECTOR_SNAPSHOTS]++;
	c->st->counts.v[COLLECTOR_STATE_OUT] += (unsigned)n;
	return 0;
}

static void inherit(struct stage *st, void *ctx, const struct ring_counts *old,
		    const uint8_t *sheets)
{
	static struct losses losses; /* large, and needed once */
	struct collector *c = ctx;
	uint64_t version = old->v[COLLECTOR_LOSS_SHEETS];
	bool known = false;

	(void)st;
	c->has_predecessor = true;
	if (sheets != NULL && version > 0)
		known = losses_decode(
				span_of(sheets + version % RING_SHEETS * RING_SHEET, RING_SHEET),
				version, &losses) == 0;
	feed_inherit(&c->feed, old, known ? &losses : NULL, c->source->ops->now(c->source));
}

static void status(struct stage *st, void *ctx, struct stage_status *status)
{
	struct collector *c = ctx;
	char watched[128];

	(void)st;
	look(c);
	status->losses = c->feed.losses;
	status->gauges.v[COLLECTOR_GAUGE_CALLS_WATCHED] = c->selection.ncalls;
	tap_status(&c->tap, status);
	if (c->source->coverage != NULL) {
		struct event_set wanted = wanted_by_rules(c);

		coverage_report(c->source->coverage, &wanted, status);
	}
	status->gauges.v[COLLECTOR_GAUGE_UNSEEN_PROGRAMS] = status->ngaps;
	status->gauges.v[COLLECTOR_GAUGE_WANTS_VERSION] = c->wants.version;
	if (c->source->is_recorded)
		snprintf(watched, sizeof(watched), "source %s", c->source->ops->name);
	else
		snprintf(watched, sizeof(watched),
			 "source %s, %u system calls watched, %u for rules, %s",
			 c->source->ops->name, c->selection.ncalls, c->selection.nasked,
			 c->selection.mutes ? "opens of no interest muted" : "no opens muted");
	snprintf(status->detail, sizeof(status->detail), "%s%s%s", watched,
		 status->ngaps > 0 ? ", not all events are seen" : "",
		 c->feed.stale ? ", state is stale until the next snapshot" : "");
}

static void stop(struct stage *st, void *ctx)
{
	struct collector *c = ctx;

	look(c);
	if (st->out != NULL)
		write_sheets(c);
	tap_close(&c->tap);
	c->source->ops->close(c->source);
}

int main(int argc, char **argv)
{
	static struct collector c;
	static const struct stage_ops ops = {
		.id = STAGE_COLLECTOR,
		.usage =
			"  --replay FILE    events from a capture, in place of the kernel\n"
			"  --probe          load the kernel side, say as JSON what came of it, and end\n",
		.option = option,
		.setup = setup,
		.start = start,
		.turn = turn,
		.wait = wait_for_events,
		.status = status,
		.snapshot = snapshot,
		.stop = stop,
		.inherit = inherit,
	};

	return stage_main(&ops, &c, argc, argv);
}
