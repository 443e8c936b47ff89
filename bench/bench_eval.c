/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_eval.c -- what rules cost: nanoseconds for one event of a busy machine
 * (event_mix.h) against the official files (-r FILE ...; ../shared/rules by default,
 * else our own); against ten times as many rules, whose names and constants differ;
 * and the time to load ten thousand generated ones.  The processes are known: what
 * is remembered of them is warm.
 *
 * bench-eval [--json] [-r RULES]... [--rounds N [--copies K] [--other-paths]: the events alone, N
 * times, against K times the rules, to be profiled]
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "event_mix.h"
#include "rulefile.h"

enum { ROUNDS = 64, MANY = 10000, REPEATS = 41, COPIES = 10 };

static struct event_mix *mix;
static uint64_t matches;

static double seconds(void)
{
	return (double)mono_now().ns / 1e9;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void evaluate_all(struct ruleset *rs)
{
	for (unsigned i = 0; i < EVENT_MIX_COUNT; i++) {
		struct ruleset_walk walk;

		ruleset_begin(rs, &mix->events[i], &walk);
		while (ruleset_next(rs, &walk) != NULL)
			matches++;
	}
}

struct result {
	double median, best;
};

static struct result event_ns(struct ruleset *rs)
{
	double times[REPEATS];

	evaluate_all(rs);
	for (unsigned r = 0; r < REPEATS; r++) {
		double from = seconds();

		for (unsigned i = 0; i < ROUNDS; i++)
			evaluate_all(rs);
		times[r] = (seconds() - from) * 1e9 / (ROUNDS * EVENT_MIX_COUNT);
	}
	qsort(times, REPEATS, sizeof(*times), by_value);
	return (struct result){ times[REPEATS / 2], times[0] };
}

static void must(int err, const struct rulefile_load *load)
{
	if (err == 0)
		return;
	rulefile_print(load, false, stderr);
	exit(EXIT_FAILURE);
}

/* ---- the same rules with other constants ---- */

/* Is what FIELD is compared with a name of something on the machine? */
static bool is_a_name(struct span field)
{
	static const char *const prefixes[] = {
		"proc.",	"fs.path.",	   "fd.name",	      "fd.directory",
		"fd.filename",	"container.image", "user.name",	      "evt.arg.name",
		"evt.arg.path", "evt.arg.newpath", "evt.arg.oldpath", "fd.sip.name"
	};

	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
		if (span_starts(field, span_str(prefixes[i])))
			return true;
	return false;
}

/* ... or a number, or a truth? */
static bool is_a_number(const struct operand *o)
{
	return o->kind == OPERAND_VALUE &&
	       ((o->text.n > 0 && o->text.p[0] >= '0' && o->text.p[0] <= '9') ||
		span_is(o->text, "true") || span_is(o->text, "false"));
}

static struct operand *changed_operand(struct pool *pool, const struct operand *o, unsigned k)
{
	struct operand *copy = pool_get(pool, sizeof(*copy));
	char text[320];
	int n;

	*copy = *o;
	if (o->kind == OPERAND_VALUE) {
		n = snprintf(text, sizeof(text), "%.*s%u", (int)(o->text.n < 240 ? o->text.n : 240),
			     (const char *)o->text.p, k);
		copy->text = pool_copy(pool, span_of(text, (size_t)n));
	}
	if (o->kind == OPERAND_VALUES) {
		copy->items = pool_array(pool, o->n, sizeof(struct operand *));
		for (unsigned i = 0; i < o->n; i++)
			copy->items[i] = changed_operand(pool, o->items[i], k);
	}
	return copy;
}

static struct node *changed_tree(struct pool *pool, const struct node *n, unsigned k)
{
	struct node *copy = pool_get(pool, sizeof(*copy));

	*copy = *n;
	copy->predicate = 0;
	copy->child = pool_array(pool, n->n, sizeof(struct node *));
	for (unsigned i = 0; i < n->n; i++)
		copy->child[i] = changed_tree(pool, n->child[i], k);
	if (n->kind == NODE_CHECK && n->right != NULL && is_a_name(n->left->text) &&
	    n->op != OP_REGEX && !is_a_number(n->right))
		copy->right = changed_operand(pool, n->right, k);
	return copy;
}

static void add_copy(struct ruleset *rs, const struct ruleset_rule *from, unsigned k)
{
	struct pool *pool = ruleset_pool(rs);
	struct ruleset_rule rule = *from;
	struct compile_error error;
	struct diag diag;
	char name[256];
	int n = snprintf(name, sizeof(name), "%.*s (%u)",
			 (int)(rule.name.n < 200 ? rule.name.n : 200), (const char *)rule.name.p,
			 k);

	rule.name = pool_copy(pool, span_of(name, (size_t)n));
	if (output_parse(from->output_text, &rule.output, &diag) < 0 ||
	    ruleset_add(rs, &rule, changed_tree(pool, from->tree, k), &diag, &error) < 0) {
		fprintf(stderr, "bench-eval: %s\n", diag.message);
		exit(EXIT_FAILURE);
	}
}

static void multiply(struct ruleset *rs, unsigned copies)
{
	unsigned n = ruleset_count(rs);

	for (unsigned k = 1; k < copies; k++) {
		for (unsigned i = 0; i < n; i++) {
			struct ruleset_rule from = *ruleset_rule(rs, i);

			add_copy(rs, &from, k);
		}
	}
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

/* ---- the table ---- */

struct row {
	const char *what;
	unsigned rules, predicates;
	struct result ns;
	double load_s;
};

/* The same events, the third of them by two paths. */
static struct row measure_other_paths(struct rulefile_load *load)
{
	struct row row = { .what = "with other paths" };

	ruleset_match_other_paths(load->rules, true);
	row.rules = ruleset_count(load->rules);
	row.predicates = ruleset_predicate_count(load->rules);
	row.ns = event_ns(load->rules);
	return row;
}

static struct row measure(const char *what, struct rulefile_load *load, double from)
{
	struct row row = { .what = what };

	must(ruleset_seal(load->rules, RULE_PRIORITY_DEBUG), load);
	row.load_s = seconds() - from;
	row.rules = ruleset_count(load->rules);
	row.predicates = ruleset_predicate_count(load->rules);
	row.ns = event_ns(load->rules);
	return row;
}

static void print_rows(const struct row *rows, unsigned n)
{
	printf("one event of the mix; %u rounds of %u events\n\n%-28s %8s %11s %10s %10s %9s\n",
	       REPEATS * ROUNDS, EVENT_MIX_COUNT, "", "rules", "predicates", "median ns", "best ns",
	       "load s");
	for (unsigned i = 0; i < n; i++)
		printf("%-28s %8u %11u %10.1f %10.1f %9.3f\n", rows[i].what, rows[i].rules,
		       rows[i].predicates, rows[i].ns.median, rows[i].ns.best, rows[i].load_s);
}

struct options {
	bool json, other_paths;
	unsigned rounds, copies;
	struct conf_list paths;
};

static void parse_options(int argc, char **argv, struct options *o)
{
	static const char *const official[] = { "../shared/rules/falco_rules.yaml",
						"../shared/rules/falco-incubating_rules.yaml",
						"../shared/rules/falco-sandbox_rules.yaml" };

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			o->json = true;
		else if (strcmp(argv[i], "--other-paths") == 0)
			o->other_paths = true;
		else if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc)
			o->rounds = (unsigned)strtoul(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--copies") == 0 && i + 1 < argc)
			o->copies = (unsigned)strtoul(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "-r") == 0 && i + 1 < argc &&
			 o->paths.count < CONF_MAX_LIST)
			o->paths.item[o->paths.count++] = argv[++i];
	}
	if (o->paths.count > 0)
		return;
	for (unsigned i = 0; i < ARRAY_LEN(official); i++)
		if (access(official[i], R_OK) == 0)
			o->paths.item[o->paths.count++] = (char *)official[i];
	if (o->paths.count == 0)
		o->paths.item[o->paths.count++] = (char *)"rules/mews_rules.yaml";
}

