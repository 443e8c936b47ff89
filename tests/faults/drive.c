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
#include <time.h>
#include <unistd.h>

#include "counter.h"
#include "jail.h"
#include "log.h"
#include "neighbours.h"

/* The stage's, not ours: no call of this process fails. */
static struct fault_page *page;

enum phase { NOT_YET, START, WORK, ASK, RELOAD, OTHERS, STOP, PHASES };

static const char *const phase_names[PHASES] = { "",
						 "it starts",
						 "it works",
						 "it is asked",
						 "it reloads",
						 "it has other neighbours",
						 "it is stopped" };

enum { PATIENCE_MS = 10000, LASTS_MS = 150, SHOWN = 12, FIRST_CALLS = 2 };

struct run {
	enum phase at; /* where it ended */
	int status;
	bool hung, not_ready, asked, reloaded;
	size_t frames;
	char *words;
};

struct bench {
	struct neighbours_params p;
	const char *stage;
	struct frames in[NEIGHBOURS_RINGS];
	struct frames *keep;
	bool ends;	 /* by itself, at the end of a capture */
	struct run good; /* when nothing fails */
};

/* ---- one run ---- */

static bool is_ready(struct neighbours *nb)
{
	return nb->ready;
}

static bool never(struct neighbours *nb)
{
	(void)nb;
	return false;
}

static bool has_ended(struct neighbours *nb)
{
	return nb->pid == 0;
}

static bool has_written_all(struct neighbours *nb)
{
	return nb->end;
}

/* What lasts, lasts for a while. */
static void lift(void)
{
	static struct mono since;

	if (atomic_load(&page->fired) == 0)
		since = mono_now();
	else if (mono_since(since, mono_now()) > LASTS_MS * NS_PER_MSEC)
		atomic_store(&page->lifted, 1);
}

