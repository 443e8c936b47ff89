/* SPDX-License-Identifier: Apache-2.0
 *
 * limitalert.h -- a capture that came to its largest size is an alert of its own, as
 * Falco has it.  What the recorder counts of them is compared with what it counted
 * before.  Core.
 */
#ifndef MEWS_LIMITALERT_H
#define MEWS_LIMITALERT_H

#include "counter.h"
#include "wire.h"

enum { LIMITALERT_MOST = 16 }; /* that wait to be told: of more than that no word is said */

struct limitalert {
	bool knows; /* what the recorder counted before */
	uint64_t files, bytes;
	uint64_t pending_files, pending_bytes; /* that no alert tells of yet */
};

/* The recorder says COUNTS: to be called at the pace at which files may be told of. */
void limitalert_look(struct limitalert *l, const struct ring_counts *counts);

/* Fill ALERT with one file that has come to its limit (MAX_MB).  False: there is none. */
bool limitalert_make(struct limitalert *l, uint64_t max_mb, uint64_t now_ns,
		     struct alert_frame *alert);

#endif
