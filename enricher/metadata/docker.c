/* SPDX-License-Identifier: Apache-2.0
 *
 * docker.c -- Docker, and Podman by the same API, on a unix socket: events are lines of JSON,
 * a container is inspected, and its image when nobody has yet.
 *
 * The list is asked for beside the events, which begin a little before it: what
 * happens between the two is told twice rather than never.
 */
#include <errno.h>
#include <stdio.h>

#include "container_type.h"
#include "docker_answer.h"
#include "runtime.h"

#define LINE_BYTES ((size_t)64 << 10)
#define URL_MAX	   256

/* What came lately.  A container may be gone before anybody could ask about it: Podman answers when it
 * has started it, and that may be its end. */
enum { CAME_MAX = 64 };
struct came {
	char id[ROSTER_ID_MAX];
	json_t *attributes;
};

struct docker {
	struct image_cache images;
	struct came came[CAME_MAX];
	unsigned next_came;
	size_t line_bytes;
	bool is_line_too_long;
	uint8_t line[LINE_BYTES];
};

static int start_fetch(struct runtime *rt, const char *path, struct fetch_params *p,
		       struct fetch **ret)
{
	char url[URL_MAX];

	if (snprintf(url, sizeof(url), "http://localhost%s", path) >= (int)sizeof(url))
		return -ENAMETOOLONG;
	p->unix_socket = rt->s->place;
	p->url = url;
	rt->s->status.asked++;
	return fetch_start(metadata_fetcher(rt->s->md), p, ret);
}

static bool is_good(const struct fetch_end *end)
{
	return end->err == 0 && end->status / 100 == 2;
}

/* ---- events ---- */

static void keep_came(struct docker *d, struct docker_event *ev)
{
	struct came *c = &d->came[d->next_came++ % CAME_MAX];

	json_decref(c->attributes);
	memcpy(c->id, ev->id, sizeof(c->id));
	c->attributes = ev->attributes;
	ev->attributes = NULL;
}

static const json_t *find_came(const struct docker *d, const char *id)
{
	for (unsigned i = 0; i < CAME_MAX; i++)
		if (d->came[i].attributes != NULL && strncmp(d->came[i].id, id, strlen(id)) == 0)
			return d->came[i].attributes;
	return NULL;
}

static void take_line(struct runtime *rt, struct span line, struct mono now)
{
	struct docker_event ev;

	if (line.n == 0)
		return;
	if (!docker_read_event(line, &ev)) {
		rt->s->status.misses++;
		return;
	}
	switch (ev.action) {
	case DOCKER_CAME:
		keep_came(rt->self, &ev);
		roster_see(&rt->roster, span_str(ev.id), ROSTER_IF_NEW);
		break;
	case DOCKER_CHANGED:
		roster_see(&rt->roster, span_str(ev.id), ROSTER_AGAIN);
		break;
	case DOCKER_WENT:
		roster_leave(&rt->roster, span_str(ev.id), now);
		break;
	case DOCKER_OTHER:
		break;
	}
	json_decref(ev.attributes);
}

static void add_to_line(struct docker *d, struct span part)
{
	if (part.n > LINE_BYTES - d->line_bytes) {
		d->is_line_too_long = true;
		return;
	}
	memcpy(d->line + d->line_bytes, part.p, part.n);
	d->line_bytes += part.n;
}

static void end_line(struct runtime *rt, struct mono now)
{
	struct docker *d = rt->self;

	if (d->is_line_too_long)
		rt->s->status.misses++;
	else
		take_line(rt, span_of(d->line, d->line_bytes), now);
	d->line_bytes = 0;
	d->is_line_too_long = false;
}

static int on_events(void *ctx, unsigned status, struct span bytes)
{
	struct runtime *rt = ctx;
	struct mono now = mono_now();

	if (status / 100 != 2)
		return 0; /* the end says so */
	rt->s->status.last_contact_ns = now.ns;
	while (bytes.n > 0) {
		const uint8_t *end = memchr(bytes.p, '\n', bytes.n);
		size_t n = end == NULL ? bytes.n : (size_t)(end - bytes.p);

		add_to_line(rt->self, span_of(bytes.p, n));
		if (end == NULL)
			break;
		end_line(rt, now);
		bytes = span_of(end + 1, bytes.n - n - 1);
	}
	source_hurry(rt->s, now);
	return 0;
}

