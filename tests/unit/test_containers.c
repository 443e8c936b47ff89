/* SPDX-License-Identifier: Apache-2.0
 *
 * Containers through the enricher and the mirror: what a runtime told, when it is
 * there, and what each field of container.* and k8s.* makes of it.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/raw_kit.h"
#include "support/state_kit.h"

#define ID	"3f5ae0a1b2c3"
#define CGROUPS "cpu=/docker/3f5ae0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d"

TestSuite(containers, .init = setup, .fini = teardown);

/* ---- events ---- */

static void process_in(int64_t pid, int64_t vpid, const char *cgroups)
{
	struct raw_event ev = raw_event(EVENT_SYSCALL_CLONE_20_X, pid);

	set_int(&ev, "res", 0);
	set_int(&ev, "tid", pid);
	set_int(&ev, "pid", pid);
	set_int(&ev, "ptid", 1);
	set_int(&ev, "vtid", vpid);
	set_int(&ev, "vpid", vpid);
	set_int(&ev, "flags", 0);
	set_text(&ev, "comm", "sh");
	set_text(&ev, "cgroups", cgroups);
	cr_assert(eq(int, state_world_event(w, &ev), 0));
}

static void call_of(int64_t tid)
{
	struct raw_event ev = raw_event(EVENT_SYSCALL_GETCWD_X, tid);

	set_int(&ev, "res", -2);
	cr_assert(eq(int, state_world_event(w, &ev), 0));
}

static void exit_of(int64_t tid)
{
	struct raw_event ev = raw_event(EVENT_PROCEXIT_1_E, tid);

	set_int(&ev, "status", 0);
	cr_assert(eq(int, state_world_event(w, &ev), 0));
}

static void recorded(const char *json)
{
	struct raw_event ev = raw_event(EVENT_CONTAINER_JSON_2_E, -1);

	set_text(&ev, "json", json);
	cr_assert(eq(int, state_world_event(w, &ev), 0));
}

static void async(const char *name, const char *json)
{
	struct raw_event ev = raw_event(EVENT_ASYNCEVENT_E, -1);

	set_int(&ev, "plugin_id", 0);
	set_text(&ev, "name", name);
	set_text(&ev, "data", json);
	cr_assert(eq(int, state_world_event(w, &ev), 0));
}

/* ---- fields of the last event ---- */

static void is(const char *field, const char *expected)
{
	state_is(field, expected);
}

#define ARE(...) STATE_ARE(__VA_ARGS__)

/* ---- what is told ---- */

static const char web[] =
	"{\"container\":{\"type\":0,\"id\":\"" ID
	"\",\"name\":\"web \\u00fc\",\"image\":\"r.io/a/b:7\","
	"\"imagedigest\":\"sha256:aa\",\"imageid\":\"bb\",\"imagerepo\":\"r.io/a/b\","
	"\"imagetag\":\"7\",\"User\":\"www\",\"cni_json\":null,\"env\":[\"PASSWORD=x\"],"
	"\"full_id\":\"" ID "d4e5\",\"host_ipc\":true,\"host_network\":false,\"host_pid\":true,"
	"\"ip\":\"10.1.2.3\",\"is_pod_sandbox\":false,\"privileged\":true,\"size\":-1,"
	"\"labels\":{\"z\":\"\",\"b\":\"1\",\"annotation.x\":\"y\",\"a.b/c\":\"two, \\\"2\\\"\","
	"\"io.kubernetes.pod.name\":\"web-0\",\"io.kubernetes.pod.namespace\":\"shop\","
	"\"io.kubernetes.pod.uid\":\"u-1\"},"
	"\"pod_sandbox_id\":\"0011223344556677\",\"pod_sandbox_labels\":null,"
	"\"Mounts\":[{\"Source\":\"/var/lib/x\",\"Destination\":\"/x\",\"Mode\":\"z\",\"RW\":true,"
	"\"Propagation\":\"rprivate\"},{\"Source\":\"/etc\",\"Destination\":\"/host/etc\","
	"\"Mode\":\"\",\"RW\":false,\"Propagation\":\"\"}],\"port_mappings\":[]}}";

