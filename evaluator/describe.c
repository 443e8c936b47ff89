/* SPDX-License-Identifier: Apache-2.0
 *
 * describe.c -- macros and lists of a definition are those that its own text
 * names; fields, operators and events those of the whole, macros written out.
 */
#include "describe.h"

#include <stdio.h>
#include <stdlib.h>

#include "parse.h"
#include "priority.h"
#include "rule_defs.h"

#define SCRATCH_LIMIT ((size_t)512 << 20) /* for one definition */

struct description {
	struct rule_loader *l;
	const struct ruleset *rules;
	struct jout *j;
	struct pool scratch; /* of one definition */
	bool failed;
};

/* ---- sets ---- */

static void set_put(struct description *d, struct pool_vec *set, struct span s)
{
	struct span *slot = pool_push(&d->scratch, set, sizeof(*slot));

	if (slot != NULL)
		*slot = s;
}

static int by_bytes(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	size_t n = x->n < y->n ? x->n : y->n;
	int way = n == 0 ? 0 : memcmp(x->p, y->p, n);

	return way != 0 ? way : (x->n > y->n) - (x->n < y->n);
}

static void json_set(struct description *d, const char *key, struct pool_vec *set)
{
	struct span *s = set->items;

	if (set->n > 1)
		qsort(s, set->n, sizeof(*s), by_bytes);
	jout_array(d->j, key);
	for (unsigned i = 0; i < set->n; i++)
		if (i == 0 || !span_eq(s[i], s[i - 1]))
			jout_string(d->j, NULL, s[i]);
	jout_end(d->j);
}

static void json_spans(struct jout *j, const char *key, const struct span *items, unsigned n)
{
	jout_array(j, key);
	for (unsigned i = 0; i < n; i++)
		jout_string(j, NULL, items[i]);
	jout_end(j);
}

/* ---- fields ---- */

/* "proc.aname[2]", as it was written. */
static struct span field_text_of(struct description *d, const struct operand *o)
{
	struct pool_text text = { .pool = &d->scratch };

	if (!o->has_arg)
		return o->text;
	pool_text_add(&text, o->text);
	pool_text_str(&text, "[");
	pool_text_add(&text, o->arg);
	pool_text_str(&text, "]");
	return pool_text_span(&text);
}

static void take_plugin(struct description *d, struct span field, struct pool_vec *plugins)
{
	struct diag diag = { .message = "" };
	struct field_ref ref;
	const char *cls, *end;

	if (field_parse(field, &ref, &diag) < 0)
		return;
	cls = field_info(ref.id)->cls;
	end = strstr(cls, " plugin");
	if (end != NULL)
		set_put(d, plugins, span_of(cls, (size_t)(end - cls)));
}

/* What a condition is made of. */
struct parts {
	struct pool_vec fields, operators, plugins;
};

static void take_operand(struct description *d, const struct operand *o, struct parts *parts)
{
	if (o->kind == OPERAND_FIELD) {
		struct span name = field_text_of(d, o);

		set_put(d, &parts->fields, name);
		take_plugin(d, name, &parts->plugins);
	}
	for (unsigned i = 0; i < o->n; i++)
		take_operand(d, o->items[i], parts);
}

static void take_operator(struct description *d, const struct node *n, struct parts *parts)
{
	struct pool_text text = { .pool = &d->scratch };

	if (n->modifier == MODIFIER_NONE) {
		set_put(d, &parts->operators, span_str(op_info(n->op)->name));
		return;
	}
	pool_text_str(&text, op_info(n->op)->name);
	pool_text_str(&text, " ");
	pool_text_str(&text, op_modifier_name(n->modifier));
	set_put(d, &parts->operators, pool_text_span(&text));
}

static void take_parts(struct description *d, const struct node *n, struct parts *parts)
{
	if (n->kind == NODE_CHECK) {
		take_operand(d, n->left, parts);
		take_operator(d, n, parts);
		if (n->right != NULL)
			take_operand(d, n->right, parts);
	}
	for (unsigned i = 0; i < n->n; i++)
		take_parts(d, n->child[i], parts);
}

/* ---- what a text names ---- */

static bool is_list(const struct description *d, struct span name)
{
	return strmap_find(&d->l->list_names, name) != 0;
}

static void take_list(struct description *d, struct span text, struct pool_vec *lists)
{
	if (is_list(d, text))
		set_put(d, lists, text);
}

static void take_lists(struct description *d, const struct operand *o, struct pool_vec *lists)
{
	if (o->kind == OPERAND_VALUE)
		take_list(d, o->text, lists);
	for (unsigned i = 0; i < o->n; i++)
		take_lists(d, o->items[i], lists);
}

