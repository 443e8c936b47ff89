/* SPDX-License-Identifier: Apache-2.0
 *
 * page_gate.h -- who may see the web page: what a request says of itself, held against what is
 * allowed.  All of it comes from whoever connects.  Core.
 */
#ifndef MEWS_PAGE_GATE_H
#define MEWS_PAGE_GATE_H

#include "conf.h"
#include "span.h"

#define PAGE_TOKEN_LEAST 16
#define PAGE_TOKEN_MOST	 256

/* Is TEXT one that goes into an address and a header as it is? */
bool page_gate_is_token(struct span text);

/* Does AUTHORIZATION, the header's value, carry TOKEN?  How long it takes says nothing of where they
 * differ. */
bool page_gate_has_token(struct span authorization, struct span token);

/* Is HOST, the header's value, an address, localhost, or one of NAMES?  A name that another made to
 * point here is none of these, so no page of his can pose as ours. */
bool page_gate_knows_host(struct span host, const struct conf_list *names);

/* The number that TEXT is; STANDARD for NULL.  False: it is none. */
bool page_gate_number(const char *text, uint64_t standard, uint64_t *ret);

#endif
