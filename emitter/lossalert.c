/* SPDX-License-Identifier: Apache-2.0
 *
 * lossalert.c -- see lossalert.h.
 */
#include "lossalert.h"

#include <inttypes.h>
#include <stdio.h>

#include "own_alert.h"

#define RULE "Mews internal: alerts lost"
#define HELD "Mews internal: alerts held back"

void lossalert_make(const char *output, uint64_t lost, uint64_t total, uint64_t now_ns,
		    char text[static 160], struct alert_frame *ret)
{
	snprintf(text, 160, RULE ". The spool let go of %" PRIu64 " before output %s had them.",
		 lost, output);
	own_alert_begin(ret, RULE, PRIORITY_CRITICAL, now_ns, span_str(text));
	own_alert_uint(ret, "n_lost", lost);
	own_alert_uint(ret, "n_lost_total", total);
	own_alert_text(ret, "output", span_str(output));
}

void heldalert_make(uint64_t held, uint64_t total, uint64_t now_ns, char text[static 160],
		    struct alert_frame *ret)
{
	snprintf(text, 160, HELD ". There were %" PRIu64 " more than outputs.rate allows.", held);
	own_alert_begin(ret, HELD, PRIORITY_WARNING, now_ns, span_str(text));
	own_alert_uint(ret, "n_held", held);
	own_alert_uint(ret, "n_held_total", total);
}
