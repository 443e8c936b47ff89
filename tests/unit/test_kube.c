/* SPDX-License-Identifier: Apache-2.0
 *
 * The API server's client without a server: what it asks, when, and what it makes of
 * the answers.  Time stands still unless a test moves it.
 */
#include <criterion/criterion.h>
#include <errno.h>

#include "kube.h"
#include "support/kube_kit.h"

enum { MOST = 32 };

/* What was told, by uid; "" when it is gone. */
struct told {
	char uid[64], json[8192];
	unsigned times;
};

static struct {
	struct kube *k;
	struct mono now;
	struct told told[MOST];
	unsigned ntold;
	bool full; /* the sink has no room */
	struct kube_request asked;
	struct kube_outcome said;
} w;

static struct told *find(struct span uid)
{
	unsigned i = 0;

	while (i < w.ntold && !span_is(uid, w.told[i].uid))
		i++;
	if (i == w.ntold) {
		cr_assert(w.ntold < MOST && uid.n < sizeof(w.told[i].uid));
		memcpy(w.told[w.ntold++].uid, uid.p, uid.n);
	}
	return &w.told[i];
}

static bool tell_pod(void *ctx, struct span uid, struct span json)
{
	struct told *t = find(uid);

	(void)ctx;
	if (w.full)
		return false;
	cr_assert(json.n < sizeof(t->json));
	memcpy(t->json, json.p, json.n);
	t->json[json.n] = '\0';
	t->times++;
	return true;
}

static bool tell_gone(void *ctx, struct span uid)
{
	(void)ctx;
	find(uid)->json[0] = '\0';
	return true;
}

static bool tell_absent(void *ctx, struct span uid)
{
	(void)ctx;
	if (!w.full)
		snprintf(find(uid)->json, sizeof(find(uid)->json), "absent");
	return !w.full;
}

static const char *told(const char *uid)
{
	return find(span_str(uid))->json;
}

static void make_with(struct kube_limits limits, const char *node)
{
	struct kube_params p = { .limits = limits,
				 .node = node,
				 .sink = { NULL, tell_pod, tell_gone, tell_absent },
				 .seed = 7 };

	cr_assert_eq(kube_new(&p, &w.k), 0);
	w.now.ns = 1000 * NS_PER_SEC;
}

static void make(void)
{
	make_with((struct kube_limits){ 0 }, "node1");
}

static void end(void)
{
	kube_free(w.k);
}

static void later(uint64_t ns)
{
	w.now.ns += ns;
	kube_step(w.k, w.now);
}

/* ---- the server's part ---- */

static bool ask(void)
{
	return kube_ask(w.k, w.now, &w.asked);
}

/* The next request is PATH's, or begins with it. */
static void asks(const char *path)
{
	cr_assert(ask(), "nothing is asked, not %s", path);
	cr_assert(strncmp(w.asked.path, path, strlen(path)) == 0, "%s, not %s", w.asked.path, path);
}

static enum kube_result answer_slot(unsigned slot, unsigned status, const char *body, int err)
{
	int fed = kube_feed(w.k, slot, status, span_str(body), w.now);

	kube_end(w.k, slot, fed < 0 ? fed : err, 0, w.now, &w.said);
	kube_step(w.k, w.now);
	return w.said.result;
}

static enum kube_result answer(unsigned status, const char *body)
{
	return answer_slot(w.asked.slot, status, body, 0);
}

static void feed(unsigned slot, const char *body)
{
	cr_assert_eq(kube_feed(w.k, slot, 200, span_str(body), w.now), 0);
	kube_step(w.k, w.now);
}

#define LIST(version, items)                                                                       \
	"{\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"" version "\"},\"items\":[" items  \
	"]}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define POD(name, uid, labels)                                                                     \
	KUBE_POD_TEXT(name, "shop", uid, labels,                                                   \
		      "},\"spec\":{\"nodeName\":\"node1\"},\"status\":{\"podIP\":\"10.0.0.1\"}}")
#define OWNED(name, uid, kind, owner)                                                              \
	KUBE_POD_TEXT(name, "shop", uid, "\"app\":\"web\"",                                        \
		      ",\"ownerReferences\":[{\"kind\":\"" kind "\",\"name\":\"" owner             \
		      "\",\"uid\":\"u-" owner "\",\"controller\":true}]},\"spec\":{\"nodeName\":"  \
		      "\"node1\"}}")
#define THING(name, uid, labels, rest)                                                             \
	"{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"shop\",\"uid\":\"" uid               \
	"\",\"labels\":{" labels "}" rest
#define SERVICE(name, uid, selector)                                                               \
	THING(name, uid, "\"s\":\"" name "\"", "},\"spec\":{\"selector\":{" selector "}}}")
#define NAMESPACE                                                                                  \
	"{\"metadata\":{\"name\":\"shop\",\"uid\":\"u-shop\",\"labels\":{\"team\":\"a\"}}}"

/* Up to where both are watched: PODS are there, and SERVICES. */
static void begin_with(const char *pods, const char *services)
{
	asks("/api/v1/pods?limit=100&fieldSelector=spec.nodeName%3Dnode1");
	cr_assert_eq(answer(200, pods), KUBE_OK);
	asks("/api/v1/pods?watch=true&allowWatchBookmarks=true&timeoutSeconds=");
	cr_assert(w.asked.stream);
	asks("/api/v1/services?limit=100");
	cr_assert_eq(answer(200, services), KUBE_OK);
	asks("/api/v1/services?watch=true");
}

