/* SPDX-License-Identifier: Apache-2.0
 *
 * grpc_call.c -- see grpc_call.h.
 */
#include <errno.h>
#include <stdio.h>

#include "grpc_call.h"
#include "grpc_frame.h"
#include "runtime.h"

int grpc_call(struct fetcher *f, const char *socket, const char *method, const char *space,
	      struct span frame, struct fetch_params *p, struct fetch **ret)
{
	char url[160], header[128];

	if (frame.n == 0 ||
	    snprintf(url, sizeof(url), "http://localhost/%s", method) >= (int)sizeof(url))
		return -EINVAL;
	p->unix_socket = socket;
	p->url = url;
	p->http2_prior_knowledge = true;
	p->body = frame;
	p->headers[0] = "content-type: application/grpc";
	p->headers[1] = "te: trailers";
	if (space != NULL) {
		snprintf(header, sizeof(header), "containerd-namespace: %s", space);
		p->headers[2] = header;
	}
	return fetch_start(f, p, ret);
}

struct grpc_answer grpc_answer_of(const struct fetch_end *end)
{
	struct grpc_answer a = { 0 };

	if (end->err < 0 || end->status != 200 || !end->has_grpc_status)
		return a;
	a.is_status = true;
	a.status = end->grpc_status;
	if (a.status != GRPC_OK)
		return a;
	a.is_ok = grpc_frame_only(end->body, &a.message);
	return a;
}

const char *grpc_reason(const struct fetch_end *end, char buf[64])
{
	if (end->err < 0 || end->status != 200)
		return runtime_reason(end, buf);
	if (!end->has_grpc_status || end->grpc_status == GRPC_OK)
		return "what came is no answer";
	snprintf(buf, 64, "gRPC status %u", end->grpc_status);
	return buf;
}
