/* SPDX-License-Identifier: Apache-2.0
 *
 * top.c -- see top.h.
 */
#include "top.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "jread.h"
#include "line.h"

enum { BAR = 20 };

/* ---- what the evaluator says ---- */

/* VALUE, a JSON string, so that it can stand on a terminal. */
static void show(struct span value, char *ret, size_t cap)
{
	uint8_t text[1024];
	struct line line;
	struct span s;
	size_t n;

	ret[0] = '\0';
	if (value.n > sizeof(text) || !jread_string(value, text, &s))
		return;
	for (n = s.n; n > 0; n--) {
		line_init(&line, (uint8_t *)ret, cap - 1);
		line_put_visible(&line, span_of(s.p, n));
		if (line_length(&line) >= 0)
			break;
	}
	ret[n == 0 ? 0 : line_length(&line)] = '\0';
}

static void take_line(struct top_sample *s, struct span line)
{
	struct span top = jread_value(line), container = jread_member(top, "container"),
		    rule = jread_member(top, "rule");
	struct top_item *item;
	uint64_t pid;
	size_t n;

	if (jread_uint(jread_member(top, "process"), &pid)) {
		if (s->nprocesses == TOP_ITEMS)
			return;
		item = &s->processes[s->nprocesses++];
		n = (size_t)snprintf(item->name, sizeof(item->name), "%" PRIu64 " ", pid);
		show(jread_member(top, "name"), item->name + n, sizeof(item->name) - n);
		show(jread_member(top, "exe"), item->more, sizeof(item->more));
	} else if (container.n > 0) {
		if (s->ncontainers == TOP_ITEMS)
			return;
		item = &s->containers[s->ncontainers++];
		show(container, item->name, sizeof(item->name));
		show(jread_member(top, "name"), item->more, sizeof(item->more));
	} else if (rule.n > 0) {
		if (s->nrules == TOP_RULES)
			return;
		item = &s->rules[s->nrules++];
		show(rule, item->name, sizeof(item->name));
		item->more[0] = '\0';
		item->count = item->ns = 0;
		(void)jread_uint(jread_member(top, "matches"), &item->count);
		(void)jread_uint(jread_member(top, "ns"), &item->ns);
		return;
	} else {
		return;
	}
	(void)jread_uint(jread_member(top, "events"), &item->count);
}

void top_take_page(struct top_sample *s, struct span page)
{
	while (page.n > 0) {
		const uint8_t *end = memchr(page.p, '\n', page.n);
		size_t n = end == NULL ? page.n : (size_t)(end - page.p);

		take_line(s, span_of(page.p, n));
		page = end == NULL ? SPAN_NONE : span_of(end + 1, page.n - n - 1);
	}
}

/* ---- lines ---- */

struct sheet {
	const struct top_sample *before, *now;
	double seconds; /* between the two */
	struct top_line *lines;
	unsigned n, rows;
};

