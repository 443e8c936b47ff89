/* SPDX-License-Identifier: Apache-2.0
 *
 * sink_otlp.c -- OpenTelemetry: log records, by OTLP over HTTP as JSON.  The receiver says
 * how many records of a request it refused, but not which; to send all again would double the
 * others, so as many are counted as refused, whichever they were.
 */
#include "http_sink.h"

static bool put(struct line *t, const struct http_sink *h, const struct format *f,
		const struct alert_frame *a)
{
	return body_otlp(t, f, a, &h->labels);
}

static unsigned judge(struct http_sink *h, struct span body, unsigned count, enum verdict *ret_next)
{
	struct span why;
	uint64_t refused = answer_otlp_refused(body, &why);

	if (refused == 0)
		return count;
	refused = refused < count ? refused : count;
	http_sink_say(h, 200, why);
	h->owed = (unsigned)refused - 1;
	*ret_next = VERDICT_REFUSED;
	return count - (unsigned)refused;
}

static const struct http_kind kind = {
	.path = "/v1/logs",
	.content_type = "application/json",
	.standard_batch = 100,
	.put_before = body_otlp_before,
	.between = BODY_OTLP_BETWEEN,
	.after = BODY_OTLP_AFTER,
	.put = put,
	.judge = judge,
};

static int open_otlp(struct sink *s, struct jail_identity who)
{
	(void)who;
	return http_sink_open(s, &kind, NULL);
}

const struct sink_ops sink_otlp = {
	.key = "otlp_output",
	HTTP_SINK_OPS,
	.open = open_otlp,
};