Test(containers, until_a_runtime_tells_there_is_the_identity_alone)
{
	process_in(50, 1, CGROUPS);
	call_of(50);
	ARE({ "container.id", ID }, { "container.name", NULL }, { "container.full_id", NULL },
	    { "container.image", NULL }, { "container.privileged", NULL },
	    { "container.type", NULL }, { "container.mounts", NULL }, { "container.labels", NULL },
	    { "container.ip", NULL }, { "k8s.pod.name", NULL }, { "k8s.pod.ip", NULL });
	recorded("{\"container\":{\"id\":\"" ID "\",\"type\":7}}");
	call_of(50);
	ARE({ "container.id", ID }, { "container.name", "" }, { "container.full_id", "" },
	    { "container.image", "" }, { "container.privileged", "false" },
	    { "container.host_pid", "false" }, { "container.type", "containerd" },
	    { "container.mounts", "" }, { "container.mount[0]", NULL },
	    { "container.mount.dest[*]", NULL }, { "container.labels", "" },
	    { "container.label[a]", NULL }, { "container.ip", "" }, { "container.cni.json", "" },
	    { "k8s.pod.name", NULL }, { "k8s.ns.name", NULL }, { "k8s.pod.uid", NULL },
	    { "k8s.pod.sandbox_id", "" }, { "k8s.pod.labels", "" }, { "k8s.pod.label[a]", NULL });
}

Test(containers, all_that_a_runtime_tells_is_shown)
{
	process_in(50, 1, CGROUPS);
	async("container", web);
	call_of(50);
	ARE({ "container.name", "web \xc3\xbc" }, { "container.type", "docker" },
	    { "container.full_id", ID "d4e5" }, { "container.image", "r.io/a/b:7" },
	    { "container.image.id", "bb" }, { "container.image.repository", "r.io/a/b" },
	    { "container.image.tag", "7" }, { "container.image.digest", "sha256:aa" },
	    { "container.privileged", "true" }, { "container.host_pid", "true" },
	    { "container.host_network", "false" }, { "container.host_ipc", "true" },
	    { "container.ip", "10.1.2.3" }, { "container.cni.json", "" });
	ARE({ "k8s.pod.name", "web-0" }, { "k8s.ns.name", "shop" }, { "k8s.pod.id", "u-1" },
	    { "k8s.pod.uid", "u-1" }, { "k8s.pod.sandbox_id", "001122334455" },
	    { "k8s.pod.full_sandbox_id", "0011223344556677" });
}

Test(containers, labels_are_found_by_key_and_listed_in_order_without_the_platforms)
{
	process_in(50, 1, CGROUPS);
	async("container", web);
	call_of(50);
	ARE({ "container.labels", "a.b/c:two, \"2\", b:1, z" }, { "container.label[b]", "1" },
	    { "container.label[a.b/c]", "two, \"2\"" }, { "container.label[z]", "" },
	    { "container.label[annotation.x]", "y" }, { "container.label[y]", NULL },
	    { "container.label[io.kubernetes.pod.name]", "web-0" });
}

Test(containers, mounts_are_found_by_number_or_by_source)
{
	process_in(50, 1, CGROUPS);
	async("container", web);
	call_of(50);
	ARE({ "container.mounts", "/var/lib/x:/x:z:true:rprivate,/etc:/host/etc::false:" },
	    { "container.mount[1]", "/etc:/host/etc::false:" }, { "container.mount[2]", NULL },
	    { "container.mount[/var/lib/*]", "/var/lib/x:/x:z:true:rprivate" },
	    { "container.mount.dest[/etc]", "/host/etc" },
	    { "container.mount.dest[/e?c]", "/host/etc" },
	    { "container.mount.dest[/host/etc]", NULL },
	    { "container.mount.source[/host/etc]", "/etc" },
	    { "container.mount.source[/etc]", NULL }, { "container.mount.mode[0]", "z" },
	    { "container.mount.mode[/etc]", "" }, { "container.mount.rdwr[/etc]", "false" },
	    { "container.mount.rdwr[0]", "true" },
	    { "container.mount.propagation[/var/lib/x]", "rprivate" });
}

