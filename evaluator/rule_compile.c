/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_compile.c -- all definitions to a set of rules: lists, then macros, then
 * rules; then what nobody used.  The first error ends it.
 */
#include <errno.h>
#include <stdlib.h>

#include "hint.h"
#include "lex.h"
#include "parse.h"
#include "rule_defs.h"

enum { MAX_DEPTH = 4000 }; /* of a condition with its macros */

int rule_loader_new(struct rule_loader **ret)
{
	struct rule_loader *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return -ENOMEM;
	pool_init(&l->pool, RULE_LOADER_LIMIT);
	/* Apart: when there is no room for rules, there is still some to say so. */
	pool_init(&l->problem_pool, RULE_PROBLEMS_LIMIT);
	l->problems.pool = &l->problem_pool;
	l->problems.defs = &l->pool;
	l->list_names.pool = l->macro_names.pool = l->rule_names.pool = &l->pool;
	*ret = l;
	return 0;
}

void rule_loader_free(struct rule_loader *l)
{
	if (l == NULL)
		return;
	pool_release(&l->pool);
	pool_release(&l->problem_pool);
	free(l);
}

bool rule_loader_is_starved(const struct rule_loader *l)
{
	return l->pool.starved;
}

void rule_loader_extras(struct rule_loader *l, const struct rule_extras *extras)
{
	if (extras != NULL)
		l->extras = *extras;
}

struct pool *rule_loader_pool(struct rule_loader *l)
{
	return &l->pool;
}

struct rule_problems *rule_loader_problems(struct rule_loader *l)
{
	return &l->problems;
}

void rule_loader_next_file(struct rule_loader *l)
{
	l->problems.list = (struct pool_vec){ 0 };
	l->problems.errors = l->problems.warnings = 0;
}

/* ---- macros ---- */

static int too_large(struct rule_loader *l)
{
	return loader_problem(l, LOAD_ERR_VALIDATE, ((struct origin){ NULL, 0, 0 }),
			      "the rules are too large");
}

static int parse_text(struct rule_loader *l, struct pool *pool, struct origin_text *text,
		      const char *what, const struct rule_place *where, struct node **ret)
{
	struct diag diag = { .message = "" };
	size_t at = 0;

	if (parse_condition(origin_span(text), PARSE_DEPTH_RULES, pool, ret, &diag, &at) == 0) {
		ast_own(*ret, text);
		return 0;
	}
	context_push(l, what, SPAN_NONE, where->condition);
	context_in_condition(l, text, text, at, where->condition);
	return loader_problem(l, LOAD_ERR_COMPILE_CONDITION, origin_find(text, at), "%s",
			      diag.message);
}

struct resolution {
	struct rule_loader *l;
	struct pool *pool;
	struct origin_text *text; /* of the one that is resolved */
	const struct rule_place *where;
	uint32_t below; /* only macros first defined before this */
	bool nested;	/* whoever refers to it says what is wrong with a loop */
};

static int resolve(struct resolution *r, struct node *n);

static int later_macro(struct resolution *r, const struct node *n)
{
	context_in_condition(r->l, r->text, r->text, n->at, r->where->place);
	return loader_problem(
		r->l, LOAD_ERR_VALIDATE, origin_find(r->text, n->at),
		"Undefined macro '%.*s' used in filter. It is not defined before this "
		"one is.",
		SHOW(n->name));
}

static int undefined_macro(struct resolution *r, const struct node *n)
{
	context_in_condition(r->l, r->text, r->text, n->at, r->where->place);
	return loader_problem(r->l, LOAD_ERR_VALIDATE, origin_find(r->text, n->at),
			      "Undefined macro '%.*s' used in filter.%s", SHOW(n->name),
			      hint_of_names(&r->l->problem_pool, n->name, &r->l->macro_names));
}

static int loop_in_macro(struct resolution *r, const struct node *n)
{
	context_in_condition(r->l, r->text, r->text, n->at, r->where->place);
	return loader_problem(r->l, LOAD_ERR_VALIDATE, origin_find(r->text, n->at),
			      "reference loop in macro '%.*s'", SHOW(n->name));
}

static int expand_macro(struct rule_loader *l, struct pool *pool, struct rule_macro *m)
{
	origin_init(&m->expanded, pool);
	if (!lists_substitute(l, &m->condition, &m->expanded))
		return too_large(l);
	return 0;
}

