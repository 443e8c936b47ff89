/* SPDX-License-Identifier: Apache-2.0
 *
 * docker.c -- Docker, and Podman by the same API, on a unix socket: its events are
 * followed, all containers are listed when a connection begins, and each that is new
 * or changed is inspected, with its image when nobody has yet.
 *
 * The list is asked for beside the events, which begin a little before it: what
 * happens between the two is told twice rather than never.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "backoff.h"
#include "cgroup.h"
#include "container_record.h"
#include "docker_answer.h"
#include "meta_source.h"
#include "roster.h"

#define ANSWER_NS     (3 * NS_PER_SEC)
#define LIST_NS	      (15 * NS_PER_SEC)
#define LATER_NS      NS_PER_SEC
#define LEAVING_NS    (30 * NS_PER_SEC)
#define BACKOFF_NS    (50 * NS_PER_MSEC)
#define BACKOFF_MAX   (2 * NS_PER_SEC)
#define LIST_BYTES    ((size_t)32 << 20)
#define INSPECT_BYTES ((size_t)1 << 20)
#define LINE_BYTES    ((size_t)64 << 10)
#define CONTAINERS    16384
#define URL_MAX	      256

enum { ASKS_MAX = 8, IMAGES_MAX = 64, MISSES_MAX = 16 };

struct docker;

/* One container that is being asked about. */
struct ask {
	struct docker *d;
	struct fetch *fetch; /* NULL: free */
	char id[ROSTER_ID_MAX];
	json_t *inspect; /* its image is being asked for */
};

struct image {
	char id[ROSTER_ID_MAX];
	json_t *names;
};

struct docker {
	struct source *s;
	uint32_t type;
	struct roster roster;
	struct fetch *events, *list;
	bool is_listed, is_followed;
	struct mono retry_at; /* when there is no connection */
	struct backoff backoff;
	unsigned misses; /* in a row */
	struct ask asks[ASKS_MAX];
	struct image images[IMAGES_MAX];
	unsigned next_image;

	size_t line_bytes;
	bool is_line_too_long;
	uint8_t line[LINE_BYTES];
	uint8_t out[RECORD_JSON_MAX];
};

static int start_fetch(struct docker *d, const char *path, struct fetch_params *p,
		       struct fetch **ret)
{
	char url[URL_MAX];

	if (snprintf(url, sizeof(url), "http://localhost%s", path) >= (int)sizeof(url))
		return -ENAMETOOLONG;
	p->unix_socket = d->s->place;
	p->url = url;
	d->s->status.asked++;
	return fetch_start(metadata_fetcher(d->s->md), p, ret);
}

/* ---- the connection ---- */

static void end_ask(struct ask *a)
{
	json_decref(a->inspect);
	*a = (struct ask){ .d = a->d };
}

static void disconnect(struct docker *d)
{
	fetch_cancel(d->events);
	fetch_cancel(d->list);
	d->events = d->list = NULL;
	for (unsigned i = 0; i < ASKS_MAX; i++) {
		fetch_cancel(d->asks[i].fetch);
		end_ask(&d->asks[i]);
	}
	d->is_listed = d->is_followed = false;
	d->misses = 0;
	roster_reset(&d->roster);
}

static const char *reason(int err)
{
	return err == -EACCES
		       ? "permission denied: its group is not one that mews-enricher had when "
			 "it started"
		       : strerror(-err);
}

static void fail(struct docker *d, struct mono now, const char *what, const char *why)
{
	disconnect(d);
	d->s->status.misses++;
	d->s->status.reconnects++;
	d->retry_at = mono_after(now, backoff_next(&d->backoff));
	source_set(d->s, SOURCE_FAILING, "%s: %s", what, why);
	source_hurry(d->s, d->retry_at);
}

/* Why an answer is no answer; NULL: it is one. */
static const char *refusal(const struct fetch_end *end, char buf[64])
{
	if (end->err < 0)
		return end->err == -EACCES    ? reason(end->err)
		       : end->text[0] != '\0' ? end->text
					      : reason(end->err);
	if (end->status / 100 == 2)
		return NULL;
	snprintf(buf, 64, "HTTP status %u", end->status);
	return buf;
}

