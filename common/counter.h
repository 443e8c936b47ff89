/* SPDX-License-Identifier: Apache-2.0
 *
 * counter.h -- the counters of counter.def: their words, names and texts.
 */
#ifndef MEWS_COUNTER_H
#define MEWS_COUNTER_H

#include "ring.h"

enum stage_id {
	STAGE_NONE,
	STAGE_COLLECTOR,
	STAGE_ENRICHER,
	STAGE_EVALUATOR,
	STAGE_EMITTER,
	STAGE_RECORDER, /* there only while rules ask for captures */
	STAGE_COUNT
};

/* "collector" ... ; "?" for others. */
const char *stage_name(enum stage_id id);

/* The reverse; STAGE_NONE for anything else. */
enum stage_id stage_of_name(const char *name);

/* COLLECTOR_SEEN = 0, ...: each stage's words start at 0. */
enum collector_counter {
#define COUNTER_COLLECTOR(name) COLLECTOR_##name,
#define COUNTER_ENRICHER(name)
#define COUNTER_EVALUATOR(name)
#define COUNTER_EMITTER(name)
#define COUNTER_RECORDER(name)
#define COUNTER(stage, name, unit, text) COUNTER_##stage(name)
#include "counter.def"
#undef COUNTER_COLLECTOR
#undef COUNTER_ENRICHER
	COLLECTOR_COUNTERS
};
enum enricher_counter {
#define COUNTER_COLLECTOR(name)
#define COUNTER_ENRICHER(name) ENRICHER_##name,
#include "counter.def"
#undef COUNTER_ENRICHER
#undef COUNTER_EVALUATOR
	ENRICHER_COUNTERS
};
enum evaluator_counter {
#define COUNTER_ENRICHER(name)
#define COUNTER_EVALUATOR(name) EVALUATOR_##name,
#include "counter.def"
#undef COUNTER_EVALUATOR
#undef COUNTER_EMITTER
	EVALUATOR_COUNTERS
};
enum emitter_counter {
#define COUNTER_EVALUATOR(name)
#define COUNTER_EMITTER(name) EMITTER_##name,
#include "counter.def"
#undef COUNTER_EMITTER
#undef COUNTER_RECORDER
	EMITTER_COUNTERS
};
enum recorder_counter {
#define COUNTER_EMITTER(name)
#define COUNTER_RECORDER(name) RECORDER_##name,
#include "counter.def"
#undef COUNTER_COLLECTOR
#undef COUNTER_ENRICHER
#undef COUNTER_EVALUATOR
#undef COUNTER_EMITTER
#undef COUNTER_RECORDER
#undef COUNTER
	RECORDER_COUNTERS
};

_Static_assert((int)COLLECTOR_COUNTERS <= RING_COUNTS && (int)ENRICHER_COUNTERS <= RING_COUNTS &&
		       (int)EVALUATOR_COUNTERS <= RING_COUNTS &&
		       (int)EMITTER_COUNTERS <= RING_COUNTS &&
		       (int)RECORDER_COUNTERS <= RING_COUNTS,
	       "a stage's counters fit the ring's header");

struct counter_info {
	const char *name, *unit, *text; /* name in lower case, as scripts see it */
};

/* The rows of STAGE in the order of their words; their number in *RET_COUNT. */
const struct counter_info *counter_rows(enum stage_id stage, unsigned *ret_count);

#endif
