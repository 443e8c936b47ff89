/* SPDX-License-Identifier: Apache-2.0
 *
 * caller.h -- the twin as somebody who asks: at each control socket in the run directory, and at
 * doors that are not for it.
 */
#ifndef MEWS_HOSTILE_CALLER_H
#define MEWS_HOSTILE_CALLER_H

#include "kit.h"

void caller_run(const struct twin *t, unsigned which);
void caller_run_doors(const struct twin *t, unsigned which);

#endif