Test(containers, what_falco_gave_up_is_always_missing)
{
	process_in(50, 1, CGROUPS);
	async("container", web);
	call_of(50);
	ARE({ "container.healthcheck", NULL }, { "container.liveness_probe", NULL },
	    { "container.readiness_probe", NULL }, { "k8s.rc.name", NULL }, { "k8s.rc.id", NULL },
	    { "k8s.rc.label[a]", NULL }, { "k8s.rc.labels", NULL }, { "k8s.svc.name", NULL },
	    { "k8s.svc.id", NULL }, { "k8s.svc.label[a]", NULL }, { "k8s.svc.labels", NULL },
	    { "k8s.ns.id", NULL }, { "k8s.ns.label[a]", NULL }, { "k8s.ns.labels", NULL },
	    { "k8s.rs.name", NULL }, { "k8s.rs.id", NULL }, { "k8s.rs.label[a]", NULL },
	    { "k8s.rs.labels", NULL }, { "k8s.deployment.name", NULL },
	    { "k8s.deployment.id", NULL }, { "k8s.deployment.label[a]", NULL },
	    { "k8s.deployment.labels", NULL });
}

Test(containers, a_pods_network_and_labels_are_its_sandboxs)
{
	process_in(50, 1, CGROUPS);
	async("container", web);
	async("container", "{\"container\":{\"id\":\"001122334455\",\"type\":7,\"ip\":\"10.9.9.9\","
			   "\"is_pod_sandbox\":true,\"cni_json\":\"{\\\"cniVersion\\\":1}\","
			   "\"labels\":{\"app\":\"shop\",\"io.kubernetes.pod.name\":\"web-0\"}}}");
	call_of(50);
	ARE({ "k8s.pod.ip", "10.9.9.9" }, { "k8s.pod.cni.json", "{\"cniVersion\":1}" },
	    { "k8s.pod.label[app]", "shop" }, { "k8s.pod.labels", "app:shop" },
	    { "container.ip", "10.1.2.3" }, { "container.label[app]", NULL });
	async("container",
	      "{\"container\":{\"id\":\"" ID "\",\"ip\":\"10.1.2.3\",\"cni_json\":\"[]\","
	      "\"pod_sandbox_id\":\"001122334455\",\"pod_sandbox_labels\":{\"own\":\"1\"}}}");
	call_of(50);
	ARE({ "k8s.pod.ip", "10.1.2.3" }, { "k8s.pod.cni.json", "[]" },
	    { "k8s.pod.labels", "own:1" }, { "k8s.pod.label[app]", NULL });
}

Test(containers, a_container_event_speaks_of_its_own)
{
	struct raw_event first = raw_event(EVENT_PROCINFO_E, -1);

	state_world_event(w, &first); /* a capture's beginning is over */
	recorded(web);
	ARE({ "evt.type", "container" }, { "container.id", ID },
	    { "container.name", "web \xc3\xbc" }, { "container.image.repository", "r.io/a/b" },
	    { "user.name", "www" }, { "user.uid", NULL }, { "proc.name", NULL },
	    { "container.start_ts", NULL });
	/* The converted form of old captures: members at the top. */
	recorded("{\"id\":\"aabbccddeeff\",\"type\":1,\"name\":\"old\",\"image\":\"img\"}");
	ARE({ "container.id", "aabbccddeeff" }, { "container.name", "old" },
	    { "container.image", "img" }, { "container.type", "lxc" }, { "user.name", NULL });
}

Test(containers, what_is_no_container_changes_nothing)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"{\"container\":{}}",
		"{\"container\":{\"id\":\"\"}}",
		"{\"container\":{\"id\":7}}",
		"{\"container\":{\"id\":\"" ID "\"",
	};
	struct enrich_status s;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		recorded(texts[i]);
		async("container", texts[i]);
		async("container_removed", texts[i]);
	}
	async("other", web);
	enrich_status(w->enrich, &s);
	cr_assert(eq(u32, s.containers.used, 0));
}

Test(containers, secrets_of_the_environment_are_not_kept)
{
	const struct mirror_container *c;

	async("container", web);
	c = mirror_container(w->mirror, span_str(ID));
	cr_assert_not_null(c);
	cr_assert_null(memmem(c->frame.json.p, c->frame.json.n, "PASSWORD", 8));
}

