/* SPDX-License-Identifier: Apache-2.0
 *
 * explain.c -- see explain.h.  It rests on the condition's tree, not on the form in
 * which the rules run.
 */
#include "explain.h"

#include <errno.h>

#include "clauses.h"
#include "lookup.h"
#include "nearest.h"
#include "path_view.h"
#include "priority.h"
#include "rule_hosts.h"

enum { LABEL = 14, EXPLAIN_LIMIT = 256 * 1024 * 1024, MAX_NAMED = 6 };

/* ---- names ---- */

static bool has_inside(struct span s, struct span part)
{
	for (size_t at = 0; at + part.n <= s.n; at++) {
		size_t i = 0;

		while (i < part.n && (s.p[at + i] | 0x20) == (part.p[i] | 0x20))
			i++;
		if (i == part.n)
			return true;
	}
	return false;
}

/* A choice among names: exact, or the only one with the name in it. */
struct choice {
	const char *what; /* "rule" */
	struct span wanted;
	struct nearest near;
	unsigned hits;
	int exact, inside;
	struct span named[MAX_NAMED];
};

static void choice_begin(struct choice *c, const char *what, struct span wanted)
{
	*c = (struct choice){ .what = what, .wanted = wanted, .exact = -1, .inside = -1 };
	nearest_begin(&c->near, wanted);
}

static void choice_try(struct choice *c, struct span name, int index)
{
	nearest_try(&c->near, (const char *)name.p);
	if (c->exact < 0 && span_eq(name, c->wanted))
		c->exact = index;
	if (c->wanted.n == 0 || !has_inside(name, c->wanted))
		return;
	if (c->hits < MAX_NAMED)
		c->named[c->hits] = name;
	c->hits++;
	c->inside = index;
}

/* The index; -1 with DIAG's message. */
static int choice_end(const struct choice *c, struct diag *diag)
{
	char list[256] = "";
	size_t n = 0;

	if (c->exact >= 0)
		return c->exact;
	if (c->hits == 1)
		return c->inside;
	for (unsigned i = 0; i < c->hits && i < MAX_NAMED; i++) {
		struct span s = c->named[i];

		if (n + s.n + 5 > sizeof(list))
			break;
		list[n++] = i == 0 ? ' ' : ',';
		list[n] = ' ';
		n += i > 0;
		list[n++] = '\'';
		memcpy(list + n, s.p, s.n);
		n += s.n;
		list[n++] = '\'';
		list[n] = '\0';
	}
	if (c->hits > 1)
		diag_set(diag, "'%.*s' is in the name of %u %ss:%s", (int)c->wanted.n,
			 (const char *)c->wanted.p, c->hits, c->what, list);
	else
		diag_set(diag, "there is no %s '%.*s'%s%s%s", c->what, (int)c->wanted.n,
			 (const char *)c->wanted.p, c->near.best == NULL ? "" : ", did you mean '",
			 c->near.best == NULL ? "" : c->near.best,
			 c->near.best == NULL ? "" : "'?");
	return -1;
}

const struct ruleset_rule *explain_find_rule(const struct ruleset *rules, struct span name,
					     struct diag *diag)
{
	struct choice c;
	int i;

	choice_begin(&c, "rule", name);
	for (unsigned k = 0; k < ruleset_count(rules); k++)
		choice_try(&c, ruleset_rule(rules, k)->name, (int)k);
	i = choice_end(&c, diag);
	return i < 0 ? NULL : ruleset_rule(rules, (unsigned)i);
}

const struct ruletest *explain_find_test(const struct ruletests *tests, struct span name,
					 struct diag *diag)
{
	struct choice c;
	int i;

	choice_begin(&c, "test", name);
	for (unsigned k = 0; k < ruletests_count(tests); k++)
		choice_try(&c, ruletests_at(tests, k)->name, (int)k);
	i = choice_end(&c, diag);
	return i < 0 ? NULL : ruletests_at(tests, (unsigned)i);
}

/* ---- pieces of text ---- */

static void put_label(struct line *t, const char *label)
{
	line_puts(t, label);
	for (size_t i = strlen(label); i < LABEL; i++)
		line_put_char(t, ' ');
}

static void put_row(struct line *t, const char *label, struct span value)
{
	put_label(t, label);
	line_put_visible(t, value);
	line_put_char(t, '\n');
}

