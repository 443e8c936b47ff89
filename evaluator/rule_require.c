/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_require.c -- which engine and which plugins a file says it needs.
 * Falco's container and k8smeta plugins are native here, so they count as
 * loaded in the versions whose fields they bring.
 */
#include <errno.h>
#include <stdio.h>

#include "rule_read.h"
#include "rule_yaml.h"

enum { MAX_ALTERNATIVES = 256 }; /* each is held against all others */

struct version {
	uint32_t part[3];
};

/* x.y.z, white space before each of the numbers; what follows is ignored. */
static bool parse_version(struct span s, struct version *ret)
{
	size_t at = 0;

	for (unsigned i = 0; i < 3; i++) {
		uint64_t u = 0;
		size_t from;

		while (at < s.n && memchr(" \t\n\v\f\r", s.p[at], 6) != NULL)
			at++;
		from = at;
		while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9' && u <= UINT32_MAX)
			u = u * 10 + (uint64_t)(s.p[at++] - '0');
		if (at == from || u > UINT32_MAX)
			return false;
		ret->part[i] = (uint32_t)u;
		if (i < 2 && (at == s.n || s.p[at++] != '.'))
			return false;
	}
	return true;
}

/* HAVE does what WANT needs: the same major version, and not older. */
static bool compatible(const struct version *have, const struct version *want)
{
	if (have->part[0] != want->part[0])
		return false;
	if (have->part[1] != want->part[1])
		return have->part[1] > want->part[1];
	return have->part[2] >= want->part[2];
}

/* A plain number N is 0.N.0. */
static bool parse_engine_version(struct span s, struct version *ret)
{
	*ret = (struct version){ { RULE_ENGINE_MAJOR, 0, RULE_ENGINE_PATCH } };
	return as_u32(s, &ret->part[1]) || parse_version(s, ret);
}

static bool newer(const struct version *v, const uint32_t than[3])
{
	for (unsigned i = 0; i < 3; i++)
		if (v->part[i] != than[i])
			return v->part[i] > than[i];
	return false;
}

int read_engine_version(struct rule_loader *l, const struct ynode *item)
{
	static const struct version engine = { { RULE_ENGINE_MAJOR, RULE_ENGINE_MINOR,
						 RULE_ENGINE_PATCH } };
	struct span s = SPAN_NONE;
	struct version want;

	context_push(l, "required_engine_version", SPAN_NONE, item->from);
	if (yget_text(l, item, "required_engine_version", &s) < 0)
		return -EINVAL;
	if (!parse_engine_version(s, &want))
		return loader_problem(l, LOAD_ERR_YAML_VALIDATE,
				      yorigin(l, ymap_get(item, "required_engine_version")),
				      "Unable to parse engine version '%.*s' as a semver string. "
				      "Expected \"x.y.z\" semver format.",
				      SHOW(s));
	if (newer(&want, l->engine))
		memcpy(l->engine, want.part, sizeof(l->engine));
	if (compatible(&engine, &want))
		return 0;
	return loader_problem(l, LOAD_ERR_VALIDATE,
			      yorigin(l, ymap_get(item, "required_engine_version")),
			      "Rules require engine version %u.%u.%u, but engine version is "
			      "%u.%u.%u",
			      want.part[0], want.part[1], want.part[2], engine.part[0],
			      engine.part[1], engine.part[2]);
}

/* One plugin that would do: its name is its place's, once it is known. */
static int read_alternative(struct rule_loader *l, const struct ynode *n, const char *what,
			    struct pool_vec *any)
{
	struct rule_plugin_version v = { SPAN_NONE, SPAN_NONE }, *slot;

	if (n->kind != YNODE_MAPPING)
		return loader_problem(l, LOAD_ERR_YAML_VALIDATE, yorigin(l, n), "%s", what);
	if (yget_text(l, n, "name", &v.name) < 0)
		return -EINVAL;
	l->context[l->ncontext - 1].name = v.name;
	if (yget_text(l, n, "version", &v.version) < 0)
		return -EINVAL;
	slot = pool_push(&l->pool, any, sizeof(*slot));
	if (slot == NULL)
		return loader_problem(l, LOAD_ERR_VALIDATE, yorigin(l, n),
				      "the rules are too large");
	*slot = v;
	return 0;
}

/* The I-th of ANY, which stands at N: a version, and a plugin that no other one names. */
static int check_alternative(struct rule_loader *l, const struct ynode *n,
			     const struct rule_plugin_version *any, unsigned i)
{
	struct version parsed;

	if (!parse_version(any[i].version, &parsed))
		return loader_problem(l, LOAD_ERR_VALIDATE, yorigin(l, ymap_get(n, "version")),
				      "Invalid required version '%.*s' for plugin '%.*s'",
				      SHOW(any[i].version), SHOW(any[i].name));
	for (unsigned k = 0; k < i; k++)
		if (span_eq(any[k].name, any[i].name))
			return loader_problem(l, LOAD_ERR_VALIDATE, yorigin(l, n),
					      "Defined multiple alternative version requirements "
					      "for plugin '%.*s'",
					      SHOW(any[i].name));
	return 0;
}

