/* SPDX-License-Identifier: Apache-2.0
 *
 * gauge.h -- the gauges of gauge.def: their words, names and texts, as counter.h has the
 * counters'.
 */
#ifndef MEWS_GAUGE_H
#define MEWS_GAUGE_H

#include "counter.h"

#define STAGE_GAUGES 16

enum collector_gauge {
#define GAUGE_COLLECTOR(name) COLLECTOR_GAUGE_##name,
#define GAUGE_ENRICHER(name)
#define GAUGE_EVALUATOR(name)
#define GAUGE(stage, name, unit, text) GAUGE_##stage(name)
#include "gauge.def"
#undef GAUGE_COLLECTOR
#undef GAUGE_ENRICHER
	COLLECTOR_GAUGES
};
enum enricher_gauge {
#define GAUGE_COLLECTOR(name)
#define GAUGE_ENRICHER(name) ENRICHER_GAUGE_##name,
#include "gauge.def"
#undef GAUGE_ENRICHER
#undef GAUGE_EVALUATOR
	ENRICHER_GAUGES
};
enum evaluator_gauge {
#define GAUGE_ENRICHER(name)
#define GAUGE_EVALUATOR(name) EVALUATOR_GAUGE_##name,
#include "gauge.def"
#undef GAUGE_COLLECTOR
#undef GAUGE_ENRICHER
#undef GAUGE_EVALUATOR
#undef GAUGE
	EVALUATOR_GAUGES
};

_Static_assert((int)COLLECTOR_GAUGES <= STAGE_GAUGES && (int)ENRICHER_GAUGES <= STAGE_GAUGES &&
		       (int)EVALUATOR_GAUGES <= STAGE_GAUGES,
	       "a stage's gauges fit its status");

struct stage_gauges {
	uint64_t v[STAGE_GAUGES];
};

/* The rows of STAGE in the order of their words; their number in *RET_COUNT. */
const struct counter_info *gauge_rows(enum stage_id stage, unsigned *ret_count);

#endif