/* Make M's tree.  -ELOOP: it comes back to a macro that is being made; whoever
 * began says so. */
static int resolve_macro(struct rule_loader *l, struct pool *pool, struct rule_macro *m,
			 bool nested)
{
	struct resolution r = { l, pool, &m->expanded, &m->where, m->visibility, nested };
	int err;

	if (m->state == MACRO_DONE)
		return 0;
	if (m->state == MACRO_BUSY)
		return -ELOOP;
	m->state = MACRO_BUSY;
	err = resolve(&r, m->tree);
	if (err == 0)
		m->state = MACRO_DONE;
	return err;
}

static int resolve_reference(struct resolution *r, struct node *n)
{
	uint32_t found = strmap_find(&r->l->macro_names, n->name);
	struct rule_macro *m = found == 0 ? NULL : loader_macro(r->l, found - 1);
	int err;

	if (m == NULL)
		return undefined_macro(r, n);
	if (m->index >= r->below || m->tree == NULL)
		return later_macro(r, n);
	m->used = true;
	err = resolve_macro(r->l, r->pool, m, true);
	if (err == -ELOOP && !r->nested)
		return loop_in_macro(r, n);
	if (err < 0)
		return err;
	n->child = pool_array(r->pool, 1, sizeof(*n->child));
	if (n->child == NULL)
		return too_large(r->l);
	n->child[0] = m->tree;
	n->n = 1;
	n->depth = m->tree->depth + 1;
	return 0;
}

/* Resolve the references below N, and note how deep it goes. */
static int resolve(struct resolution *r, struct node *n)
{
	uint32_t depth = 0;

	if (n->kind == NODE_MACRO)
		return resolve_reference(r, n);
	for (unsigned i = 0; i < n->n; i++) {
		int err = resolve(r, n->child[i]);

		if (err < 0)
			return err;
		if (n->child[i]->depth > depth)
			depth = n->child[i]->depth;
	}
	n->depth = depth + 1;
	if (depth < MAX_DEPTH)
		return 0;
	return loader_problem(r->l, LOAD_ERR_VALIDATE, origin_find(r->text, n->at),
			      "the condition is nested too deeply");
}

static int compile_macros(struct rule_loader *l, struct pool *pool)
{
	for (unsigned i = 0; i < l->macros.n; i++) {
		struct rule_macro *m = loader_macro(l, i);
		int err;

		m->used = false;
		m->state = MACRO_NEW;
		m->tree = NULL;
		context_item(l, "macro", m->name, &m->where);
		err = expand_macro(l, pool, m);
		if (err == 0)
			err = parse_text(l, pool, &m->expanded, "macro condition", &m->where,
					 &m->tree);
		if (err < 0)
			return err;
	}
	for (unsigned i = 0; i < l->macros.n; i++) {
		struct rule_macro *m = loader_macro(l, i);
		int err;

		context_item(l, "macro", m->name, &m->where);
		err = resolve_macro(l, pool, m, false);
		if (err < 0)
			return -EINVAL;
	}
	return 0;
}

/* ---- rules ---- */

/* MESSAGE is of a condition. */
static bool is_unknown_filter(const char *message)
{
	static const char *const kinds[] = { "nonexistent field", "unknown event type" };

	for (unsigned i = 0; i < ARRAY_LEN(kinds); i++)
		if (strstr(message, kinds[i]) != NULL)
			return true;
	return false;
}

/* Where byte AT of the whole output was written; what was appended to it, at its beginning. */
static struct origin output_origin(const struct rule_def *d, size_t at)
{
	return origin_find(&d->output, at < origin_span(&d->output).n ? at : 0);
}

/* The rule's output as it will be: with what is appended, and container.info is gone. */
static struct span output_text(struct rule_loader *l, struct pool *pool, const struct rule_def *d)
{
	static const char gone[] = "%container.info";
	struct pool_text whole = { .pool = pool }, out = { .pool = pool };
	const uint8_t *hit;
	struct span in;

