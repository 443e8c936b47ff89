/* SPDX-License-Identifier: Apache-2.0
 *
 * ruletest_stage.h -- the inside of a stage of tests, for the files of ruletest.h.
 */
#ifndef MEWS_RULETEST_STAGE_H
#define MEWS_RULETEST_STAGE_H

#include "ruletest.h"
#include "strmap.h"

struct ruletest_stage {
	struct ruleset *rules; /* NULL: only fields are asked for */
	struct mirror *mirror;
	struct pool pool;
	struct strmap hidden; /* names of rules */
	struct field_context context;
	struct arena arena;
	struct event_frame frame;
	struct field_event event;
	struct alert_frame alert;
	_Alignas(16) uint8_t arena_bytes[1024 * 1024];
};

#endif
