/* SPDX-License-Identifier: Apache-2.0
 *
 * grpc_call.h -- calls by gRPC on a unix socket: HTTP/2 without further ado, a frame there, frames
 * back, the outcome in a trailer.  Shell.
 */
#ifndef MEWS_GRPC_CALL_H
#define MEWS_GRPC_CALL_H

#include "fetch.h"

enum { GRPC_OK = 0, GRPC_NOT_FOUND = 5, GRPC_UNIMPLEMENTED = 12 };

/* METHOD: "runtime.v1.RuntimeService/Version"; SPACE: containerd's namespace, or NULL.  P has the
 * times, bounds and callbacks; the rest of it is filled in.  Negative errno. */
int grpc_call(struct fetcher *f, const char *socket, const char *method, const char *space,
	      struct span frame, struct fetch_params *p, struct fetch **ret);

/* What came of a call with one answer. */
struct grpc_answer {
	bool is_ok;
	bool is_status; /* the other side said so, by STATUS */
	unsigned status;
	struct span message;
};
struct grpc_answer grpc_answer_of(const struct fetch_end *end);

/* For people; in BUF, if need be. */
const char *grpc_reason(const struct fetch_end *end, char buf[64]);

#endif
