/* SPDX-License-Identifier: Apache-2.0
 *
 * own_alert.c -- see own_alert.h.
 */
#include "own_alert.h"

void own_alert_begin(struct alert_frame *a, const char *rule, enum priority priority,
		     uint64_t ts_ns, struct span message)
{
	a->origin_generation = a->origin_seq = 0; /* not an event's */
	a->rule_index = UINT32_MAX;
	a->priority = (uint8_t)priority;
	a->ts_ns = ts_ns;
	a->rule = span_str(rule);
	a->source = span_str("internal");
	a->message = message;
	a->ruleset = SPAN_NONE;
	a->nlineage = a->nplace = 0;
	a->ntags = 0;
	a->nfields = 0;
}

static void put(struct alert_frame *a, const char *name, struct alert_value value)
{
	if (a->nfields < ALERT_MAX_FIELDS)
		a->fields[a->nfields++] = (struct alert_field){ span_str(name), value };
}

void own_alert_uint(struct alert_frame *a, const char *name, uint64_t value)
{
	put(a, name, (struct alert_value){ .kind = ALERT_UINT, .u = value });
}

void own_alert_text(struct alert_frame *a, const char *name, struct span value)
{
	put(a, name, (struct alert_value){ .kind = ALERT_STRING, .s = value });
}
