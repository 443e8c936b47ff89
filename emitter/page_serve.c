/* SPDX-License-Identifier: Apache-2.0
 *
 * page_serve.c -- see page_serve.h.  Who asks for alerts says from which number on, gets as many as
 * there are, at most COPY_BYTES and COUNT_MOST of them, and asks again: nothing is kept of anybody
 * between two requests, so a browser that is slow or many that ask cost the event loop nothing but
 * a short copy under a lock.
 */
#include "page_serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "log.h"
#include "page_alerts.h"
#include "page_asset.h"
#include "page_gate.h"
#include "page_state.h"
#include "page_token.h"
#include "reply.h"
#include "sha256.h"

#define PREFIX	      "/page"
#define ETAG_BYTES    16
#define ETAG_TEXT     (2 * ETAG_BYTES + 3)
#define ASSETS_MOST   32
#define COUNT_MOST    500u
#define COPY_BYTES    ((size_t)256 * 1024 + JOURNAL_MAX_RECORD)
#define SCRATCH_BYTES ((size_t)1024 * 1024) /* of one alert as JSON */

struct page {
	char token[PAGE_TOKEN_MOST + 1];
	char instance[17];
	struct conf_list hosts; /* its own: other settings come with a reload */
	bool is_encrypted;
	const struct format *format;
	struct readings *readings;
	struct recent *recent;
	char etags[ASSETS_MOST][ETAG_TEXT];
};

/* What one request for alerts needs. */
struct work {
	struct alert_frame alert;
	uint8_t scratch[SCRATCH_BYTES];
	uint8_t copy[COPY_BYTES];
};

static const struct reply_header strict[] = {
	{ "Content-Security-Policy",
	  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
	  "img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; "
	  "require-trusted-types-for 'script'; trusted-types 'none'" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "X-Frame-Options", "DENY" },
	{ NULL, NULL },
};

static const struct reply_header unknown[] = {
	{ MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer" },
	{ NULL, NULL },
};

/* ---- who asks ---- */

static struct span header(struct MHD_Connection *c, const char *name)
{
	return span_str(mhd.lookup_connection_value(c, MHD_HEADER_KIND, name));
}

/* Of this host, as the connection is? */
static bool is_near(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
		mhd.get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *peer = info == NULL ? NULL : info->client_addr;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (peer == NULL)
		return false;
	if (peer->sa_family == AF_INET) {
		memcpy(&v4, peer, sizeof(v4));
		return (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
	}
	if (peer->sa_family != AF_INET6)
		return false;
	memcpy(&v6, peer, sizeof(v6));
	return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) ||
	       (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) && v6.sin6_addr.s6_addr[12] == 127);
}

/* ---- the files ---- */

static enum MHD_Result send_asset(const struct page *p, struct MHD_Connection *c, unsigned i)
{
	const struct page_asset *a = page_asset_at(i);
	bool is_known = span_is(header(c, MHD_HTTP_HEADER_IF_NONE_MATCH), p->etags[i]);
	struct reply r;

	reply_begin(&r, is_known ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, a->type);
	r.headers = strict;
	r.etag = p->etags[i];
	if (!is_known)
		r.lent = page_asset_bytes(a);
	return reply_send(&r, c);
}

static void make_etags(struct page *p)
{
	BUG_ON(page_asset_count() > ASSETS_MOST);
	for (unsigned i = 0; i < page_asset_count(); i++) {
		uint8_t digest[SHA256_BYTES];
		char text[SHA256_TEXT];
		struct sha256 sum;

		sha256_begin(&sum);
		sha256_add(&sum, page_asset_bytes(page_asset_at(i)));
		sha256_end(&sum, digest);
		sha256_text(digest, text);
		snprintf(p->etags[i], ETAG_TEXT, "\"%.*s\"", 2 * ETAG_BYTES, text);
	}
}

/* ---- what is asked ---- */

static bool number(struct MHD_Connection *c, const char *name, uint64_t standard, uint64_t *ret)
{
	return page_gate_number(mhd.lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, name),
				standard, ret);
}

static void say_alerts(const struct page *p, struct work *w, struct line *t, uint64_t from,
		       uint64_t last)
{
	struct format form = *p->format;
	struct recent_copy copy;

	form.json = form.include_output = form.include_tags = form.include_fields = true;
	recent_get(p->recent, from, 0, w->copy, COPY_BYTES, &copy);
	if (last > 0 && from == 0 && copy.end - copy.oldest > last)
		from = copy.end - last;
	recent_get(p->recent, from, COUNT_MOST, w->copy, COPY_BYTES, &copy);
	page_alerts_put(t, p->instance, &copy, &form, &w->alert, w->scratch, SCRATCH_BYTES);
}

static enum MHD_Result send_alerts(const struct page *p, struct MHD_Connection *c)
{
	uint64_t from, last;
	struct work *w;
	struct reply r;

