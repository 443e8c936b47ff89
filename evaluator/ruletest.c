/* SPDX-License-Identifier: Apache-2.0
 *
 * ruletest.c -- test items of a file to tests: their events, and what is wanted.
 * All that is wrong is told, not the first thing only.
 */
#include "ruletest.h"

#include <errno.h>
#include <stdlib.h>

#include "nearest.h"
#include "priority.h"
#include "rule_yaml.h"
#include "ruletest_read.h"

int ruletests_new(struct ruletests **ret)
{
	struct ruletests *t = calloc(1, sizeof(*t));
	int err = t == NULL ? -ENOMEM : ruletest_stage_new(NULL, 0, &t->stage);

	if (err < 0) {
		free(t);
		return err;
	}
	pool_init(&t->pool, RULETEST_LIMIT);
	t->problems.pool = &t->pool;
	t->next_key = t->check_key = 1;
	*ret = t;
	return 0;
}

void ruletests_free(struct ruletests *t)
{
	if (t == NULL)
		return;
	ruletest_stage_free(t->stage);
	pool_release(&t->pool);
	free(t);
}

struct pool *ruletests_pool(struct ruletests *t)
{
	return &t->pool;
}

unsigned ruletests_count(const struct ruletests *t)
{
	return t->tests.n;
}

const struct ruletest *ruletests_at(const struct ruletests *t, unsigned i)
{
	return i < t->tests.n ? &((const struct ruletest *)t->tests.items)[i] : NULL;
}

const struct rule_problems *ruletests_problems(const struct ruletests *t)
{
	return &t->problems;
}

/* ---- alerts ---- */

static int known_rule(struct reader *r, const struct ynode *n)
{
	struct nearest near;

	nearest_begin(&near, n->text);
	for (unsigned i = 0; i < ruleset_count(r->rules); i++) {
		if (span_eq(ruleset_rule(r->rules, i)->name, n->text))
			return 0;
		nearest_try(&near, (const char *)ruleset_rule(r->rules, i)->name.p);
	}
	return reader_problem(r, n, "there is no rule '%.*s'%s%s%s", SHOW_TEXT(n->text),
			      near.best == NULL ? "" : ", did you mean '",
			      near.best == NULL ? "" : near.best, near.best == NULL ? "" : "'?");
}

static int read_rule(struct reader *r, const struct ynode *n, struct ruletest_alert *a)
{
	if (n->kind != YNODE_SCALAR || n->null || n->text.n == 0)
		return reader_problem(r, n, "a rule's name is wanted here");
	a->rule = n->text;
	return known_rule(r, n);
}

static int read_priority(struct reader *r, const struct ynode *n, struct ruletest_alert *a)
{
	unsigned priority = n->kind == YNODE_SCALAR ? priority_find(n->text) : PRIORITY_COUNT;

	if (priority == PRIORITY_COUNT)
		return reader_problem(r, n, "a priority is wanted here");
	a->has_priority = true;
	a->priority = (uint8_t)priority;
	return 0;
}

static int read_output(struct reader *r, const struct ynode *n, struct ruletest_alert *a)
{
	if (n->kind != YNODE_SCALAR || n->null)
		return reader_problem(r, n, "the text of an output is wanted here");
	a->has_output = true;
	a->output = n->text;
	/* A block scalar ends in a line break; an output does not. */
	while (n->style == YSTYLE_BLOCK && a->output.n > 0 && a->output.p[a->output.n - 1] == '\n')
		a->output.n--;
	return 0;
}

static int read_fields(struct reader *r, const struct ynode *n, struct ruletest_alert *a)
{
	if (n->kind != YNODE_MAPPING)
		return reader_problem(r, n, "fields and their values are wanted here");
	for (unsigned i = 0; i < n->n; i++) {
		const struct ynode *key = n->items[2 * i], *value = n->items[2 * i + 1];
		struct ruletest_field *slot;

		if (key->kind != YNODE_SCALAR || value->kind != YNODE_SCALAR)
			return reader_problem(r, key, "a field and its value are wanted here");
		slot = pool_push(&r->t->pool, &a->fields, sizeof(*slot));
		if (slot == NULL)
			return -ENOMEM;
		*slot = (struct ruletest_field){ key->text, value->text, value->null };
	}
	return 0;
}

