/* SPDX-License-Identifier: Apache-2.0
 *
 * A set of rules at an event: which rules, in which order, and that what rules
 * share is there once.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>

#include "eval_world.h"
#include "gapalert.h"
#include "parse.h"

static struct eval_world world;
static struct ruleset *rules;
static struct diag diag;

static void setup(void)
{
	eval_world_init(&world);
	cr_assert(eq(int, ruleset_new(64 * 1024 * 1024, &rules), 0));
}

static void teardown(void)
{
	ruleset_free(rules);
	eval_world_release(&world);
}

TestSuite(ruleset, .init = setup, .fini = teardown);

static void add(const char *name, const char *condition, unsigned priority, bool enabled)
{
	struct ruleset_rule rule = { .ordinal = ruleset_count(rules),
				     .priority = (uint8_t)priority,
				     .enabled = enabled,
				     .name = span_str(name),
				     .source = span_str("syscall") };
	struct compile_error error;
	struct node *tree;

	cr_assert(eq(
		int,
		parse_condition(span_str(condition), 1000, ruleset_pool(rules), &tree, &diag, NULL),
		0));
	cr_assert(eq(int, output_parse(span_str("file=%fd.name"), &rule.output, &diag), 0));
	cr_assert(eq(int, ruleset_add(rules, &rule, tree, &diag, &error), 0));
}

/* The names of the rules that the event trips, with blanks between. */
static const char *tripped(void)
{
	static char names[256];
	const struct ruleset_rule *rule;
	struct ruleset_walk walk;

	names[0] = '\0';
	ruleset_begin(rules, &world.event, &walk);
	while ((rule = ruleset_next(rules, &walk)) != NULL) {
		strncat(names, (const char *)rule->name.p, sizeof(names) - strlen(names) - 2);
		strcat(names, " ");
	}
	return names;
}

Test(ruleset, rules_are_tripped_in_load_order)
{
	add("b", "evt.type = openat and proc.name = bash", 4, true);
	add("off", "evt.type = openat", 4, false);
	add("a", "fd.name = /etc/shadow", 4, true);
	add("no", "evt.type = openat and proc.name = zsh", 4, true);
	cr_assert(eq(int, ruleset_seal(rules, RULE_PRIORITY_DEBUG), 0));
	cr_assert_str_eq(tripped(), "b a ");
	cr_assert_str_eq(tripped(), "b a "); /* what is remembered is forgotten */
	cr_assert(eq(uint, ruleset_evaluated_count(rules), 3));
}

Test(ruleset, what_is_remembered_is_of_one_event_only)
{
	add("x", "fd.name = /etc/shadow", 4, true);
	cr_assert(eq(int, ruleset_seal(rules, RULE_PRIORITY_DEBUG), 0));
	cr_assert_str_eq(tripped(), "x ");
	world.open.files[0].name = span_str("/etc/passwd");
	cr_assert_str_eq(tripped(), "");
	world.open.files[0].name = span_str("/etc/shadow");
	cr_assert_str_eq(tripped(), "x ");
}

Test(ruleset, a_rule_is_tried_with_the_path_that_the_kernel_has_and_says_so)
{
	struct ruleset_walk walk;
	const struct ruleset_rule *rule;

	add("counts", "util.cnt > 0 and fd.name = /etc/shadow", 4, true);
	add("process", "evt.type = openat and proc.name = bash", 4, true);
	add("x", "fd.name = /etc/shadow", 4, true);
	add("not", "evt.type = openat and fd.filename != link", 4, true);
	cr_assert(eq(int, ruleset_seal(rules, RULE_PRIORITY_DEBUG), 0));
	world.open.files[0].name = span_str("/tmp/link");
	world.open.files[0].resolved = span_str("/etc/shadow");
	cr_assert_str_eq(tripped(), "process ");
	ruleset_match_other_paths(rules, true);
	cr_assert_str_eq(tripped(), "process x not ");

	ruleset_begin(rules, &world.event, &walk);
	rule = ruleset_next(rules, &walk);
	cr_assert(rule != NULL && walk.other_path.n == 0);
	rule = ruleset_next(rules, &walk);
	cr_assert(rule != NULL && span_is(rule->name, "x"));
	cr_assert(span_is(walk.other_path, "/etc/shadow"));
	/* the fields are Falco's: an output shows the name */
	cr_assert(span_is(output_message(rule->output, &world.event), "file=/tmp/link"));

	world.open.files[0].name = span_str("/etc/shadow"); /* they are the same */
	cr_assert_str_eq(tripped(), "counts process x not ");
	world.open.files[0].type = FILE_MEMFD; /* whose names are no paths */
	world.open.files[0].name = span_str("a");
	cr_assert_str_eq(tripped(), "process ");
}

