/* SPDX-License-Identifier: Apache-2.0
 *
 * wire_names.c -- what people call the frame types.
 */
#include "wire.h"

const char *frame_type_name(unsigned type)
{
	static const char *const names[FRAME_TYPE_COUNT] = {
		[FRAME_RAW_EVENT] = "RAW_EVENT",
		[FRAME_TASK] = "TASK",
		[FRAME_TASK_FILE] = "TASK_FILE",
		[FRAME_TASK_READ] = "TASK_READ",
		[FRAME_SNAPSHOT_BEGIN] = "SNAPSHOT_BEGIN",
		[FRAME_SNAPSHOT_END] = "SNAPSHOT_END",
		[FRAME_GAP] = "GAP",
		[FRAME_HOST] = "HOST",
		[FRAME_USER] = "USER",
		[FRAME_GROUP] = "GROUP",
		[FRAME_END] = "END",
		[FRAME_PROCESS] = "PROCESS",
		[FRAME_PROCESS_GONE] = "PROCESS_GONE",
		[FRAME_CONTAINER] = "CONTAINER",
		[FRAME_CONTAINER_GONE] = "CONTAINER_GONE",
		[FRAME_EVENT] = "EVENT",
		[FRAME_POD] = "POD",
		[FRAME_POD_GONE] = "POD_GONE",
		[FRAME_ADDRESS] = "ADDRESS",
		[FRAME_ALERT] = "ALERT",
		[FRAME_CAPTURE] = "CAPTURE",
	};

	return type < FRAME_TYPE_COUNT && names[type] != NULL ? names[type] : "?";
}
