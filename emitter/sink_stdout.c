/* SPDX-License-Identifier: Apache-2.0
 *
 * sink_stdout.c -- alerts on standard output.  Every batch is written at once,
 * so there is nothing to flush.  Whoever reads it may go away for good; the other
 * ways out do not mind.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "sink.h"

static struct line_writer out = { .fd = STDOUT_FILENO };

static bool is_enabled(const struct conf *conf)
{
	return conf->stdout_enabled;
}

static int open_stdout(const struct conf *conf, struct jail_identity who)
{
	(void)conf;
	(void)who;
	return 0;
}

static unsigned write_stdout(const struct batch *b)
{
	bool was_gone = out.is_gone;
	int err;
	unsigned n = line_writer_put(&out, b, &err);

	if (out.is_gone && !was_gone)
		log_error("nobody reads standard output any more, its alerts are counted only");
	else if (err < 0 && !was_gone)
		log_rationed(LOG_LEVEL_ERROR,
			     "cannot write to standard output: %s, alerts are lost there",
			     strerror(-err));
	return n;
}

void sink_stdout_resume(uint64_t committed, uint64_t written)
{
	out.is_patient = true;
	out.done = committed;
	out.skip = written > committed ? written - committed : 0;
}

uint64_t sink_stdout_done(void)
{
	return out.done;
}

static void close_stdout(void)
{
}

const struct sink_ops sink_stdout = {
	.name = "stdout",
	.failed = EMITTER_STDOUT_FAILED,
	.is_enabled = is_enabled,
	.open = open_stdout,
	.write = write_stdout,
	.close = close_stdout,
};
