/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_hosts.c -- see rule_hosts.h.
 */
#include "rule_hosts.h"

#include "field.h"

/* An address is nobody's name: who has it is not asked for by it. */
static bool is_address_text(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '.')
			return false;
	return true;
}

static bool is_about_hosts(const struct node *check)
{
	struct field_ref ref;
	struct diag ignored;

	/* Most are not: a look at the whole table of fields for each check would take its time. */
	return check->right != NULL && check->left->kind == OPERAND_FIELD &&
	       !check->left->has_arg && span_starts(check->left->text, span_str("fd.")) &&
	       field_parse(check->left->text, &ref, &ignored) == 0 && field_is_host_name(&ref);
}

/* Whole names: where only a part is given, there is nothing that could be resolved. */
static bool is_of_whole_names(enum op_id op)
{
	return op == OP_EQ || op == OP_EQ2 || op == OP_NE || op == OP_IN || op == OP_INTERSECTS;
}

static bool add_text(struct rule_hosts *h, struct span text)
{
	struct strmap_entry *e = strmap_entry(&h->seen, text);
	struct span *slot;

	if (e == NULL)
		return false;
	if (e->value != 0)
		return true;
	e->value = 1;
	if (!is_host_name(text) || is_address_text(text)) {
		h->others++;
		return true;
	}
	slot = pool_push(h->seen.pool, &h->names, sizeof(*slot));
	if (slot != NULL)
		*slot = pool_copy(h->seen.pool, text);
	return !h->seen.pool->failed;
}

static bool add_check(struct rule_hosts *h, const struct node *check)
{
	const struct operand *o = check->right;

	if (!is_about_hosts(check) || !is_of_whole_names(check->op))
		return true;
	if (o->kind == OPERAND_VALUE)
		return add_text(h, o->text);
	for (unsigned i = 0; o->kind == OPERAND_VALUES && i < o->n; i++)
		if (!add_text(h, o->items[i]->text))
			return false;
	return true;
}

bool rule_hosts_add(struct rule_hosts *h, const struct node *tree)
{
	for (unsigned i = 0; i < tree->n; i++)
		if (!rule_hosts_add(h, tree->child[i]))
			return false;
	return tree->kind != NODE_CHECK || add_check(h, tree);
}

unsigned rule_hosts_get(const struct rule_hosts *h, struct host_names *ret)
{
	const struct span *names = h->names.items;

	ret->n = 0;
	for (unsigned i = 0; i < h->names.n && i < HOST_NAMES_MAX; i++)
		ret->name[ret->n++] = names[i];
	return h->others + h->names.n - ret->n;
}
