/* SPDX-License-Identifier: Apache-2.0
 *
 * What containerd answered by Kubernetes' runtime interface, as recorded (tests/fuzz/corpus/
 * cri_answer), and what is made of it.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "container_record.h"
#include "container_type.h"
#include "cri_answer.h"
#include "grpc_frame.h"

#define APP "f63a3b98b73b8a8133d23c2e0ba5d5ae62477b0ef40364a59650398d62e94a93"
#define POD "812768f95217209d9b73605fe8abc20090c6db06f2eeb0bab85bd44cc472b72b"

static char file[1 << 20];

/* The message of a recorded answer. */
static struct span recorded(const char *name)
{
	struct span m = SPAN_NONE;
	char path[512];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), CORPUS "/cri_answer/%s", name);
	f = fopen(path, "re");
	cr_assert_not_null(f, "%s", path);
	n = fread(file, 1, sizeof(file), f);
	fclose(f);
	/* Some were recorded with their frame, some without. */
	return grpc_frame_only(span_of(file, n), &m) ? m : span_of(file, n);
}

static uint8_t out[RECORD_JSON_MAX];

static json_t *object(ssize_t n)
{
	json_t *ret;

	cr_assert(n > 0);
	ret = json_bounded_read(span_of(out, (size_t)n));
	cr_assert_not_null(ret);
	return ret;
}

static void text_is(const json_t *o, const char *key, const char *value)
{
	struct span got = json_text_at(o, key);

	cr_assert(span_is(got, value), "%s is %.*s, not %s", key, (int)got.n, (const char *)got.p,
		  value);
}

static bool is_set(const json_t *o, const char *key)
{
	return json_is_true(json_at(o, key));
}

Test(cri_answer, version)
{
	uint32_t type = 0;

	cr_assert(cri_read_version(recorded("cri-Version.bin"), &type));
	cr_assert(eq(u32, type, CONTAINER_CONTAINERD));
	cr_assert_not(cri_read_version(span_str("\x0a\x7f"), &type));
}

Test(cri_answer, a_container_and_its_pod)
{
	struct cri_sandbox *s = cri_read_sandbox(recorded("cri-PodSandboxStatus.bin"));
	struct cri_container *c = cri_read_container(recorded("cri-ContainerStatus.bin"));
	json_t *o, *mounts;

	cr_assert_not_null(s);
	cr_assert_not_null(c);
	cr_assert(span_is(cri_container_id(c), APP));
	cr_assert(span_is(cri_container_sandbox(c), POD));
	cr_assert_str_eq(cri_sandbox_id(s), POD);
	cr_assert(cri_sandbox_is_settled(s));
	o = object(cri_write(c, s, NULL, CONTAINER_CONTAINERD, out, sizeof(out)));
	text_is(o, "id", "f63a3b98b73b");
	text_is(o, "full_id", APP);
	text_is(o, "name", "app");
	text_is(o, "image", "docker.io/library/bb:1");
	text_is(o, "imagerepo", "docker.io/library/bb");
	text_is(o, "imagetag", "1");
	text_is(o, "imageid", "f6357936869ba30d866faa4fd6f5878f8baf44a284f2835dce3961b040a9ef65");
	text_is(o, "ip", "10.123.0.3");
	text_is(o, "pod_sandbox_id", POD);
	text_is(o, "User", "0");
	text_is(json_at(o, "labels"), "io.kubernetes.pod.name", "web-54c6c5454d-r944t");
	text_is(json_at(o, "pod_sandbox_labels"), "tier", "front");
	cr_assert_not(is_set(o, "privileged"));
	cr_assert_not(is_set(o, "host_network"));
	cr_assert(json_text_at(o, "cni_json").n > 0);
	mounts = json_at(o, "Mounts");
	cr_assert(eq(sz, json_array_size(mounts), 4));
	text_is(json_array_get(mounts, 0), "Destination", "/data");
	cr_assert(is_set(json_array_get(mounts, 0), "RW"));
	cr_assert_not(is_set(json_array_get(mounts, 1), "RW"));
	json_decref(o);
	cri_container_free(c);
	cri_sandbox_free(s);
}

Test(cri_answer, a_sandbox_is_a_container_too)
{
	struct cri_sandbox *s = cri_read_sandbox(recorded("cri-PodSandboxStatus.bin"));
	json_t *o = object(cri_write_sandbox(s, NULL, CONTAINER_CRIO, out, sizeof(out)));

	text_is(o, "full_id", POD);
	text_is(o, "name", "web-54c6c5454d-r944t");
	text_is(o, "image", "registry.k8s.io/pause:3.6");
	text_is(json_at(o, "labels"), "tier", "front");
	cr_assert(is_set(o, "is_pod_sandbox"));
	json_decref(o);
	cri_sandbox_free(s);
}

