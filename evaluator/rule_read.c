/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_read.c -- a file's elements to definitions: new ones, appended ones,
 * overridden ones.  Reading a file ends at its first error.
 */
#include <errno.h>
#include <stdlib.h>

#include "hint.h"
#include "lex.h"
#include "priority.h"
#include "rule_read.h"
#include "rule_yaml.h"

/* ---- override ---- */

enum override_key {
	KEY_CONDITION,
	KEY_OUTPUT,
	KEY_DESC,
	KEY_PRIORITY,
	KEY_CAPTURE,
	KEY_CAPTURE_DURATION,
	KEY_TAGS,
	KEY_EXCEPTIONS,
	KEY_ENABLED,
	KEY_WARN_EVTTYPES,
	KEY_SKIP,
	KEY_ITEMS,
	KEY_SOURCE, /* which nothing overrides: it may have to be that of the rule */
	KEY_COUNT
};

static const char *const key_names[KEY_COUNT] = {
	"condition",
	"output",
	"desc",
	"priority",
	"capture",
	"capture_duration",
	"tags",
	"exceptions",
	"enabled",
	"warn_evttypes",
	"skip-if-unknown-filter",
	"items",
	"source",
};

#define KEY(k) (1u << KEY_##k)

struct overridable {
	uint32_t append, replace;
};

static const struct overridable list_keys = { KEY(ITEMS), KEY(ITEMS) };
static const struct overridable macro_keys = { KEY(CONDITION), KEY(CONDITION) };
static const struct overridable rule_keys = {
	KEY(CONDITION) | KEY(OUTPUT) | KEY(DESC) | KEY(TAGS) | KEY(EXCEPTIONS),
	KEY(CONDITION) | KEY(OUTPUT) | KEY(DESC) | KEY(PRIORITY) | KEY(CAPTURE) |
		KEY(CAPTURE_DURATION) | KEY(TAGS) | KEY(EXCEPTIONS) | KEY(ENABLED) |
		KEY(WARN_EVTTYPES) | KEY(SKIP),
};

static const char *hint_of_overridable(struct rule_loader *l, struct span wanted, uint32_t keys)
{
	struct pool_text words = { .pool = &l->problem_pool };

	for (unsigned k = 0; k < KEY_COUNT; k++) {
		if ((keys >> k & 1) == 0)
			continue;
		pool_text_str(&words, key_names[k]);
		pool_text_str(&words, " ");
	}
	return words.p == NULL ? ""
			       : hint_of_words(&l->problem_pool, wanted, (const char *)words.p);
}

static int override_entry(struct rule_loader *l, const struct ynode *key, const struct ynode *value,
			  const struct overridable *may, struct overridable *ret)
{
	bool append = span_is(value->text, "append"), replace = span_is(value->text, "replace");
	const char *near;
	unsigned k = 0;

	context_push(l, "overrides", key->text, key->from);
	while (k < KEY_COUNT && !span_is(key->text, key_names[k]))
		k++;
	if (key->kind != YNODE_SCALAR || value->kind != YNODE_SCALAR || (!append && !replace)) {
		context_pop(l);
		context_push(l, "value for", key->text, value->from);
		return loader_problem(l, LOAD_ERR_YAML_VALIDATE, yorigin(l, value),
				      "Invalid override operation for key '%.*s': '%.*s'. Allowed "
				      "values are 'append' or 'replace'",
				      SHOW(key->text), SHOW(value->text));
	}
	if (append && (k == KEY_COUNT || (may->append >> k & 1) == 0))
		return loader_problem(l, LOAD_ERR_YAML_VALIDATE, yorigin(l, key),
				      "Key '%.*s' cannot be appended to, use 'replace' instead",
				      SHOW(key->text));
	if (replace && (k == KEY_COUNT || (may->replace >> k & 1) == 0)) {
		near = hint_of_overridable(l, key->text, may->replace);
		return loader_problem(l, LOAD_ERR_YAML_VALIDATE, yorigin(l, key),
				      "Key '%.*s' cannot be replaced%s%s", SHOW(key->text),
				      HINT_ARGS(near));
	}
	if (append)
		ret->append |= 1u << k;
	else
		ret->replace |= 1u << k;
	context_pop(l);
	return 0;
}

