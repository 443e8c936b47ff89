/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rule_cases.c -- the shared cases about conditions and rule files, held
 * against our parser, compiler and loader.  Prints TAP, and for people and
 * scripts "cases NAME: N of M agree"; each that does not agree is named.
 * $MEWS_CASES is where they are; without them, all is skipped visibly.
 */
#include <ctype.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "codes.h"
#include "eval_world.h"
#include "lex.h"
#include "parse.h"
#include "rulefile.h"

static struct pool pool;
static struct eval_world world;

static const char *text_of(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

/* ---- filter_parse ---- */

/* The condition of a case: its text, or one character many times. */
static struct span filter_of(const json_t *c)
{
	const json_t *repeat = json_object_get(c, "filter_repeat");
	const json_t *filter = json_object_get(c, "filter");
	size_t n;
	char *p;

	if (json_is_string(filter))
		return span_of(json_string_value(filter), json_string_length(filter));
	n = (size_t)json_integer_value(json_object_get(repeat, "count"));
	p = pool_get(&pool, n + 1);
	memset(p, text_of(repeat, "char")[0], n);
	return span_of(p, n);
}

static bool renders_as(const struct node *n, const char *want)
{
	struct pool_text out = { .pool = &pool };

	ast_render(n, &out);
	return want == NULL || span_is(pool_text_span(&out), want);
}

static bool case_parse(const json_t *c)
{
	bool accept = strcmp(text_of(c, "result"), "accept") == 0;
	const char *message = text_of(c, "message");
	struct diag diag = { .message = "" };
	struct node *n;

	if (parse_condition(filter_of(c), PARSE_DEPTH_DEFAULT, &pool, &n, &diag, NULL) == 0)
		return accept && renders_as(n, text_of(c, "rendered"));
	return !accept && (message == NULL || strstr(diag.message, message) != NULL);
}

/* ---- filter_escape ---- */

static struct span hex_of(const json_t *c, const char *key)
{
	const char *hex = text_of(c, key);
	size_t n = hex == NULL ? 0 : strlen(hex) / 2;
	uint8_t *out = pool_get(&pool, n + 1);

	for (size_t i = 0; i < n; i++) {
		unsigned byte = 0;

		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			return SPAN_NONE;
		out[i] = (uint8_t)byte;
	}
	return span_of(out, n);
}

/* Escaped text reads back through the lexer, quoted or bare. */
static bool unescape(struct span s, struct span *ret)
{
	struct diag diag;

	if (s.n >= 2 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.n - 1] == s.p[0])
		return lex_unescape(s, &pool, ret, &diag) == 0;
	*ret = s;
	return true;
}

static bool case_escape(const json_t *c)
{
	struct span in = hex_of(c, "in_hex"), want = hex_of(c, "out_hex"), got;
	const char *op = text_of(c, "op");
	struct pool_text out = { .pool = &pool };

	if (strcmp(op, "unescape") == 0) {
		if (!unescape(in, &got))
			return json_is_true(json_object_get(c, "throws"));
		return !json_is_true(json_object_get(c, "throws")) && span_eq(got, want);
	}
	lex_escape(in, &out);
	if (strcmp(op, "escape") == 0)
		return span_eq(pool_text_span(&out), want);
	return unescape(pool_text_span(&out), &got) &&
	       span_eq(got, strcmp(op, "roundtrip") == 0 ? in : want);
}

/* ---- pmatch ---- */

static bool case_pmatch(const json_t *c)
{
	const json_t *paths = json_object_get(c, "search_paths");
	struct pmatch *m = pmatch_new(&pool);

	for (size_t i = 0; i < json_array_size(paths); i++)
		pmatch_add(m, &pool, span_str(json_string_value(json_array_get(paths, i))));
	return pmatch_match(m, span_str(text_of(c, "path"))) ==
	       json_is_true(json_object_get(c, "match"));
}

/* ---- filter_compile ---- */

/* The cases' own test fields stand for a string and a buffer. */
static const char *without_mocks(const char *filter)
{
	static const struct {
		const char *from, *to;
	} mocks[] = { { "c.buffer", "evt.buffer" },
		      { "c.true", "proc.name" },
		      { "c.false", "proc.name" },
		      { "c.doublequote", "proc.name" },
		      { "c.singlequote", "proc.name" } };
	struct pool_text out = { .pool = &pool };

	while (*filter != '\0') {
		size_t n = 1;

		for (unsigned i = 0; i < ARRAY_LEN(mocks) && n == 1; i++) {
			if (strncmp(filter, mocks[i].from, strlen(mocks[i].from)) != 0)
				continue;
			n = strlen(mocks[i].from);
			pool_text_str(&out, mocks[i].to);
		}
		if (n == 1)
			pool_text_add(&out, span_of(filter, 1));
		filter += n;
	}
	pool_text_str(&out, "");
	return (const char *)out.p;
}

