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

#include "collector.h"
#include "coverage.h"
#include "log.h"

#define TURN_EVENTS  512u
#define LOOK_NS	     (10 * NS_PER_MSEC) /* at the kernel's counters, while there are events */
#define LOOK_IDLE_NS NS_PER_SEC
#define LOOK_LAST_NS (100 * NS_PER_MSEC) /* when there are none any more, and were many */
#define MANY_EVENTS  256u
#define BEAT_LOOK_NS (2 * NS_PER_MSEC) /* a heartbeat is looked for this long behind it */

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
		return collector_probe(st);
	code = collector_open_source(st, c);

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
		collector_take_rest(st, c);
	collector_follow_wants(st, c, now);
	collector_follow_mutes(st, c, now);
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
	collector_make_good(st, c, now);
	collector_answer_asks(st, c, now);
	tap_turn(&c->tap, st, now);
	collector_count_unread(st, c);
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
		struct event_set wanted = collector_wanted(c);

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
		.snapshot = collector_snapshot,
		.stop = stop,
		.inherit = inherit,
	};

	return stage_main(&ops, &c, argc, argv);
}
