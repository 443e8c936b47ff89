/* SPDX-License-Identifier: Apache-2.0
 *
 * captures.c -- see captures.h.
 */
#include "captures.h"

#include <errno.h>

#include "log.h"
#include "notify.h"
#include "rundir.h"

#define LOOK_NS	   (10 * NS_PER_MSEC)
#define LIMITS_NS  NS_PER_SEC
#define READER_NS  (5 * NS_PER_SEC)
#define RING_BYTES (256u * 1024) /* some two thousand matches */

static void open_ring(struct captures *c, const struct stage *st)
{
	char door[RUN_DIR_PATH_MAX];
	struct outlet_params p = {
		.door = door,
		.reader_uid = jail_identity(STAGE_RECORDER).uid,
		.socket_gid = jail_identity(STAGE_EVALUATOR).gid,
		.size = RING_BYTES,
	};
	int err;

	run_dir_path(door, st->run_dir, "captures", ".door");
	err = outlet_open(&p, &c->out);
	if (err < 0)
		log_error("cannot open '%s': %s, there are no captures", door, strerror(-err));
}

static bool are_wanted(const struct stage *st, const struct ruleset *rules)
{
	return st->conf.capture_enabled &&
	       (st->conf.capture_all_rules ? ruleset_evaluated_count(rules) > 0
					   : ruleset_captures(rules));
}

bool captures_follow(struct captures *c, struct stage *st, const struct ruleset *rules)
{
	c->on = are_wanted(st, rules);
	if (c->on && st->replay) {
		log_info("a replay makes no captures: its events are in one");
		c->on = false;
	}
	if (c->on && c->out == NULL)
		open_ring(c, st);
	c->on = c->on && c->out != NULL;
	if (c->said != (c->on ? SAID_ON : SAID_OFF))
		stage_say(st, c->on ? NOTIFY_CAPTURES "1" : NOTIFY_CAPTURES "0");
	c->said = c->on ? SAID_ON : SAID_OFF;
	return c->on;
}

void captures_match(struct captures *c, struct stage *st, const struct ruleset_rule *rule,
		    const struct event_frame *ev)
{
	uint64_t ms = rule->capture_ms != 0 ? rule->capture_ms : st->conf.capture_duration_ms;
	struct capture_frame f = { .ts_ns = ev->ts_ns,
				   .num = ev->num,
				   .tid = ev->tid,
				   .duration_ns = ms * NS_PER_MSEC,
				   .rule = rule->name };
	size_t cap = wire_capture_bound(&f);
	uint8_t *p;
	ssize_t n;

	if (!c->on || (!rule->capture && !st->conf.capture_all_rules))
		return;
	if ((p = outlet_reserve(c->out, cap, RING_BULK)) == NULL) {
		st->counts.v[EVALUATOR_CAPTURES_LOST]++;
		return;
	}
	n = wire_encode_capture(p, cap, &f);
	if (n < 0) {
		outlet_abandon(c->out);
		return;
	}
	outlet_submit(c->out, FRAME_CAPTURE, 0, (size_t)n);
	outlet_publish(c->out, NULL);
	st->counts.v[EVALUATOR_CAPTURES]++;
}

/* Who starts it has had the time; where each stage is a unit or a container of its own that may be nobody. */
static void look_for_reader(struct captures *c, struct mono now)
{
	if (!c->on || outlet_has_reader(c->out)) {
		c->reader_due = (struct mono){ 0 };
	} else if (c->reader_due.ns == 0) {
		c->reader_due = mono_after(now, READER_NS);
	} else if (now.ns >= c->reader_due.ns) {
		log_warning(
			"rules ask for captures, and there is no mews-recorder: none is written until it runs");
		c->reader_due.ns = UINT64_MAX;
	}
}

void captures_turn(struct captures *c, struct mono now)
{
	struct ring_counts counts;

	if (c->out == NULL || now.ns < c->next_look.ns)
		return;
	c->next_look = mono_after(now, LOOK_NS);
	outlet_poll(c->out, now);
	look_for_reader(c, now);
	if (now.ns < c->next_limits.ns || !outlet_peer_counts(c->out, &counts))
		return;
	c->next_limits = mono_after(now, LIMITS_NS);
	limitalert_look(&c->limits, &counts);
}

void captures_close(struct captures *c)
{
	outlet_close(c->out);
	c->out = NULL;
}
