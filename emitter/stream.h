/* SPDX-License-Identifier: Apache-2.0
 *
 * stream.h -- bytes over TCP, with TLS or without, to a receiver that gives no answer.  How far it has
 * come is what the other host has acknowledged: what lies in our own buffers when a connection
 * breaks has not gone out.  A receiver may be slow: the next call goes on where the last one
 * had to stop.  Shell.
 */
#ifndef MEWS_STREAM_H
#define MEWS_STREAM_H

#include "clock.h"
#include "sink.h"
#include "tls.h"

#define STREAM_NAME_MAX 256

/* Zero-initialised but for FD, HOST and PORT, and TLS if it is to be used. */
struct stream {
	char host[STREAM_NAME_MAX], port[STREAM_NAME_MAX];
	struct tls_context *tls;

	int fd; /* -1: not connected */
	struct tls *session;
	uint64_t written; /* of the batch, on this connection */
	char why[192];	  /* of the last failure */
};

/* Bring B out, in TIMEOUT_MS.  What of it went is in the result; the rest comes first next time. */
struct sink_result stream_send(struct stream *s, const struct batch *b, uint64_t timeout_ms);

void stream_close(struct stream *s);

#endif
