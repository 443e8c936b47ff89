/* SPDX-License-Identifier: Apache-2.0
 *
 * cri.c -- runtimes of Kubernetes, by its runtime interface (CRI v1): containers and the sandboxes
 * of pods, which are containers as well.  Each connection begins with the question who is there:
 * containerd's own events are followed where it is containerd (all of its versions have them),
 * those of the interface elsewhere; where there are none, the lists are read again.
 */
#include <stdio.h>
#include <stdlib.h>

#include "container_type.h"
#include "cri_answer.h"
#include "grpc_call.h"
#include "grpc_frame.h"
#include "runtime.h"

#define SERVICE	      "runtime.v1.RuntimeService/"
#define EVENT_BYTES   ((size_t)1 << 20)
#define SPACE	      "k8s.io"
#define SUBSCRIBE     "containerd.services.events.v1.Events/Subscribe"
#define SUBSCRIBE_ALL "\n\021namespace==" SPACE /* field 1: the filter */

enum { SANDBOXES = 1024 };
enum { CONTAINER, SANDBOX }; /* of ask.held: SANDBOX is the ask's own until it is kept */

struct cri {
	uint32_t type;
	struct image_cache images;
	struct grpc_stream stream;
	struct cri_sandbox *sandboxes[SANDBOXES];
	unsigned next_sandbox;
};

static int call(struct runtime *rt, const char *method, struct span frame, struct fetch_params *p,
		struct fetch **ret)
{
	rt->s->status.asked++;
	return grpc_call(metadata_fetcher(rt->s->md), rt->s->place, method, NULL, frame, p, ret);
}

/* ---- sandboxes that are known ---- */

static struct cri_sandbox *find_sandbox(const struct cri *c, struct span id)
{
	for (unsigned i = 0; i < SANDBOXES && c->sandboxes[i] != NULL; i++)
		if (span_is(id, cri_sandbox_id(c->sandboxes[i])))
			return c->sandboxes[i];
	return NULL;
}

static void keep_sandbox(struct cri *c, struct cri_sandbox *s)
{
	struct cri_sandbox **at = &c->sandboxes[c->next_sandbox++ % SANDBOXES];

	cri_sandbox_free(*at);
	*at = s;
}

/* ---- events ---- */

static void on_event(void *ctx, struct span message)
{
	struct runtime *rt = ctx;
	const struct cri *c = rt->self;
	struct mono now = mono_now();
	struct cri_event ev;
	bool ok = c->type == CONTAINER_CONTAINERD ? native_read_event(message, &ev)
						  : cri_read_event(message, &ev);

	if (!ok)
		rt->s->status.misses++;
	if (!ok || (ev.space[0] != '\0' && strcmp(ev.space, SPACE) != 0))
		return;
	switch (ev.action) {
	case CRI_CAME:
		roster_see(&rt->roster, span_str(ev.id), ROSTER_IF_NEW);
		break;
	case CRI_CHANGED:
		roster_see(&rt->roster, span_str(ev.id), ROSTER_AGAIN);
		break;
	case CRI_WENT:
		roster_leave(&rt->roster, span_str(ev.id), now);
		break;
	case CRI_OTHER:
		break;
	}
}

static int on_events(void *ctx, unsigned status, struct span bytes)
{
	struct runtime *rt = ctx;
	struct cri *c = rt->self;
	struct mono now = mono_now();
	int err;

	if (status != 200 || bytes.n == 0)
		return 0;
	rt->s->status.last_contact_ns = now.ns;
	err = grpc_stream_feed(&c->stream, bytes, on_event, rt);
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
	if (a.is_status && a.status == GRPC_UNIMPLEMENTED) {
		rt->has_no_events = true;
		if (rt->is_listed)
			runtime_listed(rt, now);
		return;
	}
	runtime_fail(rt, now, "events",
		     a.is_status && a.status == GRPC_OK ? "the runtime ended them"
							: grpc_reason(end, buf));
}

static int follow(struct runtime *rt)
{
	struct fetch_params p = { .piece = on_events, .done = on_events_end, .ctx = rt };
	struct cri *c = rt->self;
	uint8_t frame[64];
	size_t n = 0;

	grpc_stream_release(&c->stream);
	grpc_stream_init(&c->stream, EVENT_BYTES);
	if (c->type == CONTAINER_CONTAINERD) {
		n = sizeof(SUBSCRIBE_ALL) - 1;
		memcpy(frame + GRPC_HEADER, SUBSCRIBE_ALL, n);
	}
	grpc_frame_header(frame, (uint32_t)n);
	return call(rt, c->type == CONTAINER_CONTAINERD ? SUBSCRIBE : SERVICE "GetContainerEvents",
		    span_of(frame, GRPC_HEADER + n), &p, &rt->events);
}

/* ---- connection: version, then events and the two lists ---- */

static void on_listed(void *ctx, struct span id)
{
	struct runtime *rt = ctx;

	roster_see(&rt->roster, id, rt->has_no_events ? ROSTER_IF_NEW : ROSTER_AGAIN);
}

