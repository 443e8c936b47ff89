/* SPDX-License-Identifier: Apache-2.0
 *
 * playback.h -- what a replay is for the supervisor, beside starting and watching:
 * the stages' words on its command lines, the pipe to standard output, what they
 * say of themselves, what the system says that they cost, the bar on a terminal.
 *
 * What a stage says counts only from the process that the kernel names, and is no
 * more than numbers to print.
 */
#ifndef MEWS_PLAYBACK_H
#define MEWS_PLAYBACK_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>

#include "counter.h"
#include "forward.h"
#include "progress.h"
#include "span.h"

#define PLAYBACK_WORDS 4 /* at most, of a stage's command line */

struct playback_stage {
	double cpu_s; /* of all its lives */
	long max_rss_kb;
	struct ring_counts counts; /* of the life that came to the end */
};

struct playback {
	const char *capture;
	FILE *stats; /* open for writing; NULL: none are wanted */
	struct mono began;
	struct forward out;
	struct progress progress;
	bool has_bar, bar_shown;
	struct mono next_bar;
	struct playback_stage stage[STAGE_COUNT];
	char at[24]; /* --stdout-at */
};

struct supervisor_params;

/* All of the below, around supervisor_run(), whose exit code it returns. */
int playback_run(struct playback *pb, const struct supervisor_params *params);

/* Negative errno. */
int playback_open(struct playback *pb);
void playback_close(struct playback *pb);

/* The words for stage ID; how many. */
unsigned playback_words(struct playback *pb, enum stage_id id, const char *words[PLAYBACK_WORDS]);

/* All start over. */
void playback_over(struct playback *pb);

/* Stage ID said TEXT.  True: that it is done. */
bool playback_heard(struct playback *pb, enum stage_id id, struct span text);

/* A life of stage ID is over. */
void playback_reaped(struct playback *pb, enum stage_id id, const struct rusage *ru);

/* Move what came to standard output, and the bar.  When it must be called again. */
struct mono playback_step(struct playback *pb, struct mono now);

/* All is over: the bar goes, the stats are written.  False: they could not be. */
bool playback_finish(struct playback *pb, struct mono now);

#endif
