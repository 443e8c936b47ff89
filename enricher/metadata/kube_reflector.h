/* SPDX-License-Identifier: Apache-2.0
 *
 * kube_reflector.h -- one resource of an API server, listed page by page and then
 * watched, for ever:
 *
 *      ┌────────────────────── 410: too old ──────────────────────┐
 *      ▼                                                          │
 *    LIST ── page, page, ... last ──► WATCH ── end, or an error ──┴─► WATCH, from where it was
 *
 * After an error it waits, longer each time, and never for the same time as others do.
 * It says what to ask, is fed what comes, and does no I/O; the clock and the random
 * numbers are handed in.  Core.
 */
#ifndef MEWS_KUBE_REFLECTOR_H
#define MEWS_KUBE_REFLECTOR_H

#include "clock.h"
#include "kube_json.h"
#include "kube_stream.h"

#define KUBE_PATH_MAX	 (KUBE_CONTINUE_MAX * 3 + 1024)
#define KUBE_PAGE	 100 /* items of a list that are asked for at a time */
#define KUBE_PAGE_MAX	 ((uint64_t)64 << 20)
#define KUBE_ERROR_BYTES ((uint64_t)64 << 10)

/* Where objects go. */
struct kube_taker {
	void *ctx;
	void (*begin)(void *ctx); /* of a list from its beginning */
	void (*put)(void *ctx, json_t *object);
	void (*gone)(void *ctx, const json_t *object);
	void (*end)(void *ctx); /* that was all of it */
};

/* How an answer ended, as far as the other side can be told from us. */
enum kube_result {
	KUBE_OK,
	KUBE_FAILED,	  /* the connection, or nonsense, or 5xx */
	KUBE_TOO_OLD,	  /* 410 */
	KUBE_WHO_ARE_YOU, /* 401 */
	KUBE_FORBIDDEN,	  /* 403 */
	KUBE_SLOW_DOWN,	  /* 429 */
};

enum kube_stage { KUBE_LISTING, KUBE_WATCHING };

struct kube_reflector {
	enum kube_kind kind;
	struct kube_taker taker;
	char selector[KUBE_NAME_MAX + 64]; /* ready for a query; "" */

	enum kube_stage stage;
	bool listed; /* once, whole */
	bool in_flight;
	bool in_list; /* pages have come, and more are to */
	struct mono due, asked;
	unsigned failures;
	char version[KUBE_VERSION_MAX], more[KUBE_CONTINUE_MAX];

	/* the answer at hand */
	unsigned http_status; /* 0: none yet */
	struct kube_stream stream;
	uint64_t bytes, events;
	struct kube_status said; /* by an ERROR, or instead of an answer */

	uint64_t refused, too_long, lists, watches, expired;
};

void kube_reflector_init(struct kube_reflector *r, enum kube_kind kind, const char *selector,
			 struct kube_taker taker);
void kube_reflector_release(struct kube_reflector *r);

/* When an answer is late: all of it, and what comes next of it; 0: it may take its time. */
struct kube_patience {
	uint64_t timeout_ns, silence_ns;
};

/* Is there something to ask, at NOW?  Then PATH is it, and it is under way. */
bool kube_reflector_ask(struct kube_reflector *r, struct mono now, uint32_t random,
			char path[KUBE_PATH_MAX], struct kube_patience *ret);

/* Of what was asked, some BYTES.  Negative: enough, end it. */
int kube_reflector_feed(struct kube_reflector *r, unsigned http_status, struct span bytes);

/* That was all.  ERR: negative errno if the connection failed; RETRY_AFTER_S: the header of
 * that name. */
enum kube_result kube_reflector_end(struct kube_reflector *r, int err, unsigned retry_after_s,
				    struct mono now, uint32_t random);

/* Ask at once: what was in the way is gone (a new token). */
void kube_reflector_hurry(struct kube_reflector *r, struct mono now);

#endif
