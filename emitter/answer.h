/* SPDX-License-Identifier: Apache-2.0
 *
 * answer.h -- what a receiver's answer by HTTP means: was it taken, shall it be sent again, or
 * will it never be taken?  The answers come from whoever answers; nothing here trusts them.
 * Core.
 */
#ifndef MEWS_ANSWER_H
#define MEWS_ANSWER_H

#include "span.h"

enum verdict {
	VERDICT_TAKEN,
	VERDICT_AGAIN,	 /* it is the receiver's state, its settings, or ours: time may mend it */
	VERDICT_REFUSED, /* it is what was sent: the same again would be refused again */
};

/* Of a status of HTTP.  401, 403, 404 and the like are about who we are and where we sent it;
 * they come for every alert, and go when somebody puts the settings right: AGAIN. */
enum verdict answer_verdict(unsigned status);

/* The value of Retry-After, seconds or a date, as milliseconds from NOW_S (since the epoch) on;
 * an hour at most.  0: it says nothing that can be understood. */
unsigned answer_wait_ms(struct span value, uint64_t now_s);

/* What became of the items of one request: DONE were taken, from the first on; then comes one that
 * was not (unless DONE is all), NEXT says why.  WHY lies in the answer. */
struct answer_items {
	unsigned done;
	enum verdict next;
	unsigned status;
	struct span why; /* a JSON string; may be empty */
};

/* The answer to a bulk request of COUNT.  -EPROTO: it is no such answer. */
int answer_bulk(struct span body, unsigned count, struct answer_items *ret);

/* How many records OTLP's partial success says were refused, with a JSON string in *RET_WHY. */
uint64_t answer_otlp_refused(struct span body, struct span *ret_why);

#endif
