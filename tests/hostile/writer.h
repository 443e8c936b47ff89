/* SPDX-License-Identifier: Apache-2.0
 *
 * writer.h -- the twin as a writer: its own door, rings that are real enough to be taken, and
 * everything else a lie.
 */
#ifndef MEWS_HOSTILE_WRITER_H
#define MEWS_HOSTILE_WRITER_H

#include "kit.h"

void writer_run(const struct twin *t, unsigned which);

#endif
