/* SPDX-License-Identifier: Apache-2.0
 *
 * ruletest_say.c -- process:, fd:, user:, fields: and their like to one list of
 * fields and values.  All of them are ways of writing fields.
 */
#include <errno.h>

#include "nearest.h"
#include "ruletest_read.h"

const char ruletest_say_keys[] = "process fd user group container params fields time";

static bool is_word_of(struct span s, const char *words)
{
	for (size_t n; *words != '\0'; words += n + (words[n] == ' ')) {
		n = strcspn(words, " ");
		if (span_eq(s, span_of(words, n)))
			return true;
	}
	return false;
}

int reader_unknown_key(struct reader *r, const struct ynode *key, const char *known)
{
	struct nearest near;
	char name[64];

	nearest_begin(&near, key->text);
	for (size_t n; *known != '\0'; known += n + (known[n] == ' ')) {
		struct span copy;

		n = strcspn(known, " ");
		copy = pool_copy(&r->t->pool, span_of(known, n));
		if (copy.p != NULL)
			nearest_try(&near, (const char *)copy.p);
	}
	if (near.best == NULL)
		return reader_problem(r, key, "key '%.*s' has no place here", SHOW_TEXT(key->text));
	memcpy(name, near.best, strlen(near.best) + 1);
	return reader_problem(r, key, "key '%.*s' has no place here, did you mean '%s'?",
			      SHOW_TEXT(key->text), name);
}

/* ---- the list ---- */

static int too_large(struct reader *r, const struct ynode *n)
{
	(void)reader_problem(r, n, "the tests are too large");
	return -ENOMEM;
}

static int say(struct reader *r, struct span field, bool is_param, const struct ynode *key,
	       const struct ynode *value)
{
	struct saying *all = r->said.items, *slot;

	if (field.p == NULL)
		return too_large(r, key);
	for (unsigned i = r->level; i < r->said.n; i++)
		if (span_eq(all[i].field, field) && all[i].is_param == is_param)
			return reader_problem(r, key, "'%.*s' is said twice", SHOW_TEXT(field));
	if (r->said.n - r->level >= RULETEST_MAX_SAID)
		return reader_problem(r, key, "more than %d fields of one event",
				      RULETEST_MAX_SAID);
	slot = pool_push(&r->t->pool, &r->said, sizeof(*slot));
	if (slot == NULL)
		return too_large(r, key);
	*slot = (struct saying){ .field = field,
				 .value = value,
				 .where = origin_of_node(r->file, key),
				 .is_param = is_param };
	return 0;
}

static int say_field(struct reader *r, struct span field, const struct ynode *key,
		     const struct ynode *value)
{
	return say(r, field, false, key, value);
}

/* PREFIX + NAME + SUFFIX. */
static struct span joined(struct reader *r, const char *prefix, struct span name,
			  const char *suffix)
{
	struct pool_text text = { .pool = &r->t->pool };

	pool_text_str(&text, prefix);
	pool_text_add(&text, name);
	pool_text_str(&text, suffix);
	return pool_text_span(&text);
}

static bool is_name(const struct ynode *key)
{
	return key->kind == YNODE_SCALAR && key->text.n > 0 && key->text.n <= RULETEST_MAX_NAME;
}

/* Each key of MAP, with PREFIX before it, is a field. */
static int say_fields(struct reader *r, const struct ynode *map, const char *prefix)
{
	int err = 0;

	for (unsigned i = 0; err == 0 && i < map->n; i++) {
		const struct ynode *key = map->items[2 * i];

		if (!is_name(key))
			return reader_problem(r, key, "a field's name is wanted here");
		err = say_field(r, joined(r, prefix, key->text, ""), key, map->items[2 * i + 1]);
	}
	return err;
}

/* A mapping of fields, or one value: then of FIELD. */
static int say_part(struct reader *r, const struct ynode *key, const struct ynode *value,
		    const char *prefix, const char *field)
{
	if (value->kind == YNODE_MAPPING)
		return say_fields(r, value, prefix);
	return say_field(r, span_str(field), key, value);
}

/* ---- keys ---- */

static int say_fd(struct reader *r, const struct ynode *key, const struct ynode *value)
{
	return say_part(r, key, value, "fd.", "fd.name");
}

static int say_user(struct reader *r, const struct ynode *key, const struct ynode *value)
{
	return say_part(r, key, value, "user.", "user.name");
}

static int say_group(struct reader *r, const struct ynode *key, const struct ynode *value)
{
	return say_part(r, key, value, "group.", "group.name");
}

static int say_container(struct reader *r, const struct ynode *key, const struct ynode *value)
{
	return say_part(r, key, value, "container.", "container.id");
}

static int say_time(struct reader *r, const struct ynode *key, const struct ynode *value)
{
	return say_field(r, span_str("evt.rawtime"), key, value);
}

static int say_any(struct reader *r, const struct ynode *key, const struct ynode *value)
{
	if (value->kind != YNODE_MAPPING)
		return reader_problem(r, key, "'fields' takes a mapping of fields to values");
	return say_fields(r, value, "");
}

