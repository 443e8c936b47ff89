/* SPDX-License-Identifier: Apache-2.0
 *
 * live.h -- outputs with a spool: what is put in goes to the journal, and from there each output
 * fetches it in a thread of its own.  Nobody here ever waits for an output.
 */
#ifndef MEWS_LIVE_H
#define MEWS_LIVE_H

#include "clock.h"
#include "control.h"
#include "journal.h"
#include "outputs.h"
#include "recent.h"

struct live;

/* Behind the jail: with the journal in DIR, and threads for all of OS.  BOOT: of ids.  -ENOMEM or
 * another negative errno. */
int live_open(const struct conf *conf, const char *dir, const char *boot, struct outputs *os,
	      struct live **ret);

/* Tell the journal that all records before NUMBER were there once. */
void live_skip_to(struct live *l, uint64_t number);

/* The number of the next record, behind what was flushed. */
uint64_t live_next(const struct live *l);

/* Did the predecessor put an alert with this ID there, and not come to say so?  Each only once. */
bool live_had(struct live *l, const struct uuid *id);

/* An alert as it came, for the next flush. */
void live_put(struct live *l, const struct uuid *id, uint32_t flags, struct span payload);

/* An alert that is made here.  False: it is too long. */
bool live_put_own(struct live *l, const struct alert_frame *a);

/* The same, encoded already. */
void live_put_report(struct live *l, struct span payload);

/* An alert that was put in is a heartbeat, of an event at EVENT_NS since the epoch. */
void live_beat(struct live *l, uint64_t event_ns);

/* From here on all that was put in is on its way. */
void live_flush(struct live *l);

/* What is to be done now and then: *RET_MADE counts alerts that were made here. */
void live_tick(struct live *l, struct mono now, uint64_t *ret_made);

void live_reopen(struct live *l);
void live_status(struct live *l, struct stage_status *ret);

/* From here on what is put in goes to RECENT as well, which lives longer. */
void live_show(struct live *l, struct recent *recent);

/* The alerts that are in memory, from number *FROM on, as JSON objects in the form F, a line each.
 * *FROM: the number behind the last one.  The length; 0: there are no more. */
size_t live_list(struct live *l, uint64_t *from, const struct format *f, uint8_t *buf, size_t cap);

/* Deliver what waits, for a moment, and end.  True: OS may be closed. */
bool live_close(struct live *l);

#endif
