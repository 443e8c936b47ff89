/* SPDX-License-Identifier: Apache-2.0
 *
 * kubeconfig.c -- see kubeconfig.h:
 *
 *   current-context ──► contexts[name].context ──┬──► clusters[name].cluster
 *                                                └──► users[name].user
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base64.h"
#include "kubeconfig.h"

struct reading {
	yaml_document_t doc;
	struct diag *diag;
};

/* ---- the document ---- */

static const char *scalar(const yaml_node_t *n)
{
	return n != NULL && n->type == YAML_SCALAR_NODE ? (const char *)n->data.scalar.value : NULL;
}

static yaml_node_t *member(struct reading *r, const yaml_node_t *map, const char *name)
{
	if (map == NULL || map->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top;
	     p++) {
		const char *key = scalar(yaml_document_get_node(&r->doc, p->key));

		if (key != NULL && strcmp(key, name) == 0)
			return yaml_document_get_node(&r->doc, p->value);
	}
	return NULL;
}

static const char *text(struct reading *r, const yaml_node_t *map, const char *name)
{
	const char *s = scalar(member(r, map, name));

	return s != NULL && s[0] != '\0' ? s : NULL;
}

/* In LIST, the entry of that name; of it, the member WHAT. */
static yaml_node_t *entry(struct reading *r, const char *list, const char *name, const char *what)
{
	const yaml_node_t *n = member(r, yaml_document_get_root_node(&r->doc), list);

	if (n == NULL || n->type != YAML_SEQUENCE_NODE)
		return NULL;
	for (yaml_node_item_t *i = n->data.sequence.items.start; i < n->data.sequence.items.top;
	     i++) {
		const yaml_node_t *one = yaml_document_get_node(&r->doc, *i);
		const char *s = text(r, one, "name");

		if (s != NULL && strcmp(s, name) == 0)
			return member(r, one, what);
	}
	return NULL;
}

/* ---- values ---- */

/* S from base64, in its own place; NULL: it is none, or not a text. */
static char *decode(char *s)
{
	size_t n = 0;
	unsigned bits = 0, held = 0;
	bool padded = false;

	for (const char *p = s; *p != '\0'; p++) {
		int d = base64_digit((uint8_t)*p);

		if (*p == '\n' || *p == '\r' || *p == ' ')
			continue;
		padded = padded || *p == '=';
		if (padded && *p == '=')
			continue;
		if (padded || d < 0)
			return NULL;
		bits = bits << 6 | (unsigned)d;
		held += 6;
		if (held < 8)
			continue;
		held -= 8;
		s[n] = (char)(bits >> held & 0xff);
		if (s[n++] == '\0')
			return NULL;
	}
	s[n] = '\0';
	return s;
}

struct row {
	const char *name;
	enum kubeconfig_part part;
	enum { PLAIN, BASE64 } form;
};

static const struct row cluster_rows[] = {
	{ "server", KUBECONFIG_SERVER, PLAIN },
	{ "certificate-authority", KUBECONFIG_CA_FILE, PLAIN },
	{ "certificate-authority-data", KUBECONFIG_CA, BASE64 },
};
static const struct row user_rows[] = {
	{ "client-certificate", KUBECONFIG_CERT_FILE, PLAIN },
	{ "client-certificate-data", KUBECONFIG_CERT, BASE64 },
	{ "client-key", KUBECONFIG_KEY_FILE, PLAIN },
	{ "client-key-data", KUBECONFIG_KEY, BASE64 },
	{ "tokenFile", KUBECONFIG_TOKEN_FILE, PLAIN },
	{ "token", KUBECONFIG_TOKEN, PLAIN },
};

static int take_rows(struct reading *r, const yaml_node_t *map, const struct row *rows, size_t n,
		     struct kubeconfig *k)
{
	for (size_t i = 0; i < n; i++) {
		const char *s = text(r, map, rows[i].name);
		char *copy;

		if (s == NULL)
			continue;
		copy = strdup(s);
		if (copy == NULL)
			return -ENOMEM;
		if (rows[i].form == BASE64 && decode(copy) == NULL) {
			free(copy);
			diag_set(r->diag, "'%s' is not base64 of a text", rows[i].name);
			return -EINVAL;
		}
		k->part[rows[i].part] = copy;
	}
	return 0;
}

