/* SPDX-License-Identifier: Apache-2.0
 *
 * sink_elasticsearch.c -- Elasticsearch and OpenSearch: documents, by their bulk interface.
 * The alert's id is the document's, so one that comes again is none more; each document has a
 * result of its own.
 */
#include <stdio.h>

#include "http_sink.h"

static bool put(struct line *t, const struct http_sink *h, const struct format *f,
		const struct alert_frame *a)
{
	return body_elastic(t, f, a, h->has_template ? &h->template : NULL);
}

static unsigned judge(struct http_sink *h, struct span body, unsigned count, enum verdict *ret_next)
{
	struct answer_items items;
	int err = answer_bulk(body, count, &items);

	if (err == 0 && items.done == count)
		return count;
	*ret_next = err < 0 ? VERDICT_AGAIN : items.next;
	if (err < 0)
		post_say(h->why, 200, span_str("the answer is none to a bulk request"));
	else
		http_sink_say(h, items.status, items.why);
	return items.done;
}

static const struct http_kind kind = {
	.path = "/_bulk",
	.content_type = "application/x-ndjson",
	.standard_batch = 200,
	.before = "",
	.between = "",
	.after = "",
	.put = put,
	.judge = judge,
};

/* An index that is the same for all alerts stands in the address. */
static int open_elasticsearch(struct sink *s, struct jail_identity who)
{
	const char *index = s->conf->index;
	bool is_template = strstr(index, "%{") != NULL;
	char path[300] = "/";
	struct line t;
	int err;

	(void)who;
	line_init(&t, (uint8_t *)path + 1, sizeof(path) - 16);
	body_elastic_index(&t, span_str(index));
	snprintf((char *)t.p, 16, "%s", t.p > t.start ? "/_bulk" : "_bulk");
	err = http_sink_open(s, &kind, is_template ? NULL : path);
	if (err == 0 && is_template && (err = http_sink_template(s, index)) < 0)
		http_sink_close(s);
	return err;
}

const struct sink_ops sink_elasticsearch = {
	.key = "elasticsearch_output",
	HTTP_SINK_OPS,
	.open = open_elasticsearch,
};
