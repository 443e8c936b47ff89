/* SPDX-License-Identifier: Apache-2.0
 *
 * mute_rules.c -- see mute_rules.h.
 */
#include "mute_rules.h"

#include "field_class.h"
#include "known.h"

enum { ARENA_BYTES = 4096 };

/* ---- what a rule looks at ---- */

/* Does it tell how a file was opened, or under which name? */
static bool field_minds(const struct field_ref *ref)
{
	switch (ref->id) {
	case FIELD_fd_nameraw:
	case FIELD_fd_name_changed:
	case FIELD_fs_path_nameraw:
	case FIELD_fs_path_sourceraw:
	case FIELD_fs_path_targetraw:
	case FIELD_evt_args:
	case FIELD_evt_arg:
	case FIELD_evt_rawarg:
	case FIELD_evt_info:
		return true;
	default:
		return field_is_path(ref);
	}
}

static bool expr_minds(const struct program *p, uint32_t i)
{
	const struct expr *e = program_expr(p, i);

	if (e->kind == EXPR_FIELD)
		return field_minds(&e->field);
	for (unsigned k = 0; k < e->n; k++)
		if (expr_minds(p, e->items[k]))
			return true;
	return false;
}

static bool tree_minds(const struct program *p, const struct node *n)
{
	const struct predicate *q;

	for (unsigned i = 0; i < n->n; i++)
		if (tree_minds(p, n->child[i]))
			return true;
	if (n->kind != NODE_CHECK)
		return false;
	q = program_predicate(p, n->predicate - 1);
	return expr_minds(p, q->left) || (q->kind == PREDICATE_FIELDS && expr_minds(p, q->right));
}

static bool rule_minds(const struct program *p, const struct ruleset_rule *rule)
{
	const struct field_ref *refs;
	unsigned n = rule->output == NULL ? 0 : output_fields(rule->output, &refs);

	for (unsigned i = 0; i < n; i++)
		if (field_minds(&refs[i]))
			return true;
	return tree_minds(p, rule->tree);
}

/* ---- at which events ---- */

static bool is_of_directory(const struct event_info *info, unsigned param)
{
	for (unsigned i = 0; i < info->nparams; i++)
		if (info->params[i].type == PT_FSRELPATH && info->params[i].dirfd == (int)param)
			return true;
	return false;
}

/* Events on descriptors that may be files which somebody has opened before.  The first that it tells of one that it
 * makes is that one; those of directories, to which names are relative, are never left out. */
static bool is_of_open_files(unsigned code)
{
	const struct event_info *info = event_info(code);
	unsigned i;

	if (info == NULL || info->category == EC_NET || !event_is_exit(code))
		return false;
	for (i = (info->flags & EF_CREATES_FD) != 0; i < info->nparams; i++)
		if ((info->params[i].type == PT_FD || info->params[i].type == PT_FD32) &&
		    !is_of_directory(info, i))
			return true;
	return false;
}

/* Would its events lack the names of WHICH?  The kernel tells which file is behind a descriptor, unless it was closed. */
static bool lacks_names(unsigned code, enum mute_which which)
{
	return which == MUTE_OWN_NAMES ? code == EVENT_SYSCALL_CLOSE_X : is_of_open_files(code);
}

static bool minds_at(const struct program *p, const struct ruleset_rule *rule, unsigned code,
		     const uint8_t *known)
{
	return codes_has(&rule->codes, code) && rule_minds(p, rule) &&
	       cover_is_alive(p, rule->tree, known);
}

bool mute_minds_extras(uint64_t extras, const struct codes *wanted)
{
	const uint64_t always = UINT64_C(1) << WANT_FD_COUNT | UINT64_C(1) << WANT_FD_TYPES |
				UINT64_C(1) << WANT_FD_NAMED;
	bool polls =
		codes_has(wanted, EVENT_SYSCALL_POLL_X) || codes_has(wanted, EVENT_SYSCALL_PPOLL_X);

	return (extras & always) != 0 || (polls && (extras >> WANT_FDLIST & 1) != 0);
}

/* Room for what is known at one kind of event. */
struct scratch {
	struct pool pool;
	struct arena arena;
	uint8_t *known;
};

