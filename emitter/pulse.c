/* SPDX-License-Identifier: Apache-2.0
 *
 * pulse.c -- see pulse.h.
 */
#include "pulse.h"

#include <inttypes.h>
#include <stdio.h>

#include "own_alert.h"

#define MISSING "Mews internal: heartbeat missing"
#define BACK	"Mews internal: heartbeat back"

enum pulse_change pulse_look(struct pulse *p, uint64_t count, uint64_t patience_ns, struct mono now)
{
	bool was_missing = p->missing;

	if (p->seen.ns == 0 || count != p->count) {
		p->seen = now;
		p->missing = p->missing && count == p->count;
	}
	p->count = count;
	if (mono_since(p->seen, now) > patience_ns)
		p->missing = true;
	if (p->missing == was_missing)
		return PULSE_NONE;
	return p->missing ? PULSE_STOPPED : PULSE_BACK;
}

void pulse_excuse(struct pulse *p, struct mono now)
{
	p->seen = now;
}

static void say_missing(const char *output, uint64_t silent_ns, char text[static PULSE_TEXT])
{
	uint64_t seconds = silent_ns / NS_PER_SEC;

	if (output == NULL)
		snprintf(text, PULSE_TEXT,
			 MISSING ". None came from the kernel for %" PRIu64
				 " s: it may be that nothing is seen.",
			 seconds);
	else
		snprintf(text, PULSE_TEXT,
			 MISSING ". None came out of output %s for %" PRIu64 " s.", output,
			 seconds);
}

static void say_back(const char *output, char text[static PULSE_TEXT])
{
	if (output == NULL)
		snprintf(text, PULSE_TEXT, BACK ". They come from the kernel again.");
	else
		snprintf(text, PULSE_TEXT, BACK ". They come out of output %s again.", output);
}

void pulse_alert(const char *output, uint64_t silent_ns, uint64_t now_ns,
		 char text[static PULSE_TEXT], struct alert_frame *ret)
{
	bool is_missing = silent_ns > 0;

	if (is_missing)
		say_missing(output, silent_ns, text);
	else
		say_back(output, text);
	own_alert_begin(ret, is_missing ? MISSING : BACK,
			is_missing ? PRIORITY_CRITICAL : PRIORITY_NOTICE, now_ns, span_str(text));
	if (output != NULL)
		own_alert_text(ret, "output", span_str(output));
	if (is_missing)
		own_alert_uint(ret, "silent_ns", silent_ns);
}
