/* SPDX-License-Identifier: Apache-2.0
 *
 * scenario_call.h -- the helper functions that scenarios call to make usual
 * events, by their names; between scenario.c and scenario_call.c.
 */
#ifndef MEWS_SCENARIO_CALL_H
#define MEWS_SCENARIO_CALL_H

#include "case_value.h"
#include "state_world.h"

enum call_result {
	CALL_DONE,
	CALL_IGNORED, /* nothing of ours: what it does changes no state */
	CALL_UNKNOWN, /* no such helper, or an argument that nobody can tell */
};

enum call_result call_run(struct state_world *w, const char *name, const json_t *args);

#endif
