/* SPDX-License-Identifier: Apache-2.0
 *
 * http_sink.h -- what sinks have in common whose receiver is reached by HTTP: alerts joined to
 * bodies, one request after the other, answers judged.  Such a sink is a struct http_kind and a
 * row of functions, most of which are here.
 *
 * A request that is refused as a whole is tried again in halves until the alert is found that
 * is at fault; that one alone is refused.  Shell.
 */
#ifndef MEWS_HTTP_SINK_H
#define MEWS_HTTP_SINK_H

#include "body.h"
#include "post.h"
#include "sink.h"

struct http_sink;

struct http_kind {
	const char *path; /* behind the URL; "": none */
	const char *content_type;
	unsigned standard_batch; /* alerts in a request if the settings do not say; 1: a request
				  * is one alert, without BEFORE and AFTER */
	bool is_single;		 /* and cannot be more */
	const char *before, *between, *after;

	/* What BEFORE cannot say, as it depends on the host; NULL. */
	void (*put_before)(struct line *t, const struct format *f);

	/* One alert. */
	bool (*put)(struct line *t, const struct http_sink *h, const struct format *f,
		    const struct alert_frame *a);

	/* A closer look at an answer to COUNT alerts that says that they were taken: how many
	 * were, from the first on.  If not all: what is with the next one in *RET_NEXT, and
	 * h->why.  NULL: they were. */
	unsigned (*judge)(struct http_sink *h, struct span body, unsigned count,
			  enum verdict *ret_next);
};

enum { HTTP_BATCH_MAX = 256 };

struct http_sink {
	const struct http_kind *kind;
	struct post *post;
	unsigned per_request; /* at most */
	unsigned now;	      /* at the moment: fewer, while one that is refused is looked for */
	unsigned owed;	      /* of the next ones: refused already */
	bool is_joined;	      /* BEFORE and AFTER are put */
	struct labels labels;
	bool has_template;
	struct template template;
	struct span channel;
	char before[512];
	uint8_t *body;
	size_t cap;
	char why[POST_WHY_MAX];
};

/* The parts of sink_ops.  PATH: instead of the kind's.  Labels and template are the settings'. */
int http_sink_open(struct sink *s, const struct http_kind *kind, const char *path);
ssize_t http_sink_form(struct sink *s, const struct letter *l, const struct format *f, uint8_t *buf,
		       size_t cap);
struct sink_result http_sink_send(struct sink *s, const struct batch *b);
void http_sink_close(struct sink *s);

#define HTTP_SINK_OPS                                                                              \
	.batch_alerts = HTTP_BATCH_MAX, .batch_bytes = (size_t)512 * 1024, .needs_network = true,  \
	.form = http_sink_form, .send = http_sink_send, .close = http_sink_close

/* A JSON string from an answer, as h->why. */
void http_sink_say(struct http_sink *h, unsigned status, struct span json);

/* TEXT as S's template, which must live on; -EINVAL after it has said why. */
int http_sink_template(struct sink *s, const char *text);

#endif
