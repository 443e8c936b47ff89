/* SPDX-License-Identifier: Apache-2.0
 *
 * The index finds every rule that matches, and no other: held against each
 * condition by itself, for random conditions at many events.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "eval_world.h"
#include "output.h"
#include "parse.h"

enum { RULES = 300, EVENTS = 360 };

static struct eval_world world;
static uint32_t state = 7;

static unsigned number(unsigned below)
{
	state = state * 1664525 + 1013904223;
	return (unsigned)((uint64_t)state * below >> 32);
}

/* Checks of every kind: by sets, prefixes, paths, letters, numbers, truths, ancestors, lists,
 * fields that some events do not have, and fields that a process alone decides. */
static const char *const checks[] = {
	"evt.type = openat",
	"evt.type in (open, openat, openat2, creat)",
	"evt.type in (execve, close)",
	"evt.dir = <",
	"evt.is_open_read = true",
	"evt.is_open_write = true",
	"evt.is_open_create = true",
	"fd.num >= 0",
	"fd.num = 3",
	"fd.num in (3, 4)",
	"fd.typechar = f",
	"fd.name = /etc/shadow",
	"fd.name in (/etc/shadow, /etc/passwd, /tmp/x)",
	"fd.name startswith /etc",
	"fd.name startswith /etc/pam.d/",
	"fd.name endswith .conf",
	"fd.name contains /.ssh/",
	"fd.name contains a",
	"fd.name glob /etc/*.conf",
	"fd.name glob *shadow*",
	"fd.name iglob /ETC/*",
	"fd.name icontains SSH",
	"fd.name regex /etc/.*",
	"fd.name pmatch (/etc/pam.d, /tmp)",
	"fd.name pmatch (/etc/*/login)",
	"fd.name startswith anyof (/tmp, /usr)",
	"fd.name contains allof (etc, shadow)",
	"fd.name endswith oneof (w, ow)",
	"fd.name != /etc/shadow",
	"fd.name exists",
	"fd.directory in (/etc, /tmp)",
	"fd.filename = shadow",
	"fd.nameraw contains ../",
	"proc.name = bash",
	"proc.name in (bash, zsh)",
	"proc.name in (sshd, systemd)",
	"proc.pname = sshd",
	"proc.aname = systemd",
	"proc.aname in (init, sshd)",
	"proc.aname startswith anyof (x, ss)",
	"proc.aname contains allof (s, d)",
	"proc.apid in (1, 2)",
	"proc.aname[2] = systemd",
	"proc.cmdline contains shadow",
	"proc.args intersects (-c, -x)",
	"proc.exepath startswith /bin",
	"proc.vpid = 1",
	"user.uid = 0",
	"container.id = host",
	"container.id != host",
	"proc.name exists",
	"evt.num > 7",
	"evt.arg.flags contains RDONLY",
	"evt.rawres >= 0",
	"evt.rawarg.fd = 3",
	"evt.rawarg.fd in (3, 4)",
	"fd.ip in (10.0.0.1, 127.0.0.1)",
	"fd.net in (10.0.0.0/8, 127.0.0.0/8)",
	"fd.snet = anyof (10.0.0.0/8, 127.0.0.0/8)",
	"basename(fd.name) = shadow",
	"toupper(proc.name) = BASH",
	"fd.name = val(fd.nameraw)",
	"len(fd.name) > 10",
	"fs.path.name startswith /etc",
};

/* Checks that guards, names and processes settle: what comes of a name is remembered then. */
static const char *const guards[] = { "evt.is_open_write = true", "evt.is_open_write = true",
				      "fd.num >= 0", "fd.typechar = f", "evt.type = openat" };
static const char *const of_names[] = {
	"fd.name = /etc/shadow",	"fd.name in (/etc/shadow, /etc/passwd, /tmp/x)",
	"fd.name startswith /etc",	"fd.name endswith .conf",
	"fd.name glob /etc/*.conf",	"fd.name pmatch (/etc/pam.d, /tmp)",
	"fd.directory in (/etc, /tmp)", "fd.filename = shadow",
	"fd.nameraw contains ../",	"not fd.nameraw startswith /etc",
	"fd.name != val(fd.nameraw)",
};
static const char *const of_processes[] = { "proc.name in (bash, zsh)", "proc.pname = sshd",
					    "not proc.name = bash", "proc.name exists",
					    "user.uid = 0" };
