/* SPDX-License-Identifier: Apache-2.0
 *
 * codes.c -- sets of event codes and of system calls, side by side, through
 * and, or, not.
 */
#include "codes.h"

#include <errno.h>

#include "nearest.h"

static void add(uint64_t *words, unsigned i)
{
	words[i / 64] |= UINT64_C(1) << (i % 64);
}

/* Rows of the table: as many as there are numbers, so all numbers have one. */
#define SYSCALL(...) +1
_Static_assert(0
#include "syscall.def"
		       == SC_COUNT,
	       "no number of a system call is left out");
#undef SYSCALL

static void fill(uint64_t *words, unsigned n)
{
	memset(words, 0xff, n / 64 * sizeof(*words));
	if (n % 64 != 0)
		words[n / 64] = (UINT64_C(1) << n % 64) - 1;
}

void codes_fill(struct codes *c)
{
	memset(c, 0, sizeof(*c));
	fill(c->events, EVENT_CODE_COUNT);
	fill(c->syscalls, SC_COUNT);
}

unsigned codes_count(const struct codes *c)
{
	unsigned n = 0;

	for (unsigned i = 0; i < CODES_WORDS; i++)
		n += (unsigned)__builtin_popcountll(c->events[i]);
	return n;
}

static void codes_invert(struct codes *c)
{
	struct codes all;

	codes_fill(&all);
	for (unsigned i = 0; i < CODES_WORDS; i++)
		c->events[i] = all.events[i] & ~c->events[i];
	for (unsigned i = 0; i < CODES_SC_WORDS; i++)
		c->syscalls[i] = all.syscalls[i] & ~c->syscalls[i];
}

static void codes_merge(struct codes *c, const struct codes *other, bool both)
{
	for (unsigned i = 0; i < CODES_WORDS; i++)
		c->events[i] =
			both ? c->events[i] & other->events[i] : c->events[i] | other->events[i];
	for (unsigned i = 0; i < CODES_SC_WORDS; i++)
		c->syscalls[i] = both ? c->syscalls[i] & other->syscalls[i]
				      : c->syscalls[i] | other->syscalls[i];
}

bool codes_of_name(struct span name, struct codes *c)
{
	bool is_event = false, is_syscall = false;

	for (unsigned i = 0; i < EVENT_CODE_COUNT; i++) {
		const struct event_info *info = event_info(i);

		if (info->name == NULL || i <= EVENT_GENERIC_X || !span_is_name(name, info->name))
			continue;
		is_event = true;
		if (c != NULL)
			add(c->events, i);
	}
	for (unsigned i = 0; i < SC_COUNT; i++) {
		const struct syscall_info *info = syscall_info(i);

		if (info == NULL || !span_is_name(name, info->name))
			continue;
		is_syscall = true;
		if (c != NULL)
			add(c->syscalls, i);
	}
	if (!is_event && is_syscall && c != NULL) {
		add(c->events, EVENT_GENERIC_E);
		add(c->events, EVENT_GENERIC_X);
	}
	if (!is_event && !is_syscall && span_is(name, event_info(EVENT_GENERIC_X)->name)) {
		is_event = true;
		if (c != NULL) {
			add(c->events, EVENT_GENERIC_E);
			add(c->events, EVENT_GENERIC_X);
			fill(c->syscalls, SC_COUNT);
		}
	}
	return is_event || is_syscall;
}

const char *codes_suggest(struct span text)
{
	struct nearest near;

	nearest_begin(&near, text);
	for (unsigned i = 0; i < EVENT_CODE_COUNT; i++)
		if (event_info(i)->generated == GENERATED_NOW)
			nearest_try(&near, event_info(i)->name);
	for (unsigned i = 0; i < SC_COUNT; i++)
		if (syscall_info(i) != NULL)
			nearest_try(&near, syscall_info(i)->name);
	return near.best;
}

static bool is_equality(enum op_id op)
{
	return op == OP_EQ || op == OP_EQ2;
}

static bool is_event_type(const struct operand *o)
{
	return o->kind == OPERAND_FIELD && !o->has_arg &&
	       (span_is(o->text, "evt.type") || span_is(o->text, "syscall.type"));
}