static void begin_with_namespace(const char *pods, const char *services)
{
	begin_with(pods, services);
	asks("/api/v1/namespaces/shop");
	cr_assert(strstr(w.asked.accept, "PartialObjectMetadata") != NULL);
	answer(200, NAMESPACE);
}

TestSuite(kube, .init = make, .fini = end);

Test(kube, a_pod_is_told_with_its_namespace_and_no_second_time_unless_it_changes)
{
	begin_with(LIST("5", POD("web-1", "p1", "\"app\":\"web\"")), LIST("5", ""));
	cr_assert_str_eq(told("p1"), "", "first its namespace is asked for");
	asks("/api/v1/namespaces/shop");
	answer(200, NAMESPACE);
	cr_assert_str_eq(
		told("p1"),
		"{\"name\":\"web-1\",\"namespace\":\"shop\",\"uid\":\"p1\",\"ip\":\"10.0.0.1\","
		"\"node\":\"node1\",\"labels\":{\"app\":\"web\"},\"ns\":{\"name\":\"shop\","
		"\"uid\":\"u-shop\",\"labels\":{\"team\":\"a\"}}}");
	feed(KUBE_SLOT_PODS, EVENT("MODIFIED", POD("web-1", "p1", "\"app\":\"web\"")));
	cr_assert_eq(find(span_str("p1"))->times, 1);
	feed(KUBE_SLOT_PODS, EVENT("MODIFIED", POD("web-1", "p1", "\"app\":\"new\"")));
	cr_assert_eq(find(span_str("p1"))->times, 2);
	cr_assert(strstr(told("p1"), "\"labels\":{\"app\":\"new\"}") != NULL);
	cr_assert(!ask(), "and nothing more is asked");
}

Test(kube, owners_are_followed_up_to_the_deployment)
{
	begin_with_namespace(LIST("5", OWNED("web-1", "p1", "ReplicaSet", "web-77")),
			     LIST("5", ""));
	asks("/apis/apps/v1/namespaces/shop/replicasets/web-77");
	answer(200, THING("web-77", "u-web-77", "\"r\":\"1\"",
			  ",\"ownerReferences\":[{\"kind\":\"Deployment\",\"name\":\"web\",\"uid\":"
			  "\"u-web\",\"controller\":true}]}}"));
	cr_assert_str_eq(told("p1"), "");
	asks("/apis/apps/v1/namespaces/shop/deployments/web");
	answer(200, THING("web", "u-web", "\"d\":\"1\"", "}}"));
	cr_assert(strstr(told("p1"), "\"rs\":{\"name\":\"web-77\",\"uid\":\"u-web-77\",\"labels\":"
				     "{\"r\":\"1\"}}") != NULL,
		  "%s", told("p1"));
	cr_assert(strstr(told("p1"),
			 "\"deployment\":{\"name\":\"web\",\"uid\":\"u-web\",\"labels\":"
			 "{\"d\":\"1\"}}") != NULL);
	cr_assert(strstr(told("p1"), "\"workload\":{\"kind\":\"Deployment\",\"name\":\"web\"}") !=
		  NULL);
}

Test(kube, other_owners_are_named)
{
	begin_with_namespace(
		LIST("5", OWNED("a", "p1", "DaemonSet", "agent") "," OWNED(
				  "b", "p2", "Job",
				  "report") "," OWNED("c", "p3", "ReplicationController", "old")),
		LIST("5", ""));
	asks("/apis/batch/v1/namespaces/shop/jobs/report");
	answer(200,
	       THING("report", "u-report", "",
		     ",\"ownerReferences\":[{\"kind\":\"CronJob\",\"name\":\"nightly\",\"uid\":"
		     "\"u-n\",\"controller\":true}]}}"));
	asks("/api/v1/namespaces/shop/replicationcontrollers/old");
	answer(200, THING("old", "u-old", "\"o\":\"1\"", "}}"));
	cr_assert(strstr(told("p1"), "\"workload\":{\"kind\":\"DaemonSet\",\"name\":\"agent\"}") !=
		  NULL);
	cr_assert(strstr(told("p2"), "\"workload\":{\"kind\":\"CronJob\",\"name\":\"nightly\"}") !=
		  NULL);
	cr_assert(strstr(told("p3"),
			 "\"rc\":{\"name\":\"old\",\"uid\":\"u-old\",\"labels\":{\"o\":\"1\"}}") !=
		  NULL);
	cr_assert(!ask());
}

Test(kube, an_owner_of_the_same_name_and_another_uid_is_another)
{
	begin_with_namespace(LIST("5", OWNED("web-1", "p1", "ReplicaSet", "web-77")),
			     LIST("5", ""));
	asks("/apis/apps/v1/namespaces/shop/replicasets/web-77");
	answer(200, THING("web-77", "u-reborn", "\"r\":\"1\"", "}}"));
	cr_assert(strstr(told("p1"), "\"rs\":{\"name\":\"web-77\",\"uid\":\"u-web-77\"}") != NULL,
		  "%s", told("p1"));
}

