/* SPDX-License-Identifier: Apache-2.0
 *
 * scap_convert.h -- an event of a capture, of whatever age, to one as it is made today:
 * parameters in their types, and those that events have got since.
 *
 * Old captures have two events for a system call.  What the first one says is kept
 * for its thread until the second comes, which gets it as parameters of its own.
 * convert.def has a row for each way that there is.  Core.
 */
#ifndef MEWS_SCAP_CONVERT_H
#define MEWS_SCAP_CONVERT_H

#include "scap_read.h"

struct scap_convert;

/* SEED: of a hash of thread numbers.  -ENOMEM. */
int scap_convert_new(uint64_t seed, struct scap_convert **ret);
void scap_convert_free(struct scap_convert *c); /* takes NULL */

/* What EV is today: 1; 0: nothing, it is kept for another or means nothing any more;
 * -EPROTO: there is no such event, and why() says so.  RET->num is 0.  Its spans point
 * into EV's, or are valid until the next call. */
int scap_convert(struct scap_convert *c, const struct scap_event *ev, struct raw_event *ret);

const char *scap_convert_why(const struct scap_convert *c);

/* Enter events that found no room to wait: their exits have zeros instead. */
uint64_t scap_convert_forgotten(const struct scap_convert *c);

#endif