	pool_text_add(&whole, origin_span(&d->output));
	append_text(l->extras.append, d, &whole);
	in = pool_text_span(&whole);
	while (in.n > 0 && (hit = memmem(in.p, in.n, gone, sizeof(gone) - 1)) != NULL) {
		if (in.p == whole.p) /* once for all of them */
			loader_problem(l, LOAD_DEPRECATED_ITEM,
				       output_origin(d, (size_t)(hit - whole.p)),
				       "%%container.info is deprecated and no more useful: it "
				       "stands for nothing");
		pool_text_add(&out, span_of(in.p, (size_t)(hit - in.p)));
		in = span_of(hit + sizeof(gone) - 1,
			     in.n - (size_t)(hit - in.p) - (sizeof(gone) - 1));
	}
	pool_text_add(&out, in);
	return pool_text_span(&out);
}

/* 1: the rule is to be left out, 0, -EINVAL. */
static int compile_output(struct rule_loader *l, struct pool *pool, const struct rule_def *d,
			  struct ruleset_rule *rule)
{
	struct diag diag = { .message = "" };
	struct origin where;
	int err;

	rule->output_text = output_text(l, pool, d);
	context_push(l, "rule output", SPAN_NONE, d->output_place);
	rule->output = NULL;
	err = output_parse(rule->output_text, &rule->output, &diag);
	if (err == 0)
		err = output_check_statics(rule->output, &l->extras.statics, &diag);
	if (err == 0)
		output_warn_deprecated(l, rule->output_text, origin_find(&d->output, 0));
	if (err < 0 && rule->output != NULL) {
		output_free(rule->output);
		rule->output = NULL;
	}
	if (err == 0 && (err = append_fields(l->extras.append, d, rule->output, &diag)) == 0 &&
	    (err = output_check_statics(rule->output, &l->extras.statics, &diag)) == 0) {
		context_pop(l);
		return 0;
	}
	if (err == -ENOMEM)
		pool_starve(&l->pool);
	if (rule->output != NULL)
		return loader_problem(l, LOAD_ERR_COMPILE_OUTPUT, output_origin(d, 0),
				      "append_output: %s", diag.message);
	where = output_origin(d, diag.column == 0 ? 0 : diag.column - 1);
	if (d->skip_if_unknown && err == -ENOENT) {
		loader_problem(l, LOAD_UNKNOWN_FILTER, where, "%s", diag.message);
		context_pop(l);
		return 1;
	}
	return loader_problem(l, LOAD_ERR_COMPILE_OUTPUT, where, "%s", diag.message);
}

static int parse_rule(struct rule_loader *l, struct pool *pool, struct rule_def *d,
		      struct node **ret)
{
	struct resolution r = { l, pool, &d->expanded, &d->where, UINT32_MAX, false };
	struct origin_text with_exceptions;

	origin_init(&with_exceptions, pool);
	origin_init(&d->expanded, pool);
	if (!exceptions_expand(d, &with_exceptions) ||
	    !lists_substitute(l, &with_exceptions, &d->expanded))
		return too_large(l);
	if (parse_text(l, pool, &d->expanded, "rule condition", &d->where, ret) < 0)
		return -EINVAL;
	return resolve(&r, *ret);
}

/* Same return as compile_output(). */
static int compile_tree(struct rule_loader *l, struct ruleset *rs, const struct rule_def *d,
			struct ruleset_rule *rule, struct node *tree)
{
	struct diag diag = { .message = "" };
	struct compile_error error = { 0 };
	const struct origin_text *owner;
	struct origin where;
	int err = ruleset_add(rs, rule, tree, &diag, &error);

	if (err == 0)
		return 0;
	owner = error.owner != NULL ? error.owner : &d->expanded;
	where = origin_find(owner, error.at);
	context_push(l, "rule condition", SPAN_NONE, d->where.condition);
	context_in_condition(l, &d->expanded, owner, error.node_at, d->where.condition);
	if (err == -EINVAL && d->skip_if_unknown && is_unknown_filter(diag.message)) {
		loader_problem(l, LOAD_UNKNOWN_FILTER, where, "%s", diag.message);
		return 1;
	}
	return loader_problem(l, LOAD_ERR_COMPILE_CONDITION, where, "%s", diag.message);
}

static void warn_broad(struct rule_loader *l, const struct ruleset *rs, const struct rule_def *d)
{
	enum { MANY = 100 };
	const struct ruleset_rule *rule = ruleset_rule(rs, ruleset_count(rs) - 1);

	if (d->warn_evttypes && codes_count(&rule->codes) > MANY)
		loader_problem(l, LOAD_NO_EVTTYPE, d->where.name,
			       "Rule matches too many evt.type values. This has a significant "
			       "performance penalty.");
}