Test(kube, services_come_and_go_with_what_they_select)
{
	begin_with_namespace(
		LIST("5", POD("web-1", "p1", "\"app\":\"web\",\"x\":\"y\"")),
		LIST("5", SERVICE("web", "s1", "\"app\":\"web\"") "," SERVICE(
				  "no", "s2",
				  "\"app\":\"web\",\"x\":\"z\"") "," SERVICE("none", "s3", "")));
	cr_assert(
		strstr(told("p1"),
		       "\"svc\":[{\"name\":\"web\",\"uid\":\"s1\",\"labels\":{\"s\":\"web\"}}]") !=
			NULL,
		"%s", told("p1"));
	feed(KUBE_SLOT_SERVICES, EVENT("ADDED", SERVICE("two", "s4", "\"x\":\"y\"")));
	cr_assert(strstr(told("p1"), "{\"name\":\"two\",\"uid\":\"s4\"") != NULL, "%s", told("p1"));
	feed(KUBE_SLOT_SERVICES, EVENT("DELETED", SERVICE("web", "s1", "\"app\":\"web\"")));
	feed(KUBE_SLOT_SERVICES, EVENT("DELETED", SERVICE("two", "s4", "\"x\":\"y\"")));
	cr_assert(strstr(told("p1"), "svc") == NULL, "%s", told("p1"));
}

Test(kube, a_pod_is_told_after_a_second_even_if_nobody_answers_for_what_it_refers_to)
{
	begin_with(LIST("5", POD("web-1", "p1", "")), LIST("5", ""));
	asks("/api/v1/namespaces/shop");
	later(999 * NS_PER_MSEC);
	cr_assert_str_eq(told("p1"), "");
	later(NS_PER_MSEC);
	cr_assert(strstr(told("p1"), "\"ns\":{\"name\":\"shop\"}") != NULL, "%s", told("p1"));
	answer(200, NAMESPACE);
	cr_assert(strstr(told("p1"), "\"uid\":\"u-shop\"") != NULL, "and again when it is there");
}

/* Somebody is in the pod, and waits 900 ms for it. */
static bool wish(const char *uid)
{
	return kube_wish(w.k, span_str(uid), mono_after(w.now, 900 * NS_PER_MSEC));
}

Test(kube, who_wishes_for_a_pod_is_told_when_it_comes)
{
	begin_with(LIST("5", ""), LIST("5", ""));
	cr_assert(wish("p1"));
	cr_assert(wish("p1"), "twice is once");
	later(400 * NS_PER_MSEC);
	cr_assert_str_eq(told("p1"), "");
	feed(KUBE_SLOT_PODS, EVENT("ADDED", POD("web-1", "p1", "")));
	asks("/api/v1/namespaces/shop");
	answer(200, NAMESPACE);
	cr_assert(strstr(told("p1"), "\"name\":\"web-1\"") != NULL, "%s", told("p1"));
	later(NS_PER_SEC);
	cr_assert_eq(find(span_str("p1"))->times, 1);
}

Test(kube, a_pod_that_was_told_is_told_again_to_who_wishes_for_it)
{
	begin_with(LIST("5", POD("web-1", "p1", "")), LIST("5", ""));
	asks("/api/v1/namespaces/shop");
	answer(200, NAMESPACE);
	cr_assert_eq(find(span_str("p1"))->times, 1);
	cr_assert(wish("p1"));
	cr_assert_eq(find(span_str("p1"))->times, 2);
	later(NS_PER_SEC);
	cr_assert(strstr(told("p1"), "\"name\":\"web-1\"") != NULL);
}

Test(kube, a_pod_that_does_not_come_in_time_is_said_to_be_absent)
{
	struct mono next;

	begin_with(LIST("5", ""), LIST("5", ""));
	cr_assert(wish("p1"));
	next = kube_step(w.k, w.now);
	cr_assert_eq(next.ns, w.now.ns + 900 * NS_PER_MSEC);
	later(899 * NS_PER_MSEC);
	cr_assert_str_eq(told("p1"), "");
	w.full = true;
	later(NS_PER_MSEC);
	cr_assert_str_eq(told("p1"), "", "there is no room");
	w.full = false;
	later(100 * NS_PER_MSEC);
	cr_assert_str_eq(told("p1"), "absent");
	feed(KUBE_SLOT_PODS, EVENT("ADDED", POD("web-1", "p1", "")));
	later(NS_PER_SEC);
	cr_assert(strstr(told("p1"), "\"name\":\"web-1\"") != NULL, "but may come later");
}

Test(kube, who_wishes_for_a_pod_rather_has_some_of_it_than_nothing)
{
	begin_with(LIST("5", ""), LIST("5", ""));
	cr_assert(wish("p1"));
	later(800 * NS_PER_MSEC);
	feed(KUBE_SLOT_PODS, EVENT("ADDED", POD("web-1", "p1", "")));
	asks("/api/v1/namespaces/shop");
	cr_assert_str_eq(told("p1"), "");
	later(100 * NS_PER_MSEC);
	cr_assert(strstr(told("p1"), "\"ns\":{\"name\":\"shop\"}") != NULL, "%s", told("p1"));
}