/* A list's ids on the roster; false: the connection has failed. */
static bool take_list(struct runtime *rt, const struct fetch_end *end, struct mono now)
{
	struct grpc_answer a = grpc_answer_of(end);
	char buf[64];

	rt->list = NULL;
	if (a.is_ok && grpc_each_id(a.message, on_listed, rt)) {
		runtime_heard(rt, now, end->took_ns);
		return true;
	}
	runtime_fail(rt, now, "list", a.is_ok ? "what came is no list" : grpc_reason(end, buf));
	return false;
}

static void ask_list(struct runtime *rt, const char *method,
		     void (*done)(void *ctx, const struct fetch_end *end), struct mono now)
{
	struct fetch_params p = { .timeout_ns = RUNTIME_LIST_NS,
				  .max_bytes = RUNTIME_LIST_BYTES,
				  .done = done,
				  .ctx = rt };
	uint8_t frame[CRI_QUESTION_MAX];

	if (call(rt, method, span_of(frame, cri_ask_nothing(frame)), &p, &rt->list) < 0)
		runtime_fail(rt, now, "list", "no memory");
}

static void on_containers(void *ctx, const struct fetch_end *end)
{
	struct runtime *rt = ctx;
	struct mono now = mono_now();

	if (!take_list(rt, end, now))
		return;
	roster_list_end(&rt->roster, now);
	runtime_listed(rt, now);
}

static void on_sandboxes(void *ctx, const struct fetch_end *end)
{
	struct runtime *rt = ctx;
	struct mono now = mono_now();

	roster_list_begin(&rt->roster);
	if (take_list(rt, end, now))
		ask_list(rt, SERVICE "ListContainers", on_containers, now);
}

static void list(struct runtime *rt, struct mono now)
{
	ask_list(rt, SERVICE "ListPodSandbox", on_sandboxes, now);
}

static void on_version(void *ctx, const struct fetch_end *end)
{
	struct runtime *rt = ctx;
	struct cri *c = rt->self;
	struct grpc_answer a = grpc_answer_of(end);
	struct mono now = mono_now();
	char buf[64];

	rt->list = NULL;
	if (a.is_status && a.status == GRPC_UNIMPLEMENTED) {
		runtime_not_spoken(rt, now, "no CRI v1 is spoken here");
		return;
	}
	if (!a.is_ok || !cri_read_version(a.message, &c->type)) {
		runtime_fail(rt, now, "version", grpc_reason(end, buf));
		return;
	}
	runtime_heard(rt, now, end->took_ns);
	rt->has_no_events = false;
	if (follow(rt) < 0)
		runtime_fail(rt, now, "events", "no memory");
	else
		list(rt, now);
}

static void connect_cri(struct runtime *rt, struct mono now)
{
	if (rt->is_listed)
		list(rt, now);
	else
		ask_list(rt, SERVICE "Version", on_version, now);
}

/* ---- one container ---- */

static void ask_more(struct ask *a, const char *method, size_t n, const uint8_t *frame,
		     void (*done)(void *ctx, const struct fetch_end *end), struct mono now)
{
	struct fetch_params p = { .timeout_ns = RUNTIME_ANSWER_NS,
				  .max_bytes = RUNTIME_ANSWER_BYTES,
				  .done = done,
				  .ctx = a };

	if (call(a->rt, method, span_of(frame, n), &p, &a->fetch) < 0)
		runtime_answered(a, ROSTER_FAILED, now);
}

/* The answer that A waited for; false: A is over. */
static bool take_answer(struct ask *a, const struct fetch_end *end, struct grpc_answer *ret,
			struct mono now)
{
	a->fetch = NULL;
	*ret = grpc_answer_of(end);
	if (ret->is_status)
		runtime_heard(a->rt, now, end->took_ns);
	if (ret->is_ok || (ret->is_status && ret->status == GRPC_NOT_FOUND))
		return true;
	runtime_answered(a, ROSTER_FAILED, now);
	return false;
}

/* Its pod's, that of the container or its own. */
static const struct cri_sandbox *sandbox_of(const struct ask *a)
{
	return a->held[SANDBOX] != NULL
		       ? a->held[SANDBOX]
		       : find_sandbox(a->rt->self, cri_container_sandbox(a->held[CONTAINER]));
}

static struct span image_of(const struct ask *a)
{
	return a->held[CONTAINER] != NULL ? cri_container_image(a->held[CONTAINER])
					  : cri_sandbox_image(a->held[SANDBOX]);
}

static void tell(struct ask *a, const json_t *names, struct mono now)
{
	struct runtime *rt = a->rt;
	struct cri *c = rt->self;
	const struct cri_sandbox *s = sandbox_of(a);
	bool is_settled = s == NULL || cri_sandbox_is_settled(s);
	ssize_t n;

	if (a->held[CONTAINER] != NULL)
		n = cri_write(a->held[CONTAINER], s, names, c->type, rt->out, sizeof(rt->out));
	else
		n = cri_write_sandbox(s, names, c->type, rt->out, sizeof(rt->out));
	if (a->held[SANDBOX] != NULL && is_settled) {
		keep_sandbox(c, a->held[SANDBOX]);
		a->held[SANDBOX] = NULL;
	}
	runtime_tell(a, span_str(a->id), n, now);
}

