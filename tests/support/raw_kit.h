/* SPDX-License-Identifier: Apache-2.0
 *
 * raw_kit.h -- raw events put together by hand, parameter by parameter name.
 */
#ifndef MEWS_RAW_KIT_H
#define MEWS_RAW_KIT_H

#include <criterion/criterion.h>

#include "wire.h"

/* An event with all its parameters empty. */
static inline struct raw_event raw_event(unsigned code, int64_t tid)
{
	struct raw_event ev = { .code = (uint16_t)code, .tid = tid, .pid = -1 };

	ev.nparams = event_info(code)->nparams;
	return ev;
}

static inline struct param *raw_param(struct raw_event *ev, const char *name)
{
	int i = event_param_index(ev->code, span_str(name));

	cr_assert(i >= 0, "%s", name);
	return &ev->params[i];
}

static inline void set_int(struct raw_event *ev, const char *name, int64_t v)
{
	*raw_param(ev, name) = (struct param){ .kind = PARAM_INT, .i = v };
}

static inline void set_bytes(struct raw_event *ev, const char *name, struct span s)
{
	*raw_param(ev, name) = (struct param){ .kind = PARAM_BYTES, .s = s };
}

static inline void set_text(struct raw_event *ev, const char *name, const char *s)
{
	set_bytes(ev, name, span_str(s));
}

#endif
