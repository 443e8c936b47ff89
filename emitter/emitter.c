/* SPDX-License-Identifier: Apache-2.0
 *
 * emitter.c -- reads alerts from their ring, puts each in its form, writes them to
 * every way out, and only then takes them out of the ring.  So a crash repeats
 * alerts and never loses one; what was delivered last is left in the ring's notes,
 * and what comes again is dropped by its name: the event's generation and number,
 * and the rule's.
 *
 * Alerts hold what an attacker chose to call his files and processes: nothing here
 * trusts a byte of them.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "delivered.h"
#include "format.h"
#include "log.h"
#include "sink.h"
#include "stage.h"
#include "wire.h"

enum {
	BATCH_ALERTS = 256, /* frames in a turn, and alerts in a batch */
	BATCH_BYTES = 256 * 1024,
};

/* The notes that a successor finds: the name of the alert that was delivered last, and how
 * many bytes went to standard output. */
enum { NOTE_GENERATION, NOTE_SEQ, NOTE_RULE, NOTE_STDOUT };

struct emitter {
	struct format format;
	char hostname[256];
	bool is_open[8]; /* by place in the table of sinks */

	uint64_t stdout_at;	     /* of a replay: bytes that predecessors wrote there */
	bool knows_last;	     /* the notes were read, or an alert was delivered */
	struct delivered read;	     /* and delivered with the next batch */
	struct alert_name delivered; /* the last in order, behind the last batch */

	unsigned count; /* alerts in the batch */
	size_t used;
	uint32_t ends[BATCH_ALERTS];
	uint8_t lines[BATCH_BYTES + FORMAT_MAX_LINE];

	struct alert_frame alert;
};

static volatile sig_atomic_t reopen_asked;

static void on_reopen(int sig)
{
	(void)sig;
	reopen_asked = 1;
}

/* ---- setup ---- */

/* The zone's rules were read by tzset(), before the jail; this only computes. */
static void local_clock(void *ctx, uint64_t seconds, struct format_clock *ret)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	(void)ctx;
	if (localtime_r(&t, &tm) == NULL)
		return;
	*ret = (struct format_clock){ (unsigned)tm.tm_hour, (unsigned)tm.tm_min,
				      (unsigned)tm.tm_sec };
}

static void find_hostname(struct emitter *em)
{
	const char *given = getenv("FALCO_HOSTNAME");

	if (given == NULL) {
		if (gethostname(em->hostname, sizeof(em->hostname) - 1) == -1)
			em->hostname[0] = '\0';
		given = em->hostname;
	}
	em->format.hostname = span_str(given);
}

static void close_sinks(struct emitter *em)
{
	for (unsigned i = 0; i < sink_count; i++)
		if (em->is_open[i])
			sinks[i]->close();
	memset(em->is_open, 0, sizeof(em->is_open));
}

static int open_sinks(struct emitter *em, const struct conf *conf)
{
	unsigned n = 0;

	for (unsigned i = 0; i < sink_count; i++) {
		if (!sinks[i]->is_enabled(conf))
			continue;
		n++;
		/* As in Falco, one that cannot be opened is said and left out. */
		em->is_open[i] = sinks[i]->open(conf, jail_identity(STAGE_EMITTER)) == 0;
	}
	if (n == 0) {
		log_error("no output is enabled, set stdout_output.enabled or file_output.enabled");
		return EXIT_INPUT;
	}
	for (unsigned i = 0; i < sink_count; i++)
		if (em->is_open[i])
			return EXIT_OK;
	log_error("no output can be opened");
	return EXIT_INPUT;
}

static int setup(struct stage *st, void *ctx)
{
	struct sigaction sa = { .sa_handler = on_reopen, .sa_flags = SA_RESTART };
	const struct conf *conf = &st->conf;
	struct emitter *em = ctx;

	tzset();
	em->format = (struct format){
		.json = conf->json_output,
		.iso_8601 = conf->time_format_iso_8601,
		.include_output = conf->json_include_output_property,
		.include_message = conf->json_include_message_property,
		.include_tags = conf->json_include_tags_property,
		.include_fields = conf->json_include_output_fields_property,
		.local = local_clock,
	};
	find_hostname(em);
	sigemptyset(&sa.sa_mask);
	sigaction(SIGUSR1, &sa, NULL);
	return open_sinks(em, conf);
}

/* ---- a batch ---- */

/* Write what there is to all ways out.  From here on it counts as delivered, also
 * where it could not be. */
static void deliver(struct stage *st, struct emitter *em)
{
	struct batch b = { { em->lines, em->used }, em->count, em->ends };
	unsigned everywhere = em->count;

	if (em->count == 0)
		return;
	for (unsigned i = 0; i < sink_count; i++) {
		unsigned n;

		if (!em->is_open[i])
			continue;
		n = sinks[i]->write(&b);
		st->counts.v[sinks[i]->failed] += em->count - n;
		everywhere = n < everywhere ? n : everywhere;
	}
	st->counts.v[EMITTER_OUT] += everywhere;
	st->counts.v[EMITTER_FAILED] += em->count - everywhere;
	em->count = 0;
	em->used = 0;
	em->delivered = em->read.last;
}

