/* SPDX-License-Identifier: Apache-2.0
 *
 * Pods through the enricher and the mirror: what Kubernetes told, when it is there,
 * and what each field of k8smeta.* makes of it.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "podtab.h"
#include "support/raw_kit.h"
#include "support/state_kit.h"

#define UID    "4348581d-93ad-4c9c-93fd-c71bd2cb4d20"
#define DIGEST "8d87af73b131a859b23cfbd1082c50d8"
#define HEX64  "3f5ae0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d"
#define IN_POD "cpu=/kubepods/burstable/pod" UID "/" HEX64

TestSuite(pods, .init = setup, .fini = teardown);

static void process_in(int64_t pid, const char *cgroups)
{
	struct raw_event ev = raw_event(EVENT_SYSCALL_CLONE_20_X, pid);

	set_int(&ev, "res", 0);
	set_int(&ev, "tid", pid);
	set_int(&ev, "pid", pid);
	set_int(&ev, "ptid", 1);
	set_int(&ev, "vtid", pid);
	set_int(&ev, "vpid", pid);
	set_int(&ev, "flags", 0);
	set_text(&ev, "comm", "sh");
	set_text(&ev, "cgroups", cgroups);
	cr_assert_eq(state_world_event(w, &ev), 0);
}

static void leaves(int64_t tid)
{
	struct raw_event ev = raw_event(EVENT_PROCEXIT_1_E, tid);

	cr_assert_eq(state_world_event(w, &ev), 0);
}

static void call_of(int64_t tid)
{
	struct raw_event ev = raw_event(EVENT_SYSCALL_GETCWD_X, tid);

	set_int(&ev, "res", -2);
	cr_assert_eq(state_world_event(w, &ev), 0);
}

static void tell(const char *uid, const char *json)
{
	enrich_pod(w->enrich, span_str(uid), span_str(json));
}

static const char web[] =
	"{\"name\":\"web-1\",\"namespace\":\"shop\",\"uid\":\"" UID "\",\"ip\":\"10.1.2.3\","
	"\"labels\":{\"tier\":\"front\",\"app\":\"web\",\"empty\":\"\"},"
	"\"ns\":{\"name\":\"shop\",\"uid\":\"u-ns\",\"labels\":{\"team\":\"a\\u0022b\"}},"
	"\"rs\":{\"name\":\"web-77\",\"uid\":\"u-rs\",\"labels\":{\"r\":\"1\"}},"
	"\"deployment\":{\"name\":\"web\",\"uid\":\"u-d\"},"
	"\"svc\":[{\"name\":\"front\",\"uid\":\"u-s1\",\"labels\":{\"s\":\"1\",\"x\":\"a\"}},"
	"{\"name\":\"back\",\"uid\":\"u-s2\",\"labels\":{\"s\":\"2\"}},"
	"{\"name\":\"bare\",\"uid\":\"u-s3\"}],"
	"\"workload\":{\"kind\":\"Deployment\",\"name\":\"web\"}}";

Test(pods, each_field_says_what_was_told)
{
	tell(UID, web);
	process_in(100, IN_POD);
	call_of(100);
	STATE_ARE({ "k8smeta.pod.name", "web-1" }, { "k8smeta.pod.uid", UID },
		  { "k8smeta.pod.ip", "10.1.2.3" }, { "k8smeta.pod.label[app]", "web" },
		  { "k8smeta.pod.label[empty]", "" }, { "k8smeta.pod.label[none]", NULL },
		  { "k8smeta.pod.labels", "(app:web,empty:,tier:front)" },
		  { "k8smeta.ns.name", "shop" }, { "k8smeta.ns.uid", "u-ns" },
		  { "k8smeta.ns.label[team]", "a\"b" }, { "k8smeta.ns.labels", "(team:a\"b)" },
		  { "k8smeta.deployment.name", "web" }, { "k8smeta.deployment.uid", "u-d" },
		  { "k8smeta.deployment.label[a]", NULL }, { "k8smeta.deployment.labels", NULL },
		  { "k8smeta.rs.name", "web-77" }, { "k8smeta.rs.uid", "u-rs" },
		  { "k8smeta.rs.label[r]", "1" }, { "k8smeta.rs.labels", "(r:1)" },
		  { "k8smeta.rc.name", NULL }, { "k8smeta.rc.uid", NULL },
		  { "k8smeta.rc.label[r]", NULL }, { "k8smeta.rc.labels", NULL },
		  { "k8smeta.svc.name", "(front,back,bare)" },
		  { "k8smeta.svc.uid", "(u-s1,u-s2,u-s3)" }, { "k8smeta.svc.label[s]", "(1,2)" },
		  { "k8smeta.svc.label[x]", "(a)" }, { "k8smeta.svc.label[y]", NULL },
		  { "k8smeta.svc.labels", "(s:1,x:a,s:2)" });
}

Test(pods, until_it_is_told_only_the_uid_is_known)
{
	process_in(100, IN_POD);
	call_of(100);
	STATE_ARE({ "k8smeta.pod.name", NULL }, { "k8smeta.pod.uid", UID },
		  { "k8smeta.pod.labels", NULL }, { "k8smeta.ns.name", NULL },
		  { "k8smeta.svc.name", NULL });
	tell(UID, web);
	call_of(100);
	STATE_ARE({ "k8smeta.pod.name", "web-1" }, { "k8smeta.pod.uid", UID });
	tell(UID, "{\"name\":\"web-1\",\"labels\":{\"app\":\"new\"}}");
	call_of(100);
	STATE_ARE({ "k8smeta.pod.labels", "(app:new)" }, { "k8smeta.pod.ip", NULL });
	enrich_pod_gone(w->enrich, span_str(UID));
	call_of(100);
	STATE_ARE({ "k8smeta.pod.name", NULL });
}

static unsigned awaited(int64_t tid)
{
	return mirror_awaited(w->mirror, mirror_process_by_tid(w->mirror, tid));
}

static struct mirror_metadata metadata_of(int64_t tid)
{
	struct mirror_metadata now;

	mirror_metadata(w->mirror, mirror_process_by_tid(w->mirror, tid), &now);
	return now;
}

#define OTHER64	     "aaaae0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d"
#define OTHER_IN_POD "cpu=/kubepods/burstable/pod" UID "/" OTHER64
#define DOCKER64     "bbbbe0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d"

Test(pods, one_that_somebody_is_in_is_asked_about_once)
{
	w->may_answer_pods = true;
	process_in(99, "cpu=/docker/" DOCKER64);
	cr_assert_eq(w->asked_pods, 0);
	process_in(100, IN_POD);
	process_in(101, IN_POD);
	process_in(102, OTHER_IN_POD);
	cr_assert_eq(w->asked_pods, 1);
	cr_assert_eq(awaited(100), METADATA_POD | METADATA_EITHER);
	cr_assert_eq(awaited(102), METADATA_POD | METADATA_EITHER);
	cr_assert_eq(awaited(99), 0);
	call_of(100);
	STATE_ARE({ "k8smeta.pod.uid", UID }, { "k8smeta.pod.name", NULL },
		  { "k8s.pod.name", NULL });
	tell(UID, web);
	cr_assert_eq(awaited(100) | awaited(102), 0);
	call_of(100);
	STATE_ARE({ "k8smeta.pod.name", "web-1" });
}

Test(pods, one_that_is_known_is_not_asked_about)
{
	w->may_answer_pods = true;
	tell(UID, web);
	process_in(100, IN_POD);
	cr_assert_eq(w->asked_pods, 0);
	cr_assert_eq(awaited(100), 0);
}

Test(pods, none_is_awaited_where_there_is_nobody_to_ask)
{
	process_in(100, IN_POD);
	cr_assert_eq(awaited(100), 0);
	cr_assert_eq(metadata_of(100).unanswered, 0);
}

Test(pods, one_that_nobody_knows_is_not_awaited_any_more)
{
	w->may_answer_pods = true;
	process_in(100, IN_POD);
	enrich_pod_absent(w->enrich, span_str(UID));
	enrich_pod_absent(w->enrich, span_str("nobody"));
	cr_assert_eq(awaited(100), 0);
	cr_assert_eq(metadata_of(100).unanswered, METADATA_POD | METADATA_EITHER);
	enrich_sweep(w->enrich);
	cr_assert_eq(metadata_of(100).unanswered, METADATA_POD | METADATA_EITHER,
		     "as long as somebody is in it");
	tell(UID, web);
	cr_assert_eq(metadata_of(100).unanswered, 0);
	enrich_pod_absent(w->enrich, span_str(UID));
	cr_assert_eq(metadata_of(100).told, METADATA_POD | METADATA_EITHER, "too late");
}

Test(pods, one_that_cannot_be_kept_is_not_awaited_for_ever)
{
	static char big[65 << 10];

	w->may_answer_pods = true;
	process_in(100, IN_POD);
	memset(big, 'x', sizeof(big) - 1);
	tell(UID, big);
	cr_assert_eq(metadata_of(100).unanswered, METADATA_POD | METADATA_EITHER);
}

static unsigned pods_listed(void)
{
	static uint8_t page[65536];
	uint64_t from = 0;
	size_t n = enrich_list_pods(w->enrich, &from, page, sizeof(page));
	unsigned lines = 0;

	for (size_t i = 0; i < n; i++)
		lines += page[i] == '\n';
	return lines;
}

/* There is room for four. */
Test(pods, those_that_are_only_asked_about_make_room)
{
	struct enrich_status s;
	char text[128];

	w->may_answer_pods = true;
	for (int i = 0; i < 6; i++) {
		snprintf(text, sizeof(text),
			 "cpu=/kubepods/pod0000000%d-93ad-4c9c-93fd-c71bd2cb4d20/%d%s", i, i,
			 &HEX64[1]);
		process_in(200 + i, text);
	}
	cr_assert_eq(w->asked_pods, 4, "who finds no room is not asked about");
	cr_assert_eq(awaited(205), 0);
	for (int i = 0; i < 6; i++) {
		snprintf(text, sizeof(text), "0000000%d-0000-4c9c-93fd-c71bd2cb4d20", i);
		tell(text, "{\"name\":\"x\"}");
	}
	enrich_status(w->enrich, &s);
	cr_assert_eq(s.pods.used, 4);
	cr_assert_eq(pods_listed(), 4);
	cr_assert_eq(awaited(200), 0);
}

