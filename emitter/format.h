/* SPDX-License-Identifier: Apache-2.0
 *
 * format.h -- an alert as one line: text or JSON, as Falco prints them.
 * Core: the time zone and the host's name come in from outside.
 */
#ifndef MEWS_FORMAT_H
#define MEWS_FORMAT_H

#include "line.h"
#include "wire.h"

/* A time of day in the zone of whoever reads the alerts. */
struct format_clock {
	unsigned hour, minute, second;
};

struct format {
	bool json, iso_8601;
	bool bare; /* the rule's output alone, or in JSON its fields */
	/* what a JSON object has */
	bool include_output, include_message, include_tags, include_fields;
	struct span hostname;
	struct span uuid; /* the alert's, in JSON; empty: it is left out */
	/* The local time of day at SECONDS since the epoch. */
	void (*local)(void *ctx, uint64_t seconds, struct format_clock *ret);
	void *ctx;
};

/* Alerts that mews makes about itself have this source and another form. */
#define FORMAT_INTERNAL "internal"

/* No alert that fits a frame needs more room than this. */
#define FORMAT_MAX_LINE (14u * WIRE_MAX_PAYLOAD)

/* ALERT as a line, with a newline last.  Its length; -ENOSPC; -EPROTO for an alert
 * that cannot be said. */
ssize_t format_alert(const struct format *f, const struct alert_frame *alert, uint8_t *buf,
		     size_t cap);

#endif
