/* SPDX-License-Identifier: Apache-2.0
 *
 * scenario.h -- the scenarios of the shared cases, run: their steps become
 * frames of ring raw.  What their extractor could not translate is taken from
 * tests/data/scenarios.json, where we have written it out; where nobody has, the
 * scenario cannot run any further, and says why.
 */
#ifndef MEWS_SCENARIO_H
#define MEWS_SCENARIO_H

#include "case_list.h"
#include "state_world.h"

/* The world of scenario ID before its step STEP (SIZE_MAX: behind the last).
 * NULL, with WHY (CASE_WHY bytes), if it cannot be had.  Valid until the next call. */
struct state_world *scenario_at(const char *id, size_t step, char *why);

/* The steps of scenario ID; NULL if there is no such scenario. */
const json_t *scenario_steps(const char *id);

/* A call of the scenarios' kind, for who needs an event of that name. */
bool scenario_call(struct state_world *w, const char *name, const json_t *args);

void scenario_release(void);

#endif