static int override_read(struct rule_loader *l, const struct ynode *item,
			 const struct overridable *may, struct overridable *ret)
{
	const struct ynode *map = ymap_get(item, "override");

	*ret = (struct overridable){ 0, 0 };
	/* A scalar has no keys to override: Falco lets it pass. */
	if (map == NULL || map->kind == YNODE_SCALAR)
		return 0;
	context_push(l, "overrides", SPAN_NONE, item->from);
	if (map->kind != YNODE_MAPPING)
		return loader_problem(l, LOAD_ERR_YAML_VALIDATE, yorigin(l, map),
				      "Value of key 'override' is not a mapping");
	for (unsigned i = 0; i < map->n; i++)
		if (override_entry(l, map->items[2 * i], map->items[2 * i + 1], may, ret) < 0)
			return -EINVAL;
	context_pop(l);
	return 0;
}

/* What ITEM changes of another: append: true, deprecated, or override. */
static int changes_read(struct rule_loader *l, const struct ynode *item,
			const struct overridable *may, bool *ret_append, struct overridable *ret)
{
	*ret_append = false;
	if (yget_optional_bool(l, item, "append", ret_append) < 0)
		return -EINVAL;
	if (*ret_append)
		loader_problem(l, LOAD_DEPRECATED_ITEM, yorigin(l, ymap_get(item, "append")),
			       "'append' key is deprecated. Add an 'append' entry (e.g. "
			       "'condition: append') under 'override' instead.");
	if (override_read(l, item, may, ret) < 0)
		return -EINVAL;
	if (*ret_append && (ret->append != 0 || ret->replace != 0))
		return loader_problem(l, LOAD_ERR_YAML_VALIDATE, yorigin(l, item),
				      "Keys 'override' and 'append: true' cannot be used together. "
				      "Add an 'append' entry (e.g. 'condition: append') under "
				      "'override' instead.");
	return 0;
}

/* ---- names ---- */

static int too_large(struct rule_loader *l)
{
	return loader_problem(l, LOAD_ERR_VALIDATE, ((struct origin){ l->file, 1, 1 }),
			      "the rules are too large");
}

/* The item says something of one that is called NAME, and there is none. */
static int nothing_there(struct rule_loader *l, const struct ynode *name,
			 const struct strmap *names, const char *what)
{
	const char *near = hint_of_names(&l->problem_pool, name->text, names);

	return loader_problem(l, LOAD_ERR_VALIDATE, yorigin(l, name), "%s%s%s", what,
			      HINT_ARGS(near));
}

/* The object that is called NAME in NAMES, or a new one of SIZE, put at the end
 * of ALL; *RET_IS_NEW tells. */
static void *object_get(struct rule_loader *l, struct strmap *names, struct pool_vec *all,
			struct span name, size_t size)
{
	struct strmap_entry *e = strmap_entry(names, name);
	void **slot, *object;

	if (e == NULL)
		return NULL;
	if (e->value != 0)
		return ((void **)all->items)[e->value - 1];
	object = pool_get(&l->pool, size);
	slot = object == NULL ? NULL : pool_push(&l->pool, all, sizeof(*slot));
	if (slot == NULL)
		return NULL;
	*slot = object;
	e->value = all->n;
	return object;
}

static struct rule_place place_of(struct rule_loader *l, const struct ynode *item, const char *key)
{
	const struct ynode *condition = ymap_get(item, "condition");
	struct rule_place where = { .file = l->file, .place = item->from };

	where.name = yorigin(l, ymap_get(item, key));
	if (condition != NULL)
		where.condition = condition->from;
	return where;
}

/* ---- lists ---- */

