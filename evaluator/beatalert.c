/* SPDX-License-Identifier: Apache-2.0
 *
 * beatalert.c -- see beatalert.h.
 */
#include "beatalert.h"

#include <inttypes.h>
#include <stdio.h>

#define RULE	    "Mews internal: heartbeat"
#define INFORMATION 6

static void put_number(struct alert_frame *a, const char *name, uint64_t value)
{
	struct alert_field *f = &a->fields[a->nfields++];

	f->name = span_str(name);
	f->value = (struct alert_value){ .kind = ALERT_UINT, .u = value };
}

void beatalert_make(const struct event_frame *e, uint64_t number, uint64_t now_ns,
		    char text[static BEATALERT_TEXT], struct alert_frame *a)
{
	uint64_t age_ns = now_ns > e->ts_ns ? now_ns - e->ts_ns : 0;

	snprintf(text, BEATALERT_TEXT,
		 RULE ". Number %" PRIu64 ", %" PRIu64 " us from the kernel to the rules.", number,
		 age_ns / 1000);
	a->origin_generation = e->origin_generation;
	a->origin_seq = e->origin_seq;
	a->rule_index = UINT32_MAX;
	a->priority = INFORMATION;
	a->ts_ns = e->ts_ns;
	a->rule = span_str(RULE);
	a->source = span_str("internal");
	a->message = span_str(text);
	a->ruleset = SPAN_NONE;
	a->ntags = 0;
	a->nfields = 0;
	put_number(a, "cpu", e->cpu);
	put_number(a, "n_heartbeat", number);
	put_number(a, "ns_to_rules", age_ns);
}