Test(kube, there_are_as_many_wishes_as_pods)
{
	char uid[KUBE_UID_MAX + 2];

	end();
	make_with((struct kube_limits){ 2, 2, 2 }, "node1");
	cr_assert(wish("p1") && wish("p2"));
	cr_assert(!wish("p3"));
	later(900 * NS_PER_MSEC);
	cr_assert_str_eq(told("p1"), "absent");
	cr_assert_str_eq(told("p2"), "absent");
	cr_assert(wish("p3") && !wish(""));
	memset(uid, 'a', sizeof(uid) - 1);
	uid[sizeof(uid) - 1] = '\0';
	cr_assert(!wish(uid));
}

Test(kube, what_is_not_there_is_asked_for_again_after_a_while)
{
	begin_with(LIST("5", POD("web-1", "p1", "")), LIST("5", ""));
	asks("/api/v1/namespaces/shop");
	cr_assert_eq(answer(404, "{\"kind\":\"Status\",\"code\":404}"), KUBE_OK);
	cr_assert(told("p1")[0] != '\0');
	later(59 * NS_PER_SEC);
	cr_assert(!ask());
	later(NS_PER_SEC);
	asks("/api/v1/namespaces/shop");
	answer(200, NAMESPACE);
	later(299 * NS_PER_SEC);
	cr_assert(!ask());
	later(NS_PER_SEC);
	asks("/api/v1/namespaces/shop");
	cr_assert_eq(answer(403, "{\"kind\":\"Status\",\"code\":403,\"message\":\"no\"}"),
		     KUBE_FORBIDDEN);
	cr_assert_str_eq(w.said.wants, "get namespaces");
	cr_assert(strstr(told("p1"), "u-shop") != NULL, "what was known stays");
}

Test(kube, what_no_pod_refers_to_is_forgotten)
{
	struct kube_numbers n;

	begin_with_namespace(LIST("5", POD("web-1", "p1", "")), LIST("5", ""));
	feed(KUBE_SLOT_PODS, EVENT("DELETED", POD("web-1", "p1", "")));
	later(10 * NS_PER_SEC);
	later(300 * NS_PER_SEC);
	asks("/api/v1/namespaces/shop");
	answer(200, NAMESPACE);
	later(300 * NS_PER_SEC);
	kube_numbers(w.k, &n);
	cr_assert_eq(n.references, 0);
	cr_assert(!ask());
}

Test(kube, a_deleted_pod_stays_for_its_last_events)
{
	begin_with_namespace(LIST("5", POD("web-1", "p1", "")), LIST("5", ""));
	feed(KUBE_SLOT_PODS, EVENT("DELETED", POD("web-1", "p1", "")));
	later(9 * NS_PER_SEC);
	cr_assert(told("p1")[0] != '\0');
	later(NS_PER_SEC);
	cr_assert_str_eq(told("p1"), "");
}

/* ---- names in cgroup paths ---- */

#define MIRROR(name, uid, hash, hour)                                                              \
	KUBE_POD_TEXT(name, "shop", uid, "",                                                       \
		      ",\"creationTimestamp\":\"2026-11-23T" hour                                  \
		      ":00:00Z\",\"annotations\":{\"kubernetes.io/config.hash\":\"" hash           \
		      "\",\"kubernetes.io/config.mirror\":\"" hash                                 \
		      "\"}},\"spec\":{\"nodeName\":\"node1\"}}")

static void is_told_as(const char *cgroup, const char *name)
{
	char text[64];

	snprintf(text, sizeof(text), "{\"name\":\"%s\",", name);
	cr_assert(strncmp(told(cgroup), text, strlen(text)) == 0, "%s, not %s", told(cgroup), name);
}

Test(kube, a_mirror_that_comes_after_a_pod_does_not_take_its_name)
{
	begin_with_namespace(LIST("5", POD("web-1", "p1", "")), LIST("5", ""));
	feed(KUBE_SLOT_PODS, EVENT("ADDED", MIRROR("thief", "p2", "p1", "10")));
	is_told_as("p1", "web-1");
	cr_assert(wish("p1"));
	is_told_as("p1", "web-1");
	feed(KUBE_SLOT_PODS, EVENT("DELETED", MIRROR("thief", "p2", "p1", "10")));
	later(11 * NS_PER_SEC);
	is_told_as("p1", "web-1");
	feed(KUBE_SLOT_PODS, EVENT("MODIFIED", POD("web-1", "p1", "\"app\":\"new\"")));
	cr_assert(strstr(told("p1"), "\"labels\":{\"app\":\"new\"}") != NULL, "%s", told("p1"));
}

Test(kube, a_pod_takes_its_name_back_from_a_mirror_that_came_before_it)
{
	begin_with_namespace(LIST("5", MIRROR("thief", "p2", "p1", "10")), LIST("5", ""));
	feed(KUBE_SLOT_PODS, EVENT("ADDED", POD("web-1", "p1", "")));
	is_told_as("p1", "web-1");
	feed(KUBE_SLOT_SERVICES, EVENT("ADDED", SERVICE("web", "s1", "\"app\":\"web\"")));
	is_told_as("p1", "web-1");
	cr_assert(wish("p1"));
	is_told_as("p1", "web-1");
	feed(KUBE_SLOT_PODS, EVENT("DELETED", MIRROR("thief", "p2", "p1", "10")));
	later(11 * NS_PER_SEC);
	is_told_as("p1", "web-1");
	feed(KUBE_SLOT_PODS, EVENT("DELETED", POD("web-1", "p1", "")));
	later(9 * NS_PER_SEC);
	is_told_as("p1", "web-1");
	later(NS_PER_SEC);
	cr_assert_str_eq(told("p1"), "");
}

