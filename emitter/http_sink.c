/* SPDX-License-Identifier: Apache-2.0
 *
 * http_sink.c -- see http_sink.h.
 */
#include "http_sink.h"

#include <errno.h>
#include <stdlib.h>

#include "clock.h"
#include "jread.h"
#include "log.h"

/* ---- open, close ---- */

static int parse_labels(struct sink *s)
{
	struct http_sink *h = s->state;
	struct diag diag = { 0 };

	for (unsigned i = 0; i < s->conf->labels.count; i++) {
		if (labels_add(&h->labels, span_str(s->conf->labels.item[i]), &diag) == 0)
			continue;
		log_error("cannot open output '%s': label '%s': %s", s->conf->name,
			  s->conf->labels.item[i], diag.message);
		return -EINVAL;
	}
	return 0;
}

int http_sink_template(struct sink *s, const char *text)
{
	struct http_sink *h = s->state;
	struct diag diag = { 0 };

	if (template_parse(span_str(text), &h->template, &diag) < 0) {
		log_error("cannot open output '%s': template, at %u: %s", s->conf->name,
			  diag.column, diag.message);
		return -EINVAL;
	}
	h->has_template = true;
	return 0;
}

int http_sink_open(struct sink *s, const struct http_kind *kind, const char *path)
{
	const struct conf_output *conf = s->conf;
	struct http_sink *h = calloc(1, sizeof(*h));
	int err;

	if (h == NULL)
		return -ENOMEM;
	s->state = h;
	h->kind = kind;
	h->per_request = conf->batch_max == 0 || kind->is_single ? kind->standard_batch
			 : conf->batch_max < HTTP_BATCH_MAX	 ? (unsigned)conf->batch_max
								 : HTTP_BATCH_MAX;
	h->now = h->per_request;
	h->is_joined = kind->standard_batch > 1 || h->per_request > 1;
	err = parse_labels(s);
	if (err == 0 && conf->template != NULL && conf->template[0] != '\0')
		err = http_sink_template(s, conf->template);
	if (err == 0)
		err = post_open(conf, path != NULL ? path : kind->path, kind->content_type,
				&h->post);
	if (err < 0)
		http_sink_close(s);
	return err;
}

void http_sink_close(struct sink *s)
{
	struct http_sink *h = s->state;

	if (h == NULL)
		return;
	post_close(h->post);
	free(h->body);
	free(h);
	s->state = NULL;
}

/* ---- form ---- */

/* It depends on what only this call knows, and is the same each time. */
static void keep_before(struct http_sink *h, const struct format *f)
{
	struct line t;

	if (h->before[0] != '\0' || h->kind->put_before == NULL)
		return;
	line_init(&t, (uint8_t *)h->before, sizeof(h->before) - 1);
	h->kind->put_before(&t, f);
	*t.p = '\0';
}

ssize_t http_sink_form(struct sink *s, const struct letter *l, const struct format *f, uint8_t *buf,
		       size_t cap)
{
	struct http_sink *h = s->state;
	struct format with = *f;
	struct line t;

	with.uuid = span_str(l->uuid);
	keep_before(h, &with);
	line_init(&t, buf, cap);
	return h->kind->put(&t, h, &with, l->alert) ? line_length(&t) : -EPROTO;
}

/* ---- send ---- */

static size_t start_of(const struct batch *b, unsigned i)
{
	return i == 0 ? 0 : b->ends[i - 1];
}

static const char *before_of(const struct http_sink *h)
{
	return h->kind->put_before != NULL ? h->before : h->kind->before;
}

static bool make_room(struct http_sink *h, size_t need)
{
	uint8_t *more;

	if (need <= h->cap)
		return true;
	more = realloc(h->body, need);
	if (more == NULL)
		return false;
	h->body = more;
	h->cap = need;
	return true;
}

/* Alerts FROM and N - 1 more as one body; false: no memory. */
static bool join(struct http_sink *h, const struct batch *b, unsigned from, unsigned n,
		 struct span *ret)
{
	size_t start = start_of(b, from), bytes = b->ends[from + n - 1] - start;
	const struct http_kind *k = h->kind;
	struct line t;

	if (!h->is_joined) {
		*ret = span_of(b->bytes.p + start, bytes);
		return true;
	}
	if (!make_room(h, strlen(before_of(h)) + bytes + n * strlen(k->between) + strlen(k->after)))
		return false;
	line_init(&t, h->body, h->cap);
	line_puts(&t, before_of(h));
	for (unsigned i = from; i < from + n; i++) {
		if (i > from)
			line_puts(&t, k->between);
		line_put(&t, span_of(b->bytes.p + start_of(b, i), b->ends[i] - start_of(b, i)));
	}
	line_puts(&t, k->after);
	*ret = span_of(h->body, (size_t)(t.p - t.start));
	return true;
}

void http_sink_say(struct http_sink *h, unsigned status, struct span json)
{
	uint8_t buf[512];
	struct span text = SPAN_NONE;

	if (json.n > sizeof(buf) || !jread_string(json, buf, &text))
		text = span_of(json.p, json.n < sizeof(buf) ? json.n : sizeof(buf));
	post_say(h->why, status, text);
}

/* One request; how many of its N alerts were taken, and what is with the next one. */
static unsigned request(struct http_sink *h, const struct batch *b, unsigned from, unsigned n,
			struct post_answer *ret)
{
	struct span body;

	if (!join(h, b, from, n, &body)) {
		*ret = (struct post_answer){ .verdict = VERDICT_AGAIN, .why = "no memory" };
		return 0;
	}
	post_send(h->post, body, ret);
	if (ret->verdict != VERDICT_TAKEN)
		return 0;
	if (h->kind->judge == NULL)
		return n;
	ret->why = h->why;
	return h->kind->judge(h, ret->body, n, &ret->verdict);
}

/* Which of N is at fault?  Where the request was taken, judge() has said it; of one that was
 * refused as a whole it is known if it is the only one.  Fewer at a time, until then. */
static bool is_found(struct http_sink *h, unsigned n, unsigned status)
{
	if (status < 300)
		return true;
	h->now = n > 1 ? n / 2 : h->per_request;
	return n == 1;
}

struct sink_result http_sink_send(struct sink *s, const struct batch *b)
{
	struct http_sink *h = s->state;
	struct mono until = mono_after(mono_now(), s->conf->timeout_ms * NS_PER_MSEC);
	struct post_answer answer;
	unsigned done = 0;

	if (h->owed > 0) {
		h->owed--;
		return (struct sink_result){ SINK_REFUSED, 0, 0, h->why };
	}
	while (done < b->count) {
		unsigned left = b->count - done, n = left < h->now ? left : h->now;
		unsigned taken = request(h, b, done, n, &answer);

		done += taken;
		if (answer.verdict == VERDICT_AGAIN)
			return (struct sink_result){ SINK_AGAIN, done, answer.wait_ms, answer.why };
		if (answer.verdict == VERDICT_REFUSED && is_found(h, n, answer.status))
			return (struct sink_result){ SINK_REFUSED, done, 0, answer.why };
		if (answer.verdict == VERDICT_TAKEN)
			h->now = h->now * 2 < h->per_request ? h->now * 2 : h->per_request;
		if (done > 0 && done < b->count && mono_now().ns >= until.ns)
			return (struct sink_result){ SINK_SOME, done, 0, NULL };
	}
	return (struct sink_result){ SINK_SENT, b->count, 0, NULL };
}
