/* SPDX-License-Identifier: Apache-2.0
 *
 * An API server's answers, cut into objects and read: recorded ones of a real server
 * (where they are), and what no server should send.
 */
#include <criterion/criterion.h>
#include <errno.h>

#include "kube_json.h"
#include "kube_stream.h"
#include "support/kube_kit.h"

/* ---- the cutter ---- */

struct caught {
	unsigned n;
	char text[4096];
	int say;
};

static int catch (void *ctx, struct span item)
{
	struct caught *c = ctx;

	c->n++;
	strncat(c->text, (const char *)item.p,
		item.n < sizeof(c->text) - strlen(c->text) - 2
			? item.n
			: sizeof(c->text) - strlen(c->text) - 2);
	strcat(c->text, "|");
	return c->say;
}

struct cut {
	enum kube_shape shape;
	const char *text, *items, *head; /* HEAD NULL: it does not end well */
	int err;
};

static const struct cut cuts[] = {
	{ KUBE_LIST, "{\"kind\":\"L\",\"items\":[{\"a\":1},{\"b\":[{}]}],\"m\":{}}",
	  "{\"a\":1}|{\"b\":[{}]}|", "{\"kind\":\"L\",\"items\":[],\"m\":{}}", 0 },
	{ KUBE_LIST, " {\"m\":{\"items\":[{\"x\":1}]},\"items\" : [ {\"a\":\"]}\"} ]}\n",
	  "{\"a\":\"]}\"}|", "{\"m\":{\"items\":[{\"x\":1}]},\"items\" : []}", 0 },
	{ KUBE_LIST, "{\"items\":null}", "", "{\"items\":null}", 0 },
	{ KUBE_LIST, "{\"items\":[]}", "", "{\"items\":[]}", 0 },
	{ KUBE_LIST, "{\"k\":\"items\",\"v\":[1]}", "", "{\"k\":\"items\",\"v\":[1]}", 0 },
	{ KUBE_LIST, "{\"a\":\"\\\"items\",\"itemsx\":[1]}", "",
	  "{\"a\":\"\\\"items\",\"itemsx\":[1]}", 0 },
	{ KUBE_LIST, "{\"items\":[{\"a\":1},{\"b\"", "{\"a\":1}|", NULL, 0 },
	{ KUBE_LIST, "{\"items\":[1]}", "", NULL, -EPROTO },
	{ KUBE_LIST, "{\"items\":[[]]}", "", NULL, -EPROTO },
	{ KUBE_LIST, "{\"items\":[{}}", "{}|", NULL, -EPROTO },
	{ KUBE_LIST, "{}{}", "", NULL, -EPROTO },
	{ KUBE_LIST, "[]", "", NULL, -EPROTO },
	{ KUBE_LIST, "", "", NULL, 0 },
	{ KUBE_LIST, "<html>", "", NULL, -EPROTO },
	{ KUBE_WATCH, "{\"a\":{}}\n{\"b\":\"{\\\"\"}\r\n", "{\"a\":{}}|{\"b\":\"{\\\"\"}|", "", 0 },
	{ KUBE_WATCH, "{}{}", "{}|{}|", "", 0 },
	{ KUBE_WATCH, "", "", "", 0 },
	{ KUBE_WATCH, "{\"a\":", "", NULL, 0 },
	{ KUBE_WATCH, "{}x", "{}|", NULL, -EPROTO },
	{ KUBE_WATCH, "}", "", NULL, -EPROTO },
};

/* Feed TEXT, STEP bytes at a time. */
static int feed(struct kube_stream *s, const char *text, size_t step, struct caught *c)
{
	size_t n = strlen(text);
	int err = 0;

	for (size_t i = 0; i < n && err == 0; i += step)
		err = kube_stream_feed(
			s, span_of((const uint8_t *)text + i, n - i < step ? n - i : step), catch,
			c);
	return err;
}

Test(kube_json, answers_are_cut_into_objects_however_they_come)
{
	for (unsigned i = 0; i < ARRAY_LEN(cuts); i++) {
		for (size_t step = 1; step < 9; step += 3) {
			const struct cut *x = &cuts[i];
			struct kube_stream s = { 0 };
			struct caught c = { 0 };
			struct span head;

			kube_stream_begin(&s, x->shape);
			cr_assert_eq(feed(&s, x->text, step, &c), x->err, "%s", x->text);
			cr_assert_str_eq(c.text, x->items, "%s", x->text);
			cr_assert_eq(kube_stream_end(&s, &head), x->head != NULL, "%s", x->text);
			if (x->head != NULL)
				cr_assert(span_is(head, x->head), "%s", x->text);
			kube_stream_release(&s);
		}
	}
}

