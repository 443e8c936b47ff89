/* SPDX-License-Identifier: Apache-2.0
 *
 * test_state_cases.c -- the shared cases about state and fields, held against
 * the enricher's core and the evaluator's: scenarios of events, and at some of
 * their steps a field's text or a condition's truth.  Prints TAP, and for people
 * and scripts "cases NAME: N of M agree"; each that differs is named.
 */
#include <stdio.h>
#include <stdlib.h>

#include "eval_world.h"
#include "output.h"
#include "parse.h"
#include "scenario.h"

/* Fields that only a plugin of the tests has, or that the test itself makes up. */
static bool is_foreign(const char *text)
{
	return strstr(text, "sample.") != NULL || strstr(text, "static.") != NULL;
}

#define FOREIGN "with a field of a test's own plugin"

static enum verdict says(enum verdict v, char *why, const char *text)
{
	snprintf(why, CASE_WHY, "%s", text);
	return v;
}

/* ---- one check at an event ---- */

static enum verdict check_filter(struct field_event *e, const char *filter, const char *result,
				 char *why)
{
	struct diag diag = { .message = "" };
	int truth;

	if (is_foreign(filter))
		return says(VERDICT_CANNOT, why, FOREIGN);
	truth = eval_ask(e, filter, &diag);
	if (strcmp(result, "throw") == 0      ? truth < 0
	    : strcmp(result, "no_throw") == 0 ? truth >= 0
					      : truth == (strcmp(result, "true") == 0 ? 1 : 0))
		return VERDICT_AGREES;
	snprintf(why, CASE_WHY, "'%s' is %s, not %s", filter,
		 truth < 0 ? diag.message
		 : truth   ? "true"
			   : "false",
		 result);
	return VERDICT_DIFFERS;
}

static enum verdict check_field(struct field_event *e, const char *field, const json_t *value,
				char *why)
{
	struct field_ref ref;
	struct diag diag = { .message = "" };
	struct value v;
	struct span text, want;
	bool have;

	if (is_foreign(field))
		return says(VERDICT_CANNOT, why, FOREIGN);
	if (json_is_object(value))
		return says(VERDICT_CANNOT, why, "with a value in C++");
	if (field_parse(span_str(field), &ref, &diag) < 0) {
		snprintf(why, CASE_WHY, "%s: %s", field, diag.message);
		return VERDICT_DIFFERS;
	}
	arena_clear(e->arena);
	have = field_get(&ref, e, &v);
	if (json_is_boolean(value)) {
		snprintf(why, CASE_WHY, "%s is %s", field, have ? "there" : "missing");
		return have == json_is_true(value) ? VERDICT_AGREES : VERDICT_DIFFERS;
	}
	text = have ? field_text(&ref, e) : span_str("(missing)");
	want = span_of(json_string_value(value), json_string_length(value));
	snprintf(why, CASE_WHY, "%s is '%.*s', not '%.*s'", field, (int)text.n,
		 (const char *)text.p, (int)want.n, (const char *)want.p);
	return have && span_eq(text, want) ? VERDICT_AGREES : VERDICT_DIFFERS;
}

/* The event that a case asks of: the last one before its step. */
static struct field_event *event_of(const json_t *c, char *why)
{
	const json_t *step = json_object_get(c, "step");
	struct state_world *w = scenario_at(
		case_text(c, "scenario"),
		json_is_integer(step) ? (size_t)json_integer_value(step) : SIZE_MAX, why);

	if (w == NULL)
		return NULL;
	if (w->has_event)
		return &w->event;
	says(VERDICT_CANNOT, why, "before any event");
	return NULL;
}

static enum verdict judge_filter(const json_t *c, char *why)
{
	struct field_event *e;

	if (is_foreign(case_text(c, "filter")))
		return says(VERDICT_CANNOT, why, FOREIGN);
	e = event_of(c, why);
	if (e == NULL)
		return VERDICT_CANNOT;
	return check_filter(e, case_text(c, "filter"), case_text(c, "result"), why);
}

static enum verdict judge_field(const json_t *c, char *why)
{
	const json_t *value = json_object_get(c, "value");
	struct field_event *e;

	if (is_foreign(case_text(c, "field")))
		return says(VERDICT_CANNOT, why, FOREIGN);
	e = event_of(c, why);
	if (e == NULL)
		return VERDICT_CANNOT;
	if (value == NULL)
		value = json_object_get(c, "has_value");
	return check_field(e, case_text(c, "field"), value, why);
}

/* ---- scenarios: every event is taken, every check in them holds ---- */