/* What would be needed to get in, and is not here. */
static int refuse_others(struct reading *r, const yaml_node_t *map)
{
	static const struct {
		const char *name, *why;
	} rows[] = {
		{ "exec", "a program would have to be run, which is not done here: use a token, a "
			  "tokenFile or a client certificate" },
		{ "auth-provider", "use a token, a tokenFile or a client certificate" },
		{ "username", "API servers take no passwords any more: use a token" },
		{ "proxy-url", "no proxy is used" },
		{ "tls-server-name", "the server's name is that of its address" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (member(r, map, rows[i].name) == NULL)
			continue;
		diag_set(r->diag, "'%s' is not supported: %s", rows[i].name, rows[i].why);
		return -EINVAL;
	}
	return 0;
}

/* A token is part of a header's line. */
static bool is_header_text(const char *s)
{
	for (; s != NULL && *s != '\0'; s++)
		if (*s <= ' ' || *s > '~')
			return false;
	return true;
}

static int check(struct reading *r, const struct kubeconfig *k)
{
	const char *server = k->part[KUBECONFIG_SERVER];
	bool cert = k->part[KUBECONFIG_CERT] != NULL || k->part[KUBECONFIG_CERT_FILE] != NULL,
	     key = k->part[KUBECONFIG_KEY] != NULL || k->part[KUBECONFIG_KEY_FILE] != NULL;

	if (server == NULL || strncmp(server, "https://", 8) != 0 || !is_header_text(server))
		diag_set(r->diag, "the cluster's 'server' must begin with https://");
	else if (cert != key)
		diag_set(r->diag, "a client certificate and its key go together");
	else if (!is_header_text(k->part[KUBECONFIG_TOKEN]))
		diag_set(r->diag, "the token has characters that no token has");
	else
		return 0;
	return -EINVAL;
}

static int take_context(struct reading *r, const yaml_node_t *context, struct kubeconfig *k)
{
	const char *cluster_name = text(r, context, "cluster"),
		   *user_name = text(r, context, "user");
	const yaml_node_t *cluster, *user;
	const char *insecure;
	int err;

	cluster = cluster_name == NULL ? NULL : entry(r, "clusters", cluster_name, "cluster");
	user = user_name == NULL ? NULL : entry(r, "users", user_name, "user");
	if (cluster == NULL || user == NULL) {
		diag_set(r->diag, "the current context has no %s",
			 cluster == NULL ? "cluster" : "user");
		return -EINVAL;
	}
	if ((err = refuse_others(r, cluster)) < 0 || (err = refuse_others(r, user)) < 0 ||
	    (err = take_rows(r, cluster, cluster_rows, ARRAY_LEN(cluster_rows), k)) < 0 ||
	    (err = take_rows(r, user, user_rows, ARRAY_LEN(user_rows), k)) < 0)
		return err;
	insecure = text(r, cluster, "insecure-skip-tls-verify");
	k->insecure = insecure != NULL && strcmp(insecure, "true") == 0;
	return check(r, k);
}

static int take_document(struct reading *r, struct kubeconfig *k)
{
	const char *name = text(r, yaml_document_get_root_node(&r->doc), "current-context");
	const yaml_node_t *context = name == NULL ? NULL : entry(r, "contexts", name, "context");

	if (context != NULL)
		return take_context(r, context, k);
	if (name == NULL)
		diag_set(r->diag, "it has no current-context");
	else
		diag_set(r->diag, "there is no context '%.64s'", name);
	return -EINVAL;
}

int kubeconfig_parse(struct span in, struct kubeconfig *ret, struct diag *diag)
{
	struct reading r = { .diag = diag };
	struct kubeconfig k = { 0 };
	yaml_parser_t parser;
	int err = -EINVAL;

	if (in.n > KUBECONFIG_BYTES_MAX) {
		diag_set(diag, "it is longer than a MiB");
		return -EINVAL;
	}
	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, in.p != NULL ? in.p : (const uint8_t *)"", in.n);
	if (!yaml_parser_load(&parser, &r.doc)) {
		diag_set(diag, "line %zu: %s", parser.problem_mark.line + 1,
			 parser.problem != NULL ? parser.problem : "no YAML");
	} else {
		err = take_document(&r, &k);
		yaml_document_delete(&r.doc);
	}
	yaml_parser_delete(&parser);
	if (err < 0)
		kubeconfig_release(&k);
	else
		*ret = k;
	return err;
}

/* Keys and tokens do not stay in memory that others get. */
void kubeconfig_release(struct kubeconfig *k)
{
	for (unsigned i = 0; i < KUBECONFIG_PART_COUNT; i++) {
		if (k->part[i] != NULL)
			explicit_bzero(k->part[i], strlen(k->part[i]));
		free(k->part[i]);
		k->part[i] = NULL;
	}
}