Test(kube, of_two_mirrors_the_first_has_the_name)
{
	begin_with_namespace(LIST("5", MIRROR("thief", "p2", "8d87",
					      "11") "," MIRROR("etcd-node1", "p1", "8d87", "10")),
			     LIST("5", ""));
	is_told_as("8d87", "etcd-node1");
	feed(KUBE_SLOT_PODS, EVENT("ADDED", MIRROR("late", "p3", "8d87", "12")));
	is_told_as("8d87", "etcd-node1");
	feed(KUBE_SLOT_PODS, EVENT("DELETED", MIRROR("thief", "p2", "8d87", "11")));
	feed(KUBE_SLOT_PODS, EVENT("DELETED", MIRROR("late", "p3", "8d87", "12")));
	later(11 * NS_PER_SEC);
	is_told_as("8d87", "etcd-node1");
}

Test(kube, a_new_mirror_of_a_static_pod_has_the_name_at_once_and_keeps_it)
{
	begin_with_namespace(LIST("5", MIRROR("etcd-node1", "p1", "8d87", "10")), LIST("5", ""));
	is_told_as("8d87", "etcd-node1");
	feed(KUBE_SLOT_PODS, EVENT("DELETED", MIRROR("etcd-node1", "p1", "8d87", "10")));
	feed(KUBE_SLOT_PODS, EVENT("ADDED", MIRROR("etcd-node1", "p2", "8d87", "11")));
	cr_assert(strstr(told("8d87"), "\"uid\":\"p2\"") != NULL, "%s", told("8d87"));
	feed(KUBE_SLOT_SERVICES, EVENT("ADDED", SERVICE("web", "s1", "\"app\":\"web\"")));
	later(11 * NS_PER_SEC);
	cr_assert(strstr(told("8d87"), "\"uid\":\"p2\"") != NULL, "%s", told("8d87"));
	feed(KUBE_SLOT_PODS, EVENT("DELETED", MIRROR("etcd-node1", "p2", "8d87", "11")));
	later(11 * NS_PER_SEC);
	cr_assert_str_eq(told("8d87"), "");
}

Test(kube, a_pod_keeps_the_name_that_it_had_first)
{
	begin_with_namespace(LIST("5", MIRROR("etcd-node1", "p1", "8d87", "10")), LIST("5", ""));
	feed(KUBE_SLOT_PODS, EVENT("MODIFIED", MIRROR("etcd-new", "p1", "other", "10")));
	is_told_as("8d87", "etcd-new");
	cr_assert_str_eq(told("other"), "");
}

Test(kube, a_list_comes_in_pages_and_what_is_in_none_of_them_is_gone)
{
	begin_with_namespace(LIST("5", POD("a", "p1", "") "," POD("b", "p2", "")), LIST("5", ""));
	cr_assert_eq(answer_slot(KUBE_SLOT_PODS, 200,
				 EVENT("ERROR",
				       "{\"kind\":\"Status\",\"code\":410,\"message\":\"old\"}"),
				 0),
		     KUBE_TOO_OLD);
	later(NS_PER_SEC);
	asks("/api/v1/pods?limit=100&fieldSelector=spec.nodeName%3Dnode1");
	cr_assert_eq(answer(200, "{\"metadata\":{\"resourceVersion\":\"9\",\"continue\":\"a/b=\"},"
				 "\"items\":[" POD("c", "p3", "") "]}"),
		     KUBE_OK);
	asks("/api/v1/pods?limit=100&fieldSelector=spec.nodeName%3Dnode1&continue=a%2Fb%3D");
	cr_assert_eq(answer(200, LIST("9", POD("a", "p1", ""))), KUBE_OK);
	later(10 * NS_PER_SEC);
	cr_assert(told("p1")[0] != '\0');
	cr_assert_str_eq(told("p2"), "");
	cr_assert(told("p3")[0] != '\0');
	asks("/api/v1/pods?watch=true");
	cr_assert(strstr(w.asked.path, "resourceVersion=9") != NULL);
}

Test(kube, a_list_that_expires_in_the_middle_goes_on_with_the_token_that_comes_with_it)
{
	asks("/api/v1/pods?limit=100");
	answer(200, "{\"metadata\":{\"resourceVersion\":\"9\",\"continue\":\"one\"},\"items\":[]}");
	asks("/api/v1/pods?limit=100&fieldSelector=spec.nodeName%3Dnode1&continue=one");
	cr_assert_eq(
		answer(410,
		       "{\"kind\":\"Status\",\"code\":410,\"metadata\":{\"continue\":\"two\"}}"),
		KUBE_TOO_OLD);
	later(NS_PER_SEC);
	asks("/api/v1/pods?limit=100&fieldSelector=spec.nodeName%3Dnode1&continue=two");
	cr_assert_eq(answer(410, "{\"kind\":\"Status\",\"code\":410,\"metadata\":{}}"),
		     KUBE_TOO_OLD);
	later(NS_PER_SEC);
	cr_assert(ask());
	cr_assert(strstr(w.asked.path, "continue") == NULL, "else from the beginning");
}

