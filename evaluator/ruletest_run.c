/* SPDX-License-Identifier: Apache-2.0
 *
 * ruletest_run.c -- plays a test and holds the alerts against what is wanted.  A
 * test that fails is played once more, to say why.
 */
#include <errno.h>
#include <stdio.h>

#include "clauses.h"
#include "priority.h"
#include "ruletest_stage.h"

enum { WHY_LINES = 6, ALL_EVENTS = -1 };

/* An alert that came. */
struct actual {
	const struct ruleset_rule *rule;
	int event;
	bool matched;
	struct span message;
	struct span *fields; /* texts, in the order of output_fields() */
};

struct run {
	struct ruletest_stage *st;
	const struct ruletest *test;
	struct pool *pool;
	struct pool_vec actual; /* struct actual */
	struct ruletest_result *result;
};

/* ---- playing ---- */

static int note_alert(struct run *x, const struct ruleset_rule *rule, struct field_event *e,
		      int event)
{
	struct actual *a = pool_push(x->pool, &x->actual, sizeof(*a));
	const struct field_ref *refs;
	unsigned n = output_fields(rule->output, &refs);

	if (a == NULL)
		return -ENOMEM;
	*a = (struct actual){ .rule = rule, .event = event };
	a->message = pool_copy(x->pool, output_message(rule->output, e));
	a->fields = pool_array(x->pool, n, sizeof(*a->fields));
	for (unsigned i = 0; a->fields != NULL && i < n; i++)
		a->fields[i] = pool_copy(x->pool, field_text(&refs[i], e));
	return x->pool->failed ? -ENOMEM : 0;
}

static bool is_hidden(const struct run *x, const struct ruleset_rule *rule)
{
	return strmap_find(&x->st->hidden, rule->name) != 0 && !ruletest_names(x->test, rule->name);
}

static int play_event(struct run *x, unsigned i, struct field_event **ret)
{
	const struct ruletest_event *event = &x->test->events[i];

	return ruletest_stage_play(x->st, event->frames, event->nframes, ret);
}

static int collect(struct run *x)
{
	int err = ruletest_stage_clear(x->st);

	for (unsigned i = 0; err == 0 && i < x->test->nevents; i++) {
		const struct ruleset_rule *rule;
		struct ruleset_walk walk;
		struct field_event *e;

		err = play_event(x, i, &e);
		if (err < 0)
			break;
		ruleset_begin(x->st->rules, e, &walk);
		while (err == 0 && (rule = ruleset_next(x->st->rules, &walk)) != NULL)
			if (!is_hidden(x, rule))
				err = note_alert(x, rule, e, (int)i);
	}
	x->result->nalerts = x->actual.n;
	return err;
}

/* ---- complaints ---- */

static struct ruletest_complaint *complain(struct run *x, enum ruletest_complaint_kind kind,
					   struct origin where, const struct ruleset_rule *rule,
					   int event)
{
	struct ruletest_complaint *c = pool_push(x->pool, &x->result->complaints, sizeof(*c));

	if (c == NULL)
		return NULL;
	*c = (struct ruletest_complaint){
		.kind = kind, .where = where, .rule = rule, .event = event
	};
	x->result->passed = false;
	return c;
}

/* "event 2 (openat)", where there are several. */
static void put_event(struct run *x, int event, struct pool_text *to)
{
	char number[32];

	if (x->test->nevents < 2 || event < 0)
		return;
	snprintf(number, sizeof(number), " at event %d (", event + 1);
	pool_text_str(to, number);
	pool_text_str(to, x->test->events[event].type);
	pool_text_str(to, ")");
}

static int say_complaint(struct run *x, struct ruletest_complaint *c, const char *what,
			 struct span rule)
{
	struct pool_text text = { .pool = x->pool };

	if (c == NULL)
		return -ENOMEM;
	pool_text_str(&text, what);
	pool_text_str(&text, ": ");
	pool_text_add(&text, rule);
	put_event(x, c->event, &text);
	c->text = pool_text_span(&text);
	return x->pool->failed ? -ENOMEM : 0;
}

static const struct ruleset_rule *rule_named(const struct ruleset *rules, struct span name)
{
	for (unsigned i = 0; i < ruleset_count(rules); i++)
		if (span_eq(ruleset_rule(rules, i)->name, name))
			return ruleset_rule(rules, i);
	return NULL;
}

static int missing(struct run *x, const struct ruletest_alert *want, int event)
{
	const struct ruleset_rule *rule = rule_named(x->st->rules, want->rule);

	return say_complaint(x, complain(x, COMPLAINT_MISSING, want->where, rule, event),
			     "missing alert", want->rule);
}

