/* SPDX-License-Identifier: Apache-2.0
 *
 * What a kubeconfig says, and what it must not.
 */
#include <criterion/criterion.h>
#include <errno.h>

#include "kubeconfig.h"

#define AROUND(cluster, user)                                                                      \
	"apiVersion: v1\nkind: Config\ncurrent-context: two\n"                                     \
	"contexts:\n- name: one\n  context: {cluster: other, user: other}\n"                       \
	"- name: two\n  context: {cluster: here, user: me, namespace: x}\n"                        \
	"clusters:\n- name: other\n  cluster: {server: 'https://other:1'}\n"                       \
	"- name: here\n  cluster: {" cluster "}\n"                                                 \
	"users:\n- name: other\n  user: {token: theirs}\n- name: me\n  user: {" user "}\n"

static struct kubeconfig k;
static struct diag diag;

static int parse(const char *text)
{
	memset(&k, 0, sizeof(k));
	diag = (struct diag){ 0 };
	return kubeconfig_parse(span_str(text), &k, &diag);
}

Test(kubeconfig, the_current_context_says_where_and_who)
{
	cr_assert_eq(
		parse(AROUND("server: 'https://10.0.0.1:6443', certificate-authority: pki/ca.crt",
			     "token: abc.def-_")),
		0, "%s", diag.message);
	cr_assert_str_eq(k.part[KUBECONFIG_SERVER], "https://10.0.0.1:6443");
	cr_assert_str_eq(k.part[KUBECONFIG_CA_FILE], "pki/ca.crt");
	cr_assert_str_eq(k.part[KUBECONFIG_TOKEN], "abc.def-_");
	cr_assert(!k.insecure);
	kubeconfig_release(&k);
}

Test(kubeconfig, what_is_base64_is_read)
{
	cr_assert_eq(parse(AROUND("server: 'https://h', certificate-authority-data: QUJDRA==, "
				  "insecure-skip-tls-verify: true",
				  "client-certificate-data: \"QUJ\\nD\", client-key-data: QUI=")),
		     0, "%s", diag.message);
	cr_assert_str_eq(k.part[KUBECONFIG_CA], "ABCD");
	cr_assert_str_eq(k.part[KUBECONFIG_CERT], "ABC");
	cr_assert_str_eq(k.part[KUBECONFIG_KEY], "AB");
	cr_assert(k.insecure);
	kubeconfig_release(&k);
}

Test(kubeconfig, files_are_named)
{
	cr_assert_eq(parse(AROUND("server: 'https://h'",
				  "client-certificate: a.crt, client-key: /b.key, tokenFile: t")),
		     0);
	cr_assert_str_eq(k.part[KUBECONFIG_CERT_FILE], "a.crt");
	cr_assert_str_eq(k.part[KUBECONFIG_KEY_FILE], "/b.key");
	cr_assert_str_eq(k.part[KUBECONFIG_TOKEN_FILE], "t");
	kubeconfig_release(&k);
}

Test(kubeconfig, what_cannot_be_used_is_an_error_that_says_why)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "", "current-context" },
		{ "[1, 2]", "current-context" },
		{ "{", "line 2" },
		{ "current-context: x", "no context 'x'" },
		{ "current-context: x\ncontexts: {a: b}", "no context 'x'" },
		{ "current-context: x\ncontexts: [{name: x, context: {user: y}}]", "no cluster" },
		{ "current-context: x\ncontexts: [{name: x, context: {cluster: c, user: y}}]\n"
		  "clusters: [{name: c, cluster: {server: 'https://h'}}]",
		  "no user" },
		{ AROUND("server: 'http://h'", "token: a"), "https://" },
		{ AROUND("certificate-authority: a", "token: a"), "https://" },
		{ AROUND("server: 'https://h', proxy-url: 'http://p'", "token: a"), "proxy-url" },
		{ AROUND("server: 'https://h'", "exec: {command: aws}"),
		  "'exec' is not supported" },
		{ AROUND("server: 'https://h'", "username: a, password: b"), "token" },
		{ AROUND("server: 'https://h'", "client-certificate: a"), "go together" },
		{ AROUND("server: 'https://h'", "client-key-data: 'a:b'"), "client-key-data" },
		{ AROUND("server: 'https://h'", "client-key-data: AAAA"), "client-key-data" },
		{ AROUND("server: 'https://h'", "client-key-data: QQ=Q"), "client-key-data" },
		{ AROUND("server: 'https://h'", "token: \"a\\r\\nX: y\""), "characters" },
		{ AROUND("server: \"https://h\\n\"", "token: a"), "https://" },
	};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		cr_assert_eq(parse(rows[i].text), -EINVAL, "%s", rows[i].text);
		cr_assert(strstr(diag.message, rows[i].why) != NULL, "%s: %s", rows[i].text,
			  diag.message);
	}
}