static int read_list(struct rule_loader *l, const struct ynode *item)
{
	struct overridable over;
	struct rule_list *list;
	struct pool_vec items = { 0 };
	struct span name = SPAN_NONE;
	bool append, exists;

	context_push(l, "list", SPAN_NONE, item->from);
	if (yget_text(l, item, "list", &name) < 0)
		return -EINVAL;
	l->context[l->ncontext - 1].name = name;
	if (!lex_is_bare(name))
		loader_problem(l, LOAD_INVALID_LIST_NAME, yorigin(l, ymap_get(item, "list")),
			       "List has an invalid name. List names should match a regular "
			       "expression: ([^()\"'[:space:]=,]+)");
	if (yget_texts(l, item, "items", true, &items) < 0 ||
	    changes_read(l, item, &list_keys, &append, &over) < 0)
		return -EINVAL;
	append |= over.append != 0;
	exists = strmap_find(&l->list_names, name) != 0;
	if (append && !exists)
		return nothing_there(l, ymap_get(item, "list"), &l->list_names,
				     "List uses 'append' or 'override.items: append' but no list "
				     "by that name already exists");
	list = object_get(l, &l->list_names, &l->lists, name, sizeof(*list));
	if (list == NULL)
		return too_large(l);
	for (unsigned i = 0; append && i < items.n; i++) {
		struct span *slot = pool_push(&l->pool, &list->items, sizeof(*slot));

		if (slot == NULL)
			return too_large(l);
		*slot = ((struct span *)items.items)[i];
	}
	if (!append) {
		list->items = items;
		list->where = place_of(l, item, "list");
	}
	list->name = name;
	list->visibility = l->next_index;
	if (!exists)
		list->index = l->next_index;
	l->next_index++;
	return 0;
}

/* ---- macros ---- */

/* OLD + blank + the text of N, or just N's. */
static bool append_scalar(struct rule_loader *l, struct origin_text *to, const struct ynode *n)
{
	if (to->text.n > 0 && !origin_add_fixed(to, span_str(" "), yorigin(l, n)))
		return false;
	return origin_add_scalar(to, l->file, n);
}

static int read_macro(struct rule_loader *l, const struct ynode *item)
{
	struct span name = SPAN_NONE, condition = SPAN_NONE;
	struct overridable over;
	struct rule_macro *macro;
	bool append, exists;

	context_push(l, "macro", SPAN_NONE, item->from);
	if (yget_text(l, item, "macro", &name) < 0)
		return -EINVAL;
	l->context[l->ncontext - 1].name = name;
	if (!lex_is_identifier(name))
		loader_problem(l, LOAD_INVALID_MACRO_NAME, yorigin(l, ymap_get(item, "macro")),
			       "Macro has an invalid name. Macro names should match a regular "
			       "expression: ([a-zA-Z]+[a-zA-Z0-9_]*)");
	if (yget_text(l, item, "condition", &condition) < 0 ||
	    changes_read(l, item, &macro_keys, &append, &over) < 0)
		return -EINVAL;
	append |= over.append != 0;
	exists = strmap_find(&l->macro_names, name) != 0;
	if (append && !exists)
		return nothing_there(l, ymap_get(item, "macro"), &l->macro_names,
				     "Macro uses 'append' or 'override.condition: append' but no "
				     "macro by that name already exists");
	macro = object_get(l, &l->macro_names, &l->macros, name, sizeof(*macro));
	if (macro == NULL)
		return too_large(l);
	if (!append) {
		origin_init(&macro->condition, &l->pool);
		macro->where = place_of(l, item, "macro");
	}
	if (!append_scalar(l, &macro->condition, ymap_get(item, "condition")))
		return too_large(l);
	macro->name = name;
	macro->visibility = l->next_index;
	if (!exists)
		macro->index = l->next_index;
	l->next_index++;
	return 0;
}

/* ---- rules ---- */

static bool is_known_source(struct span source)
{
	return span_is(source, "syscall");
}