static void put_indent(struct line *t, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		line_puts(t, "  ");
}

/* TEXT, indented, as many lines as it has. */
static void put_lines(struct line *t, struct span text)
{
	while (text.n > 0) {
		const uint8_t *end = memchr(text.p, '\n', text.n);
		size_t n = end == NULL ? text.n : (size_t)(end - text.p);

		put_indent(t, 1);
		line_put_visible(t, span_of(text.p, n));
		line_put_char(t, '\n');
		text = end == NULL ? SPAN_NONE : span_of(end + 1, text.n - n - 1);
	}
}

/* ---- which events ---- */

static void put_name(struct line *t, const char *name, unsigned *n)
{
	line_puts(t, (*n)++ == 0 ? "" : ", ");
	line_puts(t, name);
}

static bool named_before(const struct codes *c, unsigned code)
{
	for (unsigned i = 0; i < code; i++)
		if (codes_has(c, i) && event_info(i)->generated == GENERATED_NOW &&
		    strcmp(event_info(i)->name, event_info(code)->name) == 0)
			return true;
	return false;
}

static bool is_all(const struct codes *c)
{
	struct codes all;

	codes_fill(&all);
	return codes_count(c) == codes_count(&all);
}

/* Each name once, however many kinds of event have it. */
static void put_events(struct line *t, const struct codes *c)
{
	unsigned n = 0;

	put_label(t, "event types");
	if (is_all(c)) {
		line_puts(t, "all: nothing in the condition says which\n");
		return;
	}
	for (unsigned code = EVENT_GENERIC_X + 1; code < EVENT_CODE_COUNT; code++)
		if (codes_has(c, code) && event_info(code)->generated == GENERATED_NOW &&
		    !named_before(c, code))
			put_name(t, event_info(code)->name, &n);
	for (unsigned sc = 0; codes_has(c, EVENT_GENERIC_X) && sc < SC_COUNT; sc++)
		if ((c->syscalls[sc / 64] >> (sc % 64) & 1) != 0 && syscall_info(sc) != NULL &&
		    syscall_info(sc)->exit_event == EVENT_GENERIC_X)
			put_name(t, syscall_info(sc)->name, &n);
	line_puts(t, n == 0 ? "none: the condition can never be true\n" : "\n");
}

/* ---- checks ---- */

/* A check of the rule, each once. */
struct check {
	const struct node *node;
	struct span key;
	unsigned others; /* rules that have it, too */
};

struct explanation {
	struct pool pool;
	const struct ruleset *rules;
	const struct ruleset_rule *rule;
	struct pool_vec checks; /* struct check */
	struct strmap by_key;	/* to index + 1 */
	uint64_t wants;
};

static struct span key_of(struct pool *pool, const struct node *check)
{
	struct pool_text key = { .pool = pool };

	ast_key_check(check, &key);
	return pool_text_span(&key);
}

static int add_checks(struct explanation *x, const struct node *n)
{
	struct strmap_entry *e;
	struct check *slot;
	struct span key;
	int err = 0;

	for (unsigned i = 0; err == 0 && i < n->n; i++)
		err = add_checks(x, n->child[i]);
	if (err < 0 || n->kind != NODE_CHECK)
		return err;
	key = key_of(&x->pool, n);
	e = strmap_entry(&x->by_key, key);
	if (e == NULL)
		return -ENOMEM;
	if (e->value != 0)
		return 0;
	slot = pool_push(&x->pool, &x->checks, sizeof(*slot));
	if (slot == NULL)
		return -ENOMEM;
	*slot = (struct check){ .node = n, .key = key };
	e->value = x->checks.n;
	return x->pool.failed ? -ENOMEM : 0;
}

/* SEEN: a byte per check of ours that is in the tree of N. */
static void find_shared(struct explanation *x, const struct node *n, uint8_t *seen,
			struct pool *scratch)
{
	uint32_t found;

	for (unsigned i = 0; i < n->n; i++)
		find_shared(x, n->child[i], seen, scratch);
	if (n->kind != NODE_CHECK)
		return;
	found = strmap_find(&x->by_key, key_of(scratch, n));
	if (found != 0)
		seen[found - 1] = 1;
}

