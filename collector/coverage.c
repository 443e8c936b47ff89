/* SPDX-License-Identifier: Apache-2.0
 *
 * coverage.c -- see coverage.h.
 */
#include "coverage.h"

#include <stdio.h>

#include "record.h"

/* ---- whose events ---- */

enum { OF_TRACE = FAMILY_COUNT, OF_RING };

/* Which programs make events, and which family or event they are a row for. */
static const struct row {
	const char *program;
	unsigned family; /* or OF_TRACE, OF_RING */
	unsigned code;
} rows[] = {
#define FAMILY(name, program) { #program, FAMILY_##name, 0 },
#include "family.def"
#undef FAMILY
#define TRACE(event, program) { #program, OF_TRACE, EVENT_##event },
#include "family.def"
#undef TRACE
#define RING(program) { #program, OF_RING, 0 },
#include "family.def"
#undef RING
};

static const struct capture {
	uint16_t code, family;
} captures[] = {
#define CAPTURE(event, fam, class) { EVENT_##event, FAMILY_##fam },
#include "family.def"
#undef CAPTURE
#define RING_CALL(op, call, event) { EVENT_##event, OF_RING },
#include "family.def"
#undef RING_CALL
};

struct event_set coverage_events(const char *program)
{
	struct event_set ret = { { 0 } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strcmp(rows[i].program, program) != 0)
			continue;
		if (rows[i].family == OF_TRACE)
			event_set_add(&ret, rows[i].code);
		for (size_t k = 0; k < ARRAY_LEN(captures); k++)
			if (captures[k].family == rows[i].family)
				event_set_add(&ret, captures[k].code);
	}
	return ret;
}

static bool is_of_ring(const char *program)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].family == OF_RING && strcmp(rows[i].program, program) == 0)
			return true;
	return false;
}

/* A TRACE row of an event that a family makes is of use to that: its lack is not the event's. */
static bool is_just_help(const char *program)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].family != OF_TRACE || strcmp(rows[i].program, program) != 0)
			continue;
		for (size_t k = 0; k < ARRAY_LEN(captures); k++)
			if (captures[k].code == rows[i].code)
				return true;
	}
	return false;
}

bool coverage_is_essential(const char *program)
{
	struct event_set events = coverage_events(program);
	bool any = false;

	for (unsigned code = 0; code < EVENT_CODE_COUNT; code++) {
		if (!event_set_has(&events, code))
			continue;
		if (state_set_is_lineage(code))
			return true;
		any = true;
	}
	return !any;
}

/* ---- gaps ---- */

bool coverage_lose(struct coverage *c, const char *program, const char *reason)
{
	struct gap *g = &c->gaps[c->ngaps];

	if (c->ngaps == ARRAY_LEN(c->gaps) || coverage_is_essential(program))
		return false;
	c->ngaps++;
	snprintf(g->program, sizeof(g->program), "%s", program);
	snprintf(g->reason, sizeof(g->reason), "%s", reason);
	g->events = coverage_events(program);
	g->of_ring = is_of_ring(program);
	for (size_t i = 0; !g->of_ring && !is_just_help(program) && i < EVENT_SET_WORDS; i++)
		c->missing.bits[i] |= g->events.bits[i];
	return true;
}

bool coverage_has_gap(const struct coverage *c, const char *program)
{
	for (unsigned i = 0; i < c->ngaps; i++)
		if (strcmp(c->gaps[i].program, program) == 0)
			return true;
	return false;
}

void coverage_put_off(struct coverage *c, const char *program)
{
	struct event_set events = coverage_events(program);

	c->is_partial = true;
	for (size_t i = 0; !is_of_ring(program) && i < EVENT_SET_WORDS; i++)
		c->put_off.bits[i] |= events.bits[i];
}

struct event_set coverage_seen(const struct coverage *c, const struct event_set *set)
{
	struct event_set ret = *set;

	for (size_t i = 0; i < EVENT_SET_WORDS; i++)
		ret.bits[i] &= ~(c->missing.bits[i] | c->put_off.bits[i]);
	return ret;
}

static bool common_events(const struct event_set *a, const struct event_set *b,
			  struct event_set *ret)
{
	uint64_t any = 0;