Test(kube, half_a_list_takes_nothing_away)
{
	begin_with_namespace(LIST("5", POD("a", "p1", "") "," POD("b", "p2", "")), LIST("5", ""));
	answer_slot(KUBE_SLOT_PODS, 200, EVENT("ERROR", "{\"kind\":\"Status\",\"code\":410}"), 0);
	later(NS_PER_SEC);
	asks("/api/v1/pods?limit=100");
	cr_assert_eq(answer(200, "{\"metadata\":{\"resourceVersion\":\"9\"},\"items\":[" POD(
					 "a", "p1", "")),
		     KUBE_FAILED);
	later(10 * NS_PER_SEC);
	cr_assert(told("p1")[0] != '\0' && told("p2")[0] != '\0');
}

Test(kube, a_watch_that_ends_is_taken_up_at_the_last_version)
{
	begin_with(LIST("5", ""), LIST("5", ""));
	feed(KUBE_SLOT_PODS,
	     EVENT("BOOKMARK", "{\"kind\":\"Pod\",\"metadata\":{\"resourceVersion\":\"591\"}}"));
	w.now.ns += 240 * NS_PER_SEC;
	cr_assert_eq(answer_slot(KUBE_SLOT_PODS, 200, "", 0), KUBE_OK);
	asks("/api/v1/pods?watch=true");
	cr_assert(strstr(w.asked.path, "&resourceVersion=591") != NULL, "%s", w.asked.path);
}

Test(kube, a_stream_that_breaks_off_in_an_event_loses_that_event_alone)
{
	begin_with_namespace(LIST("5", POD("a", "p1", "")), LIST("5", ""));
	cr_assert_eq(
		answer_slot(KUBE_SLOT_PODS, 200,
			    EVENT("MODIFIED",
				  POD("a", "p1", "\"n\":\"1\"")) "{\"type\":\"MODIFIED\",\"obj",
			    -ECONNRESET),
		KUBE_OK);
	cr_assert(strstr(told("p1"), "\"n\":\"1\"") != NULL);
	asks("/api/v1/pods?watch=true");
	cr_assert(strstr(w.asked.path, "&resourceVersion=7") != NULL);
}

Test(kube, a_watch_that_never_said_anything_is_not_believed)
{
	begin_with(LIST("5", ""), LIST("5", ""));
	w.now.ns += 240 * NS_PER_SEC;
	cr_assert_eq(answer_slot(KUBE_SLOT_PODS, 200, "", 0), KUBE_OK);
	asks("/api/v1/pods?limit=100");
}

Test(kube, watches_that_end_at_once_are_not_asked_for_all_the_time)
{
	unsigned n = 0;

	begin_with(LIST("5", ""), LIST("5", ""));
	answer_slot(KUBE_SLOT_PODS, 200, "", 0);
	for (unsigned ms = 0; ms < 10000; ms += 10) {
		w.now.ns += 10 * NS_PER_MSEC;
		while (ask()) {
			n++;
			answer(200, "");
		}
	}
	cr_assert(n >= 3 && n <= 8, "%u", n);
}

Test(kube, failures_are_waited_for_longer_each_time_up_to_a_minute)
{
	uint64_t last = 0, waits[12];

	for (unsigned i = 0; i < ARRAY_LEN(waits); i++) {
		asks("/api/v1/pods?limit=100");
		last = w.now.ns;
		kube_end(w.k, KUBE_SLOT_PODS, -ECONNREFUSED, 0, w.now, &w.said);
		cr_assert_eq(w.said.result, KUBE_FAILED);
		/* The services' turn is not waited for. */
		while (ask() && w.asked.slot != KUBE_SLOT_PODS)
			;
		do
			w.now.ns += 10 * NS_PER_MSEC;
		while (w.now.ns < last + 70 * NS_PER_SEC && kube_step(w.k, w.now).ns > w.now.ns);
		waits[i] = w.now.ns - last;
	}
	cr_assert(waits[0] >= 250 * NS_PER_MSEC && waits[0] <= 510 * NS_PER_MSEC);
	cr_assert(waits[3] >= 2 * NS_PER_SEC && waits[3] <= 4010 * NS_PER_MSEC);
	cr_assert(waits[11] >= 30 * NS_PER_SEC && waits[11] <= 60010 * NS_PER_MSEC);
}

Test(kube, two_nodes_do_not_come_back_at_the_same_time)
{
	struct kube_params p = { .node = "node2",
				 .sink = { NULL, tell_pod, tell_gone, tell_absent },
				 .seed = 99 };
	struct kube *both[2] = { w.k };
	struct mono back[2];

	cr_assert_eq(kube_new(&p, &both[1]), 0);
	for (unsigned i = 0; i < 2; i++) {
		while (kube_ask(both[i], w.now, &w.asked))
			kube_end(both[i], w.asked.slot, -ETIMEDOUT, 0, w.now, &w.said);
		back[i] = kube_step(both[i], w.now);
		cr_assert(back[i].ns > w.now.ns);
	}
	cr_assert_neq(back[0].ns, back[1].ns);
	kube_free(both[1]);
}