static bool scratch_begin(struct scratch *s, const struct program *p)
{
	pool_init(&s->pool, p->pool->limit);
	arena_init(&s->arena, pool_get(&s->pool, ARENA_BYTES), ARENA_BYTES);
	s->known = pool_array(&s->pool, p->predicates.n + 1, 1);
	if (!s->pool.failed)
		return true;
	pool_release(&s->pool);
	return false;
}

bool mute_who_minds(const struct program *p, struct program_memo *m,
		    const struct ruleset_rule *rules, unsigned n, unsigned priority,
		    enum mute_which which, const struct ruleset_rule **ret)
{
	struct scratch s;

	*ret = NULL;
	if (!scratch_begin(&s, p))
		return false;
	for (unsigned code = 0; *ret == NULL && code < EVENT_CODE_COUNT; code++) {
		if (!lacks_names(code, which))
			continue;
		known_of_code(p, m, &s.arena, code, s.known);
		known_of_file(p, m, &s.arena, code, s.known);
		for (unsigned i = 0; i < n && *ret == NULL; i++)
			if (rule_is_in_force(&rules[i], priority) &&
			    minds_at(p, &rules[i], code, s.known))
				*ret = &rules[i];
	}
	pool_release(&s.pool);
	return true;
}

/* ---- sockets ---- */

static bool may_match(const struct program *p, const struct ruleset_rule *rules, unsigned n,
		      unsigned priority, unsigned code, const uint8_t *known)
{
	for (unsigned i = 0; i < n; i++)
		if (rule_is_in_force(&rules[i], priority) && codes_has(&rules[i].codes, code) &&
		    cover_is_alive(p, rules[i].tree, known))
			return true;
	return false;
}

bool mute_common_sockets(const struct program *p, struct program_memo *m,
			 const struct ruleset_rule *rules, unsigned n, unsigned priority, bool *ret)
{
	static const uint8_t families[] = { 1, 2, 10 }; /* AF_UNIX, AF_INET, AF_INET6 */
	const unsigned code = EVENT_SOCKET_SOCKET_X, domain = 1;
	struct scratch s;

	*ret = true;
	if (!scratch_begin(&s, p))
		return false;
	for (size_t i = 0; *ret && i < ARRAY_LEN(families); i++) {
		known_of_code(p, m, &s.arena, code, s.known);
		known_of_param(p, m, &s.arena, code, domain, families[i], s.known);
		*ret = !may_match(p, rules, n, priority, code, s.known);
	}
	pool_release(&s.pool);
	return true;
}

/* ---- fcntl ---- */

enum { FCNTL_CMD = 2, FCNTL_CMD_MAX = 255 };

/* Falco's numbers. */
static bool is_told_of(unsigned cmd)
{
	enum { DUPFD = 0x1, SETFD = 0x3, DUPFD_CLOEXEC = 0x1a };

	return cmd == DUPFD || cmd == SETFD || cmd == DUPFD_CLOEXEC;
}

static bool is_asked(const struct ruleset_rule *rules, unsigned n, unsigned priority, unsigned code)
{
	for (unsigned i = 0; i < n; i++)
		if (rule_is_in_force(&rules[i], priority) && codes_has(&rules[i].codes, code))
			return true;
	return false;
}

bool mute_common_fcntls(const struct program *p, struct program_memo *m,
			const struct ruleset_rule *rules, unsigned n, unsigned priority, bool *ret)
{
	const unsigned code = EVENT_SYSCALL_FCNTL_X;
	struct scratch s;

	*ret = true;
	if (!is_asked(rules, n, priority, code))
		return true;
	if (!scratch_begin(&s, p))
		return false;
	known_of_code(p, m, &s.arena, code, s.known);
	known_of_failure(p, m, &s.arena, code, s.known);
	*ret = !may_match(p, rules, n, priority, code, s.known);
	for (unsigned cmd = 0; *ret && cmd <= FCNTL_CMD_MAX; cmd++) {
		if (is_told_of(cmd))
			continue;
		known_of_code(p, m, &s.arena, code, s.known);
		known_of_param(p, m, &s.arena, code, FCNTL_CMD, cmd, s.known);
		*ret = !may_match(p, rules, n, priority, code, s.known);
	}
	pool_release(&s.pool);
	return true;
}