	for (size_t i = 0; i < EVENT_SET_WORDS; i++)
		any |= ret->bits[i] = a->bits[i] & b->bits[i];
	return any != 0;
}

bool coverage_unseen(const struct coverage *c, const struct event_set *set, struct event_set *ret)
{
	return common_events(&c->missing, set, ret);
}

static bool bears_state(const struct event_set *set)
{
	for (unsigned code = 0; code < EVENT_CODE_COUNT; code++)
		if (event_set_has(set, code) && state_set_matters(code))
			return true;
	return false;
}

static void report_gap(const struct gap *from, const struct event_set *wanted,
		       struct coverage_gap *to)
{
	struct event_set both;

	_Static_assert(sizeof(to->events) == sizeof(wanted->bits), "a bit per event code");

	memcpy(to->program, from->program, sizeof(to->program));
	memcpy(to->reason, from->reason, sizeof(to->reason));
	memcpy(to->events, from->events.bits, sizeof(to->events));
	(void)common_events(&from->events, wanted, &both);
	memcpy(to->wanted, both.bits, sizeof(to->wanted));
	to->of_state = bears_state(&from->events);
	to->of_ring = from->of_ring;
}

void coverage_report(const struct coverage *c, const struct event_set *wanted,
		     struct stage_status *ret)
{
	struct gap rest = { .program = "(the rest)",
			    .reason = "not loaded yet, the stage is not ready",
			    .events = c->put_off };

	ret->ngaps = 0;
	if (c->is_partial)
		report_gap(&rest, wanted, &ret->gaps[ret->ngaps++]);
	for (unsigned i = 0; i < c->ngaps && ret->ngaps < CONTROL_MAX_GAPS; i++)
		report_gap(&c->gaps[i], wanted, &ret->gaps[ret->ngaps++]);
}

/* ---- words ---- */

/* The verifier's statistics, which stand behind what it has against a program. */
static bool is_statistics(struct span line)
{
	static const char *const starts[] = { "processed ", "verification time ", "stack depth " };

	for (size_t i = 0; i < ARRAY_LEN(starts); i++)
		if (span_starts(line, span_str(starts[i])))
			return true;
	return false;
}

/* Cuts the last line off LOG. */
static struct span take_last_line(struct span *log)
{
	const uint8_t *p = log->n == 0 ? NULL : memrchr(log->p, '\n', log->n);
	size_t start = p == NULL ? 0 : (size_t)(p - log->p) + 1;
	struct span line = span_of(log->p + start, log->n - start);

	log->n = p == NULL ? 0 : start - 1;
	return line;
}

void coverage_reason(struct span log, const char *otherwise, char *buf, size_t cap)
{
	while (log.n > 0) {
		struct span line = take_last_line(&log);

		if (line.n == 0 || is_statistics(line))
			continue;
		snprintf(buf, cap, "the verifier: %.*s", (int)(line.n < cap ? line.n : cap),
			 (const char *)line.p);
		return;
	}
	snprintf(buf, cap, "%s", otherwise);
}

/* A call's variants, open and openat2, have names of their own; versions of one event have not. */
static bool was_named(const struct event_set *set, unsigned code)
{
	for (unsigned before = 0; before < code; before++)
		if (event_set_has(set, before) &&
		    strcmp(event_info(before)->name, event_info(code)->name) == 0)
			return true;
	return false;
}

void coverage_names(const struct event_set *set, char *buf, size_t cap)
{
	enum { TAIL = 16 }; /* " and 450 more" */
	unsigned left_out = 0;
	size_t n = 0;

	buf[0] = '\0';
	for (unsigned code = 0; code < EVENT_CODE_COUNT; code++) {
		const char *name;

		if (!event_set_has(set, code) || was_named(set, code))
			continue;
		name = event_info(code)->name;
		if (left_out > 0 || n + strlen(name) + 2 + TAIL >= cap)
			left_out++;
		else
			n += (size_t)snprintf(buf + n, cap - n, "%s%s", n == 0 ? "" : ", ", name);
	}
	if (left_out > 0)
		snprintf(buf + n, cap - n, " and %u more", left_out);
}