static void heard(struct docker *d, const struct fetch_end *end, struct mono now)
{
	source_heard(d->s, now, end->took_ns);
	d->misses = 0;
}

static void look_connected(struct docker *d)
{
	if (!d->is_listed || d->events == NULL)
		return;
	backoff_clear(&d->backoff);
	source_set(d->s, SOURCE_CONNECTED, "%s", "");
}

/* ---- events ---- */

static void take_line(struct docker *d, struct span line, struct mono now)
{
	struct docker_event ev;

	if (line.n == 0)
		return;
	if (!docker_read_event(line, &ev)) {
		d->s->status.misses++;
		return;
	}
	switch (ev.action) {
	case DOCKER_CAME:
		roster_see(&d->roster, span_str(ev.id), ROSTER_IF_NEW);
		break;
	case DOCKER_CHANGED:
		roster_see(&d->roster, span_str(ev.id), ROSTER_AGAIN);
		break;
	case DOCKER_WENT:
		roster_leave(&d->roster, span_str(ev.id), now);
		break;
	case DOCKER_OTHER:
		break;
	}
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

static int on_events(void *ctx, unsigned status, struct span bytes)
{
	struct docker *d = ctx;
	struct mono now = mono_now();

	if (status / 100 != 2)
		return 0; /* the end says so */
	d->s->status.last_contact_ns = now.ns;
	while (bytes.n > 0) {
		const uint8_t *end = memchr(bytes.p, '\n', bytes.n);
		size_t n = end == NULL ? bytes.n : (size_t)(end - bytes.p);

		add_to_line(d, span_of(bytes.p, n));
		if (end == NULL)
			break;
		if (d->is_line_too_long)
			d->s->status.misses++;
		else
			take_line(d, span_of(d->line, d->line_bytes), now);
		d->line_bytes = 0;
		d->is_line_too_long = false;
		bytes = span_of(end + 1, bytes.n - n - 1);
	}
	source_hurry(d->s, now);
	return 0;
}

static void on_events_end(void *ctx, const struct fetch_end *end)
{
	struct docker *d = ctx;
	char buf[64];
	const char *why = refusal(end, buf);

	d->events = NULL;
	fail(d, mono_now(), "events", why != NULL ? why : "the runtime ended them");
}

static void follow(struct docker *d, struct mono now)
{
	/* {"type":["container"]} */
	static const char path[] =
		"/events?filters=%%7B%%22type%%22%%3A%%5B%%22container%%22%%5D%%7D"
		"&since=%llu";
	struct fetch_params p = { .piece = on_events, .done = on_events_end, .ctx = d };
	unsigned long long since = wall_now().ns / NS_PER_SEC;
	char text[URL_MAX - 32];

	d->line_bytes = 0;
	d->is_line_too_long = false;
	snprintf(text, sizeof(text), path, since > 1 ? since - 1 : 0);
	if (start_fetch(d, text, &p, &d->events) < 0)
		fail(d, now, "events", "no memory");
}

/* ---- the list ---- */

static void on_listed(void *ctx, struct span id)
{
	struct docker *d = ctx;

	roster_see(&d->roster, id, ROSTER_AGAIN);
}

static void on_list_end(void *ctx, const struct fetch_end *end)
{
	struct docker *d = ctx;
	struct mono now = mono_now();
	char buf[64];
	const char *why = refusal(end, buf);

	d->list = NULL;
	if (why == NULL) {
		roster_list_begin(&d->roster);
		if (!docker_read_list(end->body, on_listed, d))
			why = "the list is none";
	}
	if (why != NULL) {
		fail(d, now, "list of containers", why);
		return;
	}
	roster_list_end(&d->roster, now);
	d->is_listed = true;
	heard(d, end, now);
	look_connected(d);
	source_hurry(d->s, now);
}

static void list(struct docker *d, struct mono now)
{
	struct fetch_params p = {
		.timeout_ns = LIST_NS, .max_bytes = LIST_BYTES, .done = on_list_end, .ctx = d
	};

	if (start_fetch(d, "/containers/json", &p, &d->list) < 0)
		fail(d, now, "list of containers", "no memory");
}

/* ---- one container ---- */

static void answered(struct ask *a, enum roster_answer what, struct mono now)
{
	struct docker *d = a->d;
	char id[ROSTER_ID_MAX];

	memcpy(id, a->id, sizeof(id));
	a->fetch = NULL;
	end_ask(a);
	if (what == ROSTER_FAILED)
		d->s->status.misses++;
	if (roster_answered(&d->roster, span_str(id), what, now) && what != ROSTER_TOLD)
		metadata_absent(d->s->md, id);
	source_hurry(d->s, now);
	if (what == ROSTER_FAILED && ++d->misses >= MISSES_MAX)
		fail(d, now, "containers", "it does not answer");
}

static void tell(struct ask *a, const json_t *names, struct mono now)
{
	struct docker *d = a->d;
	ssize_t n = docker_write(a->inspect, names, d->type, d->out, sizeof(d->out));

	if (n < 0) {
		answered(a, ROSTER_FAILED, now);
		return;
	}
	metadata_tell(d->s->md, &(struct meta_update){ .kind = META_CONTAINER,
						       .type = d->type,
						       .id = json_text_at(a->inspect, "Id"),
						       .text = span_of(d->out, (size_t)n) });
	answered(a, ROSTER_TOLD, now);
}

static struct image *find_image(struct docker *d, struct span id)
{
	for (unsigned i = 0; i < IMAGES_MAX; i++)
		if (d->images[i].names != NULL && span_is(id, d->images[i].id))
			return &d->images[i];
	return NULL;
}

static const json_t *keep_image(struct docker *d, struct span id, json_t *names)
{
	struct image *im = &d->images[d->next_image++ % IMAGES_MAX];

	json_decref(im->names);
	*im = (struct image){ .names = names };
	memcpy(im->id, id.p, id.n);
	return names;
}

/* Without its image's names a container is told all the same. */
static void on_image_end(void *ctx, const struct fetch_end *end)
{
	struct ask *a = ctx;
	struct span id = docker_image_id(a->inspect);
	struct mono now = mono_now();
	json_t *names = NULL;

	if (end->err == 0 && end->status == 200)
		names = docker_read_image(end->body);
	if (names == NULL)
		a->d->s->status.misses++;
	else
		heard(a->d, end, now);
	tell(a, names == NULL ? NULL : keep_image(a->d, id, names), now);
}

static void ask_image(struct ask *a, struct mono now)
{
	struct fetch_params p = {
		.timeout_ns = ANSWER_NS, .max_bytes = INSPECT_BYTES, .done = on_image_end, .ctx = a
	};
	struct span id = docker_image_id(a->inspect);
	const struct image *im = find_image(a->d, id);
	char path[128];

	/* What is not a digest is not put in a path. */
	for (size_t i = 0; i < id.n; i++)
		if (strchr("sha256:0123456789abcdef", id.p[i]) == NULL)
			id.n = 0;
	if (im != NULL || id.n == 0 || id.n >= sizeof(im->id)) {
		tell(a, im == NULL ? NULL : im->names, now);
		return;
	}
	snprintf(path, sizeof(path), "/images/%.*s/json", (int)id.n, (const char *)id.p);
	if (start_fetch(a->d, path, &p, &a->fetch) < 0)
		tell(a, NULL, now);
}

static void on_inspect_end(void *ctx, const struct fetch_end *end)
{
	struct ask *a = ctx;
	struct mono now = mono_now();

	a->fetch = NULL;
	if (end->err == 0 && end->status == 404) {
		heard(a->d, end, now);
		answered(a, ROSTER_ABSENT, now);
		return;
	}
	if (end->err == 0 && end->status == 200)
		a->inspect = json_bounded_read(end->body);
	if (a->inspect == NULL) {
		answered(a, ROSTER_FAILED, now);
		return;
	}
	heard(a->d, end, now);
	ask_image(a, now);
}

static void inspect(struct ask *a, const char *id, struct mono now)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	struct fetch_params p = { .timeout_ns = ANSWER_NS,
				  .max_bytes = INSPECT_BYTES,
				  .done = on_inspect_end,
				  .ctx = a };
	char path[ROSTER_ID_MAX + 32];

	snprintf(a->id, sizeof(a->id), "%s", id);
	if (id[strspn(id, digits)] != '\0') { /* nothing else goes in a path */
		answered(a, ROSTER_ABSENT, now);
		return;
	}
	snprintf(path, sizeof(path), "/containers/%s/json", id);
	if (start_fetch(a->d, path, &p, &a->fetch) < 0)
		answered(a, ROSTER_FAILED, now);
}