static void on_events_end(void *ctx, const struct fetch_end *end)
{
	struct runtime *rt = ctx;
	char buf[64];

	rt->events = NULL;
	runtime_fail(rt, mono_now(), "events",
		     is_good(end) ? "the runtime ended them" : runtime_reason(end, buf));
}

static bool follow(struct runtime *rt)
{
	struct fetch_params p = { .piece = on_events, .done = on_events_end, .ctx = rt };
	struct docker *d = rt->self;
	uint64_t since = wall_now().ns / NS_PER_SEC;
	char text[URL_MAX - 32];

	d->line_bytes = 0;
	d->is_line_too_long = false;
	/* {"type":["container"]} */
	snprintf(text, sizeof(text),
		 "/events?filters=%%7B%%22type%%22%%3A%%5B%%22container%%22%%5D%%7D&since=%llu",
		 (unsigned long long)(since > 1 ? since - 1 : 0));
	return start_fetch(rt, text, &p, &rt->events) == 0;
}

/* ---- the list ---- */

static void on_listed(void *ctx, struct span id)
{
	struct runtime *rt = ctx;

	roster_see(&rt->roster, id, ROSTER_AGAIN);
}

static void on_list_end(void *ctx, const struct fetch_end *end)
{
	struct runtime *rt = ctx;
	struct mono now = mono_now();
	const char *why = NULL;
	char buf[64];

	rt->list = NULL;
	if (!is_good(end)) {
		why = runtime_reason(end, buf);
	} else {
		roster_list_begin(&rt->roster);
		if (!docker_read_list(end->body, on_listed, rt))
			why = "what came is no list";
	}
	if (why != NULL) {
		runtime_fail(rt, now, "list of containers", why);
		return;
	}
	roster_list_end(&rt->roster, now);
	runtime_heard(rt, now, end->took_ns);
	runtime_listed(rt, now);
}

static void connect_docker(struct runtime *rt, struct mono now)
{
	struct fetch_params p = { .timeout_ns = RUNTIME_LIST_NS,
				  .max_bytes = RUNTIME_LIST_BYTES,
				  .done = on_list_end,
				  .ctx = rt };

	if (!follow(rt) || start_fetch(rt, "/containers/json", &p, &rt->list) < 0)
		runtime_fail(rt, now, "connection", "no memory");
}

/* ---- one container ---- */

enum { INSPECT }; /* of ask.held */

static uint32_t type_of(const struct runtime *rt)
{
	return rt->s->ops == &source_podman ? CONTAINER_PODMAN : CONTAINER_DOCKER;
}

static void tell(struct ask *a, const json_t *names, struct mono now)
{
	const json_t *inspect = a->held[INSPECT];

	runtime_tell(a, json_text_at(inspect, "Id"),
		     docker_write(inspect, names, type_of(a->rt), a->rt->out, sizeof(a->rt->out)),
		     now);
}

/* Without its image's names a container is told all the same. */
static void on_image_end(void *ctx, const struct fetch_end *end)
{
	struct ask *a = ctx;
	struct docker *d = a->rt->self;
	struct span id = docker_image_id(a->held[INSPECT]);
	struct mono now = mono_now();
	json_t *names = is_good(end) ? docker_read_image(end->body) : NULL;

	a->fetch = NULL;
	if (names == NULL) {
		a->rt->s->status.misses++;
	} else {
		runtime_heard(a->rt, now, end->took_ns);
		image_cache_put(&d->images, id, names);
	}
	tell(a, names, now);
}

