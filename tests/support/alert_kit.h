/* SPDX-License-Identifier: Apache-2.0
 *
 * alert_kit.h -- for programs that stand where the evaluator does: alerts with a number, into ring
 * alerts.
 */
#ifndef MEWS_ALERT_KIT_H
#define MEWS_ALERT_KIT_H

#include <stdio.h>
#include <stdlib.h>

#include "door.h"
#include "jail.h"
#include "rundir.h"
#include "wire.h"

#define ALERT_KIT_GENERATION UINT64_C(5000000000)
#define ALERT_KIT_BASE_SEC   UINT64_C(1795462437)

#define ALERT_KIT_SPAN(text) span_of(text, sizeof(text) - 1)

/* Number I, whose message TEXT becomes, filled up with PADDING dots. */
static inline struct alert_frame alert_number(uint32_t i, char *text, size_t cap, size_t padding)
{
	int n = snprintf(text, cap, "number %u \"x\" \\", i);

	if (n > 0 && padding > 0 && (size_t)n + padding < cap) {
		memset(text + n, '.', padding);
		text[(size_t)n + padding] = '\0';
	}
	return (struct alert_frame){
		.origin_generation = ALERT_KIT_GENERATION,
		.origin_seq = i,
		.rule_index = 3,
		.priority = 4,
		.ts_ns = ALERT_KIT_BASE_SEC * NS_PER_SEC + i,
		.rule = ALERT_KIT_SPAN("A rule"),
		.source = ALERT_KIT_SPAN("syscall"),
		.message = span_str(text),
		.ntags = 1,
		.tags = { ALERT_KIT_SPAN("host") },
		.nfields = 1,
		.fields = { { ALERT_KIT_SPAN("evt.num"), { .kind = ALERT_UINT, .u = i } } },
	};
}

/* Waits for the reader as long as it takes. */
static inline uint8_t *alert_room(struct outlet *o, size_t cap)
{
	uint8_t *room;

	while ((room = outlet_reserve(o, cap, RING_BULK)) == NULL) {
		outlet_publish(o, &(struct ring_counts){ 0 });
		outlet_poll(o, mono_now());
		outlet_wait(o, NS_PER_MSEC);
	}
	return room;
}

static inline bool alert_put(struct outlet *o, const struct alert_frame *a)
{
	size_t cap = wire_alert_bound(a);
	ssize_t n = wire_encode_alert(alert_room(o, cap), cap, a);

	if (n > 0)
		outlet_submit(o, FRAME_ALERT, 0, (size_t)n);
	return n > 0;
}

/* As the evaluator's user, the ring at its door.  NULL, with errno. */
static inline struct outlet *alert_outlet(const char *run_dir, size_t size)
{
	char door[RUN_DIR_PATH_MAX];
	struct outlet_params p = { .door = door, .size = size };
	struct outlet *o;
	int err;

	p.reader_uid = jail_identity(STAGE_EMITTER).uid;
	p.socket_gid = jail_identity(STAGE_EVALUATOR).gid;
	if (geteuid() == 0 && jail_enter(STAGE_EVALUATOR, NULL) < 0)
		return NULL;
	run_dir_path(door, run_dir, "alerts", ".door");
	err = outlet_open(&p, &o);
	errno = err < 0 ? -err : 0;
	return err == 0 ? o : NULL;
}

#endif
