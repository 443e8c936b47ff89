/* SPDX-License-Identifier: Apache-2.0
 *
 * core_faults.c -- what the stages' cores do for a whole capture, with one allocation failing: rules are
 * loaded, the state is folded, rules are run, alerts are written, a capture is recorded.  Each says -ENOMEM
 * and leaves nothing behind, or does without something and counts it: what comes out is what came out
 * before, or the counters say that it is not.
 *
 *    core_faults [--share PERCENT] [--seed N] CAPTURE RULES...
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "enrich.h"
#include "fault.h"
#include "format.h"
#include "log.h"
#include "mirror.h"
#include "output.h"
#include "points.h"
#include "record_filter.h"
#include "replay.h"
#include "rulefile.h"
#include "ruleset.h"

/* ---- frames, kept ---- */

struct frames {
	size_t n, room;
	struct ring_frame *frame;
};

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "core_faults: %s\n", what);
	exit(EXIT_FAILURE);
}

static void keep(struct frames *f, uint16_t type, struct span payload)
{
	uint8_t *copy = malloc(payload.n + 1);

	if (f->n == f->room) {
		f->room = f->room * 2 + 64;
		f->frame = realloc(f->frame, f->room * sizeof(f->frame[0]));
	}
	must(copy != NULL && f->frame != NULL, "no memory");
	memcpy(copy, payload.p, payload.n);
	f->frame[f->n] = (struct ring_frame){ .type = type,
					      .seq = f->n + 1,
					      .payload = span_of(copy, payload.n) };
	f->n++;
}

static uint64_t digest(uint64_t h, const void *p, size_t n)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * UINT64_C(0x100000001b3);
	return h;
}

struct world {
	const char *capture;
	struct conf_list rules_files;
	struct frames raw, enriched;
	struct rulefile_load load;
	uint64_t expected[8]; /* of each scenario, when nothing fails */
};

static struct world world;

/* As it was without a fault, which is how it was the first time; or something that counts what is not there
 * has COUNTED. */
static int held_against(uint64_t *expected, uint64_t now, uint64_t counted)
{
	if (*expected == 0)
		*expected = now;
	return now == *expected || counted > 0 ? 0 : -EILSEQ;
}

/* ---- reading a capture ---- */

static uint8_t buf[WIRE_MAX_PAYLOAD];

/* Of the capture's frames, which go to F if it is not NULL. */
static int read_capture(const char *path, struct frames *f, uint64_t *ret)
{
	static struct raw_event ev;
	struct source_frame frame;
	struct source *s;
	uint64_t h = 1;
	int err = replay_open(path, &s);

	if (err != EXIT_OK)
		return err;
	while ((err = s->ops->next(s, &ev)) >= 0 || err == -EPROTO) {
		ssize_t n = 0;

		if (err == 1)
			n = wire_encode_raw_event(buf, sizeof(buf), &ev);
		frame = (struct source_frame){ FRAME_RAW_EVENT,
					       span_of(buf, n > 0 ? (size_t)n : 0) };
		if (err == SOURCE_STATE)
			s->ops->frame(s, &frame);
		if ((err != 1 || n <= 0) && err != SOURCE_STATE)
			continue;
		h = digest(h, frame.payload.p, frame.payload.n);
		if (f != NULL)
			keep(f, frame.type, frame.payload);
	}
	s->ops->close(s);
	*ret = h;
	return err == SOURCE_END ? 0 : err == -ENOMEM ? err : EXIT_INPUT;
}

static int run_read(void *ctx)
{
	struct world *w = ctx;
	uint64_t h;
	int err = read_capture(w->capture, NULL, &h);

	return err == 0 ? held_against(&w->expected[0], h, 0) : err;
}

static bool is_exit(int result)
{
	return result == EXIT_HOST || result == EXIT_INPUT || result == -ENOMEM;
}

/* ---- the state ---- */

struct out {
	uint8_t room[WIRE_MAX_PAYLOAD];
	struct frames *keep;
	uint64_t h;
};

static uint8_t *reserve(void *ctx, size_t cap)
{
	struct out *o = ctx;

	return cap <= sizeof(o->room) ? o->room : NULL;
}

static void submit(void *ctx, uint16_t type, size_t len)
{
	struct out *o = ctx;

	o->h = digest(o->h, o->room, len);
	if (o->keep != NULL)
		keep(o->keep, type, span_of(o->room, len));
}

static void abandon(void *ctx)
{
	(void)ctx;
}

