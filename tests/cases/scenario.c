/* SPDX-License-Identifier: Apache-2.0
 *
 * scenario.c -- see scenario.h.
 */
#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>

#include "case_value.h"
#include "scenario_call.h"

#define BY_HAND "tests/data/scenarios.json"

/* All scenarios, by id; our own words for them, by id too. */
static json_t *scenarios, *by_hand;

/* The one that runs. */
static struct {
	char *id;
	const json_t *steps, *hand;
	size_t at;
	bool is_open;
	char why[CASE_WHY]; /* it cannot go on */
	struct state_world *world;
} run;

/* ---- the files ---- */

static void load(void)
{
	json_t *list = case_list_load("scenarios.jsonl");

	scenarios = json_object();
	for (size_t i = 0; i < json_array_size(list); i++)
		json_object_set(scenarios, case_text(json_array_get(list, i), "id"),
				json_array_get(list, i));
	json_decref(list);
	by_hand = json_load_file(BY_HAND, 0, NULL);
}

/* Ids may have a remark behind them, in parentheses. */
static const json_t *by_id(const json_t *all, const char *id)
{
	const json_t *found = json_object_get(all, id);
	const char *blank = strchr(id, ' ');

	if (found == NULL && blank != NULL)
		found = json_object_getn(all, id, (size_t)(blank - id));
	return found;
}

const json_t *scenario_steps(const char *id)
{
	const json_t *s;

	if (scenarios == NULL)
		load();
	s = by_id(scenarios, id);
	if (s == NULL)
		s = by_id(by_hand, id);
	return json_object_get(s, "steps");
}

/* ---- steps ---- */

static void cannot(const char *why)
{
	if (run.why[0] == '\0')
		snprintf(run.why, sizeof(run.why), "%s", why);
}

/* Threads come before the inspector is open, events behind it. */
static void ensure_open(void)
{
	if (!run.is_open)
		cannot("with a set-up in C++");
}

static void do_call(const json_t *step)
{
	const char *name = case_text(step, "name");

	if (strcmp(name, "open_inspector") == 0)
		run.is_open = true;
	else if (strncmp(name, "add_", 4) != 0)
		ensure_open();
	if (run.why[0] != '\0')
		return;
	if (call_run(run.world, name, json_object_get(step, "args")) == CALL_UNKNOWN)
		cannot("with a call in C++");
}

static unsigned code_of(const char *symbol)
{
	static const struct {
		const char *name;
		unsigned code;
	} symbols[] = {
#define EVENT(code, sym, ...) { "PPME_" #sym, code },
#include "event.def"
#undef EVENT
	};

	for (size_t i = 0; symbol != NULL && i < ARRAY_LEN(symbols); i++)
		if (strcmp(symbols[i].name, symbol) == 0)
			return symbols[i].code;
	return EVENT_CODE_COUNT;
}

/* A number of the step, or what we know of it. */
static bool step_number(const json_t *step, const json_t *hand, const char *key, int64_t *ret)
{
	const json_t *v = json_object_get(hand, key);
	const char *text;

	if (v == NULL)
		v = json_object_get(step, key);
	if (json_is_integer(v)) {
		*ret = json_integer_value(v);
		return true;
	}
	text = json_string_value(json_object_get(v, "v"));
	if (text == NULL)
		text = json_string_value(json_object_get(v, "const"));
	return text != NULL && case_number(text, FLAG_TABLE_NONE, ret);
}

static bool fill_params(const json_t *step, const json_t *hand, struct raw_event *ev)
{
	const struct event_info *info = event_info(ev->code);
	const json_t *params = json_object_get(step, "params");
	const json_t *known = json_object_get(hand, "params");
	char key[16];

	for (size_t i = 0; i < json_array_size(params) && i < EVENT_MAX_PARAMS; i++) {
		const json_t *v;

		snprintf(key, sizeof(key), "%zu", i);
		v = json_object_get(known, key);
		if (v == NULL)
			v = json_array_get(params, i);
		if (i >= info->nparams || !case_param(v, &info->params[i], params, &ev->params[i]))
			return false;
		ev->nparams = (uint8_t)(i + 1);
	}
	return true;
}

/* The parameters that the step has emptied: their numbers, or nobody knows. */
static bool empty_params(const json_t *step, const json_t *hand, struct raw_event *ev)
{
	const char *set = case_text(hand, "empty_params_set");
	char *end;

	if (set == NULL)
		set = case_text(step, "empty_params_set");
	while (set != NULL && *set != '\0') {
		unsigned long i = strtoul(set, &end, 10);

		if (end == set || i >= ev->nparams)
			return false;
		ev->params[i] = (struct param){ .kind = PARAM_EMPTY };
		set = end + strspn(end, ", {}");
	}
	return true;
}