static void take_names(struct description *d, const struct node *n, struct pool_vec *macros,
		       struct pool_vec *lists)
{
	if (n->kind == NODE_MACRO)
		set_put(d, macros, n->name);
	if (n->kind == NODE_CHECK && n->right != NULL)
		take_lists(d, n->right, lists);
	for (unsigned i = 0; i < n->n; i++)
		take_names(d, n->child[i], macros, lists);
}

/* Macros and lists that CONDITION names, as it was written. */
static void json_names(struct description *d, struct span condition)
{
	struct pool_vec macros = { 0 }, lists = { 0 };
	struct diag diag = { .message = "" };
	struct node *tree;

	if (parse_condition(condition, PARSE_DEPTH_RULES, &d->scratch, &tree, &diag, NULL) == 0)
		take_names(d, tree, &macros, &lists);
	json_set(d, "lists", &lists);
	json_set(d, "macros", &macros);
}

/* ---- events ---- */

/* System calls without an event of their own go by their own names. */
static void take_events(struct description *d, const struct codes *codes, struct pool_vec *names)
{
	for (unsigned code = 0; code < EVENT_CODE_COUNT; code++)
		if (codes_has(codes, code) && code != EVENT_GENERIC_E && code != EVENT_GENERIC_X)
			set_put(d, names, span_str(event_info(code)->name));
	for (unsigned sc = 0; sc < SC_COUNT && codes_has(codes, EVENT_GENERIC_X); sc++)
		if (syscall_is_generic(sc) && (codes->syscalls[sc / 64] >> (sc % 64) & 1) != 0)
			set_put(d, names, span_str(syscall_info(sc)->name));
}

static void json_events(struct description *d, const struct node *tree)
{
	struct pool_vec names = { 0 };
	struct diag diag = { .message = "" };
	const struct node *at;
	struct codes codes;

	/* A macro may stand in no rule, and be one that the search cannot do. */
	if (codes_of_condition(tree, &codes, &diag, &at) < 0)
		codes_fill(&codes);
	take_events(d, &codes, &names);
	set_put(d, &names, span_str(event_info(EVENT_ASYNCEVENT_E)->name));
	json_set(d, "events", &names);
}

/* ---- conditions ---- */

static void json_tree(struct description *d, const struct node *tree, struct parts *parts)
{
	struct pool_text text = { .pool = &d->scratch };

	ast_render(tree, &text);
	take_parts(d, tree, parts);
	jout_string(d->j, "condition_compiled", pool_text_span(&text));
	json_set(d, "condition_fields", &parts->fields);
	json_set(d, "condition_operators", &parts->operators);
	json_events(d, tree);
}

static void begin_definition(struct description *d)
{
	pool_init(&d->scratch, SCRATCH_LIMIT);
	jout_object(d->j, NULL);
	jout_object(d->j, "details");
}

static void end_definition(struct description *d)
{
	jout_end(d->j);
	d->failed |= d->scratch.failed;
	pool_release(&d->scratch);
}

/* ---- rules ---- */

static void json_exceptions(struct description *d, const struct rule_def *def)
{
	const struct rule_exception *all = def->exceptions.items;
	struct pool_vec fields = { 0 }, names = { 0 }, operators = { 0 };

	for (unsigned i = 0; i < def->exceptions.n; i++) {
		const struct rule_exception *x = &all[i];

		set_put(d, &names, x->name);
		for (unsigned k = 0; k < x->fields.n; k++)
			set_put(d, &fields, ((const struct span *)x->fields.items)[k]);
		for (unsigned k = 0; k < x->comps.n; k++)
			set_put(d, &operators, ((const struct span *)x->comps.items)[k]);
	}
	json_set(d, "exception_fields", &fields);
	json_set(d, "exception_names", &names);
	json_set(d, "exception_operators", &operators);
}

/* The fields that the settings add as texts; like Falco, nothing where there are none. */
static void json_extra_texts(struct description *d, const struct output *output)
{
	unsigned pos = 0;
	const char *name = output_next_text(output, &pos);

	if (name == NULL)
		return;
	jout_array(d->j, "extra_output_formatted_fields");
	for (; name != NULL; name = output_next_text(output, &pos))
		jout_str(d->j, NULL, name);
	jout_end(d->j);
}

static void json_output(struct description *d, const struct ruleset_rule *rule, struct parts *parts)
{
	const struct field_ref *refs;
	unsigned n = output_fields(rule->output, &refs), own = output_own_fields(rule->output);

	json_extra_texts(d, rule->output);
	jout_string(d->j, "output_compiled", rule->output_text);
	jout_array(d->j, "output_fields");
	for (unsigned i = 0; i < own; i++)
		jout_string(d->j, NULL, refs[i].text);
	jout_end(d->j);
	for (unsigned i = 0; i < n; i++)
		take_plugin(d, refs[i].text, &parts->plugins);
}

