/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_yaml.h -- values out of a rules file's mappings: required and optional,
 * as text, boolean, number; every refusal is a problem with its place.  For the
 * loader only.
 */
#ifndef MEWS_RULE_YAML_H
#define MEWS_RULE_YAML_H

#include "rule_defs.h"

/* The value of KEY, NULL if it is not there; the key's own node in *RET_KEY if asked for. */
const struct ynode *ymap_get(const struct ynode *map, const char *key);

/* ITEM of a rules file is a test (ruletest.h), and nothing that Falco knows. */
bool yitem_is_test(const struct ynode *item);

struct origin yorigin(const struct rule_loader *l, const struct ynode *n);

/* All return 0 or -EINVAL, with a problem.  OPTIONAL ones leave *RET alone and
 * return 0 when the key is not there. */
int yget_text(struct rule_loader *l, const struct ynode *map, const char *key, struct span *ret);
int yget_optional_text(struct rule_loader *l, const struct ynode *map, const char *key,
		       struct span *ret);
int yget_optional_bool(struct rule_loader *l, const struct ynode *map, const char *key, bool *ret);
int yget_optional_u32(struct rule_loader *l, const struct ynode *map, const char *key,
		      uint32_t *ret);

/* S as a number of at most 32 bits, in digits alone; false: it is none. */
bool as_u32(struct span s, uint32_t *ret);

/* MAP has no KEY, and needs one.  Returns -EINVAL. */
int ymissing(struct rule_loader *l, const struct ynode *map, const char *key);

/* N as text, called KEY in messages. */
int ytext(struct rule_loader *l, const struct ynode *n, const char *key, struct span *ret);

/* The elements of sequence KEY, texts, pushed to RET as struct span. */
int yget_texts(struct rule_loader *l, const struct ynode *map, const char *key, bool required,
	       struct pool_vec *ret);

/* A warning for each key of MAP that is not in KNOWN (names with blanks between). */
void ywarn_unknown_keys(struct rule_loader *l, const struct ynode *map, const char *known);

#endif