/* A rule's name, or a mapping that says more of the alert. */
static int read_alert(struct reader *r, const struct ynode *n, struct ruletest_alert *a)
{
	static const struct {
		const char *key;
		int (*read)(struct reader *r, const struct ynode *n, struct ruletest_alert *a);
	} keys[] = {
		{ "rule", read_rule },
		{ "priority", read_priority },
		{ "output", read_output },
		{ "output_fields", read_fields },
	};
	int err = 0;

	a->where = origin_of_node(r->file, n);
	if (n->kind != YNODE_MAPPING)
		return read_rule(r, n, a);
	if (ymap_get(n, "rule") == NULL)
		return reader_problem(r, n, "the alert of which rule?");
	for (unsigned i = 0; err == 0 && i < n->n; i++) {
		const struct ynode *key = n->items[2 * i];
		unsigned k = 0;

		while (k < ARRAY_LEN(keys) && !span_is(key->text, keys[k].key))
			k++;
		err = k == ARRAY_LEN(keys)
			      ? reader_unknown_key(r, key, "rule priority output output_fields")
			      : keys[k].read(r, n->items[2 * i + 1], a);
	}
	return err;
}

/* One alert, or a list of them; nothing: none. */
static int read_alerts(struct reader *r, const struct ynode *n, struct pool_vec *ret)
{
	unsigned count = n->kind == YNODE_SEQUENCE ? n->n : n->null ? 0 : 1;
	int err = 0;

	if (count > RULETEST_MAX_ALERTS)
		return reader_problem(r, n, "more than %d alerts", RULETEST_MAX_ALERTS);
	for (unsigned i = 0; i < count && err != -ENOMEM; i++) {
		struct ruletest_alert *slot = pool_push(&r->t->pool, ret, sizeof(*slot));
		int one;

		if (slot == NULL)
			return -ENOMEM;
		*slot = (struct ruletest_alert){ .has_priority = false };
		one = read_alert(r, n->kind == YNODE_SEQUENCE ? n->items[i] : n, slot);
		err = one < 0 ? one : err;
	}
	return err;
}

/* 1: KEY says nothing of alerts. */
static int read_wish(struct reader *r, const struct ynode *key, const struct ynode *value,
		     struct ruletest_wish *w)
{
	if (span_is(key->text, "alerts")) {
		w->has_alerts = true;
		return read_alerts(r, value, &w->alerts);
	}
	if (span_is(key->text, "trips"))
		return read_alerts(r, value, &w->trips);
	if (span_is(key->text, "misses"))
		return read_alerts(r, value, &w->misses);
	return 1;
}

static bool wishes(const struct ruletest_wish *w)
{
	return w->has_alerts || w->trips.n > 0 || w->misses.n > 0;
}

/* ---- events ---- */

/* Mistakes behind which reading goes on. */
struct mistakes {
	bool in_event; /* the event is not what somebody meant: no use to compile it */
	bool elsewhere;
};

/* What KEY: VALUE of a test or an event means; KEYS: all that may stand there.
 * Negative: no memory. */
static int read_key(struct reader *r, const struct ynode *key, const struct ynode *value,
		    const char *keys, struct ruletest_wish *w, struct mistakes *bad)
{
	int err = ruletest_say(r, key, value);

	bad->in_event |= err == -EINVAL;
	if (err != 1)
		return err == -EINVAL ? 0 : err;
	err = key->kind != YNODE_SCALAR ? 1 : read_wish(r, key, value, w);
	if (err == 1)
		err = reader_unknown_key(r, key, keys);
	bad->elsewhere |= err == -EINVAL;
	return err == -EINVAL ? 0 : err;
}