Test(pods, what_was_asked_about_in_vain_goes_with_its_containers)
{
	struct enrich_status s;

	w->may_answer_pods = true;
	process_in(100, IN_POD);
	enrich_pod_absent(w->enrich, span_str(UID));
	cr_assert_neq(mirror_pod(w->mirror, span_str(UID)), NULL);
	cr_assert_eq(pods_listed(), 0);
	enrich_status(w->enrich, &s);
	cr_assert_eq(s.pods.used, 0);
	leaves(100);
	process_in(101, "cpu=/");
	enrich_container_gone(w->enrich, span_str(HEX64));
	enrich_sweep(w->enrich);
	cr_assert_eq(mirror_pod(w->mirror, span_str(UID)), NULL);
}

Test(pods, a_static_pod_is_found_by_the_digest_in_its_path)
{
	process_in(100, "cpu=/kubepods/pod" DIGEST "/" HEX64);
	call_of(100);
	STATE_ARE({ "k8smeta.pod.uid", NULL });
	tell(DIGEST, "{\"name\":\"etcd-node1\",\"uid\":\"" UID "\"}");
	call_of(100);
	STATE_ARE({ "k8smeta.pod.name", "etcd-node1" }, { "k8smeta.pod.uid", UID });
}

Test(pods, others_are_in_none)
{
	tell(UID, web);
	process_in(100, "cpu=/docker/" HEX64);
	call_of(100);
	STATE_ARE({ "k8smeta.pod.name", NULL }, { "k8smeta.pod.uid", NULL },
		  { "k8s.pod.name", NULL });
	process_in(101, "cpu=/kubepods/podaaaaaaaa-93ad-4c9c-93fd-c71bd2cb4d20/" HEX64);
	call_of(101);
	STATE_ARE({ "k8smeta.pod.name", NULL });
}

