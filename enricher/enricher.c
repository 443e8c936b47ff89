/* SPDX-License-Identifier: Apache-2.0
 *
 * enricher.c -- mews-enricher: ring raw in, ring enriched out, the state between
 * them.  The core does the work; here are the rings, the host's passwd and group
 * files, and what the evaluator wants, passed on to the collector.
 *
 * It keeps no privilege: the two files may be read by everybody, and are looked at
 * again when they change.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "enrich.h"
#include "host_file.h"
#include "log.h"
#include "stage.h"
#include "thread.h"

#define TURN_FRAMES 1024 /* the next stage is woken behind each turn */
#define FILES_NS    (2 * NS_PER_SEC)
#define TURN_MAIL   64
#define WANTS_NS    (500 * NS_PER_MSEC) /* between two changes of what is wanted */
#define NAMES_NS    (5 * NS_PER_SEC) /* or of names, each of which may move thousands of addresses */

#define MAX_PLACES 16

struct enricher {
	struct stage *st;
	struct enrich *core;
	struct ring_wants wants;
	struct host_file passwd, group;
	struct confine_place places[MAX_PLACES];
	char host_etc[HOST_PATH_MAX];
	bool host_users;	   /* the host's users are those of the events */
	struct metadata *metadata; /* NULL: the events bring their own */
	struct mono next_files, next_wants, next_names;
	bool names_unsaid; /* that rules ask for, to who looks them up */
};

/* ---- users ---- */

static void read_users(struct enricher *er)
{
	struct span passwd, group;

	if (!er->host_users)
		return;
	passwd = host_file_read(&er->passwd);
	group = host_file_read(&er->group);
	/* Without passwd there is nothing to replace what we have. */
	if (passwd.n == 0)
		log_rationed(LOG_LEVEL_WARNING, "cannot read '%s', names of users may be missing",
			     er->passwd.path);
	else
		enrich_host_users(er->core, passwd, group);
	free((void *)(uintptr_t)passwd.p);
	free((void *)(uintptr_t)group.p);
}

static void look_at_users(struct enricher *er)
{
	bool passwd = host_file_changed(&er->passwd), group = host_file_changed(&er->group);

	if (passwd || group)
		read_users(er);
}

/* ---- the core's sink ---- */

static uint8_t *sink_reserve(void *ctx, size_t cap)
{
	return stage_reserve(ctx, cap);
}

static void sink_submit(void *ctx, uint16_t type, size_t len)
{
	struct stage *st = ctx;

	outlet_submit(st->out, type, 0, len);
}

static void sink_abandon(void *ctx)
{
	struct stage *st = ctx;

	outlet_abandon(st->out);
}

static uint64_t written(void *ctx)
{
	const struct stage *st = ctx;

	return outlet_written(st->out);
}

static uint64_t read_by_now(void *ctx)
{
	const struct stage *st = ctx;

	return outlet_read(st->out);
}

/* ---- metadata ---- */

static void copy_text(char *to, size_t cap, struct span s)
{
	size_t n = s.n < cap ? s.n : cap - 1;

	if (n > 0)
		memcpy(to, s.p, n);
	to[n] = '\0';
}

/* The core's word of a container or a pod that it knows nothing of. */
static bool ask(void *ctx, const struct container_wish *wish)
{
	const struct enricher *er = ctx;
	struct meta_wish w = { .kind = wish->is_pod ? WISH_POD : WISH_CONTAINER,
			       .type = wish->type };

	copy_text(w.id, sizeof(w.id), wish->id);
	copy_text(w.space, sizeof(w.space), wish->space);
	return metadata_wish(er->metadata, &w);
}

/* The core's word of a task that it has to be told of. */
static bool read_again(void *ctx, const struct ring_ask *ask)
{
	const struct enricher *er = ctx;

	return inlet_ask(er->st->in, ask);
}

static void take_update(struct enricher *er, const struct meta_update *u)
{
	switch (u->kind) {
	case META_CONTAINER:
		enrich_container(er->core, u->text);
		return;
	case META_CONTAINER_GONE:
		enrich_container_gone(er->core, u->id);
		return;
	case META_CONTAINER_ABSENT:
		enrich_container_absent(er->core, u->id);
		return;
	case META_POD:
		enrich_pod(er->core, u->id, u->text);
		return;
	case META_POD_ABSENT:
		enrich_pod_absent(er->core, u->id);
		return;
	case META_POD_GONE:
		enrich_pod_gone(er->core, u->id);
		return;
	case META_NAME:
		enrich_name(er->core, u->id, u->text);
		return;
	default:
		return;
	}
}

