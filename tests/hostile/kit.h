/* SPDX-License-Identifier: Apache-2.0
 *
 * kit.h -- what the malicious twins share: who they are, chance that can be repeated, a count of
 * what they did.  A twin is a process with a stage's user that stands where the stage stands and
 * lies to its neighbours through everything that it can reach: as a writer (writer.c), as a reader
 * (reader.c), as somebody who asks (caller.c), as somebody who answers, and as the owner of
 * files (squatter.c).  Each of these is a thread, so they lie at the same time.
 */
#ifndef MEWS_HOSTILE_KIT_H
#define MEWS_HOSTILE_KIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "counter.h"

/* What a twin has done.  A test that finds nothing behind a name that matters has tested nothing. */
enum deed {
	DEED_CALLED,	/* connections that neighbours made to its doors */
	DEED_TAKEN,	/* rings of its own that a reader took */
	DEED_ATTACHED,	/* rings of a writer's that it was given */
	DEED_FRAMES,	/* put into rings */
	DEED_READ,	/* read from rings */
	DEED_MUTATIONS, /* of frames, words, messages, descriptors */
	DEED_MESSAGES,	/* over doors */
	DEED_REQUESTS,	/* over control sockets */
	DEED_ANSWERS,	/* that neighbours gave to these */
	DEED_ASKED,	/* requests that came to its own control socket */
	DEED_FILES,	/* written */
	DEED_COUNT
};

extern _Atomic uint64_t deeds[DEED_COUNT];

static inline void did(enum deed d, uint64_t n)
{
	atomic_fetch_add_explicit(&deeds[d], n, memory_order_relaxed);
}

/* The whole of a twin: its place, and how it lies. */
struct twin {
	enum stage_id self;
	/* It makes these rings, for these readers, of frames of these types (0 ends). */
	struct twin_door {
		const char *ring;
		enum stage_id reader;
		uint16_t types[20];
	} writes[2];
	/* It reads these rings, of these writers. */
	struct twin_source {
		const char *ring;
		enum stage_id writer;
	} reads[2];
	/* Files that the next of its kind will read. */
	void (*scribble)(void);
};

extern const char *twin_run_dir;
extern enum stage_id twin_self;

/* main() of all of them: RUN_DIR SECONDS [SEED].  Prints its seed first, at the end what it did. */
int twin_main(const struct twin *t, int argc, char **argv);

/* False: the time is up. */
bool twin_goes_on(void);

/* Sleep, but not for longer than there is time. */
void twin_rest(unsigned us);

/* ---- chance: each thread has its own, from the seed ---- */

void chance_seed(uint64_t seed);
uint64_t chance(void);
uint64_t chance_below(uint64_t n); /* 0 for 0 */
bool one_in(unsigned n);
uint64_t chance_word(void); /* a number as liars like them: at edges, mostly */
void chance_fill(void *p, size_t n);

#endif
