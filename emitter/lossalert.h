/* SPDX-License-Identifier: Apache-2.0
 *
 * lossalert.h -- the alerts that say that alerts were lost on their way to an output, or held back
 * before it.  Core.
 */
#ifndef MEWS_LOSSALERT_H
#define MEWS_LOSSALERT_H

#include "wire.h"

/* Of LOST alerts, TOTAL in all, that did not reach OUTPUT.  TEXT is what the alert's message lies in;
 * all of it is valid as long as TEXT and OUTPUT are. */
void lossalert_make(const char *output, uint64_t lost, uint64_t total, uint64_t now_ns,
		    char text[static 160], struct alert_frame *ret);

/* Of HELD, TOTAL in all, that outputs.rate held back. */
void heldalert_make(uint64_t held, uint64_t total, uint64_t now_ns, char text[static 160],
		    struct alert_frame *ret);

#endif
