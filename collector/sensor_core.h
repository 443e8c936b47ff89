/* SPDX-License-Identifier: Apache-2.0
 *
 * sensor_core.h -- what the files of the live source share among themselves: nobody else includes it.
 *
 * All of it is the loop's alone, but for what the kernel side maps as well, and the programs while a
 * thread loads their rest.
 */
#ifndef MEWS_SENSOR_CORE_H
#define MEWS_SENSOR_CORE_H

#include <stdatomic.h>
#include <stddef.h>

#include "coverage.h"
#include "kring.h"
#include "merge.h"
#include "mute.h"
#include "record.h"
#include "sensor.h"
#include "sensor_programs.h"
#include "snapshot.h"
#include "timeline.h"
#include "wants.h"

enum { MIN_BUFFER = 64 * 1024 };

/* A row of family.def's TRACE or RING. */
struct trace {
	unsigned code; /* 0: RING, which is always wanted */
	const char *name;
	struct bpf_program *program; /* NULL: not loaded yet */
	struct bpf_link *link;	     /* while it is wanted */
	bool is_lost;		     /* it cannot be attached: not tried again */
};

/* What was said to be lost of an event on a processor. */
struct told {
	uint64_t lost, failed;
};

/* A program that the kernel calls, and whose events are lost when it does not. */
struct entry {
	unsigned code; /* LOSS_ANY_CODE: of many */
	const char *name;
	uint64_t passed_over; /* as last asked */
};

enum {
#define TRACE(event, program) TRACE_##program,
#include "family.def"
#undef TRACE
#define RING(program) TRACE_##program,
#include "family.def"
#undef RING
	TRACE_COUNT,
	ENTRY_COUNT = TRACE_COUNT + 4 /* those that are always attached */
};

/* Where a ring lies. */
struct ring_memory {
	int fd;
	bool is_own;	/* a struct buffer, mapped writable; else the kernel's */
	uint64_t size;	/* of the data */
	void *consumer; /* mapped; NULL: with the rest */
	void *rest;
};

struct sensor {
	struct source source; /* first: sensor_of() relies on it */
	struct sensor_params params;
	struct snapshot *snapshot;
	struct timeline time;
	uint64_t next_clock_look;

	struct programs programs;
	struct coverage coverage;
	struct coverage rest_coverage; /* of whom loads the rest */

	/* rings */
	unsigned ncpus, nrings; /* a ring is for PER_RING processors in a row */
	unsigned per_ring;
	struct ring_memory *memory; /* of each ring */
	struct kring *rings;
	struct merge_head *heap;
	bool *in_heap;
	struct merge merge;
	const void *bell; /* mapped: the ring buffer that wakes us */
	_Atomic uint64_t *bell_heard;

	/* what is told of */
	struct selection selection;	   /* as last asked for */
	_Atomic uint64_t *wanted, *narrow; /* mapped, a struct wanted in each */
	struct wants rows;		   /* what stands there */
	struct mute_table mutes;
	struct trace traces[TRACE_COUNT];

	/* what was lost */
	const struct kernel_counts *counts; /* mapped, NCPUS * COUNTS_PER_CPU */
	struct told *told;		    /* as many */
	struct entry entries[ENTRY_COUNT];
	uint64_t passed_over, next_miss_look;

	/* sleep */
	uint64_t drowsy_ns;	  /* since when wake_me is not WAKE_BUSY */
	uint64_t taken, slept_ns; /* records since the last sleep for more, and when that began */
	uint64_t dry_ns;	  /* all was given that was due then; 0: and it was slept since */
	bool is_crowded;	  /* more than a share of a buffer was full at its end */
};

_Static_assert(offsetof(struct sensor, source) == 0, "a source is its sensor");
_Static_assert(sizeof(struct wanted) == sizeof(uint64_t), "a row changes in one step");

static inline struct sensor *sensor_of(struct source *s)
{
	return (struct sensor *)s;
}

/* ---- sensor_setup.c ---- */

/* From nothing to programs that are attached.  FAILED_STEP: what could not be done, when the result is
 * negative. */
int sensor_set_up(struct sensor *s, const char **failed_step);

/* The programs that are reached by tail call, at their family's place. */
int sensor_fill_families(struct sensor *s);

/* STEP cannot be done: what an operator can do about it. */
void sensor_explain(const char *step, int err);

/* ---- sensor_rest.c ---- */

/* The thread that loads it has the coverage to itself. */
void sensor_prepare_rest(struct sensor *s);
int sensor_begin_rest(struct source *source, void (*done)(void *ctx), void *ctx);
int sensor_take_rest(struct source *source);

/* ---- sensor_rings.c ---- */

/* What a buffer has of the BYTES that are asked for. */
uint64_t sensor_buffer_size(uint64_t bytes);
int sensor_new_buffer(uint64_t size);

/* The buffers that are arrays, all alike: before the programs are loaded, which go by one of them. */
void sensor_plan_rings(struct sensor *s);
int sensor_open_rings(struct sensor *s); /* all of them, and the bell */
void sensor_close_rings(struct sensor *s);

/* Whatever has been rung is heard. */
void sensor_quiet_bell(struct sensor *s);

/* ---- sensor_maps.c ---- */

int sensor_open_maps(struct sensor *s);
void sensor_close_maps(struct sensor *s);

/* ---- sensor_traces.c ---- */

void sensor_open_traces(struct sensor *s);
void sensor_find_traces(struct sensor *s); /* those whose program is there by now */
void sensor_attach_traces(struct sensor *s, const struct event_set *set);
void sensor_close_traces(struct sensor *s);

/* ---- sensor_wants.c ---- */

void sensor_want(struct source *source, const struct selection *selection);
void sensor_mute(struct source *source, uint64_t mute);
uint64_t sensor_muted(struct source *source);

/* ---- sensor_count.c ---- */

void sensor_open_entries(struct sensor *s);
uint64_t sensor_count(struct source *source, source_lose *lose, void *ctx);

/* ---- sensor_sleep.c ---- */

void sensor_wait(struct source *source, uint64_t timeout_ns, source_sleep *sleep, void *ctx);

#endif
