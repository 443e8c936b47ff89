/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-metadata [--json]: what it costs to know of containers: CPU ns that an event of a process in
 * a container takes more in the enricher than one of a process of the host, and memory that ten
 * thousand containers and five hundred pods take, in the enricher (tables, texts, what its thread
 * remembers of them) and in the evaluator's mirror of it.
 *
 * Memory is what malloc() has given out, before and after; time is the best of many rounds.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "container_record.h"
#include "enrich.h"
#include "mailbox.h"
#include "mirror.h"
#include "roster.h"

enum { CONTAINERS = 10000, PODS = 500, ROUNDS = 400, EVENTS = 2000 };

static struct mirror *mirror;
static struct enrich *enrich;
static uint64_t counts[RING_COUNTS], frames;
static uint8_t out[WIRE_MAX_PAYLOAD], in[WIRE_MAX_PAYLOAD];

static void must(bool is_so, const char *what)
{
	if (is_so)
		return;
	fprintf(stderr, "bench-metadata: %s\n", what);
	exit(EXIT_FAILURE);
}

/* ---- the enricher, and the mirror behind it ---- */

static uint8_t *reserve(void *ctx, size_t cap)
{
	(void)ctx;
	return cap <= sizeof(out) ? out : NULL;
}

static void submit(void *ctx, uint16_t type, size_t len)
{
	(void)ctx;
	frames++;
	if (type != FRAME_EVENT && type != FRAME_GAP)
		must(mirror_apply(mirror, type, span_of(out, len)) == 0, "the mirror refuses");
}

static void abandon(void *ctx)
{
	(void)ctx;
}

static void make(void)
{
	struct mirror_limits limits = { 4096, 256, 256, 16384, 1, 0 };
	struct ring_wants wants = { .version = 1 };
	struct enrich_params p = { .sink = { NULL, reserve, submit, abandon },
				   .counts = counts,
				   .seed = 1,
				   .threads = 4096,
				   .users = 512 };

	memset(wants.events, 0xff, sizeof(wants.events));
	must(mirror_new(&limits, &mirror) == 0 && enrich_new(&p, &enrich) == 0, "no memory");
	enrich_want(enrich, &wants);
}

/* ---- events ---- */

static struct param *param(struct raw_event *ev, const char *name)
{
	int i = event_param_index(ev->code, span_str(name));

	must(i >= 0, name);
	return &ev->params[i];
}

static struct raw_event event(unsigned code, int64_t tid)
{
	struct raw_event ev = {
		.code = (uint16_t)code, .tid = tid, .pid = -1, .ts_ns = 1, .num = 1
	};

	ev.nparams = event_info(code)->nparams;
	return ev;
}

static void feed(const struct raw_event *ev)
{
	ssize_t n = wire_encode_raw_event(in, sizeof(in), ev);
	struct ring_frame frame = { .type = FRAME_RAW_EVENT, .seq = 1 };

	must(n > 0, "an event cannot be written");
	frame.payload = span_of(in, (size_t)n);
	must(enrich_frame(enrich, &frame, 1) == 0, "the enricher refuses an event");
}

static void process(int64_t pid, const char *cgroups)
{
	struct raw_event ev = event(EVENT_SYSCALL_CLONE_20_X, pid);
	static const struct {
		const char *name;
		int64_t value;
	} ints[] = { { "res", 0 }, { "ptid", 1 }, { "flags", 0 } };

	for (size_t i = 0; i < ARRAY_LEN(ints); i++)
		*param(&ev, ints[i].name) = (struct param){ .kind = PARAM_INT, .i = ints[i].value };
	*param(&ev, "tid") = *param(&ev, "pid") = *param(&ev, "vtid") = *param(&ev, "vpid") =
		(struct param){ .kind = PARAM_INT, .i = pid };
	*param(&ev, "comm") = (struct param){ .kind = PARAM_BYTES, .s = span_str("sh") };
	*param(&ev, "cgroups") = (struct param){ .kind = PARAM_BYTES, .s = span_str(cgroups) };
	feed(&ev);
}

