/* SPDX-License-Identifier: Apache-2.0
 *
 * playback.c -- see playback.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "notify.h"
#include "playback.h"
#include "supervisor.h"

#define BAR_FIRST_NS (300 * NS_PER_MSEC) /* what is shorter needs none */
#define BAR_NS	     (200 * NS_PER_MSEC)

int playback_open(struct playback *pb)
{
	pb->has_bar = isatty(STDERR_FILENO) == 1;
	pb->next_bar = mono_after(pb->began, BAR_FIRST_NS);
	pb->progress.began = pb->began;
	return forward_open(&pb->out, STDOUT_FILENO);
}

void playback_close(struct playback *pb)
{
	forward_close(&pb->out);
}

unsigned playback_words(struct playback *pb, enum stage_id id, const char *words[PLAYBACK_WORDS])
{
	unsigned n = 0;

	words[n++] = "--replay";
	if (id == STAGE_COLLECTOR)
		words[n++] = pb->capture;
	if (id == STAGE_EMITTER) {
		snprintf(pb->at, sizeof(pb->at), "%" PRIu64, forward_written(&pb->out));
		words[n++] = "--stdout-at";
		words[n++] = pb->at;
	}
	return n;
}

void playback_over(struct playback *pb)
{
	pb->progress = (struct progress){ .began = mono_now() };
}

/* ---- what the stages say ---- */

/* Up to MOST decimal numbers; how many there are. */
static unsigned read_numbers(struct span text, uint64_t *ret, unsigned most)
{
	unsigned n = 0;
	size_t i = 0;

	while (n < most && i < text.n && text.p[i] >= '0' && text.p[i] <= '9') {
		for (ret[n] = 0; i < text.n && text.p[i] >= '0' && text.p[i] <= '9'; i++)
			ret[n] = ret[n] * 10 + (uint64_t)(text.p[i] - '0');
		n++;
		i += i < text.n && text.p[i] == ' ';
	}
	return n;
}

static struct span behind(struct span text, const char *word)
{
	size_t n = strlen(word);

	return span_starts(text, span_str(word)) ? span_of(text.p + n, text.n - n) : SPAN_NONE;
}

bool playback_heard(struct playback *pb, enum stage_id id, struct span text)
{
	struct span counts = behind(text, NOTIFY_COUNTS), progress = behind(text, NOTIFY_PROGRESS);
	struct ring_counts c = { 0 };
	uint64_t numbers[3];

	if (progress.n > 0 && read_numbers(progress, numbers, 3) == 3) {
		pb->progress.done = numbers[0];
		pb->progress.total = numbers[1];
		pb->progress.events = numbers[2];
	}
	if (counts.n == 0 || read_numbers(counts, c.v, RING_COUNTS) < RING_COUNTS)
		return false;
	pb->stage[id].counts = c;
	return true;
}

static double seconds_of(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

void playback_reaped(struct playback *pb, enum stage_id id, const struct rusage *ru)
{
	struct playback_stage *s = &pb->stage[id];

	s->cpu_s += seconds_of(ru->ru_utime) + seconds_of(ru->ru_stime);
	if (ru->ru_maxrss > s->max_rss_kb)
		s->max_rss_kb = ru->ru_maxrss;
}

/* ---- the bar ---- */

/* It stands in the terminal's last line; what is said there meanwhile overwrites it. */
static void show_bar(struct playback *pb, struct mono now)
{
	char line[PROGRESS_LINE];

	progress_line(&pb->progress, now, line);
	fprintf(stderr, "\r\033[K%s\r", line);
	fflush(stderr);
	pb->bar_shown = true;
}

static void hide_bar(struct playback *pb)
{
	if (!pb->bar_shown)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	pb->bar_shown = false;
}

struct mono playback_step(struct playback *pb, struct mono now)
{
	/* Alerts may go to the same terminal. */
	if (pb->out.used > 0 || forward_written(&pb->out) > pb->out.taken)
		hide_bar(pb);
	forward_move(&pb->out);
	if (!pb->has_bar)
		return (struct mono){ UINT64_MAX };
	if (now.ns >= pb->next_bar.ns) {
		show_bar(pb, now);
		pb->next_bar = mono_after(now, BAR_NS);
	}
	return pb->next_bar;
}

/* ---- the stats ---- */

/* What came in, went out as it should, and did neither. */
static void put_flow(FILE *f, enum stage_id id, const uint64_t *v)
{
	uint64_t in = 0, out = 0, lost = 0;

	switch (id) {
	case STAGE_COLLECTOR:
		in = v[COLLECTOR_TAKEN];
		out = v[COLLECTOR_OUT];
		lost = v[COLLECTOR_REFUSED] + v[COLLECTOR_LOST_RING];
		break;
	case STAGE_ENRICHER:
		in = v[ENRICHER_IN];
		out = v[ENRICHER_OUT];
		lost = v[ENRICHER_REFUSED];
		break;
	case STAGE_EVALUATOR:
		in = v[EVALUATOR_IN];
		out = v[EVALUATOR_OUT];
		lost = v[EVALUATOR_REFUSED];
		break;
	default:
		in = v[EMITTER_IN];
		out = v[EMITTER_OUT];
		lost = v[EMITTER_REFUSED] + v[EMITTER_FAILED];
		break;
	}
	fprintf(f, "\"in\":%" PRIu64 ",\"out\":%" PRIu64 ",\"lost\":%" PRIu64, in, out, lost);
}

static void put_stats(FILE *f, const struct playback *pb, struct mono now)
{
	const struct playback_stage *s = pb->stage;
	double cpu_s = 0;

	for (unsigned id = STAGE_COLLECTOR; id <= STAGE_EMITTER; id++)
		cpu_s += s[id].cpu_s;
	fprintf(f,
		"{\"events\":%" PRIu64 ",\"alerts\":%" PRIu64
		",\"wall_s\":%.6f,\"cpu_s\":%.6f,\"stages\":{",
		s[STAGE_COLLECTOR].counts.v[COLLECTOR_TAKEN],
		s[STAGE_EVALUATOR].counts.v[EVALUATOR_OUT],
		(double)mono_since(pb->began, now) / (double)NS_PER_SEC, cpu_s);
	for (unsigned id = STAGE_COLLECTOR; id <= STAGE_EMITTER; id++) {
		fprintf(f, "%s\"%s\":{\"cpu_s\":%.6f,\"max_rss_kb\":%ld,",
			id == STAGE_COLLECTOR ? "" : ",", stage_name((enum stage_id)id),
			s[id].cpu_s, s[id].max_rss_kb);
		put_flow(f, (enum stage_id)id, s[id].counts.v);
		fputc('}', f);
	}
	fputs("}}\n", f);
}

bool playback_finish(struct playback *pb, struct mono now)
{
	hide_bar(pb);
	if (pb->stats == NULL)
		return true;
	put_stats(pb->stats, pb, now);
	if (fflush(pb->stats) == 0 && ferror(pb->stats) == 0)
		return true;
	log_error("cannot write the stats: %s", strerror(errno));
	return false;
}

/* ---- all of it ---- */

int playback_run(struct playback *pb, const struct supervisor_params *params)
{
	int err = playback_open(pb), code;

	if (err < 0) {
		log_error("cannot make a pipe: %s", strerror(-err));
		return EXIT_HOST;
	}
	code = supervisor_run(params);
	if (!playback_finish(pb, mono_now()) && code == EXIT_OK)
		code = EXIT_INPUT;
	playback_close(pb);
	return code;
}
