/* SPDX-License-Identifier: Apache-2.0
 *
 * squatter.h -- the twin as somebody who answers: at its own control socket, with lies, and with
 * things of its own at names in the run directory that are others'.
 */
#ifndef MEWS_HOSTILE_SQUATTER_H
#define MEWS_HOSTILE_SQUATTER_H

#include "kit.h"

void squatter_run(const struct twin *t, unsigned which);

#endif
