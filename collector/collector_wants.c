/* SPDX-License-Identifier: Apache-2.0
 *
 * collector_wants.c -- what is asked of the collector now, by rules and their evaluator.
 */
#include "collector.h"
#include "coverage.h"
#include "log.h"

#define WANTS_NS (500 * NS_PER_MSEC) /* between two changes of what is watched */

struct event_set collector_wanted(const struct collector *c)
{
	struct event_set ret;

	_Static_assert(sizeof(ret.bits) == sizeof(c->wants.events), "a bit per event code");
	memcpy(ret.bits, c->wants.events, sizeof(ret.bits));
	return ret;
}

/* Rules that wait for what is not seen here would look as if nothing happened. */
static void say_unseen(struct collector *c)
{
	struct event_set wanted = collector_wanted(c), unseen = { { 0 } };
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
void collector_follow_wants(struct stage *st, struct collector *c, struct mono now)
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
void collector_follow_mutes(struct stage *st, struct collector *c, struct mono now)
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
void collector_take_rest(struct stage *st, struct collector *c)
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
