/* SPDX-License-Identifier: Apache-2.0
 *
 * post.c -- see post.h.  A handle of libcurl belongs to one thread at a time: it is made in
 * the main thread, and then used in its follower's alone.
 */
#include "post.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "clock.h"
#include "curl_calls.h"
#include "line.h"
#include "log.h"
#include "secret_file.h"

#define ANSWER_KEPT ((size_t)1 << 20) /* what is behind that is not looked at */
#define ANSWER_MAX  ((size_t)8 << 20) /* nor waited for */
#define URL_MAX	    2048
#define TOKEN_MAX   16384
#define SAID_MAX    160

struct post {
	const struct conf_output *conf;
	const char *content_type;
	CURL *easy;
	struct curl_slist *headers;
	char url[URL_MAX];
	struct secret_file token, ca, cert, key; /* without a path: not used */

	/* the answer */
	uint8_t *body;
	size_t body_bytes, body_cap, seen;
	unsigned wait_ms;

	uint8_t *packed;
	size_t packed_cap;
	char error[CURL_ERROR_SIZE];
	char why[POST_WHY_MAX];
};

/* ---- zlib: libcurl brings it along ---- */

static struct {
	__typeof__(deflateInit2_) *init;
	__typeof__(deflate) *deflate;
	__typeof__(deflateEnd) *end;
	__typeof__(deflateBound) *bound;
} zlib;

static int load_zlib(void)
{
	void *lib = dlopen("libz.so.1", RTLD_NOW | RTLD_LOCAL);

	if (lib == NULL)
		return -ENOENT;
	zlib.init = (__typeof__(deflateInit2_) *)dlsym(lib, "deflateInit2_");
	zlib.deflate = (__typeof__(deflate) *)dlsym(lib, "deflate");
	zlib.end = (__typeof__(deflateEnd) *)dlsym(lib, "deflateEnd");
	zlib.bound = (__typeof__(deflateBound) *)dlsym(lib, "deflateBound");
	return zlib.init == NULL || zlib.deflate == NULL || zlib.end == NULL || zlib.bound == NULL
		       ? -ENOENT
		       : 0;
}

/* Room for the packed bytes of Z. */
static bool make_packed(struct post *p, z_stream *z, size_t n)
{
	size_t need = zlib.bound(z, n);
	uint8_t *more;

	if (need <= p->packed_cap)
		return true;
	more = realloc(p->packed, need);
	if (more == NULL)
		return false;
	p->packed = more;
	p->packed_cap = need;
	return true;
}

/* BODY as gzip; false: it goes as it is. */
static bool pack(struct post *p, struct span body, struct span *ret)
{
	enum { GZIP = 15 + 16 };
	z_stream z = { 0 };
	bool good;

	if (body.n > UINT32_MAX / 2 ||
	    zlib.init(&z, Z_BEST_SPEED, Z_DEFLATED, GZIP, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
		      (int)sizeof(z)) != Z_OK)
		return false;
	good = make_packed(p, &z, body.n);
	if (good) {
		z.next_in = (Bytef *)(uintptr_t)body.p;
		z.avail_in = (uInt)body.n;
		z.next_out = p->packed;
		z.avail_out = (uInt)p->packed_cap;
		good = zlib.deflate(&z, Z_FINISH) == Z_STREAM_END;
		*ret = span_of(p->packed, z.total_out);
	}
	zlib.end(&z);
	return good;
}

/* ---- the answer ---- */

static size_t on_body(char *bytes, size_t size, size_t n, void *ctx)
{
	struct post *p = ctx;
	size_t keep = n < ANSWER_KEPT - p->body_bytes ? n : ANSWER_KEPT - p->body_bytes;

	(void)size; /* 1 */
	p->seen += n;
	if (p->seen > ANSWER_MAX)
		return 0;
	if (p->body_bytes + keep > p->body_cap) {
		size_t cap = (p->body_bytes + keep) * 2;
		uint8_t *more = realloc(p->body, cap);

		if (more == NULL)
			return 0;
		p->body = more;
		p->body_cap = cap;
	}
	memcpy(p->body + p->body_bytes, bytes, keep);
	p->body_bytes += keep;
	return n;
}

static size_t on_header(char *bytes, size_t size, size_t n, void *ctx)
{
	static const char name[] = "retry-after:";
	struct post *p = ctx;

	(void)size; /* 1 */
	if (n > sizeof(name) - 1 && strncasecmp(bytes, name, sizeof(name) - 1) == 0)
		p->wait_ms = answer_wait_ms(span_of(bytes + sizeof(name) - 1, n - sizeof(name) + 1),
					    (uint64_t)time(NULL));
	return n;
}

void post_say(char why[static POST_WHY_MAX], unsigned status, struct span text)
{
	struct line t;

	line_init(&t, (uint8_t *)why, POST_WHY_MAX - 1);
	line_puts(&t, "HTTP ");
	line_put_uint(&t, status);
	if (text.n > 0)
		line_puts(&t, ": ");
	line_put_visible(&t, span_of(text.p, text.n < SAID_MAX ? text.n : SAID_MAX));
	*t.p = '\0';
}