Test(ruleset, a_rule_below_the_priority_is_not_evaluated)
{
	add("debug", "evt.type = openat", 7, true);
	add("warning", "evt.type = openat", 4, true);
	cr_assert(eq(int, ruleset_seal(rules, 4), 0));
	cr_assert_str_eq(tripped(), "warning ");
}

Test(ruleset, equal_checks_are_one_predicate)
{
	add("one", "evt.type = openat and proc.name in (bash, sh)", 4, true);
	add("two", "evt.type=openat and not proc.name in (bash,sh)", 4, true);
	add("three", "evt.type == openat", 4, true); /* another spelling, another text */
	cr_assert(eq(uint, ruleset_predicate_count(rules), 3));
	cr_assert(eq(int, ruleset_seal(rules, RULE_PRIORITY_DEBUG), 0));
	cr_assert_str_eq(tripped(), "one three ");
}

Test(ruleset, checks_that_only_look_alike_are_not_shared)
{
	add("a", "concat(\"a,b\", \"c\") = x", 4, true);
	add("b", "concat(\"a\", \"b,c\") = x", 4, true);
	add("c", "join(\"-\", (proc.name)) = bash", 4, true);
	add("d", "join(\"-\", (\"proc.name\")) = bash", 4, true);
	cr_assert(eq(uint, ruleset_predicate_count(rules), 4));
	cr_assert(eq(int, ruleset_seal(rules, RULE_PRIORITY_DEBUG), 0));
	cr_assert_str_eq(tripped(), "c ");
}

Test(ruleset, wants_are_the_events_of_the_rules_in_force)
{
	struct codes codes;
	uint64_t extras;

	add("one", "evt.type = openat", 4, true);
	add("two", "evt.type = connect", 4, false);
	cr_assert(eq(int, ruleset_seal(rules, RULE_PRIORITY_DEBUG), 0));
	ruleset_wants(rules, &codes, &extras);
	cr_assert(codes_has(&codes, EVENT_SYSCALL_OPENAT_2_X));
	cr_assert(codes_has(&codes, EVENT_ASYNCEVENT_E));
	cr_assert_not(codes_has(&codes, EVENT_SOCKET_CONNECT_X));
	cr_assert_not(codes_has(&codes, EVENT_CODE_COUNT + 7));
}

Test(ruleset, a_condition_without_end_is_refused)
{
	static char condition[64];
	struct ruleset_rule rule = { .name = span_str("x") };
	struct pool *pool = ruleset_pool(rules);
	struct compile_error error;
	struct node *tree, *pair;

	/* twenty-four levels of "x or x" of the same node: sixteen million checks */
	strcpy(condition, "proc.name = a or proc.name = b");
	cr_assert(eq(int, parse_condition(span_str(condition), 1000, pool, &tree, &diag, NULL), 0));
	for (unsigned i = 0; i < 24; i++) {
		pair = pool_get(pool, sizeof(*pair));
		pair->kind = NODE_OR;
		pair->n = 2;
		pair->child = pool_array(pool, 2, sizeof(tree));
		pair->child[0] = pair->child[1] = tree;
		tree = pair;
	}
	cr_assert(eq(int, ruleset_add(rules, &rule, tree, &diag, &error), -EINVAL));
	cr_assert_not_null(strstr(diag.message, "too large"));
}

Test(ruleset, gaps_make_one_alert_a_second_and_are_added_up)
{
	struct gap_frame gap = { .cause = GAP_KERNEL_BUFFER, .to_ns = 5, .count = 30 };
	struct gapalert g = { .pending = 0 };
	static struct alert_frame alert;
	struct mono t = { NS_PER_SEC };

	cr_assert_not(gapalert_due(&g, t));
	gapalert_add(&g, &gap);
	gap.cause = GAP_RING;
	gap.count = 12;
	gapalert_add(&g, &gap);
	cr_assert(gapalert_due(&g, t));
	cr_assert(gapalert_make(&g, &world.arena, &alert));
	cr_assert(span_is(alert.message, "Falco internal: syscall event drop. 42 system calls "
					 "dropped in last second."));
	cr_assert(span_is(alert.source, "internal"));
	cr_assert(span_is(alert.fields[1].name, "n_drops"));
	cr_assert(span_is(alert.fields[1].value.s, "42"));
	cr_assert(span_is(alert.fields[2].value.s, "30"));

	gapalert_add(&g, &gap);
	cr_assert_not(gapalert_due(&g, mono_after(t, NS_PER_SEC / 2)));
	cr_assert(gapalert_due(&g, mono_after(t, NS_PER_SEC)));
}