static void set_phase(struct run *r, enum phase at)
{
	r->at = at;
	atomic_store(&page->phase, at);
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
	neighbours_wait(nb, never, 5);
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
static bool live(struct bench *b, struct neighbours *nb, struct run *r)
{
	r->not_ready = !neighbours_wait(nb, is_ready, 3000);
	if (nb->pid == 0)
		return false;
	set_phase(r, WORK);
	if (b->ends)
		return neighbours_wait(nb, has_written_all, PATIENCE_MS) || nb->pid == 0;
	if (!work(b, nb, 0))
		return false;
	set_phase(r, ASK);
	r->asked = ask(nb);
	if (!work(b, nb, 1))
		return false;
	set_phase(r, RELOAD);
	r->reloaded = reload(nb);
	set_phase(r, OTHERS);
	if (nb->pid == 0 || !neighbours_renew(nb))
		return false;
	return work(b, nb, 2);
}

static bool run_once(struct bench *b, struct run *r)
{
	struct neighbours nb;
	bool good;

	*r = (struct run){ .at = NOT_YET };
	atomic_store(&page->at_site, 0);
	atomic_store(&page->fired, 0);
	atomic_store(&page->lifted, 0);
	set_phase(r, START);
	if (!neighbours_begin(&nb, &b->p))
		return false;
	nb.keep = b->keep;
	good = live(b, &nb, r);
	if (good) {
		set_phase(r, STOP);
		if (!b->ends)
			kill(nb.pid, SIGTERM);
		good = neighbours_wait(&nb, has_ended, PATIENCE_MS);
	}
	r->hung = nb.pid != 0;
	r->frames = nb.frames;
	r->words = neighbours_words(&nb);
	neighbours_end(&nb);
	r->status = nb.status;
	return true;
}

/* ---- what is to be said of it ---- */

static unsigned lines_with(const char *text, const char *word)
{
	unsigned n = 0;

	for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
		n++;
	return n;
}

static bool says_more(const struct run *r, const struct run *good)
{
	return lines_with(r->words, "error: ") > lines_with(good->words, "error: ") ||
	       lines_with(r->words, "warning: ") > lines_with(good->words, "warning: ");
}

/* NULL: it is as it should be. */
static const char *verdict(const struct bench *b, const struct run *r)
{
	static char text[96];
	int code = WEXITSTATUS(r->status);

	if (strstr(r->words, "Sanitizer") != NULL || strstr(r->words, "runtime error") != NULL)
		return strstr(r->words, "detected memory leaks") != NULL
			       ? "leaks"
			       : "is ended by a sanitizer";
	if (r->hung)
		return "hangs";
	if (WIFSIGNALED(r->status))
		return strsignal(WTERMSIG(r->status));
	if (code != EXIT_OK && code != EXIT_INPUT && code != EXIT_HOST && code != EXIT_STAGE) {
		snprintf(text, sizeof(text), "ends with %d", code);
		return text;
	}
	/* What is wrong with rules is said in another form. */
	if (code != EXIT_OK &&
	    lines_with(r->words, "error: ") + lines_with(r->words, "[LOAD_ERR_") == 0)
		return "ends and does not say why";
	if (code == EXIT_OK && r->at != STOP && !b->ends)
		return "ends as if all were done";
	if (code != EXIT_OK && r->at != START)
		return b->ends ? NULL : "does not go on";
	if (code != EXIT_OK)
		return NULL;
	if (r->frames != b->good.frames && !says_more(r, &b->good)) {
		snprintf(text, sizeof(text), "writes %zu frames, not %zu, without a word",
			 r->frames, b->good.frames);
		return text;
	}
	if (!says_more(r, &b->good) &&
	    (r->not_ready || r->asked != b->good.asked || r->reloaded != b->good.reloaded))
		return r->not_ready ? "is never ready, without a word"
				    : "does not answer, without a word";
	return NULL;
}

/* ---- all of them ---- */

struct tally {
	unsigned points, sites, bad, unfired, gave_up;
};

static void show(const struct bench *b, const struct fault_site *s, const char *how,
		 const struct run *r)
{
	char *line = r->words;

	fprintf(stderr, "# %s %s when call %u fails with %s%s while %s: ", b->stage, how,
		page->plan.nth + 1, strerror((int)page->plan.error),
		page->plan.lasts ? " and all of its kind after it" : "", phase_names[s->phase]);
	fault_site_print(s, b->p.program, stderr);
	fprintf(stderr, "\n#   it ended when %s, with %s %d\n", phase_names[r->at],
		WIFSIGNALED(r->status) ? "signal" : "code",
		WIFSIGNALED(r->status) ? WTERMSIG(r->status) : WEXITSTATUS(r->status));
	for (unsigned i = 0; i < 40 && line != NULL && *line != 0; i++) {
		fprintf(stderr, "#   | %.*s\n", (int)strcspn(line, "\n"), line);
		line = strchr(line, '\n');
		line += line != NULL;
	}
}

static void try_point(struct bench *b, const struct fault_site *s, unsigned nth, unsigned error,
		      bool lasts, struct tally *t)
{
	struct run r;
	const char *how;

	if (fault_row_error(s->row, error) == 0)
		return;
	page->plan = (struct fault_plan){ .site = atomic_load(&s->name),
					  .nth = nth,
					  .error = (uint32_t)fault_row_error(s->row, error),
					  .lasts = lasts };
	t->points++;
	if (!run_once(b, &r)) {
		t->bad++;
		fprintf(stderr, "# %s cannot be started: %s\n", b->stage, strerror(errno));
		return;
	}
	t->unfired += atomic_load(&page->fired) == 0;
	t->gave_up += WIFEXITED(r.status) && WEXITSTATUS(r.status) != 0;
	how = verdict(b, &r);
	if (how != NULL && ++t->bad <= SHOWN)
		show(b, s, how, &r);
	free(r.words);
}

static void try_site(struct bench *b, const struct fault_site *s, unsigned share, unsigned errors,
		     struct tally *t)
{
	unsigned count = atomic_load(&s->count);

	t->sites++;
	for (unsigned n = 0; n < count && n < FIRST_CALLS; n++)
		for (unsigned e = 0; e < errors; e++)
			if ((unsigned)random() % 100 < share)
				try_point(b, s, n,
					  errors == 1 ? (unsigned)random() % FAULT_ERRORS : e,
					  false, t);
	if (fault_row_lasts(s->row) && (unsigned)random() % 100 < share)
		try_point(b, s, 0, 0, true, t);
}

static bool try_all(struct bench *b, unsigned share, unsigned errors)
{
	static struct fault_site seen[FAULT_SITES];
	struct tally t = { 0 };
	const char *how;

	memset(page, 0, sizeof(*page));
	if (!run_once(b, &b->good)) {
		printf("not ok - %s cannot be started: %s\n", b->stage, strerror(errno));
		return false;
	}
	memcpy(seen, page->sites, sizeof(seen));
	how = verdict(b, &b->good);
	if (how == NULL && (b->good.at != STOP || b->good.frames == 0) && b->p.out != NULL)
		how = "does nothing";
	if (how != NULL)
		fprintf(stderr, "# %s %s when nothing fails, in phase %d, %zu frames\n%s\n",
			b->stage, how, b->good.at, b->good.frames, b->good.words);
	b->keep = NULL;
	for (unsigned i = 0; how == NULL && i < FAULT_SITES; i++)
		if (atomic_load(&seen[i].count) > 0)
			try_site(b, &seen[i], share, errors, &t);
	printf("%sok - %s: %u points at %u sites, %u ended it with an error, %u did not come about\n",
	       how != NULL || t.bad > 0 || t.unfired > t.points / 4 ? "not " : "", b->stage,
	       t.points, t.sites, t.gave_up, t.unfired);
	if (t.bad > SHOWN)
		fprintf(stderr, "# and %u more\n", t.bad - SHOWN);
	return how == NULL && t.bad == 0;
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
	struct run r;

	benches[w].keep = to;
	atomic_store(&page->phase, 0);
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
	unsigned share = 100, seed = (unsigned)time(NULL), errors = 1;
	int at = 1, page_fd;
	enum which w = 0;

	for (; at + 1 < argc && argv[at][0] == '-'; at += 2) {
		unsigned value = (unsigned)strtoul(argv[at + 1], NULL, 10);

		if (strcmp(argv[at], "--share") == 0)
			share = value;
		else if (strcmp(argv[at], "--seed") == 0)
			seed = value;
		else
			errors = value;
	}
	if (argc - at < 4)
		usage();
	neighbours_tick = lift;
	signal(SIGPIPE, SIG_IGN);
	srandom(seed);
	log_open("drive", LOG_LEVEL_ERROR);
	page = fault_page_new(&page_fd);
	if (page == NULL)
		return EXIT_FAILURE;
	for (enum which i = 0; i < STAGES; i++) {
		char *program;

		if (asprintf(&program, "%s/faulted-%s", argv[at], benches[i].stage) == -1)
			return EXIT_FAILURE;
		benches[i].p.program = program;
		benches[i].p.stage = benches[i].stage;
		benches[i].p.page_fd = page_fd;
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
	printf("# seed %u, %u points of 100\n", seed, share);
	prepare(w);
	return try_all(&benches[w], share, errors) ? EXIT_SUCCESS : EXIT_FAILURE;
}
