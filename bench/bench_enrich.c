/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-enrich [--json] [--all] [--only KEY] [-r RULES]... CAPTURE: what an event of
 * a capture costs in each stage up to the rules, in one process and without the rings:
 * inflate, parse and encode in the collector; decode, fold and encode in the enricher;
 * the mirror and decode in the evaluator.  Wanted is what the RULES look at
 * (../shared/rules by default, else our own), or with --all every event.
 *
 * All figures are CPU ns per event of CAPTURE, so that they add up.  A round is cut into
 * slices of some ms, and each slice's best of all rounds counts, for the machine may be
 * shared.  --only KEY measures one part, for the profiler.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "enrich.h"
#include "log.h"
#include "mirror.h"
#include "replay.h"
#include "rulefile.h"

enum { ROUNDS = 9, SLICE = 4096, SLICES = 4096, SINK_BYTES = 4 << 20, HEAD = 6 };

/* Frames one behind the other. */
struct tape {
	uint8_t *bytes;
	size_t n, cap;
};

/* Where the core's frames go: round and round as in a ring, or all onto a tape. */
struct sink {
	uint8_t *ring;
	size_t at;
	struct tape *tape;
	uint8_t *open;
	uint64_t frames, bytes;
};

static uint64_t events;
static struct raw_event raw;
static struct event_frame ev;

static void die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

/* ---- time ---- */

static double *best, slice_from; /* of the part that runs: ns per slice */
static unsigned slice, frames_in_slice;

static double cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void slice_end(void)
{
	double now = cpu_ns(), took = now - slice_from;

	if (slice == SLICES)
		die("too many frames");
	if (best[slice] == 0 || took < best[slice])
		best[slice] = took;
	slice++;
	slice_from = now;
	frames_in_slice = 0;
}

static void round_begin(void)
{
	slice = frames_in_slice = 0;
	slice_from = cpu_ns();
}

static inline void count_frame(void)
{
	if (++frames_in_slice == SLICE)
		slice_end();
}

/* ---- tapes ---- */

static struct tape tape_new(size_t cap)
{
	struct tape t = { .cap = cap };

	t.bytes = mmap(NULL, cap, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (t.bytes == MAP_FAILED)
		die("memory");
	return t;
}

/* The frame at *AT, which moves on.  False: the end. */
static inline bool tape_next(const struct tape *t, size_t *at, uint16_t *ret_type,
			     struct span *ret_payload)
{
	uint32_t n;

