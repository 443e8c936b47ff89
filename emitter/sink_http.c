/* SPDX-License-Identifier: Apache-2.0
 *
 * sink_http.c -- alerts to a receiver by HTTP, as Falco sends them: one request each, the body is
 * the alert.  JSON has the alert's id as well, which Falcosidekick takes.  With batch_max the body
 * is an array of alerts, or lines of text.
 */
#include "http_sink.h"

static bool put_object(struct line *t, const struct http_sink *h, const struct format *f,
		       const struct alert_frame *a)
{
	(void)h;
	return format_put_object(t, f, a);
}

static bool put_text(struct line *t, const struct http_sink *h, const struct format *f,
		     const struct alert_frame *a)
{
	(void)h;
	return format_put_text(t, f, a);
}

static const struct http_kind json_kind = {
	.path = "",
	.content_type = "application/json",
	.standard_batch = 1,
	.before = "[",
	.between = ",",
	.after = "]",
	.put = put_object,
};

static const struct http_kind text_kind = {
	.path = "",
	.content_type = "text/plain",
	.standard_batch = 1,
	.before = "",
	.between = "\n",
	.after = "",
	.put = put_text,
};

static int open_http(struct sink *s, struct jail_identity who)
{
	(void)who;
	return http_sink_open(s, s->conf->json == CONF_JSON_NO ? &text_kind : &json_kind, NULL);
}

const struct sink_ops sink_http = {
	.key = "http_output",
	HTTP_SINK_OPS,
	.open = open_http,
};
