/* SPDX-License-Identifier: Apache-2.0
 *
 * sink_webhook.c -- any receiver: the body is what the template makes of the alert.
 */
#include "http_sink.h"

static bool put(struct line *t, const struct http_sink *h, const struct format *f,
		const struct alert_frame *a)
{
	return h->has_template ? template_put(t, &h->template, f, a, TEMPLATE_JSON)
			       : format_put_object(t, f, a);
}

static const struct http_kind kind = {
	.path = "",
	.content_type = "application/json",
	.standard_batch = 1,
	.is_single = true,
	.put = put,
};

static int open_webhook(struct sink *s, struct jail_identity who)
{
	(void)who;
	return http_sink_open(s, &kind, NULL);
}

const struct sink_ops sink_webhook = {
	.key = "webhook_output",
	HTTP_SINK_OPS,
	.open = open_webhook,
};