static void judge(struct post *p, CURLcode code, struct post_answer *ret)
{
	long status = 0;

	curl.easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &status);
	*ret = (struct post_answer){ .verdict = VERDICT_AGAIN, .why = p->why };
	if (code != CURLE_OK) {
		snprintf(p->why, sizeof(p->why), "%s",
			 p->seen > ANSWER_MAX  ? "the answer has no end"
			 : p->error[0] != '\0' ? p->error
					       : curl.easy_strerror(code));
		return;
	}
	ret->status = status > 0 ? (unsigned)status : 0;
	ret->verdict = answer_verdict(ret->status);
	ret->wait_ms = p->wait_ms;
	ret->body = span_of(p->body, p->body_bytes);
	if (ret->verdict != VERDICT_TAKEN)
		post_say(p->why, ret->status, ret->body);
}

static void echo(struct span body)
{
	/* As far as standard output takes it at once: it is there for looking at it. */
	if (body.n > 0 && write(STDOUT_FILENO, body.p, body.n) == -1)
		log_rationed(LOG_LEVEL_WARNING, "cannot print the answer: %s", strerror(errno));
}

/* ---- who we are ---- */

static bool has_control(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return true;
	return false;
}

static bool add_header(struct post *p, const char *line)
{
	struct curl_slist *more = curl.slist_append(p->headers, line);

	if (more == NULL)
		return false;
	p->headers = more;
	return true;
}

static bool add_token(struct post *p)
{
	char line[TOKEN_MAX + 32];
	size_t n = p->token.n;

	while (n > 0 && (unsigned char)p->token.text[n - 1] <= ' ')
		n--;
	if (n > TOKEN_MAX || n == 0)
		return n == 0;
	snprintf(line, sizeof(line), "Authorization: Bearer %.*s", (int)n, p->token.text);
	if (!has_control(line))
		return add_header(p, line);
	log_rationed(LOG_LEVEL_ERROR, "'%s' holds no token: it has several lines", p->token.path);
	return true;
}

static bool set_headers(struct post *p)
{
	char line[128];
	bool good;

	curl.slist_free_all(p->headers);
	p->headers = NULL;
	snprintf(line, sizeof(line), "Content-Type: %s", p->content_type);
	/* An answer before the body is sent would cost a second with those who give none. */
	good = add_header(p, line) && add_header(p, "Expect:");
	if (p->conf->compress)
		good = good && add_header(p, "Content-Encoding: gzip");
	for (unsigned i = 0; i < p->conf->headers.count && good; i++)
		good = add_header(p, p->conf->headers.item[i]);
	if (p->token.path != NULL)
		good = good && add_token(p);
	curl.easy_setopt(p->easy, CURLOPT_HTTPHEADER, p->headers);
	return good;
}

static void set_blob(struct post *p, CURLoption option, const struct secret_file *f)
{
	struct curl_blob blob = { f->text, f->n, CURL_BLOB_COPY };

	if (f->path != NULL)
		curl.easy_setopt(p->easy, option, &blob);
}

static void set_certificates(struct post *p)
{
	set_blob(p, CURLOPT_CAINFO_BLOB, &p->ca);
	set_blob(p, CURLOPT_SSLCERT_BLOB, &p->cert);
	set_blob(p, CURLOPT_SSLKEY_BLOB, &p->key);
}

/* What was renewed since the last request.  A connection that is kept was proven with the old
 * ones, so it is not used again. */
static void look_for_new(struct post *p)
{
	bool certificates = secret_file_renewed(&p->ca);

	certificates = secret_file_renewed(&p->cert) || certificates;
	certificates = secret_file_renewed(&p->key) || certificates;
	if (certificates)
		set_certificates(p);
	curl.easy_setopt(p->easy, CURLOPT_FRESH_CONNECT, certificates ? 1L : 0L);
	if (secret_file_renewed(&p->token))
		set_headers(p);
}

/* ---- open, send, close ---- */

static int open_secret(const struct conf_output *conf, struct secret_file *f, const char *path)
{
	int err;

	if (path[0] == '\0')
		return 0;
	err = secret_file_open(f, path);
	if (err < 0)
		log_error("cannot open output '%s': '%s': %s", conf->name, path, strerror(-err));
	return err;
}

/* Falco's order: ca_cert, ca_bundle, ca_path. */
static int open_secrets(struct post *p)
{
	const struct conf_output *conf = p->conf;
	int err = open_secret(conf, &p->token, conf->token_file);

	if (err == 0)
		err = open_secret(conf, &p->ca,
				  conf->ca_cert[0] != '\0' ? conf->ca_cert : conf->ca_bundle);
	if (err == 0 && conf->mtls)
		err = open_secret(conf, &p->cert, conf->client_cert);
	if (err == 0 && conf->mtls)
		err = open_secret(conf, &p->key, conf->client_key);
	return err;
}

