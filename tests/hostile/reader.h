/* SPDX-License-Identifier: Apache-2.0
 *
 * reader.h -- the twin as a reader: knocks at a neighbour's door as the stage would, and lies about
 * its cursor, about what it wants, and about what it has read.
 */
#ifndef MEWS_HOSTILE_READER_H
#define MEWS_HOSTILE_READER_H

#include "kit.h"

void reader_run(const struct twin *t, unsigned which);

#endif
