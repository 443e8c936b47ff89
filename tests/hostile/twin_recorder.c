/* SPDX-License-Identifier: Apache-2.0
 *
 * twin_recorder.c -- in the recorder's place: it reads the collector's second ring, and the evaluator's.
 */
#include "kit.h"

int main(int argc, char **argv)
{
	static const struct twin t = {
		.self = STAGE_RECORDER,
		.reads = { { "tap", STAGE_COLLECTOR }, { "captures", STAGE_EVALUATOR } },
	};

	return twin_main(&t, argc, argv);
}
