/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_eval.c -- what a rule set costs: nanoseconds for one event against the
 * official files (-r FILE ...; ../shared/rules by default, else our own), against
 * ten copies of each rule under other names, and the time to load ten thousand
 * generated rules.  The events are a fixed round of opens of many files, most
 * of which trip nothing, by one shell.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "eval_world.h"
#include "rulefile.h"

enum { ROUNDS = 200, FILES = 64, MANY = 10000, REPEATS = 9 };

static struct eval_world world;
static uint64_t sink;

static double seconds(void)
{
	return (double)mono_now().ns / 1e9;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The median of REPEATS rounds, per event. */
static double event_ns(struct ruleset *rs)
{
	static char names[FILES][64];
	double times[REPEATS];

	for (unsigned i = 0; i < FILES; i++)
		snprintf(names[i], sizeof(names[i]), "/%s/lib/part%u/file.%u",
			 i % 3 == 0 ? "usr" : "var", i * 7919 % 97, i);
	for (unsigned r = 0; r < REPEATS; r++) {
		double from = seconds();

		for (unsigned i = 0; i < ROUNDS * FILES; i++) {
			struct ruleset_walk walk;

			world.open.num++;
			world.open.files[0].name = span_str(names[i % FILES]);
			world.open.params[2].s = world.open.files[0].name;
			ruleset_begin(rs, &world.event, &walk);
			while (ruleset_next(rs, &walk) != NULL)
				sink++;
		}
		times[r] = (seconds() - from) * 1e9 / (ROUNDS * FILES);
	}
	qsort(times, REPEATS, sizeof(*times), by_value);
	return times[REPEATS / 2];
}

static void must(int err, const struct rulefile_load *load)
{
	if (err == 0)
		return;
	rulefile_print(load, false, stderr);
	exit(EXIT_FAILURE);
}

/* All of PATHS as one text, each rule COPIES times, under names of their own. */
static char *multiplied(const struct conf_list *paths, unsigned copies, size_t *ret_n)
{
	char *text = NULL, *line = NULL;
	size_t cap = 0;
	FILE *out = open_memstream(&text, ret_n);

	for (unsigned k = 0; k < copies; k++) {
		for (unsigned i = 0; i < paths->count; i++) {
			FILE *in = fopen(paths->item[i], "r");
			bool rule = false;

			if (in == NULL)
				exit(EXIT_FAILURE);
			while (getline(&line, &cap, in) > 0) {
				if (strncmp(line, "- ", 2) == 0)
					rule = strncmp(line, "- rule: ", 8) == 0;
				if (strncmp(line, "- rule: ", 8) == 0) {
					line[strcspn(line, "\n")] = '\0';
					fprintf(out, "%s (%u)\n", line, k);
				} else if (rule || k == 0) {
					fputs(line, out); /* lists and macros once */
				}
			}
			fputs("\n", out);
			fclose(in);
		}
	}
	free(line);
	fclose(out);
	return text;
}

static char *ten_thousand_rules(size_t *ret_n)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_n);

	fprintf(out, "- list: shells\n  items: [ash, bash, csh, ksh, sh, tcsh, zsh, dash]\n"
		     "- macro: spawned\n  condition: evt.type in (execve, execveat)\n"
		     "- macro: opened\n  condition: evt.type in (open, openat, openat2) and "
		     "fd.num >= 0\n");
	for (unsigned i = 0; i < MANY; i++)
		fprintf(out,
			"- rule: rule %u\n  desc: d\n  condition: (opened or spawned) and "
			"fd.name startswith /srv/%u/ and not proc.name in (shells, tool%u) and "
			"proc.pname != parent%u\n  output: file=%%fd.name by %%proc.cmdline\n"
			"  priority: NOTICE\n  tags: [a, b]\n",
			i, i, i % 100, i % 1000);
	fclose(out);
	return text;
}

static struct ruleset *load_text(char *text, size_t n, struct rulefile_load *load)
{
	must(rulefile_load_text("bench.yaml", span_of(text, n), load), load);
	must(ruleset_seal(load->rules, RULE_PRIORITY_DEBUG), load);
	free(text);
	return load->rules;
}

int main(int argc, char **argv)
{
	static const char *const official[] = { "../shared/rules/falco_rules.yaml",
						"../shared/rules/falco-incubating_rules.yaml",
						"../shared/rules/falco-sandbox_rules.yaml" };
	struct conf_list paths = { .count = 0 };
	struct rulefile_load one, ten, many;
	double one_ns, ten_ns, many_s, many_ns;
	bool json = false, named;
	size_t n;
	char *text;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			json = true;
		else if (strcmp(argv[i], "-r") == 0 && i + 1 < argc && paths.count < CONF_MAX_LIST)
			paths.item[paths.count++] = argv[++i];
	}
	named = paths.count > 0;
	for (unsigned i = 0; !named && i < ARRAY_LEN(official); i++)
		if (access(official[i], R_OK) == 0)
			paths.item[paths.count++] = (char *)official[i];
	if (paths.count == 0)
		paths.item[paths.count++] = (char *)"rules/mews_rules.yaml";

	eval_world_init(&world);
	text = multiplied(&paths, 1, &n);
	one_ns = event_ns(load_text(text, n, &one));
	text = multiplied(&paths, 10, &n);
	ten_ns = event_ns(load_text(text, n, &ten));
	text = ten_thousand_rules(&n);
	many_s = seconds();
	load_text(text, n, &many);
	many_s = seconds() - many_s;
	many_ns = event_ns(many.rules);
	if (json)
		printf("{\"event_ns\": %.1f, \"event_10x_ns\": %.1f, \"load_10k_rules_s\": %.3f, "
		       "\"event_10k_ns\": %.1f}\n",
		       one_ns, ten_ns, many_s, many_ns);
	else
		printf("%u rules, %u predicates: %.0f ns an event\n"
		       "%u rules, %u predicates: %.0f ns an event\n"
		       "%u rules, %u predicates: loaded in %.2f s, %.0f ns an event\n",
		       ruleset_count(one.rules), ruleset_predicate_count(one.rules), one_ns,
		       ruleset_count(ten.rules), ruleset_predicate_count(ten.rules), ten_ns,
		       ruleset_count(many.rules), ruleset_predicate_count(many.rules), many_s,
		       many_ns);
	rulefile_release(&one);
	rulefile_release(&ten);
	rulefile_release(&many);
	eval_world_release(&world);
	return sink == UINT64_MAX;
}
