/* SPDX-License-Identifier: Apache-2.0
 *
 * status_json.h -- what a stage answers when it is asked how it is, as JSON: the same members in
 * `mews status --json` and for the web page.  Core.
 */
#ifndef MEWS_STATUS_JSON_H
#define MEWS_STATUS_JSON_H

#include "control.h"
#include "jout.h"

/* "counters", "gauges", "latency" of stage ID.  S NULL: it did not answer. */
void status_json_numbers(struct jout *j, enum stage_id id, const struct stage_status *s);

/* "heartbeat"; null where there are none. */
void status_json_heartbeat(struct jout *j, const struct heartbeat_status *h);

/* An object of an array. */
void status_json_ring(struct jout *j, const struct ring_status *r);

/* "coverage", of the collector; S may be NULL.  "outputs" and "spool", of the emitter.  "sources", of
 * the enricher. */
void status_json_coverage(struct jout *j, const struct stage_status *s);
void status_json_outputs(struct jout *j, const struct stage_status *s);
void status_json_spool(struct jout *j, const struct spool_status *s);
void status_json_sources(struct jout *j, const struct stage_status *s);

/* Is CODE in SET, and no event of the same name before it? */
bool event_set_names(const uint64_t *set, unsigned code);

#endif
