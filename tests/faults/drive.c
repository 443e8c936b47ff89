/* SPDX-License-Identifier: Apache-2.0
 *
 * drive.c -- each stage with one call of its own failing, at each point in turn: while it starts, works, is
 * asked, reloads, loses its neighbours and gets others, and is stopped.  It ends with an exit code that is its to
 * give and an error that says why, or it goes on: what it does then is what it did when nothing failed, or it
 * has said that it is not.  It is never ended by a signal or a sanitizer, never hangs, and leaks nothing.
 *
 *    drive [OPTION...] DIRECTORY STAGE CAPTURE RULES...
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

/* As live(). */
static bool end(struct neighbours *nb, struct trial_run *r)
{
	if (neighbours_wait(nb, has_written_all, PATIENCE_MS) || nb->pid == 0) {
		trial_phase(r, STOP);
		(void)neighbours_wait(nb, neighbours_has_ended, PATIENCE_MS);
	}
	return false;
}

static bool live(void *ctx, struct neighbours *nb, struct trial_run *r)
{
	static struct control_answer a;
	struct bench *b = ctx;

	b->did = (struct deeds){ .frames = 0 };
	nb->keep = b->keep;
	b->did.not_ready = !neighbours_wait(nb, neighbours_is_ready, 3000);
	if (nb->pid == 0)
		return false;
	trial_phase(r, WORK);
	if (b->ends)
		return end(nb, r);
	if (!work(b, nb, 0))
		return false;
	trial_phase(r, ASK);
	b->did.asked = trial_ask(nb, &a);
	if (!work(b, nb, 1))
		return false;
	trial_phase(r, RELOAD);
	b->did.reloaded = trial_reload(nb, PATIENCE_MS) != -ETIME;
	trial_phase(r, OTHERS);
	if (nb->pid == 0 || !neighbours_renew(nb))
		return false;
	return work(b, nb, 2);
}

static void after(void *ctx, struct neighbours *nb)
{
	struct bench *b = ctx;

	b->did.frames = nb->frames;
}

/* ---- what is to be said of it ---- */

static const char *judge_good(void *ctx, const struct trial_run *r)
{
	struct bench *b = ctx;

	b->good = b->did;
	return (r->at != STOP || b->did.frames == 0) && b->p.out != NULL ? "does nothing" : NULL;
}

static const char *judge(void *ctx, const struct trial_run *r)
{
	static char text[96];
	struct bench *b = ctx;

	if (trial_says_more(r))
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
	[ENRICHER] = { .stage = "enricher",
		       .p = { .in = { "raw" },
			      .out = "enriched",
			      .words = { "-o", "mews.resolve_names=always" } } },
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

static struct trial trial_of(struct bench *b)
{
	return (struct trial){ .name = b->stage,
			       .phases = phase_names,
			       .stop = STOP,
			       .ends = b->ends,
			       .p = &b->p,
			       .ctx = b,
			       .live = live,
			       .after = after,
			       .judge_good = judge_good,
			       .judge = judge };
}

/* What stage W writes when nothing fails is what the one behind it reads. */
static void make_frames(enum which w, struct frames *to)
{
	struct trial t = trial_of(&benches[w]);
	struct trial_run r;

	benches[w].keep = to;
	if (!trial_once(&t, NULL, &r) || to->n == 0) {
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

int main(int argc, char **argv)
{
	struct trial_options o;
	struct trial t;
	int at = trial_options(argc, argv, "DIRECTORY STAGE CAPTURE RULES...", 4, &o);
	enum which w = STAGES;

	for (enum which i = 0; i < STAGES; i++) {
		benches[i].p.program = trial_program(argv[at], "faulted-", benches[i].stage);
		benches[i].p.stage = benches[i].stage;
		if (strcmp(benches[i].stage, argv[at + 1]) == 0)
			w = i;
	}
	if (w == STAGES) {
		fprintf(stderr, "drive: '%s' is no stage\n", argv[at + 1]);
		return 2;
	}
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
	t = trial_of(&benches[w]);
	return trial_all(&t, &o) ? EXIT_SUCCESS : EXIT_FAILURE;
}
