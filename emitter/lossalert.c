/* SPDX-License-Identifier: Apache-2.0
 *
 * lossalert.c -- see lossalert.h.
 */
#include "lossalert.h"

#include <inttypes.h>
#include <stdio.h>

#define RULE	 "Mews internal: alerts lost"
#define CRITICAL 2

static void put_number(struct alert_frame *a, const char *name, uint64_t value)
{
	a->fields[a->nfields++] =
		(struct alert_field){ span_str(name), { .kind = ALERT_UINT, .u = value } };
}

void lossalert_make(const char *output, uint64_t lost, uint64_t total, uint64_t now_ns,
		    char text[static 160], struct alert_frame *ret)
{
	snprintf(text, 160, RULE ". The spool let go of %" PRIu64 " before output %s had them.",
		 lost, output);
	ret->origin_generation = ret->origin_seq = 0; /* not an event's */
	ret->rule_index = UINT32_MAX;
	ret->priority = CRITICAL;
	ret->ts_ns = now_ns;
	ret->rule = span_str(RULE);
	ret->source = span_str("internal");
	ret->message = span_str(text);
	ret->ntags = 0;
	ret->nfields = 0;
	put_number(ret, "n_lost", lost);
	put_number(ret, "n_lost_total", total);
	ret->fields[ret->nfields++] =
		(struct alert_field){ span_str("output"),
				      { .kind = ALERT_STRING, .s = span_str(output) } };
}