int main(int argc, char **argv)
{
	static struct options o;
	static struct rulefile_load one, ten, many;
	struct row rows[4];
	double from;
	size_t n;
	char *text;

	parse_options(argc, argv, &o);
	mix = event_mix_new();
	from = seconds();
	must(rulefile_load(&o.paths, &one), &one);
	if (o.rounds > 0) {
		multiply(one.rules, o.copies);
		must(ruleset_seal(one.rules, RULE_PRIORITY_DEBUG), &one);
		ruleset_match_other_paths(one.rules, o.other_paths);
		for (unsigned i = 0; i < o.rounds; i++)
			evaluate_all(one.rules);
		return EXIT_SUCCESS;
	}
	rows[0] = measure("the rules", &one, from);

	from = seconds();
	must(rulefile_load(&o.paths, &ten), &ten);
	multiply(ten.rules, COPIES);
	rows[1] = measure("ten times, other constants", &ten, from);

	text = ten_thousand_rules(&n);
	from = seconds();
	must(rulefile_load_text("bench.yaml", span_of(text, n), &many), &many);
	rows[2] = measure("generated", &many, from);
	free(text);
	rows[3] = measure_other_paths(&one);

	if (o.json)
		printf("{\"event_ns\": %.1f, \"event_10x_ns\": %.1f, \"load_10k_rules_s\": %.3f, "
		       "\"event_10k_ns\": %.1f, \"event_other_paths_ns\": %.1f}\n",
		       rows[0].ns.median, rows[1].ns.median, rows[2].load_s, rows[2].ns.median,
		       rows[3].ns.median);
	else
		print_rows(rows, ARRAY_LEN(rows));
	rulefile_release(&one);
	rulefile_release(&ten);
	rulefile_release(&many);
	event_mix_free(mix);
	return EXIT_SUCCESS;
}
