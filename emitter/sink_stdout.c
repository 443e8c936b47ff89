/* SPDX-License-Identifier: Apache-2.0
 *
 * sink_stdout.c -- alerts on standard output.  Every batch is written at once,
 * so there is nothing to flush.  Whoever reads it may go away for good; the other
 * ways out do not mind.
 *
 * There is one standard output, whatever the number of outputs that go there.
 */
#include <pthread.h>
#include <unistd.h>

#include "line_writer.h"
#include "log.h"

static struct line_writer out = { .fd = STDOUT_FILENO };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int open_stdout(struct sink *s, struct jail_identity who)
{
	(void)s;
	(void)who;
	return 0;
}

static struct sink_result send_stdout(struct sink *s, const struct batch *b)
{
	struct sink_result r;
	bool was_gone;

	pthread_mutex_lock(&lock);
	was_gone = out.is_gone;
	r = line_writer_put(&out, b, s->conf->timeout_ms, s->gives_up);
	/* Who looks on (`mews events | head`) has seen enough. */
	if (out.is_gone && s->conf->bare)
		r = (struct sink_result){ .kind = SINK_SENT, .count = b->count };
	else if (out.is_gone && !was_gone)
		log_error("nobody reads standard output any more, its alerts are counted only");
	pthread_mutex_unlock(&lock);
	return r;
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

static void close_stdout(struct sink *s)
{
	(void)s;
}

const struct sink_ops sink_stdout = {
	.key = "stdout_output",
	.batch_alerts = 256,
	.batch_bytes = 256 * 1024,
	.open = open_stdout,
	.form = sink_form_line,
	.send = send_stdout,
	.close = close_stdout,
};
