/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_yaml.c -- the scalar rules of rule files: null, empty and composed values
 * are errors wherever a text is wanted; any scalar does for a text.
 */
#include "rule_yaml.h"

#include <errno.h>

#include "hint.h"

const struct ynode *ymap_get(const struct ynode *map, const char *key)
{
	for (unsigned i = 0; i < map->n; i++)
		if (map->items[2 * i]->kind == YNODE_SCALAR &&
		    span_is(map->items[2 * i]->text, key))
			return map->items[2 * i + 1];
	return NULL;
}

bool yitem_is_test(const struct ynode *item)
{
	static const char *const kinds[] = { "required_engine_version", "required_plugin_versions",
					     "list", "macro", "rule" };

	if (item->kind != YNODE_MAPPING || ymap_get(item, "test") == NULL)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (ymap_get(item, kinds[i]) != NULL)
			return false;
	return true;
}

struct origin yorigin(const struct rule_loader *l, const struct ynode *n)
{
	return origin_of_node(l->file, n);
}

/* The value N of KEY will not do. */
#define refuse_value(l, n, key, ...)                                                               \
	(context_push(l, "value for", span_str(key), (n)->from),                                   \
	 loader_problem(l, LOAD_ERR_YAML_VALIDATE, yorigin(l, n), __VA_ARGS__))

int ytext(struct rule_loader *l, const struct ynode *n, const char *key, struct span *ret)
{
	if (n->kind != YNODE_SCALAR)
		return refuse_value(l, n, key, "Value is not a scalar value for key '%s'", key);
	if (n->null)
		return loader_problem(l, LOAD_ERR_YAML_VALIDATE, yorigin(l, n),
				      "Mapping for key '%s' is empty", key);
	if (n->text.n == 0)
		return refuse_value(l, n, key, "Value must be non-empty for key '%s'", key);
	*ret = n->text;
	return 0;
}

int yget_optional_text(struct rule_loader *l, const struct ynode *map, const char *key,
		       struct span *ret)
{
	const struct ynode *n = ymap_get(map, key);

	return n == NULL ? 0 : ytext(l, n, key, ret);
}

int ymissing(struct rule_loader *l, const struct ynode *map, const char *key)
{
	const char *near = hint_of_key(&l->problem_pool, key, map);

	return loader_problem(l, LOAD_ERR_YAML_VALIDATE, yorigin(l, map),
			      "Item has no mapping for key '%s'%s%s", key, HINT_ARGS(near));
}

int yget_text(struct rule_loader *l, const struct ynode *map, const char *key, struct span *ret)
{
	if (ymap_get(map, key) == NULL)
		return ymissing(l, map, key);
	return yget_optional_text(l, map, key, ret);
}

/* As YAML 1.1 has them: lower case, Capitalised or UPPER. */
static bool as_bool(struct span s, bool *ret)
{
	static const char *const words[2][4] = { { "n", "no", "false", "off" },
						 { "y", "yes", "true", "on" } };
	uint8_t lower[8];
	bool head_upper, tail_upper = false, tail_lower = false;

	if (s.n == 0 || s.n > sizeof(lower))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		bool upper = s.p[i] >= 'A' && s.p[i] <= 'Z';

		lower[i] = upper ? s.p[i] | 0x20 : s.p[i];
		tail_upper |= i > 0 && upper;
		tail_lower |= i > 0 && !upper;
	}
	head_upper = s.p[0] >= 'A' && s.p[0] <= 'Z';
	if (tail_upper && (tail_lower || !head_upper))
		return false;
	for (unsigned truth = 0; truth < 2; truth++)
		for (unsigned i = 0; i < 4; i++)
			if (span_is(span_of(lower, s.n), words[truth][i])) {
				*ret = truth != 0;
				return true;
			}
	return false;
}

int yget_optional_bool(struct rule_loader *l, const struct ynode *map, const char *key, bool *ret)
{
	struct span s = SPAN_NONE;

	if (yget_optional_text(l, map, key, &s) < 0)
		return -EINVAL;
	if (s.p == NULL || as_bool(s, ret))
		return 0;
	return refuse_value(l, ymap_get(map, key), key,
			    "Can't decode YAML scalar value for key '%s': it must be true or false",
			    key);
}

bool as_u32(struct span s, uint32_t *ret)
{
	uint64_t u = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		u = u * 10 + (uint64_t)(s.p[i] - '0');
		if (u > UINT32_MAX)
			return false;
	}
	*ret = (uint32_t)u;
	return s.n > 0;
}

int yget_optional_u32(struct rule_loader *l, const struct ynode *map, const char *key,
		      uint32_t *ret)
{
	struct span s = SPAN_NONE;

	if (yget_optional_text(l, map, key, &s) < 0)
		return -EINVAL;
	if (s.p == NULL || as_u32(s, ret))
		return 0;
	return refuse_value(l, ymap_get(map, key), key,
			    "Can't decode YAML scalar value for key '%s': it must be a number of "
			    "at most 32 bits",
			    key);
}

int yget_texts(struct rule_loader *l, const struct ynode *map, const char *key, bool required,
	       struct pool_vec *ret)
{
	const struct ynode *seq = ymap_get(map, key);

	if (seq == NULL && !required)
		return 0;
	if (seq == NULL)
		return ymissing(l, map, key);
	if (seq->kind == YNODE_SCALAR && seq->null)
		return refuse_value(l, seq, key, "Mapping for key '%s' is empty", key);
	if (seq->kind != YNODE_SEQUENCE)
		return refuse_value(l, seq, key, "Value of key '%s' is not a sequence", key);
	for (unsigned i = 0; i < seq->n; i++) {
		const struct ynode *n = seq->items[i];
		struct span *slot;

		if (n->kind != YNODE_SCALAR || n->null) {
			context_push(l, "value for", span_str(key), seq->from);
			context_push(l, "list item", SPAN_NONE, n->from);
			return loader_problem(l, LOAD_ERR_YAML_VALIDATE, yorigin(l, n),
					      "sequence value is not scalar for key '%s'", key);
		}
		slot = pool_push(&l->pool, ret, sizeof(*slot));
		if (slot == NULL)
			return loader_problem(l, LOAD_ERR_VALIDATE, yorigin(l, seq),
					      "the rules are too large");
		*slot = n->text;
	}
	return 0;
}

static bool is_word_of(struct span s, const char *words)
{
	while (*words != '\0') {
		size_t n = strcspn(words, " ");

		if (span_eq(s, span_of(words, n)))
			return true;
		words += n;
		words += *words == ' ';
	}
	return false;
}

void ywarn_unknown_keys(struct rule_loader *l, const struct ynode *map, const char *known)
{
	for (unsigned i = 0; i < map->n; i++) {
		const struct ynode *key = map->items[2 * i];

		if (key->kind == YNODE_SCALAR && is_word_of(key->text, known))
			continue;
		loader_problem(l, LOAD_UNKNOWN_KEY, yorigin(l, key),
			       "Unknown key '%.*s'. The key will be ignored.%s", SHOW(key->text),
			       l->problems.warnings < RULE_PROBLEMS_MAX
				       ? hint_of_words(&l->problem_pool, key->text, known)
				       : "");
	}
}
