/* SPDX-License-Identifier: Apache-2.0
 *
 * loss_report.h -- what was lost, cell by cell, for people and for scripts.
 */
#ifndef MEWS_LOSS_REPORT_H
#define MEWS_LOSS_REPORT_H

#include "jout.h"
#include "losses.h"

/* A line for each cause: its largest events and processors.  Nothing where nothing was lost. */
void loss_report_print(const struct losses *l);

/* Members of the object that is open: "lost" and "lost_by_cpu", by cause; "cells", all there is. */
void loss_report_json(const struct losses *l, struct jout *j);

#endif