Test(kube_json, an_object_that_is_too_long_is_left_out_and_those_around_it_are_not)
{
	struct kube_stream s = { 0 };
	struct caught c = { 0 };
	uint8_t *filler = malloc(1 << 20);

	memset(filler, 'x', 1 << 20);
	kube_stream_begin(&s, KUBE_LIST);
	cr_assert_eq(feed(&s, "{\"items\":[{\"a\":1},{\"b\":\"", 64, &c), 0);
	for (unsigned i = 0; i < 100; i++)
		cr_assert_eq(kube_stream_feed(&s, span_of(filler, 1 << 20), catch, &c), 0);
	cr_assert_eq(feed(&s, "\"},{\"c\":1}]}", 64, &c), 0);
	cr_assert_str_eq(c.text, "{\"a\":1}|{\"c\":1}|");
	cr_assert_eq(s.too_long, 1);
	cr_assert(s.item.cap <= KUBE_ITEM_MAX);
	kube_stream_release(&s);
	free(filler);
}

Test(kube_json, what_is_too_deep_or_has_too_long_a_head_is_no_answer)
{
	struct kube_stream s = { 0 };
	struct caught c = { 0 };
	int err = 0;

	kube_stream_begin(&s, KUBE_WATCH);
	for (unsigned i = 0; i < JSON_DEPTH_MAX; i++)
		cr_assert_eq(feed(&s, i == 0 ? "{\"a\":" : "[", 8, &c), 0);
	cr_assert_eq(feed(&s, "[", 1, &c), -EPROTO);
	kube_stream_begin(&s, KUBE_LIST);
	for (unsigned i = 0; i < KUBE_HEAD_MAX && err == 0; i++)
		err = feed(&s, i == 0 ? "{\"a\":\"" : "xx", 8, &c);
	cr_assert_eq(err, -EPROTO);
	cr_assert_eq(feed(&s, "}", 1, &c), -EPROTO, "nothing more is taken");
	kube_stream_release(&s);
}

/* ---- objects ---- */

static json_t *pod_of(const char *text)
{
	return kube_item_read(span_str(text), KUBE_POD);
}

Test(kube_json, a_pod_is_cut_down_to_what_is_asked_for)
{
	json_t *pod = pod_of(KUBE_POD_TEXT(
		"web-1", "shop", "aaaa-1", "\"app\":\"web\",\"bad\":7",
		",\"ownerReferences\":[{\"kind\":\"Ignored\",\"name\":\"x\",\"uid\":\"1\"},"
		"{\"kind\":\"ReplicaSet\",\"name\":\"web\",\"uid\":\"rs-1\",\"controller\":true}],"
		"\"managedFields\":[{}]},\"spec\":{\"nodeName\":\"node1\",\"containers\":[]},"
		"\"status\":{\"podIP\":\"10.1.2.3\"}}"));
	char *text = json_dumps(pod, JSON_COMPACT | JSON_SORT_KEYS);

	cr_assert_str_eq(text,
			 "{\"cgroup\":\"aaaa-1\",\"ip\":\"10.1.2.3\",\"labels\":{\"app\":\"web\"},"
			 "\"name\":\"web-1\",\"namespace\":\"shop\",\"node\":\"node1\","
			 "\"owner\":{\"kind\":\"ReplicaSet\",\"name\":\"web\",\"uid\":\"rs-1\"},"
			 "\"uid\":\"aaaa-1\"}");
	free(text);
	json_decref(pod);
}

#define HASH(text)   "\"kubernetes.io/config.hash\":" text
#define MIRROR(text) "\"kubernetes.io/config.mirror\":" text
#define ANNOTATED(annotations)                                                                     \
	KUBE_POD_TEXT("s", "n", "aaaa-1", "", ",\"annotations\":{" annotations "}}}")

Test(kube_json, a_static_pod_has_another_name_in_cgroup_paths)
{
	json_t *pod = pod_of(ANNOTATED(HASH("\"8d87af73\"") "," MIRROR("\"8d87af73\"")));

	cr_assert_str_eq(kube_text(pod, "cgroup"), "8d87af73");
	json_decref(pod);
}

