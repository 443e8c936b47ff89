/* SPDX-License-Identifier: Apache-2.0
 *
 * sensor_traces.c -- the programs at trace points that are no system calls: each is attached while its event is
 * wanted.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "sensor_core.h"

void sensor_find_traces(struct sensor *s)
{
	for (unsigned i = 0; i < TRACE_COUNT; i++)
		s->traces[i].program = programs_find(&s->programs, s->traces[i].name);
}

void sensor_open_traces(struct sensor *s)
{
	static const struct trace rows[] = {
#define TRACE(event, program) { .code = EVENT_##event, .name = #program },
#define RING(program)	      { .name = #program },
#include "family.def"
#undef TRACE
#undef RING
	};

	_Static_assert(ARRAY_LEN(rows) == TRACE_COUNT, "each has its place");
	memcpy(s->traces, rows, sizeof(rows));
	sensor_find_traces(s);
}

static void leave_out(struct sensor *s, struct trace *t, int error)
{
	char reason[CONTROL_GAP_REASON];

	snprintf(reason, sizeof(reason), "cannot attach to its trace point: %s", strerror(error));
	t->is_lost = true;
	(void)coverage_lose(&s->coverage, t->name, reason);
	log_warning("program '%s': %s; not seen: %s", t->name, reason,
		    t->code == 0 ? "what is asked for through io_uring"
				 : event_info(t->code)->name);
}

void sensor_attach_traces(struct sensor *s, const struct event_set *set)
{
	for (unsigned i = 0; i < TRACE_COUNT; i++) {
		struct trace *t = &s->traces[i];
		bool wanted = (t->code == 0 || event_set_has(set, t->code)) && !t->is_lost &&
			      t->program != NULL && bpf_program__fd(t->program) >= 0;

		if (wanted && t->link == NULL) {
			t->link = bpf_program__attach(t->program);
			if (t->link == NULL)
				leave_out(s, t, errno);
		} else if (!wanted && t->link != NULL) {
			bpf_link__destroy(t->link);
			t->link = NULL;
		}
	}
}

void sensor_close_traces(struct sensor *s)
{
	for (unsigned i = 0; i < TRACE_COUNT; i++)
		bpf_link__destroy(s->traces[i].link);
}