static bool case_compile(const json_t *c)
{
	bool want = strcmp(text_of(c, "result"), "ok") == 0;
	struct diag diag = { .message = "" };

	return (eval_world_ask(&world, without_mocks(text_of(c, "filter")), &diag) >= 0) == want;
}

/* ---- filter_evtcodes ---- */

static bool codes_of_filter(const char *filter, struct codes *ret)
{
	struct diag diag;
	const struct node *at;
	struct node *n;

	return parse_condition(span_str(filter), PARSE_DEPTH_RULES, &pool, &n, &diag, NULL) == 0 &&
	       codes_of_condition(n, ret, &diag, &at) == 0;
}

static unsigned code_by_symbol(const char *symbol)
{
	static const struct {
		const char *name;
		unsigned code;
	} symbols[] = {
#define EVENT(code, sym, ...) { "PPME_" #sym, code },
#include "event.def"
#undef EVENT
	};

	for (unsigned i = 0; i < ARRAY_LEN(symbols); i++)
		if (strcmp(symbols[i].name, symbol) == 0)
			return symbols[i].code;
	return EVENT_CODE_COUNT;
}

static unsigned syscall_by_symbol(const char *symbol)
{
	for (unsigned i = 0; i < SC_COUNT; i++)
		if (syscall_info(i) != NULL && strncmp(symbol, "PPM_SC_", 7) == 0 &&
		    strcasecmp(syscall_info(i)->name, symbol + 7) == 0)
			return i;
	return SC_COUNT;
}

/* The set that the case lists; its complement for all_except. */
static bool listed_codes(const json_t *c, struct codes *ret)
{
	const json_t *events = json_object_get(c, "event_codes");
	const json_t *syscalls = json_object_get(c, "sc_codes");
	const char *set = text_of(c, "set");
	struct codes all;

	codes_fill(&all);
	*ret = all;
	if (strcmp(set, "all") == 0)
		return true;
	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < json_array_size(events); i++) {
		unsigned code = code_by_symbol(json_string_value(json_array_get(events, i)));

		if (code == EVENT_CODE_COUNT)
			return false;
		ret->events[code / 64] |= UINT64_C(1) << (code % 64);
	}
	for (size_t i = 0; i < json_array_size(syscalls); i++) {
		unsigned sc = syscall_by_symbol(json_string_value(json_array_get(syscalls, i)));

		if (sc == SC_COUNT)
			return false;
		ret->syscalls[sc / 64] |= UINT64_C(1) << (sc % 64);
	}
	if (strcmp(set, "all_except") == 0) {
		for (unsigned i = 0; i < CODES_WORDS; i++)
			ret->events[i] = all.events[i] & ~ret->events[i];
		for (unsigned i = 0; i < CODES_SC_WORDS; i++)
			ret->syscalls[i] = all.syscalls[i] & ~ret->syscalls[i];
	}
	return true;
}

static bool case_evtcodes(const json_t *c)
{
	const char *other = text_of(c, "same_codes_as");
	struct codes got, want;

	if (text_of(c, "filter") == NULL || (other == NULL && text_of(c, "set") == NULL))
		return true; /* the case says nothing: its filter could not be extracted */
	if (!codes_of_filter(text_of(c, "filter"), &got))
		return false;
	if (other != NULL ? !codes_of_filter(other, &want) : !listed_codes(c, &want))
		return false;
	return memcmp(&got, &want, sizeof(got)) == 0;
}

/* ---- rule_loader ---- */

static const struct ruleset_rule *rule_by_name(const struct ruleset *rs, const char *name)
{
	for (unsigned i = 0; rs != NULL && i < ruleset_count(rs); i++)
		if (span_is(ruleset_rule(rs, i)->name, name))
			return ruleset_rule(rs, i);
	return NULL;
}

/* A code, or words, among the problems of this kind. */
static bool has_problem(const struct rulefile_load *load, bool error, const char *what)
{
	for (unsigned i = 0; i < load->nfiles; i++) {
		for (unsigned j = 0; j < load->files[i].nproblems; j++) {
			const struct rule_problem *p = &load->files[i].problems[j];

			if (rule_problem_is_error(p->code) != error)
				continue;
			if (strcmp(rule_problem_name(p->code), what) == 0 ||
			    strstr(p->diag.message, what) != NULL ||
			    (p->field.n > 0 && strcmp((const char *)p->field.p, what) == 0) ||
			    strstr(rule_problem_text(p->code), what) != NULL)
				return true;
		}
	}
	return false;
}

