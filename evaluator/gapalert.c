/* SPDX-License-Identifier: Apache-2.0
 *
 * gapalert.c -- Falco's fields, all of them strings; behind them our own, which say where
 * and what.  What Falco's driver counts and has no meaning here is "0".
 */
#include "gapalert.h"

#include <inttypes.h>
#include <stdio.h>

#include "drop_group.h"
#include "event.h"
#include "losses.h"
#include "own_alert.h"

#define RULE "Falco internal: syscall event drop"

/* ---- what is missing ---- */

void gapalert_init(struct gapalert *g, const struct drop_policy *policy)
{
	*g = (struct gapalert){ .policy = *policy, .tokens = policy->max_burst };
}

void gapalert_add(struct gapalert *g, const struct gap_frame *gap)
{
	g->pending++;
	g->by_cause[gap->cause < GAP_CAUSE_COUNT ? gap->cause : GAP_NONE] += gap->count;
	g->total += gap->count;
	g->events += gap->events;
	g->unknown |= gap->count == 0;
	if (gap->to_ns > g->ts_ns)
		g->ts_ns = gap->to_ns;
	for (unsigned i = 0; i < gap->ntypes; i++)
		g->ntypes = gap_part_add(g->types, g->ntypes, &gap->types[i]);
	for (unsigned i = 0; i < gap->ncpus; i++)
		g->ncpus = gap_part_add(g->cpus, g->ncpus, &gap->cpus[i]);
}

void gapalert_clear(struct gapalert *g)
{
	struct gapalert fresh = {
		.policy = g->policy, .last = g->last, .tokens = g->tokens, .events_in = g->events_in
	};

	*g = fresh;
}

static uint64_t met(const struct gapalert *g)
{
	return g->events > g->total ? g->events : g->total;
}

static bool is_too_much(const struct gapalert *g)
{
	return g->waits || g->unknown || g->policy.simulate ||
	       (double)g->total / (double)met(g) > g->policy.threshold;
}

static void simulate(struct gapalert *g, uint64_t events_in)
{
	if (!g->policy.simulate || events_in == g->events_in)
		return;
	g->pending++;
	g->total++;
	g->events += events_in - g->events_in + 1;
}

enum gap_verdict gapalert_look(struct gapalert *g, uint64_t events_in, struct mono now)
{
	uint64_t since = mono_since(g->last, now);

	if ((g->pending == 0 && !g->policy.simulate) || (g->last.ns != 0 && since < NS_PER_SEC))
		return GAP_WAIT;
	if (g->last.ns != 0)
		g->tokens += g->policy.rate * (double)since / (double)NS_PER_SEC;
	if (g->tokens > g->policy.max_burst)
		g->tokens = g->policy.max_burst;
	g->last = now;
	simulate(g, events_in);
	g->events_in = events_in;
	if (g->pending == 0)
		return GAP_WAIT;
	if ((g->policy.actions & ~(unsigned)DROP_IGNORE) == 0 || !is_too_much(g)) {
		gapalert_clear(g);
		return GAP_FORGET;
	}
	if (g->tokens < 1) {
		bool waited = g->waits;

		g->waits = true;
		return waited ? GAP_WAIT : GAP_HELD;
	}
	g->tokens -= 1;
	return GAP_ACT;
}

/* ---- the alert ---- */

static struct span text(struct arena *arena, uint64_t u)
{
	enum { DIGITS = 24 };
	char *p = arena_get(arena, DIGITS);

	return p == NULL ? span_str("0") : span_of(p, (size_t)snprintf(p, DIGITS, "%" PRIu64, u));
}

typedef void part_name(unsigned of, char *buf, size_t cap);

static void type_name(unsigned of, char *buf, size_t cap)
{
	const struct event_info *info = event_info(of);

	snprintf(buf, cap, "%s", info != NULL ? info->name : "others");
}

static void cpu_name(unsigned of, char *buf, size_t cap)
{
	if (of == GAP_OTHERS)
		snprintf(buf, cap, "others");
	else
		snprintf(buf, cap, "%u", of);
}

/* "openat 120, close 30", the largest first. */
static struct span list(struct arena *arena, const struct gap_part *parts, unsigned n,
			part_name *name)
{
	enum { EACH = 56 };
	char *p = arena_get(arena, n * EACH + 1), one[32];
	bool said[GAP_MAX_PARTS] = { false };
	size_t at = 0;

	if (p == NULL)
		return SPAN_NONE;
	for (unsigned i = 0; i < n; i++) {
		unsigned most = GAP_MAX_PARTS;

		for (unsigned k = 0; k < n; k++)
			if (!said[k] &&
			    (most == GAP_MAX_PARTS || parts[k].count > parts[most].count))
				most = k;
		said[most] = true;
		name(parts[most].of, one, sizeof(one));
		at += (size_t)snprintf(p + at, EACH, "%s%s %" PRIu64, i == 0 ? "" : ", ", one,
				       parts[most].count);
	}
	return span_of(p, at);
}

/* By Falco's groups, of what found no room: it is the kernel's buffer that these fields are
 * about, and ring raw is behind it.  A gap names its events for its whole count. */
static void put_groups(const struct gapalert *g, struct arena *arena, struct alert_frame *a)
{
	uint64_t sums[DROP_GROUPS] = { 0 };

	for (unsigned i = 0; i < g->ntypes; i++)
		sums[drop_group(g->types[i].of)] += g->types[i].count;
	for (unsigned i = DROP_OTHERS + 1; i < DROP_GROUPS; i++)
		own_alert_text(a, drop_group_field(i), text(arena, sums[i]));
}

static struct span message(const struct gapalert *g, struct arena *arena)
{
	enum { MESSAGE = 160 };
	char *p = arena_get(arena, MESSAGE);
	int n;

	if (p == NULL)
		return SPAN_NONE;
	if (g->total == 0)
		n = snprintf(p, MESSAGE, RULE ". System calls were missed, nobody knows how many.");
	else
		n = snprintf(p, MESSAGE,
			     RULE ". %" PRIu64 "%s system calls dropped in last second.", g->total,
			     g->unknown ? " or more" : "");
	return span_of(p, (size_t)n);
}

bool gapalert_make(const struct gapalert *g, struct arena *arena, struct alert_frame *a)
{
	const uint64_t *by_cause = g->by_cause;

	own_alert_begin(a, RULE, PRIORITY_DEBUG, g->ts_ns, message(g, arena));
	own_alert_text(a, "n_evts", text(arena, met(g)));
	own_alert_text(a, "n_drops", text(arena, g->total));
	own_alert_text(a, "n_drops_buffer_total",
		       text(arena, by_cause[GAP_KERNEL_BUFFER] + by_cause[GAP_RING]));
	put_groups(g, arena, a);
	own_alert_text(a, "n_drops_scratch_map", text(arena, by_cause[GAP_NOT_MADE]));
	own_alert_text(a, "n_drops_page_faults", span_str("0"));
	own_alert_text(a, "n_drops_bug", span_str("0"));
	own_alert_text(a, "ebpf_enabled", span_str("1"));
	own_alert_text(a, "n_drops_ring", text(arena, by_cause[GAP_RING]));
	own_alert_text(a, "n_drops_restart", text(arena, by_cause[GAP_RESTART]));
	own_alert_text(a, "n_drops_passed_over", text(arena, by_cause[GAP_PASSED_OVER]));
	own_alert_text(a, "n_drops_by_type", list(arena, g->types, g->ntypes, type_name));
	own_alert_text(a, "n_drops_by_cpu", list(arena, g->cpus, g->ncpus, cpu_name));
	return a->message.n > 0;
}