#define ONE_OF(checks) ((checks)[number(ARRAY_LEN(checks))])

static bool narrow;	 /* conditions are a guard, a name and a process */
static bool other_paths; /* files have paths of the kernel's, too */

/* A random condition; DEPTH bounds it. */
static void put_condition(FILE *to, unsigned depth)
{
	unsigned kind = depth == 0 ? 0 : number(6);

	switch (kind) {
	case 0:
	case 1:
		fputs(ONE_OF(checks), to);
		return;
	case 2:
		fputs("not (", to);
		put_condition(to, depth - 1);
		fputc(')', to);
		return;
	default:
		fputc('(', to);
		for (unsigned i = 0, n = 2 + number(3); i < n; i++) {
			if (i > 0)
				fputs(kind == 3 ? " or " : " and ", to);
			put_condition(to, depth - 1);
		}
		fputc(')', to);
	}
}

static void add(struct ruleset *rules, const char *condition)
{
	struct ruleset_rule rule = { .ordinal = ruleset_count(rules),
				     .enabled = true,
				     .name = span_str("r"),
				     .source = span_str("syscall") };
	struct compile_error error;
	struct node *tree;
	struct diag diag;

	cr_assert(eq(
		int,
		parse_condition(span_str(condition), 1000, ruleset_pool(rules), &tree, &diag, NULL),
		0));
	cr_assert(eq(int, output_parse(span_str("x"), &rule.output, &diag), 0));
	cr_assert(eq(int, ruleset_add(rules, &rule, tree, &diag, &error), 0), "%s: %s", condition,
		  diag.message);
}

static void change_process(void)
{
	struct event_frame *ev = &world.open;

	ev->process = 1 + number(4);
	world.event.process = ev->process <= 3 ? mirror_process(world.mirror, ev->process) : NULL;
}

/* The next event: another file, result, process or kind. */
static void change_event(void)
{
	static const char *const names[] = {
		"/etc/shadow",
		"/etc/passwd",
		"/etc/pam.d/login",
		"/etc//pam.d/x",
		"/tmp/x",
		"/root/.ssh/id_rsa",
		"/usr/lib/x.conf",
		"etc/shadow",
		"/etc/my.conf",
		"/home/a/b/c/d/e/shadow/of/something/long",
		"",
		"/",
	};
	static const uint16_t codes[] = { EVENT_SYSCALL_OPENAT_2_X, EVENT_SYSCALL_OPENAT_2_X,
					  EVENT_SYSCALL_CLOSE_X, EVENT_SYSCALL_EXECVE_19_X,
					  EVENT_SYSCALL_OPEN_X };
	struct event_frame *ev = &world.open;
	bool fails = number(4) == 0;

	ev->code = codes[number(ARRAY_LEN(codes))];
	ev->num++;
	world.event.info = event_info(ev->code);
	ev->nparams = world.event.info->nparams < 7 ? world.event.info->nparams : 7;
	ev->files[0].name = ev->files[0].name_raw = span_str(names[number(ARRAY_LEN(names))]);
	ev->files[0].type = number(4) == 0 ? FILE_DIRECTORY : FILE_REGULAR;
	if (number(5) == 0)
		ev->files[0].name_raw = span_str("../../etc/shadow");
	if (other_paths && number(3) > 0)
		ev->files[0].resolved = span_str(names[number(ARRAY_LEN(names))]);
	ev->params[2].s = ev->files[0].name;
	ev->params[3].u = number(8);
	ev->fd = fails ? -2 : 3 + (int)number(3);
	ev->params[0].i = ev->fd;
	ev->fd_file = fails ? -1 : 0;
	change_process();
}

/* Does CONDITION look at a path? */
static bool is_of_path(const char *condition)
{
	static const char *const fields[] = { "fd.name ", "fd.name)", "fd.directory", "fd.filename",
					      "fs.path.name" };

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (strstr(condition, fields[i]) != NULL)
			return true;
	return false;
}