static enum verdict check_step(struct field_event *e, const json_t *step, char *why)
{
	if (strcmp(case_text(step, "op"), "filter") == 0)
		return check_filter(e, case_text(step, "filter"), case_text(step, "result"), why);
	return check_field(e, case_text(step, "field"), json_object_get(step, "value"), why);
}

static bool is_check(const json_t *step)
{
	const char *op = case_text(step, "op");

	return strcmp(op, "filter") == 0 || strcmp(op, "field") == 0 ||
	       strcmp(op, "field_has_value") == 0;
}

static enum verdict judge_scenario(const json_t *c, char *why)
{
	const json_t *steps = json_object_get(c, "steps");
	struct state_world *w;

	for (size_t i = 0; i < json_array_size(steps); i++) {
		const json_t *step = json_array_get(steps, i);

		w = scenario_at(case_text(c, "id"), i, why);
		if (w == NULL)
			return VERDICT_CANNOT;
		if (is_check(step) && w->has_event &&
		    check_step(&w->event, step, why) == VERDICT_DIFFERS)
			return VERDICT_DIFFERS;
	}
	w = scenario_at(case_text(c, "id"), SIZE_MAX, why);
	if (w == NULL)
		return VERDICT_CANNOT;
	if (w->seq <= 2)
		return says(VERDICT_CANNOT, why, "without an event");
	snprintf(why, CASE_WHY, "%llu events were refused",
		 (unsigned long long)w->counts[ENRICHER_REFUSED]);
	return w->counts[ENRICHER_REFUSED] == 0 ? VERDICT_AGREES : VERDICT_DIFFERS;
}

/* ---- filter_mock_run: what they call c.true is true if it is "1" ---- */

static const struct {
	const char *mock, *field, *value;
} mocks[] = {
	{ "c.true", "proc.name", "1" },
	{ "c.false", "proc.exe", "0" },
	{ "c.doublequote", "proc.exepath", "hello \"quoted\"" },
	{ "c.singlequote", "proc.args", "hello 'quoted'" },
};

/* FILTER with our fields in place of theirs. */
static void without_mocks(const char *filter, char *out, size_t cap)
{
	size_t n = 0;

	while (*filter != '\0' && n + 32 < cap) {
		size_t skip = 0;

		for (unsigned i = 0; i < ARRAY_LEN(mocks) && skip == 0; i++) {
			if (strncmp(filter, mocks[i].mock, strlen(mocks[i].mock)) != 0)
				continue;
			skip = strlen(mocks[i].mock);
			n += (size_t)snprintf(out + n, cap - n, "%s", mocks[i].field);
		}
		if (skip == 0)
			out[n++] = *filter;
		filter += skip != 0 ? skip : 1;
	}
	out[n] = '\0';
}

static struct state_world *mock_world(void)
{
	struct task_frame task = { .info = { .tid = 1,
					     .pid = 1,
					     .vtid = 1,
					     .vpid = 1,
					     .comm = span_str(mocks[0].value),
					     .exe = span_str(mocks[1].value),
					     .exepath = span_str(mocks[2].value),
					     .args = span_str(mocks[3].value) } };
	struct state_world *w;

	if (state_world_new(&w) < 0 || state_world_begin(w) < 0 || state_world_task(w, &task) < 0 ||
	    state_world_end(w) < 0 || !scenario_call(w, "generate_getcwd_failed_entry_event", NULL))
		abort();
	return w;
}

static enum verdict judge_mock(const json_t *c, char *why)
{
	static struct state_world *w;
	char filter[1024];

	if (w == NULL)
		w = mock_world();
	without_mocks(case_text(c, "filter"), filter, sizeof(filter));
	return check_filter(&w->event, filter,
			    json_is_true(json_object_get(c, "result")) ? "true" : "false", why);
}

/* ---- formatter ---- */

/* "eventformatter.NAME#3" is asked at the scenario of that name, if there is one,
 * and then at a failed getcwd of the thread that the case names. */
static struct state_world *formatter_world(const json_t *c, char *why)
{
	const json_t *args = json_object_get(c, "args");
	const char *dot = strchr(case_text(c, "id"), '.'), *hash = strchr(dot, '#');
	const char *tid = json_string_value(json_array_get(args, 2));
	char id[256];
	struct state_world *w;
	json_t *call;
	bool ok;

