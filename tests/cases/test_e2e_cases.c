/* SPDX-License-Identifier: Apache-2.0
 *
 * test_e2e_cases.c -- the shared cases of whole runs, as far as they are about
 * rules: files that load or do not, with which problems, and what they detect in
 * a capture, where we have that ($MEWS_CAPTURES).  The cores do the work here;
 * the programs around them have tests of their own.  Prints as case_list.h says.
 */
#include <ctype.h>
#include <limits.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <dirent.h>

#include "case_list.h"
#include "format.h"
#include "rulefile.h"
#include "state_world.h"

enum { NAMES_MAX = 16, TEXT_CAP = 1 << 20 };

static const char *const priorities[] = { "EMERGENCY", "ALERT",	 "CRITICAL", "ERROR",
					  "WARNING",   "NOTICE", "INFO",     "DEBUG" };

/* What a case wants to be run. */
struct run {
	struct conf_list files;
	bool validate, has_plugin;
	const char *capture;
	unsigned priority;
	struct format format; /* of what falco prints */
	const json_t *enabled_tags, *disabled_tags, *disabled_rules;
};

/* What came of it. */
struct outcome {
	struct rulefile_load load;
	bool failed;
	unsigned detections, by_priority[8];
	json_t *by_rule;
	char *text; /* what falco printed */
	size_t ntext;
};

static json_t *files; /* by name */
static char dir[] = "/tmp/mews-e2e-XXXXXX";

/* ---- options ---- */

static void load_files(void)
{
	json_t *list = case_list_load("e2e_files.jsonl");

	files = json_object();
	for (size_t i = 0; i < json_array_size(list); i++)
		json_object_set(files, case_text(json_array_get(list, i), "name"),
				json_array_get(list, i));
	json_decref(list);
	if (mkdtemp(dir) == NULL)
		abort();
}

/* The file NAME of the cases, on the disk; NULL: we have none. */
static char *file_on_disk(const char *name)
{
	const json_t *file = json_object_get(files, name);
	const json_t *content = json_object_get(file, "content");
	char path[PATH_MAX];
	FILE *f;

	if (content == NULL)
		return NULL;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (f == NULL)
		abort();
	fwrite(json_string_value(content), 1, json_string_length(content), f);
	fclose(f);
	return strdup(path);
}

static bool add_files(struct run *r, const json_t *option)
{
	for (size_t i = 1; i < json_array_size(option) && r->files.count < CONF_MAX_LIST; i++) {
		char *path = file_on_disk(json_string_value(json_array_get(option, i)));

		if (path == NULL)
			return false;
		r->files.item[r->files.count++] = path;
	}
	return true;
}

static bool config_has_plugin(const char *name)
{
	const char *text = case_text(json_object_get(files, name), "content");

	return text == NULL || strstr(text, "plugins:") != NULL;
}

/* KEY=BOOL, of how alerts look; other keys change nothing here. */
static void take_setting(struct run *r, const char *text)
{
	const struct {
		const char *key;
		bool *value;
	} keys[] = {
		{ "json_include_output_property=", &r->format.include_output },
		{ "json_include_tags_property=", &r->format.include_tags },
		{ "time_format_iso_8601=", &r->format.iso_8601 },
	};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (strncmp(text, keys[i].key, strlen(keys[i].key)) == 0)
			*keys[i].value = strcmp(text + strlen(keys[i].key), "true") == 0;
}

/* One option; the reason why the case cannot be run, or NULL. */
static const char *take_option(struct run *r, const json_t *option)
{
	const char *what = json_string_value(json_array_get(option, 0));
	const char *value = json_string_value(json_array_get(option, 1));

	if (strcmp(what, "WithRules") == 0)
		return add_files(r, option) ? NULL : "of a rules file that is not here";
	if (strcmp(what, "WithRulesValidation") == 0) {
		r->validate = true;
		return add_files(r, option) ? NULL : "of a rules file that is not here";
	}
	if (strcmp(what, "WithConfig") == 0)
		return config_has_plugin(value) ? "with a plugin" : NULL;
	if (strcmp(what, "WithCaptureFile") == 0)
		r->capture = value;
	else if (strcmp(what, "WithEnabledTags") == 0)
		r->enabled_tags = option;
	else if (strcmp(what, "WithDisabledTags") == 0)
		r->disabled_tags = option;
	else if (strcmp(what, "WithDisabledRules") == 0)
		r->disabled_rules = option;
	else if (strcmp(what, "WithOutputJSON") == 0)
		r->format.json = true;
	else if (strcmp(what, "WithArgs") == 0 && strcmp(value, "-o") != 0)
		return "of falco's own command line";
	else if (strcmp(what, "WithArgs") == 0)
		take_setting(r, json_string_value(json_array_get(option, 2)));
	else if (strcmp(what, "WithMinRulePriority") == 0)
		for (r->priority = 0; strcmp(priorities[r->priority], value) != 0;)
			r->priority++;
	return NULL;
}

