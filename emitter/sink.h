/* SPDX-License-Identifier: Apache-2.0
 *
 * sink.h -- a way out for alerts: one row in the table of sinks.c and one file.
 * A sink is opened while the stage still has its privileges, and sends without
 * them, each in a thread of its own (its follower), so it may take its time: at most
 * its output's timeout in one call.  What it does not bring out it says, and why; to wait
 * and to try again is not its business.
 */
#ifndef MEWS_SINK_H
#define MEWS_SINK_H

#include "conf_output.h"
#include "format.h"
#include "jail.h"
#include "span.h"

/* An alert on its way. */
struct letter {
	const char *uuid; /* 36 characters */
	const struct alert_frame *alert;
};

/* One output that is on. */
struct sink {
	const struct sink_ops *ops;
	const struct conf_output *conf;
	void *state; /* the sink's own */
	/* What it did not take is not brought again: the next alert is another one. */
	bool gives_up;
};

/* Alerts in the sink's own form, one after the other. */
struct batch {
	struct span bytes;
	unsigned count;
	const uint32_t *ends;	    /* of each alert in BYTES */
	const struct letter *first; /* NULL where letters are not kept */
};

enum sink_result_kind {
	SINK_SENT,    /* all of them */
	SINK_SOME,    /* the first COUNT, one at least, in the time there was; the others at once */
	SINK_AGAIN,   /* the first COUNT went out, the others later */
	SINK_REFUSED, /* the first COUNT went out; the next ONE is never taken, go on behind it */
};

struct sink_result {
	enum sink_result_kind kind;
	unsigned count;
	unsigned wait_ms; /* until AGAIN, if the receiver named a time */
	/* Static, or in the sink's state.  Of SENT: what is to be known of alerts that are out all the same. */
	const char *why;
};

struct sink_ops {
	const char *key;       /* "http_output" */
	unsigned batch_alerts; /* at most in one send; 1: no batching */
	size_t batch_bytes;    /* an alert that is larger goes by itself */
	bool needs_network;    /* what the jail must leave open for it */

	/* With privilege, before threads and jail.  WHO will send.  0, or a negative errno after
	 * it has said why. */
	int (*open)(struct sink *s, struct jail_identity who);

	/* One alert in the sink's form: its length; -ENOSPC; -EPROTO: it cannot be said.  F is
	 * the output's. */
	ssize_t (*form)(struct sink *s, const struct letter *l, const struct format *f,
			uint8_t *buf, size_t cap);

	/* In the follower's thread. */
	struct sink_result (*send)(struct sink *s, const struct batch *b);

	/* Open again under the same name: it may have been moved away.  In the follower's thread,
	 * between two sends.  NULL: it has none. */
	void (*reopen)(struct sink *s);

	/* Takes a sink that is not open. */
	void (*close)(struct sink *s);
};

/* All there are. */
extern const struct sink_ops *const sink_kinds[];
extern const unsigned sink_kind_count;

/* By its key; NULL: there is none. */
const struct sink_ops *sink_find(const char *key);

/* For sinks of lines: form is this. */
ssize_t sink_form_line(struct sink *s, const struct letter *l, const struct format *f, uint8_t *buf,
		       size_t cap);

/* Of a replay nothing may be lost on standard output, and nothing come twice.  In all their
 * lives, this process's predecessors COMMITTED to have put that many bytes there, and the
 * supervisor, which holds the other end, saw that many WRITTEN: what is between the two
 * comes again and is left out. */
void sink_stdout_resume(uint64_t committed, uint64_t written);

/* What to commit. */
uint64_t sink_stdout_done(void);

#endif
