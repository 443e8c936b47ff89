/* SPDX-License-Identifier: Apache-2.0
 *
 * hint.h -- what somebody may have meant, as the end of a message about a name
 * that is not known: " Did you mean 'x'?", or nothing.  Core; at load only.
 */
#ifndef MEWS_HINT_H
#define MEWS_HINT_H

#include "strmap.h"
#include "ytree.h"

/* All return a text that lives as long as POOL, "" when nothing is near. */
const char *hint_of_names(struct pool *pool, struct span wanted, const struct strmap *names);

/* WORDS: with blanks between. */
const char *hint_of_words(struct pool *pool, struct span wanted, const char *words);

/* KEY is not in MAP; perhaps a misspelling of it is: " Is 'x' a misspelling of it?" */
const char *hint_of_key(struct pool *pool, const char *key, const struct ynode *map);

/* For "%s%s" behind a message without a full stop. */
#define HINT_ARGS(near) (near)[0] == '\0' ? "" : ".", (near)

#endif