/* ---- the capture: the one whose name ends as the case says ---- */

/* Letters and digits only, in lower case, without the ending. */
static void plain_name(const char *name, char *out, size_t cap)
{
	size_t n = 0;

	for (; *name != '\0' && strcmp(name, ".scap") != 0 && n + 1 < cap; name++)
		if (isalnum((unsigned char)*name))
			out[n++] = (char)tolower((unsigned char)*name);
	out[n] = '\0';
}

static bool find_capture(const char *name, char *ret, size_t cap)
{
	const char *captures = getenv("MEWS_CAPTURES");
	char want[256], have[256];
	struct dirent *entry;
	DIR *d;

	captures = captures != NULL ? captures : "../shared/captures";
	plain_name(name + strlen("captures."), want, sizeof(want));
	ret[0] = '\0';
	d = opendir(captures);
	while (d != NULL && (entry = readdir(d)) != NULL) {
		size_t n;

		plain_name(entry->d_name, have, sizeof(have));
		n = strlen(have);
		if (strncmp(have, "falcotest", 9) == 0 && n >= strlen(want) &&
		    strcmp(have + n - strlen(want), want) == 0)
			snprintf(ret, cap, "%s/%s", captures, entry->d_name);
	}
	if (d != NULL)
		closedir(d);
	return ret[0] != '\0';
}

/* ---- detections ---- */

static bool has_tag(const struct ruleset_rule *rule, const json_t *option)
{
	for (size_t i = 1; i < json_array_size(option); i++)
		for (unsigned j = 0; j < rule->ntags; j++)
			if (span_is(rule->tags[j], json_string_value(json_array_get(option, i))))
				return true;
	return false;
}

static bool has_name(const struct ruleset_rule *rule, const json_t *option)
{
	for (size_t i = 1; i < json_array_size(option); i++)
		if (span_is(rule->name, json_string_value(json_array_get(option, i))))
			return true;
	return false;
}

/* Tags that are wanted leave out all other rules. */
static bool is_selected(const struct run *r, const struct ruleset_rule *rule)
{
	return (r->enabled_tags == NULL || has_tag(rule, r->enabled_tags)) &&
	       !has_tag(rule, r->disabled_tags) && !has_name(rule, r->disabled_rules);
}

static void print_alert(const struct run *r, struct outcome *o, const struct ruleset_rule *rule,
			struct field_event *e)
{
	static struct alert_frame a;
	ssize_t n;

	a = (struct alert_frame){ .priority = rule->priority,
				  .ts_ns = e->ev->ts_ns,
				  .rule = rule->name,
				  .source = rule->source,
				  .message = output_message(rule->output, e) };
	for (; a.ntags < rule->ntags && a.ntags < ALERT_MAX_TAGS; a.ntags++)
		a.tags[a.ntags] = rule->tags[a.ntags];
	output_alert_fields(rule->output, e, &a);
	n = format_alert(&r->format, &a, (uint8_t *)o->text + o->ntext, TEXT_CAP - o->ntext - 1);
	if (n > 0)
		o->ntext += (size_t)n;
}

static void note(const struct run *r, struct outcome *o, const struct ruleset_rule *rule,
		 struct field_event *e)
{
	json_int_t n = json_integer_value(
		json_object_getn(o->by_rule, (const char *)rule->name.p, rule->name.n));

	o->detections++;
	o->by_priority[rule->priority]++;
	json_object_setn_new(o->by_rule, (const char *)rule->name.p, rule->name.n,
			     json_integer(n + 1));
	print_alert(r, o, rule, e);
}

static void detect(const struct run *r, struct outcome *o, struct field_event *e)
{
	const struct ruleset_rule *rule;
	struct ruleset_walk walk;

	ruleset_begin(o->load.rules, e, &walk);
	while ((rule = ruleset_next(o->load.rules, &walk)) != NULL) {
		if (!is_selected(r, rule))
			continue;
		note(r, o, rule, e);
		break;
	}
}