static const char *hint_of_priority(struct rule_loader *l, struct span wanted)
{
	static const char words[] = "EMERGENCY ALERT CRITICAL ERROR WARNING NOTICE INFO "
				    "INFORMATIONAL DEBUG";
	static const char all[] = " There are EMERGENCY, ALERT, CRITICAL, ERROR, WARNING, NOTICE, "
				  "INFO and DEBUG";
	const char *near;
	struct pool_text upper = { .pool = &l->problem_pool };

	pool_text_add(&upper, span_of(wanted.p, wanted.n < 16 ? wanted.n : 16));
	for (size_t i = 0; i < upper.n; i++)
		if (upper.p[i] >= 'a' && upper.p[i] <= 'z')
			upper.p[i] -= 0x20;
	near = hint_of_words(&l->problem_pool, pool_text_span(&upper), words);
	return near[0] == '\0' ? all : near;
}

static int priority_read(struct rule_loader *l, const struct ynode *item, uint8_t *ret)
{
	const struct ynode *n = ymap_get(item, "priority");
	struct span s = SPAN_NONE;
	unsigned priority;
	const char *near;

	if (yget_text(l, item, "priority", &s) < 0)
		return -EINVAL;
	priority = priority_find(s);
	if (priority < PRIORITY_COUNT) {
		*ret = (uint8_t)priority;
		return 0;
	}
	near = hint_of_priority(l, s);
	context_push(l, "rule priority", SPAN_NONE, n->from);
	return loader_problem(l, LOAD_ERR_YAML_VALIDATE, yorigin(l, n), "Invalid priority%s%s",
			      HINT_ARGS(near));
}

static int span_order(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	size_t n = x->n < y->n ? x->n : y->n;
	int way = n == 0 ? 0 : memcmp(x->p, y->p, n);

	return way != 0 ? way : (x->n > y->n) - (x->n < y->n);
}

/* Tags are a set: sorted, each once. */
static int tags_read(struct rule_loader *l, const struct ynode *item, struct pool_vec *tags)
{
	struct span *s;
	unsigned n = 0;

	if (yget_texts(l, item, "tags", false, tags) < 0)
		return -EINVAL;
	if (tags->n == 0)
		return 0;
	s = tags->items;
	qsort(s, tags->n, sizeof(*s), span_order);
	for (unsigned i = 0; i < tags->n; i++)
		if (i == 0 || !span_eq(s[i], s[n - 1]))
			s[n++] = s[i];
	tags->n = n;
	return 0;
}

/* The text of KEY in place of what TO holds, or behind it. */
static int text_read(struct rule_loader *l, const struct ynode *item, const char *key,
		     struct origin_text *to)
{
	struct span s = SPAN_NONE;

	if (yget_text(l, item, key, &s) < 0)
		return -EINVAL;
	return append_scalar(l, to, ymap_get(item, key)) ? 0 : too_large(l);
}

static void output_trim(struct rule_loader *l, struct origin_text *output)
{
	struct origin_text trimmed;
	size_t at = 0;

	origin_trim(output);
	while (at < output->text.n && strchr(" \t\n\r\v\f", output->text.p[at]) != NULL)
		at++;
	if (at == 0)
		return;
	origin_init(&trimmed, &l->pool);
	origin_add_part(&trimmed, output, at, output->text.n - at);
	*output = trimmed;
}

/* Those of KEYS that are there. */
static int read_options(struct rule_loader *l, const struct ynode *item, uint32_t keys,
			struct rule_def *r)
{
	if (((keys & KEY(ENABLED)) != 0 &&
	     yget_optional_bool(l, item, "enabled", &r->enabled) < 0) ||
	    ((keys & KEY(WARN_EVTTYPES)) != 0 &&
	     yget_optional_bool(l, item, "warn_evttypes", &r->warn_evttypes) < 0) ||
	    ((keys & KEY(SKIP)) != 0 &&
	     yget_optional_bool(l, item, "skip-if-unknown-filter", &r->skip_if_unknown) < 0) ||
	    ((keys & KEY(CAPTURE)) != 0 &&
	     yget_optional_bool(l, item, "capture", &r->capture) < 0) ||
	    ((keys & KEY(CAPTURE_DURATION)) != 0 &&
	     yget_optional_u32(l, item, "capture_duration", &r->capture_duration) < 0))
		return -EINVAL;
	return 0;
}

