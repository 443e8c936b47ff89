/* SPDX-License-Identifier: Apache-2.0
 *
 * testfile.c -- see testfile.h.
 */
#include "testfile.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "log.h"

#define PRIORITY_ALL 7

/* ---- which files ---- */

static bool is_listed(const struct conf_list *list, const char *path)
{
	for (unsigned i = 0; i < list->count; i++)
		if (strcmp(list->item[i], path) == 0)
			return true;
	return false;
}

/* PATHS to be loaded; those from which tests are taken are marked. */
struct paths {
	struct conf_list list;
	bool has_tests[CONF_MAX_LIST];
};

static int add_path(struct paths *to, char *path, bool has_tests)
{
	if (to->list.count == CONF_MAX_LIST)
		return -E2BIG;
	to->has_tests[to->list.count] = has_tests;
	to->list.item[to->list.count++] = path;
	return 0;
}

/* The file NAME, made by the caller, if it is there and nobody names it. */
static int add_made(struct testfile *t, const struct conf_list *files, char *name, bool has_tests,
		    struct paths *to)
{
	int err = access(name, F_OK) == -1 || is_listed(files, name) || is_listed(&to->list, name)
			  ? 1
			  : add_path(to, name, has_tests);

	if (err == 0)
		t->made[t->nmade++] = name;
	else
		free(name);
	return err < 0 ? err : 0;
}

/* Where ".yaml" or ".yml" begins; NULL. */
static const char *suffix_of(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot != NULL && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0) ? dot : NULL;
}

/* Behind NAME.yaml, NAME_test.yaml. */
static int add_tests(struct testfile *t, const struct conf_list *files, const char *path,
		     struct paths *to)
{
	const char *dot = suffix_of(path);
	char *name;

	if (dot == NULL)
		return 0;
	if (asprintf(&name, "%.*s_test%s", (int)(dot - path), path, dot) == -1)
		return -ENOMEM;
	return add_made(t, files, name, true, to);
}

/* Before NAME_test.yaml, NAME.yaml. */
static int add_rules(struct testfile *t, const struct conf_list *files, const char *path,
		     struct paths *to)
{
	const char *dot = suffix_of(path);
	char *name;

	if (dot == NULL || dot - path < 5 || strncmp(dot - 5, "_test", 5) != 0)
		return 0;
	if (asprintf(&name, "%.*s%s", (int)(dot - path) - 5, path, dot) == -1)
		return -ENOMEM;
	return add_made(t, files, name, false, to);
}

static int list_paths(struct testfile *t, const struct conf_list *rules,
		      const struct conf_list *files, struct paths *ret)
{
	int err = 0;

	ret->list.count = 0;
	for (unsigned i = 0; err == 0 && i < rules->count; i++)
		err = add_path(ret, rules->item[i], false);
	for (unsigned i = 0; err == 0 && i < files->count; i++) {
		if (rules->count == 0)
			err = add_rules(t, files, files->item[i], ret);
		if (err == 0)
			err = add_path(ret, files->item[i], true);
		if (err == 0)
			err = add_tests(t, files, files->item[i], ret);
	}
	return err;
}

/* ---- tests ---- */

static int read_tests(struct testfile *t, const struct paths *paths)
{
	int err = ruletests_new(&t->tests), bad = 0;

	for (unsigned i = 0; err == 0 && i < t->load.nfiles; i++) {
		if (!paths->has_tests[t->load.files[i].path])
			continue;
		err = ruletests_read(t->tests, t->load.files[i].file, t->load.rules);
		if (err == -EINVAL) {
			bad = err;
			err = 0;
		}
	}
	return err < 0 ? err : bad;
}

static int hide(struct testfile *t, const struct pool_vec *disabled)
{
	int err = 0;

	for (unsigned i = 0; err == 0 && i < disabled->n; i++)
		err = ruletest_stage_hide(t->stage, ((const struct span *)disabled->items)[i]);
	return err;
}

/* Names of the rules that are disabled as the files have it. */
static int list_disabled(struct testfile *t, struct pool_vec *ret)
{
	struct pool *pool = ruletests_pool(t->tests);

	for (unsigned i = 0; i < ruleset_count(t->load.rules); i++) {
		const struct ruleset_rule *rule = ruleset_rule(t->load.rules, i);
		struct span *slot = rule->enabled ? NULL : pool_push(pool, ret, sizeof(*slot));

		if (rule->enabled)
			continue;
		if (slot == NULL)
			return -ENOMEM;
		*slot = pool_copy(pool, rule->name);
	}
	return 0;
}

/* Disabled rules of which tests speak are tried for these. */
static int make_stage(struct testfile *t)
{
	struct pool_vec disabled = { 0 };
	struct span enabling;
	uint64_t seed;
	int err = list_disabled(t, &disabled);

	if (err < 0)
		return err;
	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		return -errno;
	enabling = ruletests_enabling(t->tests, t->load.rules);
	if (enabling.n > 0)
		err = rulefile_add_text(&t->load, "rules that tests speak of", enabling);
	if (err == 0)
		err = ruleset_seal(t->load.rules, PRIORITY_ALL);
	if (err == 0)
		ruleset_match_other_paths(t->load.rules, true);
	if (err == 0)
		err = ruletest_stage_new(t->load.rules, seed, &t->stage);
	return err < 0 ? err : hide(t, &disabled);
}

/* ---- together ---- */

static int failed(int code, char why[static 256], const char *text, const char *detail)
{
	snprintf(why, 256, "%s%s%s", text, detail == NULL ? "" : ": ",
		 detail == NULL ? "" : detail);
	return code;
}

static int no_tests(const struct conf_list *files, FILE *err, char why[static 256])
{
	char name[128];

	log_escape(name, sizeof(name), files->item[0]);
	fprintf(err,
		"no test in '%s'%s: a test is an item `- test: NAME`, see mews-rule-tests(5)\n",
		name, files->count > 1 ? " and the other files" : "");
	return failed(EXIT_INPUT, why, "no test in any file", NULL);
}

int testfile_load(const struct conf_list *rules, const struct conf_list *files, FILE *err,
		  struct testfile *ret, char why[static 256])
{
	struct paths paths;
	int code;

	*ret = (struct testfile){ .tests = NULL };
	code = list_paths(ret, rules, files, &paths);
	if (code == 0)
		code = rulefile_load(&paths.list, &ret->load);
	rulefile_print(&ret->load, false, err);
	if (code == -EINVAL)
		return failed(EXIT_INPUT, why, "the rules are broken", NULL);
	if (code == 0)
		code = read_tests(ret, &paths);
	if (ret->tests != NULL) {
		const struct rule_problems *p = ruletests_problems(ret->tests);

		rulefile_print_problems(p->list.items, p->list.n, true, err);
	}
	if (code == -EINVAL)
		return failed(EXIT_INPUT, why, "the tests are broken", NULL);
	if (code == 0 && ruletests_count(ret->tests) == 0)
		return no_tests(files, err, why);
	if (code == 0)
		code = make_stage(ret);
	if (code == 0)
		return 0;
	fprintf(err, "cannot load rules and tests: %s\n", strerror(-code));
	return failed(code == -E2BIG ? EXIT_INPUT : EXIT_HOST, why, "cannot load rules and tests",
		      strerror(-code));
}

void testfile_release(struct testfile *t)
{
	ruletest_stage_free(t->stage);
	ruletests_free(t->tests);
	rulefile_release(&t->load);
	for (unsigned i = 0; i < t->nmade; i++)
		free(t->made[i]);
}
