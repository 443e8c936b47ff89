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
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "delivered.h"
#include "direct.h"
#include "log.h"
#include "stage.h"
#include "uuid.h"

/* The notes that a successor finds: the name of the alert that was delivered last, and how
 * many bytes went to standard output. */
enum { NOTE_GENERATION, NOTE_SEQ, NOTE_RULE, NOTE_STDOUT };

struct emitter {
	struct format format;
	char hostname[256];
	char boot[64]; /* this run of the machine, for ids */
	struct outputs outputs;
	struct direct *direct;

	uint64_t stdout_at;	     /* of a replay: bytes that predecessors wrote there */
	bool knows_last;	     /* the notes were read, or an alert was delivered */
	struct delivered read;	     /* and delivered with the next batch */
	struct alert_name delivered; /* the last in order, behind the last batch */

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

static void find_boot(struct emitter *em)
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return;
	if (read(fd, em->boot, sizeof(em->boot) - 1) == -1)
		em->boot[0] = '\0';
	close(fd);
}

static int setup(struct stage *st, void *ctx)
{
	struct sigaction sa = { .sa_handler = on_reopen, .sa_flags = SA_RESTART };
	const struct conf *conf = &st->conf;
	struct emitter *em = ctx;
	int code;

	tzset();
	em->format = (struct format){
		.iso_8601 = conf->time_format_iso_8601,
		.include_output = conf->json_include_output_property,
		.include_message = conf->json_include_message_property,
		.include_tags = conf->json_include_tags_property,
		.include_fields = conf->json_include_output_fields_property,
		.local = local_clock,
	};
	find_hostname(em);
	find_boot(em);
	sigemptyset(&sa.sa_mask);
	sigaction(SIGUSR1, &sa, NULL);
	code = outputs_open(&em->outputs, conf, &em->format);
	if (code != EXIT_OK)
		return code;
	em->direct = direct_new(&em->outputs);
	if (em->direct != NULL)
		return EXIT_OK;
	log_error("cannot hold alerts: no memory");
	return EXIT_HOST;
}

/* ---- a batch ---- */

/* Write what there is to all ways out.  From here on it counts as delivered, also
 * where it could not be. */
static void deliver(struct stage *st, struct emitter *em)
{
	struct direct_done done = direct_deliver(em->direct);

	st->counts.v[EMITTER_OUT] += done.count - done.failed;
	st->counts.v[EMITTER_FAILED] += done.failed;
	st->counts.v[EMITTER_STDOUT_FAILED] += done.by_kind[OUTPUT_STDOUT];
	st->counts.v[EMITTER_FILE_FAILED] += done.by_kind[OUTPUT_FILE];
	em->delivered = em->read.last;
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

/* Of its name, or if it has none of all that it says. */
static struct uuid id_of(const struct emitter *em, const struct alert_frame *a, struct span payload)
{
	struct alert_name name = { a->origin_generation, a->origin_seq, a->rule_index };
	struct span parts[] = { span_str(em->boot), span_of(&name, sizeof(name)) };

	if (name.generation == 0)
		parts[1] = payload;
	return uuid_of(parts, ARRAY_LEN(parts));
}

static void take_alert(struct stage *st, struct emitter *em, const struct ring_frame *f)
{
	const struct alert_frame *a = &em->alert;
	char id[UUID_TEXT];

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
	if (a->origin_generation != 0) /* others have no event */
		stage_sample(st, a->ts_ns);
	uuid_print(id_of(em, a, f->payload), id);
	if (!direct_put(em->direct, &(struct letter){ id, a }))
		st->counts.v[EMITTER_REFUSED]++;
	if (direct_is_full(em->direct))
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
		direct_reopen(em->direct);
	}
	while (n < DIRECT_ALERTS && !ended && inlet_next(st->in, &frame) > 0) {
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
	struct emitter *em = ctx;

	(void)st;
	direct_reopen(em->direct);
	snprintf(text, cap, "the outputs are open anew");
	return 0;
}

static void status(struct stage *st, void *ctx, struct stage_status *ret)
{
	const struct emitter *em = ctx;

	(void)st;
	outputs_names(&em->outputs, ret->detail, sizeof(ret->detail));
}

static void stop(struct stage *st, void *ctx)
{
	struct emitter *em = ctx;

	(void)st;
	direct_free(em->direct);
	em->direct = NULL;
	outputs_close(&em->outputs);
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