/* True if evt.type stands anywhere below the transformer O. */
static bool transforms_event_type(const struct operand *o)
{
	if (o->kind == OPERAND_FIELD)
		return is_event_type(o);
	for (unsigned i = 0; i < o->n; i++)
		if (transforms_event_type(o->items[i]))
			return true;
	return false;
}

static int codes_of_event_type(const struct node *n, bool negated, struct codes *ret,
			       struct diag *diag)
{
	codes_fill(ret);
	if (n->op == OP_EXISTS) {
		if (negated)
			memset(ret, 0, sizeof(*ret));
		return 0;
	}
	if (n->right->kind == OPERAND_CALL) {
		diag_set(diag, "right-hand field comparisons on `evt.type`/`syscall.type` checks "
			       "are not supported");
		return -EINVAL;
	}
	if (n->modifier != MODIFIER_NONE ||
	    (!is_equality(n->op) && n->op != OP_NE && n->op != OP_IN))
		return 0; /* neutral, also when negated */
	memset(ret, 0, sizeof(*ret));
	if (n->right->kind == OPERAND_VALUE)
		codes_of_name(n->right->text, ret);
	for (unsigned i = 0; i < n->right->n; i++)
		codes_of_name(n->right->items[i]->text, ret);
	if (negated != (n->op == OP_NE))
		codes_invert(ret);
	return 0;
}

/* evt.num counts from 1: some comparisons with 0 and 1 are decided.  -1: can
 * match nothing, 1: matches all, 0: depends. */
static int decided_by_number(const struct node *n)
{
	const struct operand *r = n->right;
	bool zero, one;

	if (n->left->kind != OPERAND_FIELD || n->left->has_arg ||
	    !span_is(n->left->text, "evt.num") || r == NULL || n->modifier != MODIFIER_NONE)
		return 0;
	if (n->op == OP_IN && r->kind == OPERAND_VALUES) {
		for (unsigned i = 0; i < r->n; i++)
			if (!span_is(r->items[i]->text, "0"))
				return 0;
		return -1;
	}
	if (r->kind != OPERAND_VALUE)
		return 0;
	zero = span_is(r->text, "0");
	one = span_is(r->text, "1");
	switch (n->op) {
	case OP_EQ:
	case OP_EQ2:
		return zero ? -1 : 0;
	case OP_NE:
		return zero ? 1 : 0;
	case OP_LT:
		return zero || one ? -1 : 0;
	case OP_LE:
		return zero ? -1 : 0;
	case OP_GT:
		return zero ? 1 : 0;
	case OP_GE:
		return zero || one ? 1 : 0;
	default:
		return 0;
	}
}

static int codes_of_check(const struct node *n, bool negated, struct codes *ret, struct diag *diag)
{
	int decided;

	if (is_event_type(n->left))
		return codes_of_event_type(n, negated, ret, diag);
	if (transforms_event_type(n->left)) {
		diag_set(diag, "event code search does not support `evt.type` checks with "
			       "transformers");
		return -EINVAL;
	}
	decided = decided_by_number(n);
	codes_fill(ret);
	if (decided != 0 && (decided < 0) != negated)
		memset(ret, 0, sizeof(*ret));
	return 0;
}

static int codes_of(const struct node *n, bool negated, struct codes *ret, struct diag *diag,
		    const struct node **ret_at)
{
	struct codes one;
	int err;

	switch (n->kind) {
	case NODE_CHECK:
		err = codes_of_check(n, negated, ret, diag);
		if (err < 0)
			*ret_at = n;
		return err;
	case NODE_NOT:
		return codes_of(n->child[0], !negated, ret, diag, ret_at);
	case NODE_AND:
	case NODE_OR:
		err = codes_of(n->child[0], negated, ret, diag, ret_at);
		for (unsigned i = 1; err == 0 && i < n->n; i++) {
			err = codes_of(n->child[i], negated, &one, diag, ret_at);
			if (err == 0)
				codes_merge(ret, &one, (n->kind == NODE_AND) != negated);
		}
		return err;
	case NODE_MACRO:
		if (n->n > 0)
			return codes_of(n->child[0], negated, ret, diag, ret_at);
		break;
	}
	codes_fill(ret);
	return 0;
}

int codes_of_condition(const struct node *n, struct codes *ret, struct diag *diag,
		       const struct node **ret_at)
{
	return codes_of(n, false, ret, diag, ret_at);
}
