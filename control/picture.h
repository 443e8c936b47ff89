/* SPDX-License-Identifier: Apache-2.0
 *
 * picture.h -- a running pipeline as its stages and the supervisor say it is, side by side
 * with what the system says of their processes.  Shell.
 */
#ifndef MEWS_PICTURE_H
#define MEWS_PICTURE_H

#include "asker.h"
#include "ledger.h"

enum { PICTURE_RINGS = 4 };

/* What a stage takes: what it says itself, as its process may be in namespaces that we do not see; while it
 * does not answer, what the system says of the supervisor's child. */
struct usage {
	int64_t uid;
	double cpu_s;
	uint64_t rss_kb, ceiling_kb;
};

struct picture {
	struct ledger_reading reading;
	enum ledger_pace pace;
	bool has_supervisor;
	struct control_answer supervisor;
	struct asker_peer peer[STAGE_COUNT]; /* who listens, to the system's knowledge */
	struct usage usage[STAGE_COUNT];
	unsigned nsums;
	struct ledger_sum sums[LEDGER_SUMS];
	unsigned nrings;
	struct ring_status rings[PICTURE_RINGS];
};

/* The stages of RUN_DIR are read until their numbers stand still, or (GLANCE) once.  A path that is too
 * long has no pipeline. */
void picture_take(const char *run_dir, bool glance, struct picture *ret);

/* Nobody is there. */
bool picture_is_empty(const struct picture *p);

/* The recorder is there only where rules ask for captures. */
bool picture_shows(const struct picture *p, enum stage_id id);

/* "running", ...; "away". */
const char *picture_state(const struct picture *p, enum stage_id id);
int64_t picture_pid(const struct picture *p, enum stage_id id); /* 0: none */
uint64_t picture_restarts(const struct picture *p, enum stage_id id);

#endif
