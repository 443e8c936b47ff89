/* SPDX-License-Identifier: Apache-2.0
 *
 * hint.c -- see hint.h.
 */
#include "hint.h"

#include "nearest.h"

static const char *sentence(struct pool *pool, const char *before, struct span name,
			    const char *behind)
{
	struct pool_text text = { .pool = pool };

	if (name.n == 0)
		return "";
	pool_text_str(&text, before);
	pool_text_add(&text, name);
	return pool_text_str(&text, behind) ? (const char *)text.p : "";
}

static const char *hint(struct pool *pool, struct span meant)
{
	return sentence(pool, " Did you mean '", meant, "'?");
}

const char *hint_of_names(struct pool *pool, struct span wanted, const struct strmap *names)
{
	struct nearest near;

	nearest_begin(&near, wanted);
	for (unsigned i = 0; i < names->nslots; i++)
		if (names->slots[i].value != 0)
			nearest_try_span(&near, names->slots[i].text);
	return hint(pool, near.span);
}

const char *hint_of_words(struct pool *pool, struct span wanted, const char *words)
{
	struct nearest near;

	nearest_begin(&near, wanted);
	while (*words != '\0') {
		size_t n = strcspn(words, " ");

		nearest_try_span(&near, span_of(words, n));
		words += n;
		words += *words == ' ';
	}
	return hint(pool, near.span);
}

const char *hint_of_key(struct pool *pool, const char *key, const struct ynode *map)
{
	struct nearest near;

	nearest_begin(&near, span_str(key));
	for (unsigned i = 0; i < map->n; i++)
		if (map->items[2 * i]->kind == YNODE_SCALAR)
			nearest_try_span(&near, map->items[2 * i]->text);
	return sentence(pool, " Is '", near.span, "' a misspelling of it?");
}