static void on_image(void *ctx, const struct fetch_end *end)
{
	struct ask *a = ctx;
	struct cri *c = a->rt->self;
	struct grpc_answer answer = grpc_answer_of(end);
	json_t *names = answer.is_ok ? cri_read_image(answer.message) : NULL;

	a->fetch = NULL;
	if (names != NULL)
		image_cache_put(&c->images, image_of(a), names);
	else
		a->rt->s->status.misses++;
	tell(a, names, mono_now());
}

static void find_image(struct ask *a, struct mono now)
{
	struct cri *c = a->rt->self;
	struct span image = image_of(a);
	const json_t *names = image_cache_find(&c->images, image);
	uint8_t frame[CRI_QUESTION_MAX];
	size_t n = names == NULL && image.n > 0 ? cri_ask_image(frame, image) : 0;

	if (n == 0)
		tell(a, names, now);
	else
		ask_more(a, "runtime.v1.ImageService/ImageStatus", n, frame, on_image, now);
}

static void on_sandbox(void *ctx, const struct fetch_end *end)
{
	struct ask *a = ctx;
	struct grpc_answer answer;
	struct mono now = mono_now();

	if (!take_answer(a, end, &answer, now))
		return;
	if (answer.is_ok)
		a->held[SANDBOX] = cri_read_sandbox(answer.message);
	if (a->held[SANDBOX] != NULL || a->held[CONTAINER] != NULL)
		find_image(a, now);
	else /* the sandbox of a pod that is being made is known when it is ready */
		runtime_answered(a, answer.is_ok ? ROSTER_FAILED : ROSTER_NOT_YET, now);
}

static void ask_sandbox(struct ask *a, const char *id, struct mono now)
{
	uint8_t frame[CRI_QUESTION_MAX];
	size_t n = cri_ask_status(frame, id);

	ask_more(a, SERVICE "PodSandboxStatus", n, frame, on_sandbox, now);
}

static void on_container(void *ctx, const struct fetch_end *end)
{
	struct ask *a = ctx;
	struct grpc_answer answer;
	struct mono now = mono_now();
	char id[ROSTER_ID_MAX];
	struct span pod;

	if (!take_answer(a, end, &answer, now))
		return;
	if (!answer.is_ok) { /* no container, then: a pod's sandbox? */
		ask_sandbox(a, a->id, now);
		return;
	}
	a->held[CONTAINER] = cri_read_container(answer.message);
	if (a->held[CONTAINER] == NULL) {
		runtime_answered(a, ROSTER_FAILED, now);
		return;
	}
	pod = cri_container_sandbox(a->held[CONTAINER]);
	if (pod.n == 0 || pod.n >= sizeof(id) || find_sandbox(a->rt->self, pod) != NULL) {
		find_image(a, now);
		return;
	}
	memcpy(id, pod.p, pod.n);
	id[pod.n] = '\0';
	ask_sandbox(a, id, now);
}

static void ask_cri(struct ask *a, struct mono now)
{
	uint8_t frame[CRI_QUESTION_MAX];
	size_t n = cri_ask_status(frame, a->id);

	ask_more(a, SERVICE "ContainerStatus", n, frame, on_container, now);
}

static void let_go(struct ask *a)
{
	cri_container_free(a->held[CONTAINER]);
	cri_sandbox_free(a->held[SANDBOX]);
}

/* Where the path has the bare id, it could be Docker's as well. */
static bool takes(const struct runtime *rt, const struct meta_wish *w)
{
	(void)rt;
	return w->type == CONTAINER_CRI || w->type == CONTAINER_CRIO || w->type == CONTAINER_DOCKER;
}

static struct span name(const struct meta_wish *w, char buf[ROSTER_ID_MAX])
{
	(void)buf;
	return span_str(w->id);
}

static void close_cri(struct runtime *rt)
{
	struct cri *c = rt->self;

	for (unsigned i = 0; i < SANDBOXES; i++)
		cri_sandbox_free(c->sandboxes[i]);
	image_cache_clear(&c->images);
	grpc_stream_release(&c->stream);
}

static const struct runtime_ops cri_ops = {
	.bytes = sizeof(struct cri),
	.connect = connect_cri,
	.ask = ask_cri,
	.let_go = let_go,
	.takes = takes,
	.name = name,
	.close = close_cri,
};

static int start(struct source *s)
{
	return runtime_start(s, &cri_ops);
}

static void find(const struct conf *conf, struct source_places *ret)
{
	source_places_of(&conf->cri, ret);
}

const struct source_ops source_cri = {
	.name = "cri",
	.setting = "container_engines.cri",
	.find = find,
	.start = start,
	.step = runtime_step,
	.wishes = WISH_CONTAINER,
	.wish = runtime_wish,
	.stop = runtime_stop,
};