static int take_mail(struct enricher *er)
{
	int n = 0;

	while (n < TURN_MAIL && metadata_has_mail(er->metadata)) {
		struct meta_update *u = metadata_take(er->metadata);

		if (u == NULL)
			break;
		take_update(er, u);
		free(u);
		n++;
	}
	return n;
}

static void wake(void *ctx)
{
	stage_wake(ctx);
}

/* Which sources there may be, and the groups that reach them. */
static int find_metadata(struct stage *st, struct enricher *er)
{
	int err = metadata_open(&st->conf, &er->metadata);

	if (err < 0) {
		log_error("cannot prepare for metadata: %s", strerror(-err));
		return EXIT_HOST;
	}
	metadata_bell(er->metadata, wake, st);
	st->wants.groups.count =
		metadata_groups(er->metadata, st->wants.groups.gid, JAIL_GROUPS_MAX);
	st->wants.network = metadata_needs_network(er->metadata);
	return EXIT_OK;
}

/* ---- what is left of the file system ---- */

/* The run directory for sockets of our own; users' and hosts' names, and what looks them up;
 * tokens.  Sockets of runtimes are reached without a right to their place. */
static void name_places(struct stage *st, struct enricher *er)
{
	static const char *const read[] = { "/etc",
					    "/sys/devices/system/cpu",
					    "/lib",
					    "/lib64",
					    "/usr/lib",
					    "/usr/share/ca-certificates",
					    "/run/systemd/resolve" };
	const char *more[MAX_PLACES - 3 - ARRAY_LEN(read)], *root = getenv("HOST_ROOT");
	unsigned n = metadata_reads(er->metadata, more, ARRAY_LEN(more));

	snprintf(er->host_etc, sizeof(er->host_etc), "%s/etc", root == NULL ? "" : root);
	er->places[st->nplaces++] = (struct confine_place){ st->run_dir, CONFINE_SOCKETS };
	er->places[st->nplaces++] = (struct confine_place){ er->host_etc, CONFINE_READ };
	for (unsigned i = 0; i < ARRAY_LEN(read); i++)
		er->places[st->nplaces++] = (struct confine_place){ read[i], CONFINE_READ };
	for (unsigned i = 0; i < n; i++)
		er->places[st->nplaces++] = (struct confine_place){ more[i], CONFINE_READ };
	if (st->wants.network)
		er->places[st->nplaces++] = (struct confine_place){ NULL, CONFINE_TCP };
	st->places = er->places;
}

/* ---- the stage ---- */

static int setup(struct stage *st, void *ctx)
{
	struct enricher *er = ctx;
	struct enrich_params p = {
		.sink = { st, sink_reserve, sink_submit, sink_abandon },
		.ask = st->replay ? NULL : ask,
		.read_again = st->replay ? NULL : read_again,
		.ask_ctx = er,
		.written = st->replay ? NULL : written,
		.read = st->replay ? NULL : read_by_now,
		.counts = st->counts.v,
		.threads = st->conf.thread_table_size > UINT32_MAX
				   ? UINT32_MAX
				   : (uint32_t)st->conf.thread_table_size,
		.capture = st->replay,
		/* No predecessor can have made one a nanosecond. */
		.first_key = st->replay ? 0 : mono_now().ns,
	};
	int err, code;

	er->st = st;
	if (getrandom(&p.seed, sizeof(p.seed), 0) != sizeof(p.seed)) {
		log_error("cannot get random bytes: %s", strerror(errno));
		return EXIT_HOST;
	}
	er->host_users = !st->replay; /* a capture brings its own */
	if (host_file_init(&er->passwd, "passwd") < 0 || host_file_init(&er->group, "group") < 0) {
		log_error("HOST_ROOT is too long");
		return EXIT_INPUT;
	}
	err = enrich_new(&p, &er->core);
	if (err < 0) {
		log_error("cannot make the tables for %u threads: %s", p.threads, strerror(-err));
		return err == -EINVAL ? EXIT_INPUT : EXIT_HOST;
	}
	st->grows_bytes = enrich_may_grow(er->core);
	code = st->replay ? EXIT_OK : find_metadata(st, er);
	name_places(st, er);
	return code;
}

