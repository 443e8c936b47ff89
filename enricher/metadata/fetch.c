/* SPDX-License-Identifier: Apache-2.0
 *
 * fetch.c -- see fetch.h.  Requests wait in a list until fetcher_run() hands them to
 * libcurl, which may not be called from within its own callbacks; who is cancelled
 * there is let go behind them.
 */
#include <errno.h>
#include <stdlib.h>
#include <stdio.h>

#include "curl_calls.h"
#include "fetch.h"

#define CONNECT_NS (2 * NS_PER_SEC)

/* ---- a request ---- */

struct fetch {
	struct fetcher *fetcher;
	struct fetch *next;
	CURL *easy;
	struct curl_slist *headers;
	bool is_under_way, is_cancelled, has_begun;

	void *ctx;
	int (*piece)(void *ctx, unsigned status, struct span bytes);
	void (*done)(void *ctx, const struct fetch_end *end);

	uint8_t *body;
	size_t body_bytes, body_cap, max_bytes;
	bool is_too_big, is_ended;
	bool has_grpc_status;
	unsigned grpc_status;
	uint64_t retry_after_s;

	struct mono started, heard;
	uint64_t silence_ns;
	char error[CURL_ERROR_SIZE];
};

struct fetcher {
	CURLM *multi;
	struct fetch *all;
};

static unsigned status_of(const struct fetch *x)
{
	long code = 0;

	curl.easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &code);
	return code > 0 ? (unsigned)code : 0;
}

static bool make_room(struct fetch *x, size_t n)
{
	size_t cap = x->body_cap != 0 ? x->body_cap : 4096;
	uint8_t *more;

	if (n > x->max_bytes - x->body_bytes) {
		x->is_too_big = true;
		return false;
	}
	while (cap - x->body_bytes < n)
		cap *= 2;
	if (cap == x->body_cap)
		return true;
	more = realloc(x->body, cap);
	if (more == NULL)
		return false;
	x->body = more;
	x->body_cap = cap;
	return true;
}

/* A stream's first call is with nothing: its headers are done. */
static bool give_piece(struct fetch *x, struct span bytes)
{
	bool is_first = !x->has_begun;

	x->has_begun = true;
	if (x->piece == NULL || x->is_cancelled)
		return !x->is_cancelled;
	if ((is_first && x->piece(x->ctx, status_of(x), SPAN_NONE) < 0) ||
	    (bytes.n > 0 && x->piece(x->ctx, status_of(x), bytes) < 0)) {
		x->is_ended = true;
		return false;
	}
	return true;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *ctx)
{
	struct fetch *x = ctx;

	(void)size; /* 1 */
	x->heard = mono_now();
	if (x->piece != NULL)
		return give_piece(x, span_of(bytes, n)) ? n : 0;
	if (x->is_cancelled || !make_room(x, n))
		return 0;
	memcpy(x->body + x->body_bytes, bytes, n);
	x->body_bytes += n;
	return n;
}

static bool header_is(struct span line, const char *name, uint64_t *ret)
{
	size_t n = strlen(name), i = n + 1;
	uint64_t v = 0;

	if (line.n <= i || strncasecmp((const char *)line.p, name, n) != 0 || line.p[n] != ':')
		return false;
	while (i < line.n && line.p[i] == ' ')
		i++;
	if (i == line.n || line.p[i] < '0' || line.p[i] > '9')
		return false;
	for (; i < line.n && line.p[i] >= '0' && line.p[i] <= '9'; i++)
		v = v < 1000000 ? v * 10 + (line.p[i] - '0') : v;
	*ret = v;
	return true;
}

/* Trailers come here, too. */
static size_t on_header(char *bytes, size_t size, size_t n, void *ctx)
{
	struct fetch *x = ctx;
	struct span line = span_of(bytes, n * size);
	uint64_t v;

	x->heard = mono_now();
	if (header_is(line, "grpc-status", &v)) {
		x->has_grpc_status = true;
		x->grpc_status = (unsigned)v;
	} else if (header_is(line, "retry-after", &v)) {
		x->retry_after_s = v;
	} else if (x->piece != NULL && line.n <= 2 && status_of(x) >= 200 && !x->has_begun) {
		return give_piece(x, SPAN_NONE) ? n * size : 0;
	}
	return n * size;
}

static void unlink_fetch(struct fetch *x)
{
	struct fetch **at = &x->fetcher->all;

	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
}