static int different_source(struct rule_loader *l, const struct ynode *item)
{
	return loader_problem(l, LOAD_ERR_VALIDATE, yorigin(l, item),
			      "Rule has been re-defined with a different source");
}

/* The source that a change of a rule names: an empty one is none, other than for a new rule. */
static int changed_source(struct rule_loader *l, const struct ynode *item, struct span *ret)
{
	const struct ynode *n = ymap_get(item, "source");

	*ret = SPAN_NONE;
	if (n == NULL || (n->kind == YNODE_SCALAR && (n->null || n->text.n == 0)))
		return 0;
	return yget_optional_text(l, item, "source", ret);
}

static void warn_unknown_source(struct rule_loader *l, const struct rule_def *r)
{
	const char *near = hint_of_words(&l->problem_pool, r->source, "syscall");

	loader_problem(l, LOAD_UNKNOWN_SOURCE, r->where.name, "Unknown source %.*s, skipping%s%s",
		       SHOW(r->source), HINT_ARGS(near));
}

/* A whole rule. */
static int define_rule(struct rule_loader *l, const struct ynode *item, struct span name)
{
	struct rule_def r = { .name = name, .enabled = true, .warn_evttypes = true }, *slot;
	uint32_t known = strmap_find(&l->rule_names, name);
	struct pool_vec exceptions = { 0 };

	r.source = span_str("syscall");
	r.where = place_of(l, item, "rule");
	origin_init(&r.condition, &l->pool);
	origin_init(&r.output, &l->pool);
	if (text_read(l, item, "condition", &r.condition) < 0 ||
	    text_read(l, item, "output", &r.output) < 0 ||
	    yget_text(l, item, "desc", &r.desc) < 0 || priority_read(l, item, &r.priority) < 0)
		return -EINVAL;
	r.output_place = ymap_get(item, "output")->from;
	output_trim(l, &r.output);
	if (yget_optional_text(l, item, "source", &r.source) < 0 ||
	    read_options(l, item, ~UINT32_C(0), &r) < 0 || tags_read(l, item, &r.tags) < 0 ||
	    exceptions_read(l, item, false, &exceptions) < 0)
		return -EINVAL;
	if (known != 0 && !span_eq(loader_rule(l, known - 1)->source, r.source))
		return different_source(l, item);
	r.unknown_source = !is_known_source(r.source);
	if (r.unknown_source)
		warn_unknown_source(l, &r);
	for (unsigned i = 0; i < exceptions.n; i++)
		if (exception_validate(l, &((struct rule_exception *)exceptions.items)[i], &r) < 0)
			return -EINVAL;
	r.exceptions = exceptions;
	slot = object_get(l, &l->rule_names, &l->rules, name, sizeof(*slot));
	if (slot == NULL)
		return too_large(l);
	r.index = known == 0 ? l->next_index : slot->index;
	r.visibility = l->next_index++;
	*slot = r;
	return 0;
}

/* Only `enabled`: an old form. */
static int enable_rule(struct rule_loader *l, const struct ynode *item, struct span name)
{
	uint32_t known = strmap_find(&l->rule_names, name);
	bool enabled = true;

	if (ymap_get(item, "enabled") == NULL)
		return ymissing(l, item, "enabled");
	if (yget_optional_bool(l, item, "enabled", &enabled) < 0)
		return -EINVAL;
	loader_problem(l, LOAD_DEPRECATED_ITEM, yorigin(l, ymap_get(item, "enabled")),
		       "The standalone 'enabled' key usage is deprecated. The correct approach "
		       "requires also a 'replace' entry under the 'override' key (i.e. 'enabled: "
		       "replace').");
	if (known == 0)
		return nothing_there(l, ymap_get(item, "rule"), &l->rule_names,
				     "Rule has 'enabled' key but no rule by that name already "
				     "exists");
	loader_rule(l, known - 1)->enabled = enabled;
	return 0;
}