static int start(struct stage *st, void *ctx)
{
	struct enricher *er = ctx;

	(void)st;
	look_at_users(er);
	if (er->metadata != NULL)
		metadata_look(er->metadata);
	return EXIT_OK;
}

/* The evaluator's wants are ours, and the collector's: it adds what keeps state.  They are not followed more
 * often than makes sense. */
static void follow_wants(struct stage *st, struct enricher *er, struct mono now)
{
	if (now.ns < er->next_wants.ns) {
		st->due = er->next_wants;
		return;
	}
	if (!outlet_wants(st->out, &er->wants))
		return;
	er->next_wants = mono_after(now, WANTS_NS);
	enrich_want(er->core, &er->wants);
	inlet_want(st->in, &er->wants);
}

/* So are the events like which it wants no more. */
static void pass_mutes_on(struct stage *st)
{
	uint64_t num;

	for (unsigned i = 0; i < RING_MUTES && outlet_muted(st->out, &num); i++)
		inlet_mute(st->in, num);
}

static bool wish_name(struct enricher *er, struct span name)
{
	struct meta_wish w = { .kind = WISH_NAME };

	copy_text(w.id, sizeof(w.id), name);
	return metadata_wish(er->metadata, &w);
}

static bool wish_names(struct enricher *er, const struct host_names *names)
{
	for (unsigned i = 0; i < names->n; i++)
		if (!wish_name(er, names->name[i]))
			return false;
	return wish_name(er, SPAN_NONE);
}

/* The host names that rules ask for are not the collector's business: whose addresses they are is found here. */
static void follow_names(struct stage *st, struct enricher *er, struct mono now)
{
	static uint8_t text[RING_NAMES];
	static struct host_names names;
	size_t n;

	if (er->metadata == NULL || now.ns < er->next_names.ns)
		return;
	if (outlet_names(st->out, text, &n)) {
		er->next_names = mono_after(now, NAMES_NS);
		er->names_unsaid = wire_decode_host_names(span_of(text, n), &names) == 0;
		if (er->names_unsaid)
			enrich_want_names(er->core, &names);
		else
			log_rationed(LOG_LEVEL_WARNING,
				     "the names that rules ask for made no sense");
	}
	if (!er->names_unsaid)
		return;
	er->next_names = mono_after(now, NAMES_NS);
	er->names_unsaid = !wish_names(er, &names);
	if (!er->names_unsaid || metadata_takes(er->metadata, WISH_NAME))
		return; /* there was no room for all: once more */
	er->names_unsaid = false;
	if (names.n > 0)
		log_rationed(
			LOG_LEVEL_INFO,
			"names of hosts that rules ask for are not looked up (%u), and match no "
			"address: see mews.resolve_names",
			names.n);
}

static void look_around(struct stage *st, struct enricher *er, struct mono now)
{
	follow_wants(st, er, now);
	pass_mutes_on(st);
	follow_names(st, er, now);
	enrich_look_again(er->core);
	if (now.ns >= er->next_files.ns) {
		er->next_files = mono_after(now, FILES_NS);
		look_at_users(er);
		enrich_sweep(er->core);
		if (er->metadata != NULL)
			metadata_look(er->metadata);
	}
}

static int turn(struct stage *st, void *ctx, struct mono now)
{
	struct enricher *er = ctx;
	struct ring_frame frame;
	int n = 0, err;

	look_around(st, er, now);
	if (__builtin_expect(metadata_has_mail(er->metadata), 0))
		n = take_mail(er);
	for (; n < TURN_FRAMES && inlet_next(st->in, &frame) > 0; n++) {
		/* What lives has no end: who says so would end all of us. */
		if (frame.type == FRAME_END && st->replay)
			return stage_end(st);
		err = enrich_frame(er->core, &frame, inlet_generation(st->in));

		if (err == -ECANCELED)
			return n;
		if (frame.type == FRAME_RAW_EVENT && (frame.flags & RING_FRAME_AGAIN) == 0)
			stage_sample(st, enrich_last_ts(er->core));
		if (err < 0)
			log_rationed(LOG_LEVEL_WARNING,
				     "a frame of type %s made no sense, counted and passed over",
				     frame_type_name(frame.type));
	}
	return n;
}