Test(containers, too_long_a_tale_is_not_kept_and_counted)
{
	enum { LABEL = 100000 };
	char *json = malloc(LABEL + 200);
	size_t n = (size_t)sprintf(json, "{\"container\":{\"id\":\"" ID "\",\"labels\":{\"a\":\"");

	memset(json + n, 'x', LABEL);
	strcpy(json + n + LABEL, "\"}}}");
	async("container", json);
	process_in(50, 1, CGROUPS);
	call_of(50);
	is("container.id", ID);
	is("container.labels", NULL);
	cr_assert(w->counts[ENRICHER_MEMORY_REFUSED] > 0);
	free(json);
}

/* ---- coming and going ---- */

static bool known(const char *id)
{
	return mirror_container(w->mirror, span_str(id)) != NULL;
}

Test(containers, a_container_ends_with_the_first_of_its_processes)
{
	process_in(50, 1, CGROUPS);
	process_in(51, 7, CGROUPS);
	async("container", web);
	exit_of(51);
	call_of(50);
	is("container.name", "web \xc3\xbc");
	exit_of(50);
	is("container.name", "web \xc3\xbc");
	cr_assert(known(ID));
	call_of(1);
	cr_assert(known(ID), "its runtime told of it, and says when it is over");
	async("container_removed", "{\"container\":{\"id\":\"" ID "\"}}");
	cr_assert_not(known(ID));
}

Test(containers, one_that_nobody_tells_of_ends_with_the_first_of_its_processes)
{
	process_in(50, 1, CGROUPS);
	call_of(50);
	exit_of(50);
	cr_assert(known(ID));
	call_of(1);
	cr_assert_not(known(ID));
}

Test(containers, each_is_asked_about_once)
{
	w->may_answer = true;
	process_in(50, 1, CGROUPS);
	process_in(51, 2, CGROUPS);
	call_of(51);
	cr_assert(eq(u32, w->asked, 1));
}

Test(containers, a_short_one_is_there_until_the_answer_is)
{
	w->may_answer = true;
	process_in(50, 1, CGROUPS);
	exit_of(50);
	call_of(1);
	cr_assert(known(ID), "its events may wait for it");
	enrich_container_absent(w->enrich, span_str(ID));
	cr_assert(known(ID));
	enrich_sweep(w->enrich);
	cr_assert_not(known(ID));
}

Test(containers, one_that_its_runtime_has_no_more_goes_when_it_is_empty)
{
	w->may_answer = true;
	process_in(50, 1, CGROUPS);
	enrich_container(w->enrich, span_str("{\"id\":\"" ID "\",\"name\":\"x\"}"));
	enrich_container_gone(w->enrich, span_str(ID "d4e5f607"));
	enrich_sweep(w->enrich);
	call_of(50);
	is("container.name", "x");
	exit_of(50);
	call_of(1);
	enrich_sweep(w->enrich);
	cr_assert_not(known(ID));
}

Test(containers, a_pid_namespace_inside_of_a_container_is_not_the_container)
{
	process_in(50, 1, CGROUPS);
	process_in(60, 1, CGROUPS);
	async("container", web);
	exit_of(60);
	call_of(50);
	is("container.name", "web \xc3\xbc");
}

Test(containers, a_removed_container_keeps_its_identity_where_it_is_still_met)
{
	process_in(50, 1, CGROUPS);
	async("container", web);
	async("container_removed", "{\"container\":{\"id\":\"" ID "\"}}");
	call_of(50);
	is("container.id", ID);
	is("container.name", NULL);
	process_in(51, 7, CGROUPS); /* it is met again: its identity is */
	cr_assert(known(ID));
	call_of(51);
	is("container.name", NULL);
}

Test(containers, who_is_empty_makes_room_before_who_is_not)
{
	char json[128];
	struct enrich_status s;

	process_in(50, 1, CGROUPS);
	async("container", web);
	for (unsigned i = 0; i < 2000; i++) {
		snprintf(json, sizeof(json), "{\"container\":{\"id\":\"e%06u\",\"type\":7}}", i);
		async("container", json);
	}
	enrich_status(w->enrich, &s);
	cr_assert(eq(u32, s.containers.used, s.containers.max));
	cr_assert(eq(u64, w->counts[ENRICHER_CONTAINERS_EVICTED], 2001 - s.containers.max));
	cr_assert(known("e001999"));
	cr_assert_not(known("e000000"));
	call_of(50);
	is("container.name", "web \xc3\xbc");
}