static int count_others(struct explanation *x)
{
	struct check *checks = x->checks.items;

	for (unsigned i = 0; i < ruleset_count(x->rules); i++) {
		const struct ruleset_rule *other = ruleset_rule(x->rules, i);
		struct pool scratch;
		uint8_t *seen;

		if (other == x->rule)
			continue;
		pool_init(&scratch, EXPLAIN_LIMIT);
		seen = pool_array(&scratch, x->checks.n, 1);
		if (seen != NULL)
			find_shared(x, other->tree, seen, &scratch);
		for (unsigned k = 0; seen != NULL && k < x->checks.n; k++)
			checks[k].others += seen[k];
		if (scratch.failed)
			x->pool.failed = true;
		pool_release(&scratch);
	}
	return x->pool.failed ? -ENOMEM : 0;
}

/* ---- what a check looks at, and how ---- */

static bool field_of(const struct operand *o, struct pool *pool, struct field_ref *ret)
{
	struct pool_text text = { .pool = pool };
	struct diag ignored;

	pool_text_add(&text, o->text);
	if (o->has_arg) {
		pool_text_str(&text, "[");
		pool_text_add(&text, o->arg);
		pool_text_str(&text, "]");
	}
	return field_parse(pool_text_span(&text), ret, &ignored) == 0;
}

/* What a check depends on. */
enum scope { SCOPE_KIND, SCOPE_PROCESS, SCOPE_EVENT };

/* The field's value is the same at all events of a kind that the rule looks at. */
static bool is_of_kind(const struct explanation *x, const struct field_ref *ref)
{
	for (unsigned code = 0; code < EVENT_CODE_COUNT; code++)
		if (codes_has(&x->rule->codes, code) && !field_is_of_code(ref, code))
			return false;
	return true;
}

/* The widest scope of all fields below O; their wants go to X. */
static enum scope scope_of(struct explanation *x, const struct operand *o)
{
	enum scope most = SCOPE_KIND;
	struct field_ref ref;

	if (o == NULL)
		return SCOPE_KIND;
	if (o->kind == OPERAND_FIELD && field_of(o, &x->pool, &ref)) {
		x->wants |= field_wants(&ref);
		return is_of_kind(x, &ref)	   ? SCOPE_KIND
		       : field_is_of_process(&ref) ? SCOPE_PROCESS
						   : SCOPE_EVENT;
	}
	for (unsigned i = 0; i < o->n; i++) {
		bool has_fields = o->kind == OPERAND_CALL || o->kind == OPERAND_TUPLE;
		enum scope one = has_fields ? scope_of(x, o->items[i]) : SCOPE_KIND;

		most = one > most ? one : most;
	}
	return most;
}

static void put_lookup(struct line *t, unsigned parts)
{
	static const struct {
		unsigned part;
		const char *text;
	} texts[] = {
		{ LOOKUP_EXACT, "a hash set" },
		{ LOOKUP_PREFIX, "a tree of beginnings" },
		{ LOOKUP_SUFFIX, "a tree of endings" },
		{ LOOKUP_INSIDE, "an Aho-Corasick automaton" },
	};
	unsigned n = 0;

	line_puts(t, parts == 0 ? "tried by itself" : "found in ");
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if ((parts & texts[i].part) == 0)
			continue;
		line_puts(t, n++ == 0 ? "" : " and ");
		line_puts(t, texts[i].text);
	}
}

static int put_check(struct line *t, struct explanation *x, unsigned number, const struct check *c)
{
	static const char *const scopes[] = {
		[SCOPE_KIND] = "of the event type: decided when rules are loaded",
		[SCOPE_PROCESS] = "of the process: remembered for each version of it",
		[SCOPE_EVENT] = "of the event",
	};
	enum scope left = scope_of(x, c->node->left), right = scope_of(x, c->node->right);
	unsigned parts;
	int err = clause_lookup(c->node, &parts);

	if (err < 0)
		return err;
	line_puts(t, number < 10 ? "   " : number < 100 ? "  " : " ");
	line_put_uint(t, number);
	line_puts(t, "  ");
	line_put_visible(t, clause_text(c->node, &x->pool));
	line_puts(t, "\n        ");
	line_puts(t, scopes[left > right ? left : right]);
	if (left != SCOPE_KIND || right != SCOPE_KIND) {
		line_puts(t, "; ");
		put_lookup(t, parts);
	}
	if (c->others > 0) {
		line_puts(t, "; shared with ");
		line_put_uint(t, c->others);
		line_puts(t, c->others == 1 ? " other rule" : " other rules");
	}
	line_puts(t, "\n");
	return 0;
}

