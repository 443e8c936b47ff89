/* SPDX-License-Identifier: Apache-2.0
 *
 * coverage.h -- what is not seen on this host: the programs of the kernel side that
 * could not be loaded or attached, and the events that only they make.  Which events
 * are whose says family.def; there is no other list.  Core.
 *
 * Without who begins, executes and ends there is no process to attribute anything to,
 * so the programs of those events, and those that family.def does not name because all
 * others are reached through them, are essential: with one of them missing there is
 * nothing to report gaps in.
 */
#ifndef MEWS_COVERAGE_H
#define MEWS_COVERAGE_H

#include "control.h"
#include "state_set.h"

struct gap {
	char program[CONTROL_GAP_PROGRAM];
	char reason[CONTROL_GAP_REASON]; /* one line */
	struct event_set events;
	bool of_ring; /* only what is asked for through io_uring: as system calls they are seen */
};

struct coverage {
	unsigned ngaps;
	struct gap gaps[CONTROL_MAX_GAPS];
	struct event_set missing; /* by a gap or more, even as system calls */
	bool is_partial;	  /* programs are still to be loaded, whose events are these: */
	struct event_set put_off;
};

/* The events that PROGRAM makes; none: it is not in family.def. */
struct event_set coverage_events(const char *program);

bool coverage_is_essential(const char *program);

/* PROGRAM is not there.  False: it is essential, or there are too many gaps already; then
 * nothing was noted. */
bool coverage_lose(struct coverage *c, const char *program, const char *reason);

/* Is PROGRAM among the gaps? */
bool coverage_has_gap(const struct coverage *c, const char *program);

/* PROGRAM is not there yet; until all are, its events are not seen, which the report says. */
void coverage_put_off(struct coverage *c, const char *program);

/* SET but for what is missing or put off. */
struct event_set coverage_seen(const struct coverage *c, const struct event_set *set);

/* What of SET is missing for good; false: nothing. */
bool coverage_unseen(const struct coverage *c, const struct event_set *set, struct event_set *ret);

/* The gaps as `mews status` shows them; WANTED: what rules ask for. */
void coverage_report(const struct coverage *c, const struct event_set *wanted,
		     struct stage_status *ret);

/* Why a program was refused, in a line: the last word of the verifier's LOG; without one,
 * of the error -ERR. */
void coverage_reason(struct span log, const char *otherwise, char *buf, size_t cap);

/* "open, openat, ... and 3 more": the names of SET's events, each once. */
void coverage_names(const struct event_set *set, char *buf, size_t cap);

#endif