static int unexpected(struct run *x, const struct actual *a, struct origin where)
{
	return say_complaint(x, complain(x, COMPLAINT_UNEXPECTED, where, a->rule, a->event),
			     "unexpected alert", a->rule->name);
}

/* ---- one alert as wanted? ---- */

/* WHAT is IS, not WANTED. */
static int differs(struct run *x, const struct ruletest_alert *want, const struct actual *a,
		   const char *what, struct span name, struct span is, struct span wanted)
{
	struct ruletest_complaint *c = complain(x, COMPLAINT_OTHER, want->where, NULL, a->event);
	struct pool_text text = { .pool = x->pool };

	if (c == NULL)
		return -ENOMEM;
	pool_text_str(&text, "another ");
	pool_text_str(&text, what);
	pool_text_add(&text, name);
	pool_text_str(&text, " of alert: ");
	pool_text_add(&text, a->rule->name);
	put_event(x, a->event, &text);
	pool_text_str(&text, ": it is '");
	pool_text_add(&text, is);
	pool_text_str(&text, "', wanted is '");
	pool_text_add(&text, wanted);
	pool_text_str(&text, "'");
	c->text = pool_text_span(&text);
	return x->pool->failed ? -ENOMEM : 0;
}

static const struct span *field_of(const struct actual *a, struct span name)
{
	const struct field_ref *refs;
	unsigned n = output_fields(a->rule->output, &refs);

	for (unsigned i = 0; i < n; i++)
		if (span_eq(refs[i].text, name))
			return &a->fields[i];
	return NULL;
}

static bool field_holds(const struct ruletest_field *f, const struct span *is)
{
	return is != NULL && (f->null ? span_is(*is, "<NA>") : span_eq(f->text, *is));
}

static bool is_as_wanted(const struct ruletest_alert *want, const struct actual *a)
{
	const struct ruletest_field *fields = want->fields.items;

	if (!span_eq(want->rule, a->rule->name) ||
	    (want->has_priority && want->priority != a->rule->priority) ||
	    (want->has_output && !span_eq(want->output, a->message)))
		return false;
	for (unsigned i = 0; i < want->fields.n; i++)
		if (!field_holds(&fields[i], field_of(a, fields[i].name)))
			return false;
	return true;
}

static int say_differences(struct run *x, const struct ruletest_alert *want, const struct actual *a)
{
	const struct ruletest_field *fields = want->fields.items;
	int err = 0;

	if (want->has_priority && want->priority != a->rule->priority)
		err = differs(x, want, a, "priority", SPAN_NONE,
			      span_str(priority_name(a->rule->priority)),
			      span_str(priority_name(want->priority)));
	if (err == 0 && want->has_output && !span_eq(want->output, a->message))
		err = differs(x, want, a, "output", SPAN_NONE, a->message, want->output);
	for (unsigned i = 0; err == 0 && i < want->fields.n; i++) {
		const struct span *is = field_of(a, fields[i].name);

		if (field_holds(&fields[i], is))
			continue;
		err = differs(x, want, a, "field ", fields[i].name,
			      is == NULL ? span_str("(not in the output)") : *is,
			      fields[i].null ? span_str("<NA>") : fields[i].text);
	}
	return err;
}

/* ---- all alerts as wanted? ---- */

/* EVENT's own wish, or (ALL_EVENTS) that of the events without one. */
static bool is_in_scope(const struct run *x, const struct actual *a, int event)
{
	const struct ruletest_wish *own = &x->test->events[a->event].wish;

	if (event != ALL_EVENTS)
		return a->event == event;
	return !own->has_alerts && own->trips.n == 0 && own->misses.n == 0;
}

/* The first alert of that rule which is free (or, with ANY, any), as wanted if there is one. */
static struct actual *find_actual(struct run *x, const struct ruletest_alert *want, int event,
				  bool any)
{
	struct actual *all = x->actual.items, *near = NULL;

	for (unsigned i = 0; i < x->actual.n; i++) {
		if ((all[i].matched && !any) || !is_in_scope(x, &all[i], event) ||
		    !span_eq(want->rule, all[i].rule->name))
			continue;
		if (is_as_wanted(want, &all[i]))
			return &all[i];
		if (near == NULL)
			near = &all[i];
	}
	return near;
}

static int match_wanted(struct run *x, const struct pool_vec *wanted, int event, bool any)
{
	const struct ruletest_alert *all = wanted->items;
	int err = 0;

	for (unsigned i = 0; err == 0 && i < wanted->n; i++) {
		struct actual *a = find_actual(x, &all[i], event, any);

		if (a == NULL) {
			err = missing(x, &all[i], event);
			continue;
		}
		a->matched |= !any;
		err = say_differences(x, &all[i], a);
	}
	return err;
}

