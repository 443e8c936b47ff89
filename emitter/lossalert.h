/* SPDX-License-Identifier: Apache-2.0
 *
 * lossalert.h -- the alert that says that alerts were lost on their way to an output.  Core.
 */
#ifndef MEWS_LOSSALERT_H
#define MEWS_LOSSALERT_H

#include "wire.h"

/* Of LOST alerts, TOTAL in all, that did not reach OUTPUT.  TEXT is what the alert's message lies in;
 * all of it is valid as long as TEXT and OUTPUT are. */
void lossalert_make(const char *output, uint64_t lost, uint64_t total, uint64_t now_ns,
		    char text[static 160], struct alert_frame *ret);

#endif