static void release(struct fetch *x)
{
	if (x->easy != NULL) {
		if (x->is_under_way)
			curl.multi_remove_handle(x->fetcher->multi, x->easy);
		curl.easy_cleanup(x->easy);
	}
	curl.slist_free_all(x->headers);
	free(x->body);
	free(x);
}

void fetch_cancel(struct fetch *x)
{
	if (x != NULL)
		x->is_cancelled = true;
}

static int error_of(const struct fetch *x, CURLcode code)
{
	long os = 0;

	if (x->is_too_big)
		return -EMSGSIZE;
	if (x->is_ended)
		return -ECANCELED;
	switch (code) {
	case CURLE_OK:
		return 0;
	case CURLE_OPERATION_TIMEDOUT:
		return -ETIMEDOUT;
	case CURLE_OUT_OF_MEMORY:
		return -ENOMEM;
	case CURLE_COULDNT_CONNECT:
		curl.easy_getinfo(x->easy, CURLINFO_OS_ERRNO, &os);
		return os > 0 ? (int)-os : -ECONNREFUSED;
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
		return -ECONNRESET;
	default:
		return -EPROTO;
	}
}

static void finish(struct fetch *x, int err, const char *text)
{
	struct fetch_end end = {
		.err = err,
		.status = status_of(x),
		.body = span_of(x->body, x->body_bytes),
		.has_grpc_status = x->has_grpc_status,
		.grpc_status = x->grpc_status,
		.retry_after_s = x->retry_after_s,
		.took_ns = mono_since(x->started, mono_now()),
		.text = x->error[0] != '\0' ? x->error : text,
	};

	unlink_fetch(x);
	if (!x->is_cancelled)
		x->done(x->ctx, &end);
	release(x);
}

/* ---- setting one up ---- */

static struct curl_blob blob_of(struct span s)
{
	return (struct curl_blob){ (void *)(uintptr_t)s.p, s.n, CURL_BLOB_COPY };
}

static void set_tls(CURL *easy, const struct fetch_params *p)
{
	const struct {
		CURLoption file, blob;
		const char *path;
		struct span pem;
	} parts[] = {
		{ CURLOPT_CAINFO, CURLOPT_CAINFO_BLOB, p->ca_file, p->ca_pem },
		{ CURLOPT_SSLCERT, CURLOPT_SSLCERT_BLOB, p->cert_file, p->cert_pem },
		{ CURLOPT_SSLKEY, CURLOPT_SSLKEY_BLOB, p->key_file, p->key_pem },
	};

	if (p->insecure) {
		curl.easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl.easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	for (unsigned i = 0; i < ARRAY_LEN(parts); i++) {
		struct curl_blob blob = blob_of(parts[i].pem);

		if (parts[i].pem.n > 0)
			curl.easy_setopt(easy, parts[i].blob, &blob);
		else if (parts[i].path != NULL)
			curl.easy_setopt(easy, parts[i].file, parts[i].path);
	}
}

static bool set_headers(struct fetch *x, const struct fetch_params *p)
{
	for (unsigned i = 0; i < FETCH_HEADERS_MAX && p->headers[i] != NULL; i++) {
		struct curl_slist *more = curl.slist_append(x->headers, p->headers[i]);

		if (more == NULL)
			return false;
		x->headers = more;
	}
	curl.easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->headers);
	return true;
}

static long milliseconds(uint64_t ns)
{
	return (long)((ns + NS_PER_MSEC - 1) / NS_PER_MSEC);
}

/* A peer that is gone without a word is found out in a minute, however quiet a stream is. */
static void set_keepalive(CURL *easy)
{
	curl.easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl.easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, 20L);
	curl.easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, 5L);
}