/* ---- rules that are changed ---- */

/* What an item does to the rule of its name. */
struct change {
	const char *word;
	int (*read)(struct rule_loader *l, const struct ynode *item, uint32_t keys,
		    struct rule_def *r, struct pool_vec *more);
	const char *missing; /* there is no such rule */
};

static int append_keys(struct rule_loader *l, const struct ynode *item, uint32_t keys,
		       struct rule_def *r, struct pool_vec *more)
{
	struct pool_text desc = { .pool = &l->pool };
	struct span s = SPAN_NONE;

	if ((keys & KEY(CONDITION)) != 0 && text_read(l, item, "condition", &r->condition) < 0)
		return -EINVAL;
	if ((keys & KEY(OUTPUT)) != 0 && text_read(l, item, "output", &r->output) < 0)
		return -EINVAL;
	if ((keys & KEY(DESC)) != 0) {
		if (yget_text(l, item, "desc", &s) < 0)
			return -EINVAL;
		pool_text_add(&desc, r->desc);
		pool_text_str(&desc, " ");
		if (!pool_text_add(&desc, s))
			return too_large(l);
		r->desc = pool_text_span(&desc);
	}
	if ((keys & KEY(TAGS)) != 0 && tags_read(l, item, &r->tags) < 0)
		return -EINVAL;
	return (keys & KEY(EXCEPTIONS)) == 0 ? 0 : exceptions_read(l, item, true, more);
}

static const struct change appends = {
	"append", append_keys,
	"Rule uses 'append' or 'override.<key>: append' but no rule by that name already exists"
};

static int replace_keys(struct rule_loader *l, const struct ynode *item, uint32_t keys,
			struct rule_def *r, struct pool_vec *more)
{
	(void)more;
	if ((keys & KEY(CONDITION)) != 0) {
		origin_init(&r->condition, &l->pool);
		if (text_read(l, item, "condition", &r->condition) < 0)
			return -EINVAL;
		r->where.condition = ymap_get(item, "condition")->from;
	}
	if ((keys & KEY(OUTPUT)) != 0) {
		origin_init(&r->output, &l->pool);
		if (text_read(l, item, "output", &r->output) < 0)
			return -EINVAL;
		r->output_place = ymap_get(item, "output")->from;
	}
	if ((keys & KEY(DESC)) != 0 && yget_text(l, item, "desc", &r->desc) < 0)
		return -EINVAL;
	if ((keys & KEY(PRIORITY)) != 0 && priority_read(l, item, &r->priority) < 0)
		return -EINVAL;
	if ((keys & KEY(TAGS)) != 0) {
		r->tags = (struct pool_vec){ 0 };
		if (tags_read(l, item, &r->tags) < 0)
			return -EINVAL;
	}
	if ((keys & KEY(EXCEPTIONS)) != 0) {
		r->exceptions = (struct pool_vec){ 0 };
		if (exceptions_read(l, item, false, &r->exceptions) < 0)
			return -EINVAL;
	}
	return read_options(l, item, keys, r);
}

static const struct change replaces = {
	"replace", replace_keys,
	"An 'override.<key>: replace' to a rule was requested but no rule by that name already exists"
};

static int check_defined(struct rule_loader *l, const struct ynode *item, uint32_t keys,
			 const char *word)
{
	for (unsigned k = 0; k < KEY_SOURCE; k++)
		if ((keys >> k & 1) != 0 && ymap_get(item, key_names[k]) == NULL)
			return loader_problem(
				l, LOAD_ERR_YAML_VALIDATE, yorigin(l, item),
				"An %s override for '%s' was specified but '%s' is not defined",
				word, key_names[k], key_names[k]);
	return 0;
}

/* The rule as it is, for what an item says to be read into; a new one if there is none. */
static struct rule_def rule_before(struct rule_loader *l, uint32_t known)
{
	struct rule_def none = { .enabled = true };