static int fold(struct world *w, struct out *o)
{
	static const char passwd[] = "root:x:0:0::/root:/bin/sh\ndaemon:x:1:1::/:/bin/false\n";
	uint64_t counts[ENRICHER_COUNTERS] = { 0 };
	struct enrich_params p = { .sink = { o, reserve, submit, abandon },
				   .counts = counts,
				   .seed = 1,
				   .capture = true };
	struct enrich *en;
	int err = enrich_new(&p, &en);

	if (err < 0)
		return err;
	enrich_host_users(en, span_str(passwd), span_str("root:x:0:\ndaemon:x:1:\n"));
	for (size_t i = 0; i < w->raw.n && err != -ENOMEM; i++)
		err = enrich_frame(en, &w->raw.frame[i], 1);
	enrich_container(en,
			 span_str("{\"id\":\"0123456789ab\",\"name\":\"a\",\"image\":\"b:c\"}"));
	enrich_free(en);
	if (err == -ENOMEM)
		return err;
	return held_against(&w->expected[1], o->h,
			    counts[ENRICHER_MEMORY_REFUSED] + counts[ENRICHER_STATE_REFUSED] +
				    counts[ENRICHER_PROCESSES_EVICTED]);
}

static int run_fold(void *ctx)
{
	static struct out o;

	o = (struct out){ .h = 1 };
	return fold(ctx, &o);
}

/* ---- rules ---- */

/* It is said of a file. */
static bool cannot_read(const struct rulefile_load *load)
{
	for (unsigned i = 0; i < load->nfiles; i++)
		for (unsigned k = 0; k < load->files[i].nproblems; k++)
			if (load->files[i].problems[k].code == PROBLEM_LOAD_ERR_FILE_READ)
				return true;
	return false;
}

static bool is_rules_error(int result)
{
	return result == -ENOMEM || result == -EIO;
}

static int run_rules(void *ctx)
{
	struct world *w = ctx;
	struct rulefile_load load = { 0 };
	int err = rulefile_load(&w->rules_files, &load);
	uint64_t count;

	if (err == 0)
		err = ruleset_seal(load.rules, 7);
	count = err == 0 ? ruleset_count(load.rules) : 0;
	if (err == -EINVAL && cannot_read(&load))
		err = -EIO;
	rulefile_release(&load);
	return err < 0 ? err : held_against(&w->expected[2], count, 0);
}

static int run_validate(void *ctx)
{
	struct world *w = ctx;
	struct rulefile_load load = { 0 };
	int err = rulefile_validate(&w->rules_files, &load);

	if (err == -EINVAL && cannot_read(&load))
		err = -EIO;
	rulefile_release(&load);
	return err;
}

/* ---- events to alerts ---- */

struct judge {
	struct mirror *mirror;
	struct field_event e;
	struct event_frame ev;
	struct alert_frame alert;
	struct field_context context;
	struct arena arena;
	uint8_t block[1 << 20], line[FORMAT_MAX_LINE];
	uint64_t h, left_out;
};

static void clock_of(void *ctx, uint64_t seconds, struct format_clock *ret)
{
	(void)ctx;
	*ret = (struct format_clock){ (unsigned)(seconds / 3600 % 24), 0, 0 };
}

static void say(struct judge *j, const struct ruleset_rule *rule, bool json)
{
	struct format f = { .json = json,
			    .include_output = true,
			    .include_message = true,
			    .include_fields = true,
			    .include_tags = true,
			    .hostname = span_str("host"),
			    .local = clock_of };
	ssize_t n;

	j->alert = (struct alert_frame){ .ts_ns = j->ev.ts_ns,
					 .rule = rule->name,
					 .source = rule->source,
					 .message = output_message(rule->output, &j->e) };
	output_alert_fields(rule->output, &j->e, &j->alert);
	n = format_alert(&f, &j->alert, j->line, sizeof(j->line));
	if (n > 0)
		j->h = digest(j->h, j->line, (size_t)n);
}

static void judge_event(struct judge *j, struct ruleset *rules, struct span payload)
{
	const struct ruleset_rule *rule;
	struct ruleset_walk walk;

	if (wire_decode_event(payload, &j->ev) < 0)
		return;
	j->e.info = event_info(j->ev.code);
	j->e.process = j->ev.process != 0 ? mirror_process(j->mirror, j->ev.process) : NULL;
	ruleset_begin(rules, &j->e, &walk);
	while ((rule = ruleset_next(rules, &walk)) != NULL) {
		say(j, rule, false);
		say(j, rule, true);
	}
}

static int run_judge(void *ctx)
{
	static struct judge j;
	struct mirror_limits limits = { 100000, 10000, 10000, 1000, 1, 0 };
	struct world *w = ctx;
	struct mirror *frozen;
	int err;

	j = (struct judge){ .h = 1 };
	arena_init(&j.arena, j.block, sizeof(j.block));
	err = mirror_new(&limits, &j.mirror);
	if (err < 0)
		return err;
	j.e = (struct field_event){ .ev = &j.ev,
				    .mirror = j.mirror,
				    .arena = &j.arena,
				    .source = "syscall",
				    .context = &j.context };
	for (size_t i = 0; i < w->enriched.n; i++) {
		const struct ring_frame *f = &w->enriched.frame[i];

		if (f->type == FRAME_EVENT)
			judge_event(&j, w->load.rules, f->payload);
		else if (mirror_apply(j.mirror, f->type, f->payload) < 0)
			j.left_out++;
	}
	frozen = j.e.process == NULL ? NULL : mirror_freeze(j.mirror, j.e.process);
	mirror_free(frozen);
	j.left_out += mirror_take_cut(j.mirror);
	mirror_free(j.mirror);
	return held_against(&w->expected[3], j.h, j.left_out);
}

