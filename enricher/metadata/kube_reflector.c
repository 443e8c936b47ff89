/* SPDX-License-Identifier: Apache-2.0
 *
 * kube_reflector.c -- see kube_reflector.h.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kube_reflector.h"

#define FIRST_WAIT_NS	(500 * NS_PER_MSEC)
#define LONGEST_WAIT_NS (60 * NS_PER_SEC)
#define LONGEST_ASKED_S 300		  /* Retry-After beyond that is not believed */
#define LIST_TIMEOUT_NS (30 * NS_PER_SEC) /* of one page */
#define LIST_SILENCE_NS (10 * NS_PER_SEC)
#define SHORT_WATCH_NS	(2 * NS_PER_SEC)

/* A watch ends by itself after this, and that much at random. */
enum { WATCH_S = 240, WATCH_RANDOM_S = 60, WATCH_LATE_S = 15 };

/* So many times in a row it may fail, then there may be something wrong with where it begins. */
enum { WATCH_TRIES = 3 };

void kube_reflector_init(struct kube_reflector *r, enum kube_kind kind, const char *selector,
			 struct kube_taker taker)
{
	*r = (struct kube_reflector){ .kind = kind, .taker = taker };
	snprintf(r->selector, sizeof(r->selector), "%s", selector);
}

void kube_reflector_release(struct kube_reflector *r)
{
	kube_stream_release(&r->stream);
}

/* ---- asking ---- */

/* A continue token is the server's: everything but letters and digits is written in hex. */
static void put_escaped(char *buf, size_t cap, const char *s)
{
	size_t n = strlen(buf);

	for (; *s != '\0' && n + 4 < cap; s++) {
		bool plain = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
			     (*s >= '0' && *s <= '9') || *s == '-' || *s == '_';

		n += (size_t)(plain ? snprintf(buf + n, cap - n, "%c", *s)
				    : snprintf(buf + n, cap - n, "%%%02X", (unsigned char)*s));
	}
}

static void put_text(char *buf, size_t cap, const char *s)
{
	size_t n = strlen(buf);

	snprintf(buf + n, cap - n, "%s", s);
}

static void list_path(struct kube_reflector *r, char *path)
{
	const struct kube_kind_row *row = kube_kind_row(r->kind);

	snprintf(path, KUBE_PATH_MAX, "%s/%s?limit=%d%s%s", row->prefix, row->plural, KUBE_PAGE,
		 r->selector[0] != '\0' ? "&" : "", r->selector);
	if (r->more[0] != '\0') {
		put_text(path, KUBE_PATH_MAX, "&continue=");
		put_escaped(path, KUBE_PATH_MAX, r->more);
	}
}

static uint64_t watch_path(struct kube_reflector *r, char *path, uint32_t random)
{
	const struct kube_kind_row *row = kube_kind_row(r->kind);
	unsigned seconds = WATCH_S + random % WATCH_RANDOM_S;

	snprintf(path, KUBE_PATH_MAX,
		 "%s/%s?watch=true&allowWatchBookmarks=true&timeoutSeconds=%u%s%s&resourceVersion=",
		 row->prefix, row->plural, seconds, r->selector[0] != '\0' ? "&" : "", r->selector);
	put_escaped(path, KUBE_PATH_MAX, r->version);
	return (seconds + WATCH_LATE_S) * NS_PER_SEC;
}

bool kube_reflector_ask(struct kube_reflector *r, struct mono now, uint32_t random,
			char path[KUBE_PATH_MAX], struct kube_patience *ret)
{
	if (r->in_flight || now.ns < r->due.ns)
		return false;
	r->in_flight = true;
	r->asked = now;
	r->http_status = 0;
	r->bytes = r->events = 0;
	r->said = (struct kube_status){ 0 };
	if (r->stage == KUBE_LISTING) {
		list_path(r, path);
		*ret = (struct kube_patience){ LIST_TIMEOUT_NS, LIST_SILENCE_NS };
	} else {
		*ret = (struct kube_patience){ .timeout_ns = watch_path(r, path, random) };
	}
	return true;
}

/* ---- what comes ---- */

static int take_item(void *ctx, struct span text)
{
	struct kube_reflector *r = ctx;
	json_t *object = kube_item_read(text, r->kind);

	if (object == NULL) {
		r->refused++;
		return 0;
	}
	r->taker.put(r->taker.ctx, object);
	json_decref(object);
	return 0;
}

static int take_event(void *ctx, struct span text)
{
	struct kube_reflector *r = ctx;
	struct kube_event e;

	if (!kube_event_read(text, r->kind, &e)) {
		r->refused++;
		return 0;
	}
	r->events++;
	if (e.type == KUBE_ERROR) {
		r->said = e.status;
		return -EPIPE; /* nothing follows that means anything */
	}
	if (e.type == KUBE_DELETED)
		r->taker.gone(r->taker.ctx, e.object);
	else if (e.type != KUBE_BOOKMARK)
		r->taker.put(r->taker.ctx, e.object);
	if (e.version[0] != '\0')
		memcpy(r->version, e.version, sizeof(r->version));
	json_decref(e.object);
	return 0;
}

