/* SPDX-License-Identifier: Apache-2.0
 *
 * twin_collector.c -- in the collector's place: what it says reaches the enricher, and the recorder.
 */
#include "kit.h"
#include "wire.h"

#define TYPES                                                                                      \
	{                                                                                          \
		FRAME_RAW_EVENT, FRAME_RAW_EVENT, FRAME_RAW_EVENT, FRAME_RAW_EVENT, FRAME_TASK,    \
			FRAME_TASK, FRAME_TASK_FILE, FRAME_TASK_READ, FRAME_SNAPSHOT_BEGIN,        \
			FRAME_SNAPSHOT_END, FRAME_GAP, FRAME_HOST, FRAME_USER, FRAME_GROUP         \
	}

int main(int argc, char **argv)
{
	static const struct twin t = {
		.self = STAGE_COLLECTOR,
		.writes = { { "raw", STAGE_ENRICHER, TYPES }, { "tap", STAGE_RECORDER, TYPES } },
	};

	return twin_main(&t, argc, argv);
}
