/* SPDX-License-Identifier: Apache-2.0
 *
 * sink_alertmanager.c -- Prometheus Alertmanager: alerts by its API, version 2.
 */
#include "http_sink.h"

static bool put(struct line *t, const struct http_sink *h, const struct format *f,
		const struct alert_frame *a)
{
	return body_alertmanager(t, f, a, &h->labels);
}

static const struct http_kind kind = {
	.path = "/api/v2/alerts",
	.content_type = "application/json",
	.standard_batch = 100,
	.before = BODY_ALERTMANAGER_BEFORE,
	.between = BODY_ALERTMANAGER_BETWEEN,
	.after = BODY_ALERTMANAGER_AFTER,
	.put = put,
};

static int open_alertmanager(struct sink *s, struct jail_identity who)
{
	(void)who;
	return http_sink_open(s, &kind, NULL);
}

const struct sink_ops sink_alertmanager = {
	.key = "alertmanager_output",
	HTTP_SINK_OPS,
	.open = open_alertmanager,
};