/* Frames of CAPTURE through the cores.  False: they could not be had. */
static bool replay(const struct run *r, struct outcome *o, const char *capture)
{
	const char *build = getenv("MEWS_BUILD_DIR");
	static uint8_t frame[WIRE_MAX_PAYLOAD];
	char command[2 * PATH_MAX];
	struct state_world *w;
	uint16_t type;
	uint32_t n;
	FILE *f;

	snprintf(command, sizeof(command), "'%s/tests/support/scap_pipe' '%s' 2>/dev/null",
		 build != NULL ? build : "build", capture);
	f = popen(command, "r");
	if (f == NULL || state_world_new(&w) < 0)
		abort();
	while (fread(&type, sizeof(type), 1, f) == 1 && fread(&n, sizeof(n), 1, f) == 1 &&
	       n <= sizeof(frame) && fread(frame, 1, n, f) == n) {
		w->has_event = false;
		state_world_frame(w, type, span_of(frame, n));
		if (w->has_event)
			detect(r, o, &w->event);
	}
	state_world_free(w);
	return pclose(f) == 0;
}

/* ---- assertions ---- */

static bool problem_is(const struct rule_problem *p, const json_t *want)
{
	const char *code = case_text(want, "Code"), *type = case_text(want, "ItemType");
	const char *name = case_text(want, "ItemName"), *message = case_text(want, "Message");
	bool there = type == NULL && name == NULL;

	for (unsigned i = 0; i < p->ncontext; i++)
		there |= (type == NULL || strcmp(p->context[i].type, type) == 0) &&
			 (name == NULL || span_is(p->context[i].name, name));
	return there && (code == NULL || strcmp(rule_problem_name(p->code), code) == 0) &&
	       (message == NULL || strstr(p->diag.message, message) != NULL);
}

static unsigned count_problems(const struct outcome *o, bool errors, const json_t *want)
{
	unsigned n = 0;

	for (unsigned i = 0; i < o->load.nfiles; i++)
		for (unsigned j = 0; j < o->load.files[i].nproblems; j++) {
			const struct rule_problem *p = &o->load.files[i].problems[j];

			n += rule_problem_is_error(p->code) == errors && problem_is(p, want);
		}
	return n;
}

/* How many a detections or problems assertion is about. */
static bool counted(const struct outcome *o, const json_t *a, unsigned *ret)
{
	const json_t *d = json_object_get(a, "detections");
	const json_t *errors = json_object_get(a, "validation_errors");
	const json_t *warnings = json_object_get(a, "validation_warnings");
	const char *priority = case_text(d, "Priority");

	if (errors != NULL)
		*ret = count_problems(o, true, errors);
	else if (warnings != NULL)
		*ret = count_problems(o, false, warnings);
	else if (json_object_get(d, "any") != NULL)
		*ret = o->detections;
	else if (case_text(d, "Rule") != NULL)
		*ret = (unsigned)json_integer_value(
			json_object_get(o->by_rule, case_text(d, "Rule")));
	else if (priority != NULL)
		for (unsigned i = 0; i < 8; i++)
			*ret = strcmp(priorities[i], priority) == 0 ? o->by_priority[i] : *ret;
	else
		return false;
	return true;
}

/* A pattern in back quotes, of what is printed. */
static bool text_matches(const struct outcome *o, const char *pattern)
{
	size_t n = strlen(pattern);
	char *copy;
	regex_t re;
	bool ok;

	if (n < 2 || pattern[0] != '`' || pattern[n - 1] != '`')
		return false;
	copy = strndup(pattern + 1, n - 2);
	if (copy == NULL || regcomp(&re, copy, REG_EXTENDED | REG_NOSUB | REG_NEWLINE) != 0)
		abort();
	ok = regexec(&re, o->text, 0, NULL, 0) == 0;
	regfree(&re);
	free(copy);
	return ok;
}

enum answer { HOLDS, FAILS, NOT_OURS };

static enum answer answer_of(bool ok)
{
	return ok ? HOLDS : FAILS;
}

static enum answer check_count(const char *how, const json_t *a, unsigned n)
{
	if (strcmp(how, "NotZero") == 0 || strcmp(how, "NotNil") == 0)
		return answer_of(n > 0);
	if (strcmp(how, "Zero") == 0 || strcmp(how, "Nil") == 0)
		return answer_of(n == 0);
	if (strcmp(how, "Equal") == 0)
		return answer_of(n == (unsigned)json_integer_value(json_object_get(a, "value")));
	return NOT_OURS;
}

