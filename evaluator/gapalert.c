/* SPDX-License-Identifier: Apache-2.0
 *
 * gapalert.c -- Falco's fields, all of them strings.  What only Falco's driver
 * counts is "0" here; causes of our own have fields of their own.
 */
#include "gapalert.h"

#include <inttypes.h>
#include <stdio.h>

#define RULE "Falco internal: syscall event drop"

void gapalert_add(struct gapalert *g, const struct gap_frame *gap)
{
	g->pending++;
	g->by_cause[gap->cause < GAP_CAUSE_COUNT ? gap->cause : GAP_NONE] += gap->count;
	g->total += gap->count;
	g->unknown |= gap->count == 0;
	if (gap->to_ns > g->ts_ns)
		g->ts_ns = gap->to_ns;
}

bool gapalert_due(struct gapalert *g, struct mono now)
{
	if (g->pending == 0 || (g->last.ns != 0 && mono_since(g->last, now) < NS_PER_SEC))
		return false;
	g->last = now;
	return true;
}

static struct span text(struct arena *arena, uint64_t u)
{
	enum { DIGITS = 24 };
	char *p = arena_get(arena, DIGITS);

	return p == NULL ? span_str("0") : span_of(p, (size_t)snprintf(p, DIGITS, "%" PRIu64, u));
}

static void put_field(struct alert_frame *a, const char *name, struct span value)
{
	struct alert_field *f = &a->fields[a->nfields++];

	f->name = span_str(name);
	f->value = (struct alert_value){ .kind = ALERT_STRING, .s = value };
}

bool gapalert_make(struct gapalert *g, struct arena *arena, struct alert_frame *a)
{
	enum { MESSAGE = 160 };
	static const char *const zeros[] = {
		"n_drops_buffer_clone_fork_exit",
		"n_drops_buffer_execve_exit",
		"n_drops_buffer_connect_exit",
		"n_drops_buffer_open_exit",
		"n_drops_buffer_dir_file_exit",
		"n_drops_buffer_other_interest_exit",
		"n_drops_buffer_close_exit",
		"n_drops_buffer_proc_exit",
		"n_drops_scratch_map",
		"n_drops_page_faults",
		"n_drops_bug",
	};
	char *message = arena_get(arena, MESSAGE);
	int n;

	if (message == NULL)
		return false;
	if (g->total == 0)
		n = snprintf(message, MESSAGE,
			     RULE ". System calls were missed, nobody knows how many.");
	else
		n = snprintf(message, MESSAGE,
			     RULE ". %" PRIu64 "%s system calls dropped in last "
				  "second.",
			     g->total, g->unknown ? " or more" : "");
	/* Not an event's: generation 0 says so. */
	a->origin_generation = a->origin_seq = 0;
	a->rule_index = UINT32_MAX;
	a->priority = 7;
	a->ts_ns = g->ts_ns;
	a->rule = span_str(RULE);
	a->source = span_str("internal");
	a->message = span_of(message, (size_t)n);
	a->ntags = 0;
	a->nfields = 0;
	put_field(a, "n_evts", text(arena, g->total));
	put_field(a, "n_drops", text(arena, g->total));
	put_field(a, "n_drops_buffer_total", text(arena, g->by_cause[GAP_KERNEL_BUFFER]));
	for (unsigned i = 0; i < ARRAY_LEN(zeros); i++)
		put_field(a, zeros[i], span_str("0"));
	put_field(a, "ebpf_enabled", span_str("1"));
	put_field(a, "n_drops_ring", text(arena, g->by_cause[GAP_RING]));
	put_field(a, "n_drops_restart", text(arena, g->by_cause[GAP_RESTART]));
	*g = (struct gapalert){ .last = g->last };
	return true;
}