static bool assertion(const struct rulefile_load *load, const json_t *a)
{
	const char *type = text_of(a, "type"), *value = text_of(a, "value");
	bool present = !json_is_false(json_object_get(a, "present"));
	const struct ruleset_rule *rule;

	if (value == NULL || type == NULL)
		return true;
	if (strcmp(type, "compiled_condition") == 0) {
		rule = rule_by_name(load->rules, text_of(a, "rule"));
		return rule != NULL && renders_as(rule->tree, value);
	}
	if (strcmp(type, "compiled_output") == 0) {
		rule = rule_by_name(load->rules, text_of(a, "rule"));
		return rule != NULL && span_is(rule->output_text, value);
	}
	if (strcmp(type, "error_message_contains") == 0)
		return has_problem(load, true, value) == present;
	if (strcmp(type, "warning_message_contains") == 0)
		return has_problem(load, false, value) == present;
	return true; /* what only `mews list` and the schema check know */
}

/* The next literal in a call's text; AT moves behind it.  NULL: no more. */
static char *next_literal(const char **at)
{
	const char *from = strchr(*at, '"'), *to;
	char *copy;

	to = from == NULL ? NULL : strchr(from + 1, '"');
	if (to == NULL)
		return NULL;
	*at = to + 1;
	copy = pool_get(&pool, (size_t)(to - from));
	memcpy(copy, from + 1, (size_t)(to - from) - 1);
	return copy;
}

/* What a case has Falco do before it loads the rules: format, source, tags, rule. */
static bool append_of_setup(const json_t *setup, struct append_entry *ret)
{
	const char *call = json_string_value(json_array_get(setup, 0));

	*ret = (struct append_entry){ .source = NULL };
	if (call == NULL || strstr(call, "add_extra_output_format(") == NULL)
		return false;
	ret->extra_output = next_literal(&call);
	ret->source = next_literal(&call);
	ret->rule = next_literal(&call);
	return true;
}

static bool case_loader(const json_t *c)
{
	const json_t *yaml = json_object_get(c, "yaml"), *asserts = json_object_get(c, "asserts");
	const char *expect = text_of(c, "expect");
	struct append_entry entry;
	struct append_list append = { 1, &entry };
	struct rule_extras extras = { .append = &append };
	struct rulefile_load load;
	bool agree;
	int err;

	append.count = append_of_setup(json_object_get(c, "setup"), &entry);
	err = rulefile_load_text_with("rules.yaml",
				      span_of(json_string_value(yaml), json_string_length(yaml)),
				      &extras, &load);
	agree = expect == NULL || (err == 0) == (strcmp(expect, "valid") == 0);
	for (size_t i = 0; i < json_array_size(asserts); i++)
		agree &= assertion(&load, json_array_get(asserts, i));
	rulefile_release(&load);
	return agree;
}

/* ---- validate ---- */

static bool same_context(const struct rule_problem *p, const json_t *want)
{
	const json_t *locations = json_object_get(json_object_get(want, "context"), "locations");

	if (json_array_size(locations) != p->ncontext)
		return false;
	for (unsigned i = 0; i < p->ncontext; i++) {
		const json_t *l = json_array_get(locations, i);
		const json_t *place = json_object_get(l, "position");

		if (strcmp(text_of(l, "item_type"), p->context[i].type) != 0 ||
		    json_integer_value(json_object_get(place, "line")) !=
			    p->context[i].place.line ||
		    json_integer_value(json_object_get(place, "column")) !=
			    p->context[i].place.column)
			return false;
	}
	return true;
}

/* All of one kind, in order: codes, and places too if PLACES. */
static bool same_problems(const struct rulefile_result *file, bool errors, const json_t *want,
			  bool places)
{
	size_t n = 0;

	for (unsigned i = 0; i < file->nproblems; i++) {
		const struct rule_problem *p = &file->problems[i];
		const json_t *w;

		if (rule_problem_is_error(p->code) != errors)
			continue;
		w = json_array_get(want, n++);
		if (w == NULL || strcmp(text_of(w, "code"), rule_problem_name(p->code)) != 0 ||
		    (places && !same_context(p, w)))
			return false;
	}
	return n == json_array_size(want);
}