static enum answer check_text(const char *how, const json_t *expr, const struct outcome *o)
{
	const char *first = json_string_value(json_array_get(expr, 0));
	const char *second = json_string_value(json_array_get(expr, 1));

	if (first != NULL && strcmp(first, "res.RuleValidation().At(0).Successful") == 0)
		return answer_of(o->load.nfiles > 0 && o->load.files[0].successful);
	if (second == NULL || strcmp(second, "res.Stdout()") != 0 || first[0] != '`')
		return NOT_OURS;
	if (strcmp(how, "Regexp") == 0)
		return answer_of(text_matches(o, first));
	return strcmp(how, "NotRegexp") == 0 ? answer_of(!text_matches(o, first)) : NOT_OURS;
}

static enum answer check(const json_t *a, const struct outcome *o)
{
	const char *how = case_text(a, "assert");
	const json_t *expr = json_object_get(a, "expr");
	unsigned n = 0;

	if (json_object_get(a, "process_error") != NULL)
		return answer_of((strcmp(how, "Error") == 0) == o->failed);
	if (json_object_get(a, "exit_code") != NULL)
		return answer_of((json_integer_value(json_object_get(a, "value")) != 0) ==
				 o->failed);
	if (expr != NULL)
		return check_text(how, expr, o);
	return counted(o, a, &n) ? check_count(how, a, n) : NOT_OURS;
}

/* ---- cases ---- */

static enum verdict cannot(char *why, const char *text)
{
	snprintf(why, CASE_WHY, "%s", text);
	return VERDICT_CANNOT;
}

static enum verdict check_all(const json_t *c, const struct outcome *o, char *why)
{
	const json_t *asserts = json_object_get(c, "asserts");

	for (size_t i = 0; i < json_array_size(asserts); i++) {
		json_t *a = json_array_get(asserts, i);
		enum answer answer = check(a, o);
		char *text;

		if (answer == HOLDS)
			continue;
		if (answer == NOT_OURS)
			return cannot(why, "with an assertion in Go");
		text = json_dumps(a, JSON_COMPACT);
		snprintf(why, CASE_WHY, "%s does not hold", text);
		free(text);
		return VERDICT_DIFFERS;
	}
	return VERDICT_AGREES;
}

static enum verdict run_case(const json_t *c, const struct run *r, struct outcome *o, char *why)
{
	char capture[PATH_MAX];
	int err = r->validate ? rulefile_validate(&r->files, &o->load)
			      : rulefile_load(&r->files, &o->load);

	o->failed = err < 0;
	if (r->capture != NULL && !o->failed) {
		if (!find_capture(r->capture, capture, sizeof(capture)))
			return cannot(why, "without its capture");
		if (ruleset_seal(o->load.rules, r->priority) < 0 || !replay(r, o, capture))
			abort();
	}
	return check_all(c, o, why);
}

static void utc(void *ctx, uint64_t seconds, struct format_clock *ret)
{
	(void)ctx;
	*ret = (struct format_clock){ (unsigned)(seconds / 3600 % 24),
				      (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60) };
}

static enum verdict judge_e2e(const json_t *c, char *why)
{
	const json_t *options = json_object_get(c, "options");
	struct run r = { .priority = 7,
			 .format = { .include_output = true,
				     .include_tags = true,
				     .include_fields = true,
				     .hostname = span_str("cases-host"),
				     .local = utc } };
	struct outcome o = { .by_rule = json_object(), .text = calloc(1, TEXT_CAP) };
	enum verdict v = VERDICT_AGREES;
	const char *reason = NULL;

	if (files == NULL)
		load_files();
	if (strncmp(case_text(c, "id"), "TestK8SAudit", 12) == 0)
		reason = "with a plugin";
	for (size_t i = 0; reason == NULL && i < json_array_size(options); i++)
		reason = take_option(&r, json_array_get(options, i));
	if (reason == NULL && r.files.count == 0)
		reason = "of falco's own command line";
	v = reason != NULL ? cannot(why, reason) : run_case(c, &r, &o, why);
	rulefile_release(&o.load);
	for (unsigned i = 0; i < r.files.count; i++) {
		unlink(r.files.item[i]);
		free(r.files.item[i]);
	}
	json_decref(o.by_rule);
	free(o.text);
	return v;
}

int main(void)
{
	printf("1..1\n");
	case_list_run(1, "e2e", judge_e2e);
	if (files != NULL)
		rmdir(dir);
	json_decref(files);
	return 0;
}