/* Its truth at the event, and if it is false and looks at paths, at the same event of a file that
 * was named as the kernel knows it. */
static int truth_of(const char *condition)
{
	struct file_info *f = &world.open.files[0];
	struct span name = f->name, argument = world.open.params[2].s;
	struct diag diag;
	int truth = eval_world_ask(&world, condition, &diag);

	if (truth != 0 || f->resolved.n == 0 || world.open.fd_file < 0 || !is_of_path(condition))
		return truth;
	f->name = f->resolved;
	world.open.params[2].s = f->resolved;
	truth = eval_world_ask(&world, condition, &diag);
	f->name = name;
	world.open.params[2].s = argument;
	return truth;
}

static void check_event(struct ruleset *rules, char *const *conditions, uint64_t *matched)
{
	const struct ruleset_rule *rule;
	struct ruleset_walk walk;
	bool found[RULES] = { false };
	uint32_t last = 0;
	unsigned view = 0;

	ruleset_begin(rules, &world.event, &walk);
	while ((rule = ruleset_next(rules, &walk)) != NULL) {
		if (view != walk.view)
			last = 0;
		view = walk.view;
		cr_assert(last <= rule->ordinal, "in load order");
		cr_assert_not(found[rule->ordinal], "once");
		last = rule->ordinal;
		found[rule->ordinal] = true;
	}
	for (unsigned i = 0; i < ruleset_count(rules); i++) {
		const struct ruleset_rule *r = ruleset_rule(rules, i);
		int truth = truth_of(conditions[i]);

		cr_assert(truth >= 0);
		if (!codes_has(&r->codes, world.open.code))
			truth = 0;
		*matched += (unsigned)truth;
		cr_assert(found[i] == truth, "%s: %d, found %d (event %s of %s, process %d)",
			  conditions[i], truth, found[i], world.event.info->name,
			  (const char *)world.open.files[0].name.p, (int)world.open.process);
	}
}

/* ---- what may be left out ---- */

/* What makes opens alike. */
struct alike {
	uint16_t code;
	uint8_t type;
	uint64_t flags;
	struct span name, raw, resolved;
};

static struct {
	struct alike of[EVENTS];
	unsigned n;
	uint64_t hits;
} muted;

static struct alike alike_of_event(void)
{
	const struct file_info *f = &world.open.files[0];

	return (struct alike){ world.open.code, f->type,     world.open.params[3].u,
			       f->name,		f->name_raw, f->resolved };
}

static bool is_alike(const struct alike *a, const struct alike *b)
{
	return a->code == b->code && a->type == b->type && a->flags == b->flags &&
	       span_eq(a->name, b->name) && span_eq(a->raw, b->raw) &&
	       span_eq(a->resolved, b->resolved);
}

/* One like it was said to trip nothing: it does trip nothing.  Only for absolute names anything is said: what others
 * stand for does not follow from them. */
static void check_muted(struct ruleset *rules, char *const *conditions)
{
	struct alike a = alike_of_event();
	bool trips = false;

	if (world.open.fd < 0 || a.raw.n == 0 || a.raw.p[0] != '/' ||
	    (a.code != EVENT_SYSCALL_OPENAT_2_X && a.code != EVENT_SYSCALL_OPEN_X))
		return;
	for (unsigned i = 0; i < ruleset_count(rules); i++)
		trips |= truth_of(conditions[i]) == 1;
	for (unsigned i = 0; i < muted.n; i++) {
		if (!is_alike(&muted.of[i], &a))
			continue;
		muted.hits++;
		cr_assert_not(trips, "'%s' and %u more, event %s of %s", conditions[0],
			      ruleset_count(rules) - 1, world.event.info->name,
			      (const char *)a.name.p);
	}
	if (!trips && muted.n < EVENTS && ruleset_can_mute(rules, &world.event))
		muted.of[muted.n++] = a;
}

