/* SPDX-License-Identifier: Apache-2.0
 *
 * A set of rules at an event: which rules, in which order, and that what rules
 * share is there once.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>

#include "eval_world.h"
#include "inode_names.h"
#include "parse.h"
#include "support/host_names.h"

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

/* The names of the rules that a walk gives, with blanks between. */
static const char *names_of(struct ruleset_walk walk)
{
	static char names[256];
	const struct ruleset_rule *rule;
	int64_t last = -1;

	names[0] = '\0';
	while ((rule = ruleset_next(rules, &walk)) != NULL) {
		cr_assert(lt(i64, last, ruleset_name(rules, &walk, rule)),
			  "its alert is none that was there");
		last = ruleset_name(rules, &walk, rule);
		strncat(names, (const char *)rule->name.p, sizeof(names) - strlen(names) - 2);
		strcat(names, " ");
	}
	return names;
}

/* Those that the event trips. */
static const char *tripped(void)
{
	struct ruleset_walk walk;

	ruleset_begin(rules, &world.event, &walk);
	return names_of(walk);
}

static uint64_t now_ns;
static char watched[256];

static uint64_t tick(void)
{
	return now_ns += 7;
}

static void took(void *ctx, const struct ruleset_rule *rule, uint64_t ns)
{
	cr_assert(eq(ptr, ctx, &now_ns));
	cr_assert(eq(u64, ns, 7));
	strncat(watched, (const char *)rule->name.p, sizeof(watched) - strlen(watched) - 2);
	strcat(watched, " ");
}