static void ask_image(struct ask *a, struct mono now)
{
	struct fetch_params p = { .timeout_ns = RUNTIME_ANSWER_NS,
				  .max_bytes = RUNTIME_ANSWER_BYTES,
				  .done = on_image_end,
				  .ctx = a };
	struct docker *d = a->rt->self;
	struct span id = docker_image_id(a->held[INSPECT]);
	const json_t *names = image_cache_find(&d->images, id);
	char path[128];

	/* What is not a digest is not put in a path. */
	for (size_t i = 0; i < id.n; i++)
		if (strchr("sha256:0123456789abcdef", id.p[i]) == NULL)
			id.n = 0;
	if (names != NULL || id.n == 0 || id.n >= ROSTER_ID_MAX) {
		tell(a, names, now);
		return;
	}
	snprintf(path, sizeof(path), "/images/%.*s/json", (int)id.n, (const char *)id.p);
	if (start_fetch(a->rt, path, &p, &a->fetch) < 0)
		tell(a, NULL, now);
}

/* There is no such container: any more, perhaps. */
static void tell_what_came(struct ask *a, struct mono now)
{
	struct runtime *rt = a->rt;
	const json_t *attributes = find_came(rt->self, a->id);

	if (attributes == NULL)
		runtime_answered(a, ROSTER_ABSENT, now);
	else
		runtime_tell(a, span_str(a->id),
			     docker_write_event(span_str(a->id), attributes, type_of(rt), rt->out,
						sizeof(rt->out)),
			     now);
}

static void on_inspect_end(void *ctx, const struct fetch_end *end)
{
	struct ask *a = ctx;
	struct mono now = mono_now();

	a->fetch = NULL;
	if (end->err == 0 && end->status == 404) {
		runtime_heard(a->rt, now, end->took_ns);
		tell_what_came(a, now);
		return;
	}
	if (is_good(end))
		a->held[INSPECT] = json_bounded_read(end->body);
	if (a->held[INSPECT] == NULL) {
		runtime_answered(a, ROSTER_FAILED, now);
		return;
	}
	runtime_heard(a->rt, now, end->took_ns);
	ask_image(a, now);
}

static void ask_docker(struct ask *a, struct mono now)
{
	struct fetch_params p = { .timeout_ns = RUNTIME_ANSWER_NS,
				  .max_bytes = RUNTIME_ANSWER_BYTES,
				  .done = on_inspect_end,
				  .ctx = a };
	char path[ROSTER_ID_MAX + 32];

	if (a->id[strspn(a->id, "0123456789abcdefABCDEF")] != '\0') {
		runtime_answered(a, ROSTER_ABSENT, now); /* nothing else goes in a path */
		return;
	}
	snprintf(path, sizeof(path), "/containers/%s/json", a->id);
	if (start_fetch(a->rt, path, &p, &a->fetch) < 0)
		runtime_answered(a, ROSTER_FAILED, now);
}

static void let_go(struct ask *a)
{
	json_decref(a->held[INSPECT]);
}

static bool takes(const struct runtime *rt, const struct meta_wish *w)
{
	return w->type == type_of(rt);
}

static struct span name(const struct meta_wish *w, char buf[ROSTER_ID_MAX])
{
	(void)buf;
	return span_str(w->id);
}

static void close_docker(struct runtime *rt)
{
	struct docker *d = rt->self;

	image_cache_clear(&d->images);
	for (unsigned i = 0; i < CAME_MAX; i++)
		json_decref(d->came[i].attributes);
}

static const struct runtime_ops docker_ops = {
	.bytes = sizeof(struct docker),
	.connect = connect_docker,
	.ask = ask_docker,
	.let_go = let_go,
	.takes = takes,
	.name = name,
	.close = close_docker,
};

/* ---- the rows ---- */

static int start(struct source *s)
{
	return runtime_start(s, &docker_ops);
}

static void find_docker(const struct conf *conf, struct source_places *ret)
{
	source_places_of(&conf->docker, ret);
}

static void find_podman(const struct conf *conf, struct source_places *ret)
{
	source_places_of(&conf->podman, ret);
}

const struct source_ops source_docker = {
	.name = "docker",
	.setting = "container_engines.docker",
	.find = find_docker,
	.start = start,
	.step = runtime_step,
	.wishes = WISH_CONTAINER,
	.wish = runtime_wish,
	.stop = runtime_stop,
};

const struct source_ops source_podman = {
	.name = "podman",
	.setting = "container_engines.podman",
	.find = find_podman,
	.start = start,
	.step = runtime_step,
	.wishes = WISH_CONTAINER,
	.wish = runtime_wish,
	.stop = runtime_stop,
};
