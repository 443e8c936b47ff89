/* SPDX-License-Identifier: Apache-2.0
 *
 * sink_loki.c -- Grafana Loki: the lines of its push interface.
 */
#include "http_sink.h"

static bool put(struct line *t, const struct http_sink *h, const struct format *f,
		const struct alert_frame *a)
{
	return body_loki(t, f, a, &h->labels);
}

static const struct http_kind kind = {
	.path = "/loki/api/v1/push",
	.content_type = "application/json",
	.standard_batch = 100,
	.before = BODY_LOKI_BEFORE,
	.between = BODY_LOKI_BETWEEN,
	.after = BODY_LOKI_AFTER,
	.put = put,
};

static int open_loki(struct sink *s, struct jail_identity who)
{
	(void)who;
	return http_sink_open(s, &kind, NULL);
}

const struct sink_ops sink_loki = {
	.key = "loki_output",
	HTTP_SINK_OPS,
	.open = open_loki,
};