static int match_rest(struct run *x, const struct ruletest_wish *w, int event, struct origin where)
{
	const struct ruletest_alert *misses = w->misses.items;
	const struct actual *all = x->actual.items;
	int err = 0;

	for (unsigned i = 0; err == 0 && i < x->actual.n; i++) {
		bool bad = w->has_alerts && !all[i].matched;
		struct origin at = where;

		if (!is_in_scope(x, &all[i], event))
			continue;
		for (unsigned j = 0; !bad && j < w->misses.n; j++)
			if (is_as_wanted(&misses[j], &all[i])) {
				bad = true;
				at = misses[j].where;
			}
		if (bad)
			err = unexpected(x, &all[i], at);
	}
	return err;
}

static int match(struct run *x, const struct ruletest_wish *w, int event, struct origin where)
{
	int err = match_wanted(x, &w->alerts, event, false);

	if (err == 0)
		err = match_wanted(x, &w->trips, event, true);
	return err < 0 ? err : match_rest(x, w, event, where);
}

/* ---- why ---- */

static int add_why(struct run *x, struct ruletest_complaint *c, unsigned event, struct span why)
{
	struct pool_text text = { .pool = x->pool };
	struct span *slot = pool_push(x->pool, &c->why, sizeof(*slot));

	if (slot == NULL)
		return -ENOMEM;
	pool_text_str(&text, "decided");
	put_event(x, c->event < 0 ? (int)event : -1, &text);
	pool_text_str(&text, " by: ");
	pool_text_add(&text, why);
	*slot = pool_text_span(&text);
	return x->pool->failed ? -ENOMEM : 0;
}

/* The clauses that decided, and how many more there are. */
static int add_whys(struct run *x, struct ruletest_complaint *c, unsigned event,
		    const struct clause *root, struct pool *scratch)
{
	unsigned n = clauses_deciding(root);
	struct pool_vec lines = { 0 };
	char more[64];
	int err = clauses_why(root, WHY_LINES, scratch, &lines);

	for (unsigned i = 0; err == 0 && i < lines.n; i++)
		err = add_why(x, c, event, ((const struct span *)lines.items)[i]);
	if (err < 0 || n <= WHY_LINES)
		return err;
	snprintf(more, sizeof(more), "%u more checks", n - WHY_LINES);
	return add_why(x, c, event, span_str(more));
}

/* An alert that came is explained by what made the rule true, one that did not by what
 * made it false; of an event at which it was otherwise there is nothing to say. */
static int explain_at(struct run *x, struct ruletest_complaint *c, unsigned event,
		      struct field_event *e)
{
	struct clause *root;
	struct pool scratch;
	int err;

	pool_init(&scratch, RULETEST_LIMIT);
	err = clauses_at(c->rule->tree, e, &scratch, &root);
	if (err == 0 && root->truth == (c->kind == COMPLAINT_UNEXPECTED))
		err = add_whys(x, c, event, root, &scratch);
	pool_release(&scratch);
	return err;
}

static bool has_own_wish(const struct ruletest_event *e)
{
	return e->wish.has_alerts || e->wish.trips.n > 0 || e->wish.misses.n > 0;
}

/* Play it again; at each event that a complaint is about, ask the rule's clauses. */
static int explain(struct run *x)
{
	struct ruletest_complaint *all = x->result->complaints.items;
	int err = ruletest_stage_clear(x->st);

	for (unsigned i = 0; err == 0 && i < x->test->nevents; i++) {
		struct field_event *e;

		err = play_event(x, i, &e);
		for (unsigned j = 0; err == 0 && j < x->result->complaints.n; j++) {
			bool here = all[j].event == (int)i ||
				    (all[j].event < 0 && !has_own_wish(&x->test->events[i]));

			if (all[j].rule != NULL && here)
				err = explain_at(x, &all[j], i, e);
		}
	}
	return err;
}

int ruletest_run(struct ruletest_stage *st, const struct ruletest *test, struct pool *pool,
		 struct ruletest_result *ret)
{
	struct run x = { .st = st, .test = test, .pool = pool, .result = ret };
	int err;

	*ret = (struct ruletest_result){ .passed = true };
	err = collect(&x);
	for (unsigned i = 0; err == 0 && i < test->nevents; i++)
		if (has_own_wish(&test->events[i]))
			err = match(&x, &test->events[i].wish, (int)i, test->events[i].where);
	if (err == 0)
		err = match(&x, &test->wish, ALL_EVENTS, test->where);
	if (err == 0 && !ret->passed)
		err = explain(&x);
	return err;
}
