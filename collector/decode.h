/* SPDX-License-Identifier: Apache-2.0
 *
 * decode.h -- a record of the kernel side (bpf/record.h) to a struct raw_event.
 * Every length in it is checked against the record's own and against the types
 * of event.def: what does not fit is refused whole, nothing is guessed.
 */
#ifndef MEWS_DECODE_H
#define MEWS_DECODE_H

#include "wire.h"

/* RECORD may be longer than the record in it says it is, never shorter.  RET's
 * spans point into RECORD.  RET->ts_ns is CLOCK_BOOTTIME and RET->num 0: the caller
 * turns them into what goes on the wire.  0, or -EPROTO with RET undefined. */
int decode_record(struct span record, struct raw_event *ret);

#endif