static void reopen_sinks(struct emitter *em)
{
	for (unsigned i = 0; i < sink_count; i++)
		if (em->is_open[i] && sinks[i]->reopen != NULL)
			sinks[i]->reopen();
}

/* ---- alerts ---- */

/* What a predecessor delivered last, once there is a ring to ask. */
static void look_for_last(struct stage *st, struct emitter *em)
{
	if (em->knows_last)
		return;
	em->knows_last = true;
	em->read.last =
		(struct alert_name){ inlet_note(st->in, NOTE_GENERATION),
				     inlet_note(st->in, NOTE_SEQ), inlet_note(st->in, NOTE_RULE) };
	em->delivered = em->read.last;
	if (st->replay)
		sink_stdout_resume(inlet_note(st->in, NOTE_STDOUT), em->stdout_at);
}

static void take_alert(struct stage *st, struct emitter *em, const struct ring_frame *f)
{
	const struct alert_frame *a = &em->alert;
	ssize_t n;

	st->counts.v[EMITTER_IN]++;
	if (wire_decode_alert(f->payload, &em->alert) < 0) {
		st->counts.v[EMITTER_REFUSED]++;
		return;
	}
	if (delivered_before(
		    &em->read,
		    (struct alert_name){ a->origin_generation, a->origin_seq, a->rule_index },
		    (f->flags & ALERT_FRAME_LATE) != 0)) {
		st->counts.v[EMITTER_DOUBLES]++;
		return;
	}
	n = format_alert(&em->format, a, em->lines + em->used, sizeof(em->lines) - em->used);
	if (n < 0) {
		st->counts.v[EMITTER_REFUSED]++;
		return;
	}
	em->used += (size_t)n;
	em->ends[em->count++] = (uint32_t)em->used;
	if (em->used >= BATCH_BYTES)
		deliver(st, em);
}

/* The loop commits behind each turn, so the batch must be out by then. */
static int turn(struct stage *st, void *ctx, struct mono now)
{
	struct emitter *em = ctx;
	struct ring_frame frame;
	bool ended = false;
	int n = 0;

	(void)now;
	if (reopen_asked) {
		reopen_asked = 0;
		reopen_sinks(em);
	}
	while (n < BATCH_ALERTS && !ended && inlet_next(st->in, &frame) > 0) {
		look_for_last(st, em);
		n++;
		ended = frame.type == FRAME_END;
		if (frame.type == FRAME_ALERT)
			take_alert(st, em, &frame);
	}
	deliver(st, em);
	if (n > 0) {
		inlet_set_note(st->in, NOTE_GENERATION, em->delivered.generation);
		inlet_set_note(st->in, NOTE_SEQ, em->delivered.seq);
		inlet_set_note(st->in, NOTE_RULE, em->delivered.rule);
		inlet_set_note(st->in, NOTE_STDOUT, sink_stdout_done());
	}
	return ended ? stage_end(st) : n;
}

/* The supervisor's word to a successor, in a replay. */
static int option(struct stage *st, void *ctx, const char *name, const char *arg)
{
	struct emitter *em = ctx;
	char *end;

	(void)st;
	if (strcmp(name, "stdout-at") != 0 || arg == NULL || arg[0] < '0' || arg[0] > '9')
		return -EINVAL;
	em->stdout_at = strtoull(arg, &end, 10);
	return *end == '\0' ? 1 : -EINVAL;
}

static int reload(struct stage *st, void *ctx, char *text, size_t cap)
{
	(void)st;
	reopen_sinks(ctx);
	snprintf(text, cap, "the outputs are open anew");
	return 0;
}

static void status(struct stage *st, void *ctx, struct stage_status *ret)
{
	const struct emitter *em = ctx;
	size_t at = 0;

	(void)st;
	for (unsigned i = 0; i < sink_count; i++) {
		size_t n = strlen(sinks[i]->name);

		if (!em->is_open[i] || at + n + 2 > sizeof(ret->detail))
			continue;
		if (at > 0)
			ret->detail[at++] = ' ';
		memcpy(ret->detail + at, sinks[i]->name, n + 1);
		at += n;
	}
}

static void stop(struct stage *st, void *ctx)
{
	(void)st;
	close_sinks(ctx);
}

int main(int argc, char **argv)
{
	static const struct stage_ops ops = {
		.id = STAGE_EMITTER,
		.option = option,
		.setup = setup,
		.turn = turn,
		.reload = reload,
		.status = status,
		.stop = stop,
	};
	static struct emitter em; /* large, and one to a process */

	return stage_main(&ops, &em, argc, argv);
}