static bool set_options(struct fetch *x, const struct fetch_params *p)
{
	CURL *e = x->easy;
	bool ok = curl.easy_setopt(e, CURLOPT_URL, p->url) == CURLE_OK;

	curl.easy_setopt(e, CURLOPT_PRIVATE, x);
	curl.easy_setopt(e, CURLOPT_ERRORBUFFER, x->error);
	curl.easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl.easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl.easy_setopt(e, CURLOPT_NOPROXY, "*");
	curl.easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl.easy_setopt(e, CURLOPT_WRITEDATA, x);
	curl.easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl.easy_setopt(e, CURLOPT_HEADERDATA, x);
	if (p->http2_prior_knowledge) {
		curl.easy_setopt(e, CURLOPT_HTTP_VERSION,
				 (long)CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE);
		/* Nor does libcurl 7.88 take up such a connection again without an error. */
		curl.easy_setopt(e, CURLOPT_FORBID_REUSE, 1L);
	}
	if (p->unix_socket != NULL)
		ok = ok &&
		     curl.easy_setopt(e, CURLOPT_UNIX_SOCKET_PATH, p->unix_socket) == CURLE_OK;
	curl.easy_setopt(
		e, CURLOPT_CONNECTTIMEOUT_MS,
		milliseconds(p->connect_timeout_ns != 0 ? p->connect_timeout_ns : CONNECT_NS));
	curl.easy_setopt(e, CURLOPT_TIMEOUT_MS, milliseconds(p->timeout_ns));
	if (p->body.n > 0) {
		curl.easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)p->body.n);
		ok = ok && curl.easy_setopt(e, CURLOPT_COPYPOSTFIELDS, p->body.p) == CURLE_OK;
	}
	if (p->unix_socket == NULL)
		set_keepalive(e);
	set_tls(e, p);
	return ok && set_headers(x, p);
}

int fetch_start(struct fetcher *f, const struct fetch_params *p, struct fetch **ret)
{
	struct fetch *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return -ENOMEM;
	x->fetcher = f;
	x->ctx = p->ctx;
	x->piece = p->piece;
	x->done = p->done;
	x->max_bytes = p->max_bytes;
	x->silence_ns = p->silence_ns;
	x->started = x->heard = mono_now();
	x->easy = curl.easy_init();
	if (x->easy == NULL || !set_options(x, p)) {
		release(x);
		return -ENOMEM;
	}
	x->next = f->all;
	f->all = x;
	*ret = x;
	return 0;
}

/* ---- all of them ---- */

int fetcher_open(struct fetcher **ret)
{
	struct fetcher *f;
	int err = curl_calls_load();

	if (err < 0)
		return err;
	f = calloc(1, sizeof(*f));
	if (f == NULL || (f->multi = curl.multi_init()) == NULL) {
		free(f);
		return -ENOMEM;
	}
	/* A connection for each request under way: libcurl 7.88 loses the second stream of a
	 * connection whose first has no answer yet, as one that follows events has not. */
	curl.multi_setopt(f->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	*ret = f;
	return 0;
}

void fetcher_close(struct fetcher *f)
{
	if (f == NULL)
		return;
	while (f->all != NULL) {
		struct fetch *x = f->all;

		f->all = x->next;
		release(x);
	}
	curl.multi_cleanup(f->multi);
	free(f);
}

void fetcher_wake(struct fetcher *f)
{
	curl.multi_wakeup(f->multi);
}

/* Hand over who is new, and let go of who was cancelled or is silent for too long.  When the
 * next one can be that. */
static uint64_t look_over(struct fetcher *f, struct mono now)
{
	uint64_t first = UINT64_MAX;

	for (struct fetch *x = f->all, *next; x != NULL; x = next) {
		next = x->next;
		if (x->is_cancelled) {
			unlink_fetch(x);
			release(x);
			continue;
		}
		if (!x->is_under_way) {
			x->is_under_way = true;
			x->started = x->heard = now;
			curl.multi_add_handle(f->multi, x->easy);
		}
		if (x->silence_ns == 0)
			continue;
		if (mono_since(x->heard, now) >= x->silence_ns) {
			finish(x, -ETIMEDOUT, "nothing more came");
			next = f->all; /* done() may have cancelled anybody */
		} else if (x->silence_ns - mono_since(x->heard, now) < first) {
			first = x->silence_ns - mono_since(x->heard, now);
		}
	}
	return first;
}

static void take_ends(struct fetcher *f)
{
	CURLMsg *m;
	int left;

	while ((m = curl.multi_info_read(f->multi, &left)) != NULL) {
		struct fetch *x = NULL;
		CURLcode code = m->data.result;

		curl.easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &x);
		finish(x, error_of(x, code), code == CURLE_OK ? "" : curl.easy_strerror(code));
	}
}

void fetcher_run(struct fetcher *f, uint64_t timeout_ns)
{
	uint64_t first = look_over(f, mono_now());
	int running;

	if (first < timeout_ns)
		timeout_ns = first;
	/* Who was just handed over is due at once, by a timer of libcurl's own. */
	if (timeout_ns > 0)
		curl.multi_poll(f->multi, NULL, 0, (int)milliseconds(timeout_ns), NULL);
	curl.multi_perform(f->multi, &running);
	take_ends(f);
}
