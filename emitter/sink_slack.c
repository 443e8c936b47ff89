/* SPDX-License-Identifier: Apache-2.0
 *
 * sink_slack.c -- Slack, and what takes its messages (Mattermost, Rocket.Chat): an incoming
 * webhook.  One message is one request; how many it takes in a second it says by Retry-After.
 */
#include "http_sink.h"

static bool put(struct line *t, const struct http_sink *h, const struct format *f,
		const struct alert_frame *a)
{
	return body_slack(t, f, a, h->channel, h->has_template ? &h->template : NULL);
}

static const struct http_kind kind = {
	.path = "",
	.content_type = "application/json",
	.standard_batch = 1,
	.is_single = true,
	.put = put,
};

static int open_slack(struct sink *s, struct jail_identity who)
{
	int err = http_sink_open(s, &kind, NULL);

	(void)who;
	if (err == 0)
		((struct http_sink *)s->state)->channel = span_str(s->conf->channel);
	return err;
}

const struct sink_ops sink_slack = {
	.key = "slack_output",
	HTTP_SINK_OPS,
	.open = open_slack,
};