/* Anybody can write such annotations on his own pods. */
Test(kube_json, what_is_no_mirror_of_a_static_pod_has_its_uid_in_cgroup_paths)
{
	static const char *const texts[] = {
		ANNOTATED(HASH("\"victim\"")),
		ANNOTATED(MIRROR("\"victim\"")),
		ANNOTATED(HASH("\"victim\"") "," MIRROR("\"\"")),
		ANNOTATED(HASH("\"victim\"") "," MIRROR("\"other\"")),
		ANNOTATED(HASH("\"victim\"") "," MIRROR("7")),
		ANNOTATED(HASH("\"\"") "," MIRROR("\"\"")),
		ANNOTATED(HASH("\"../victim\"") "," MIRROR("\"../victim\"")),
		KUBE_POD_TEXT("s", "n", "aaaa-1", "", ",\"annotations\":[]}}"),
		KUBE_POD_TEXT("s", "n", "aaaa-1", "", "}}"),
	};

	for (unsigned i = 0; i < ARRAY_LEN(texts); i++) {
		json_t *pod = pod_of(texts[i]);

		cr_assert_str_eq(kube_text(pod, "cgroup"), "aaaa-1", "%s", texts[i]);
		json_decref(pod);
	}
}

Test(kube_json, objects_that_make_no_sense_are_refused)
{
	static const char *const texts[] = {
		"",
		"7",
		"[]",
		"{}",
		"{\"metadata\":7}",
		"{\"metadata\":{\"name\":\"a\",\"namespace\":\"b\"}}",
		"{\"metadata\":{\"name\":\"a\",\"uid\":\"c\"}}",
		"{\"metadata\":{\"name\":7,\"namespace\":\"b\",\"uid\":\"c\"}}",
		"{\"metadata\":{\"name\":\"a/../b\",\"namespace\":\"b\",\"uid\":\"c\"}}",
		"{\"metadata\":{\"name\":\"..\",\"namespace\":\"b\",\"uid\":\"c\"}}",
		"{\"metadata\":{\"name\":\"a\\n\",\"namespace\":\"b\",\"uid\":\"c\"}}",
		"{\"metadata\":{\"name\":\"\",\"namespace\":\"b\",\"uid\":\"c\"}}",
		"{\"metadata\":{\"name\":\"a\",\"namespace\":\"b\",\"uid\":\"c\"}",
		"{\"metadata\":{\"name\":\"a\",\"namespace\":\"b\",\"uid\":\"c\"}}}",
		"{\"metadata\":{\"name\":\"a\\u0000\",\"namespace\":\"b\",\"uid\":\"c\"}}",
		"{\"metadata\":{\"name\":\"\xff\",\"namespace\":\"b\",\"uid\":\"c\"}}",
	};

	for (unsigned i = 0; i < ARRAY_LEN(texts); i++)
		cr_assert_eq(pod_of(texts[i]), NULL, "%s", texts[i]);
}

Test(kube_json, what_is_nested_too_deep_is_refused_before_it_is_parsed)
{
	static char text[100000];
	size_t n = (size_t)snprintf(text, sizeof(text),
				    "{\"metadata\":{\"name\":\"a\",\"namespace\":"
				    "\"b\",\"uid\":\"[[[[\\\"{{{{\"},\"x\":");
	json_t *pod;

	memset(text + n, '[', 2000);
	memset(text + n + 2000, ']', 2000);
	memcpy(text + n + 4000, "}", 2);
	cr_assert_eq(pod_of(text), NULL);
	memset(text + n, '[', 40);
	memset(text + n + 40, ']', 40);
	memcpy(text + n + 80, "}", 2);
	cr_assert_eq(pod_of(text), NULL, "its uid is none");
	memcpy(strstr(text, "[[[["), "uuuuuuuuuu", 10);
	pod = pod_of(text);
	cr_assert_neq(pod, NULL);
	json_decref(pod);
}