static void put(struct sheet *sh, enum top_style style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void put(struct sheet *sh, enum top_style style, const char *format, ...)
{
	va_list ap;

	if (sh->n == sh->rows)
		return;
	va_start(ap, format);
	vsnprintf(sh->lines[sh->n].text, sizeof(sh->lines[0].text), format, ap);
	va_end(ap);
	sh->lines[sh->n++].style = style;
}

static double rate(const struct sheet *sh, uint64_t before, uint64_t now)
{
	/* A stage that was started again counts on, but one that is away counts nothing. */
	return now < before || sh->seconds <= 0 ? 0 : (double)(now - before) / sh->seconds;
}

static double counter_rate(const struct sheet *sh, enum stage_id id, unsigned word)
{
	const struct ledger_reading *a = &sh->before->picture.reading,
				    *b = &sh->now->picture.reading;

	if (!a->there[id] || !b->there[id])
		return 0;
	return rate(sh, a->stage[id].counts.v[word], b->stage[id].counts.v[word]);
}

static uint64_t lost_of(const struct top_sample *s)
{
	const uint64_t *v = s->picture.reading.stage[STAGE_COLLECTOR].counts.v;

	if (!s->picture.reading.there[STAGE_COLLECTOR])
		return 0;
	return v[COLLECTOR_LOST_KERNEL] + v[COLLECTOR_LOST_RESTART] + v[COLLECTOR_LOST_RING] +
	       v[COLLECTOR_LOST_NOT_MADE] + v[COLLECTOR_LOST_PASSED_OVER];
}

static void put_stages(struct sheet *sh)
{
	static const struct {
		enum stage_id id;
		unsigned in, out;
	} words[] = {
		{ STAGE_COLLECTOR, COLLECTOR_TAKEN, COLLECTOR_OUT },
		{ STAGE_ENRICHER, ENRICHER_IN, ENRICHER_OUT },
		{ STAGE_EVALUATOR, EVALUATOR_IN, EVALUATOR_OUT },
		{ STAGE_EMITTER, EMITTER_IN, EMITTER_OUT },
	};
	const struct picture *p = &sh->now->picture;

	put(sh, TOP_TITLE, "%-10s %8s  %-9s %8s %6s %9s %10s %10s", "STAGE", "PID", "STATE",
	    "RESTARTS", "CPU %", "RSS kB", "IN /s", "OUT /s");
	for (unsigned i = 0; i < ARRAY_LEN(words); i++) {
		enum stage_id id = words[i].id;
		double cpu = p->usage[id].cpu_s - sh->before->picture.usage[id].cpu_s;
		bool runs = strcmp(picture_state(p, id), "running") == 0;

		put(sh, runs ? TOP_PLAIN : TOP_BAD,
		    "%-10s %8" PRId64 "  %-9s %8" PRIu64 " %6.1f %9" PRIu64 " %10.0f %10.0f",
		    stage_name(id), picture_pid(p, id), picture_state(p, id),
		    picture_restarts(p, id),
		    cpu > 0 && sh->seconds > 0 ? 100 * cpu / sh->seconds : 0, p->usage[id].rss_kb,
		    counter_rate(sh, id, words[i].in), counter_rate(sh, id, words[i].out));
	}
}

static void put_rings(struct sheet *sh)
{
	const struct picture *p = &sh->now->picture;

	put(sh, TOP_TITLE, "%-10s %7s  %-*s %12s", "RING", "FULL %", BAR + 2, "", "LOST");
	for (unsigned i = 0; i < p->nrings; i++) {
		const struct ring_status *r = &p->rings[i];
		double full = r->capacity == 0 ? 0 : (double)r->used / (double)r->capacity;
		unsigned bar = full > 1 ? BAR : (unsigned)(full * BAR + 0.5);

		put(sh,
		    full > 0.8	 ? TOP_BAD
		    : full > 0.4 ? TOP_WARNING
				 : TOP_PLAIN,
		    "%-10s %7.1f  [%-*.*s] %12" PRIu64, r->name, 100 * full, BAR, (int)bar,
		    "####################", r->lost);
	}
}

static void put_losses(struct sheet *sh)
{
	uint64_t lost = lost_of(sh->now);
	double now = rate(sh, lost_of(sh->before), lost);

	put(sh, now > 0 ? TOP_BAD : TOP_PLAIN, "LOST  %" PRIu64 " events in all, %.0f /s", lost,
	    now);
}

static void make_visible(char *ret, size_t cap, const char *text)
{
	struct line line;

	line_init(&line, (uint8_t *)ret, cap - 1);
	line_put_visible(&line, span_str(text));
	ret[line_length(&line) < 0 ? 0 : line_length(&line)] = '\0';
}

static void put_outputs(struct sheet *sh)
{
	const struct ledger_reading *a = &sh->before->picture.reading,
				    *b = &sh->now->picture.reading;
	const struct stage_status *s = &b->stage[STAGE_EMITTER];

	if (!b->there[STAGE_EMITTER])
		return;
	put(sh, TOP_TITLE, "%-20s %10s %10s %10s %10s  %s", "OUTPUT", "SENT /s", "PENDING", "LOST",
	    "REFUSED", "LAST ERROR");
	for (unsigned i = 0; i < s->noutputs; i++) {
		const struct output_status *o = &s->outputs[i];
		uint64_t before = i < a->stage[STAGE_EMITTER].noutputs
					  ? a->stage[STAGE_EMITTER].outputs[i].delivered
					  : o->delivered;
		char error[sizeof(o->last_error) * 4], name[sizeof(o->name) * 4];

		make_visible(error, sizeof(error), o->last_error);
		make_visible(name, sizeof(name), o->name);
		put(sh,
		    o->lost > 0	       ? TOP_BAD
		    : o->pending > 100 ? TOP_WARNING
				       : TOP_PLAIN,
		    "%-20s %10.0f %10" PRIu64 " %10" PRIu64 " %10" PRIu64 "  %.80s", name,
		    rate(sh, before, o->delivered), o->pending, o->lost, o->refused, error);
	}
}

static void put_items(struct sheet *sh, const char *title, const struct top_item *items, unsigned n,
		      unsigned most)
{
	if (n == 0)
		return;
	put(sh, TOP_TITLE, "%10s  %s", "EVENTS /s", title);
	for (unsigned i = 0; i < n && i < most; i++)
		put(sh, TOP_PLAIN, "%10" PRIu64 "  %-28s %s", items[i].count, items[i].name,
		    items[i].more);
}

/* What a rule did since BEFORE. */
struct lately {
	uint64_t matches, ns;
};

static struct lately lately_of(const struct sheet *sh, const struct top_item *rule)
{
	struct lately ret = { rule->count, rule->ns };

	for (unsigned i = 0; i < sh->before->nrules; i++) {
		const struct top_item *old = &sh->before->rules[i];

		/* What counts less is another process. */
		if (strcmp(old->name, rule->name) != 0 || old->count > rule->count ||
		    old->ns > rule->ns)
			continue;
		ret.matches -= old->count;
		ret.ns -= old->ns;
		break;
	}
	return ret;
}

/* Is A before B: who matched most lately, then who cost most, then who matched most ever? */
static bool is_before(const struct top_item *a, struct lately la, const struct top_item *b,
		      struct lately lb)
{
	if (la.matches != lb.matches)
		return la.matches > lb.matches;
	return la.ns != lb.ns ? la.ns > lb.ns : a->count > b->count;
}

static void put_rules(struct sheet *sh, unsigned most)
{
	const struct top_sample *s = sh->now;
	struct lately lately[TOP_RULES];
	bool shown[TOP_RULES] = { false };

	if (s->nrules == 0)
		return;
	for (unsigned i = 0; i < s->nrules; i++)
		lately[i] = lately_of(sh, &s->rules[i]);
	put(sh, TOP_TITLE, "%10s  %-10s %7s  %s", "MATCHES", "LATELY", "CPU %", "RULE");
	for (unsigned k = 0; k < most && k < s->nrules; k++) {
		unsigned best = TOP_RULES;

		for (unsigned i = 0; i < s->nrules; i++)
			if (!shown[i] &&
			    (best == TOP_RULES ||
			     is_before(&s->rules[i], lately[i], &s->rules[best], lately[best])))
				best = i;
		shown[best] = true;
		put(sh, lately[best].matches > 0 ? TOP_WARNING : TOP_PLAIN,
		    "%10" PRIu64 "  %-10" PRIu64 " %7.3f  %s", s->rules[best].count,
		    lately[best].matches,
		    sh->seconds > 0 ? (double)lately[best].ns / 1e7 / sh->seconds : 0,
		    s->rules[best].name);
	}
}

unsigned top_lines(const struct top_sample *before, const struct top_sample *now, unsigned rows,
		   struct top_line ret[TOP_LINES])
{
	struct sheet sh = { .before = before,
			    .now = now,
			    .seconds = (double)(now->at_ns - before->at_ns) / 1e9,
			    .lines = ret,
			    .rows = rows < TOP_LINES ? rows : TOP_LINES };
	unsigned left, share;

	put_stages(&sh);
	put_rings(&sh);
	put_losses(&sh);
	put_outputs(&sh);
	/* What is left, a third each, titles taken off. */
	left = sh.rows - sh.n;
	share = left > 6 ? (left - 3) / 3 : 1;
	put_rules(&sh, share);
	put_items(&sh, "PROCESS", now->processes, now->nprocesses,
		  now->ncontainers == 0 ? 2 * share : share);
	put_items(&sh, "CONTAINER", now->containers, now->ncontainers, share);
	return sh.n;
}
