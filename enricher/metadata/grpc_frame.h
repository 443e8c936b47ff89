/* SPDX-License-Identifier: Apache-2.0
 *
 * grpc_frame.h -- messages as gRPC frames them (a 0, four bytes of length, the message), and
 * the little of protobuf's wire that is read in place.  Core.
 */
#ifndef MEWS_GRPC_FRAME_H
#define MEWS_GRPC_FRAME_H

#include <sys/types.h>

#include "span.h"

#define GRPC_HEADER 5

/* The frame of a message of N bytes that stands at BUF + GRPC_HEADER. */
void grpc_frame_header(uint8_t *buf, uint32_t n);

/* The one message of an answer; false: it is no whole frame, or more than one. */
bool grpc_frame_only(struct span body, struct span *ret);

/* A stream of them, in pieces as they come. */
struct grpc_stream {
	uint8_t *buf;
	size_t bytes, cap, max;
};
void grpc_stream_init(struct grpc_stream *s, size_t max);
void grpc_stream_release(struct grpc_stream *s);
/* EACH gets every message that is whole by now, valid during the call.  -EPROTO: nonsense, or one
 * of more than MAX bytes; -ENOMEM: the stream is of no use any more. */
int grpc_stream_feed(struct grpc_stream *s, struct span piece,
		     void (*each)(void *ctx, struct span message), void *ctx);

/* Lists of thousands are not unpacked for their ids alone.  EACH gets the string field 1 of each
 * message in field 1 of MESSAGE.  False: MESSAGE is none. */
bool grpc_each_id(struct span message, void (*each)(void *ctx, struct span id), void *ctx);

#endif