/* ---- containers and pods as runtimes and Kubernetes tell of them ---- */

static void id_of(unsigned i, char id[65])
{
	snprintf(id, 65, "%012x%052x", i + 1, i);
}

static void tell_container(unsigned i)
{
	static struct container_record r;
	static uint8_t json[RECORD_JSON_MAX];
	static char id[65], pod[65], value[8][64];
	static const char *const keys[] = { "io.kubernetes.container.name",
					    "io.kubernetes.pod.name",
					    "io.kubernetes.pod.namespace",
					    "io.kubernetes.pod.uid",
					    "app.kubernetes.io/name",
					    "app.kubernetes.io/instance",
					    "pod-template-hash",
					    "com.example.team" };
	ssize_t n;

	id_of(i, id);
	id_of(i % PODS + CONTAINERS, pod);
	r = (struct container_record){ .type = 7,
				       .full_id = span_str(id),
				       .name = span_str("server"),
				       .image =
					       span_str("registry.example.com/team/service:1.27.3"),
				       .image_id = span_str(pod),
				       .image_repository =
					       span_str("registry.example.com/team/service"),
				       .image_tag = span_str("1.27.3"),
				       .image_digest = span_str(id),
				       .user = span_str("1000"),
				       .ip = span_str("10.123.45.67"),
				       .sandbox_id = span_str(pod) };
	for (unsigned k = 0; k < ARRAY_LEN(keys); k++) {
		snprintf(value[k], sizeof(value[k]), "value-%u-of-label-%u", i, k);
		r.labels[r.nlabels++] =
			(struct record_pair){ span_str(keys[k]), span_str(value[k]) };
	}
	for (unsigned k = 0; k < 4; k++)
		r.mounts[r.nmounts++] = (struct record_mount){
			.source = span_str("/var/lib/kubelet/pods/4348581d-93ad-4c9c-93fd-"
					   "c71bd2cb4d20/volumes/kubernetes.io~empty-dir/data"),
			.destination = span_str("/var/lib/data"),
			.mode = span_str(""),
			.propagation = span_str("private"),
			.writable = true
		};
	n = container_record_write(&r, json, sizeof(json));
	must(n > 0, "a container cannot be written");
	enrich_container(enrich, span_of(json, (size_t)n));
}

static void tell_pod(unsigned i)
{
	char uid[64], json[2048];

	snprintf(uid, sizeof(uid), "4348581d-93ad-4c9c-93fd-%012x", i);
	snprintf(
		json, sizeof(json),
		"{\"name\":\"web-%u\",\"namespace\":\"shop\",\"uid\":\"%s\",\"ip\":\"10.1.2.3\","
		"\"labels\":{\"app\":\"web\",\"tier\":\"front\",\"pod-template-hash\":\"54c6c5454d\"},"
		"\"ns\":{\"name\":\"shop\",\"uid\":\"%s\",\"labels\":{\"team\":\"shop\"}},"
		"\"deployment\":{\"name\":\"web\",\"uid\":\"%s\",\"labels\":{\"app\":\"web\"}},"
		"\"rs\":{\"name\":\"web-54c6c5454d\",\"uid\":\"%s\",\"labels\":{\"app\":\"web\"}},"
		"\"svc\":[{\"name\":\"web\",\"uid\":\"%s\",\"labels\":{\"app\":\"web\"}}]}",
		i, uid, uid, uid, uid, uid);
	enrich_pod(enrich, span_str(uid), span_str(json));
}

/* ---- memory ---- */

