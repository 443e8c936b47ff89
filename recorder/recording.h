/* SPDX-License-Identifier: Apache-2.0
 *
 * recording.h -- the frames of ring raw as a capture: the state becomes its lists of
 * tasks, files and people, each event a block.
 *
 * A snapshot is kept until it is whole, since a list's length stands before it; then
 * it begins a section.  Behind a loss of state another one comes, and with it another
 * section: readers then take what it says for what they knew.  Core.
 */
#ifndef MEWS_RECORDING_H
#define MEWS_RECORDING_H

#include "ring.h"
#include "scap_write.h"

struct recording;

struct recording_params {
	/* Take these bytes of the file.  Negative errno: they cannot be written, and the
	 * recording is over. */
	int (*write)(void *ctx, struct span bytes);
	void *ctx;
	size_t state_bytes; /* of a snapshot; what does not fit is left out, and counted */
	uint64_t max_pid;
};

struct recording_counts {
	uint64_t events, state_only;
	uint64_t lost;	       /* in gaps */
	uint64_t gaps_unknown; /* gaps of which nobody knows how many events they hold */
	uint64_t refused;      /* frames that made no sense */
	uint64_t too_long;     /* events that the format has no room for */
	uint64_t left_out;     /* entries of snapshots */
	uint64_t sections;
};

/* -ENOMEM. */
int recording_new(const struct recording_params *p, struct recording **ret);
void recording_free(struct recording *r); /* takes NULL */

/* Each returns 0, or what write() said. */

/* A frame of state or a gap; other types are passed over. */
int recording_state(struct recording *r, uint16_t type, struct span payload);

/* An event, and the section's head before the first. */
int recording_event(struct recording *r, const struct raw_event *ev);

/* A frame that made no sense to whoever decoded it. */
void recording_refused(struct recording *r);

/* A user or group of the host, for the sections that are not yet begun. */
void recording_user(struct recording *r, const struct user_frame *u);
void recording_group(struct recording *r, const struct group_frame *g);

/* Write what still waits: so far the file is whole. */
int recording_flush(struct recording *r);

const struct recording_counts *recording_counts(const struct recording *r);

#endif
