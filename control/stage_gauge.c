/* SPDX-License-Identifier: Apache-2.0
 *
 * stage_gauge.c -- see stage_gauge.h.
 */
#include <string.h>

#include "asker.h"
#include "mews.h"
#include "rundir.h"
#include "stage_gauge.h"

bool stage_gauge(const char *run_dir, enum stage_id stage, unsigned i, uint64_t *ret)
{
	const struct control_request req = { .kind = CONTROL_STATUS };
	struct control_answer a = { 0 };
	char path[RUN_DIR_PATH_MAX];

	if (strlen(run_dir) > RUN_DIR_MAX)
		return false;
	run_dir_path(path, run_dir, stage_name(stage), ".ctl");
	if (asker_ask_once(path, &req, ASK_TIMEOUT_NS, &a) < 0 || a.result < 0 || !a.has_status)
		return false;
	*ret = a.status.gauges.v[i];
	return true;
}