	if (known != 0)
		return *loader_rule(l, known - 1);
	origin_init(&none.condition, &l->pool);
	origin_init(&none.output, &l->pool);
	return none;
}

/* Falco reads all that an item says before it looks at the rule: what is wrong in the one is said
 * before what is wrong with the other. */
static int change_rule(struct rule_loader *l, const struct ynode *item, struct span name,
		       uint32_t keys, const struct change *how)
{
	uint32_t known = strmap_find(&l->rule_names, name);
	struct rule_def r = rule_before(l, known);
	struct span source = SPAN_NONE;
	struct pool_vec more = { 0 };

	if (check_defined(l, item, keys, how->word) < 0 ||
	    how->read(l, item, keys, &r, &more) < 0 ||
	    ((keys & KEY(SOURCE)) != 0 && changed_source(l, item, &source) < 0))
		return -EINVAL;
	if (known == 0)
		return nothing_there(l, ymap_get(item, "rule"), &l->rule_names, how->missing);
	if (source.n > 0 && !span_eq(source, r.source))
		return different_source(l, item);
	if (exceptions_append(l, &r, &more) < 0)
		return -EINVAL;
	r.visibility = l->next_index++;
	*loader_rule(l, known - 1) = r;
	return 0;
}

/* append: true: the condition and the exceptions, nothing else. */
static int append_rule(struct rule_loader *l, const struct ynode *item, struct span name)
{
	uint32_t keys = (ymap_get(item, "condition") != NULL ? KEY(CONDITION) : 0) |
			(ymap_get(item, "exceptions") != NULL ? KEY(EXCEPTIONS) : 0);

	if (keys == 0)
		return loader_problem(l, LOAD_ERR_VALIDATE, yorigin(l, item),
				      "Appended rule must have exceptions or condition property");
	return change_rule(l, item, name, keys | KEY(SOURCE), &appends);
}

/* Keys that could be overridden, are there, and are not named under `override`. */
static int check_stray_keys(struct rule_loader *l, const struct ynode *item,
			    const struct overridable *over)
{
	for (unsigned k = 0; k < KEY_COUNT; k++) {
		const struct ynode *n = ymap_get(item, key_names[k]);

		if (n == NULL || (rule_keys.replace >> k & 1) == 0 ||
		    ((over->append | over->replace) >> k & 1) != 0)
			continue;
		context_push(l, "overrides", span_str(key_names[k]), n->from);
		return loader_problem(l, LOAD_ERR_YAML_VALIDATE, yorigin(l, n),
				      "Unexpected key '%s': no corresponding entry under "
				      "'override' is defined.",
				      key_names[k]);
	}
	return 0;
}

/* Who changes a condition may say of which source the rule is. */
static uint32_t with_source(uint32_t keys)
{
	return (keys & KEY(CONDITION)) != 0 ? keys | KEY(SOURCE) : keys;
}

static int override_rule(struct rule_loader *l, const struct ynode *item, struct span name,
			 const struct overridable *over)
{
	if (over->append != 0 &&
	    change_rule(l, item, name, with_source(over->append), &appends) < 0)
		return -EINVAL;
	if (over->replace != 0 &&
	    change_rule(l, item, name, with_source(over->replace), &replaces) < 0)
		return -EINVAL;
	return check_stray_keys(l, item, over);
}

static int read_rule(struct rule_loader *l, const struct ynode *item)
{
	struct overridable over;
	struct span name = SPAN_NONE;
	bool append;

	context_push(l, "rule", SPAN_NONE, item->from);
	if (yget_text(l, item, "rule", &name) < 0)
		return -EINVAL;
	l->context[l->ncontext - 1].name = name;
	if (changes_read(l, item, &rule_keys, &append, &over) < 0)
		return -EINVAL;
	if (over.append != 0 || over.replace != 0)
		return override_rule(l, item, name, &over);
	if (append)
		return append_rule(l, item, name);
	if (ymap_get(item, "condition") == NULL && ymap_get(item, "output") == NULL &&
	    ymap_get(item, "desc") == NULL && ymap_get(item, "priority") == NULL)
		return enable_rule(l, item, name);
	return define_rule(l, item, name);
}

