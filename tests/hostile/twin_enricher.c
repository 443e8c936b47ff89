/* SPDX-License-Identifier: Apache-2.0
 *
 * twin_enricher.c -- in the enricher's place: it reads the collector's ring, and the evaluator reads its.
 */
#include "kit.h"
#include "wire.h"

int main(int argc, char **argv)
{
	static const struct twin t = {
		.self = STAGE_ENRICHER,
		.writes = { { "enriched",
			      STAGE_EVALUATOR,
			      { FRAME_EVENT, FRAME_EVENT, FRAME_EVENT, FRAME_PROCESS, FRAME_PROCESS,
				FRAME_PROCESS_GONE, FRAME_CONTAINER, FRAME_CONTAINER_GONE,
				FRAME_POD, FRAME_POD_GONE, FRAME_ADDRESS, FRAME_GAP, FRAME_HOST,
				FRAME_USER, FRAME_GROUP, FRAME_SNAPSHOT_END } } },
		.reads = { { "raw", STAGE_COLLECTOR } },
	};

	return twin_main(&t, argc, argv);
}