	snprintf(id, sizeof(id), "eventformatter.ut.cpp:%.*s", (int)(hash - dot - 1), dot + 1);
	scenario_release(); /* the last case may have added to it */
	w = scenario_at(scenario_steps(id) != NULL ? id : "only-init", SIZE_MAX, why);
	if (w == NULL)
		return NULL;
	call = json_pack("[i]", tid != NULL ? atoi(tid) : 1);
	ok = scenario_call(w, "generate_getcwd_failed_entry_event", call);
	json_decref(call);
	return ok ? w : NULL;
}

/* O's field NAME as text; NULL: it is not in the format. */
static const struct field_ref *field_named(const struct output *o, struct span name)
{
	const struct field_ref *refs;
	unsigned n = output_fields(o, &refs);

	for (unsigned i = 0; i < n; i++)
		if (span_eq(refs[i].text, name))
			return &refs[i];
	return NULL;
}

/* O's operand as one would write it. */
static void put_operand(struct pool_text *t, const struct operand *o)
{
	pool_text_str(t, o->kind == OPERAND_VALUE ? "\"" : "");
	pool_text_add(t, o->text);
	pool_text_str(t, o->kind == OPERAND_VALUE ? "\"" : "");
	if (o->kind == OPERAND_CALL || o->kind == OPERAND_TUPLE) {
		for (unsigned i = 0; i < o->n; i++) {
			pool_text_str(t, i == 0 ? "(" : ",");
			put_operand(t, o->items[i]);
		}
		pool_text_str(t, ")");
	}
	if (o->has_arg) {
		pool_text_str(t, "[");
		pool_text_add(t, o->arg);
		pool_text_str(t, "]");
	}
}

/* The transformer in or below O that is shown as NAME. */
static const struct operand *shown_as(const struct operand *o, struct span name, struct pool *pool)
{
	struct pool_text shown = { .pool = pool };
	const struct operand *found = NULL;

	if (o->kind == OPERAND_CALL && ast_render_operand(o, &shown) &&
	    span_eq(pool_text_span(&shown), name))
		return o;
	for (unsigned i = 0; found == NULL && i < o->n; i++)
		found = shown_as(o->items[i], name, pool);
	return found;
}

static bool transformed_text(struct span format, struct span name, struct field_event *e,
			     struct pool *pool, struct span *ret)
{
	for (size_t i = 0; i < format.n; i++) {
		struct pool_text text = { .pool = pool };
		struct span rest = span_of(format.p + i + 1, format.n - i - 1);
		const struct operand *found;
		struct operand *o;
		struct diag diag;
		struct output *out;
		size_t len;

		if (format.p[i] != '%')
			continue;
		while (rest.n > 0 && rest.p[0] >= '0' && rest.p[0] <= '9')
			rest = span_of(rest.p + 1, rest.n - 1);
		if (parse_transformer(rest, PARSE_DEPTH_DEFAULT, pool, &o, &len, &diag) < 0)
			continue;
		found = shown_as(o, name, pool);
		if (found == NULL)
			continue;
		pool_text_str(&text, "%");
		put_operand(&text, found);
		if (output_parse(pool_text_span(&text), &out, &diag) < 0)
			return false;
		*ret = pool_copy(pool, output_message(out, e));
		output_free(out);
		return true;
	}
	return false;
}

/* The text that the formatter gives for NAME, a field or a transformer's expression. */
static bool entry_text(const json_t *c, const struct output *o, struct field_event *e,
		       struct span name, struct pool *pool, struct span *ret)
{
	const struct field_ref *ref = field_named(o, name);

	if (ref == NULL)
		return transformed_text(span_str(case_text(c, "format")), name, e, pool, ret);
	*ret = pool_copy(pool, field_text(ref, e));
	return true;
}

static bool has_missing(const struct output *o, struct field_event *e)
{
	const struct field_ref *refs;
	unsigned n = output_fields(o, &refs);
	struct value v;

	for (unsigned i = 0; i < n; i++)
		if (!field_get(&refs[i], e, &v))
			return true;
	return false;
}

static bool same_json(const json_t *want, const struct field_ref *ref, struct field_event *e)
{
	struct alert_value v;

	field_alert_value(ref, e, &v);
	switch (v.kind) {
	case ALERT_NULL:
		return json_is_null(want);
	case ALERT_STRING:
		return json_is_string(want) && span_is(v.s, json_string_value(want));
	case ALERT_INT:
	case ALERT_UINT:
		return json_is_integer(want) && json_integer_value(want) == v.i;
	case ALERT_BOOL:
		return json_is_boolean(want) && json_is_true(want) == v.b;
	default:
		return false;
	}
}

