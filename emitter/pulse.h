/* SPDX-License-Identifier: Apache-2.0
 *
 * pulse.h -- do heartbeats come?  A pulse is a place where they are to be seen: where alerts come into
 * the emitter, and the end of each output.  Who sees none for too long says so once, and once when
 * they are back.  Core.
 */
#ifndef MEWS_PULSE_H
#define MEWS_PULSE_H

#include "clock.h"
#include "wire.h"

#define PULSE_TEXT 192

struct pulse {
	uint64_t count; /* at the last look */
	struct mono seen;
	bool missing;
};

enum pulse_change { PULSE_NONE, PULSE_STOPPED, PULSE_BACK };

/* COUNT have come by NOW; for PATIENCE_NS there may be no more. */
enum pulse_change pulse_look(struct pulse *p, uint64_t count, uint64_t patience_ns,
			     struct mono now);

/* From NOW on, as if one had come; what is missing stays so. */
void pulse_excuse(struct pulse *p, struct mono now);

/* Fill RET: at OUTPUT (NULL: nowhere) none has come out for SILENT_NS, or they are back (0). */
void pulse_alert(const char *output, uint64_t silent_ns, uint64_t now_ns,
		 char text[static PULSE_TEXT], struct alert_frame *ret);

#endif