/* ---- files ---- */

/* A test of rules: whoever runs tests reads it. */
static int read_nothing(struct rule_loader *l, const struct ynode *item)
{
	(void)l;
	(void)item;
	return 0;
}

/* The first key that is near to one that an element may be known by. */
static const char *hint_of_kind(struct rule_loader *l, const struct ynode *item)
{
	static const char kinds[] = "required_engine_version required_plugin_versions list macro "
				    "rule test";
	const char *near = "";

	for (unsigned i = 0; i < item->n && i < 32 && near[0] == '\0'; i++)
		near = hint_of_words(&l->problem_pool, item->items[2 * i]->text, kinds);
	return near;
}

static int read_element(struct rule_loader *l, const struct ynode *item)
{
	static const struct {
		const char *key;
		int (*read)(struct rule_loader *l, const struct ynode *item);
		const char *keys;
	} kinds[] = {
		{ "required_engine_version", read_engine_version, "required_engine_version" },
		{ "required_plugin_versions", read_plugin_versions, "required_plugin_versions" },
		{ "list", read_list, "list items append override" },
		{ "macro", read_macro, "macro condition append override" },
		{ "rule", read_rule,
		  "rule condition output desc priority source enabled capture capture_duration "
		  "warn_evttypes skip-if-unknown-filter tags exceptions override append" },
		{ "test", read_nothing, NULL },
	};
	unsigned depth = l->ncontext;
	const char *near = "";

	if (item->kind == YNODE_SCALAR && item->null)
		return 0;
	if (item->kind != YNODE_MAPPING) {
		context_push(l, "rules content item", SPAN_NONE, item->from);
		return loader_problem(l, LOAD_ERR_YAML_VALIDATE, yorigin(l, item),
				      "Unexpected element type. Each element should be a yaml "
				      "associative array.");
	}
	for (unsigned i = 0; i < ARRAY_LEN(kinds); i++) {
		if (ymap_get(item, kinds[i].key) == NULL)
			continue;
		if (kinds[i].read(l, item) < 0)
			return -EINVAL;
		l->ncontext = depth + 1; /* the item's own stays */
		if (kinds[i].keys != NULL)
			ywarn_unknown_keys(l, item, kinds[i].keys);
		return 0;
	}
	context_push(l, "rules content item", SPAN_NONE, item->from);
	if (l->problems.warnings < RULE_PROBLEMS_MAX)
		near = hint_of_kind(l, item);
	return loader_problem(l, LOAD_UNKNOWN_ITEM, yorigin(l, item), "Unknown top level item%s%s",
			      HINT_ARGS(near));
}

static int read_document(struct rule_loader *l, const struct ynode *root)
{
	if (root == NULL || (root->kind == YNODE_SCALAR && root->null))
		return 0;
	if (root->kind == YNODE_MAPPING)
		return loader_problem(l, LOAD_ERR_YAML_VALIDATE, yorigin(l, root),
				      "Rules content is not yaml array of objects");
	if (root->kind == YNODE_SCALAR)
		return loader_problem(l, LOAD_ERR_YAML_VALIDATE, yorigin(l, root),
				      "Rules content is not yaml");
	for (unsigned i = 0; i < root->n; i++) {
		unsigned depth = l->ncontext;

		if (read_element(l, root->items[i]) < 0)
			return -EINVAL;
		l->ncontext = depth;
	}
	return 0;
}

int rule_loader_read(struct rule_loader *l, const struct yfile *file)
{
	int err = 0;

	l->file = file;
	l->ncontext = 0;
	context_push(l, "rules content", SPAN_NONE, (struct yplace){ 0, 0, 0 });
	for (unsigned i = 0; err == 0 && i < file->n; i++)
		err = read_document(l, file->documents[i]);
	if (err == 0 && l->pool.failed)
		err = too_large(l);
	return err;
}