/* URL without the quotation marks that Falco takes off, with PATH behind it. */
static int make_url(struct post *p, const char *path)
{
	struct span url = span_str(p->conf->url), end = span_str(path);

	if (url.n >= 2 && url.p[0] == '"' && url.p[url.n - 1] == '"')
		url = span_of(url.p + 1, url.n - 2);
	if (url.n >= sizeof(p->url) - end.n)
		return -EINVAL;
	if (span_ends(url, end) || memchr(url.p, '?', url.n) != NULL)
		end = SPAN_NONE;
	while (end.n > 0 && url.n > 0 && url.p[url.n - 1] == '/')
		url.n--;
	snprintf(p->url, sizeof(p->url), "%.*s%.*s", (int)url.n, (const char *)url.p, (int)end.n,
		 end.n > 0 ? (const char *)end.p : "");
	if (has_control(p->url) ||
	    (strncasecmp(p->url, "http://", 7) != 0 && strncasecmp(p->url, "https://", 8) != 0))
		return -EINVAL;
	return 0;
}

static bool set_options(struct post *p)
{
	const struct conf_output *conf = p->conf;
	CURL *e = p->easy;

	curl.easy_setopt(e, CURLOPT_URL, p->url);
	curl.easy_setopt(e, CURLOPT_ERRORBUFFER, p->error);
	curl.easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	/* A name that is still looked up when the time is over is not waited for. */
	curl.easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
	curl.easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl.easy_setopt(e, CURLOPT_POST, 1L);
	curl.easy_setopt(e, CURLOPT_USERAGENT, conf->user_agent);
	curl.easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl.easy_setopt(e, CURLOPT_WRITEDATA, p);
	curl.easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl.easy_setopt(e, CURLOPT_HEADERDATA, p);
	curl.easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)conf->timeout_ms);
	curl.easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)conf->timeout_ms);
	curl.easy_setopt(e, CURLOPT_TCP_KEEPALIVE, conf->keep_alive ? 1L : 0L);
	if (conf->compress_uploads) /* as Falco has it: of the answer */
		curl.easy_setopt(e, CURLOPT_TRANSFER_ENCODING, 1L);
	if (conf->insecure) {
		curl.easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 0L);
		curl.easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (p->ca.path == NULL && conf->ca_path[0] != '\0')
		curl.easy_setopt(e, CURLOPT_CAPATH, conf->ca_path);
	set_certificates(p);
	return set_headers(p);
}

static int refuse(const struct conf_output *conf, const char *why)
{
	log_error("cannot open output '%s': %s", conf->name, why);
	return -EINVAL;
}

static int load(const struct conf_output *conf)
{
	int err = curl_calls_load();

	if (err == 0 && conf->compress)
		err = load_zlib();
	if (err < 0)
		log_error("cannot open output '%s': %s", conf->name,
			  err == -ENOENT ? "libcurl or zlib is not installed" : strerror(-err));
	return err;
}

int post_open(const struct conf_output *conf, const char *path, const char *content_type,
	      struct post **ret)
{
	struct post *p;
	int err = load(conf);

	if (err < 0)
		return err;
	for (unsigned i = 0; i < conf->headers.count; i++)
		if (has_control(conf->headers.item[i]))
			return refuse(conf, "a header has several lines");
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return -ENOMEM;
	p->conf = conf;
	p->content_type = content_type;
	if ((err = make_url(p, path)) < 0)
		refuse(conf, "its url is not http://... or https://...");
	else if ((err = open_secrets(p)) == 0)
		err = (p->easy = curl.easy_init()) == NULL || !set_options(p) ? -ENOMEM : 0;
	if (err < 0)
		post_close(p);
	else
		*ret = p;
	return err;
}

void post_close(struct post *p)
{
	if (p == NULL)
		return;
	if (p->easy != NULL)
		curl.easy_cleanup(p->easy);
	curl.slist_free_all(p->headers);
	secret_file_close(&p->token);
	secret_file_close(&p->ca);
	secret_file_close(&p->cert);
	secret_file_close(&p->key);
	free(p->body);
	free(p->packed);
	free(p);
}

void post_send(struct post *p, struct span body, struct post_answer *ret)
{
	CURLcode code;

	look_for_new(p);
	p->body_bytes = p->seen = 0;
	p->wait_ms = 0;
	p->error[0] = '\0';
	if (p->conf->compress && !pack(p, body, &body)) {
		snprintf(p->why, sizeof(p->why), "cannot pack the body");
		*ret = (struct post_answer){ .verdict = VERDICT_AGAIN, .why = p->why };
		return;
	}
	curl.easy_setopt(p->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
	curl.easy_setopt(p->easy, CURLOPT_POSTFIELDS, body.p);
	code = curl.easy_perform(p->easy);
	judge(p, code, ret);
	if (p->conf->echo && code == CURLE_OK)
		echo(ret->body);
}