static size_t given_out(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

struct memory {
	size_t enricher_texts, mirror, roster;
};

/* What the thread remembers of each: its name, and what is to be done about it. */
static size_t roster_bytes(void)
{
	struct roster r;
	size_t before = given_out(), n;
	char id[65];

	roster_init(&r, 16384, 1, 1, 1);
	for (unsigned i = 0; i < CONTAINERS; i++) {
		id_of(i, id);
		must(roster_see(&r, span_str(id), ROSTER_IF_NEW), "the roster is full");
	}
	n = given_out() - before;
	roster_release(&r);
	return n;
}

static struct memory measure_memory(void)
{
	struct enrich_status before, after;
	struct mirror_status m0, m1;
	struct memory ret;

	enrich_status(enrich, &before);
	mirror_status(mirror, &m0);
	for (unsigned i = 0; i < CONTAINERS; i++)
		tell_container(i);
	for (unsigned i = 0; i < PODS; i++)
		tell_pod(i);
	enrich_status(enrich, &after);
	mirror_status(mirror, &m1);
	must(after.containers.used == CONTAINERS && after.pods.used == PODS, "not all are there");
	ret.enricher_texts = after.memory_bytes - before.memory_bytes +
			     (size_t)after.containers.max * after.containers.entry_bytes +
			     (size_t)after.pods.max * after.pods.entry_bytes;
	ret.mirror = m1.bytes - m0.bytes;
	ret.roster = roster_bytes();
	return ret;
}

/* ---- time ---- */

static double cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* CPU ns of an event of PID; with BOX, the loop's look for mail before it as well. */
static double time_events(int64_t pid, const struct mailbox *box)
{
	struct raw_event ev = event(EVENT_SYSCALL_GETCWD_X, pid);
	ssize_t n;
	struct ring_frame frame = { .type = FRAME_RAW_EVENT, .seq = 1 };
	double best = 1e18;

	*param(&ev, "res") = (struct param){ .kind = PARAM_INT, .i = -2 };
	n = wire_encode_raw_event(in, sizeof(in), &ev);
	frame.payload = span_of(in, (size_t)n);
	for (unsigned r = 0; r < ROUNDS; r++) {
		double from = cpu_ns(), took;

		for (unsigned i = 0; i < EVENTS; i++) {
			if (box != NULL && mailbox_has_mail(box))
				abort();
			if (enrich_frame(enrich, &frame, 1) < 0)
				abort();
		}
		took = (cpu_ns() - from) / EVENTS;
		best = took < best ? took : best;
	}
	return best;
}

int main(int argc, char **argv)
{
	bool as_json = argc > 1 && strcmp(argv[1], "--json") == 0;
	char cgroups[128], id[65];
	struct mailbox box;
	struct memory m;
	double host, inside;

	make();
	must(mailbox_init(&box, 4096, 1 << 20) == 0, "no memory");
	id_of(7, id);
	snprintf(cgroups, sizeof(cgroups), "cpu=/docker/%s", id);
	process(100, "cpu=/user.slice");
	process(200, cgroups);
	m = measure_memory();
	host = time_events(100, NULL);
	inside = time_events(200, &box);
	if (as_json)
		printf("{\"event_of_host_ns\":%.1f,\"event_of_container_ns\":%.1f,\"warm_ns\":%.1f,"
		       "\"enricher_bytes\":%zu,\"thread_bytes\":%zu,\"mirror_bytes\":%zu,"
		       "\"all_bytes\":%zu}\n",
		       host, inside, inside - host, m.enricher_texts, m.roster, m.mirror,
		       m.enricher_texts + m.roster + m.mirror);
	else
		printf("an event of the host        %8.1f ns in the enricher\n"
		       "an event of a container     %8.1f ns, its look for mail included: %+.1f ns\n"
		       "%u containers, %u pods, bytes:\n"
		       "  enricher, tables and texts %10zu\n"
		       "  enricher, its thread       %10zu\n"
		       "  evaluator, the mirror      %10zu\n"
		       "  together                   %10zu (%.1f MiB)\n",
		       host, inside, inside - host, CONTAINERS, PODS, m.enricher_texts, m.roster,
		       m.mirror, m.enricher_texts + m.roster + m.mirror,
		       (double)(m.enricher_texts + m.roster + m.mirror) / (1 << 20));
	mailbox_release(&box);
	enrich_free(enrich);
	mirror_free(mirror);
	return EXIT_SUCCESS;
}