/* The same, each rule looked at; OPEN: whatever may be told. */
static const char *tripped_of_each(unsigned open)
{
	struct ruleset_walk walk;

	ruleset_begin_each(rules, &world.event, open, &walk);
	return names_of(walk);
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

Test(ruleset, the_last_choice_that_fits_a_rule_decides)
{
	static struct rule_choice all[] = {
		{ false, false, (char *)(uintptr_t) "*" },
		{ true, false, (char *)(uintptr_t) "a*c*" },
		{ true, true, (char *)(uintptr_t) "net" },
		{ false, false, (char *)(uintptr_t) "*?" },
		{ false, false, (char *)(uintptr_t) "ac" },
	};
	static const struct span net = { (const uint8_t *)"net", 3 };
	struct ruleset_rule rule = { .ordinal = 3,
				     .priority = 4,
				     .ntags = 1,
				     .tags = &net,
				     .name = span_str("d"),
				     .source = span_str("syscall") };
	struct compile_error error;
	struct node *tree;

	add("abc", "evt.type = openat", 4, false);
	add("ac", "evt.type = openat", 4, true);
	add("b", "evt.type = openat", 4, true);
	cr_assert(eq(int,
		     parse_condition(span_str("evt.type = openat"), 1000, ruleset_pool(rules),
				     &tree, &diag, NULL),
		     0));
	cr_assert(eq(int, output_parse(span_str("o"), &rule.output, &diag), 0));
	cr_assert(eq(int, ruleset_add(rules, &rule, tree, &diag, &error), 0));
	ruleset_choose(rules, &(struct rule_choices){ ARRAY_LEN(all), all });
	cr_assert(eq(int, ruleset_seal(rules, RULE_PRIORITY_DEBUG), 0));
	cr_assert_str_eq(tripped(), "abc d ");
}

Test(ruleset, a_rule_that_the_settings_enable_comes_behind_those_that_were)
{
	static struct rule_choice all[] = {
		{ true, false, (char *)(uintptr_t) "off*" }, /* both, as they were loaded */
		{ true, false, (char *)(uintptr_t) "b" },    /* it is: nothing changes */
		{ false, false, (char *)(uintptr_t) "a" },
		{ false, false, (char *)(uintptr_t) "gone" },
		{ true, false, (char *)(uintptr_t) "a" },
	};

	add("off", "evt.type = openat", 4, false);
	add("a", "evt.type = openat", 4, true);
	add("off too", "evt.type = openat and proc.name = bash", 4, false);
	add("gone", "evt.type = openat", 4, true);
	add("b", "evt.type = openat and fd.name = /etc/shadow", 4, true);
	ruleset_choose(rules, &(struct rule_choices){ ARRAY_LEN(all), all });
	cr_assert(eq(int, ruleset_seal(rules, RULE_PRIORITY_DEBUG), 0));
	cr_assert_str_eq(tripped(), "b off off too a ");
	cr_assert_str_eq(tripped_of_each(0), "b off off too a ");
	cr_assert(span_is(ruleset_rule(rules, 0)->name, "off"), "who lists them has load order");
	cr_assert(eq(uint, ruleset_evaluated_count(rules), 4));
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

Test(ruleset, what_another_path_trips_is_named_behind_all_that_the_name_does)
{
	add("x", "fd.name = /etc/shadow", 4, true);
	add("process", "evt.type = openat and proc.name = bash", 4, true);
	cr_assert(eq(int, ruleset_seal(rules, RULE_PRIORITY_DEBUG), 0));
	ruleset_match_other_paths(rules, true);
	world.open.files[0].name = span_str("/tmp/link");
	world.open.files[0].resolved = span_str("/etc/shadow");
	cr_assert_str_eq(tripped(), "process x ");
}

/* ---- files by their inode ---- */

/* The event: open NAME, whose path is PATH, and whose file INO. */
static void opens(const char *name, const char *path, uint64_t ino, unsigned flags)
{
	struct file_info *f = &world.open.files[0];

	world.open.code = EVENT_SYSCALL_OPENAT_2_X;
	world.event.info = event_info(world.open.code);
	f->name = span_str(name);
	f->resolved = span_str(path);
	f->ino = ino;
	f->dev = 8;
	f->mnt_id = 29;
	f->flags = (uint16_t)flags;
	f->open_flags = 1;
}

/* The event: rename FROM to TO, or (TO is NULL) remove it; done now. */
static void changes(const char *from, const char *to)
{
	struct event_frame open = world.open;
	struct field_event event = world.event;

	world.open.code = to == NULL ? EVENT_SYSCALL_UNLINK_2_X : EVENT_SYSCALL_RENAME_X;
	world.open.nparams = to == NULL ? 2 : 3;
	world.open.params[0].i = 0;
	world.open.params[1] = (struct param){ .kind = PARAM_BYTES, .s = span_str(from) };
	world.open.params[2] = (struct param){ .kind = PARAM_BYTES, .s = span_str(to) };
	world.open.fd = FD_NONE;
	world.open.fd_file = -1;
	world.open.nfiles = 0;
	world.event.info = event_info(world.open.code);
	cr_assert_str_eq(tripped(), "");
	world.open = open;
	world.event = event;
}

/* The event: FROM, below DIR, which is descriptor 3, is renamed to TO by CODE with FLAGS; done now. */
static void changes_below(unsigned code, const char *dir, const char *from, const char *to,
			  unsigned flags)
{
	struct event_frame open = world.open;
	struct field_event event = world.event;

	world.open.code = (uint16_t)code;
	world.open.nparams = code == EVENT_SYSCALL_RENAMEAT2_X ? 6 : 5;
	world.open.params[0].i = 0;
	world.open.params[1] = world.open.params[3] = (struct param){ .kind = PARAM_INT, .i = 3 };
	world.open.params[2] = (struct param){ .kind = PARAM_BYTES, .s = span_str(from) };
	world.open.params[4] = (struct param){ .kind = PARAM_BYTES, .s = span_str(to) };
	world.open.params[5] = (struct param){ .kind = PARAM_INT, .u = flags };
	world.open.fd = FD_NONE;
	world.open.fd_file = -1;
	world.open.nfiles = 1;
	world.open.files[0] =
		(struct file_info){ .fd = 3, .type = FILE_DIRECTORY, .name = span_str(dir) };
	world.event.info = event_info(world.open.code);
	cr_assert_str_eq(tripped(), "");
	world.open = open;
	world.event = event;
}

static void seal_with_shadow(void)
{
	add("x", "evt.type = openat and fd.name in (/etc/shadow, /etc/sudoers)", 4, true);
	add("not", "evt.type = openat and proc.name = zsh and not fd.name = /etc/allowed", 4, true);
	cr_assert(eq(int, ruleset_seal(rules, RULE_PRIORITY_DEBUG), 0));
	ruleset_match_other_paths(rules, true);
}

Test(ruleset, a_file_that_rules_name_is_known_by_its_inode)
{
	struct inode_names *names;
	struct ruleset_walk walk;

	seal_with_shadow();
	names = ruleset_inode_names(rules);
	cr_assert(eq(uint, inode_names_count(names), 2)); /* what is left out is not named */
	cr_assert(span_is(inode_names_at(names, 0), "/etc/shadow"));
	inode_names_learn(names, 0, 8, 100, 29);

	opens("/tmp/x", "/tmp/x", 100, FILE_HARD_LINKED);
	cr_assert_str_eq(tripped(), "x ");
	ruleset_begin(rules, &world.event, &walk);
	cr_assert(ruleset_next(rules, &walk) != NULL);
	cr_assert(span_is(walk.other_path, "/etc/shadow"));

	opens("/tmp/link", "/tmp/x", 100, FILE_HARD_LINKED); /* a link to a link */
	cr_assert_str_eq(tripped(), "x ");
	opens("/tmp/x", "/tmp/x", 100, 0); /* its only name: the number was used again */
	cr_assert_str_eq(tripped(), "");
	world.open.files[0].mnt_id = 30; /* ... or it is mounted there, too */
	cr_assert_str_eq(tripped(), "x ");
	opens("/tmp/x", "/tmp/x", 101, FILE_HARD_LINKED);
	cr_assert_str_eq(tripped(), "");
	opens("/tmp/x", "/tmp/x", 100, FILE_HARD_LINKED);
	world.open.files[0].dev = 9;
	cr_assert_str_eq(tripped(), "");
}

Test(ruleset, whoever_opens_a_file_by_its_name_tells_its_inode)
{
	seal_with_shadow();
	opens("/tmp/x", "/tmp/x", 7, FILE_HARD_LINKED);
	cr_assert_str_eq(tripped(), "");
	opens("/etc/shadow", "/etc/shadow", 7, FILE_HARD_LINKED);
	cr_assert_str_eq(tripped(), "x ");
	opens("/tmp/x", "/tmp/x", 7, FILE_HARD_LINKED);
	cr_assert_str_eq(tripped(), "x ");
	changes("/etc/shadow", NULL);
	cr_assert_str_eq(tripped(), "");
}

Test(ruleset, a_file_that_is_moved_onto_a_name_is_known_by_it)
{
	seal_with_shadow();
	inode_names_learn(ruleset_inode_names(rules), 0, 8, 100, 29);
	opens("/etc/nshadow", "/etc/nshadow", 200, 0);
	world.open.files[0].open_flags = 1 << 2 | 1 << 1; /* to be made */
	cr_assert_str_eq(tripped(), "");
	changes("/etc/nshadow", "/etc/shadow");
	opens("/tmp/x", "/tmp/x", 200, FILE_HARD_LINKED);
	cr_assert_str_eq(tripped(), "x ");
	opens("/tmp/x", "/tmp/x", 100, FILE_HARD_LINKED); /* the old one */
	cr_assert_str_eq(tripped(), "");
	changes("/root/what", "/etc/sudoers"); /* nobody saw it made */
	opens("/tmp/x", "/tmp/x", 200, FILE_HARD_LINKED);
	cr_assert_str_eq(tripped(), "x ");
}

Test(ruleset, files_that_change_places_change_their_names)
{
	seal_with_shadow();
	inode_names_learn(ruleset_inode_names(rules), 0, 8, 100, 29);
	inode_names_learn(ruleset_inode_names(rules), 1, 8, 101, 29);
	changes_below(EVENT_SYSCALL_RENAMEAT2_X, "/etc", "shadow", "sudoers", 2);
	opens("/etc/sudoers", "/etc/sudoers", 100, 0);
	cr_assert(inode_names_is_settled(ruleset_inode_names(rules), &world.open.files[0]));
	opens("/etc/shadow", "/etc/shadow", 101, 0);
	cr_assert(inode_names_is_settled(ruleset_inode_names(rules), &world.open.files[0]));
}

Test(ruleset, a_file_that_takes_the_place_of_one_that_goes_to_its_own_is_known)
{
	static const char *const both[][2] = { { "shadow", "new" }, { "new", "shadow" } };

	for (unsigned i = 0; i < 2; i++) {
		if (i != 0) {
			ruleset_free(rules);
			cr_assert(eq(int, ruleset_new(64 * 1024 * 1024, &rules), 0));
		}
		seal_with_shadow();
		inode_names_learn(ruleset_inode_names(rules), 0, 8, 100, 29);
		opens("/etc/new", "/etc/new", 200, 0);
		world.open.files[0].open_flags = 1 << 2 | 1 << 1; /* to be made */
		cr_assert_str_eq(tripped(), "");
		changes_below(EVENT_SYSCALL_RENAMEAT2_X, "/etc", both[i][0], both[i][1], 2);
		opens("/tmp/x", "/tmp/x", 200, FILE_HARD_LINKED);
		cr_assert_str_eq(tripped(), "x ");
		opens("/tmp/x", "/tmp/x", 100, FILE_HARD_LINKED); /* the old one */
		cr_assert_str_eq(tripped(), "");
	}
}

Test(ruleset, a_file_that_is_moved_onto_a_name_below_an_open_directory_is_known_by_it)
{
	seal_with_shadow();
	inode_names_learn(ruleset_inode_names(rules), 0, 8, 100, 29);
	opens("/etc/new", "/etc/new", 200, 0);
	world.open.files[0].open_flags = 1 << 2 | 1 << 1; /* to be made */
	cr_assert_str_eq(tripped(), "");
	changes_below(EVENT_SYSCALL_RENAMEAT_X, "/etc", "new", "shadow", 0);
	opens("/tmp/x", "/tmp/x", 200, FILE_HARD_LINKED);
	cr_assert_str_eq(tripped(), "x ");
}

Test(ruleset, more_inodes_than_there_is_room_for_take_old_places)
{
	struct inode_names *names;

	seal_with_shadow();
	names = ruleset_inode_names(rules);
	for (uint64_t ino = 1; ino <= 100000; ino++)
		inode_names_learn(names, 0, 8, ino, 29);
	opens("/tmp/x", "/tmp/x", 100000, FILE_HARD_LINKED);
	cr_assert_str_eq(tripped(), "x ");
	opens("/tmp/x", "/tmp/x", 1, FILE_HARD_LINKED);
	cr_assert_str_eq(tripped(), "");
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

Test(ruleset, as_long_as_it_is_open_what_a_container_is_rules_that_ask_may_match)
{
	add("plain", "evt.type = openat and proc.name = bash", 4, true);
	add("image", "evt.type = openat and container.image.repository = nginx", 4, true);
	add("not", "evt.type = openat and not container.name in (a, b)", 4, true);
	add("id", "evt.type = openat and container.id = abc", 4, true);
	add("other", "evt.type = openat and proc.name = zsh and container.privileged = true", 4,
	    true);
	add("code", "evt.type = connect and container.privileged = true", 4, true);
	add("off", "evt.type = openat and container.privileged = true", 4, false);
	cr_assert(eq(int, ruleset_seal(rules, RULE_PRIORITY_DEBUG), 0));
	cr_assert(eq(uint, ruleset_asks(rules), METADATA_CONTAINER));
	cr_assert(eq(uint, ruleset_rule(rules, 0)->asks, 0));
	cr_assert(eq(uint, ruleset_rule(rules, 1)->condition_asks, METADATA_CONTAINER));
	cr_assert(eq(uint, ruleset_rule(rules, 3)->asks, 0), "who it is, the kernel says");

	cr_assert_str_eq(tripped_of_each(METADATA_ALL), "plain image not ");
	cr_assert_str_eq(tripped_of_each(0), tripped());
	cr_assert_str_eq(tripped_of_each(0), "plain not ");
}

Test(ruleset, what_a_runtime_tells_and_what_kubernetes_does_are_asked_for_apart)
{
	add("image", "evt.type = openat and container.image = nginx", 4, true);
	add("pod", "evt.type = openat and k8smeta.pod.name = web", 4, true);
	add("either", "evt.type = openat and k8s.ns.name = shop", 4, true);
	add("both", "evt.type = openat and container.image = nginx and k8smeta.ns.name = shop", 4,
	    true);
	add("runtime", "evt.type = openat and k8s.pod.sandbox_id = abc", 4, true);
	add("nobody", "evt.type = openat and k8smeta.pod.name = web and proc.name = zsh", 4, true);
	cr_assert(eq(int, ruleset_seal(rules, RULE_PRIORITY_DEBUG), 0));
	cr_assert(eq(uint, ruleset_asks(rules), METADATA_ALL));
	cr_assert(eq(uint, ruleset_rule(rules, 1)->asks, METADATA_POD));
	cr_assert(eq(uint, ruleset_rule(rules, 2)->asks, METADATA_EITHER));
	cr_assert(eq(uint, ruleset_rule(rules, 3)->asks, METADATA_CONTAINER | METADATA_POD));
	cr_assert_str_eq(tripped_of_each(METADATA_CONTAINER), "image runtime ");
	cr_assert_str_eq(tripped_of_each(METADATA_POD), "pod ");
	cr_assert_str_eq(tripped_of_each(METADATA_POD | METADATA_EITHER), "pod either ");
	cr_assert_str_eq(tripped_of_each(METADATA_ALL), "image pod either both runtime ");
	cr_assert_str_eq(tripped_of_each(0), "");
}

Test(ruleset, a_rule_that_only_shows_what_a_container_is_asks_in_its_output)
{
	struct ruleset_rule rule = { .name = span_str("shows"),
				     .source = span_str("syscall"),
				     .enabled = true,
				     .priority = 4 };
	struct compile_error error;
	struct node *tree;

	cr_assert(eq(int,
		     parse_condition(span_str("evt.type = openat"), 1000, ruleset_pool(rules),
				     &tree, &diag, NULL),
		     0));
	cr_assert(eq(int, output_parse(span_str("in %container.name"), &rule.output, &diag), 0));
	cr_assert(eq(int, ruleset_add(rules, &rule, tree, &diag, &error), 0));
	cr_assert(eq(int, ruleset_seal(rules, RULE_PRIORITY_DEBUG), 0));
	cr_assert(eq(uint, ruleset_rule(rules, 0)->asks, METADATA_CONTAINER));
	cr_assert(eq(uint, ruleset_rule(rules, 0)->condition_asks, 0));
	cr_assert(eq(uint, ruleset_asks(rules), METADATA_CONTAINER));
}

Test(ruleset, of_each_rule_other_paths_are_tried_too)
{
	add("x", "fd.name = /etc/shadow and container.privileged = true", 4, true);
	cr_assert(eq(int, ruleset_seal(rules, RULE_PRIORITY_DEBUG), 0));
	ruleset_match_other_paths(rules, true);
	cr_assert_str_eq(tripped_of_each(METADATA_ALL), "x ");
	world.open.files[0].name = span_str("/tmp/link");
	cr_assert_str_eq(tripped_of_each(METADATA_ALL), "");
	world.open.files[0].resolved = span_str("/etc/shadow");
	cr_assert_str_eq(tripped_of_each(METADATA_ALL), "x ");
}

Test(ruleset, who_watches_sees_each_rule_that_is_looked_at_and_the_same_ones_match)
{
	struct rule_watch watch = { tick, took, &now_ns };
	const struct ruleset_rule *rule;
	struct ruleset_walk walk;

	add("yes", "evt.type = openat and fd.name = /tmp/link", 4, true);
	add("no", "evt.type = openat and evt.dir = < and fd.name endswith nk2", 4, true);
	add("other", "evt.type = close", 4, true);
	cr_assert(eq(int, ruleset_seal(rules, RULE_PRIORITY_DEBUG), 0));
	world.open.files[0].name = span_str("/tmp/link");
	watched[0] = '\0';
	ruleset_begin_each(rules, &world.event, 0, &walk);
	rule = ruleset_next_watched(rules, &walk, &watch);
	cr_assert(rule != NULL && span_is(rule->name, "yes"));
	cr_assert(ruleset_next_watched(rules, &walk, &watch) == NULL);
	cr_assert_str_eq(watched, "yes no ");
}

static uint64_t mutes_with(const char *condition)
{
	const struct ruleset_rule *why;
	uint64_t mutes;

	teardown();
	setup();
	add("a", "evt.type in (open, openat) and fd.name = /etc/shadow", 0, true);
	add("b", condition, 0, true);
	cr_assert(eq(int, ruleset_seal(rules, RULE_PRIORITY_DEBUG), 0));
	mutes = ruleset_mutes(rules, &why);
	if (mutes == WANT_MUTES)
		cr_assert_not_null(why);
	return mutes;
}

static uint64_t extras_with(const char *condition)
{
	struct codes codes;
	uint64_t extras;

	teardown();
	setup();
	add("a", "evt.type = connect and fd.sport = 80", 0, true);
	add("b", condition, 0, true);
	cr_assert(eq(int, ruleset_seal(rules, RULE_PRIORITY_DEBUG), 0));
	ruleset_wants(rules, &codes, &extras);
	return extras;
}

static bool wants_rare_sockets_only(const char *condition)
{
	return (extras_with(condition) & WANT_RARE_SOCKETS) != 0;
}

Test(ruleset, of_fcntl_few_calls_matter_to_rules_that_look_for_duplicates)
{
	static const struct {
		const char *condition;
		bool rare;
	} cases[] = {
		{ "evt.type = connect", true },
		{ "evt.type = fcntl", false },
		{ "evt.type = fcntl and evt.arg.cmd = F_DUPFD", false }, /* that fail, too */
		{ "evt.type = fcntl and evt.arg.cmd = F_DUPFD and evt.rawres >= 0", true },
		{ "evt.type = fcntl and evt.arg.cmd in (F_DUPFD, F_DUPFD_CLOEXEC) and evt.rawres in (0, 1)",
		  true },
		{ "evt.type = fcntl and evt.arg.cmd in (F_DUPFD, F_SETFL) and evt.rawres >= 0",
		  false },
		{ "evt.type = fcntl and evt.arg.cmd = F_DUPFD and evt.res = EBADF", false },
		{ "evt.type = fcntl and evt.arg.cmd = F_DUPFD and evt.rawres != -4095", false },
		{ "evt.type in (dup, fcntl) and evt.rawres = 0", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		cr_expect_eq((extras_with(cases[i].condition) & WANT_RARE_FCNTLS) != 0,
			     cases[i].rare, "%s", cases[i].condition);
}

Test(ruleset, streams_matter_to_rules_that_may_match_one)
{
	static const struct {
		const char *condition;
		bool rare;
	} cases[] = {
		{ "evt.type = connect", true },
		{ "evt.type = socket and evt.arg.domain contains AF_PACKET", true },
		{ "evt.type = socket and evt.arg[1] = AF_PACKET and proc.name != x", true },
		{ "evt.type = socket and evt.rawarg.domain in (16, 17)", true },
		{ "evt.type in (socket, connect) and fd.sport = 80 and not evt.type = socket",
		  true },
		{ "evt.type = socket", false },
		{ "evt.type = socket and proc.name = x", false },
		{ "evt.type = socket and not evt.arg.domain contains AF_PACKET", false },
		{ "evt.type = socket and evt.arg.domain contains AF_INET6", false },
		{ "evt.type = socket and evt.rawarg.domain in (1, 17)", false },
		{ "evt.type = socket and (evt.arg.domain = AF_PACKET or evt.arg.proto = 6)",
		  false },
		{ "evt.type = socket and evt.args contains AF_PACKET", false },
		{ "proc.name = x", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		cr_expect_eq(wants_rare_sockets_only(cases[i].condition), cases[i].rare, "%s",
			     cases[i].condition);
}

/* What is opened unseen has the kernel's name later, and is in no list of what is open. */
Test(ruleset, which_opens_may_be_left_out_is_what_no_rule_would_miss_later)
{
	static const struct {
		const char *condition;
		uint64_t mutes;
	} cases[] = {
		{ "evt.type = openat and proc.name = cat", WANT_MUTES | WANT_MUTES_ALL },
		{ "evt.type = execve and proc.name = cat", WANT_MUTES | WANT_MUTES_ALL },
		{ "evt.type = connect and fd.name = x", WANT_MUTES | WANT_MUTES_ALL },
		{ "evt.type = dup and fd.type = ipv4", WANT_MUTES | WANT_MUTES_ALL },
		{ "evt.type = unlinkat and fs.path.name = /x", WANT_MUTES | WANT_MUTES_ALL },
		{ "evt.type = write and fd.name = /x", WANT_MUTES },
		{ "evt.type = dup and fd.typechar = f", WANT_MUTES },
		{ "evt.type = fchmod", WANT_MUTES }, /* its output has the name */
		{ "evt.type = close", 0 },
		{ "evt.type = close and fd.type in (ipv4, ipv6)", WANT_MUTES | WANT_MUTES_ALL },
		{ "evt.type = openat and proc.fdopencount > 3", 0 },
		{ "evt.type = dup and fd.types[4] in (file)", 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		cr_assert(eq(u64, mutes_with(cases[i].condition), cases[i].mutes), "%s",
			  cases[i].condition);
}

/* ---- names of hosts ---- */

static const uint8_t peer[4] = { 93, 184, 216, 34 }, other_peer[4] = { 93, 184, 216, 35 };

/* The event is a connection to PEER from here on. */
static void connect_to(const uint8_t ip[4], uint16_t flags)
{
	world.open = (struct event_frame){ .code = EVENT_SOCKET_CONNECT_X,
					   .process = 3,
					   .tid = 42,
					   .fd = 3,
					   .fd_file = 0,
					   .nfiles = 1 };
	world.open.files[0] = (struct file_info){
		.fd = 3, .type = FILE_IPV4, .l4proto = L4_TCP, .flags = flags, .name = span_str("c")
	};
	memcpy(world.open.files[0].dip, ip, 4);
	world.event.info = event_info(world.open.code);
}

static void name_peer(const uint8_t ip[4], const char *a, const char *b)
{
	struct address_frame f = { .address = span_of(ip, 4) };
	uint8_t buf[512];
	ssize_t n;

	if (a != NULL)
		f.names[f.nnames++] = span_str(a);
	if (b != NULL)
		f.names[f.nnames++] = span_str(b);
	n = wire_encode_address(buf, sizeof(buf), &f);
	cr_assert(eq(int, mirror_apply(world.mirror, FRAME_ADDRESS, span_of(buf, (size_t)n)), 0));
}

static void add_name_rules(void)
{
	add("is", "evt.type = connect and fd.sip.name = a.example", 4, true);
	add("is-not", "evt.type = connect and fd.sip.name != a.example", 4, true);
	add("in", "evt.type = connect and fd.sip.name in (b.example, c.example)", 4, true);
	add("not-in", "evt.type = connect and not fd.sip.name in (b.example, c.example)", 4, true);
	add("exists", "evt.type = connect and fd.sip.name exists", 4, true);
	cr_assert(eq(int, ruleset_seal(rules, 7), 0));
}

Test(ruleset, a_host_is_known_by_each_of_its_names)
{
	add_name_rules();
	connect_to(peer, FILE_ROLE_CLIENT);
	name_peer(peer, "a.example", "b.example");
	cr_assert_str_eq(tripped(), "is in exists ");
	name_peer(peer, "c.example", NULL);
	cr_assert_str_eq(tripped(), "is-not in exists ");
	name_peer(peer, "A.example", "x");
	cr_assert_str_eq(tripped(), "is-not not-in exists ", "as the rule has it");
	name_peer(other_peer, "a.example", NULL);
	cr_assert_str_eq(tripped(), "is-not not-in exists ", "another host");
}

Test(ruleset, who_has_which_name_is_looked_at_anew_with_each_event)
{
	add_name_rules();
	connect_to(peer, FILE_ROLE_CLIENT);
	cr_assert_str_eq(tripped(), "is-not not-in ", "a host without a name is not that one");
	for (unsigned i = 0; i < 3; i++) {
		name_peer(peer, "a.example", NULL);
		cr_assert_str_eq(tripped(), "is not-in exists ");
		cr_assert_str_eq(tripped_of_each(0), "is not-in exists ");
		name_peer(peer, "b.example", NULL);
		cr_assert_str_eq(tripped(), "is-not in exists ");
		name_peer(peer, NULL, NULL);
		cr_assert_str_eq(tripped(), "is-not not-in ");
	}
}

Test(ruleset, where_there_is_no_host_no_comparison_is_true)
{
	add_name_rules();
	connect_to(peer, 0);
	name_peer(peer, "a.example", "b.example");
	cr_assert_str_eq(tripped(), "not-in ", "no role: as of fd.sip");
	world.open.fd_file = -1;
	cr_assert_str_eq(tripped(), "not-in ");
}

Test(ruleset, names_of_hosts_are_those_that_rules_in_force_compare_with)
{
	add("a", "evt.type = connect and (fd.sip.name = one or not fd.cip.name != two)", 4, true);
	add("b", "evt.type = connect and fd.lip.name in (one, three) and fd.rip.name == four", 4,
	    true);
	add("off", "evt.type = connect and fd.sip.name = off", 4, false);
	add("minor", "evt.type = connect and fd.sip.name = minor", 7, true);
	add("parts", "evt.type = connect and fd.sip.name startswith part", 4, true);
	add("there", "evt.type = connect and fd.sip.name exists", 4, true);
	add("else", "evt.type = connect and fd.name = file and proc.name in (x, y)", 4, true);
	cr_assert(eq(int, ruleset_seal(rules, 6), 0));
	cr_assert_str_eq(host_names_of(rules), "one two three four 0");
}

Test(ruleset, what_is_no_name_of_a_host_is_counted_once)
{
	add("a", "evt.type = connect and fd.sip.name in (10.0.0.1, 'x y', ok, \"\", '::1')", 4,
	    true);
	add("b", "evt.type = connect and fd.sip.name = 10.0.0.1", 4, true);
	cr_assert(eq(int, ruleset_seal(rules, 7), 0));
	cr_assert_str_eq(host_names_of(rules), "ok 4");
}

Test(ruleset, more_names_of_hosts_than_there_is_room_for_are_counted)
{
	static char condition[16384] = "evt.type = connect and fd.sip.name in (";
	struct host_names names;

	for (unsigned i = 0; i < HOST_NAMES_MAX + 3; i++)
		snprintf(condition + strlen(condition), 16, "%sh%u", i > 0 ? ", " : "", i);
	strcat(condition, ")");
	add("a", condition, 4, true);
	cr_assert(eq(int, ruleset_seal(rules, 7), 0));
	cr_assert(eq(uint, ruleset_host_names(rules, &names), 3));
	cr_assert(eq(uint, names.n, HOST_NAMES_MAX));
	cr_assert(span_is(names.name[HOST_NAMES_MAX - 1], "h511"));
}

Test(ruleset, rules_that_ask_for_no_names_have_none)
{
	add("a", "evt.type = connect and fd.sip = 10.0.0.1", 4, true);
	cr_assert(eq(int, ruleset_seal(rules, 7), 0));
	cr_assert_str_eq(host_names_of(rules), "0");
}
