/* SPDX-License-Identifier: Apache-2.0
 *
 * asker.h -- the operator's questions to stages and supervisor (common/control.h), asked by nng.
 */
#ifndef MEWS_ASKER_H
#define MEWS_ASKER_H

#include "control.h"

/* A connection for several questions to who listens at PATH; each waits TIMEOUT_NS at most, and so does
 * the opening.  -ENOENT, -ECONNREFUSED ... */
struct asker;
int asker_open(const char *path, uint64_t timeout_ns, struct asker **ret);
/* RET->page is valid until the next question. */
int asker_ask(struct asker *a, const struct control_request *req, struct control_answer *ret);
void asker_close(struct asker *a);

/* Who listens there, as this process sees him: PID is 0 where our namespace does not have him, UID
 * (uid_t)-1 where nobody says. */
struct asker_peer {
	pid_t pid;
	uid_t uid;
};
struct asker_peer asker_peer(const struct asker *a);

/* Ask once and wait for the answer.  -ETIMEDOUT, -ECONNREFUSED, -ENOENT, -EPROTO ... */
int asker_ask_once(const char *path, const struct control_request *req, uint64_t timeout_ns,
		   struct control_answer *ret);

#endif
