/* SPDX-License-Identifier: Apache-2.0
 *
 * drive.c -- each stage with one call of its own failing, at each point in turn: while it starts, works, is
 * asked, reloads, loses its neighbours and gets others, and is stopped.  It ends with an exit code that is its to
 * give and an error that says why, or it goes on: what it does then is what it did when nothing failed, or it
 * has said that it is not.  It is never ended by a signal or a sanitizer, never hangs, and leaks nothing.
 *
 *    drive [--share PERCENT] [--seed N] [--errors 1|3] DIRECTORY STAGE CAPTURE RULES...
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "counter.h"
#include "jail.h"
#include "log.h"
#include "neighbours.h"
#include "trial.h"

enum phase { START = TRIAL_START, WORK, ASK, RELOAD, OTHERS, STOP };

static const char *const phase_names[] = {
	"it starts",	"it works", "it is asked", "it reloads", "it has other neighbours",
	"it is stopped"
};

enum { PATIENCE_MS = 10000 };

/* What it did, besides. */
struct deeds {
	bool not_ready, asked, reloaded;
	size_t frames;
};

struct bench {
	struct neighbours_params p;
	const char *stage;
	struct frames in[NEIGHBOURS_RINGS];
	struct frames *keep;
	bool ends;		/* by itself, at the end of a capture */
	struct deeds did, good; /* in this run; when nothing fails: in the first */
	bool has_good;
};

/* ---- one run ---- */

static bool has_written_all(struct neighbours *nb)
{
	return nb->end;
}

/* A part of what each ring has: the N-th of three. */
static bool work(struct bench *b, struct neighbours *nb, unsigned n)
{
	for (unsigned i = 0; i < NEIGHBOURS_RINGS && nb->in[i] != NULL; i++)
		if (!neighbours_feed(nb, i, &b->in[i], b->in[i].n * n / 3,
				     b->in[i].n * (n + 1) / 3))
			return false;
	return neighbours_wait(nb, neighbours_drained, PATIENCE_MS);
}

static bool ask(struct neighbours *nb)
{
	static struct control_answer a;

	/* The first may meet the fault. */
	for (unsigned i = 0; i < 3 && nb->pid != 0; i++) {
		if (neighbours_ask(nb, CONTROL_STATUS, "", &a) == 0 && a.has_status)
			return true;
		neighbours_step(nb);
	}
	return false;
}

static bool reload(struct neighbours *nb)
{
	static struct control_answer a;
	char ticket[16] = "";
	struct mono begun = mono_now();

	kill(nb->pid, SIGHUP);
	neighbours_wait(nb, neighbours_never, 5);
	do {
		neighbours_step(nb);
		if (neighbours_ask(nb, CONTROL_RELOAD, ticket, &a) < 0)
			continue;
		if (a.result != -EINPROGRESS)
			return true;
		snprintf(ticket, sizeof(ticket), "%.15s", a.text);
	} while (nb->pid != 0 && mono_since(begun, mono_now()) < PATIENCE_MS * NS_PER_MSEC);
	return false;
}

/* False: it has ended, or hangs. */
static bool live(struct bench *b, struct neighbours *nb, struct trial_run *r)
{
	b->did.not_ready = !neighbours_wait(nb, neighbours_is_ready, 3000);
	if (nb->pid == 0)
		return false;
	trial_phase(r, WORK);
	if (b->ends)
		return neighbours_wait(nb, has_written_all, PATIENCE_MS) || nb->pid == 0;
	if (!work(b, nb, 0))
		return false;
	trial_phase(r, ASK);
	b->did.asked = ask(nb);
	if (!work(b, nb, 1))
		return false;
	trial_phase(r, RELOAD);
	b->did.reloaded = reload(nb);
	trial_phase(r, OTHERS);
	if (nb->pid == 0 || !neighbours_renew(nb))
		return false;
	return work(b, nb, 2);
}

static bool run_once(void *ctx, struct trial_run *r)
{
	struct bench *b = ctx;
	struct neighbours nb;
	bool good;

	b->did = (struct deeds){ .frames = 0 };
	trial_begin(r);
	if (!neighbours_begin(&nb, &b->p))
		return false;
	nb.keep = b->keep;
	good = live(b, &nb, r);
	if (good) {
		trial_phase(r, STOP);
		if (!b->ends)
			kill(nb.pid, SIGTERM);
		good = neighbours_wait(&nb, neighbours_has_ended, PATIENCE_MS);
	}
	r->hung = nb.pid != 0;
	b->did.frames = nb.frames;
	r->words = neighbours_words(&nb);
	neighbours_end(&nb);
	r->status = nb.status;
	return true;
}

/* ---- what is to be said of it ---- */

/* Of the first run, in which nothing fails. */
static const char *judge_good(struct bench *b, const struct trial_run *r)
{
	b->has_good = true;
	b->good = b->did;
	b->keep = NULL;
	return (r->at != STOP || b->did.frames == 0) && b->p.out != NULL ? "does nothing" : NULL;
}

static const char *judge(void *ctx, const struct trial_run *r, const struct trial_run *good)
{
	static char text[96];
	struct bench *b = ctx;
	int code = WEXITSTATUS(r->status);

	if (!b->has_good)
		return judge_good(b, r);
	if (code == EXIT_OK && r->at != STOP && !b->ends)
		return "ends as if all were done";
	if (code != EXIT_OK)
		return r->at == START || b->ends ? NULL : "does not go on";
	if (trial_says_more(r, good))
		return NULL;
	if (b->did.frames != b->good.frames) {
		snprintf(text, sizeof(text), "writes %zu frames, not %zu, without a word",
			 b->did.frames, b->good.frames);
		return text;
	}
	if (b->did.not_ready)
		return "is never ready, without a word";
	if (b->did.asked != b->good.asked || b->did.reloaded != b->good.reloaded)
		return "does not answer, without a word";
	return NULL;
}