static void inspect_some(struct docker *d, struct mono now)
{
	for (unsigned i = 0; i < ASKS_MAX; i++) {
		const char *id;

		if (d->asks[i].fetch != NULL)
			continue;
		id = roster_next(&d->roster, now);
		if (id == NULL)
			return;
		inspect(&d->asks[i], id, now);
	}
}

static bool has_free_ask(const struct docker *d)
{
	for (unsigned i = 0; i < ASKS_MAX; i++)
		if (d->asks[i].fetch == NULL)
			return true;
	return false;
}

/* ---- the source ---- */

static int start_as(struct source *s, uint32_t type)
{
	struct docker *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return -ENOMEM;
	d->s = s;
	d->type = type;
	d->backoff = (struct backoff){ .least_ns = BACKOFF_NS,
				       .most_ns = BACKOFF_MAX,
				       .random = mono_now().ns };
	for (unsigned i = 0; i < ASKS_MAX; i++)
		d->asks[i].d = d;
	roster_init(&d->roster, CONTAINERS, mono_now().ns, LATER_NS, LEAVING_NS);
	s->self = d;
	return 0;
}

static int start_docker(struct source *s)
{
	return start_as(s, CONTAINER_DOCKER);
}

static int start_podman(struct source *s)
{
	return start_as(s, CONTAINER_PODMAN);
}