Test(pods, what_a_runtime_tells_of_them_too_comes_from_here_while_it_does_not)
{
	static const char told[] =
		"{\"id\":\"3f5ae0a1b2c3\",\"name\":\"c\",\"labels\":{\"io.kubernetes.pod.name\":\"web-1\"}}";

	tell(UID, web);
	process_in(100, IN_POD);
	call_of(100);
	STATE_ARE({ "k8s.pod.name", "web-1" }, { "k8s.ns.name", "shop" }, { "k8s.pod.uid", UID },
		  { "k8s.pod.id", UID }, { "k8s.pod.ip", "10.1.2.3" },
		  { "k8s.pod.label[tier]", "front" },
		  { "k8s.pod.labels", "app:web, empty, tier:front" }, { "container.name", NULL },
		  { "k8s.deployment.name", NULL });
	enrich_container(w->enrich, span_str(told));
	call_of(100);
	STATE_ARE({ "k8s.pod.name", "web-1" }, { "k8s.ns.name", NULL }, { "container.name", "c" });
}

Test(pods, what_makes_no_sense_is_missing)
{
	static const char *const texts[] = {
		"",	"7",
		"[]",	"{\"name\":7,\"labels\":[1],\"svc\":{\"a\":1},\"ns\":\"x\"}",
		"{\"n", "{\"svc\":[1,\"x\",[],{\"name\":7,\"labels\":7}]}",
	};

	process_in(100, IN_POD);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		tell(UID, texts[i]);
		call_of(100);
		STATE_ARE({ "k8smeta.pod.name", NULL }, { "k8smeta.pod.labels", NULL },
			  { "k8smeta.svc.name", NULL }, { "k8smeta.svc.labels", NULL },
			  { "k8smeta.ns.name", NULL });
	}
}

