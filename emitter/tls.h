/* SPDX-License-Identifier: Apache-2.0
 *
 * tls.h -- TLS on a connected socket that does not block.  OpenSSL is loaded when the first context is
 * made, so a process that needs none has none.  Shell.
 */
#ifndef MEWS_TLS_H
#define MEWS_TLS_H

#include <stddef.h>
#include <sys/types.h>

#include "conf_output.h"

struct tls_context; /* whom we trust, and who we are */
struct tls;	    /* a connection */

/* As O says, with the rights to read its files.  WHY, of CAP bytes, says what is wrong.  -ENOENT: there
 * is no OpenSSL. */
int tls_context_new(const struct conf_output *o, struct tls_context **ret, char *why, size_t cap);
void tls_context_free(struct tls_context *c);

/* On FD, with HOST, whose certificate must be his. */
struct tls *tls_new(struct tls_context *c, int fd, const char *host);
void tls_free(struct tls *t);

/* What the caller has to wait for with poll() before he calls again. */
enum tls_wait { TLS_DONE, TLS_WANTS_READ, TLS_WANTS_WRITE, TLS_FAILED };

enum tls_wait tls_connect(struct tls *t, char *why, size_t cap);

/* *RET_N went; after TLS_WANTS_* the same bytes, or more of them, must come again. */
enum tls_wait tls_write(struct tls *t, const void *bytes, size_t n, size_t *ret_n, char *why,
			size_t cap);

/* Take in what the peer says, and let it go.  TLS_FAILED: he has ended. */
enum tls_wait tls_look(struct tls *t);

#endif