static int put_checks(struct line *t, struct explanation *x)
{
	const struct check *checks = x->checks.items;
	int err = 0;

	line_puts(t,
		  "\nchecks: what is found in a look-up of its field, beside those of all rules, "
		  "can wake the rule\n");
	for (unsigned i = 0; err == 0 && i < x->checks.n; i++)
		err = put_check(t, x, i + 1, &checks[i]);
	return err;
}

/* ---- the tree ---- */

static const char *word_of(const struct node *n)
{
	return n->kind == NODE_AND ? "and" : n->kind == NODE_OR ? "or" : "not";
}

static void put_tree(struct line *t, struct explanation *x, const struct node *n, unsigned depth)
{
	put_indent(t, depth);
	if (n->kind == NODE_CHECK) {
		line_put_visible(t, clause_text(n, &x->pool));
		line_puts(t, "  [");
		line_put_uint(t, strmap_find(&x->by_key, key_of(&x->pool, n)));
		line_puts(t, "]\n");
		return;
	}
	if (n->kind == NODE_MACRO) {
		line_puts(t, "macro ");
		line_put_visible(t, n->name);
	} else {
		line_puts(t, word_of(n));
	}
	line_puts(t, "\n");
	for (unsigned i = 0; i < n->n; i++)
		put_tree(t, x, n->child[i], depth + 1);
}

/* ---- what it needs ---- */

static void put_needs(struct line *t, uint64_t wants)
{
	static const char *const texts[WANT_EXTRA_COUNT] = {
		[WANT_FD_COUNT] = "the number of the process's open descriptors",
		[WANT_STDIO] = "what its standard input, output and error are",
		[WANT_FD_TYPES] = "the types of its open descriptors",
		[WANT_FDLIST] = "the files of the descriptors that it polls",
		[WANT_THREADS] = "how many threads it has",
		[WANT_FD_NAMED] = "the types of the descriptors whose numbers it has",
	};
	unsigned n = 0;

	put_label(t, "needs");
	for (unsigned i = 0; i < WANT_EXTRA_COUNT; i++)
		if ((wants >> i & 1) != 0)
			put_name(t, texts[i], &n);
	if ((wants & WANT_MEMORY) != 0)
		put_name(t, "how much memory it has by then", &n);
	line_puts(t, n == 0 ? "nothing beyond what each event carries\n" : ", with each event\n");
}

/* The hosts that somebody must resolve for it, if there are any. */
static int put_hosts(struct line *t, struct explanation *x)
{
	struct rule_hosts hosts;
	const struct span *names;

	rule_hosts_init(&hosts, &x->pool);
	if (!rule_hosts_add(&hosts, x->rule->tree))
		return -ENOMEM;
	names = hosts.names.items;
	if (hosts.names.n + hosts.others == 0)
		return 0;
	put_label(t, "resolved");
	for (unsigned i = 0; i < hosts.names.n; i++) {
		line_puts(t, i == 0 ? "" : ", ");
		line_put_visible(t, names[i]);
	}
	if (hosts.names.n == 0)
		line_puts(t, "nothing");
	if (hosts.others > 0) {
		line_puts(t, "; ");
		line_put_uint(t, hosts.others);
		line_puts(t, hosts.others == 1 ? " that is no host's name"
					       : " that are no hosts' names");
	}
	line_puts(t, "\n");
	return 0;
}

static void put_output(struct line *t, struct explanation *x)
{
	const struct field_ref *refs;
	unsigned n = output_fields(x->rule->output, &refs), shown = 0;

	put_label(t, "output fields");
	for (unsigned i = 0; i < n; i++) {
		line_puts(t, shown++ == 0 ? "" : ", ");
		line_put_visible(t, refs[i].text);
		x->wants |= field_wants(&refs[i]);
	}
	line_puts(t, n == 0 ? "none\n" : "\n");
}

static void put_head(struct line *t, const struct ruleset_rule *rule)
{
	put_row(t, "rule", rule->name);
	put_label(t, "where");
	line_put_visible(t, span_str(rule->file));
	line_put_char(t, ':');
	line_put_uint(t, rule->line);
	line_put_char(t, ':');
	line_put_uint(t, rule->column);
	line_puts(t, "\n");
	put_row(t, "priority", span_str(priority_name(rule->priority)));
	put_row(t, "enabled", span_str(rule->enabled ? "yes" : "no"));
	put_events(t, &rule->codes);
}

