/* SPDX-License-Identifier: Apache-2.0
 *
 * sensor_programs.h -- the kernel side's programs and maps, loaded in two parts.  What takes long is the
 * verifier's way through the programs; so those without which nothing is to be seen, and those that
 * most rules look at, are loaded first (family.def's FIRST), and the others by a thread while events
 * come already.  Both parts are the same object, opened twice; the second has the maps of the first.
 * A kernel without bpf_rdonly_cast() (before 6.2) gets all as the first part: libbpf looks for the function among
 * the modules' types then, which it may not behind the jail.
 * Shell, for the live source.
 */
#ifndef MEWS_SENSOR_PROGRAMS_H
#define MEWS_SENSOR_PROGRAMS_H

#include <pthread.h>
#include <stdatomic.h>

#include "record.h"
#include "sensor_load.h"

enum programs_part { PROGRAMS_FIRST, PROGRAMS_REST, PROGRAMS_PARTS };

struct mews; /* the skeleton */

struct programs {
	struct sensor_settings settings; /* CASTS is found out when loading */
	int buffer;			 /* a map like those that will be in `buffers` */
	struct loader loader;
	struct mews *skel[PROGRAMS_PARTS];
	bool is_whole; /* there is one part, the first */
	uint64_t load_ns,
		loaded_ns[PROGRAMS_PARTS]; /* how long it took in all, and when it was over */

	pthread_t thread;
	bool has_thread;
	void (*done)(void *ctx); /* called by the thread */
	void *done_ctx;
	int result; /* the thread's, when it is done */
	atomic_bool is_done;
};

/* COVERAGE: what cannot be loaded goes there. */
void programs_init(struct programs *p, const struct sensor_settings *settings,
		   struct coverage *coverage);

/* Load PART, without what this kernel refuses.  The first part is the first. */
int programs_load(struct programs *p, enum programs_part part);

/* Load the rest in a thread, which has the coverage meanwhile, and calls DONE(CTX). */
int programs_begin_rest(struct programs *p, void (*done)(void *ctx), void *ctx);

/* Is that thread done? */
bool programs_rest_is_done(const struct programs *p);

/* ... what came of it; waits for it, if need be. */
int programs_end_rest(struct programs *p);

/* What is always attached. */
int programs_attach(struct programs *p);

/* Note in C what is not loaded before the rest is. */
void programs_put_off(const struct programs *p, struct coverage *c);

/* The program NAME; NULL: its part is not loaded yet. */
struct bpf_program *programs_find(const struct programs *p, const char *name);

/* The descriptor of the map NAME. */
int programs_map(const struct programs *p, const char *name);

/* The object of PART; NULL: it is not loaded. */
struct bpf_object *programs_object(const struct programs *p, enum programs_part part);

/* How the collector is woken: see record.h. */
volatile uint32_t *programs_wake_me(const struct programs *p);
volatile struct sensor_waking *programs_waking(const struct programs *p);

/* The heartbeat: see there, too. */
volatile struct sensor_beat *programs_beat(const struct programs *p);

/* Are the mutes looked at?  Also there. */
volatile uint32_t *programs_muting(const struct programs *p);

void programs_close(struct programs *p);

#endif
