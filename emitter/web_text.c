/* SPDX-License-Identifier: Apache-2.0
 *
 * web_text.c -- see web_text.h.
 */
#include "web_text.h"

#include <stdio.h>

#include "event.h"

/* What rules may ask for with required_engine_version, and the interfaces of Falco's that events follow. */
#define ENGINE_MINOR "63"
#define ENGINE	     "0.63.0"
#define PLUGIN_API   "3.12.0"
#define DRIVER_API   "10.0.0"

/* Where heartbeats are missing; false: nowhere. */
static bool is_silent(const struct stage_status *emitter, char *why, size_t cap)
{
	if (emitter->heartbeat.state == HEARTBEAT_MISSING) {
		snprintf(why, cap, "no heartbeat comes from the kernel");
		return true;
	}
	for (unsigned i = 0; i < emitter->noutputs; i++) {
		if (emitter->outputs[i].heartbeat.state != HEARTBEAT_MISSING)
			continue;
		snprintf(why, cap, "no heartbeat comes out of output %s", emitter->outputs[i].name);
		return true;
	}
	return false;
}

/* What is wrong with the first stage or ring that something is wrong with; false: nothing. */
static bool find_fault(const struct metrics_view *v, char *why, size_t cap)
{
	for (enum stage_id id = STAGE_COLLECTOR; id <= STAGE_EMITTER; id++) {
		const struct stage_status *s = v->stage[id];

		if (s == NULL) {
			snprintf(why, cap, "the %s does not answer", stage_name(id));
			return true;
		}
		for (unsigned i = 0; i < s->nrings; i++) {
			if (s->rings[i].attached || strcmp(s->rings[i].name, "tap") == 0)
				continue;
			snprintf(why, cap, "the %s has nobody at the other end of ring %s",
				 stage_name(id), s->rings[i].name);
			return true;
		}
	}
	return is_silent(v->stage[STAGE_EMITTER], why, cap);
}

bool web_text_health(const struct metrics_view *v, struct line *t)
{
	char why[96];
	struct jout j;

	if (!find_fault(v, why, sizeof(why))) {
		line_puts(t, "{\"status\": \"ok\"}"); /* with that blank */
		return true;
	}
	jout_init(&j, t);
	jout_object(&j, NULL);
	jout_str(&j, "reason", why);
	jout_str(&j, "status", "incomplete");
	jout_end(&j);
	return false;
}

void web_text_versions(const char *version, struct line *t)
{
	struct jout j;

	jout_init(&j, t);
	jout_object(&j, NULL);
	jout_str(&j, "default_driver_version", version);
	jout_str(&j, "driver_api_version", DRIVER_API);
	jout_str(&j, "driver_schema_version", EVENT_SCHEMA);
	jout_str(&j, "engine_version", ENGINE_MINOR);
	jout_str(&j, "engine_version_semver", ENGINE);
	jout_str(&j, "falco_version", version);
	jout_str(&j, "libs_version", version);
	jout_str(&j, "plugin_api_version", PLUGIN_API);
	jout_end(&j);
}