	if (!number(c, "from", 0, &from) || !number(c, "last", 0, &last))
		return reply_text(c, MHD_HTTP_BAD_REQUEST, "from and last are numbers\n");
	w = malloc(sizeof(*w));
	if (w == NULL)
		return MHD_NO;
	reply_begin(&r, MHD_HTTP_OK, "application/json");
	say_alerts(p, w, &r.line, from, last);
	free(w);
	return reply_send(&r, c);
}

static enum MHD_Result send_state(const struct page *p, struct MHD_Connection *c)
{
	struct reply r;

	reply_begin(&r, MHD_HTTP_OK, "application/json");
	page_state_put(&r.line, readings_get(p->readings));
	readings_put(p->readings);
	return reply_send(&r, c);
}

static const struct {
	const char *path;
	enum MHD_Result (*send)(const struct page *p, struct MHD_Connection *c);
} calls[] = {
	{ PREFIX "/api/alerts", send_alerts },
	{ PREFIX "/api/state", send_state },
};

static enum MHD_Result refuse_unknown(struct MHD_Connection *c)
{
	struct reply r;

	reply_begin(&r, MHD_HTTP_UNAUTHORIZED, "text/plain");
	r.headers = unknown;
	line_puts(&r.line, "the token is missing or wrong\n");
	return reply_send(&r, c);
}

bool page_has(const char *path)
{
	return strncmp(path, PREFIX, sizeof(PREFIX) - 1) == 0 &&
	       (path[sizeof(PREFIX) - 1] == '\0' || path[sizeof(PREFIX) - 1] == '/');
}

enum MHD_Result page_answer(struct page *p, struct MHD_Connection *c, const char *path)
{
	if (!p->is_encrypted && !is_near(c))
		return reply_text(c, MHD_HTTP_FORBIDDEN,
				  "without TLS the page is for its own host alone\n");
	if (!page_gate_knows_host(header(c, MHD_HTTP_HEADER_HOST), &p->hosts))
		return reply_text(c, MHD_HTTP_FORBIDDEN,
				  "this name is not in webserver.page.hosts\n");
	for (unsigned i = 0; i < page_asset_count(); i++)
		if (strcmp(path, page_asset_at(i)->path) == 0)
			return send_asset(p, c, i);
	if (!page_gate_has_token(header(c, MHD_HTTP_HEADER_AUTHORIZATION), span_str(p->token)))
		return refuse_unknown(c);
	for (unsigned i = 0; i < ARRAY_LEN(calls); i++)
		if (strcmp(path, calls[i].path) == 0)
			return calls[i].send(p, c);
	return reply_text(c, MHD_HTTP_NOT_FOUND, "no such page\n");
}

/* ---- opening ---- */

static int copy_hosts(struct page *p, const struct conf_list *from)
{
	for (unsigned i = 0; i < from->count; i++) {
		p->hosts.item[i] = strdup(from->item[i]);
		if (p->hosts.item[i] == NULL)
			return -ENOMEM;
		p->hosts.count = i + 1;
	}
	return 0;
}

static int open_parts(struct page *p, const struct conf *conf, const char *run_dir)
{
	size_t bytes = (size_t)conf->page_history_bytes;
	uint64_t lot;
	int err = copy_hosts(p, &conf->page_hosts);

	if (err < 0)
		return err;
	if (getrandom(&lot, sizeof(lot), 0) != (ssize_t)sizeof(lot))
		return -EIO;
	snprintf(p->instance, sizeof(p->instance), "%016llx", (unsigned long long)lot);
	p->is_encrypted = conf->web_tls;
	make_etags(p);
	p->recent = recent_new(bytes < 4 * JOURNAL_MAX_RECORD ? 4 * JOURNAL_MAX_RECORD : bytes);
	return p->recent == NULL ? -ENOMEM : page_token_open(conf, run_dir, p->token);
}

int page_open(const struct conf *conf, const char *run_dir, const struct format *format,
	      struct readings *readings, struct page **ret)
{
	struct page *p = calloc(1, sizeof(*p));
	int err;

	if (p == NULL)
		return -ENOMEM;
	p->format = format;
	p->readings = readings;
	err = open_parts(p, conf, run_dir);
	if (err < 0) {
		if (err != -EINVAL)
			log_error("no web page: %s", strerror(-err));
		page_close(p);
		return err;
	}
	readings_ask_supervisor(readings);
	*ret = p;
	return 0;
}

struct recent *page_recent(struct page *p)
{
	return p->recent;
}

void page_close(struct page *p)
{
	if (p == NULL)
		return;
	for (unsigned i = 0; i < p->hosts.count; i++)
		free(p->hosts.item[i]);
	recent_free(p->recent);
	explicit_bzero(p->token, sizeof(p->token));
	free(p);
}