Test(kube, a_server_that_says_when_to_come_back_is_heard)
{
	asks("/api/v1/pods?limit=100");
	cr_assert_eq(kube_feed(w.k, KUBE_SLOT_PODS, 429,
			       span_str("{\"kind\":\"Status\",\"code\":429}"), w.now),
		     0);
	kube_end(w.k, KUBE_SLOT_PODS, 0, 20, w.now, &w.said);
	cr_assert_eq(w.said.result, KUBE_SLOW_DOWN);
	asks("/api/v1/services");
	w.now.ns += 20 * NS_PER_SEC;
	cr_assert(!ask());
	w.now.ns += NS_PER_SEC;
	asks("/api/v1/pods");
	answer(504, "{\"kind\":\"Status\",\"code\":504,\"details\":{\"retryAfterSeconds\":86000}}");
	w.now.ns += 302 * NS_PER_SEC;
	asks("/api/v1/pods");
}

Test(kube, who_may_not_is_told_which_right_is_missing)
{
	asks("/api/v1/pods?limit=100");
	cr_assert_eq(
		answer(403, "{\"kind\":\"Status\",\"code\":403,\"message\":\"pods is forbidden\"}"),
		KUBE_FORBIDDEN);
	cr_assert_str_eq(w.said.wants, "list pods");
	cr_assert_str_eq(w.said.text, "403 pods is forbidden");
	asks("/api/v1/services?limit=100");
	answer(401, "{\"kind\":\"Status\",\"code\":401}");
	cr_assert_eq(w.said.result, KUBE_WHO_ARE_YOU);
	cr_assert(!ask());
	kube_hurry(w.k, w.now);
	asks("/api/v1/pods");
	asks("/api/v1/services");
}

Test(kube, garbage_is_a_failure_and_nothing_else)
{
	static const char *const answers[] = {
		"",
		"<html>",
		"{",
		"{}",
		"[]",
		"{\"items\":7}",
		"{\"items\":[]}",
		"{\"items\":[7]}",
		"{\"metadata\":{\"resourceVersion\":7},\"items\":[]}",
		"\xff\xfe",
		"null",
	};

	for (unsigned i = 0; i < ARRAY_LEN(answers); i++) {
		asks("/api/v1/pods?limit=100");
		cr_assert_eq(answer(200, answers[i]), KUBE_FAILED, "%s", answers[i]);
		while (ask())
			;
		later(61 * NS_PER_SEC);
	}
}

Test(kube, an_endless_list_is_ended)
{
	static char filler[1 << 20];
	int err = 0;

	memset(filler, ' ', sizeof(filler) - 1);
	asks("/api/v1/pods?limit=100");
	for (unsigned i = 0; i < 100 && err == 0; i++)
		err = kube_feed(w.k, KUBE_SLOT_PODS, 200,
				span_str(i == 0 ? "{\"items\":[" : filler), w.now);
	cr_assert_eq(err, -EMSGSIZE);
}

Test(kube, objects_that_make_no_sense_are_counted_and_the_others_taken)
{
	struct kube_numbers n;

	begin_with_namespace(LIST("5", "{},{\"metadata\":7}," POD("a", "p1", "")), LIST("5", ""));
	feed(KUBE_SLOT_PODS,
	     "{\"type\":\"ADDED\",\"object\":{}}" EVENT("ADDED", POD("b", "p2", "")));
	kube_numbers(w.k, &n);
	cr_assert_eq(n.refused, 3);
	cr_assert_eq(n.pods, 2);
	cr_assert(told("p1")[0] != '\0' && told("p2")[0] != '\0');
}

Test(kube, pods_of_another_node_are_not_ours)
{
	begin_with(LIST("5", KUBE_POD_TEXT("a", "shop", "p1", "",
					   "},\"spec\":{\"nodeName\":\"node2\"}}")),
		   LIST("5", ""));
	later(NS_PER_SEC);
	cr_assert_str_eq(told("p1"), "");
}

Test(kube, a_sink_without_room_is_tried_again)
{
	w.full = true;
	begin_with_namespace(LIST("5", POD("a", "p1", "")), LIST("5", ""));
	cr_assert_str_eq(told("p1"), "");
	cr_assert(kube_step(w.k, w.now).ns <= w.now.ns + NS_PER_SEC);
	w.full = false;
	later(200 * NS_PER_MSEC);
	cr_assert(told("p1")[0] != '\0');
}

TestSuite(kube_bounds, .fini = end);

Test(kube_bounds, what_finds_no_room_is_counted)
{
	struct kube_numbers n;

	make_with((struct kube_limits){ 1, 1, 1 }, "node1");
	begin_with_namespace(
		LIST("5", POD("a", "p1", "") "," POD("b", "p2", "")),
		LIST("5", SERVICE("x", "s1", "\"a\":\"b\"") "," SERVICE("y", "s2", "\"a\":\"b\"")));
	kube_numbers(w.k, &n);
	cr_assert_eq(n.pods, 1);
	cr_assert_eq(n.services, 1);
	cr_assert_eq(n.references, 1);
	cr_assert_eq(n.refused, 2);
}