static int say_params(struct reader *r, const struct ynode *key, const struct ynode *value)
{
	int err = 0;

	if (value->kind != YNODE_MAPPING)
		return reader_problem(r, key, "'params' takes a mapping of parameters to values");
	for (unsigned i = 0; err == 0 && i < value->n; i++) {
		const struct ynode *name = value->items[2 * i];

		if (!is_name(name))
			return reader_problem(r, name, "a parameter's name is wanted here");
		err = say(r, name->text, true, name, value->items[2 * i + 1]);
	}
	return err;
}

/* ---- processes ---- */

static int say_ancestor(struct reader *r, const struct ynode *key, const struct ynode *value,
			unsigned n);

static int say_ancestor_key(struct reader *r, const struct ynode *key, const struct ynode *value,
			    unsigned n)
{
	static const char known[] = "name exe exepath args cmdline env pid parent";
	char suffix[] = "[00]";

	if (key->kind != YNODE_SCALAR || !is_word_of(key->text, known))
		return reader_unknown_key(r, key, known);
	if (span_is(key->text, "parent"))
		return say_ancestor(r, key, value, n + 1);
	if (n >= 10) {
		suffix[1] = (char)('0' + n / 10);
		suffix[2] = (char)('0' + n % 10);
	} else {
		memcpy(suffix, "[0]", 4);
		suffix[1] = (char)('0' + n);
	}
	return say_field(r, joined(r, "proc.a", key->text, suffix), key, value);
}

/* Ancestor N: its name, or more of it; null: there is nobody. */
static int say_ancestor(struct reader *r, const struct ynode *key, const struct ynode *value,
			unsigned n)
{
	static const struct ynode name = { .kind = YNODE_SCALAR,
					   .text = { (const uint8_t *)"name", 4 } };
	struct ynode as_key = *key;
	int err = 0;

	if (n >= SCENE_CHAIN)
		return reader_problem(r, key, "more than %d ancestors", SCENE_CHAIN - 1);
	if (value->kind == YNODE_SEQUENCE)
		return reader_problem(r, key, "a process is a name or a mapping");
	if (value->kind == YNODE_SCALAR) {
		as_key.kind = YNODE_SCALAR;
		as_key.text = name.text;
		return say_ancestor_key(r, &as_key, value, n);
	}
	for (unsigned i = 0; err == 0 && i < value->n; i++)
		err = say_ancestor_key(r, value->items[2 * i], value->items[2 * i + 1], n);
	return err;
}

static int say_ancestors(struct reader *r, const struct ynode *key, const struct ynode *value)
{
	int err = 0;

	if (value->kind != YNODE_SEQUENCE)
		return reader_problem(r, key, "'ancestors' takes a list, the parent first");
	for (unsigned i = 0; err == 0 && i < value->n; i++)
		err = say_ancestor(r, value->items[i], value->items[i], i + 1);
	return err;
}

static int say_process_key(struct reader *r, const struct ynode *key, const struct ynode *value)
{
	static const struct {
		const char *key, *field;
	} others[] = {
		{ "tid", "thread.tid" },
		{ "uid", "user.uid" },
		{ "loginuid", "user.loginuid" },
		{ "gid", "group.gid" },
		{ "capabilities", "thread.cap_effective" },
	};

	if (!is_name(key))
		return reader_problem(r, key, "a field's name is wanted here");
	if (span_is(key->text, "parent"))
		return say_ancestor(r, key, value, 1);
	if (span_is(key->text, "ancestors"))
		return say_ancestors(r, key, value);
	if (span_is(key->text, "user"))
		return say_user(r, key, value);
	if (span_is(key->text, "group"))
		return say_group(r, key, value);
	if (span_is(key->text, "container"))
		return say_container(r, key, value);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (span_is(key->text, others[i].key))
			return say_field(r, span_str(others[i].field), key, value);
	return say_field(r, joined(r, "proc.", key->text, ""), key, value);
}

static int say_process(struct reader *r, const struct ynode *key, const struct ynode *value)
{
	int err = 0;

	if (value->kind == YNODE_SCALAR && !value->null)
		return say_field(r, span_str("proc.name"), key, value);
	if (value->kind != YNODE_MAPPING)
		return reader_problem(r, key, "a process is a name or a mapping");
	for (unsigned i = 0; err == 0 && i < value->n; i++)
		err = say_process_key(r, value->items[2 * i], value->items[2 * i + 1]);
	return err;
}

int ruletest_say(struct reader *r, const struct ynode *key, const struct ynode *value)
{
	static const struct {
		const char *key;
		int (*say)(struct reader *r, const struct ynode *key, const struct ynode *value);
	} kinds[] = {
		{ "process", say_process },	{ "fd", say_fd },
		{ "user", say_user },		{ "group", say_group },
		{ "container", say_container }, { "params", say_params },
		{ "fields", say_any },		{ "time", say_time },
	};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (key->kind == YNODE_SCALAR && span_is(key->text, kinds[i].key))
			return kinds[i].say(r, key, value);
	return 1;
}