static void run(unsigned nrules, unsigned depth)
{
	char *conditions[RULES];
	struct ruleset *rules;
	uint64_t matched = 0;
	size_t n;

	eval_world_init(&world);
	cr_assert(eq(int, ruleset_new(256 * 1024 * 1024, &rules), 0));
	for (unsigned i = 0; i < nrules; i++) {
		FILE *to = open_memstream(&conditions[i], &n);

		if (narrow)
			fprintf(to, "%s and %s and %s", ONE_OF(guards), ONE_OF(of_names),
				ONE_OF(of_processes));
		else
			put_condition(to, depth);
		fclose(to);
		add(rules, conditions[i]);
	}
	cr_assert(eq(int, ruleset_seal(rules, RULE_PRIORITY_DEBUG), 0));
	ruleset_match_other_paths(rules, other_paths);
	for (unsigned i = 0; i < EVENTS; i++) {
		if (i % 3 == 0) /* the others: what is remembered of it */
			change_event();
		else if (narrow && i % 3 == 1)
			change_process();
		check_event(rules, conditions, &matched);
		check_muted(rules, conditions);
	}
	muted.n = 0;
	cr_assert(nrules < 10 || matched > nrules, "the conditions are not all false: %lu",
		  (unsigned long)matched);
	ruleset_free(rules);
	for (unsigned i = 0; i < nrules; i++)
		free(conditions[i]);
	eval_world_release(&world);
}

Test(rule_index, wakes_each_single_check_that_is_true)
{
	run(RULES, 0);
}

Test(rule_index, wakes_each_condition_that_is_true)
{
	run(RULES, 2);
}

Test(rule_index, wakes_each_deep_condition_that_is_true)
{
	run(RULES, 4);
}

/* Few of the rules can match at one name: a memo holds them. */
Test(rule_index, what_came_of_a_name_is_what_comes_of_it)
{
	narrow = true;
	for (unsigned i = 0; i < 8; i++) {
		run(40, 0);
		run(4, 0); /* many processes have the same list */
	}
}

/* ... and what comes of a file's other path is what comes of that name. */
Test(rule_index, finds_what_is_true_by_another_path)
{
	other_paths = true;
	run(RULES, 0);
	run(RULES, 2);
	narrow = true;
	for (unsigned i = 0; i < 4; i++)
		run(40, 0);
}

/* Nor is anything tripped by an open like one that may be left out, whoever makes it. */
Test(rule_index, what_may_be_left_out_trips_nothing)
{
	for (unsigned i = 0; i < 60; i++) {
		other_paths = i % 2 == 0;
		narrow = i % 3 == 0;
		run(1 + number(5), 1 + number(3));
	}
	cr_assert(muted.hits > 100, "%lu", (unsigned long)muted.hits);
}

static unsigned matches(struct ruleset *rules)
{
	struct ruleset_walk walk;
	unsigned n = 0;

	ruleset_begin(rules, &world.event, &walk);
	while (ruleset_next(rules, &walk) != NULL)
		n++;
	return n;
}

Test(rule_index, what_an_event_tells_of_a_user_is_not_remembered_of_its_process)
{
	struct ruleset *rules;
	struct event_frame open;

	eval_world_init(&world);
	open = world.open;
	cr_assert(eq(int, ruleset_new(16 * 1024 * 1024, &rules), 0));
	add(rules, "user.name = eve");
	add(rules, "evt.type in (open, openat, useradded) and user.uid = 4711");
	cr_assert(eq(int, ruleset_seal(rules, RULE_PRIORITY_DEBUG), 0));
	for (unsigned i = 0; i < 3; i++) {
		world.open = open;
		world.event.info = event_info(open.code);
		cr_assert(eq(uint, matches(rules), 0));
		world.open.code = EVENT_USER_ADDED_E;
		world.open.nparams = 3;
		world.event.info = event_info(EVENT_USER_ADDED_E);
		world.open.params[0] = (struct param){ .kind = PARAM_INT, .i = 4711 };
		world.open.params[2] = (struct param){ .kind = PARAM_BYTES, .s = span_str("eve") };
		cr_assert(eq(uint, matches(rules), 2));
	}
	ruleset_free(rules);
	eval_world_release(&world);
}