Test(kube_bounds, a_pod_of_many_services_is_cut_to_a_bounded_text)
{
	static char services[1 << 20], label[300];
	size_t n = 0;

	make_with((struct kube_limits){ 0 }, "node1");
	memset(label, 'v', 250);
	n += (size_t)snprintf(services, sizeof(services),
			      "{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[");
	for (unsigned i = 0; i < 40; i++) {
		n += (size_t)snprintf(
			services + n, sizeof(services) - n,
			"%s{\"metadata\":{\"name\":\"s%u\",\"namespace\":\"shop\",\"uid\":\"u%u\","
			"\"labels\":{",
			i > 0 ? "," : "", i, i);
		for (unsigned j = 0; j < 20; j++)
			n += (size_t)snprintf(services + n, sizeof(services) - n,
					      "%s\"l%u\":\"%s\"", j > 0 ? "," : "", j, label);
		n += (size_t)snprintf(services + n, sizeof(services) - n,
				      "}},\"spec\":{\"selector\":{\"app\":\"web\"}}}");
	}
	snprintf(services + n, sizeof(services) - n, "]}");
	begin_with_namespace(LIST("5", POD("a", "p1", "\"app\":\"web\"")), services);
	cr_assert(strstr(told("p1"), "{\"name\":\"s0\",\"uid\":\"u0\"}") != NULL, "%s", told("p1"));
	cr_assert(strstr(told("p1"), "{\"name\":\"s15\"") != NULL);
	cr_assert(strstr(told("p1"), "{\"name\":\"s16\"") == NULL);
}

/* ---- what a real server sent ---- */

static bool answer_recorded(const char *name)
{
	size_t n;
	char *text = recorded(name, &n);

	if (text == NULL)
		return false;
	cr_assert_eq(answer(200, text), KUBE_OK, "%s: %s", name, w.said.text);
	free(text);
	return true;
}

/* The object of that name in a recorded list. */
static void answer_from_list(const char *list)
{
	size_t n = 0;
	char *text = recorded(list, &n), *object = NULL;
	json_t *top = json_loadb(text, n, 0, NULL), *item;
	const char *name = strrchr(w.asked.path, '/') + 1;
	size_t i;

	json_array_foreach(json_object_get(top, "items"), i,
			   item) if (strcmp(kube_text(json_object_get(item, "metadata"), "name"),
					    name) == 0) object = json_dumps(item, JSON_COMPACT);
	cr_assert_neq(object, NULL, "%s", w.asked.path);
	cr_assert_eq(answer(200, object), KUBE_OK);
	free(object);
	json_decref(top);
	free(text);
}

Test(kube, a_recorded_cluster_is_told_as_it_was)
{
	static const char *const jobs = "/apis/batch/v1/namespaces/shop/jobs/report";
	struct kube_numbers n;

	asks("/api/v1/pods?limit=100&fieldSelector=spec.nodeName%3Dnode1");
	if (!answer_recorded("pods.node1.json"))
		cr_skip_test("the recorded answers are not here");
	asks("/api/v1/pods?watch=true");
	asks("/api/v1/services?limit=100");
	answer_recorded("services.json");
	asks("/api/v1/services?watch=true");
	while (ask()) {
		if (strcmp(w.asked.path, jobs) == 0)
			answer(200,
			       THING("report", "2b931f7c-c359-4a70-9bdb-e15c24e723dc", "", "}}"));
		else if (strstr(w.asked.path, "/replicasets/") != NULL)
			answer_from_list("replicasets.json");
		else if (strstr(w.asked.path, "/deployments/") != NULL)
			answer_from_list("deployments.json");
		else if (strstr(w.asked.path, "/replicationcontrollers/") != NULL)
			answer_from_list("replicationcontrollers.json");
		else
			answer_from_list("namespaces.json");
	}
	kube_numbers(w.k, &n);
	cr_assert_eq(n.pods, 9);
	cr_assert_eq(n.refused, 0);
	cr_assert_eq(w.ntold, 9);
	/* web: a replica set's, of a deployment, behind a service */
	cr_assert(strstr(told("4348581d-93ad-4c9c-93fd-c71bd2cb4d20"),
			 "\"deployment\":{\"name\":\"web\"") != NULL);
	cr_assert(strstr(told("4348581d-93ad-4c9c-93fd-c71bd2cb4d20"), "\"ip\":\"10.123.0.3\"") !=
		  NULL);
	cr_assert(strstr(told("4348581d-93ad-4c9c-93fd-c71bd2cb4d20"),
			 "\"svc\":[{\"name\":\"web\"") != NULL);
	cr_assert(strstr(told("5d7c94c4-d4e8-40d3-976e-11811f0d3152"),
			 "\"rc\":{\"name\":\"legacy\"") != NULL);
	/* a static pod, by the name that cgroup paths have */
	cr_assert(strstr(told("8d87af73b131a859b23cfbd1082c50d8"),
			 "\"uid\":\"cd26d9f4-9ae7-4ccd-b4ce-bb385f063efa\"") != NULL);
	w.asked.slot = KUBE_SLOT_PODS;
	answer_recorded("watch.pods.ndjson");
	cr_assert(strstr(told("69e3e348-205e-4138-97b0-7f28f1bfdb9d"), "\"ip\":\"10.123.0.9\"") !=
		  NULL);
	later(11 * NS_PER_SEC);
	cr_assert_str_eq(told("69e3e348-205e-4138-97b0-7f28f1bfdb9d"), "", "oneoff was deleted");
	cr_assert_str_eq(told("dbb94d1b-2bfe-4adc-a804-bff0e801f050"), "", "and one of web");
	asks("/api/v1/pods?watch=true");
	cr_assert(strstr(w.asked.path, "&resourceVersion=591") != NULL, "%s", w.asked.path);
}
