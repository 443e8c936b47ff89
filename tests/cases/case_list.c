/* SPDX-License-Identifier: Apache-2.0
 *
 * case_list.c -- see case_list.h.
 */
#include "case_list.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REASONS_MAX = 32 };

struct tally {
	unsigned all, agree, argued, cannot;
	unsigned nreasons;
	struct {
		char *why;
		unsigned n;
	} reasons[REASONS_MAX];
};

const char *case_dir(void)
{
	const char *dir = getenv("MEWS_CASES");

	return dir != NULL ? dir : "../shared/compat/cases";
}

const char *case_text(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

json_t *case_list_load(const char *file)
{
	char path[PATH_MAX], *line = NULL;
	json_t *all = json_array();
	size_t cap = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", case_dir(), file);
	f = fopen(path, "r");
	if (f == NULL) {
		json_decref(all);
		return NULL;
	}
	while (getline(&line, &cap, f) > 0)
		json_array_append_new(all, json_loads(line, JSON_ALLOW_NUL, NULL));
	free(line);
	fclose(f);
	return all;
}

/* ---- differences that are argued ---- */

static char *differences;

static void differences_load(void)
{
	static const char *const places[] = { "docs/falco-differences.md",
					      "../docs/falco-differences.md" };
	size_t cap = 1 << 20, n;
	FILE *f = NULL;

	differences = calloc(1, cap);
	for (unsigned i = 0; f == NULL && i < 2; i++)
		f = fopen(places[i], "r");
	if (f == NULL)
		return;
	n = fread(differences, 1, cap - 1, f);
	differences[n] = '\0';
	fclose(f);
}

/* ID as a whole word: "#1" is not in "#12". */
static bool is_argued(const char *id)
{
	const char *at;

	if (differences == NULL)
		differences_load();
	if (id == NULL || *id == '\0')
		return false;
	for (at = strstr(differences, id); at != NULL; at = strstr(at + 1, id))
		if (strchr("0123456789", at[strlen(id)]) == NULL || at[strlen(id)] == '\0')
			return true;
	return false;
}

/* ---- the count ---- */

static void add_reason(struct tally *t, const char *why)
{
	unsigned i = 0;

	while (i < t->nreasons && strcmp(t->reasons[i].why, why) != 0)
		i++;
	if (i == REASONS_MAX)
		i--; /* the last stands for all others */
	else if (i == t->nreasons) {
		t->reasons[i].why = strdup(why);
		t->nreasons++;
	}
	t->reasons[i].n++;
}

static void judge_one(struct tally *t, const char *name, case_judge *judge, const json_t *c)
{
	const char *id = case_text(c, "id") != NULL ? case_text(c, "id") : case_text(c, "name");
	char why[CASE_WHY] = "";

	switch (c == NULL ? VERDICT_DIFFERS : judge(c, why)) {
	case VERDICT_AGREES:
		t->all++;
		t->agree++;
		break;
	case VERDICT_DIFFERS:
		t->all++;
		if (is_argued(id)) {
			t->argued++;
			break;
		}
		printf("# %s: %s differs: %s\n", name, id != NULL ? id : "?", why);
		break;
	case VERDICT_CANNOT:
		printf("# %s: %s cannot run: %s\n", name, id != NULL ? id : "?", why);
		t->cannot++;
		add_reason(t, why);
		break;
	}
}

static void print_tally(const struct tally *t, const char *name)
{
	printf("cases %s: %u of %u agree", name, t->agree, t->all);
	if (t->argued > 0)
		printf(", %u argued", t->argued);
	if (t->cannot > 0)
		printf("; %u cannot run", t->cannot);
	for (unsigned i = 0; i < t->nreasons; i++)
		printf("%s %u %s", i == 0 ? ":" : ",", t->reasons[i].n, t->reasons[i].why);
	putchar('\n');
}

bool case_list_run(unsigned number, const char *name, case_judge *judge)
{
	struct tally t = { 0 };
	char file[NAME_MAX];
	json_t *all;
	bool ok;

	snprintf(file, sizeof(file), "%s_cases.jsonl", name);
	all = case_list_load(file);
	if (all == NULL) {
		snprintf(file, sizeof(file), "%s.jsonl", name);
		all = case_list_load(file);
	}
	if (all == NULL) {
		printf("ok %u - cases %s # SKIP no %s in %s\n", number, name, file, case_dir());
		return true;
	}
	for (size_t i = 0; i < json_array_size(all); i++)
		judge_one(&t, name, judge, json_array_get(all, i));
	json_decref(all);
	print_tally(&t, name);
	for (unsigned i = 0; i < t.nreasons; i++)
		free(t.reasons[i].why);
	ok = t.agree + t.argued == t.all;
	printf("%s %u - cases %s\n", ok ? "ok" : "not ok", number, name);
	fflush(stdout);
	return ok;
}
