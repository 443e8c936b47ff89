/* SPDX-License-Identifier: Apache-2.0
 *
 * What Docker and Podman answered, as recorded (tests/fuzz/corpus/docker_answer), and
 * what is made of it.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "container_record.h"
#include "docker_answer.h"

#define WEB "cb9d12acb858686ee0c34bde94ee24ffb2c1a8dcb6ea0222bf93e8fadfc24d81"

static char file[1 << 20];

static struct span recorded(const char *name)
{
	char path[512];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), CORPUS "/docker_answer/%s", name);
	f = fopen(path, "re");
	cr_assert_not_null(f, "%s", path);
	n = fread(file, 1, sizeof(file), f);
	fclose(f);
	return span_of(file, n);
}

/* The container's object, as it goes to the event loop. */
static json_t *made_of(struct span inspect, const char *image)
{
	static uint8_t out[RECORD_JSON_MAX];
	json_t *top = json_bounded_read(inspect), *names, *ret;
	ssize_t n;

	cr_assert_not_null(top);
	names = image == NULL ? NULL : docker_read_image(span_str(image));
	n = docker_write(top, names, 11, out, sizeof(out));
	json_decref(names);
	json_decref(top);
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

Test(docker_answer, docker_inspect)
{
	json_t *o = made_of(recorded("docker-inspect.json"),
			    "{\"RepoTags\":[\"bb:1\"],\"RepoDigests\":[\"docker.io/library/"
			    "bb@sha256:aa\"]}"),
	       *mount = json_array_get(json_at(o, "Mounts"), 0);

	text_is(o, "id", "cb9d12acb858");
	text_is(o, "full_id", WEB);
	text_is(o, "name", "web");
	text_is(o, "image", "docker.io/library/bb:1");
	text_is(o, "imageid", "f6357936869ba30d866faa4fd6f5878f8baf44a284f2835dce3961b040a9ef65");
	text_is(o, "imagerepo", "docker.io/library/bb");
	text_is(o, "imagetag", "1");
	text_is(o, "imagedigest", "sha256:aa");
	cr_assert(is_set(o, "privileged"));
	cr_assert_not(is_set(o, "host_network"));
	text_is(json_at(o, "labels"), "com.example.team", "checkout");
	text_is(mount, "Source", "/etc");
	text_is(mount, "Destination", "/hostetc");
	text_is(mount, "Mode", "ro");
	text_is(mount, "Propagation", "rprivate");
	cr_assert_not(is_set(mount, "RW"));
	cr_assert_null(json_at(o, "env"), "secrets stay where they are");
	json_decref(o);
}

Test(docker_answer, podman_inspect_by_the_same_api)
{
	json_t *o = made_of(recorded("podman-inspect.json"), NULL);

	text_is(o, "id", "1163795d1f7b");
	text_is(o, "name", "c1");
	text_is(o, "imagerepo", "docker.io/library/bb");
	text_is(json_at(o, "labels"), "team", "x");
	cr_assert(eq(int, (int)json_integer_value(json_at(o, "type")), 11));
	json_decref(o);
}

Test(docker_answer, host_namespaces_and_addresses)
{
	json_t *o = made_of(
		span_str("{\"Id\":\"0123456789abcdef\",\"Name\":\"/n\",\"Config\":{\"Image\":\"x\","
			 "\"User\":\"1000\"},\"HostConfig\":{\"PidMode\":\"host\",\"IpcMode\":"
			 "\"host\",\"NetworkMode\":\"host\"},\"NetworkSettings\":{\"IPAddress\":"
			 "\"\",\"Networks\":{\"a\":{\"IPAddress\":\"10.1.2.3\"}}}}"),
		NULL);

	cr_assert(is_set(o, "host_pid"));
	cr_assert(is_set(o, "host_ipc"));
	cr_assert(is_set(o, "host_network"));
	text_is(o, "ip", "10.1.2.3");
	text_is(o, "User", "1000");
	text_is(o, "imagetag", "latest");
	json_decref(o);
}

Test(docker_answer, an_image_by_digest_has_the_name_that_it_has)
{
	json_t *o = made_of(
		span_str("{\"Id\":\"0123456789abcdef\",\"Image\":\"sha256:"
			 "f6357936869ba30d866faa4fd6f5878f8baf44a284f2835dce3961b040a9ef65\","
			 "\"Config\":{\"Image\":\"sha256:"
			 "f6357936869ba30d866faa4fd6f5878f8baf44a284f2835dce3961b040a9ef65\"}}"),
		"{\"RepoTags\":[\"reg:5000/a/b:2\"],\"RepoDigests\":[]}");

	text_is(o, "imagerepo", "reg:5000/a/b");
	text_is(o, "imagetag", "2");
	json_decref(o);
}

static unsigned nlisted;
static char listed[4][80];

static void each(void *ctx, struct span id)
{
	(void)ctx;
	cr_assert(nlisted < ARRAY_LEN(listed) && id.n < sizeof(listed[0]));
	memcpy(listed[nlisted++], id.p, id.n);
}

Test(docker_answer, list)
{
	cr_assert(docker_read_list(recorded("docker-list.json"), each, NULL));
	cr_assert(eq(u32, nlisted, 2));
	cr_assert_str_eq(listed[1], WEB);
	cr_assert(docker_read_list(span_str("[]"), each, NULL));
	cr_assert_not(docker_read_list(span_str("{\"message\":\"no\"}"), each, NULL));
	cr_assert_not(docker_read_list(SPAN_NONE, each, NULL));
}

static unsigned count_events(const char *name, enum docker_action action)
{
	struct span all = recorded(name);
	unsigned n = 0;

	while (all.n > 0) {
		const uint8_t *end = memchr(all.p, '\n', all.n);
		struct docker_event ev;

		if (end == NULL)
			break;
		if (end > all.p) {
			cr_assert(docker_read_event(span_of(all.p, (size_t)(end - all.p)), &ev));
			n += ev.action == action;
			json_decref(ev.attributes);
		}
		all = span_of(end + 1, all.n - (size_t)(end - all.p) - 1);
	}
	return n;
}

Test(docker_answer, events)
{
	cr_assert(eq(u32, count_events("docker-events.ndjson", DOCKER_CAME), 2));
	cr_assert(count_events("docker-events.ndjson", DOCKER_OTHER) > 2);
	cr_assert(eq(u32, count_events("podman-events.ndjson", DOCKER_CAME), 1));
	cr_assert(eq(u32, count_events("podman-events.ndjson", DOCKER_WENT), 2));
}

Test(docker_answer, what_an_event_tells_of_who_is_gone)
{
	static uint8_t out[RECORD_JSON_MAX];
	struct docker_event ev;
	json_t *o;
	ssize_t n;

	cr_assert(docker_read_event(
		span_str("{\"Type\":\"container\",\"Action\":\"create\",\"Actor\":{\"ID\":\"" WEB
			 "\",\"Attributes\":{\"image\":\"reg/bb:1\",\"name\":\"evt\",\"podId\":"
			 "\"\",\"made.by\":\"kit\"}}}"),
		&ev));
	cr_assert(eq(int, (int)ev.action, DOCKER_CAME));
	n = docker_write_event(span_str(ev.id), ev.attributes, 11, out, sizeof(out));
	json_decref(ev.attributes);
	cr_assert(n > 0);
	o = json_bounded_read(span_of(out, (size_t)n));
	text_is(o, "full_id", WEB);
	text_is(o, "name", "evt");
	text_is(o, "imagerepo", "reg/bb");
	text_is(o, "imagetag", "1");
	text_is(json_at(o, "labels"), "made.by", "kit");
	cr_assert_null(json_at(json_at(o, "labels"), "podId"));
	json_decref(o);
}

Test(docker_answer, what_is_no_event_is_refused)
{
	static const char *const bad[] = { "", "[", "1", "{\"Type\":\"container\"" };
	struct docker_event ev;

	for (unsigned i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert_not(docker_read_event(span_str(bad[i]), &ev), "%s", bad[i]);
	cr_assert(
		docker_read_event(span_str("{\"Type\":\"container\",\"Action\":\"start\"}"), &ev));
	cr_assert(eq(int, (int)ev.action, DOCKER_OTHER), "of nobody");
}

Test(docker_answer, depth_is_bounded)
{
	char text[4096];

	memset(text, '[', sizeof(text));
	memset(text + sizeof(text) / 2, ']', sizeof(text) / 2);
	cr_assert_null(json_bounded_read(span_of(text, sizeof(text))));
	cr_assert_null(json_bounded_read(span_str("\"[[[[\\\"")));
}

Test(docker_answer, what_is_too_much_is_left_out)
{
	struct container_record *rec = calloc(1, sizeof(*rec));
	uint8_t out[4096];
	char label[2048];
	ssize_t n;

	memset(label, 'x', sizeof(label));
	rec->full_id = span_str(WEB);
	rec->name = span_str("n");
	for (unsigned i = 0; i < 3; i++)
		rec->labels[rec->nlabels++] =
			(struct record_pair){ span_str("key"), span_of(label, sizeof(label)) };
	n = container_record_write(rec, out, sizeof(out));
	cr_assert(n > 0);
	cr_assert_not_null(memmem(out, (size_t)n, "\"name\":\"n\"", 10));
	cr_assert_null(memmem(out, (size_t)n, "labels", 6));
	cr_assert(container_record_write(rec, out, 16) < 0);
	free(rec);
}

static const struct {
	const char *image, *repository, *tag, *digest;
} names[] = {
	{ "bb", "bb", "", "" },
	{ "bb:1", "bb", "1", "" },
	{ "reg:5000/bb", "reg:5000/bb", "", "" },
	{ "reg:5000/a/bb:1", "reg:5000/a/bb", "1", "" },
	{ "bb@sha256:00", "bb", "", "sha256:00" },
	{ "reg/bb:1@sha256:00", "reg/bb", "1", "sha256:00" },
};

Test(docker_answer, names_of_images)
{
	struct image_name n;

	for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
		cr_assert(image_name_split(span_str(names[i].image), &n));
		cr_assert(span_is(n.repository, names[i].repository), "%s", names[i].image);
		cr_assert(span_is(n.tag, names[i].tag), "%s", names[i].image);
		cr_assert(span_is(n.digest, names[i].digest), "%s", names[i].image);
	}
	cr_assert_not(image_name_split(span_str("sha256:" WEB), &n));
}
