/* SPDX-License-Identifier: Apache-2.0
 *
 * sink.h -- a way out for alerts: one row in the table of sinks.c and one file.
 * A sink is opened while the stage still has its privileges, and writes without
 * them.  It may be slow, full or gone: it waits at most SINK_TIMEOUT_NS, then says
 * how many alerts went out whole, and the stage counts the others.
 */
#ifndef MEWS_SINK_H
#define MEWS_SINK_H

#include "clock.h"
#include "conf.h"
#include "counter.h"
#include "jail.h"
#include "span.h"

/* Falco's output_timeout. */
#define SINK_TIMEOUT_NS (2 * NS_PER_SEC)

/* Whole lines, one per alert. */
struct batch {
	struct span bytes;
	unsigned count;
	const uint32_t *ends; /* of each line, its newline included */
};

/* How lines go into a descriptor.  Zero-initialised but for FD. */
struct line_writer {
	int fd;
	bool is_stuck;	 /* it was not writable in time: do not wait again before it is */
	bool is_broken;	 /* the last line was cut: begin with a newline */
	bool is_gone;	 /* EPIPE: nobody reads it any more */
	bool is_patient; /* waits as long as it takes */
	uint64_t skip;	 /* bytes of what comes that are there already */
	uint64_t done;	 /* bytes that went there, with those that were skipped */
};

/* How many lines of B went out whole; the reason in *RET_ERR if it is not all of
 * them, else 0. */
unsigned line_writer_put(struct line_writer *w, const struct batch *b, int *ret_err);

struct sink_ops {
	const char *name;	     /* as in the settings and in messages */
	enum emitter_counter failed; /* alerts that it could not deliver */

	bool (*is_enabled)(const struct conf *conf);

	/* With privilege.  WHO will write.  0, or a negative errno after it has said why. */
	int (*open)(const struct conf *conf, struct jail_identity who);

	/* How many alerts of B went out, from the first on. */
	unsigned (*write)(const struct batch *b);

	/* Open again under the same name: it may have been moved away.  NULL: it has none. */
	void (*reopen)(void);

	void (*close)(void);
};

extern const struct sink_ops sink_stdout, sink_file;

/* Of a replay nothing may be lost on standard output, and nothing come twice.  In all their
 * lives, this process's predecessors COMMITTED to have put that many bytes there, and the
 * supervisor, which holds the other end, saw that many WRITTEN: what is between the two
 * comes again and is left out. */
void sink_stdout_resume(uint64_t committed, uint64_t written);

/* What to commit. */
uint64_t sink_stdout_done(void);

/* All there are, in the order in which they are written. */
extern const struct sink_ops *const sinks[];
extern const unsigned sink_count;

#endif
