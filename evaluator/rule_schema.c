/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_schema.c -- the shapes as tables, and one walk over them.  Scalars have no
 * types in YAML as Falco reads it, so a kind asks whether the text could be one.
 */
#include "rule_schema.h"

#include <stdio.h>

#include "rule_yaml.h"

enum shape_kind {
	SHAPE_ANY,
	SHAPE_STRING, /* any scalar but null */
	SHAPE_BOOL,
	SHAPE_INTEGER,
	SHAPE_WORD, /* one of WORDS */
	SHAPE_ARRAY,
	SHAPE_OBJECT,
};

struct shape;

struct member {
	const char *name;
	const struct shape *shape;
	bool required;
};

struct shape {
	enum shape_kind kind;
	const char *const *words;
	const struct shape *element;
	const struct member *members; /* by name, in byte order */
	unsigned n;		      /* words or members */
	unsigned least;		      /* members that there must be */
};

#define OBJECT(list) .kind = SHAPE_OBJECT, .members = (list), .n = ARRAY_LEN(list)
#define ARRAY(of)                                                                                  \
	{                                                                                          \
		.kind = SHAPE_ARRAY, .element = &(of)                                              \
	}

static const struct shape any = { .kind = SHAPE_ANY }, string = { .kind = SHAPE_STRING },
			  boolean = { .kind = SHAPE_BOOL }, integer = { .kind = SHAPE_INTEGER };

static const char *const priorities[] = { "EMERGENCY", "ALERT", "CRITICAL",	 "ERROR", "WARNING",
					  "NOTICE",    "INFO",	"INFORMATIONAL", "DEBUG" };
static const struct shape priority = { .kind = SHAPE_WORD,
				       .words = priorities,
				       .n = ARRAY_LEN(priorities) };

static const char *const override_words[] = { "append", "replace" };
static const struct shape override_word = { .kind = SHAPE_WORD,
					    .words = override_words,
					    .n = ARRAY_LEN(override_words) };
static const struct member override_members[] = {
	{ "capture", &override_word, false },	{ "capture_duration", &override_word, false },
	{ "condition", &override_word, false }, { "desc", &override_word, false },
	{ "enabled", &override_word, false },	{ "exceptions", &override_word, false },
	{ "items", &override_word, false },	{ "output", &override_word, false },
	{ "priority", &override_word, false },	{ "skip-if-unknown-filter", &override_word, false },
	{ "tags", &override_word, false },	{ "warn_evttypes", &override_word, false },
};
static const struct shape override = { OBJECT(override_members), .least = 1 };

static const struct member exception_members[] = {
	{ "comps", &any, false },
	{ "fields", &any, false },
	{ "name", &string, true },
	{ "values", &any, false },
};
static const struct shape exception = { OBJECT(exception_members) };

static const struct member alternative_members[] = {
	{ "name", &string, true },
	{ "version", &string, true },
};
static const struct shape alternative = { OBJECT(alternative_members) };
static const struct shape alternatives = ARRAY(alternative);

static const struct member plugin_members[] = {
	{ "alternatives", &alternatives, false },
	{ "name", &string, true },
	{ "version", &string, true },
};
static const struct shape plugin = { OBJECT(plugin_members) };

static const struct shape strings = ARRAY(string), exceptions = ARRAY(exception),
			  plugins = ARRAY(plugin);

static const struct member item_members[] = {
	{ "append", &boolean, false },
	{ "capture", &boolean, false },
	{ "capture_duration", &integer, false },
	{ "condition", &string, false },
	{ "desc", &string, false },
	{ "enabled", &boolean, false },
	{ "exceptions", &exceptions, false },
	{ "items", &strings, false },
	{ "list", &string, false },
	{ "macro", &string, false },
	{ "output", &string, false },
	{ "override", &override, false },
	{ "priority", &priority, false },
	{ "required_engine_version", &string, false },
	{ "required_plugin_versions", &plugins, false },
	{ "rule", &string, false },
	{ "skip-if-unknown-filter", &boolean, false },
	{ "source", &string, false },
	{ "tags", &strings, false },
	{ "warn_evttypes", &boolean, false },
};
static const struct shape item = { OBJECT(item_members) };
static const struct shape document = ARRAY(item);

/* ---- the walk ---- */

enum { MAX_PATH = 8, MAX_SHOWN = 100 };

/* One step down: a key, or a number. */
struct schema_step {
	const char *key; /* NULL: a number */
	unsigned number;
};

struct check {
	struct pool *pool;
	struct pool_vec *out;
	struct schema_step path[MAX_PATH];
	unsigned depth;
	enum rule_schema_items items;
	bool failed;
};

static bool has_enough(const struct check *c)
{
	return c->failed || c->out->n >= RULE_SCHEMA_MAX;
}

static void put_path(const struct check *c, struct pool_text *to)
{
	char number[24];

	pool_text_str(to, "failed for <root>");
	for (unsigned i = 0; i < c->depth; i++) {
		const struct schema_step *s = &c->path[i];

		snprintf(number, sizeof(number), "[%u]", s->number);
		pool_text_str(to, s->key == NULL ? number : "[\"");
		if (s->key != NULL)
			pool_text_str(to, s->key);
		if (s->key != NULL)
			pool_text_str(to, "\"]");
	}
	pool_text_str(to, ": ");
}