static struct mono step(struct source *s, struct mono now)
{
	struct docker *d = s->self;
	struct mono due;
	char gone[ROSTER_ID_MAX];

	while (roster_gone(&d->roster, now, gone))
		metadata_tell(s->md, &(struct meta_update){ .kind = META_CONTAINER_GONE,
							    .id = span_str(gone) });
	s->status.objects = d->roster.count;
	if (d->events == NULL && d->list == NULL && now.ns >= d->retry_at.ns) {
		follow(d, now);
		if (d->events != NULL)
			list(d, now);
	}
	if (d->events == NULL)
		return d->retry_at;
	if (!d->is_listed)
		return mono_after(now, NS_PER_SEC);
	inspect_some(d, now);
	due = roster_due(&d->roster, now);
	/* Answers come as calls. */
	return has_free_ask(d) || due.ns > now.ns ? due : mono_after(now, NS_PER_SEC);
}

static bool wish(struct source *s, const struct meta_wish *w, struct mono now)
{
	struct docker *d = s->self;

	if (w->kind != WISH_CONTAINER || w->type != d->type)
		return false;
	/* Who is not connected yet asks when he is, and lists what is there. */
	if (!roster_see(&d->roster, span_str(w->id), ROSTER_WISHED))
		return false;
	source_hurry(s, now);
	return true;
}

static void stop(struct source *s)
{
	struct docker *d = s->self;

	if (d == NULL)
		return;
	disconnect(d);
	roster_release(&d->roster);
	for (unsigned i = 0; i < IMAGES_MAX; i++)
		json_decref(d->images[i].names);
	free(d);
	s->self = NULL;
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
	.start = start_docker,
	.step = step,
	.wish = wish,
	.stop = stop,
};

const struct source_ops source_podman = {
	.name = "podman",
	.setting = "container_engines.podman",
	.find = find_podman,
	.start = start_podman,
	.step = step,
	.wish = wish,
	.stop = stop,
};