/* What was appended to them may stand in another file than they. */
static int check_exceptions(struct rule_loader *l, const struct rule_def *d)
{
	const struct rule_exception *all = d->exceptions.items;
	int err = 0;

	for (unsigned i = 0; i < d->exceptions.n && err == 0; i++) {
		context_item(l, "rule", d->name, &all[i].item);
		context_push(l, "exception", all[i].name, all[i].place);
		err = exception_check_rows(l, &all[i]);
	}
	context_item(l, "rule", d->name, &d->where);
	return err;
}

static int compile_rule(struct rule_loader *l, struct ruleset *rs, struct rule_def *d,
			uint32_t ordinal)
{
	struct pool *pool = ruleset_pool(rs);
	struct ruleset_rule rule = { .ordinal = ordinal,
				     .priority = d->priority,
				     .enabled = d->enabled,
				     .capture = d->capture,
				     .capture_ms = d->capture_duration,
				     .name = pool_copy(pool, d->name),
				     .desc = pool_copy(pool, d->desc),
				     .source = pool_copy(pool, d->source),
				     .condition = pool_copy(pool, origin_span(&d->condition)),
				     .line = d->where.name.line,
				     .column = d->where.name.column };
	struct span *tags = pool_array(pool, d->tags.n, sizeof(*tags));
	struct node *tree;
	int err;

	if (tags == NULL)
		return too_large(l);
	for (unsigned i = 0; i < d->tags.n; i++)
		tags[i] = pool_copy(pool, ((const struct span *)d->tags.items)[i]);
	rule.tags = tags;
	rule.ntags = d->tags.n;
	rule.file = (const char *)pool_copy(pool, span_str(d->where.file->name)).p;
	context_item(l, "rule", d->name, &d->where);
	err = check_exceptions(l, d);
	if (err == 0)
		err = compile_output(l, pool, d, &rule);
	if (err == 0)
		err = parse_rule(l, pool, d, &tree);
	if (err == 0) {
		condition_warn(l, d, tree);
		err = compile_tree(l, rs, d, &rule, tree);
	}
	if (err == 0) {
		condition_hint(l, d, tree);
		warn_broad(l, rs, d);
	}
	if (err != 0)
		output_free(rule.output);
	return err < 0 ? err : 0;
}

static void warn_unused(struct rule_loader *l, const struct ruleset *rs)
{
	for (unsigned i = 0; i < l->macros.n; i++) {
		struct rule_macro *m = loader_macro(l, i);

		context_item(l, "macro", m->name, &m->where);
		if (!m->used)
			loader_problem(l, LOAD_UNUSED_MACRO, m->where.name,
				       "Macro not referred to by any other rule/macro");
	}
	for (unsigned i = 0; i < l->lists.n; i++) {
		struct rule_list *list = loader_list(l, i);

		context_item(l, "list", list->name, &list->where);
		if (!list->used)
			loader_problem(l, LOAD_UNUSED_LIST, list->where.name,
				       "List not referred to by any other rule/macro%s",
				       list_misspelt(l, rs, list));
	}
}

int rule_loader_compile(struct rule_loader *l, struct ruleset **ret)
{
	struct ruleset *rs;
	int err = ruleset_new(RULESET_LIMIT, &rs);

	if (err < 0) {
		pool_starve(&l->pool);
		return too_large(l);
	}
	ruleset_pool(rs)->of = &l->pool;
	ruleset_statics(rs, &l->extras.statics);
	err = lists_flatten(l, ruleset_pool(rs));
	if (err < 0)
		too_large(l);
	else
		err = compile_macros(l, ruleset_pool(rs));
	for (unsigned i = 0; err == 0 && i < l->rules.n; i++)
		if (!loader_rule(l, i)->unknown_source)
			err = compile_rule(l, rs, loader_rule(l, i), i);
	if (err == 0 && (ruleset_pool(rs)->failed || l->pool.failed))
		err = too_large(l);
	if (err == 0) {
		l->misspelt_left = MISSPELT_BUDGET;
		warn_unused(l, rs);
		*ret = rs;
		return 0;
	}
	ruleset_free(rs);
	return -EINVAL;
}