Test(kube_json, labels_are_bounded_in_number_and_bytes)
{
	static char text[64 << 10];
	json_t *pod;
	size_t n =
		(size_t)snprintf(text, sizeof(text),
				 "{\"metadata\":{\"name\":\"a\",\"namespace\":\"b\",\"uid\":\"c\","
				 "\"labels\":{\"long\":\"%0300d\"",
				 0);

	for (unsigned i = 0; i < 200; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, ",\"l%u\":\"%0100u\"", i, i);
	snprintf(text + n, sizeof(text) - n, "}}}");
	pod = pod_of(text);
	cr_assert_eq(json_object_size(json_object_get(pod, "labels")), KUBE_LABELS_MAX);
	cr_assert_eq(json_object_get(json_object_get(pod, "labels"), "long"), NULL);
	json_decref(pod);
}

Test(kube_json, a_selector_that_was_cut_selects_nothing)
{
	json_t *service = kube_item_read(
		span_str("{\"metadata\":{\"name\":\"a\",\"namespace\":\"b\",\"uid\":\"c\"},"
			 "\"spec\":{\"selector\":{\"app\":\"web\",\"odd\":7}}}"),
		KUBE_SERVICE);

	cr_assert_neq(service, NULL);
	cr_assert_eq(json_object_get(service, "selector"), NULL);
	json_decref(service);
}

Test(kube_json, events_of_a_watch_are_told_apart)
{
	struct kube_event e;

	cr_assert(kube_event_read(span_str("{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Pod\","
					   "\"metadata\":{\"resourceVersion\":\"591\"},\"spec\":"
					   "{\"containers\":null},\"status\":{}}}"),
				  KUBE_POD, &e));
	cr_assert_eq(e.type, KUBE_BOOKMARK);
	cr_assert_str_eq(e.version, "591");
	cr_assert(kube_event_read(
		span_str("{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,"
			 "\"message\":\"too \\u001b old\",\"details\":{\"retryAfterSeconds\":3}}}"),
		KUBE_POD, &e));
	cr_assert_eq(e.status.code, 410);
	cr_assert_eq(e.status.retry_after_s, 3);
	cr_assert_str_eq(e.status.message, "too ? old");
	cr_assert(!kube_event_read(span_str("{\"type\":\"ODD\",\"object\":{}}"), KUBE_POD, &e));
	cr_assert(!kube_event_read(span_str("{\"type\":\"ADDED\",\"object\":{}}"), KUBE_POD, &e));
	cr_assert(!kube_event_read(span_str("{\"type\":\"BOOKMARK\"}"), KUBE_POD, &e));
	cr_assert(!kube_event_read(span_str("{\"type\":\"ERROR\"}"), KUBE_POD, &e));
	cr_assert(!kube_event_read(span_str("nonsense"), KUBE_POD, &e));
}

/* ---- what a real server sent ---- */

struct read {
	enum kube_kind kind;
	unsigned good, bad, types[KUBE_ERROR + 1];
	char names[8192];
	struct kube_event last;
};

static int read_item(void *ctx, struct span text)
{
	struct read *r = ctx;
	json_t *object = kube_item_read(text, r->kind);

	r->good += object != NULL;
	r->bad += object == NULL;
	strncat(r->names, kube_text(object, "name"), 254);
	strcat(r->names, " ");
	json_decref(object);
	return 0;
}

static int read_event(void *ctx, struct span text)
{
	struct read *r = ctx;

	if (!kube_event_read(text, r->kind, &r->last)) {
		r->bad++;
		return 0;
	}
	r->good++;
	r->types[r->last.type]++;
	json_decref(r->last.object);
	return 0;
}

/* NAME read as SHAPE; false: it is not here. */
static bool read_recorded(const char *name, enum kube_shape shape, struct read *r,
			  struct kube_head *head)
{
	struct kube_stream s = { 0 };
	size_t n;
	char *text = recorded(name, &n);
	struct span rest;

	if (text == NULL)
		return false;
	kube_stream_begin(&s, shape);
	cr_assert_eq(kube_stream_feed(&s, span_of((uint8_t *)text, n),
				      shape == KUBE_LIST ? read_item : read_event, r),
		     0, "%s", name);
	cr_assert(kube_stream_end(&s, &rest), "%s", name);
	if (shape == KUBE_LIST)
		cr_assert(kube_head_read(rest, head), "%s", name);
	kube_stream_release(&s);
	free(text);
	return true;
}

