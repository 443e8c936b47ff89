/* SPDX-License-Identifier: Apache-2.0
 *
 * scene.c -- the start of a scene, and which event somebody means.
 */
#include "scene.h"

/* 2026-01-01T00:00:00Z */
#define SCENE_TIME_NS UINT64_C(1767225600000000000)

void scene_init(struct scene *s, struct pool *pool, unsigned code, unsigned sc)
{
	*s = (struct scene){
		.pool = pool,
		.code = (uint16_t)code,
		.sc = (uint16_t)sc,
		.info = event_info(code),
		.ts_ns = SCENE_TIME_NS,
		.num = 1,
		.depth = 1,
		.fd_count = 4,
		.threads = 1,
		.hostname = span_str("host"),
	};
	for (unsigned i = 0; i < ARRAY_LEN(s->stdio); i++)
		s->stdio[i] = (struct wire_stdio){ true, FILE_REGULAR, span_str("/dev/null") };
}

/* The exit of the system call, where there is one: that is what rules see. */
static bool event_by_name(struct span name, unsigned *ret_code)
{
	bool found = false;

	for (unsigned code = EVENT_GENERIC_X + 1; code < EVENT_CODE_COUNT; code++) {
		const struct event_info *info = event_info(code);

		if (info->generated != GENERATED_NOW || info->source == ES_ITER ||
		    !span_is(name, info->name) || (found && !event_is_exit(code)))
			continue;
		*ret_code = code;
		found = true;
	}
	return found;
}

bool scene_event_code(struct span name, unsigned *ret_code, unsigned *ret_sc)
{
	*ret_sc = 0;
	if (event_by_name(name, ret_code))
		return true;
	for (unsigned sc = 0; sc < SC_COUNT; sc++) {
		const struct syscall_info *info = syscall_info(sc);

		if (info == NULL || !span_is(name, info->name))
			continue;
		*ret_code = info->exit_event;
		*ret_sc = sc;
		return true;
	}
	return false;
}