static int put(void *ctx, uint16_t type, struct span payload)
{
	return mirror_apply(ctx, type, payload);
}

Test(containers, a_snapshot_has_what_was_told)
{
	struct mirror_limits limits = { 64, 64, 64, 64, 1, 0 };
	const struct mirror_container *c;
	struct mirror *m;

	process_in(50, 1, CGROUPS);
	async("container", web);
	cr_assert(eq(int, mirror_new(&limits, &m), 0));
	cr_assert(eq(int, enrich_snapshot(w->enrich, UINT64_MAX, put, m), 0));
	c = mirror_container(m, span_str(ID));
	cr_assert_not_null(c);
	cr_assert(c->frame.has_metadata);
	cr_assert(span_is(c->frame.full_id, ID "d4e5"));
	cr_assert(span_is(c->meta->members[CONTMETA_IMAGE_TAG], "\"7\""));
	mirror_free(m);
}

/* ---- addresses ---- */

static void connection(int64_t pid, const char *from, const char *to)
{
	struct raw_event ev = raw_event(EVENT_SOCKET_CONNECT_X, pid);
	struct raw_event made = raw_event(EVENT_SOCKET_SOCKET_X, pid);
	uint8_t tuple[13] = { 2 /* AF_INET */ };
	uint16_t port = 80;

	set_int(&made, "fd", 3);
	set_int(&made, "domain", 2);
	set_int(&made, "type", 1);
	set_int(&made, "proto", 0);
	cr_assert(eq(int, state_world_event(w, &made), 0));
	inet_pton(AF_INET, from, tuple + 1);
	memcpy(tuple + 5, &port, 2);
	inet_pton(AF_INET, to, tuple + 7);
	memcpy(tuple + 11, &port, 2);
	set_int(&ev, "res", 0);
	set_int(&ev, "fd", 3);
	set_bytes(&ev, "tuple", span_of(tuple, sizeof(tuple)));
	cr_assert(eq(int, state_world_event(w, &ev), 0));
}

Test(containers, the_local_end_is_the_one_with_the_containers_address)
{
	process_in(50, 1, CGROUPS);
	connection(50, "10.1.2.3", "1.2.3.4");
	is("fd.lip", "1.2.3.4"); /* not told yet: neither is local, as for any other process */
	async("container", web);
	connection(50, "10.1.2.3", "1.2.3.4");
	ARE({ "fd.lip", "10.1.2.3" }, { "fd.rip", "1.2.3.4" });
	connection(50, "1.2.3.4", "10.1.2.3");
	ARE({ "fd.lip", "10.1.2.3" }, { "fd.rip", "1.2.3.4" });
}

/* ---- the second witness ---- */

static void process_of(int64_t parent, int64_t pid, int64_t vpid, const char *cgroups)
{
	struct raw_event ev = raw_event(EVENT_SYSCALL_CLONE_20_X, pid);

	set_int(&ev, "res", 0);
	set_int(&ev, "tid", pid);
	set_int(&ev, "pid", pid);
	set_int(&ev, "ptid", parent);
	set_int(&ev, "vtid", vpid);
	set_int(&ev, "vpid", vpid);
	set_int(&ev, "flags", 0);
	set_text(&ev, "comm", "sh");
	set_text(&ev, "cgroups", cgroups);
	cr_assert(eq(int, state_world_event(w, &ev), 0));
}

Test(containers, who_leaves_its_control_group_is_still_in_its_namespace)
{
	process_in(50, 1, CGROUPS);
	process_of(50, 60, 7, "cpu=/");
	call_of(60);
	is("container.id", ID);
	process_of(60, 61, 8, "cpu=/");
	call_of(61);
	is("container.id", ID);
}

Test(containers, who_is_in_no_containers_namespace_is_the_hosts)
{
	process_in(50, 1, CGROUPS);
	process_of(50, 60, 60, "cpu=/"); /* in the host's namespace of processes */
	call_of(60);
	is("container.id", "host");
	process_of(1, 70, 1, "cpu=/"); /* in one of its own, made by no container */
	call_of(70);
	is("container.id", "host");
}