static void answer_begins(struct kube_reflector *r, unsigned http_status)
{
	bool watch = r->stage == KUBE_WATCHING && http_status == 200;

	r->http_status = http_status;
	kube_stream_begin(&r->stream, watch ? KUBE_WATCH : KUBE_LIST);
	if (r->stage == KUBE_LISTING && http_status == 200 && !r->in_list) {
		r->in_list = true;
		r->taker.begin(r->taker.ctx);
	}
}

int kube_reflector_feed(struct kube_reflector *r, unsigned http_status, struct span bytes)
{
	if (!r->in_flight)
		return -EPROTO;
	if (r->http_status == 0)
		answer_begins(r, http_status);
	r->bytes += bytes.n;
	if ((r->stage == KUBE_LISTING && r->bytes > KUBE_PAGE_MAX) ||
	    (r->http_status != 200 && r->bytes > KUBE_ERROR_BYTES))
		return -EMSGSIZE;
	return kube_stream_feed(&r->stream, bytes,
				r->stream.shape == KUBE_WATCH ? take_event : take_item, r);
}

/* ---- the end of an answer ---- */

/* Half of it is sure, the other half at random. */
static uint64_t wait_after(unsigned failures, uint32_t random)
{
	uint64_t ns = LONGEST_WAIT_NS;

	if (failures < 8 && (FIRST_WAIT_NS << failures) < LONGEST_WAIT_NS)
		ns = FIRST_WAIT_NS << failures;
	return ns / 2 + (ns / 2 >> 16) * (random >> 16);
}

static void list_again(struct kube_reflector *r)
{
	r->stage = KUBE_LISTING;
	r->in_list = false;
	r->more[0] = '\0';
}

/* A list's page was good. */
static enum kube_result page_ends(struct kube_reflector *r)
{
	struct kube_head head;
	struct span text;

	if (!kube_stream_end(&r->stream, &text) || !kube_head_read(text, &head) || !head.is_list ||
	    head.version[0] == '\0')
		return KUBE_FAILED;
	memcpy(r->more, head.more, sizeof(r->more));
	if (r->more[0] != '\0')
		return KUBE_OK;
	memcpy(r->version, head.version, sizeof(r->version));
	r->taker.end(r->taker.ctx);
	r->stage = KUBE_WATCHING;
	r->in_list = false;
	r->listed = true;
	r->lists++;
	return KUBE_OK;
}

static enum kube_result result_of(int code)
{
	switch (code) {
	case 401:
		return KUBE_WHO_ARE_YOU;
	case 403:
		return KUBE_FORBIDDEN;
	case 410:
		return KUBE_TOO_OLD;
	case 429:
		return KUBE_SLOW_DOWN;
	default:
		return KUBE_FAILED;
	}
}

/* What the server said instead of an answer. */
static enum kube_result refusal(struct kube_reflector *r)
{
	struct kube_head head;
	struct span text;

	if (r->said.code == 0 && kube_stream_end(&r->stream, &text) && kube_head_read(text, &head))
		r->said = head.status;
	return result_of(r->said.code != 0 ? r->said.code : (int)r->http_status);
}

static enum kube_result look_at_answer(struct kube_reflector *r, int err)
{
	if (r->http_status != 200 || r->said.code != 0)
		return r->http_status == 0 ? KUBE_FAILED : refusal(r);
	if (r->stage == KUBE_WATCHING) {
		r->watches++;
		/* A stream may break off at any time, but it must be one. */
		return r->stream.broken || (err < 0 && r->events == 0) ? KUBE_FAILED : KUBE_OK;
	}
	return err < 0 ? KUBE_FAILED : page_ends(r);
}

/* The rest of a list that took too long, or all of it again. */
static void expired(struct kube_reflector *r)
{
	bool resume = r->stage == KUBE_LISTING && r->said.resume[0] != '\0' &&
		      strcmp(r->said.resume, r->more) != 0;

	r->expired++;
	if (resume)
		memcpy(r->more, r->said.resume, sizeof(r->more));
	else
		list_again(r);
}

enum kube_result kube_reflector_end(struct kube_reflector *r, int err, unsigned retry_after_s,
				    struct mono now, uint32_t random)
{
	bool was_short = mono_since(r->asked, now) < SHORT_WATCH_NS && r->events == 0;
	enum kube_stage stage = r->stage;
	enum kube_result result = look_at_answer(r, err);

	r->in_flight = false;
	r->too_long += r->stream.too_long;
	r->stream.too_long = 0;
	if (result == KUBE_TOO_OLD)
		expired(r);
	else if (result == KUBE_OK && stage == KUBE_WATCHING && !was_short && r->events == 0)
		list_again(r); /* not even a bookmark: it may wait for a version that never comes */
	else if (result != KUBE_OK && (stage == KUBE_LISTING || r->failures >= WATCH_TRIES))
		list_again(r);
	if (result == KUBE_OK && !(stage == KUBE_WATCHING && was_short)) {
		r->failures = 0;
		r->due = now;
		return result;
	}
	if (r->said.retry_after_s > retry_after_s)
		retry_after_s = r->said.retry_after_s;
	if (retry_after_s > LONGEST_ASKED_S)
		retry_after_s = LONGEST_ASKED_S;
	r->due = mono_after(now, wait_after(r->failures, random) + retry_after_s * NS_PER_SEC);
	if (r->failures < 32)
		r->failures++;
	return result;
}

void kube_reflector_hurry(struct kube_reflector *r, struct mono now)
{
	if (!r->in_flight)
		r->due = now;
}