Test(kube_json, recorded_lists_are_read_whole)
{
	static const struct {
		const char *name;
		enum kube_kind kind;
		unsigned n;
		bool more;
	} lists[] = {
		{ "pods.all.json", KUBE_POD, 9, false },
		{ "pods.node1.json", KUBE_POD, 9, false },
		{ "pods.node1.rv0.json", KUBE_POD, 9, false },
		{ "pods.othernode.empty.json", KUBE_POD, 0, false },
		{ "pods.page1.json", KUBE_POD, 2, true },
		{ "pods.page2.json", KUBE_POD, 2, true },
		{ "pods.partialmeta.json", KUBE_POD, 2, true },
		{ "namespaces.json", KUBE_NAMESPACE, 5, false },
		{ "services.json", KUBE_SERVICE, 2, false },
		{ "replicasets.json", KUBE_REPLICASET, 1, false },
		{ "deployments.json", KUBE_DEPLOYMENT, 1, false },
		{ "replicationcontrollers.json", KUBE_CONTROLLER, 1, false },
	};

	for (unsigned i = 0; i < ARRAY_LEN(lists); i++) {
		struct read r = { .kind = lists[i].kind };
		struct kube_head head;

		if (!read_recorded(lists[i].name, KUBE_LIST, &r, &head))
			cr_skip_test("the recorded answers are not here");
		cr_assert_eq(r.bad, 0, "%s", lists[i].name);
		cr_assert_eq(r.good, lists[i].n, "%s: %u", lists[i].name, r.good);
		cr_assert(head.is_list && head.version[0] != '\0', "%s", lists[i].name);
		cr_assert_eq(head.more[0] != '\0', lists[i].more, "%s", lists[i].name);
	}
}

Test(kube_json, recorded_watches_are_read_whole)
{
	static const struct {
		const char *name;
		enum kube_kind kind;
		unsigned added, modified, deleted, bookmarks, errors;
	} watches[] = {
		{ "watch.pods.ndjson", KUBE_POD, 1, 19, 2, 2, 0 },
		{ "watch.pods.410.ndjson", KUBE_POD, 0, 0, 0, 0, 1 },
		{ "watch.pods.future-rv.ndjson", KUBE_POD, 0, 0, 0, 0, 0 },
	};

	for (unsigned i = 0; i < ARRAY_LEN(watches); i++) {
		struct read r = { .kind = watches[i].kind };

		if (!read_recorded(watches[i].name, KUBE_WATCH, &r, NULL))
			cr_skip_test("the recorded answers are not here");
		cr_assert_eq(r.bad, 0, "%s", watches[i].name);
		cr_assert_eq(r.types[KUBE_ADDED], watches[i].added, "%s", watches[i].name);
		cr_assert_eq(r.types[KUBE_MODIFIED], watches[i].modified, "%s: %u", watches[i].name,
			     r.types[KUBE_MODIFIED]);
		cr_assert_eq(r.types[KUBE_DELETED], watches[i].deleted, "%s", watches[i].name);
		cr_assert_eq(r.types[KUBE_BOOKMARK], watches[i].bookmarks, "%s", watches[i].name);
		cr_assert_eq(r.types[KUBE_ERROR], watches[i].errors, "%s", watches[i].name);
		if (r.types[KUBE_ERROR] > 0)
			cr_assert_eq(r.last.status.code, 410);
	}
}

Test(kube_json, recorded_refusals_say_what_is_wrong)
{
	static const struct {
		const char *name;
		int code;
		unsigned retry_after_s;
		bool resume;
	} refusals[] = {
		{ "err.401.json", 401, 0, false },
		{ "err.403.json", 403, 0, false },
		{ "err.404.json", 404, 0, false },
		{ "err.410.continue.json", 410, 0, true },
		{ "err.410.exact.json", 410, 0, false },
		{ "err.504.future-rv.json", 504, 1, false },
		{ "err.anonymous.json", 403, 0, false },
		{ "err.badcontinue.json", 400, 0, false },
		{ "err.badselector.json", 400, 0, false },
	};

	for (unsigned i = 0; i < ARRAY_LEN(refusals); i++) {
		struct read r = { .kind = KUBE_POD };
		struct kube_head head;

		if (!read_recorded(refusals[i].name, KUBE_LIST, &r, &head))
			cr_skip_test("the recorded answers are not here");
		cr_assert_eq(head.status.code, refusals[i].code, "%s", refusals[i].name);
		cr_assert_eq(head.status.retry_after_s, refusals[i].retry_after_s);
		cr_assert_eq(head.status.resume[0] != '\0', refusals[i].resume);
		cr_assert(!head.is_list && head.status.message[0] != '\0');
	}
}
