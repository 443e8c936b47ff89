/* SPDX-License-Identifier: Apache-2.0
 *
 * follower.h -- the thread of one output: it reads the journal at its own pace, puts what is for the
 * output in its form, brings it there, and tries again until it is there.  What the receiver will
 * never take is counted and passed over; what the journal has lost before it came is counted.
 */
#ifndef MEWS_FOLLOWER_H
#define MEWS_FOLLOWER_H

#include "control.h"
#include "cursor_file.h"
#include "journal_file.h"
#include "outputs.h"

struct follower;

/* Of OUTPUT, from where its predecessor stood, or for a new one from number NEXT on; in memory only
 * where the journal has no directory.  Heartbeats that are older than BEAT_NS are passed over.
 * NULL: no memory. */
struct follower *follower_new(struct output *output, struct journal *j, uint64_t beat_ns);

/* Where it stands. */
uint64_t follower_number(const struct follower *f);

/* Behind the jail; all are started before the first record is put in.  0 or negative errno. */
int follower_start(struct follower *f, struct journal *j);

/* Open the output again, before the next alert. */
void follower_reopen(struct follower *f);

void follower_status(struct follower *f, struct output_status *ret);

/* Deliver what waits, but do not wait for a receiver that fails; then end. */
void follower_finish(struct follower *f);

/* It has nothing left to deliver, or cannot, and is not in the midst of it. */
bool follower_has_ended(struct follower *f);

/* End now; false: it is stuck in an output, and must not be let go of. */
bool follower_stop(struct follower *f);

void follower_free(struct follower *f);

#endif
