/* SPDX-License-Identifier: Apache-2.0
 *
 * resolver.h -- host names to addresses, as this machine's resolver has it (getaddrinfo(3): /etc/hosts, DNS), one
 * at a time on a thread of its own, since it may take half a minute.  Whoever asks is one thread.  Shell.
 */
#ifndef MEWS_RESOLVER_H
#define MEWS_RESOLVER_H

#include "lookups.h"

struct resolver;

int resolver_new(struct resolver **ret); /* with its thread; negative errno */

/* NAME is copied.  False: it is still at another one. */
bool resolver_ask(struct resolver *r, const char *name);

/* What came of the name that was asked last, and how long that took.  False: nothing yet. */
bool resolver_take(struct resolver *r, char name[HOST_NAME_LONGEST + 1], struct lookup_answer *ret,
		   uint64_t *ret_took_ns);

/* Takes NULL.  A lookup that is on its way is not waited for: the thread ends behind it. */
void resolver_free(struct resolver *r);

#endif