	if (t->n - *at < HEAD)
		return false;
	memcpy(ret_type, t->bytes + *at, 2);
	memcpy(&n, t->bytes + *at + 2, 4);
	if (n > t->n - *at - HEAD)
		return false;
	*ret_payload = span_of(t->bytes + *at + HEAD, n);
	*at += HEAD + n;
	return true;
}

/* ---- the core's sink ---- */

static uint8_t *sink_reserve(void *ctx, size_t cap)
{
	struct sink *s = ctx;

	if (s->tape != NULL) {
		if (cap + HEAD > s->tape->cap - s->tape->n)
			die("the tape is full");
		return s->open = s->tape->bytes + s->tape->n + HEAD;
	}
	if (cap > SINK_BYTES - s->at)
		s->at = 0;
	return s->open = s->ring + s->at;
}

static void sink_submit(void *ctx, uint16_t type, size_t len)
{
	struct sink *s = ctx;
	uint32_t n = (uint32_t)len;

	s->frames++;
	s->bytes += len;
	if (s->tape == NULL) {
		s->at += (len + 23) & ~(size_t)7; /* with a header, as in the ring */
		return;
	}
	memcpy(s->open - HEAD, &type, 2);
	memcpy(s->open - HEAD + 2, &n, 4);
	s->tape->n += HEAD + len;
}

static void sink_abandon(void *ctx)
{
	(void)ctx;
}

/* ---- what is measured: each goes over all frames once ---- */

struct bench {
	const char *capture;
	struct tape in, out; /* frames of ring raw, of ring enriched */
	struct tape state;   /* those of OUT that are no events */
	struct ring_wants wants;
	struct sink sink;
	uint64_t state_frames, event_frames;
};

/* The collector whole, but for its jail and its ring. */
static void run_collector(struct bench *b)
{
	struct source_frame frame;
	struct source *source;
	size_t cap;
	int err;

	if (replay_open(b->capture, &source) != EXIT_OK)
		exit(EXIT_FAILURE);
	events = 0;
	while ((err = source->ops->next(source, &raw)) == 1 || err == SOURCE_STATE) {
		count_frame();
		if (err == 1) {
			events++;
			cap = wire_raw_event_bound(&raw);
			sink_submit(&b->sink, FRAME_RAW_EVENT,
				    (size_t)wire_encode_raw_event(sink_reserve(&b->sink, cap), cap,
								  &raw));
			continue;
		}
		source->ops->frame(source, &frame);
		memcpy(sink_reserve(&b->sink, frame.payload.n), frame.payload.p, frame.payload.n);
		sink_submit(&b->sink, frame.type, frame.payload.n);
	}
	if (err != SOURCE_END)
		exit(EXIT_FAILURE);
	source->ops->close(source);
}

/* The enricher whole: what its turn does for each frame, but for the rings. */
static void run_enricher(struct bench *b)
{
	uint64_t counts[ENRICHER_COUNTERS] = { 0 };
	struct enrich_params p = { .sink = { &b->sink, sink_reserve, sink_submit, sink_abandon },
				   .counts = counts,
				   .seed = 1 };
	struct ring_frame frame = { 0 };
	struct enrich *en;
	size_t at = 0;

	if (enrich_new(&p, &en) < 0)
		die("enricher");
	enrich_want(en, &b->wants);
	while (tape_next(&b->in, &at, &frame.type, &frame.payload)) {
		count_frame();
		frame.seq++;
		if (enrich_frame(en, &frame, 1) < 0)
			die("a frame was refused");
	}
	enrich_free(en);
}

static void run_raw_decode(struct bench *b)
{
	struct span payload;
	uint16_t type;
	size_t at = 0;

	while (tape_next(&b->in, &at, &type, &payload)) {
		count_frame();
		if (type != FRAME_RAW_EVENT)
			continue;
		if (wire_decode_raw_event(payload, &raw) < 0)
			die("a raw event was refused");
	}
}

static void run_raw_recode(struct bench *b)
{
	struct span payload;
	uint16_t type;
	size_t at = 0;

	while (tape_next(&b->in, &at, &type, &payload)) {
		count_frame();
		size_t cap;

		if (type != FRAME_RAW_EVENT)
			continue;
		if (wire_decode_raw_event(payload, &raw) < 0)
			die("a raw event was refused");
		cap = wire_raw_event_bound(&raw);
		sink_submit(&b->sink, type,
			    (size_t)wire_encode_raw_event(sink_reserve(&b->sink, cap), cap, &raw));
	}
}

static void run_event_decode(struct bench *b)
{
	struct span payload;
	uint16_t type;
	size_t at = 0;

	b->event_frames = 0;
	while (tape_next(&b->out, &at, &type, &payload)) {
		count_frame();
		if (type != FRAME_EVENT)
			continue;
		b->event_frames++;
		if (wire_decode_event(payload, &ev) < 0)
			die("an event was refused");
	}
}

/* Encode alone is decode and encode less decode. */
static void run_event_recode(struct bench *b)
{
	struct span payload;
	uint16_t type;
	size_t at = 0;

	while (tape_next(&b->out, &at, &type, &payload)) {
		count_frame();
		size_t cap;

		if (type != FRAME_EVENT)
			continue;
		if (wire_decode_event(payload, &ev) < 0)
			die("an event was refused");
		cap = wire_event_bound(&ev);
		sink_submit(&b->sink, type,
			    (size_t)wire_encode_event(sink_reserve(&b->sink, cap), cap, &ev));
	}
}

static void run_mirror(struct bench *b)
{
	struct mirror_limits limits = {
		.processes = 262144, .users = 65536, .groups = 65536, .containers = 16384, .seed = 1
	};
	struct mirror *m;
	struct span payload;
	uint16_t type;
	size_t at = 0;

	if (mirror_new(&limits, &m) < 0)
		die("mirror");
	b->state_frames = 0;
	while (tape_next(&b->state, &at, &type, &payload)) {
		count_frame();
		b->state_frames++;
		if (mirror_apply(m, type, payload) < 0)
			die("a state frame was refused");
	}
	mirror_free(m);
}

/* As run_mirror() and run_event_decode(), but in line, and each event's process found. */
static void run_evaluator(struct bench *b)
{
	struct mirror_limits limits = {
		.processes = 262144, .users = 65536, .groups = 65536, .containers = 16384, .seed = 1
	};
	struct mirror *m;
	struct span payload;
	uint16_t type;
	size_t at = 0;

	if (mirror_new(&limits, &m) < 0)
		die("mirror");
	while (tape_next(&b->out, &at, &type, &payload)) {
		count_frame();
		if (type != FRAME_EVENT)
			(void)mirror_apply(m, type, payload);
		else if (wire_decode_event(payload, &ev) == 0 && ev.process != 0)
			(void)mirror_process(m, ev.process);
	}
	mirror_free(m);
}

/* ---- the program ---- */

static void want_all(struct ring_wants *wants)
{
	wants->version = 1;
	memset(wants->events, 0xff, sizeof(wants->events));
}

static void want_rules(struct ring_wants *wants, const struct conf_list *paths)
{
	struct rulefile_load load;
	struct codes codes;

	if (rulefile_load(paths, &load) < 0 || ruleset_seal(load.rules, RULE_PRIORITY_DEBUG) < 0) {
		rulefile_print(&load, false, stderr);
		exit(EXIT_FAILURE);
	}
	ruleset_wants(load.rules, &codes, &wants->extras);
	memcpy(wants->events, codes.events, sizeof(wants->events));
	wants->version = 1;
	rulefile_release(&load);
}

static void default_rules(struct conf_list *paths)
{
	static const char *const official[] = { "../shared/rules/falco_rules.yaml",
						"../shared/rules/falco-incubating_rules.yaml",
						"../shared/rules/falco-sandbox_rules.yaml" };

	for (unsigned i = 0; i < ARRAY_LEN(official); i++)
		if (access(official[i], R_OK) == 0)
			paths->item[paths->count++] = (char *)(uintptr_t)official[i];
	if (paths->count == 0)
		paths->item[paths->count++] = (char *)(uintptr_t) "rules/mews_rules.yaml";
}

static struct part {
	const char *key, *text;
	void (*run)(struct bench *b);
	double ns;
	double best[SLICES];
} parts[] = {
	{ "collector_ns", "collector whole, without rings", run_collector, 0, { 0 } },
	{ "raw_encode_ns", "of it: encode of RAW_EVENT", run_raw_recode, 0, { 0 } },
	{ "enricher_ns", "enricher whole, without rings", run_enricher, 0, { 0 } },
	{ "raw_decode_ns", "of it: decode of RAW_EVENT", run_raw_decode, 0, { 0 } },
	{ "fold_ns", "of it: fold (whole less decode and encode)", NULL, 0, { 0 } },
	{ "encode_ns", "of it: encode of EVENT", run_event_recode, 0, { 0 } },
	{ "evaluator_ns", "evaluator whole, without rules and rings", run_evaluator, 0, { 0 } },
	{ "mirror_ns", "of it: state frames into the mirror", run_mirror, 0, { 0 } },
	{ "event_decode_ns", "of it: decode of EVENT", run_event_decode, 0, { 0 } },
};
enum { COLLECTOR, RAW_ENCODE, ENRICHER, RAW_DECODE, FOLD, ENCODE, EVALUATOR, MIRROR, EVENT_DECODE };

static void measure(struct bench *b, struct part *p)
{
	best = p->best;
	round_begin();
	p->run(b);
	slice_end();
	p->ns = 0;
	for (unsigned i = 0; i < slice; i++)
		p->ns += best[i] / (double)events;
}

static void keep_state(struct bench *b)
{
	struct span payload;
	uint16_t type;
	size_t at = 0;

	b->state = tape_new(b->out.n + 1);
	b->sink.tape = &b->state;
	while (tape_next(&b->out, &at, &type, &payload)) {
		if (type == FRAME_EVENT)
			continue;
		memcpy(sink_reserve(&b->sink, payload.n), payload.p, payload.n);
		sink_submit(&b->sink, type, payload.n);
	}
}

static void measure_all(struct bench *b, const char *only)
{
	best = parts[0].best;
	b->sink.tape = &b->in;
	run_collector(b);
	b->sink.tape = &b->out;
	round_begin();
	run_enricher(b);
	keep_state(b);
	b->sink = (struct sink){ .ring = b->sink.ring };
	memset(parts[0].best, 0, sizeof(parts[0].best));
	for (int r = 0; r < ROUNDS; r++)
		for (unsigned i = 0; i < ARRAY_LEN(parts); i++)
			if (parts[i].run != NULL &&
			    (only == NULL || strcmp(only, parts[i].key) == 0))
				measure(b, &parts[i]);
	if (only != NULL)
		return;
	/* Less what the same loop does besides. */
	parts[RAW_ENCODE].ns -= parts[RAW_DECODE].ns;
	parts[ENCODE].ns -= parts[EVENT_DECODE].ns;
	parts[FOLD].ns = parts[ENRICHER].ns - parts[RAW_DECODE].ns - parts[ENCODE].ns;
}

static void print_json(const struct bench *b)
{
	printf("{\"events\":%llu,\"event_frames\":%llu,\"state_frames\":%llu,\"in_bytes\":%zu,"
	       "\"out_bytes\":%zu",
	       (unsigned long long)events, (unsigned long long)b->event_frames,
	       (unsigned long long)b->state_frames, b->in.n, b->out.n);
	for (unsigned i = 0; i < ARRAY_LEN(parts); i++)
		printf(",\"%s\":%.1f", parts[i].key, parts[i].ns);
	printf("}\n");
}

static void print_table(const struct bench *b)
{
	printf("%llu events in (%.0f bytes each); out: %llu events and %llu state frames "
	       "(%.0f bytes per event in)\nCPU ns per event in, best of %d rounds\n\n",
	       (unsigned long long)events, (double)b->in.n / (double)events,
	       (unsigned long long)b->event_frames, (unsigned long long)b->state_frames,
	       (double)b->out.n / (double)events, ROUNDS);
	for (unsigned i = 0; i < ARRAY_LEN(parts); i++)
		printf("%8.1f  %s\n", parts[i].ns, parts[i].text);
}

int main(int argc, char **argv)
{
	static struct bench b;
	struct conf_list paths = { .count = 0 };
	const char *only = NULL;
	bool json = false, all = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			json = true;
		else if (strcmp(argv[i], "--all") == 0)
			all = true;
		else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc)
			only = argv[++i];
		else if (strcmp(argv[i], "-r") == 0 && i + 1 < argc && paths.count < CONF_MAX_LIST)
			paths.item[paths.count++] = argv[++i];
		else
			b.capture = argv[i];
	}
	if (b.capture == NULL) {
		fprintf(stderr, "usage: bench-enrich [--json] [--all] [--only KEY] [-r RULES]... "
				"CAPTURE\n");
		return 2;
	}
	log_open("bench-enrich", LOG_LEVEL_INFO);
	if (paths.count == 0)
		default_rules(&paths);
	if (all)
		want_all(&b.wants);
	else
		want_rules(&b.wants, &paths);
	b.in = tape_new((size_t)4 << 30);
	b.out = tape_new((size_t)4 << 30);
	b.sink.ring = malloc(SINK_BYTES);
	if (b.sink.ring == NULL)
		die("memory");
	measure_all(&b, only);
	if (json)
		print_json(&b);
	else
		print_table(&b);
	return 0;
}
