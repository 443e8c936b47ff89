/* SPDX-License-Identifier: Apache-2.0
 *
 * How an API server is found: what a pod is given, and a kubeconfig with its files.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kube_access.h"

static char dir[64];
static struct conf conf;
static struct kube_access a;

static void put(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	cr_assert_neq(f, NULL);
	fputs(text, f);
	fclose(f);
}

static void setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/kube-access.XXXXXX");
	cr_assert_neq(mkdtemp(dir), NULL);
	unsetenv("KUBERNETES_SERVICE_HOST");
	unsetenv("KUBERNETES_SERVICE_PORT");
	conf.kubernetes_account = dir;
	conf.kubernetes_config = (char *)"";
	conf.kubernetes_node = (char *)"Node1";
}

static void teardown(void)
{
	char command[128];

	kube_access_close(&a);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	cr_assert_eq(system(command), 0);
}

static void open_mode(unsigned mode)
{
	conf.kubernetes_mode = mode;
	kube_access_open(&conf, &a);
}

TestSuite(kube_access, .init = setup, .fini = teardown);

enum { AUTO, IN_CLUSTER, KUBECONFIG, OFF };

Test(kube_access, where_nothing_is_nothing_is_asked)
{
	open_mode(AUTO);
	cr_assert(!a.found);
	open_mode(OFF);
	cr_assert(!a.found);
	open_mode(IN_CLUSTER);
	cr_assert(a.found && strstr(a.error, "no pod") != NULL, "%s", a.error);
}

Test(kube_access, a_pod_finds_its_server_and_its_token_follows)
{
	struct mono now = { 1000 * NS_PER_SEC };

	setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
	setenv("KUBERNETES_SERVICE_PORT", "6443", 1);
	put("ca.crt", "PEM");
	put("token", "first\n");
	open_mode(AUTO);
	cr_assert(a.found && a.error[0] == '\0', "%s", a.error);
	cr_assert_str_eq(a.server, "https://[fd00::1]:6443");
	cr_assert_str_eq(a.node, "node1");
	cr_assert_str_eq(a.token, "first");
	cr_assert(span_is(a.ca, "PEM"));
	put("new", "second");
	cr_assert_eq(renameat(a.token_dir, "new", a.token_dir, "token"), 0);
	cr_assert(kube_access_refresh(&a, KUBE_BY_TIME, now));
	cr_assert_str_eq(a.token, "second");
	put("token", "third");
	cr_assert(!kube_access_refresh(&a, KUBE_BY_TIME, mono_after(now, 59 * NS_PER_SEC)));
	cr_assert(kube_access_refresh(&a, KUBE_WAS_REFUSED, mono_after(now, 2 * NS_PER_SEC)));
	cr_assert_str_eq(a.token, "third");
	put("token", "bad\nheader: x");
	cr_assert(!kube_access_refresh(&a, KUBE_BY_TIME, mono_after(now, 200 * NS_PER_SEC)));
	cr_assert_str_eq(a.token, "third", "the old one stays");
}

Test(kube_access, a_kubeconfig_finds_its_files_beside_it)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/config", dir);
	conf.kubernetes_config = path;
	put("config",
	    "current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]\n"
	    "clusters: [{name: c, cluster: {server: 'https://h:1/', certificate-authority: ca}}]\n"
	    "users: [{name: u, user: {client-certificate: crt, client-key: key, tokenFile: tok}}]\n");
	put("ca", "CA");
	put("crt", "CRT");
	put("key", "KEY");
	put("tok", "abc");
	open_mode(AUTO);
	cr_assert(a.found && a.error[0] == '\0', "%s", a.error);
	cr_assert_str_eq(a.server, "https://h:1");
	cr_assert(span_is(a.ca, "CA") && span_is(a.cert, "CRT") && span_is(a.key, "KEY"));
	cr_assert_str_eq(a.token, "abc");
	cr_assert_eq(unlinkat(a.token_dir, "key", 0), 0);
	kube_access_close(&a);
	open_mode(KUBECONFIG);
	cr_assert(strstr(a.error, "cannot read 'key'") != NULL, "%s", a.error);
}

Test(kube_access, whom_nobody_checks_is_asked_only_if_that_is_wanted)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/config", dir);
	conf.kubernetes_config = path;
	put("config",
	    "current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]\n"
	    "clusters: [{name: c, cluster: {server: 'https://h', insecure-skip-tls-verify: true}}]\n"
	    "users: [{name: u, user: {token: t}}]\n");
	open_mode(KUBECONFIG);
	cr_assert(strstr(a.error, "kubernetes.insecure") != NULL, "%s", a.error);
	conf.kubernetes_insecure = true;
	open_mode(KUBECONFIG);
	cr_assert(a.error[0] == '\0' && a.insecure);
	conf.kubernetes_config = (char *)"/nowhere/config";
	open_mode(KUBECONFIG);
	cr_assert(strstr(a.error, "No such file") != NULL, "%s", a.error);
}