/* The fields as one JSON object, or null. */
static bool check_json(const json_t *c, const char *text, const struct output *o,
		       struct field_event *e, struct pool *pool)
{
	json_t *want = json_loads(text, JSON_DECODE_ANY, NULL), *v;
	const struct field_ref *refs;
	unsigned n = output_fields(o, &refs);
	struct span got;
	const char *key;
	bool ok = n > 0 || json_is_null(want);

	for (unsigned i = 0; i < n; i++) {
		v = json_object_getn(want, (const char *)refs[i].text.p, refs[i].text.n);
		ok &= v != NULL && same_json(v, &refs[i], e);
	}
	json_object_foreach(want, key, v) if (field_named(o, span_str(key)) == NULL) ok &=
		entry_text(c, o, e, span_str(key), pool, &got) && json_is_string(v) &&
		span_is(got, json_string_value(v));
	json_decref(want);
	return ok;
}

/* m_last_field_values.size(), where no transformer adds to it. */
static bool check_count(const json_t *c, const char *value, const struct output *o)
{
	const json_t *resolve = json_array_get(json_object_get(c, "args"), 1);
	const struct field_ref *refs;
	unsigned n = output_fields(o, &refs), unique = 0;

	if (strchr(case_text(c, "format"), '(') != NULL &&
	    (resolve == NULL || strcmp(json_string_value(resolve), "false") != 0))
		return true;
	for (unsigned i = 0; i < n; i++)
		unique += field_named(o, refs[i].text) == &refs[i];
	return unique == (unsigned)atoi(value);
}

static bool check_assert(const json_t *c, const json_t *a, const struct output *o,
			 struct field_event *e, struct pool *pool)
{
	static const char values[] = "m_last_field_values[\"";
	const char *what = case_text(a, "what"), *value = case_text(a, "value");
	const char *form = json_string_value(json_array_get(json_object_get(c, "args"), 0));
	bool starred = case_text(c, "format")[0] == '*';
	struct span got;

	arena_clear(e->arena);
	if (strcmp(what, "m_last_res") == 0)
		return (starred || !has_missing(o, e)) == (strcmp(value, "true") == 0);
	if (strcmp(what, "m_last_output.empty()") == 0)
		return (output_message(o, e).n == 0) == (strcmp(case_text(a, "op"), "TRUE") == 0);
	if (strcmp(what, "m_last_output") == 0)
		return form != NULL && strstr(form, "JSON") != NULL
			       ? check_json(c, value, o, e, pool)
			       : span_is(output_message(o, e), value);
	if (strcmp(what, "m_last_field_values.size()") == 0)
		return check_count(c, value, o);
	if (strncmp(what, values, strlen(values)) != 0)
		return false;
	what += strlen(values);
	return entry_text(c, o, e, span_of(what, strlen(what) - 2), pool, &got) &&
	       span_is(got, value);
}

static enum verdict judge_formatter(const json_t *c, char *why)
{
	const json_t *asserts = json_object_get(c, "asserts");
	struct state_world *w = formatter_world(c, why);
	enum verdict v = VERDICT_AGREES;
	struct diag diag = { .message = "" };
	struct output *o = NULL;
	struct pool pool;
	bool throws;

	if (w == NULL)
		return VERDICT_CANNOT;
	throws = output_parse(span_str(case_text(c, "format")), &o, &diag) < 0;
	snprintf(why, CASE_WHY, "'%s': %s", case_text(c, "format"), diag.message);
	if (throws != json_is_true(json_object_get(c, "throws")))
		v = VERDICT_DIFFERS;
	pool_init(&pool, 1 << 20);
	for (size_t i = 0; v == VERDICT_AGREES && !throws && i < json_array_size(asserts); i++) {
		const json_t *a = json_array_get(asserts, i);

		if (check_assert(c, a, o, &w->event, &pool))
			continue;
		snprintf(why, CASE_WHY, "'%s': %s is not '%s'", case_text(c, "format"),
			 case_text(a, "what"), case_text(a, "value"));
		v = VERDICT_DIFFERS;
	}
	pool_release(&pool);
	output_free(o);
	return v;
}

int main(void)
{
	static const struct {
		const char *name;
		case_judge *judge;
	} suites[] = {
		{ "filter_eval", judge_filter },  { "field_eval", judge_field },
		{ "scenarios", judge_scenario },  { "filter_mock_run", judge_mock },
		{ "formatter", judge_formatter },
	};

	printf("1..%zu\n", ARRAY_LEN(suites));
	for (unsigned i = 0; i < ARRAY_LEN(suites); i++)
		case_list_run(i + 1, suites[i].name, suites[i].judge);
	scenario_release();
	return 0;
}