static int explain(struct line *t, struct explanation *x)
{
	const struct ruleset_rule *rule = x->rule;
	int err = add_checks(x, rule->tree);

	if (err == 0)
		err = count_others(x);
	if (err < 0)
		return err;
	put_head(t, rule);
	put_output(t, x);
	line_puts(t, "\ncondition, as written\n");
	put_lines(t, rule->condition);
	line_puts(t, "\ncondition, with its macros, lists and exceptions\n");
	put_tree(t, x, rule->tree, 1);
	err = put_checks(t, x);
	line_puts(t, "\n");
	put_needs(t, x->wants);
	if (err == 0)
		err = put_hosts(t, x);
	return x->pool.failed ? -ENOMEM : err;
}

int explain_rule(struct line *t, const struct ruleset *rules, const struct ruleset_rule *rule)
{
	struct explanation x = { .rules = rules, .rule = rule };
	int err;

	pool_init(&x.pool, EXPLAIN_LIMIT);
	x.by_key.pool = &x.pool;
	err = explain(t, &x);
	pool_release(&x.pool);
	return err;
}

/* ---- at an event ---- */

static void put_clause(struct line *t, const struct clause *c, unsigned depth)
{
	line_puts(t, c->decides ? "> " : "  ");
	line_puts(t, c->truth ? "true   " : "false  ");
	put_indent(t, depth);
	if (c->node->kind == NODE_CHECK) {
		line_put_visible(t, c->text);
		if (c->values.n > 0) {
			line_puts(t, "  -- ");
			line_put_visible(t, c->values);
		}
	} else if (c->node->kind == NODE_MACRO) {
		line_puts(t, "macro ");
		line_put_visible(t, c->node->name);
	} else {
		line_puts(t, word_of(c->node));
	}
	line_puts(t, "\n");
	for (unsigned i = 0; i < c->n; i++)
		put_clause(t, &c->child[i], depth + 1);
}

static void put_verdict(struct line *t, const struct ruletest *test, unsigned i,
			const struct ruleset_rule *rule, struct span path, bool truth)
{
	line_puts(t, "\ntest '");
	line_put_visible(t, test->name);
	line_puts(t, "', event ");
	line_put_uint(t, i + 1);
	line_puts(t, ", ");
	line_puts(t, test->events[i].type);
	if (path.n > 0) {
		line_puts(t, " by the path '");
		line_put_visible(t, path);
		line_put_char(t, '\'');
	}
	line_puts(t, ": '");
	line_put_visible(t, rule->name);
	line_puts(t, truth ? "' is true (> marks what decides)\n"
			   : "' is false (> marks what decides)\n");
}

/* RULE at E, event I of TEST; with PATH it is told only if it is true.  Its truth. */
static int explain_event(struct line *t, const struct ruletest *test, unsigned i,
			 const struct ruleset_rule *rule, struct field_event *e, struct span path)
{
	struct clause *root;
	struct pool pool;
	int err;

	pool_init(&pool, EXPLAIN_LIMIT);
	err = clauses_at(rule->tree, e, &pool, &root);
	if (err == 0 && (path.n == 0 || root->truth)) {
		put_verdict(t, test, i, rule, path, root->truth);
		put_clause(t, root, 0);
	}
	if (err == 0)
		err = root->truth;
	pool_release(&pool);
	return err;
}

int explain_test(struct line *t, struct ruletest_stage *stage, const struct ruletest *test,
		 const struct ruleset_rule *rule)
{
	int err = ruletest_stage_clear(stage);

	for (unsigned i = 0; err >= 0 && i < test->nevents; i++) {
		const struct ruletest_event *event = &test->events[i];
		struct path_view view;
		struct field_event *e;
		struct span path;

		err = ruletest_stage_play(stage, event->frames, event->nframes, &e);
		if (err == 0)
			err = explain_event(t, test, i, rule, e, SPAN_NONE);
		if (err == 0 && path_view_open(&view, e, &path))
			err = explain_event(t, test, i, rule, &view.event, path);
	}
	return err < 0 ? err : 0;
}
