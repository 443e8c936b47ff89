/* SPDX-License-Identifier: Apache-2.0
 *
 * fetch.h -- requests by HTTP, many at a time on one thread.  libcurl is loaded when the
 * first fetcher is opened and not before.
 *
 * Everything is bounded: each request has time-outs and a size.  Shell.
 */
#ifndef MEWS_FETCH_H
#define MEWS_FETCH_H

#include "clock.h"
#include "span.h"

struct fetcher;
struct fetch;

/* -ENOENT: there is no libcurl; -ENOMEM.  All but fetcher_wake() belong to one thread. */
int fetcher_open(struct fetcher **ret);
void fetcher_close(struct fetcher *f); /* unfinished requests end without a word */

/* Sleep until something can be moved, TIMEOUT_NS at most, then move it: what comes of it comes
 * as calls, which the caller acts on before it comes back here. */
void fetcher_run(struct fetcher *f, uint64_t timeout_ns);
void fetcher_wake(struct fetcher *f); /* from any thread: end that sleep */

struct fetch_end {
	int err; /* 0: an answer came, with whatever status.  -ETIMEDOUT, -EMSGSIZE, -EACCES,
		  * -ENOENT, -ECONNREFUSED, -ECONNRESET, -EPROTO, -ECANCELED (piece() said so) */
	unsigned status; /* of HTTP; 0: none came */
	struct span body;
	bool has_grpc_status;
	unsigned grpc_status;
	uint64_t retry_after_s; /* 0: not said */
	uint64_t took_ns;
	const char *text; /* the error, for people */
};

#define FETCH_HEADERS_MAX 8

struct fetch_params {
	const char *unix_socket; /* NULL: by the URL's host */
	const char *url;
	const char *headers[FETCH_HEADERS_MAX]; /* "name: value", up to the first NULL */
	struct span body;			/* copied; a POST if there is one */
	bool http2_prior_knowledge;

	/* TLS; files may be NULL. */
	const char *ca_file, *cert_file, *key_file;
	struct span ca_pem, cert_pem, key_pem; /* instead of files; copied */
	bool insecure;			       /* the server may be anybody */

	uint64_t connect_timeout_ns; /* 0: 2 s */
	uint64_t timeout_ns;	     /* from start to end; 0: none, for streams */
	uint64_t silence_ns;	     /* a stream that says nothing for so long is dead; 0: never */
	size_t max_bytes;	     /* of the body, if it is collected */

	void *ctx;
	/* A stream's bytes as they come; NULL: they are collected.  Negative: end it.  The first
	 * call comes with the headers done, and nothing in BYTES. */
	int (*piece)(void *ctx, unsigned status, struct span bytes);
	/* The end; FETCH is gone behind it.  Not called for who was cancelled. */
	void (*done)(void *ctx, const struct fetch_end *end);
};

/* P's strings and bytes need not live on.  Negative errno: it did not begin, and done() will
 * not be called. */
int fetch_start(struct fetcher *f, const struct fetch_params *p, struct fetch **ret);

/* Takes NULL.  May be called in any callback but the fetch's own. */
void fetch_cancel(struct fetch *x);

#endif