#define EVENT_KEYS "event process fd user group container params fields time alerts trips misses"

static int read_event(struct reader *r, const struct ynode *n, unsigned number,
		      struct scene_frames *frames, struct ruletest_event *ret)
{
	struct mistakes bad = { false, false };
	const struct ynode *type;
	int err = 0;

	*ret = (struct ruletest_event){ .where = origin_of_node(r->file, n) };
	r->said.n = r->level = r->shared;
	if (n->kind == YNODE_SEQUENCE || (n->kind == YNODE_SCALAR && n->null))
		return reader_problem(r, n, "an event is a name or a mapping");
	type = n->kind == YNODE_SCALAR ? n : ymap_get(n, "event");
	for (unsigned i = 0; err == 0 && n->kind == YNODE_MAPPING && i < n->n; i++)
		if (n->items[2 * i + 1] != type)
			err = read_key(r, n->items[2 * i], n->items[2 * i + 1], EVENT_KEYS,
				       &ret->wish, &bad);
	if (err < 0 || bad.in_event)
		return err < 0 ? err : -EINVAL;
	err = ruletest_compile(r, type, n, number, frames, ret);
	return err == 0 && bad.elsewhere ? -EINVAL : err;
}

/* The events of a test: the list, or one that the test itself says. */
static int read_events(struct reader *r, const struct ynode *item, struct ruletest *test)
{
	const struct ynode *list = ymap_get(item, "events"), *type = ymap_get(item, "event");
	struct scene_frames frames = { .pool = &r->t->pool, .next_key = &r->t->next_key };
	int err = 0, bad = 0;

	if (list != NULL && type != NULL)
		return reader_problem(r, type, "'event' and 'events' exclude each other");
	if (list != NULL && (list->kind != YNODE_SEQUENCE || list->n == 0))
		return reader_problem(r, list, "a list of events is wanted here");
	if (list != NULL && list->n > RULETEST_MAX_EVENTS)
		return reader_problem(r, list, "more than %d events", RULETEST_MAX_EVENTS);
	test->nevents = list == NULL ? 1 : list->n;
	test->events = pool_array(&r->t->pool, test->nevents, sizeof(*test->events));
	if (test->events == NULL)
		return -ENOMEM;
	if (list == NULL) {
		test->events[0].where = test->where;
		return ruletest_compile(r, type, item, 0, &frames, &test->events[0]);
	}
	for (unsigned i = 0; i < list->n && err == 0; i++) {
		err = read_event(r, list->items[i], i, &frames, &test->events[i]);
		if (err == -EINVAL) {
			bad = err;
			err = 0;
		}
	}
	return err < 0 ? err : bad;
}

/* ---- tests ---- */

static bool wants_anything(const struct ruletest *test)
{
	for (unsigned i = 0; i < test->nevents; i++)
		if (wishes(&test->events[i].wish))
			return true;
	return wishes(&test->wish);
}

static int read_body(struct reader *r, const struct ynode *item, struct ruletest *test)
{
	struct mistakes bad = { false, false };
	int err = 0;

	r->said.n = r->shared = r->level = 0;
	for (unsigned i = 0; err == 0 && i < item->n; i++) {
		const struct ynode *key = item->items[2 * i];

		if (key->kind == YNODE_SCALAR &&
		    (span_is(key->text, "test") || span_is(key->text, "desc") ||
		     span_is(key->text, "event") || span_is(key->text, "events")))
			continue;
		err = read_key(r, key, item->items[2 * i + 1], "test desc events " EVENT_KEYS,
			       &test->wish, &bad);
	}
	r->shared = r->level = r->said.n;
	if (err < 0 || bad.in_event)
		return err < 0 ? err : -EINVAL;
	err = read_events(r, item, test);
	if (err == 0 && bad.elsewhere)
		return -EINVAL;
	if (err == 0 && !wants_anything(test))
		err = reader_problem(r, item,
				     "the test wants nothing: say what it `trips`, what it "
				     "`misses`, or its `alerts`");
	return err;
}

