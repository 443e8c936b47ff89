/* SPDX-License-Identifier: Apache-2.0
 *
 * render.c -- a tree back to text, for people; and its checks to keys, by which
 * equal ones find each other.
 */
#include "ast.h"
#include "lex.h"

static bool render_items(struct operand *const *items, unsigned n, const char *between,
			 struct pool_text *to)
{
	pool_text_str(to, "(");
	for (unsigned i = 0; i < n; i++) {
		if (i > 0)
			pool_text_str(to, between);
		ast_render_operand(items[i], to);
	}
	return pool_text_str(to, ")");
}

static bool render_arg(const struct operand *o, struct pool_text *to)
{
	if (!o->has_arg)
		return true;
	if (o->arg.n == 0)
		return pool_text_str(to, "[\"\"]");
	pool_text_str(to, "[");
	lex_escape(o->arg, to);
	return pool_text_str(to, "]");
}

bool ast_render_operand(const struct operand *o, struct pool_text *to)
{
	switch (o->kind) {
	case OPERAND_VALUE:
		return lex_escape(o->text, to);
	case OPERAND_VALUES:
		return render_items(o->items, o->n, ", ", to);
	case OPERAND_TUPLE:
		return render_items(o->items, o->n, ",", to);
	case OPERAND_FIELD:
		pool_text_add(to, o->text);
		return render_arg(o, to);
	case OPERAND_CALL:
		pool_text_add(to, o->text);
		render_items(o->items, o->n, ",", to);
		return render_arg(o, to);
	}
	return false;
}

static bool render_check(const struct node *n, struct pool_text *to)
{
	ast_render_operand(n->left, to);
	pool_text_str(to, " ");
	pool_text_str(to, op_info(n->op)->name);
	if (n->modifier != MODIFIER_NONE) {
		pool_text_str(to, " ");
		pool_text_str(to, op_modifier_name(n->modifier));
	}
	if (n->right == NULL)
		return true;
	pool_text_str(to, " ");
	return ast_render_operand(n->right, to);
}

bool ast_render(const struct node *n, struct pool_text *to)
{
	switch (n->kind) {
	case NODE_MACRO:
		return n->n == 0 ? pool_text_add(to, n->name) : ast_render(n->child[0], to);
	case NODE_CHECK:
		return render_check(n, to);
	case NODE_NOT:
		pool_text_str(to, "not ");
		return ast_render(n->child[0], to);
	case NODE_AND:
	case NODE_OR:
		pool_text_str(to, "(");
		for (unsigned i = 0; i < n->n; i++) {
			if (i > 0)
				pool_text_str(to, n->kind == NODE_AND ? " and " : " or ");
			ast_render(n->child[i], to);
		}
		return pool_text_str(to, ")");
	}
	return false;
}

static bool key_number(struct pool_text *to, uint64_t n)
{
	return pool_text_add(to, span_of(&n, sizeof(n)));
}

static bool key_text(struct pool_text *to, struct span s)
{
	return key_number(to, s.n) && pool_text_add(to, s);
}

bool ast_key_operand(const struct operand *o, struct pool_text *to)
{
	key_number(to, o->kind);
	key_text(to, o->text);
	key_number(to, o->has_arg);
	key_text(to, o->arg);
	key_number(to, o->n);
	for (unsigned i = 0; i < o->n; i++)
		ast_key_operand(o->items[i], to);
	return !to->pool->failed;
}

bool ast_key_check(const struct node *n, struct pool_text *to)
{
	key_number(to, n->op);
	key_number(to, n->modifier);
	ast_key_operand(n->left, to);
	return n->right == NULL || ast_key_operand(n->right, to);
}

void ast_own(struct node *n, const void *owner)
{
	n->owner = owner;
	for (unsigned i = 0; i < n->n; i++)
		ast_own(n->child[i], owner);
}