Test(pods, there_are_so_many_and_no_more)
{
	struct slab slab;
	struct podtab pt;
	static char big[65 << 10];

	slab_init(&slab, 64 << 20);
	cr_assert_eq(podtab_init(&pt, &slab, 2), 0);
	cr_assert_neq(podtab_put(&pt, span_str("a"), span_str("{}")), NULL);
	cr_assert_neq(podtab_put(&pt, span_str("b"), span_str("{}")), NULL);
	cr_assert_eq(podtab_put(&pt, span_str("c"), span_str("{}")), NULL);
	cr_assert_neq(podtab_put(&pt, span_str("a"), span_str("{\"x\":1}")), NULL);
	memset(big, 'x', sizeof(big) - 1);
	cr_assert_eq(podtab_put(&pt, span_str("a"), span_str(big)), NULL);
	cr_assert_eq(slab.refused, 2);
	cr_assert(span_is(pod_frame(podtab_find(&pt, span_str("a"))).json, "{\"x\":1}"));
	podtab_remove(&pt, podtab_find(&pt, span_str("a")));
	cr_assert_eq(podtab_find(&pt, span_str("a")), NULL);
	cr_assert_neq(podtab_put(&pt, span_str("c"), span_str("{}")), NULL);
	cr_assert_neq(podtab_find(&pt, span_str("b")), NULL);
	podtab_release(&pt);
	slab_release(&slab);
}

/* ---- snapshots ---- */

static unsigned pods_given;

static int take(void *ctx, uint16_t type, struct span payload)
{
	(void)ctx;
	pods_given += type == FRAME_POD;
	return mirror_apply(w->mirror, type, payload);
}

Test(pods, who_starts_afresh_is_told_all_of_them)
{
	tell(UID, web);
	tell(DIGEST, "{\"name\":\"etcd-node1\"}");
	cr_assert_eq(enrich_snapshot(w->enrich, UINT64_MAX, take, NULL), 0);
	cr_assert_eq(pods_given, 2);
	cr_assert_neq(mirror_pod(w->mirror, span_str(UID)), NULL);
	cr_assert_eq(mirror_pod(w->mirror, span_str("x")), NULL);
}

Test(pods, rules_that_looked_before_look_again)
{
	uint64_t before = mirror_epoch(w->mirror);

	tell(UID, web);
	cr_assert_neq(mirror_epoch(w->mirror), before);
	before = mirror_epoch(w->mirror);
	enrich_pod_gone(w->enrich, span_str(UID));
	cr_assert_neq(mirror_epoch(w->mirror), before);
}
