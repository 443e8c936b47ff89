/* SPDX-License-Identifier: Apache-2.0
 *
 * decode.h -- a record of the kernel side (bpf/record.h) to a struct raw_event.
 * Every length in it is checked against the record's own and against the types
 * of event.def: what does not fit is refused whole, nothing is guessed.
 */
#ifndef MEWS_DECODE_H
#define MEWS_DECODE_H

#include "clock.h"
#include "wire.h"

/* A thread's identity is (tid, start).  /proc, where snapshots come from, knows the
 * start in ticks of USER_HZ, 100 a second on all that we run on, so on the wire it is
 * always rounded down to such a tick: a task of the snapshot and an event of the same
 * thread have the same number.  Two threads of one tid within 10 ms would need 2^15
 * forks and more in that time. */
#define START_TICK_NS (10 * NS_PER_MSEC)

static inline uint64_t start_tick(uint64_t start_ns)
{
	return start_ns - start_ns % START_TICK_NS;
}

/* RECORD may be longer than the record in it says it is, never shorter.  RET's
 * spans point into RECORD.  RET->ts_ns is CLOCK_BOOTTIME and RET->num 0: the caller
 * turns them into what goes on the wire.  0, or -EPROTO with RET undefined. */
int decode_record(struct span record, struct raw_event *ret);

#endif