static int reload(struct stage *st, void *ctx, char *text, size_t cap)
{
	(void)st;
	read_users(ctx);
	snprintf(text, cap, "users and groups");
	return 0;
}

static void status(struct stage *st, void *ctx, struct stage_status *s)
{
	struct enricher *er = ctx;
	const uint64_t *counts = st->counts.v;
	struct enrich_status es;

	enrich_status(er->core, &es);
	s->gauges.v[ENRICHER_GAUGE_THREADS] = es.threads.used;
	s->gauges.v[ENRICHER_GAUGE_THREADS_MAX] = es.threads.max;
	s->gauges.v[ENRICHER_GAUGE_USERS] = es.users.used;
	s->gauges.v[ENRICHER_GAUGE_CONTAINERS] = es.containers.used;
	s->gauges.v[ENRICHER_GAUGE_PODS] = es.pods.used;
	s->gauges.v[ENRICHER_GAUGE_FILES] = es.fds;
	s->gauges.v[ENRICHER_GAUGE_STATE_BYTES] = es.memory_bytes;
	s->gauges.v[ENRICHER_GAUGE_STATE_BYTES_MAX] = es.memory_max;
	snprintf(s->detail, sizeof(s->detail),
		 "threads %u of %u (%u B each), users and groups %u of %u (%u B), "
		 "containers %u of %u (%u B), pods %u of %u, %u descriptors a process, "
		 "texts and descriptors %zu of %zu MiB; %" PRIu64 " left out",
		 es.threads.used, es.threads.max, es.threads.entry_bytes, es.users.used,
		 es.users.max, es.users.entry_bytes, es.containers.used, es.containers.max,
		 es.containers.entry_bytes, es.pods.used, es.pods.max, es.fds_per_process,
		 es.memory_bytes >> 20, es.memory_max >> 20,
		 counts[ENRICHER_PROCESSES_EVICTED] + counts[ENRICHER_FILES_EVICTED] +
			 counts[ENRICHER_USERS_REFUSED] + counts[ENRICHER_CONTAINERS_EVICTED] +
			 counts[ENRICHER_MEMORY_REFUSED]);
	if (er->metadata != NULL)
		s->nsources =
			metadata_status(er->metadata, mono_now(), s->sources, CONTROL_MAX_SOURCES);
}

static void list(struct stage *st, void *ctx, const struct control_request *req,
		 struct control_answer *ret)
{
	static uint8_t page[CONTROL_PAGE_BYTES];
	struct enricher *er = ctx;
	char *end;

	(void)st;
	if (req->kind != CONTROL_PODS && req->kind != CONTROL_CONTAINERS) {
		ret->result = -EOPNOTSUPP;
		return;
	}
	ret->next = strtoull(req->argument, &end, 10);
	if (*end != '\0') {
		ret->result = -EINVAL;
		snprintf(ret->text, sizeof(ret->text), "not a number");
		return;
	}
	if (req->kind == CONTROL_PODS)
		ret->page =
			span_of(page, enrich_list_pods(er->core, &ret->next, page, sizeof(page)));
	else
		ret->page = span_of(
			page, enrich_list_containers(er->core, &ret->next, page, sizeof(page)));
}

static int put_frame(void *ctx, uint16_t type, struct span payload)
{
	return frame_sink_put(ctx, type, payload);
}

static int snapshot(void *ctx, struct frame_sink *sink)
{
	struct enricher *er = ctx;

	return enrich_snapshot(er->core, outlet_offered(er->st->out), put_frame, sink);
}

static bool has_state(void *ctx)
{
	const struct enricher *er = ctx;

	return enrich_has_state(er->core);
}

static void stop(struct stage *st, void *ctx)
{
	struct enricher *er = ctx;

	(void)st;
	metadata_close(er->metadata);
	er->metadata = NULL;
	enrich_free(er->core);
	er->core = NULL;
}

static const struct stage_ops ops = {
	.id = STAGE_ENRICHER,
	.setup = setup,
	.start = start,
	.turn = turn,
	.reload = reload,
	.status = status,
	.list = list,
	.snapshot = snapshot,
	.has_state = has_state,
	.stop = stop,
};

int main(int argc, char **argv)
{
	static struct enricher er;

	return stage_main(&ops, &er, argc, argv);
}
