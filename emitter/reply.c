/* SPDX-License-Identifier: Apache-2.0
 *
 * reply.c -- see reply.h.
 */
#include "reply.h"

#include <stdlib.h>

static bool take(void *ctx, struct span bytes)
{
	struct reply *r = ctx;

	if (bytes.n == 0)
		return true; /* one without text has no memory yet */
	if (r->n + bytes.n > r->cap) {
		size_t cap = 2 * (r->cap + bytes.n);
		uint8_t *grown = realloc(r->bytes, cap);

		if (grown == NULL)
			return false;
		r->bytes = grown;
		r->cap = cap;
	}
	memcpy(r->bytes + r->n, bytes.p, bytes.n);
	r->n += bytes.n;
	return true;
}

void reply_begin(struct reply *r, unsigned status, const char *type)
{
	r->status = status;
	r->type = type;
	r->headers = NULL;
	r->etag = NULL;
	r->lent = SPAN_NONE;
	r->bytes = NULL;
	r->n = r->cap = 0;
	line_init_drained(&r->line, r->buf, sizeof(r->buf), take, r);
}

static struct MHD_Response *make(struct reply *r)
{
	struct MHD_Response *ret;

	if (r->lent.n > 0) /* libmicrohttpd does not write to it */
		return mhd.create_response_from_buffer(r->lent.n, (void *)(uintptr_t)r->lent.p,
						       MHD_RESPMEM_PERSISTENT);
	if (line_finish(&r->line) < 0) {
		free(r->bytes);
		return NULL;
	}
	ret = mhd.create_response_from_buffer(r->n, r->bytes, MHD_RESPMEM_MUST_FREE);
	if (ret == NULL)
		free(r->bytes);
	return ret;
}

enum MHD_Result reply_send(struct reply *r, struct MHD_Connection *c)
{
	struct MHD_Response *m = make(r);
	enum MHD_Result ret;

	if (m == NULL)
		return MHD_NO;
	mhd.add_response_header(m, MHD_HTTP_HEADER_CONTENT_TYPE, r->type);
	mhd.add_response_header(m, "X-Content-Type-Options", "nosniff");
	mhd.add_response_header(m, MHD_HTTP_HEADER_CACHE_CONTROL,
				r->etag != NULL ? "no-cache" : "no-store");
	if (r->etag != NULL)
		mhd.add_response_header(m, MHD_HTTP_HEADER_ETAG, r->etag);
	for (const struct reply_header *h = r->headers; h != NULL && h->name != NULL; h++)
		mhd.add_response_header(m, h->name, h->value);
	ret = mhd.queue_response(c, r->status, m);
	mhd.destroy_response(m);
	return ret;
}

enum MHD_Result reply_text(struct MHD_Connection *c, unsigned status, const char *text)
{
	struct reply r;

	reply_begin(&r, status, "text/plain");
	line_puts(&r.line, text);
	return reply_send(&r, c);
}