static int read_alternatives(struct rule_loader *l, const struct ynode *others,
			     struct pool_vec *any)
{
	if (others->kind != YNODE_SEQUENCE)
		return loader_problem(l, LOAD_ERR_YAML_VALIDATE, yorigin(l, others),
				      "Value of plugin version alternatives must be a sequence");
	if (others->n > MAX_ALTERNATIVES)
		return loader_problem(l, LOAD_ERR_VALIDATE, yorigin(l, others),
				      "a requirement has at most %d alternatives",
				      MAX_ALTERNATIVES);
	for (unsigned i = 0; i < others->n; i++) {
		context_push(l, "required plugin versions alternative", SPAN_NONE,
			     others->items[i]->from);
		if (read_alternative(l, others->items[i],
				     "Plugin version alternative must be a mapping", any) < 0)
			return -EINVAL;
		context_pop(l);
	}
	return 0;
}

/* All of it is read before any of it is checked. */
static int read_requirement(struct rule_loader *l, const struct ynode *seq, const struct ynode *n)
{
	struct rule_plugin_requirement *slot;
	const struct ynode *others;
	struct pool_vec any = { 0 };

	context_push(l, "required plugin versions entry", SPAN_NONE, n->from);
	if (read_alternative(l, n, "Plugin version must be a mapping", &any) < 0)
		return -EINVAL;
	others = ymap_get(n, "alternatives");
	if (others != NULL && read_alternatives(l, others, &any) < 0)
		return -EINVAL;
	for (unsigned i = 0; i < any.n; i++)
		if (check_alternative(l, i == 0 ? n : others->items[i - 1], any.items, i) < 0)
			return -EINVAL;
	slot = pool_push(&l->pool, &l->requirements, sizeof(*slot));
	if (slot == NULL)
		return loader_problem(l, LOAD_ERR_VALIDATE, yorigin(l, n),
				      "the rules are too large");
	*slot = (struct rule_plugin_requirement){ any.n, any.items, yorigin(l, n), seq->from,
						  n->from };
	context_pop(l);
	return 0;
}

int read_plugin_versions(struct rule_loader *l, const struct ynode *item)
{
	const struct ynode *seq = ymap_get(item, "required_plugin_versions");

	context_push(l, "required plugin versions", SPAN_NONE, seq->from);
	if (seq->kind != YNODE_SEQUENCE)
		return loader_problem(l, LOAD_ERR_YAML_VALIDATE, yorigin(l, seq),
				      "Value of required_plugin_versions must be a sequence");
	for (unsigned i = 0; i < seq->n; i++)
		if (read_requirement(l, seq, seq->items[i]) < 0)
			return -EINVAL;
	return 0;
}

#define VERSION(name, version)                                                                     \
	{                                                                                          \
		{ (const uint8_t *)name, sizeof(name) - 1 },                                       \
		{                                                                                  \
			(const uint8_t *)version, sizeof(version) - 1                              \
		}                                                                                  \
	}
const struct rule_plugin_version rule_native_plugins[] = { VERSION("container", "0.7.0"),
							   VERSION("k8smeta", "0.4.0") };
const unsigned rule_native_plugin_count = ARRAY_LEN(rule_native_plugins);

/* "a (>= v), b (>= w)", cut where BUF ends. */
static void name_alternatives(const struct rule_plugin_requirement *r, char *buf, size_t cap)
{
	size_t n = 0;

	for (unsigned i = 0; i < r->n && n < cap; i++) {
		int more = snprintf(buf + n, cap - n, "%s%.*s (>= %.*s)", i > 0 ? ", " : "",
				    SHOW(r->any[i].name), SHOW(r->any[i].version));

		n += more < 0 ? cap : (size_t)more;
	}
}

int rule_requirement_check(const struct rule_plugin_requirement *r,
			   const struct rule_plugin_version *loaded, unsigned nloaded,
			   struct diag *diag)
{
	char names[sizeof(diag->message)];

	for (unsigned i = 0; i < r->n; i++) {
		struct version want, have;

		for (unsigned j = 0; j < nloaded; j++) {
			if (!span_eq(r->any[i].name, loaded[j].name))
				continue;
			if (parse_version(r->any[i].version, &want) &&
			    parse_version(loaded[j].version, &have) && compatible(&have, &want))
				return 0;
			diag_set(diag,
				 "Plugin '%.*s' version '%.*s' is not compatible with required "
				 "plugin version '%.*s'",
				 SHOW(loaded[j].name), SHOW(loaded[j].version),
				 SHOW(r->any[i].version));
			return -EINVAL;
		}
	}
	name_alternatives(r, names, sizeof(names));
	diag_set(diag, "Plugin requirement not satisfied, must load one of: %s", names);
	return -EINVAL;
}

unsigned rule_loader_requirements(const struct rule_loader *l,
				  const struct rule_plugin_requirement **ret)
{
	if (ret != NULL)
		*ret = l->requirements.items;
	return l->requirements.n;
}

int rule_requirements_meet(struct rule_loader *l, unsigned from)
{
	const struct rule_plugin_requirement *all = l->requirements.items;
	int err = 0;

	for (unsigned i = from; i < l->requirements.n; i++) {
		struct diag diag = { .message = "" };

		if (rule_requirement_check(&all[i], rule_native_plugins, rule_native_plugin_count,
					   &diag) == 0)
			continue;
		l->ncontext = 0;
		context_push(l, "rules content", SPAN_NONE, (struct yplace){ 0, 0, 0 });
		context_push(l, "required plugin versions", SPAN_NONE, all[i].value);
		context_push(l, "required plugin versions entry", all[i].any[0].name, all[i].entry);
		err = loader_problem(l, LOAD_ERR_VALIDATE, all[i].where, "%s", diag.message);
	}
	return err;
}