static unsigned nlisted;
static bool has_app;

static void each(void *ctx, struct span id)
{
	(void)ctx;
	nlisted++;
	cr_assert(eq(sz, id.n, 64));
	has_app |= span_is(id, APP);
}

Test(cri_answer, lists)
{
	cr_assert(grpc_each_id(recorded("cri-ListContainers.bin"), each, NULL));
	cr_assert(nlisted > 5);
	cr_assert(has_app);
	nlisted = 0;
	cr_assert(grpc_each_id(recorded("cri-ListPodSandbox.bin"), each, NULL));
	cr_assert(nlisted > 2);
	cr_assert_not(grpc_each_id(span_str("\x0a\x7f"), each, NULL));
}

Test(cri_answer, what_is_no_answer_is_refused)
{
	static const char *const bad[] = { "\x0a\x05", "\xff\xff\xff", "\x0a\x02\x0a\x09" };

	for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
		cr_assert_null(cri_read_sandbox(span_str(bad[i])));
		cr_assert_null(cri_read_container(span_str(bad[i])));
		cr_assert_null(native_read_container(span_str(bad[i])));
	}
	cr_assert_null(cri_read_container(SPAN_NONE), "it has no id");
}

/* An Envelope of containerd's: namespace, topic, event. */
#define ENVELOPE(topic, n)                                                                         \
	"\x12\x07"                                                                                 \
	"default\x1a" n topic "\x22\x0a\x0a\x01x\x12\x05\x0a\x03web"

Test(cri_answer, events_of_containerd)
{
	struct cri_event ev;

	cr_assert(native_read_event(span_str(ENVELOPE("/containers/create", "\x12")), &ev));
	cr_assert(eq(int, (int)ev.action, CRI_CAME));
	cr_assert_str_eq(ev.id, "web");
	cr_assert_str_eq(ev.space, "default");
	cr_assert(native_read_event(span_str(ENVELOPE("/tasks/exit", "\x0b")), &ev));
	cr_assert(eq(int, (int)ev.action, CRI_OTHER));
}

Test(cri_answer, events_of_the_interface)
{
	struct cri_event ev;

	cr_assert(cri_read_event(span_str("\x0a\x03web\x10\x01"), &ev));
	cr_assert(eq(int, (int)ev.action, CRI_CHANGED));
	cr_assert_str_eq(ev.id, "web");
	cr_assert(cri_read_event(span_str("\x0a\x03web\x10\x63"), &ev));
	cr_assert(eq(int, (int)ev.action, CRI_OTHER));
}

/* ---- frames ---- */

static char taken[64];

static void take(void *ctx, struct span m)
{
	size_t n = strlen(taken);

	(void)ctx;
	cr_assert(n + m.n + 2 < sizeof(taken));
	memcpy(taken + n, m.p, m.n);
	memcpy(taken + n + m.n, "|", 2);
}

Test(cri_answer, a_stream_comes_in_any_pieces)
{
	static const char all[] = "\0\0\0\0\3abc\0\0\0\0\0\0\0\0\0\2de";
	const size_t n = sizeof(all) - 1;
	struct grpc_stream s;

	for (size_t step = 1; step <= n; step++) {
		grpc_stream_init(&s, 16);
		taken[0] = '\0';
		for (size_t at = 0; at < n; at += step)
			cr_assert(eq(int,
				     grpc_stream_feed(
					     &s, span_of(all + at, step < n - at ? step : n - at),
					     take, NULL),
				     0));
		cr_assert_str_eq(taken, "abc||de|");
		grpc_stream_release(&s);
	}
}

Test(cri_answer, a_message_too_long_ends_the_stream)
{
	struct grpc_stream s;

	grpc_stream_init(&s, 16);
	cr_assert(eq(int, grpc_stream_feed(&s, span_of("\0\0\0\0\21", 5), take, NULL), -EPROTO));
	grpc_stream_release(&s);
	cr_assert(eq(int, grpc_stream_feed(&s, span_of("\1\0\0\0\1", 5), take, NULL), -EPROTO),
		  "compressed, which nobody asked for");
	grpc_stream_release(&s);
}

Test(cri_answer, questions_fit_or_are_none)
{
	uint8_t frame[CRI_QUESTION_MAX];
	char longer[1024];
	struct span m;

	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	cr_assert(grpc_frame_only(span_of(frame, cri_ask_status(frame, APP)), &m));
	cr_assert(eq(sz, m.n, 68));
	cr_assert(eq(sz, cri_ask_status(frame, longer), 0));
	cr_assert(eq(sz, cri_ask_image(frame, span_str(longer)), 0));
	cr_assert(eq(sz, native_ask(frame, span_str(longer)), 0));
	cr_assert(eq(sz, cri_ask_nothing(frame), 5));
}
