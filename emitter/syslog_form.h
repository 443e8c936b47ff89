/* SPDX-License-Identifier: Apache-2.0
 *
 * syslog_form.h -- what the system's log is told: a line with priority, time and name before it, as
 * syslog(3) writes it to a socket of this host (RFC 3164), or as RFC 5424 has it.  Core.
 */
#ifndef MEWS_SYSLOG_FORM_H
#define MEWS_SYSLOG_FORM_H

#include <sys/types.h>

#include "span.h"

struct syslog_head {
	unsigned facility, severity;
	struct span hostname, ident; /* what RFC 5424 has no room for, or no letter, is left out */
	struct span uuid;	     /* empty: none */
	uint64_t ts_ns;		     /* the alert's */
	/* of RFC 3164: local time, now */
	unsigned month, day, hour, minute, second; /* month 0 .. 11 */
};

/* The message of LINE, which has no newline at its end; FRAMED: with its length before it (RFC 6587).
 * -ENOSPC. */
ssize_t syslog_rfc3164(const struct syslog_head *h, struct span line, uint8_t *buf, size_t cap);
ssize_t syslog_rfc5424(const struct syslog_head *h, struct span line, uint8_t *buf, size_t cap);
ssize_t syslog_frame(struct span message, uint8_t *buf, size_t cap);

/* HOST:PORT, [HOST]:PORT, HOST, or nothing: what is missing is the default.  False: it is none of
 * these, or longer than CAP. */
bool syslog_address(const char *text, const char *default_port, char *ret_host, char *ret_port,
		    size_t cap);

#endif
