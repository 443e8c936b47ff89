/* SPDX-License-Identifier: Apache-2.0
 *
 * An API server that answers as it likes.  The input is a list of answers: two bytes
 * of length, one that says how it goes (status; broken off), then the body.  Whatever
 * comes, all that is told is JSON, of pods that have been told and are not gone; and who
 * was told by his own uid is nobody else until he is gone.
 */
#include <errno.h>

#include "kube.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_REQUESTS = 400, MOST_PODS = 8 };

/* By the uids that were told and are not gone. */
static struct known {
	char uid[KUBE_UID_MAX + 1];
	bool by_own_uid;
} known[MOST_PODS];
static unsigned nknown;

static struct known *find(struct span uid)
{
	for (unsigned i = 0; i < nknown; i++)
		if (span_is(uid, known[i].uid))
			return &known[i];
	return NULL;
}

static struct known *find_or_add(struct span uid)
{
	struct known *k = find(uid);

	if (k != NULL)
		return k;
	must(nknown < MOST_PODS);
	k = &known[nknown++];
	*k = (struct known){ 0 };
	memcpy(k->uid, uid.p, uid.n);
	return k;
}

static bool told(void *ctx, struct span uid, struct span json)
{
	json_t *j = json_loadb((const char *)json.p, json.n, 0, NULL);
	bool by_own_uid = span_is(uid, kube_text(j, "uid"));
	struct known *k;

	(void)ctx;
	must(uid.n > 0 && uid.n <= KUBE_UID_MAX && json_is_object(j));
	must(json_string_length(json_object_get(j, "name")) > 0);
	k = find_or_add(uid);
	must(!k->by_own_uid || by_own_uid);
	k->by_own_uid = by_own_uid;
	json_decref(j);
	return true;
}

static bool gone(void *ctx, struct span uid)
{
	struct known *k = find(uid);

	(void)ctx;
	must(k != NULL);
	*k = known[--nknown];
	return true;
}

static bool absent(void *ctx, struct span uid)
{
	(void)ctx;
	must(uid.n > 0 && find(uid) == NULL);
	return true;
}

static const unsigned statuses[] = { 200, 200, 200, 200, 200, 410, 401, 403, 404, 429, 500, 504 };

/* One answer off the front of INPUT. */
static struct span next_answer(struct span *input, unsigned *ret_how)
{
	size_t n;
	struct span body;

	*ret_how = 0;
	if (input->n < 3)
		return SPAN_NONE;
	n = (size_t)(input->p[0] << 8 | input->p[1]);
	*ret_how = input->p[2];
	if (n > input->n - 3)
		n = input->n - 3;
	body = span_of(input->p + 3, n);
	*input = span_of(input->p + 3 + n, input->n - 3 - n);
	return body;
}

/* Anything of at most a uid's length. */
static struct span some_uid(const uint8_t *data, size_t size)
{
	enum { LEN = 36 };
	size_t from = size % 7; /* at most SIZE */

	return span_of(data + from, size - from < LEN ? size - from : LEN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kube_params p = { .limits = { MOST_PODS, 8, 8 },
				 .node = size % 2 == 0 ? "" : "node1",
				 .sink = { NULL, told, gone, absent },
				 .seed = 7 };
	struct span input = span_of(data, size);
	struct mono now = { NS_PER_SEC };
	static struct kube_request r;
	struct kube_outcome o;
	struct kube *k;
	unsigned how;

	nknown = 0;
	if (kube_new(&p, &k) < 0)
		return 0;
	for (unsigned i = 0; i < MOST_REQUESTS && input.n > 0; i++) {
		struct span body;

		if (!kube_ask(k, now, &r)) {
			(void)kube_wish(k, some_uid(data, size), mono_after(now, NS_PER_SEC));
			now = mono_after(now, 20 * NS_PER_SEC);
			(void)kube_step(k, now);
			continue;
		}
		must(r.slot < KUBE_SLOTS && r.path[0] == '/' && strlen(r.path) < sizeof(r.path));
		body = next_answer(&input, &how);
		for (size_t at = 0; at < body.n; at += 16)
			if (kube_feed(k, r.slot, statuses[how % ARRAY_LEN(statuses)],
				      span_of(body.p + at, body.n - at < 16 ? body.n - at : 16),
				      now) < 0)
				break;
		kube_end(k, r.slot, how & 0x80 ? -ECONNRESET : 0, how & 0x40 ? 3 : 0, now, &o);
		(void)kube_step(k, now);
	}
	kube_free(k);
	return 0;
}
