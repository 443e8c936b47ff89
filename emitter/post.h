/* SPDX-License-Identifier: Apache-2.0
 *
 * post.h -- one receiver that is reached by HTTP: a connection that is kept, and one request at
 * a time on it.  libcurl is loaded with the first one.  Everything is bounded: the time, the
 * answer.  An answer that sends elsewhere is not followed.  Shell.
 */
#ifndef MEWS_POST_H
#define MEWS_POST_H

#include "answer.h"
#include "conf_output.h"

struct post;

/* With privilege: certificates and tokens are read here.  PATH is put behind the URL that CONF has,
 * unless it ends so already.  0, or a negative errno after it has said why. */
int post_open(const struct conf_output *conf, const char *path, const char *content_type,
	      struct post **ret);
void post_close(struct post *p); /* takes NULL */

/* What came of it; all until the next one. */
struct post_answer {
	enum verdict verdict;
	unsigned status;  /* 0: none came */
	unsigned wait_ms; /* until it is sent again, if the receiver named a time */
	struct span body;
	const char *why; /* of what was not taken; for people */
};

void post_send(struct post *p, struct span body, struct post_answer *ret);

/* Room for a text that says why. */
#define POST_WHY_MAX 256

/* "HTTP 400: " and what the receiver says, without what a terminal would mind. */
void post_say(char why[static POST_WHY_MAX], unsigned status, struct span text);

#endif