/* ---- the stages ---- */

enum which { COLLECTOR, ENRICHER, EVALUATOR, EMITTER, RECORDER, STAGES };

static struct bench benches[STAGES] = {
	[COLLECTOR] = { .stage = "collector", .p = { .out = "raw" }, .ends = true },
	[ENRICHER] = { .stage = "enricher", .p = { .in = { "raw" }, .out = "enriched" } },
	[EVALUATOR] = { .stage = "evaluator",
			.p = { .in = { "enriched" },
			       .out = "alerts",
			       .words = { "-o", "priority=debug" } } },
	[EMITTER] = { .stage = "emitter",
		      .p = { .in = { "alerts" },
			     .words = { "-o", "file_output.enabled=true", "-o",
					"file_output.filename=@/alerts.out", "-o",
					"program_output.enabled=true", "-o",
					"program_output.program=cat >/dev/null", "-o",
					"outputs_spool.directory=@/spool" } } },
	[RECORDER] = { .stage = "recorder",
		       .p = { .in = { "tap", "captures" },
			      .words = { "-o", "capture.enabled=true", "-o",
					 "capture.path_prefix=@/cap" } } },
};

static void add_words(struct bench *b, const char *word, const char *value)
{
	unsigned n = 0;

	while (b->p.words[n] != NULL)
		n++;
	b->p.words[n] = word;
	b->p.words[n + 1] = value;
}

/* What stage W writes when nothing fails is what the one behind it reads. */
static void make_frames(enum which w, struct frames *to)
{
	struct trial_run r;

	benches[w].keep = to;
	if (!run_once(&benches[w], &r) || to->n == 0) {
		fprintf(stderr, "drive: no frames from the %s: %s\n", benches[w].stage, r.words);
		exit(EXIT_FAILURE);
	}
	benches[w].keep = NULL;
	free(r.words);
}

static void make_matches(const struct frames *raw, struct frames *to)
{
	static uint8_t buf[4096];
	static struct raw_event ev;

	for (size_t i = 0; i < raw->n; i++) {
		struct capture_frame m = { .duration_ns = 1000,
					   .rule = span_str("a rule"),
					   .tid = 1 };
		struct ring_frame f = { .type = FRAME_CAPTURE };

		if (i % 200 != 100 || raw->frame[i].type != FRAME_RAW_EVENT ||
		    wire_decode_raw_event(raw->frame[i].payload, &ev) < 0)
			continue;
		m.ts_ns = ev.ts_ns;
		m.num = ev.num;
		f.payload = span_of(buf, (size_t)wire_encode_capture(buf, sizeof(buf), &m));
		frames_add(to, &f);
	}
}

static void prepare(enum which w)
{
	if (w == ENRICHER || w == EVALUATOR || w == EMITTER || w == RECORDER)
		make_frames(COLLECTOR, &benches[w == RECORDER ? RECORDER : ENRICHER].in[0]);
	if (w == EVALUATOR || w == EMITTER)
		make_frames(ENRICHER, &benches[EVALUATOR].in[0]);
	if (w == EMITTER)
		make_frames(EVALUATOR, &benches[EMITTER].in[0]);
	if (w == RECORDER)
		make_matches(&benches[RECORDER].in[0], &benches[RECORDER].in[1]);
}

static _Noreturn void usage(void)
{
	fprintf(stderr,
		"usage: drive [--share PERCENT] [--seed N] [--errors 1|3] DIRECTORY STAGE CAPTURE RULES...\n");
	exit(2);
}

int main(int argc, char **argv)
{
	struct trial_options o;
	struct trial t = { .phases = phase_names, .run = run_once, .judge = judge };
	int at = trial_options(argc, argv, &o);
	enum which w = 0;

	if (argc - at < 4)
		usage();
	neighbours_tick = trial_tick;
	for (enum which i = 0; i < STAGES; i++) {
		char *program;

		if (asprintf(&program, "%s/faulted-%s", argv[at], benches[i].stage) == -1)
			return EXIT_FAILURE;
		benches[i].p.program = program;
		benches[i].p.stage = benches[i].stage;
		benches[i].p.page_fd = o.page_fd;
		if (strcmp(benches[i].stage, argv[at + 1]) == 0)
			w = i;
	}
	if (strcmp(benches[w].stage, argv[at + 1]) != 0)
		usage();
	/* Small, or making them is most of what is done here. */
	for (enum which i = 0; i < STAGES; i++) {
		static const char *const small[] = { "falco_libs.thread_table_size=4096",
						     "mews.rings.raw_mb=1",
						     "mews.rings.enriched_mb=1",
						     "mews.rings.alerts_mb=1" };

		for (unsigned k = 0; k < ARRAY_LEN(small); k++)
			add_words(&benches[i], "-o", small[k]);
	}
	add_words(&benches[COLLECTOR], "--replay", argv[at + 2]);
	for (at += 3; at < argc; at++)
		add_words(&benches[EVALUATOR], "-r", argv[at]);
	prepare(w);
	t.name = benches[w].stage;
	t.program = benches[w].p.program;
	t.ctx = &benches[w];
	return trial_all(&t, &o) ? EXIT_SUCCESS : EXIT_FAILURE;
}
