/* SPDX-License-Identifier: Apache-2.0
 *
 * replay.h -- the recorded source: a capture file (.scap), gzip or plain.  Nothing of
 * it is lost: where the live source drops, this one waits.  It needs no privilege.
 */
#ifndef MEWS_REPLAY_H
#define MEWS_REPLAY_H

#include "source.h"

/* Open PATH, which must be a file, and read it up to its first event.  0, or an exit
 * code (log.h) after it has said what is wrong and where.  What is wrong behind that
 * shows when next() gets there: SOURCE_DAMAGED, after it has said the same. */
int replay_open(const char *path, struct source **ret);

#endif
