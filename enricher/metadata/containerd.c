/* SPDX-License-Identifier: Apache-2.0
 *
 * containerd.c -- containerd by its own interface, for the containers that neither Kubernetes nor
 * Docker made (ctr, nerdctl, buildkit): theirs have namespaces of their own, and their sources
 * know more of them.  On the roster a container is "NAMESPACE/ID".
 */
#include <stdio.h>
#include <stdlib.h>

#include "container_type.h"
#include "cri_answer.h"
#include "grpc_call.h"
#include "grpc_frame.h"
#include "runtime.h"

#define SERVICE	    "containerd.services."
#define EVENT_BYTES ((size_t)1 << 20)

enum { SPACES_MAX = 64, SPACE_MAX = META_SPACE_MAX, DIGEST_MAX = 128 };
enum { CONTAINER }; /* of ask.held */

struct native {
	struct grpc_stream stream;
	char spaces[SPACES_MAX][SPACE_MAX];
	unsigned nspaces, at_space; /* of the list under way */
};

static int call(struct runtime *rt, const char *method, const char *space, struct span frame,
		struct fetch_params *p, struct fetch **ret)
{
	rt->s->status.asked++;
	return grpc_call(metadata_fetcher(rt->s->md), rt->s->place, method, space, frame, p, ret);
}