static void json_rule_info(struct jout *j, const struct rule_def *def,
			   const struct ruleset_rule *rule)
{
	jout_object(j, "info");
	jout_bool(j, "capture", def->capture);
	jout_uint(j, "capture_duration", def->capture_duration);
	jout_string(j, "condition", rule->condition);
	jout_string(j, "description", rule->desc);
	jout_bool(j, "enabled", def->enabled);
	jout_string(j, "name", rule->name);
	jout_string(j, "output", origin_span(&def->output));
	jout_str(j, "priority", priority_name(rule->priority));
	jout_string(j, "source", rule->source);
	json_spans(j, "tags", rule->tags, rule->ntags);
	jout_end(j);
}

static void json_rule(struct description *d, const struct ruleset_rule *rule)
{
	const struct rule_def *def = loader_rule(d->l, rule->ordinal);
	struct parts parts = { 0 };

	begin_definition(d);
	json_tree(d, rule->tree, &parts);
	json_exceptions(d, def);
	json_names(d, rule->condition);
	json_output(d, rule, &parts);
	json_set(d, "plugins", &parts.plugins);
	jout_end(d->j);
	json_rule_info(d->j, def, rule);
	end_definition(d);
}

/* ---- macros and lists ---- */

/* Falco tells the plugins of rules only. */
static void json_no_plugins(struct jout *j)
{
	jout_array(j, "plugins");
	jout_end(j);
}

static void json_macro(struct description *d, const struct rule_macro *m)
{
	struct parts parts = { 0 };

	begin_definition(d);
	json_tree(d, m->tree, &parts);
	json_names(d, origin_span(&m->condition));
	json_no_plugins(d->j);
	jout_bool(d->j, "used", m->used);
	jout_end(d->j);
	jout_object(d->j, "info");
	jout_string(d->j, "condition", origin_span(&m->condition));
	jout_string(d->j, "name", m->name);
	jout_end(d->j);
	end_definition(d);
}

/* Items that are lists stand under "lists" only. */
static void json_own_items(struct description *d, const struct rule_list *list)
{
	const struct span *items = list->items.items;

	jout_array(d->j, "items");
	for (unsigned i = 0; i < list->items.n; i++)
		if (!is_list(d, items[i]))
			jout_string(d->j, NULL, items[i]);
	jout_end(d->j);
}

static void json_list(struct description *d, const struct rule_list *list)
{
	const struct span *items = list->items.items;
	struct pool_vec lists = { 0 };

	begin_definition(d);
	json_spans(d->j, "items_compiled", list->flat.items, list->flat.n);
	for (unsigned i = 0; i < list->items.n; i++)
		take_list(d, items[i], &lists);
	json_set(d, "lists", &lists);
	json_no_plugins(d->j);
	jout_bool(d->j, "used", list->used);
	jout_end(d->j);
	jout_object(d->j, "info");
	json_own_items(d, list);
	jout_string(d->j, "name", list->name);
	jout_end(d->j);
	end_definition(d);
}

/* ---- all ---- */

static void json_plugin(struct jout *j, const struct rule_plugin_version *v)
{
	jout_string(j, "name", v->name);
	jout_string(j, "version", v->version);
}

static void json_requirements(struct description *d)
{
	const struct rule_plugin_requirement *all;
	unsigned n = rule_loader_requirements(d->l, &all);
	char version[48];

	snprintf(version, sizeof(version), "%u.%u.%u", d->l->engine[0], d->l->engine[1],
		 d->l->engine[2]);
	jout_str(d->j, "required_engine_version", version);
	jout_array(d->j, "required_plugin_versions");
	for (unsigned i = 0; i < n; i++) {
		jout_object(d->j, NULL);
		jout_array(d->j, "alternatives");
		for (unsigned k = 1; k < all[i].n; k++) {
			jout_object(d->j, NULL);
			json_plugin(d->j, &all[i].any[k]);
			jout_end(d->j);
		}
		jout_end(d->j);
		json_plugin(d->j, &all[i].any[0]);
		jout_end(d->j);
	}
	jout_end(d->j);
}

bool describe_rules(struct rule_loader *l, const struct ruleset *rules, struct jout *j)
{
	struct description d = { .l = l, .rules = rules, .j = j };

	jout_object(j, NULL);
	jout_array(j, "lists");
	for (unsigned i = 0; i < l->lists.n; i++)
		json_list(&d, loader_list(l, i));
	jout_end(j);
	jout_array(j, "macros");
	for (unsigned i = 0; i < l->macros.n; i++)
		json_macro(&d, loader_macro(l, i));
	jout_end(j);
	json_requirements(&d);
	jout_array(j, "rules");
	for (unsigned i = 0; i < ruleset_count(rules); i++)
		json_rule(&d, ruleset_rule(rules, i));
	jout_end(j);
	jout_end(j);
	return !d.failed;
}