/* ---- a recording ---- */

struct file {
	uint64_t h, n;
};

static int file_open(void *ctx, const struct capture_frame *match)
{
	(void)ctx;
	(void)match;
	return 0;
}

static int file_write(void *ctx, struct span bytes)
{
	struct file *f = ctx;

	f->h = digest(f->h, bytes.p, bytes.n);
	f->n += bytes.n;
	return 0;
}

static int file_close(void *ctx, uint64_t *ret_size)
{
	struct file *f = ctx;

	*ret_size = f->n;
	return 0;
}

static int run_record(void *ctx)
{
	struct world *w = ctx;
	struct file file = { .h = 1 };
	uint64_t counts[RECORDER_COUNTERS] = { 0 };
	struct capture_params p = { .files = { &file, file_open, file_write, file_close },
				    .counts = counts,
				    .seed = 3,
				    .history_bytes = 1 << 20,
				    .state_bytes = 1 << 20,
				    .before_ns = NS_PER_SEC,
				    .threads = 4096,
				    .own_pid = -1 };
	struct capture_frame match = { .num = 40,
				       .duration_ns = NS_PER_SEC,
				       .rule = span_str("r") };
	struct capture *c;
	int err = capture_new(&p, &c);

	if (err < 0)
		return err;
	for (size_t i = 0; i < w->raw.n; i++) {
		static struct raw_event ev;

		capture_frame(c, &w->raw.frame[i], 1);
		if (i % 100 != 50 || w->raw.frame[i].type != FRAME_RAW_EVENT ||
		    wire_decode_raw_event(w->raw.frame[i].payload, &ev) < 0)
			continue;
		match.ts_ns = ev.ts_ns;
		match.num = ev.num;
		capture_match(c, &match, (struct mono){ i });
		capture_step(c, (struct mono){ i });
	}
	capture_end(c);
	capture_free(c);
	return held_against(&w->expected[4], file.h,
			    counts[RECORDER_FAILED] + counts[RECORDER_REFUSED] +
				    counts[RECORDER_LEFT_OUT]);
}

static int run_filter(void *ctx)
{
	struct world *w = ctx;
	struct record_filter *filter;
	uint64_t kept = 1;
	struct diag diag;
	int err = record_filter_new(span_str("evt.type in (execve, openat) and proc.name != x"), 1,
				    &filter, &diag);

	if (err < 0)
		return err;
	for (size_t i = 0; i < w->raw.n; i++) {
		static struct raw_event ev;
		const struct ring_frame *f = &w->raw.frame[i];
		unsigned code = 0;

		if (f->type == FRAME_RAW_EVENT && wire_decode_raw_event(f->payload, &ev) == 0)
			code = ev.code;
		kept = kept * 31 + record_filter_frame(filter, f, 1, code);
	}
	record_filter_free(filter);
	return held_against(&w->expected[5], kept, 1);
}

static const struct scenario scenarios[] = {
	{ "a capture is read", run_read, &world, is_exit },
	{ "the state is folded", run_fold, &world, NULL },
	{ "rules are loaded", run_rules, &world, is_rules_error },
	{ "rules are validated", run_validate, &world, is_rules_error },
	{ "rules are run and alerts written", run_judge, &world, NULL },
	{ "events around matches are recorded", run_record, &world, NULL },
	{ "a recording is filtered", run_filter, &world, NULL },
};

/* What comes out when nothing fails. */
static void prepare(struct world *w)
{
	static struct out o;
	uint64_t h;

	o = (struct out){ .h = 1, .keep = &w->enriched };
	must(read_capture(w->capture, &w->raw, &h) == 0, "no capture");
	must(fold(w, &o) == 0, "no state");
	must(rulefile_load(&w->rules_files, &w->load) == 0 && ruleset_seal(w->load.rules, 7) == 0,
	     "no rules");
	for (unsigned i = 0; i < ARRAY_LEN(scenarios); i++)
		must(scenarios[i].run(w) == 0, scenarios[i].name);
}

int main(int argc, char **argv)
{
	struct points_options o;
	int at = points_options(argc, argv, &o);
	bool good = true;

	must(argc - at >= 2, "usage: core_faults [--share PERCENT] [--seed N] CAPTURE RULES...");
	log_open("core_faults", LOG_LEVEL_ERROR);
	world.capture = argv[at++];
	while (at < argc && world.rules_files.count < CONF_MAX_LIST)
		world.rules_files.item[world.rules_files.count++] = argv[at++];
	prepare(&world);
	for (unsigned i = 0; i < ARRAY_LEN(scenarios); i++)
		good &= points_try(&scenarios[i], &o);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
