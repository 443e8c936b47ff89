/* SPDX-License-Identifier: Apache-2.0
 *
 * lossalert.c -- see lossalert.h.
 */
#include "lossalert.h"

#include <inttypes.h>
#include <stdio.h>

#define RULE	 "Mews internal: alerts lost"
#define HELD	 "Mews internal: alerts held back"
#define CRITICAL 2
#define WARNING	 4

static void put_number(struct alert_frame *a, const char *name, uint64_t value)
{
	a->fields[a->nfields++] =
		(struct alert_field){ span_str(name), { .kind = ALERT_UINT, .u = value } };
}

static void begin(struct alert_frame *a, const char *rule, uint8_t priority, uint64_t now_ns,
		  const char *text)
{
	a->origin_generation = a->origin_seq = 0; /* not an event's */
	a->rule_index = UINT32_MAX;
	a->priority = priority;
	a->ts_ns = now_ns;
	a->rule = span_str(rule);
	a->source = span_str("internal");
	a->message = span_str(text);
	a->ruleset = SPAN_NONE;
	a->nlineage = a->nplace = 0;
	a->ntags = 0;
	a->nfields = 0;
}

void lossalert_make(const char *output, uint64_t lost, uint64_t total, uint64_t now_ns,
		    char text[static 160], struct alert_frame *ret)
{
	snprintf(text, 160, RULE ". The spool let go of %" PRIu64 " before output %s had them.",
		 lost, output);
	begin(ret, RULE, CRITICAL, now_ns, text);
	put_number(ret, "n_lost", lost);
	put_number(ret, "n_lost_total", total);
	ret->fields[ret->nfields++] =
		(struct alert_field){ span_str("output"),
				      { .kind = ALERT_STRING, .s = span_str(output) } };
}

void heldalert_make(uint64_t held, uint64_t total, uint64_t now_ns, char text[static 160],
		    struct alert_frame *ret)
{
	snprintf(text, 160, HELD ". There were %" PRIu64 " more than outputs.rate allows.", held);
	begin(ret, HELD, WARNING, now_ns, text);
	put_number(ret, "n_held", held);
	put_number(ret, "n_held_total", total);
}
