/* SPDX-License-Identifier: Apache-2.0
 *
 * raw_tap.h -- ring tap: what goes into ring raw once more, for the recorder.  It is there
 * while rules ask for captures, and never waits: what its reader leaves no room for is dropped
 * and counted, a GAP says so, and when there is room again all state follows.  What it cost is
 * counted apart from the pipeline's, and goes with this ring.  Shell.
 */
#ifndef MEWS_RAW_TAP_H
#define MEWS_RAW_TAP_H

#include "in_line.h"
#include "source.h"
#include "stage.h"

struct tap {
	struct outlet *out; /* NULL: nobody asks */
	struct source *source;
	struct ring_counts counts; /* TAPPED and LOST_TAP; the others are not its */
	struct gap_frame gap;	   /* cause 0: none that waits */
	bool stale;		   /* the reader's state is wrong until a snapshot */
	bool has_frames;	   /* that are not published */
	struct in_line in_line;
	struct mono polled;
};

/* Open or close it.  What cannot be opened is said, and tried again at the next call. */
void tap_switch(struct tap *t, struct stage *st, struct source *source, bool on);

/* A frame that goes to ring raw. */
void tap_put(struct tap *t, uint16_t type, struct span payload);

/* Behind each turn, frames or none: publishes, serves the door, and a snapshot that is due. */
void tap_turn(struct tap *t, struct stage *st, struct mono now);

/* For STATUS. */
void tap_status(const struct tap *t, struct stage_status *status);

void tap_close(struct tap *t);

#endif