/* BEFORE + the name in quotes + "." */
static bool complain(struct check *c, const char *before, const struct span *name)
{
	struct pool_text text = { .pool = c->pool };
	struct span *slot;

	if (has_enough(c))
		return false;
	put_path(c, &text);
	pool_text_str(&text, before);
	if (name != NULL) {
		pool_text_str(&text, " '");
		pool_text_add(&text, span_of(name->p, name->n < MAX_SHOWN ? name->n : MAX_SHOWN));
		pool_text_str(&text, "'");
	}
	c->failed |= !pool_text_str(&text, ".");
	slot = pool_push(c->pool, c->out, sizeof(*slot));
	if (slot == NULL)
		c->failed = true;
	else
		*slot = pool_text_span(&text);
	return false;
}

static bool is_word_of(const struct shape *shape, struct span s)
{
	for (unsigned i = 0; i < shape->n; i++)
		if (span_is(s, shape->words[i]))
			return true;
	return false;
}

static bool is_integer(struct span s)
{
	size_t at = s.n > 0 && (s.p[0] == '-' || s.p[0] == '+');
	size_t first = at;

	while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9')
		at++;
	return at == s.n && at > first;
}

static bool check_scalar(struct check *c, const struct shape *shape, const struct ynode *n)
{
	bool is_scalar = n->kind == YNODE_SCALAR && !n->null;
	bool good = is_scalar;

	if (shape->kind == SHAPE_WORD)
		return (is_scalar && is_word_of(shape, n->text)) ||
		       complain(c, "Failed to match against any enum values", NULL);
	if (shape->kind == SHAPE_BOOL)
		good = is_scalar && (span_is(n->text, "true") || span_is(n->text, "false"));
	if (shape->kind == SHAPE_INTEGER)
		good = is_scalar && is_integer(n->text);
	return good || complain(c, "Value type not permitted by 'type' constraint", NULL);
}

static bool check_node(struct check *c, const struct shape *shape, const struct ynode *n);

static bool check_below(struct check *c, struct schema_step step, const struct shape *shape,
			const struct ynode *n)
{
	bool good;

	if (c->depth == MAX_PATH)
		return true;
	c->path[c->depth++] = step;
	good = check_node(c, shape, n);
	c->depth--;
	return good;
}

static bool is_left_out(const struct check *c, const struct shape *shape, const struct ynode *n)
{
	return shape == &item && c->items == RULE_SCHEMA_BUT_TESTS && yitem_is_test(n);
}

static bool check_array(struct check *c, const struct shape *shape, const struct ynode *n)
{
	bool good = true;

	for (unsigned i = 0; i < n->n && !has_enough(c); i++) {
		char before[48];

		if (is_left_out(c, shape->element, n->items[i]) ||
		    check_below(c, (struct schema_step){ NULL, i }, shape->element, n->items[i]))
			continue;
		snprintf(before, sizeof(before), "Failed to validate item #%u in array", i);
		good = complain(c, before, NULL);
	}
	return good;
}

static bool is_member(const struct shape *shape, const struct ynode *key)
{
	for (unsigned i = 0; key->kind == YNODE_SCALAR && i < shape->n; i++)
		if (span_is(key->text, shape->members[i].name))
			return true;
	return false;
}

static bool check_object(struct check *c, const struct shape *shape, const struct ynode *n)
{
	bool good = true;

	for (unsigned i = 0; i < shape->n; i++) {
		const struct member *m = &shape->members[i];
		const struct ynode *value = ymap_get(n, m->name);
		struct span name = span_str(m->name);

		if (value != NULL &&
		    !check_below(c, (struct schema_step){ m->name, 0 }, m->shape, value))
			good = complain(
				c,
				"Failed to validate against schema associated with property "
				"name",
				&name);
	}
	for (unsigned i = 0; i < n->n && !has_enough(c); i++)
		if (!is_member(shape, n->items[2 * i]))
			good = complain(c,
					"Object contains a property that could not be validated "
					"using 'properties' or 'additionalProperties' constraints:",
					&n->items[2 * i]->text);
	for (unsigned i = 0; i < shape->n; i++) {
		struct span name = span_str(shape->members[i].name);

		if (shape->members[i].required && ymap_get(n, shape->members[i].name) == NULL)
			good = complain(c, "Missing required property", &name);
	}
	if (n->n < shape->least)
		good = complain(c, "Object should have no fewer than 1 properties", NULL);
	return good;
}

static bool check_node(struct check *c, const struct shape *shape, const struct ynode *n)
{
	enum ynode_kind want = shape->kind == SHAPE_ARRAY ? YNODE_SEQUENCE : YNODE_MAPPING;

	if (shape->kind == SHAPE_ANY)
		return true;
	if (shape->kind != SHAPE_ARRAY && shape->kind != SHAPE_OBJECT)
		return check_scalar(c, shape, n);
	/* Weakly typed: an empty text is an empty array or object, too. */
	if (n->kind == YNODE_SCALAR && !n->null && n->text.n == 0)
		return true;
	if (n->kind != want)
		return complain(c, "Value type not permitted by 'type' constraint", NULL);
	return shape->kind == SHAPE_ARRAY ? check_array(c, shape, n) : check_object(c, shape, n);
}

bool rule_schema_check(const struct yfile *f, enum rule_schema_items items, struct pool *pool,
		       struct pool_vec *ret)
{
	struct check c = { .pool = pool, .out = ret, .items = items };

	for (unsigned i = 0; i < f->n; i++)
		if (f->documents[i] != NULL &&
		    !(f->documents[i]->kind == YNODE_SCALAR && f->documents[i]->null))
			check_node(&c, &document, f->documents[i]);
	return !c.failed;
}