static void do_event(const json_t *step, const json_t *hand)
{
	struct raw_event ev = { .pid = -1 };

	ensure_open();
	ev.code = (uint16_t)code_of(case_text(step, "type"));
	if (run.why[0] != '\0')
		return;
	if (ev.code == EVENT_CODE_COUNT || !step_number(step, hand, "tid", &ev.tid) ||
	    !fill_params(step, hand, &ev) || !empty_params(step, hand, &ev)) {
		cannot("with an event in C++");
		return;
	}
	if (state_world_event(run.world, &ev) < 0)
		cannot("with an event that is refused");
}

static void do_user(const json_t *step)
{
	struct user_frame u = { .name = span_str(case_text(step, "name")),
				.home = span_str(case_text(step, "home")),
				.shell = span_str(case_text(step, "shell")),
				.gone = json_is_true(json_object_get(step, "gone")) };

	u.uid = u.gid = (uint32_t)json_integer_value(json_object_get(step, "uid"));
	if (state_world_user(run.world, &u) < 0)
		cannot("with a user that is refused");
}

/* A change of a thread that the scenario makes in its own memory: as a snapshot. */
static void do_task(const json_t *step)
{
	const struct mirror_process *p;
	struct task_frame t = { 0 };
	int64_t tid = json_integer_value(json_object_get(step, "tid"));
	const json_t *v;

	p = mirror_process_by_tid(run.world->mirror, tid);
	if (p != NULL)
		t.info = p->info;
	t.info.tid = tid;
	if ((v = json_object_get(step, "uid")) != NULL)
		t.info.uid = (uint64_t)json_integer_value(v);
	if ((v = json_object_get(step, "loginuid")) != NULL)
		t.info.loginuid = (uint64_t)json_integer_value(v);
	if ((v = json_object_get(step, "exepath")) != NULL)
		t.info.exepath = case_json_bytes(v);
	if (state_world_task(run.world, &t) < 0)
		cannot("with a thread that is refused");
}

static void do_step(const json_t *step, const json_t *hand)
{
	const char *op = case_text(step, "op");

	if (strcmp(op, "call") == 0)
		do_call(step);
	else if (strcmp(op, "event") == 0)
		do_event(step, hand);
	else if (strcmp(op, "user") == 0)
		do_user(step);
	else if (strcmp(op, "task") == 0)
		do_task(step);
	/* checks are asked for from outside, C++ that says nothing is passed over */
}

static void next_step(void)
{
	const json_t *hand, *ours;
	char key[24];
	bool whole;

	snprintf(key, sizeof(key), "%zu", run.at);
	hand = json_object_get(run.hand, key);
	whole = json_is_array(hand);
	ours = whole ? hand : json_object_get(hand, "before");
	for (size_t i = 0; i < json_array_size(ours); i++)
		do_step(json_array_get(ours, i), NULL);
	if (!whole)
		do_step(json_array_get(run.steps, run.at), hand);
	run.at++;
}

/* ---- a scenario ---- */

void scenario_release(void)
{
	state_world_free(run.world);
	free(run.id);
	memset(&run, 0, sizeof(run));
	case_values_clear();
}

/* What the fixture of these suites has done before the first step. */
static void set_up(const char *id)
{
	const char *suite = case_text(by_id(scenarios, id), "suite");

	if (suite == NULL || strcmp(suite, "sinsp_formatter_test") != 0)
		return;
	if (call_run(run.world, "add_default_init_thread", NULL) != CALL_DONE ||
	    call_run(run.world, "open_inspector", NULL) != CALL_DONE)
		abort();
	run.is_open = true;
}

static bool start(const char *id, const json_t *steps)
{
	scenario_release();
	run.id = strdup(id);
	run.steps = steps;
	run.hand = by_id(by_hand, id);
	if (case_text(run.hand, "cannot") != NULL)
		cannot(case_text(run.hand, "cannot"));
	if (run.id == NULL || state_world_new(&run.world) < 0 || state_world_begin(run.world) < 0)
		return false;
	set_up(id);
	return true;
}

struct state_world *scenario_at(const char *id, size_t step, char *why)
{
	const json_t *steps = scenario_steps(id);

	if (steps == NULL) {
		snprintf(why, CASE_WHY, "of a scenario that is not there");
		return NULL;
	}
	if (run.id == NULL || strcmp(run.id, id) != 0 || run.at > step)
		if (!start(id, steps))
			abort();
	while (run.why[0] == '\0' && run.at < step && run.at < json_array_size(steps))
		next_step();
	if (run.why[0] == '\0')
		return run.world;
	snprintf(why, CASE_WHY, "%s", run.why);
	return NULL;
}

bool scenario_call(struct state_world *w, const char *name, const json_t *args)
{
	return call_run(w, name, args) != CALL_UNKNOWN;
}