/* Whose containers are ours: what is no name goes in no header, either. */
static bool is_ours(struct span space)
{
	static const char good[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	for (size_t i = 0; i < space.n; i++)
		if (space.p[i] == '\0' || strchr(good, space.p[i]) == NULL)
			return false;
	return space.n > 0 && space.n < SPACE_MAX && !span_is(space, "k8s.io") &&
	       !span_is(space, "moby");
}

/* "SPACE/ID" in BUF; empty: too long. */
static struct span join(const char *space, struct span id, char buf[ROSTER_ID_MAX])
{
	int n = snprintf(buf, ROSTER_ID_MAX, "%s/%.*s", space, (int)id.n, (const char *)id.p);

	return n < 0 || n >= ROSTER_ID_MAX ? SPAN_NONE : span_str(buf);
}

/* ---- events ---- */

static void on_event(void *ctx, struct span message)
{
	struct runtime *rt = ctx;
	struct mono now = mono_now();
	char buf[ROSTER_ID_MAX];
	struct cri_event ev;
	struct span id;

	if (!native_read_event(message, &ev)) {
		rt->s->status.misses++;
		return;
	}
	if (!is_ours(span_str(ev.space)))
		return;
	id = join(ev.space, span_str(ev.id), buf);
	if (ev.action == CRI_CAME)
		roster_see(&rt->roster, id, ROSTER_IF_NEW);
	else if (ev.action == CRI_CHANGED)
		roster_see(&rt->roster, id, ROSTER_AGAIN);
	else if (ev.action == CRI_WENT)
		roster_leave(&rt->roster, id, now);
}

static int on_events(void *ctx, unsigned status, struct span bytes)
{
	struct runtime *rt = ctx;
	struct native *n = rt->self;
	struct mono now = mono_now();
	int err;

	if (status != 200 || bytes.n == 0)
		return 0;
	rt->s->status.last_contact_ns = now.ns;
	err = grpc_stream_feed(&n->stream, bytes, on_event, rt);
	source_hurry(rt->s, now);
	return err;
}

static void on_events_end(void *ctx, const struct fetch_end *end)
{
	struct runtime *rt = ctx;
	struct grpc_answer a = grpc_answer_of(end);
	struct mono now = mono_now();
	char buf[64];

	rt->events = NULL;
	if (a.is_status && a.status == GRPC_UNIMPLEMENTED)
		runtime_not_spoken(rt, now, "it is not containerd");
	else
		runtime_fail(rt, now, "events",
			     a.is_status && a.status == GRPC_OK ? "the runtime ended them"
								: grpc_reason(end, buf));
}

/* ---- connection: events, the namespaces, the list of each ---- */

static void ask_list(struct runtime *rt, const char *method, const char *space,
		     void (*done)(void *ctx, const struct fetch_end *end), struct mono now)
{
	struct fetch_params p = { .timeout_ns = RUNTIME_LIST_NS,
				  .max_bytes = RUNTIME_LIST_BYTES,
				  .done = done,
				  .ctx = rt };
	uint8_t frame[CRI_QUESTION_MAX];

	if (call(rt, method, space, span_of(frame, cri_ask_nothing(frame)), &p, &rt->list) < 0)
		runtime_fail(rt, now, "list", "no memory");
}

static bool take_list(struct runtime *rt, const struct fetch_end *end,
		      void (*each)(void *ctx, struct span id), struct mono now)
{
	struct grpc_answer a = grpc_answer_of(end);
	char buf[64];

	rt->list = NULL;
	if (a.is_ok && grpc_each_id(a.message, each, rt)) {
		runtime_heard(rt, now, end->took_ns);
		return true;
	}
	if (a.is_status && a.status == GRPC_UNIMPLEMENTED)
		runtime_not_spoken(rt, now, "it is not containerd");
	else
		runtime_fail(rt, now, "list",
			     a.is_ok ? "what came is no list" : grpc_reason(end, buf));
	return false;
}

static void on_listed(void *ctx, struct span id)
{
	struct runtime *rt = ctx;
	const struct native *n = rt->self;
	char buf[ROSTER_ID_MAX];

	roster_see(&rt->roster, join(n->spaces[n->at_space], id, buf), ROSTER_AGAIN);
}

static void on_containers(void *ctx, const struct fetch_end *end);

static void list_next_space(struct runtime *rt, struct mono now)
{
	struct native *n = rt->self;

	if (n->at_space < n->nspaces) {
		ask_list(rt, SERVICE "containers.v1.Containers/List", n->spaces[n->at_space],
			 on_containers, now);
		return;
	}
	roster_list_end(&rt->roster, now);
	runtime_listed(rt, now);
}

static void on_containers(void *ctx, const struct fetch_end *end)
{
	struct runtime *rt = ctx;
	struct native *n = rt->self;
	struct mono now = mono_now();

	if (!take_list(rt, end, on_listed, now))
		return;
	n->at_space++;
	list_next_space(rt, now);
}

static void on_space(void *ctx, struct span name)
{
	struct runtime *rt = ctx;
	struct native *n = rt->self;

	if (!is_ours(name) || n->nspaces == SPACES_MAX)
		return;
	memcpy(n->spaces[n->nspaces], name.p, name.n);
	n->spaces[n->nspaces++][name.n] = '\0';
}

static void on_spaces(void *ctx, const struct fetch_end *end)
{
	struct runtime *rt = ctx;
	struct native *n = rt->self;
	struct mono now = mono_now();

	n->nspaces = n->at_space = 0;
	roster_list_begin(&rt->roster);
	if (take_list(rt, end, on_space, now))
		list_next_space(rt, now);
}

static void connect_native(struct runtime *rt, struct mono now)
{
	struct fetch_params p = { .piece = on_events, .done = on_events_end, .ctx = rt };
	struct native *n = rt->self;
	uint8_t frame[CRI_QUESTION_MAX];

	grpc_stream_release(&n->stream);
	grpc_stream_init(&n->stream, EVENT_BYTES);
	if (call(rt, SERVICE "events.v1.Events/Subscribe", NULL,
		 span_of(frame, cri_ask_nothing(frame)), &p, &rt->events) < 0)
		runtime_fail(rt, now, "events", "no memory");
	else
		ask_list(rt, SERVICE "namespaces.v1.Namespaces/List", NULL, on_spaces, now);
}

/* ---- one container ---- */

/* A's namespace in BUF; the id within it. */
static const char *split(const struct ask *a, char buf[ROSTER_ID_MAX])
{
	char *slash;

	memcpy(buf, a->id, ROSTER_ID_MAX);
	slash = strchr(buf, '/');
	if (slash == NULL)
		return "";
	*slash = '\0';
	return slash + 1;
}

static int ask_for(struct ask *a, const char *method, const char *space, struct span id,
		   void (*done)(void *ctx, const struct fetch_end *end))
{
	struct fetch_params p = { .timeout_ns = RUNTIME_ANSWER_NS,
				  .max_bytes = RUNTIME_ANSWER_BYTES,
				  .done = done,
				  .ctx = a };
	uint8_t frame[CRI_QUESTION_MAX];

	return call(a->rt, method, space, span_of(frame, native_ask(frame, id)), &p, &a->fetch);
}

static void tell(struct ask *a, const char *digest, struct mono now)
{
	struct runtime *rt = a->rt;
	char space[ROSTER_ID_MAX];
	const char *id = split(a, space);
	ssize_t n = native_write(a->held[CONTAINER], digest, rt->out, sizeof(rt->out));

	runtime_tell(a, span_str(id), n, now);
}

static void on_image(void *ctx, const struct fetch_end *end)
{
	struct ask *a = ctx;
	struct grpc_answer answer = grpc_answer_of(end);
	char digest[DIGEST_MAX] = "";

	a->fetch = NULL;
	if (!answer.is_ok || !native_read_digest(answer.message, digest))
		a->rt->s->status.misses++;
	tell(a, digest, mono_now());
}

static void on_container(void *ctx, const struct fetch_end *end)
{
	struct ask *a = ctx;
	struct grpc_answer answer = grpc_answer_of(end);
	struct mono now = mono_now();
	char space[ROSTER_ID_MAX];

	a->fetch = NULL;
	if (answer.is_status)
		runtime_heard(a->rt, now, end->took_ns);
	if (answer.is_ok)
		a->held[CONTAINER] = native_read_container(answer.message);
	if (a->held[CONTAINER] == NULL) {
		runtime_answered(a,
				 answer.is_status && answer.status == GRPC_NOT_FOUND
					 ? ROSTER_ABSENT
					 : ROSTER_FAILED,
				 now);
		return;
	}
	(void)split(a, space);
	if (native_container_image(a->held[CONTAINER]).n == 0 ||
	    ask_for(a, SERVICE "images.v1.Images/Get", space,
		    native_container_image(a->held[CONTAINER]), on_image) < 0)
		tell(a, "", now);
}

static void ask_native(struct ask *a, struct mono now)
{
	char space[ROSTER_ID_MAX];
	const char *id = split(a, space);

	if (ask_for(a, SERVICE "containers.v1.Containers/Get", space, span_str(id), on_container) <
	    0)
		runtime_answered(a, ROSTER_FAILED, now);
}

static void let_go(struct ask *a)
{
	native_container_free(a->held[CONTAINER]);
}

static bool takes(const struct runtime *rt, const struct meta_wish *w)
{
	(void)rt;
	return w->type == CONTAINER_CONTAINERD && is_ours(span_str(w->space)) &&
	       strchr(w->id, '/') == NULL;
}

static struct span name(const struct meta_wish *w, char buf[ROSTER_ID_MAX])
{
	return join(w->space, span_str(w->id), buf);
}

static void close_native(struct runtime *rt)
{
	struct native *n = rt->self;

	grpc_stream_release(&n->stream);
}

static const struct runtime_ops native_ops = {
	.bytes = sizeof(struct native),
	.connect = connect_native,
	.ask = ask_native,
	.let_go = let_go,
	.takes = takes,
	.name = name,
	.close = close_native,
};

static int start(struct source *s)
{
	return runtime_start(s, &native_ops);
}

static void find(const struct conf *conf, struct source_places *ret)
{
	source_places_of(&conf->containerd, ret);
}

const struct source_ops source_containerd = {
	.name = "containerd",
	.setting = "container_engines.containerd",
	.find = find,
	.start = start,
	.step = runtime_step,
	.wishes = WISH_CONTAINER,
	.wish = runtime_wish,
	.stop = runtime_stop,
};