static bool validate(const json_t *c, bool places)
{
	const json_t *yaml = json_object_get(c, "yaml");
	const json_t *results = json_object_get(json_object_get(c, "json"), "falco_load_results");
	const json_t *want = json_array_get(results, 0);
	struct rulefile_load load;
	bool agree;
	int err = rulefile_load_text(
		"rules.yaml", span_of(json_string_value(yaml), json_string_length(yaml)), &load);

	agree = (err == 0) == (json_integer_value(json_object_get(c, "exit_code")) == 0);
	if (want != NULL)
		agree &= same_problems(&load.files[0], true, json_object_get(want, "errors"),
				       places) &&
			 same_problems(&load.files[0], false, json_object_get(want, "warnings"),
				       places);
	rulefile_release(&load);
	return agree;
}

static bool case_validate(const json_t *c)
{
	return validate(c, false);
}

static bool case_validate_places(const json_t *c)
{
	return validate(c, true);
}

/* ---- plugin_requirement ---- */

static bool case_requirement(const json_t *c)
{
	const json_t *yaml = json_object_get(c, "yaml"),
		     *all = json_object_get(c, "loaded_plugins");
	bool want = json_is_true(json_object_get(c, "satisfied")), met = true;
	const struct rule_plugin_requirement *reqs;
	struct rule_plugin_version loaded[16];
	struct rulefile_load load;
	struct diag diag;
	size_t n = json_array_size(all);
	unsigned nreqs;

	for (size_t i = 0; i < n && i < ARRAY_LEN(loaded); i++) {
		const json_t *p = json_array_get(all, i);

		loaded[i].name = span_str(json_string_value(json_array_get(p, 0)));
		loaded[i].version = span_str(json_string_value(json_array_get(p, 1)));
	}
	met = rulefile_load_text("rules.yaml",
				 span_of(json_string_value(yaml), json_string_length(yaml)),
				 &load) == 0;
	nreqs = rule_loader_requirements(load.loader, &reqs);
	for (unsigned i = 0; i < nreqs; i++)
		met &= rule_requirement_check(&reqs[i], loaded, (unsigned)n, &diag) == 0;
	rulefile_release(&load);
	return met == want;
}

/* ---- the run ---- */

static const struct suite {
	const char *name, *file;
	bool (*agrees)(const json_t *c);
	/* How many do not agree yet, and are known: more is a failure. */
	unsigned known;
} suites[] = {
	{ "filter_parse", "filter_parse_cases", case_parse, 0 },
	{ "filter_escape", "filter_escape_cases", case_escape, 0 },
	{ "pmatch", "pmatch_cases", case_pmatch, 0 },
	{ "filter_compile", "filter_compile_cases", case_compile, 0 },
	{ "filter_evtcodes", "filter_evtcodes_cases", case_evtcodes, 0 },
	{ "rule_loader", "rule_loader_cases", case_loader, 0 },
	{ "validate", "validate_cases", case_validate, 0 },
	{ "validate_places", "validate_cases", case_validate_places, 0 },
	{ "plugin_requirement", "plugin_requirement_cases", case_requirement, 0 },
};

static void run_suite(unsigned number, const struct suite *s, const char *dir)
{
	char path[PATH_MAX], *line = NULL;
	unsigned agree = 0, all = 0;
	size_t cap = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.jsonl", dir, s->file);
	f = fopen(path, "r");
	if (f == NULL) {
		printf("ok %u - cases %s # SKIP no %s\n", number, s->name, path);
		return;
	}
	while (getline(&line, &cap, f) > 0) {
		json_t *c = json_loads(line, JSON_ALLOW_NUL, NULL);

		all++;
		pool_init(&pool, 256 * 1024 * 1024);
		if (c != NULL && s->agrees(c))
			agree++;
		else
			printf("# %s: %s does not agree\n", s->name,
			       c == NULL ? "?" : text_of(c, "id"));
		pool_release(&pool);
		json_decref(c);
	}
	free(line);
	fclose(f);
	printf("cases %s: %u of %u agree\n", s->name, agree, all);
	printf("%s %u - cases %s\n", all - agree <= s->known ? "ok" : "not ok", number, s->name);
}

int main(void)
{
	const char *dir = getenv("MEWS_CASES");

	eval_world_init(&world);
	printf("1..%zu\n", ARRAY_LEN(suites));
	for (unsigned i = 0; i < ARRAY_LEN(suites); i++)
		run_suite(i + 1, &suites[i], dir != NULL ? dir : "../shared/compat/cases");
	eval_world_release(&world);
	return 0;
}