static int read_test(struct reader *r, const struct ynode *item)
{
	const struct ynode *name = ymap_get(item, "test");
	struct ruletest test = { .name = name->text, .where = origin_of_node(r->file, name) };
	struct ruletest *slot;
	int err;

	if (name->kind != YNODE_SCALAR || name->null || name->text.n == 0)
		return reader_problem(r, name, "a test has a name");
	if (name->text.n > RULETEST_MAX_NAME)
		return reader_problem(r, name, "the test's name is too long: %d bytes at most",
				      RULETEST_MAX_NAME);
	err = read_body(r, item, &test);
	if (err < 0)
		return err;
	slot = pool_push(&r->t->pool, &r->t->tests, sizeof(*slot));
	if (slot == NULL)
		return -ENOMEM;
	*slot = test;
	return 0;
}

int ruletests_read(struct ruletests *t, const struct yfile *file, const struct ruleset *rules)
{
	struct reader r = { .t = t, .file = file, .rules = rules };
	int err = 0;

	for (unsigned i = 0; i < file->n; i++) {
		const struct ynode *root = file->documents[i];

		if (root == NULL || root->kind != YNODE_SEQUENCE)
			continue;
		for (unsigned j = 0; j < root->n; j++) {
			int one = yitem_is_test(root->items[j]) ? read_test(&r, root->items[j]) : 0;

			if (one < 0 && one != -EINVAL)
				return one;
			err = one < 0 ? one : err;
			if (t->problems.errors >= RULETEST_MAX_PROBLEMS)
				return -EINVAL;
		}
	}
	return t->pool.failed ? -ENOMEM : err;
}

/* ---- the rules that tests speak of ---- */

static bool vec_names(const struct pool_vec *alerts, struct span rule)
{
	const struct ruletest_alert *all = alerts->items;

	for (unsigned i = 0; i < alerts->n; i++)
		if (span_eq(all[i].rule, rule))
			return true;
	return false;
}

static bool wish_names(const struct ruletest_wish *w, struct span rule)
{
	return vec_names(&w->alerts, rule) || vec_names(&w->trips, rule) ||
	       vec_names(&w->misses, rule);
}

bool ruletest_names(const struct ruletest *test, struct span rule)
{
	for (unsigned i = 0; i < test->nevents; i++)
		if (wish_names(&test->events[i].wish, rule))
			return true;
	return wish_names(&test->wish, rule);
}

static bool any_names(const struct ruletests *t, struct span rule)
{
	for (unsigned i = 0; i < t->tests.n; i++)
		if (ruletest_names(ruletests_at(t, i), rule))
			return true;
	return false;
}

/* NAME in double quotes, as YAML reads it. */
static void put_quoted(struct pool_text *to, struct span name)
{
	static const char hex[] = "0123456789abcdef";

	pool_text_str(to, "\"");
	for (size_t i = 0; i < name.n; i++) {
		uint8_t c = name.p[i];
		char escaped[] = { '\\', 'x', hex[c >> 4], hex[c & 15] };

		if (c < ' ' || c == '"' || c == '\\' || c == 0x7f)
			pool_text_add(to, span_of(escaped, sizeof(escaped)));
		else
			pool_text_add(to, span_of(&c, 1));
	}
	pool_text_str(to, "\"");
}

struct span ruletests_enabling(struct ruletests *t, const struct ruleset *rules)
{
	struct pool_text out = { .pool = &t->pool };

	for (unsigned i = 0; i < ruleset_count(rules); i++) {
		const struct ruleset_rule *rule = ruleset_rule(rules, i);

		if (rule->enabled || !any_names(t, rule->name))
			continue;
		pool_text_str(&out, "- rule: ");
		put_quoted(&out, rule->name);
		pool_text_str(&out, "\n  enabled: true\n  override: {enabled: replace}\n");
	}
	return pool_text_span(&out);
}
