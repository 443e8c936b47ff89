/* SPDX-License-Identifier: Apache-2.0
 *
 * beatalert.c -- see beatalert.h.
 */
#include "beatalert.h"

#include <inttypes.h>
#include <stdio.h>

#include "own_alert.h"

#define RULE "Mews internal: heartbeat"

void beatalert_make(const struct event_frame *e, uint64_t number, uint64_t now_ns,
		    char text[static BEATALERT_TEXT], struct alert_frame *a)
{
	uint64_t age_ns = now_ns > e->ts_ns ? now_ns - e->ts_ns : 0;

	snprintf(text, BEATALERT_TEXT,
		 RULE ". Number %" PRIu64 ", %" PRIu64 " us from the kernel to the rules.", number,
		 age_ns / 1000);
	own_alert_begin(a, RULE, PRIORITY_INFORMATIONAL, e->ts_ns, span_str(text));
	a->origin_generation = e->origin_generation;
	a->origin_seq = e->origin_seq;
	own_alert_uint(a, "cpu", e->cpu);
	own_alert_uint(a, "n_heartbeat", number);
	own_alert_uint(a, "ns_to_rules", age_ns);
}
